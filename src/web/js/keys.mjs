// Ed25519 keys in the browser: made, opened from a file, handed over in a file. docs/FORMATS.md, section 2.
//
// A key that was opened here cannot be taken out again: it is imported as non-extractable, and its bytes are wiped.

import { base64, hex, join, random, same, sha256hex, unbase64, unhex, utf8 } from "./base.mjs";
import { canonicalBytes } from "./canonical.mjs";
import { pae } from "./dsse.mjs";

/** @typedef {import("./base.mjs").Bytes} Bytes */

const SPKI_HEAD = unhex("302a300506032b6570032100");
const PKCS8_HEAD = unhex("302e020100300506032b657004220420");
const X25519_HEAD = unhex("302e020100300506032b656e04220420");
/** The numbers of the curve are counted modulo this. */
const P = 2n ** 255n - 19n;
const ROUNDS = 600_000;
const OID = {
  pbes2: unhex("2a864886f70d01050d"),
  pbkdf2: unhex("2a864886f70d01050c"),
  hmacSha256: unhex("2a864886f70d0209"),
  aes128: unhex("608648016503040102"),
  aes256: unhex("60864801650304012a"),
};

/** Why a file is no key that can be used here; `code` names the message `key-<code>`. */
export class KeyFileError extends Error {
  /** @param {"not_a_key" | "wrong_passphrase" | "passphrase_needed" | "scheme" | "no_ed25519"} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** Whether this browser opens Ed25519 keys and signs with them. */
export async function canSign() {
  try {
    await fromSeed(random(32));
    return true;
  } catch {
    return false;
  }
}

/** A private key that signs and shows nothing of itself but its public half. */
export class Key {
  /** @type {CryptoKey} */
  #secret;

  /** @param {CryptoKey} secret @param {Bytes} point 32 bytes @param {string} id */
  constructor(secret, point, id) {
    this.#secret = secret;
    this.point = point;
    /** Key id: hex SHA-256 of the public key's DER. */
    this.id = id;
    /** The public key as it stands in JSON. */
    this.public = base64(spki(point));
  }

  /** @param {Uint8Array} bytes @returns {Promise<Bytes>} */
  async sign(bytes) {
    return new Uint8Array(await crypto.subtle.sign("Ed25519", this.#secret, /** @type {Bytes} */ (bytes)));
  }

  /** The handle that IndexedDB can hold; non-extractable. */
  get handle() {
    return this.#secret;
  }

  /**
   * Key with proof of possession.
   * @param {string} competition origin
   * @param {string} role
   */
  async enrol(competition, role) {
    const bytes = canonicalBytes({ competition, key: this.public, role });
    const possession = await this.sign(pae("application/vnd.esep.key-possession.v1+json", bytes));
    return { key: this.public, possession: base64(possession) };
  }
}

/** DER of a public key. @param {Uint8Array} point */
export function spki(point) {
  return join(SPKI_HEAD, point);
}

/** The 32 bytes of a public key in JSON. @param {string} letters */
export function pointOf(letters) {
  const der = unbase64(letters);
  if (der.length !== 44 || !same(der.subarray(0, 12), SPKI_HEAD)) throw new KeyFileError("not_a_key");
  return der.slice(12);
}

/** Key id of a point. @param {Uint8Array} point */
export function keyId(point) {
  return sha256hex(spki(point));
}

/** @param {Bytes} seed 32 bytes, wiped @returns {Promise<Key>} */
export async function fromSeed(seed) {
  const der = join(PKCS8_HEAD, seed);
  try {
    const secret = await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]);
    const point = await publicHalf(secret, seed);
    return new Key(secret, point, await keyId(point));
  } catch (error) {
    throw error instanceof DOMException && error.name === "NotSupportedError" ? new KeyFileError("no_ed25519") : error;
  } finally {
    seed.fill(0);
    der.fill(0);
  }
}

/**
 * The public half of a key. Browsers tell it only of a key that may be taken out, Firefox not even then. But X25519 works
 * on the same curve: it multiplies the same number by the same point and tells all but the sign of the answer (RFC 7748,
 * section 4.1; RFC 8032, section 5.1.5). A signature tells the sign.
 * @param {CryptoKey} secret
 * @param {Bytes} seed
 * @returns {Promise<Bytes>}
 */
async function publicHalf(secret, seed) {
  const scalar = new Uint8Array(await crypto.subtle.digest("SHA-512", seed)).fill(0, 32);
  const der = join(X25519_HEAD, scalar.subarray(0, 32));
  scalar.fill(0);
  try {
    const twin = await crypto.subtle.importKey("pkcs8", der, "X25519", false, ["deriveBits"]);
    const base = await crypto.subtle.importKey("raw", Uint8Array.of(9, ...new Uint8Array(31)), "X25519", false, []);
    const point = edwards(new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: base }, twin, 256)));
    // Nothing else that is signed begins so.
    const probe = utf8("esep-key-probe");
    const signature = await crypto.subtle.sign("Ed25519", secret, probe);
    for (const sign of [0, 0x80]) {
      point[31] |= sign;
      const key = await crypto.subtle.importKey("raw", point, "Ed25519", false, ["verify"]);
      if (await crypto.subtle.verify("Ed25519", key, signature, probe)) return point;
    }
  } finally {
    der.fill(0);
  }
  throw new KeyFileError("no_ed25519");
}

