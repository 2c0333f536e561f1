// Envelopes: DSSE v1.0.2. What is signed is PAE(type, bytes). docs/FORMATS.md, section 3.

import { base64, join, sha256hex, unbase64, utf8 } from "./base.mjs";

/**
 * @typedef {{keyid: string, sig: string}} Signature
 * @typedef {{payload: string, payloadType: string, signatures: Signature[]}} Envelope
 */

/** The bytes that are signed. @param {string} type @param {Uint8Array} bytes */
export function pae(type, bytes) {
  const kind = utf8(type);
  return join(utf8(`DSSEv1 ${kind.length} `), kind, utf8(` ${bytes.length} `), bytes);
}

/** @param {string} type @param {Uint8Array} bytes @returns {Envelope} */
export function envelope(type, bytes) {
  return { payload: base64(bytes), payloadType: type, signatures: [] };
}

/** The bytes of an envelope's payload. @param {Envelope} sealed */
export function payload(sealed) {
  return unbase64(sealed.payload);
}

/** What a signature of this envelope is over. @param {Envelope} sealed */
export function toSign(sealed) {
  return pae(sealed.payloadType, payload(sealed));
}

/** A statement's name: SHA-256 of its PAE, whoever signed it. @param {Envelope} sealed */
export function paeHash(sealed) {
  return sha256hex(toSign(sealed));
}

/**
 * The envelope with one more signature at its end.
 * @param {Envelope} sealed
 * @param {import("./keys.mjs").Key} key
 * @returns {Promise<Envelope>}
 */
export async function sign(sealed, key) {
  const sig = base64(await key.sign(toSign(sealed)));
  return { ...sealed, signatures: [...sealed.signatures, { keyid: key.id, sig }] };
}
