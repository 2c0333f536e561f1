// Commitments to what must not be in the record. docs/FORMATS.md, section 4.

import { hex, join, random, sha256hex, unhex } from "./base.mjs";
import { canonicalBytes } from "./canonical.mjs";

/** @typedef {{field: string, subject: string, salt: string, value: unknown}} Opening */

/**
 * An opening with a fresh salt.
 * @param {string} field
 * @param {string} subject
 * @param {unknown} value
 * @returns {Opening}
 */
export function opening(field, subject, value) {
  return { field, subject, salt: hex(random(16)), value };
}

/** The commitment of an opening, in hex. @param {string} competition origin @param {Opening} open */
export function commitment(competition, open) {
  const { field, subject, value } = open;
  return sha256hex(join(unhex(open.salt), canonicalBytes({ competition, field, subject, value })));
}
