// Canonical JSON (FORMATS section 1): RFC 8785, integers only, no null, depth at most 32.
// One comparison does the work: JCS(parse(bytes)) == bytes. Never parse what was not compared.

import { text, utf8 } from './bytes.mjs';

/** @typedef {any} Json text, integer, true or false, list or object */
/** @typedef {{[key: string]: any}} Fields */

const MAX_DEPTH = 32;

/** Spells a value; throws where it is none of ours. Keys sort by UTF-16 code units, as JavaScript's sort does.
 * @param {unknown} value @param {number} [depth] @returns {string} */
export function canonical(value, depth = 0) {
  switch (typeof value) {
    case 'string':
      if (!wellFormed(value)) throw new Error('lone surrogate');
      return JSON.stringify(value);
    case 'boolean': return value ? 'true' : 'false';
    case 'number':
      if (!Number.isSafeInteger(value)) throw new Error('no integer');
      return String(value);
    case 'object': {
      if (value === null || depth === MAX_DEPTH) throw new Error('null, or nested too deep');
      if (Array.isArray(value)) return '[' + value.map((item) => canonical(item, depth + 1)).join(',') + ']';
      const object = /** @type {{[key: string]: unknown}} */ (value);
      const keys = Object.keys(object).filter((key) => object[key] !== undefined).sort();
      return '{' + keys.map((key) => canonical(key) + ':' + canonical(object[key], depth + 1)).join(',') + '}';
    }
    default: throw new Error('no JSON');
  }
}

/** @param {string} value */
function wellFormed(value) {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value);
}

/** @param {unknown} value */
export const canonicalBytes = (value) => utf8(canonical(value));

/** The value of canonical bytes, or null. @param {Uint8Array} bytes @returns {Json | null} */
export function parseCanonical(bytes) {
  const spelled = text(bytes);
  if (spelled === null) return null;
  try {
    const value = JSON.parse(spelled);
    return canonical(value) === spelled ? value : null;
  } catch { return null; }
}

/** @param {unknown} value @returns {value is Fields} */
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
