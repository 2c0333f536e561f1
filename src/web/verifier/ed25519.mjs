// The signature rule (FORMATS section 2) under which every library agrees:
//   1. public keys are canonical, not of small order and without a torsion component;
//   2. a signature whose first 32 bytes are 01 00 .. 00 is refused;
//   3. S < L, and the encoding of sB - kA equals the bytes of R (no cofactor).
// WebCrypto checks the equation, where it can; it imports small-order keys and would take forgeries by them, so rule 1 is
// decided here, on the curve itself (RFC 8032 section 5.1), with plain big integers. No secret is ever handled: timing is free.

import { concat, digest, fromBase64, hex, sha256, utf8 } from './bytes.mjs';

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * power(121666n, P - 2n));
const SQRT_M1 = power(2n, (P - 1n) / 4n);
const MASK = 2n ** 255n - 1n;

/** Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. @typedef {[bigint, bigint, bigint, bigint]} Point */

/** @param {bigint} a */
function mod(a) { const r = a % P; return r < 0n ? r + P : r; }

/** Cheap reduction of a product below 2^512: 2^255 = 19. The result is below 2^256 or so, and never negative. @param {bigint} a */
function fold(a) { a = (a & MASK) + 19n * (a >> 255n); return (a & MASK) + 19n * (a >> 255n); }

/** @param {bigint} base @param {bigint} exponent */
function power(base, exponent) {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % P;
    if (bit === '1') result = (result * base) % P;
  }
  return result;
}

/** a^((P-5)/8), by the usual chain of 254 squarings and 11 products. @param {bigint} a */
function rootPower(a) {
  /** @param {bigint} x @param {number} n */
  const square = (x, n) => { for (; n > 0; n--) x = fold(x * x); return x; };
  const a2 = fold(a * a), a9 = fold(square(a2, 2) * a), a11 = fold(a9 * a2);
  const e5 = fold(square(a11, 1) * a9);
  const e10 = fold(square(e5, 5) * e5), e20 = fold(square(e10, 10) * e10), e40 = fold(square(e20, 20) * e20);
  const e50 = fold(square(e40, 10) * e10), e100 = fold(square(e50, 50) * e50), e200 = fold(square(e100, 100) * e100);
  const e250 = fold(square(e200, 50) * e50);
  return fold(square(e250, 2) * a);
}

/** @type {Point} */
const ZERO = [0n, 1n, 1n, 0n];
const Y0 = mod(4n * power(5n, P - 2n));
export const BASE = /** @type {Point} */ (decode(spell(Y0, 0n)));

/** @param {bigint} y @param {bigint} sign */
function spell(y, sign) {
  const out = new Uint8Array(32);
  let rest = y | (sign << 255n);
  for (let i = 0; i < 32; i++, rest >>= 8n) out[i] = Number(rest & 255n);
  return out;
}

/** @param {Uint8Array} bytes */
function little(bytes) { return BigInt('0x' + (hex(bytes.slice().reverse()) || '0')); }

