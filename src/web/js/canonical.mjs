// Canonical JSON: RFC 8785, held to our smaller set of values. docs/FORMATS.md, section 1.

import { text, utf8 } from "./base.mjs";

/** @typedef {string | number | boolean | Json[] | {[name: string]: Json}} Json */

const DEPTH = 32;

/**
 * The canonical text of a value; throws for what no payload may hold.
 * @param {unknown} value
 * @returns {string}
 */
export function canonical(value, depth = 0) {
  if (depth > DEPTH) throw new TypeError("too deep");
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") {
    // Lone halves of surrogate pairs have no UTF-8.
    if (!value.isWellFormed()) throw new TypeError("text with half a character");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new TypeError("only whole numbers below 2^53");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map((one) => canonical(one, depth + 1)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    // JavaScript compares UTF-16 code units, as RFC 8785 wants.
    fields.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field, depth + 1)}`).join(",")}}`;
  }
  throw new TypeError(`no ${value === null ? "null" : typeof value} in canonical JSON`);
}

/** Canonical bytes. @param {unknown} value */
export function canonicalBytes(value) {
  return utf8(canonical(value));
}

/**
 * Reads bytes that must be canonical.
 * @param {Uint8Array} bytes
 * @returns {any}
 */
export function readCanonical(bytes) {
  const written = text(bytes);
  const value = JSON.parse(written);
  if (canonical(value) !== written) throw new TypeError("not canonical JSON");
  return value;
}