/** The point of Ed25519, without its sign, that X25519 calls by its `u`: y = (u - 1) / (u + 1). @param {Uint8Array} u @returns {Bytes} */
function edwards(u) {
  const number = BigInt(`0x${hex(u.slice().reverse())}`);
  let y = number + P - 1n;
  // Divided by raising to the power P - 2.
  for (let power = P - 2n, square = number + 1n; power > 0n; power >>= 1n, square = (square * square) % P) {
    if (power & 1n) y = (y * square) % P;
  }
  return unhex(y.toString(16).padStart(64, "0")).reverse();
}

/**
 * A new key and the PEM file that is the only way to keep it, encrypted if there is a passphrase.
 * @param {string} [passphrase]
 * @returns {Promise<{key: Key, pem: string}>}
 */
export async function generate(passphrase) {
  const seed = random(32);
  const der = join(PKCS8_HEAD, seed);
  const pem = passphrase ? await encrypted(der, passphrase) : armour("PRIVATE KEY", der);
  der.fill(0);
  return { key: await fromSeed(seed), pem };
}

/**
 * Opens a PEM file: `PRIVATE KEY` (PKCS#8) or `ENCRYPTED PRIVATE KEY` (PBES2, PBKDF2-HMAC-SHA-256, AES-CBC).
 * @param {string} file
 * @param {string} [passphrase]
 * @returns {Promise<Key>}
 */
export async function fromPem(file, passphrase) {
  const found = /-----BEGIN ((?:ENCRYPTED )?PRIVATE KEY)-----([A-Za-z0-9+/=\s]+)-----END \1-----/.exec(file);
  if (!found) throw new KeyFileError("not_a_key");
  let der;
  try {
    der = unbase64(found[2].replace(/\s+/g, ""));
  } catch {
    throw new KeyFileError("not_a_key");
  }
  if (found[1] !== "PRIVATE KEY") {
    if (!passphrase) throw new KeyFileError("passphrase_needed");
    der = await decrypted(der, passphrase);
  }
  // Version 1: 48 bytes, the seed at the end.
  if (der.length !== 48 || !same(der.subarray(0, 16), PKCS8_HEAD)) throw new KeyFileError("not_a_key");
  const seed = der.slice(16);
  der.fill(0);
  return fromSeed(seed);
}

/** Whether a PEM file asks for a passphrase. @param {string} file */
export function isEncrypted(file) {
  return file.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----");
}

