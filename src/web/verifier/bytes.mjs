// Bytes and their spellings (FORMATS, Notation), and SHA-256.
// SHA-256 is written out here because WebCrypto's is asynchronous only, and a verifier hashes at every step.
// Nothing here knows of ledgers or competitions.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param {string} text */
export const utf8 = (text) => encoder.encode(text);

/** Strict UTF-8, or null. @param {Uint8Array} bytes @returns {string | null} */
export function text(bytes) {
  try { return decoder.decode(bytes); } catch { return null; }
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  let out = '';
  for (const byte of bytes) out += HEX[byte];
  return out;
}

/** Lower-case hexadecimal only, else null. @param {string} digits @returns {Uint8Array | null} */
export function unhex(digits) {
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/.test(digits)) return null;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

/** The one canonical spelling only (decode, encode again: the same text), else null.
 * @param {string} spelled @returns {Uint8Array | null} */
export function unbase64(spelled) {
  if (spelled.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(spelled)) return null;
  let binary;
  try { binary = atob(spelled); } catch { return null; }
  return btoa(binary) === spelled ? binaryBytes(binary) : null;
}
/** @param {string} binary */
function binaryBytes(binary) {
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < out.length; i++) out[i] = binary.charCodeAt(i);
  return out;
}
/** Of a spelling that was admitted before. @param {string} spelled */
export const fromBase64 = (spelled) => binaryBytes(atob(spelled));

/** @param {Uint8Array[]} parts */
export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) { out.set(part, at); at += part.length; }
  return out;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export function equal(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

// FIPS 180-4: the constants are the first 32 bits of the fractional parts of roots of primes.
/** @param {number} root @param {number} count */
function fractions(root, count) {
  const out = [];
  for (let n = 2; out.length < count; n++) {
    let prime = true;
    for (let f = 2; f * f <= n; f++) if (n % f === 0) { prime = false; break; }
    if (prime) out.push((n ** (1 / root) % 1) * 4294967296 | 0);
  }
  return out;
}
const K = Int32Array.from(fractions(3, 64));
const START = Int32Array.from(fractions(2, 8));
const W = new Int32Array(64);

/** @param {Int32Array} state @param {Uint8Array} bytes @param {number} at */
function compress(state, bytes, at) {
  for (let i = 0; i < 16; i++, at += 4) {
    W[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15], y = W[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

/** SHA-256 of the parts, joined. @param {Uint8Array[]} parts */
export function sha256(...parts) {
  const bytes = parts.length === 1 ? parts[0] : concat(...parts);
  const state = START.slice();
  const whole = bytes.length - (bytes.length % 64);
  for (let at = 0; at < whole; at += 64) compress(state, bytes, at);
  const rest = bytes.length - whole;
  const tail = new Uint8Array(rest < 56 ? 64 : 128);
  tail.set(bytes.subarray(whole));
  tail[rest] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, Math.floor(bytes.length / 536870912));
  view.setUint32(tail.length - 4, (bytes.length << 3) >>> 0);
  for (let at = 0; at < tail.length; at += 64) compress(state, tail, at);
  const out = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => out.setInt32(4 * i, word));
  return new Uint8Array(out.buffer);
}

/** @param {Uint8Array[]} parts */
export const digest = (...parts) => hex(sha256(...parts));