/** The point of a canonical encoding, else null. @param {Uint8Array} bytes @returns {Point | null} */
export function decode(bytes) {
  if (bytes.length !== 32) return null;
  const all = little(bytes), y = all & MASK, sign = all >> 255n;
  if (y >= P) return null;
  const yy = fold(y * y), u = mod(yy - 1n), v = mod(D * yy + 1n);
  const v3 = fold(fold(v * v) * v), v7 = fold(fold(v3 * v3) * v);
  let x = mod(u * v3 * rootPower(mod(u * v7)));
  const check = mod(v * fold(x * x));
  if (check !== u) {
    if (check !== mod(-u)) return null;
    x = mod(x * SQRT_M1);
  }
  if (x === 0n && sign === 1n) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

/** @param {Point} p */
export function encode([X, Y, Z]) {
  const inverse = power(mod(Z), P - 2n);
  return spell(mod(Y * inverse), mod(X * inverse) & 1n);
}

const D2 = mod(2n * D);
const P4 = 4n * P; // keeps differences of folded values positive

/** @param {Point} p @param {Point} q @returns {Point} */
export function add([X1, Y1, Z1, T1], [X2, Y2, Z2, T2]) {
  const a = fold((Y1 - X1 + P4) * (Y2 - X2 + P4)), b = fold((Y1 + X1) * (Y2 + X2));
  const c = fold(fold(T1 * D2) * T2), d = fold(2n * Z1 * Z2);
  const e = b - a + P4, f = d - c + P4, g = d + c, h = b + a;
  return [fold(e * f), fold(g * h), fold(f * g), fold(e * h)];
}

/** @param {Point} p @returns {Point} */
function double([X, Y, Z]) {
  const a = fold(X * X), b = fold(Y * Y), c = 2n * fold(Z * Z), s = X + Y;
  const h = a + b, e = h - fold(s * s) + P4, g = a - b + P4, f = c + g;
  return [fold(e * f), fold(g * h), fold(f * g), fold(e * h)];
}

/** @param {Point} p @returns {Point} */
const negate = ([X, Y, Z, T]) => [P4 - X, Y, Z, P4 - T];

/** @param {bigint} scalar @param {Point} p @returns {Point} */
export function multiply(scalar, p) {
  /** @type {Point[]} */
  const table = [ZERO];
  for (let i = 1; i < 16; i++) table.push(add(table[i - 1], p));
  let result = ZERO;
  for (const digit of scalar.toString(16)) {
    result = double(double(double(double(result))));
    result = add(result, /** @type {Point} */ (table[parseInt(digit, 16)]));
  }
  return result;
}

/** @param {Point} p */
const isZero = ([X, Y, Z]) => mod(X) === 0n && mod(Y - Z) === 0n;

/** Rule 1, one key. @param {Uint8Array} bytes */
export function goodKey(bytes) {
  const point = decode(bytes);
  return point !== null && !isZero(point) && isZero(multiply(L, point));
}

/** Rule 1 for a list: the positions of keys that are not good.
 *
 * Torsion is tested in sums. A key is A + t, A in the prime-order group and t in the torsion group of order 8; L(A + t) = Lt,
 * zero exactly if t = 0. Put each key of the list into each of several subsets by a fair coin of its own and test L * (sum of the
 * subset). Let key i have t_i != 0 and fix all other coins: the subset's torsion is then T with i outside and T + t_i with it
 * inside, and these differ, so at most one is zero. A round therefore misses a list with a bad key with probability at most 1/2,
 * and 64 rounds with independent coins miss it with probability at most 2^-64, whoever chose the keys, because the coins are drawn
 * after them from the secure generator. One byte of coins puts a key into one of 256 buckets and serves 8 rounds: one addition for
 * each key, then 8 sums of 128 buckets. A list that fails is halved until the culprits stand alone.
 * @param {Uint8Array[]} keys @returns {number[]} */
export function badKeys(keys) {
  const bad = [], points = [];
  for (const [i, bytes] of keys.entries()) {
    const point = decode(bytes);
    if (point === null || isZero(point)) bad.push(i); else points.push({ i, point });
  }
  const todo = [points];
  for (let list = todo.pop(); list !== undefined; list = todo.pop()) {
    if (list.length > 64 ? sumsTorsionFree(list.map((k) => k.point)) : list.every((k) => isZero(multiply(L, k.point)))) continue;
    if (list.length === 1) bad.push(list[0].i);
    else todo.push(list.slice(0, list.length >> 1), list.slice(list.length >> 1));
  }
  return bad.sort((a, b) => a - b);
}

/** @param {Point[]} points */
function sumsTorsionFree(points) {
  const coins = new Uint8Array(points.length);
  for (let group = 0; group < 8; group++) {
    for (let at = 0; at < coins.length; at += 65536) crypto.getRandomValues(coins.subarray(at, at + 65536));
    /** @type {Point[]} */
    const buckets = Array(256).fill(ZERO);
    points.forEach((point, i) => {
      const at = coins[i];
      buckets[at] = add(buckets[at], point);
    });
    for (let bit = 0; bit < 8; bit++) {
      const sum = buckets.reduce((total, bucket, at) => ((at >> bit) & 1 ? add(total, bucket) : total), ZERO);
      if (!isZero(multiply(L, sum))) return false;
    }
  }
  return true;
}

const DER = Uint8Array.from([0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0]);
/** SubjectPublicKeyInfo of a point's 32 bytes. @param {Uint8Array} raw */
export const spki = (raw) => concat(DER, raw);
/** The 32 bytes of 44 bytes of DER, else null. @param {Uint8Array} der */
export function unspki(der) {
  return der.length === 44 && DER.every((byte, i) => byte === der[i]) ? der.slice(12) : null;
}

/** Key id: SHA-256 of the DER. @param {Uint8Array} raw */
export const keyId = (raw) => digest(spki(raw));
/** Of a key in JSON, base64 of the DER. @param {string} spelled */
export const keyIdOf = (spelled) => digest(fromBase64(spelled));

/** @type {Promise<boolean> | undefined} */
let native;
/** Whether WebCrypto knows Ed25519. */
export function hasNative() {
  native ??= (async () => {
    try {
      await crypto.subtle.importKey('raw', encode(BASE), 'Ed25519', false, ['verify']);
      return true;
    } catch { return false; }
  })();
  return native;
}

/** Imported keys by their bytes; a handful of members sign thousands of ballots. @type {Map<string, Promise<CryptoKey>>} */
const imported = new Map();

/** Rules 2 and 3, for a key that passed rule 1.
 * @param {Uint8Array} key @param {Uint8Array} message @param {Uint8Array} signature @param {boolean} [keep] whether the key will come again */
export async function verify(key, message, signature, keep = true) {
  if (signature.length !== 64) return false;
  if (little(signature.subarray(32)) >= L) return false;
  if (signature[0] === 1 && signature.subarray(1, 32).every((byte) => byte === 0)) return false;
  if (!(await hasNative())) return verifyHere(key, message, signature);
  const name = hex(key);
  const ready = imported.get(name) ?? crypto.subtle.importKey('raw', copy(key), 'Ed25519', false, ['verify']);
  if (keep) imported.set(name, ready);
  return crypto.subtle.verify('Ed25519', await ready, copy(signature), copy(message));
}

/** TypeScript's WebCrypto wants bytes that nobody shares. @param {Uint8Array} bytes */
const copy = (bytes) => /** @type {Uint8Array<ArrayBuffer>} */ (bytes);

/** The equation on our own curve, where WebCrypto has no Ed25519. @param {Uint8Array} key @param {Uint8Array} message @param {Uint8Array} signature */
export async function verifyHere(key, message, signature) {
  const A = decode(key), s = little(signature.subarray(32)), R = signature.subarray(0, 32);
  if (A === null || signature.length !== 64 || s >= L || (R[0] === 1 && R.subarray(1).every((byte) => byte === 0))) return false;
  const k = little(new Uint8Array(await crypto.subtle.digest('SHA-512', copy(concat(R, key, message))))) % L;
  return hex(encode(add(multiply(s, BASE), multiply(k, negate(A))))) === hex(R);
}

/** The public key of a seed (RFC 8032 section 5.1.5); for tests and test keys. @param {Uint8Array} seed */
export async function publicKey(seed) {
  const h = new Uint8Array(await crypto.subtle.digest('SHA-512', copy(seed))).subarray(0, 32);
  h[0] = h[0] & 248;
  h[31] = (h[31] & 127) | 64;
  return encode(multiply(little(h), BASE));
}

/** The published test keys (FORMATS section 2, Test keys), numbers 0 to 63. */
export async function testKeys() {
  return Promise.all(Array.from({ length: 64 }, (_, n) => publicKey(sha256(utf8(`esep test key v1\n${n}`)))));
}
