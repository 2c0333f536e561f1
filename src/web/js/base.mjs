// Bytes and how they are written: hex, base64, text, SHA-256. docs/FORMATS.md, notation.

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param {string} text @returns {Bytes} */
export function utf8(text) {
  return /** @type {Bytes} */ (encoder.encode(text));
}

/** Text of bytes; throws where they are no UTF-8. @param {Uint8Array} bytes */
export function text(bytes) {
  return decoder.decode(bytes);
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} digits @returns {Bytes} */
export function unhex(digits) {
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new TypeError("not lower-case hexadecimal");
  const bytes = new Uint8Array(digits.length / 2);
  for (let place = 0; place < bytes.length; place++) bytes[place] = parseInt(digits.slice(2 * place, 2 * place + 2), 16);
  return bytes;
}

/** RFC 4648 section 4, with padding. @param {Uint8Array} bytes */
export function base64(bytes) {
  let letters = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    letters += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(letters);
}

/** Only the one canonical spelling is read. @param {string} letters @returns {Bytes} */
export function unbase64(letters) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(letters)) throw new TypeError("not base64");
  const bytes = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
  if (base64(bytes) !== letters) throw new TypeError("not canonical base64");
  return bytes;
}

/** @param {...Uint8Array} parts @returns {Bytes} */
export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** @param {Uint8Array} left @param {Uint8Array} right */
export function same(left, right) {
  return left.length === right.length && left.every((byte, place) => byte === right[place]);
}

/** @param {Uint8Array} bytes @returns {Promise<Bytes>} */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {Bytes} */ (bytes)));
}

/** @param {Uint8Array} bytes */
export async function sha256hex(bytes) {
  return hex(await sha256(bytes));
}

/** Random bytes from the system's generator. @param {number} count @returns {Bytes} */
export function random(count) {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** Digits in groups of four, so that people can compare them. @param {string} digits */
export function groups(digits) {
  return digits.replace(/(.{4})(?=.)/g, "$1 ");
}

/** Six digits that people can read aloud to one another: the same bytes give the same code. @param {string} digest */
export function aloud(digest) {
  return String(parseInt(digest.slice(0, 12), 16) % 1_000_000).padStart(6, "0").replace(/(...)(...)/, "$1 $2");
}
