// Entries (FORMATS section 6) and the statements in them (section 3, REPLAY section 1): bytes to values, or to what is wrong.

import { concat, digest, text, unbase64, utf8 } from './bytes.mjs';
import { canonicalBytes, parseCanonical } from './json.mjs';
import { SLOTS, fields, fits, isDigest, isKind, isText, signature } from './schema.mjs';

/** The rules say no. `inner` tells a signature inside a payload from one of the envelope. */
export class Refusal extends Error {
  /** @param {string} code @param {boolean} [inner] */
  constructor(code, inner = false) { super(code); this.code = code; this.inner = inner; }
}
/** @param {unknown} condition @param {string} code @returns {asserts condition} */
export function need(condition, code) { if (!condition) throw new Refusal(code); }

/** @typedef {{keyid: string, sig: string}} Signature */
/** @typedef {{payload: string, payloadType: string, signatures: Signature[]}} Envelope */
/** @typedef {{body: Envelope, kind: string, log: string, prev: string, seq: string, time: string, v: number}} Entry */
/** @typedef {{kind: string, payload: any, pae: Uint8Array, hash: string, signatures: Signature[], envelope: Envelope}} Statement
 *   `payload` has the fields of its kind (schema.mjs); `hash` is the PAE hash, the statement's name */

const entryType = fields({
  body: fields({
    payload: (v) => typeof v === 'string' && unbase64(v) !== null,
    payloadType: (v) => typeof v === 'string' && /^[!-~]{1,255}$/.test(v),
    signatures: (v) => Array.isArray(v) && v.length <= 64 && v.every(fields({ keyid: isDigest, sig: signature })),
  }),
  kind: isText, log: isText, prev: isDigest, v: (v) => v === 1,
  seq: (v) => typeof v === 'string' && /^(0|[1-9][0-9]*)$/.test(v) && BigInt(v) < 2n ** 64n,
  time: (v) => fits('polling_opened', { competition: '', nonce: '0'.repeat(32), closes_at: /** @type {any} */ (v) }),
});

/** An entry, or null where the bytes are none. @param {Uint8Array} bytes @returns {Entry | null} */
export function parseEntry(bytes) {
  const value = bytes.length <= 65535 ? parseCanonical(bytes) : null;
  return entryType(value) ? /** @type {Entry} */ (/** @type {unknown} */ (value)) : null;
}

/** The known kind that a payload type names, else null. @param {string} type */
export function kindOf(type) {
  const kind = /^application\/vnd\.esep\.([a-z_]+)\.v1\+json$/.exec(type)?.[1];
  return kind !== undefined && isKind(kind) ? kind : null;
}

/** DSSE's pre-authentication encoding: what is signed. @param {string} type @param {Uint8Array} payload */
export const pae = (type, payload) => concat(utf8(`DSSEv1 ${utf8(type).length} ${type} ${payload.length} `), payload);

/** Steps 1 to 5; throws a Refusal. @param {Envelope} envelope @returns {Statement} */
export function parseStatement(envelope) {
  const kind = kindOf(envelope.payloadType), bytes = /** @type {Uint8Array} */ (unbase64(envelope.payload));
  need(kind, 'unknown_kind');
  need(bytes.length <= 46000, 'too_large');
  const payload = parseCanonical(bytes);
  need(payload !== null, 'not_canonical');
  need(fits(kind, payload), 'bad_payload');
  const signed = pae(envelope.payloadType, bytes);
  return { kind, payload, pae: signed, hash: digest(signed), signatures: envelope.signatures, envelope };
}

/** What a new key signs to prove that its sender holds it. @param {string} origin @param {string} key @param {string} role */
export const possession = (origin, key, role) =>
  pae('application/vnd.esep.key-possession.v1+json', canonicalBytes({ competition: origin, key, role }));

/** FORMATS section 4. @param {string} origin @param {string} field @param {string} subject @param {Uint8Array} salt @param {unknown} value */
export const commitment = (origin, field, subject, salt, value) => digest(salt, canonicalBytes({ competition: origin, field, subject, value }));

/** Lines of a text file, each with its LF, else null. @param {Uint8Array} bytes */
export function lines(bytes) {
  const whole = text(bytes);
  if (whole === null || (whole !== '' && !whole.endsWith('\n'))) return null;
  return whole === '' ? [] : whole.slice(0, -1).split('\n');
}

/** A text has 1 to 4,000 characters and is not white space alone. @param {string} value */
export function needText(value) {
  const length = Array.from(value).length;
  need(length >= 1 && length <= 4000 && /\P{White_Space}/u.test(value), 'text_length');
}
/** @param {Iterable<string>} slots */
export const inSlotOrder = (slots) => { const at = Array.from(slots, (s) => SLOTS.indexOf(s)); return at.every((n, i) => i === 0 || n > /** @type {number} */ (at[i - 1])); };