/** @param {string} label @param {Uint8Array} der */
function armour(label, der) {
  const lines = base64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** @param {string} passphrase @param {Bytes} salt @param {number} iterations @param {number} bits */
async function derive(passphrase, salt, iterations, bits) {
  const base = await crypto.subtle.importKey("raw", utf8(passphrase), "PBKDF2", false, ["deriveKey"]);
  const by = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(by, base, { name: "AES-CBC", length: bits }, false, ["encrypt", "decrypt"]);
}

/** @param {Bytes} der @param {string} passphrase */
async function encrypted(der, passphrase) {
  const [salt, iv] = [random(16), random(16)];
  const key = await derive(passphrase, salt, ROUNDS, 256);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, der));
  const rounds = unhex(ROUNDS.toString(16).padStart(6, "0"));
  const prf = sequence(tlv(6, OID.hmacSha256), tlv(5, new Uint8Array()));
  const kdf = sequence(tlv(6, OID.pbkdf2), sequence(tlv(4, salt), tlv(2, rounds), prf));
  const cipher = sequence(tlv(6, OID.aes256), tlv(4, iv));
  const whole = sequence(sequence(tlv(6, OID.pbes2), sequence(kdf, cipher)), tlv(4, sealed));
  return armour("ENCRYPTED PRIVATE KEY", whole);
}

/** @param {Uint8Array} der @param {string} passphrase @returns {Promise<Bytes>} */
async function decrypted(der, passphrase) {
  const { salt, rounds, bits, iv, sealed } = scheme(der);
  const key = await derive(passphrase, salt, rounds, bits);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, sealed));
  } catch {
    throw new KeyFileError("wrong_passphrase");
  }
}

/** Reads PBES2's parameters. @param {Uint8Array} der */
function scheme(der) {
  const [algorithm, sealed] = children(children(der, 1)[0], 2);
  const [pbes2, parameters] = children(algorithm, 2);
  const [kdf, cipher] = children(parameters, 2);
  const [kdfOid, kdfParameters] = children(kdf, 2);
  const parts = children(kdfParameters);
  const [cipherOid, iv] = children(cipher, 2);
  const prf = parts.at(-1);
  const bits = same(cipherOid.bytes, OID.aes256) ? 256 : same(cipherOid.bytes, OID.aes128) ? 128 : 0;
  const known = same(pbes2.bytes, OID.pbes2) && same(kdfOid.bytes, OID.pbkdf2) && bits > 0 && parts.length >= 3;
  if (!known || !prf || prf.tag !== 0x30 || !same(children(prf)[0].bytes, OID.hmacSha256)) throw new KeyFileError("scheme");
  const rounds = parseInt(hex(parts[1].bytes), 16);
  if (!(rounds > 0 && rounds <= 20_000_000)) throw new KeyFileError("scheme");
  return { salt: parts[0].bytes.slice(), rounds, bits, iv: iv.bytes.slice(), sealed: sealed.bytes.slice() };
}

/** @typedef {{tag: number, bytes: Uint8Array}} Element */

/**
 * The elements inside DER bytes or an element.
 * @param {Uint8Array | Element} outer
 * @param {number} [count] how many there must be
 * @returns {Element[]}
 */
function children(outer, count) {
  const bytes = outer instanceof Uint8Array ? outer : outer.bytes;
  const found = [];
  for (let place = 0; place < bytes.length; ) {
    const tag = bytes[place];
    let length = bytes[place + 1];
    place += 2;
    if (length > 0x82) throw new KeyFileError("not_a_key");
    if (length > 0x80) {
      const size = length - 0x80;
      length = parseInt(hex(bytes.subarray(place, place + size)), 16);
      place += size;
    }
    if (!(place + length <= bytes.length)) throw new KeyFileError("not_a_key");
    found.push({ tag, bytes: bytes.subarray(place, place + length) });
    place += length;
  }
  if (count !== undefined && found.length !== count) throw new KeyFileError("not_a_key");
  return found;
}

/** @param {number} tag @param {Uint8Array} bytes */
function tlv(tag, bytes) {
  const size = bytes.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return join(Uint8Array.of(tag, ...length), bytes);
}

/** @param {...Uint8Array} parts */
function sequence(...parts) {
  return tlv(0x30, join(...parts));
}
