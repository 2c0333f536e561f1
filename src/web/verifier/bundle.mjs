// A bundle: files by path (FORMATS section 12), out of a tar or of files that somebody read. Bounded, plain files only.

import { base64, concat, text, unbase64, utf8 } from './bytes.mjs';
import { goodKey, spki, unspki } from './ed25519.mjs';
import { tilePaths } from './tree.mjs';

/** @typedef {Map<string, Uint8Array>} Files in ascending order of paths */

const MAX_FILES = 1000000, MAX_FILE = 2 ** 30, MAX_ALL = 4 * 2 ** 30;

/** What cannot be read is no accusation. */
export class Unreadable extends Error {}

/** @param {string} path @returns {string} */
function soundPath(path) {
  const rest = path.replace(/^(\.\/)+/, '');
  const bad = utf8(rest).length > 255 || /[\\:\u0000-\u001f\u007f-\u009f]/.test(rest) || rest.split('/').some((part) => ['', '.', '..'].includes(part));
  if (bad) throw new Unreadable(`path: ${path}`);
  return rest;
}

/** Paths compare as bytes, which is by code point and not by UTF-16 unit. @param {string} a @param {string} b */
export function comparePaths(a, b) {
  const x = utf8(a), y = utf8(b), n = Math.min(x.length, y.length);
  for (let i = 0; i < n; i++) if (x[i] !== y[i]) return x[i] - y[i];
  return x.length - y.length;
}

/** @param {Iterable<[string, Uint8Array]>} entries @returns {Files} */
export function gather(entries) {
  /** @type {Files} */
  const files = new Map();
  let all = 0;
  for (const [spelled, bytes] of entries) {
    const path = soundPath(spelled);
    all += bytes.length;
    if (files.has(path) || files.size >= MAX_FILES || bytes.length > MAX_FILE || all > MAX_ALL) throw new Unreadable(`doubled or too large: ${path}`);
    files.set(path, bytes);
  }
  return new Map([...files].sort(([a], [b]) => comparePaths(a, b)));
}

/** @param {Uint8Array} tar @returns {Files} */
export const readTar = (tar) => gather(tarEntries(tar));

/** @param {Uint8Array} tar @returns {Generator<[string, Uint8Array]>} */
function* tarEntries(tar) {
  /** @type {string | null} */
  let longName = null;
  for (let at = 0; at < tar.length;) {
    const head = tar.subarray(at, at + 512);
    if (head.length < 512) throw new Unreadable('tar: cut off');
    if (head.every((byte) => byte === 0)) return;
    /** @param {number} from @param {number} length */
    const field = (from, length) => {
      const bytes = head.subarray(from, from + length), zero = bytes.indexOf(0);
      const value = text(zero < 0 ? bytes : bytes.subarray(0, zero));
      if (value === null) throw new Unreadable('tar: a name is not UTF-8');
      return value;
    };
    const sum = head.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
    const size = parseInt(field(124, 12).trim() || '0', 8), type = field(156, 1) || '0';
    if (parseInt(field(148, 8).trim(), 8) !== sum || !(size >= 0) || at + 512 + size > tar.length) throw new Unreadable('tar: damaged header, or cut off');
    const bytes = tar.subarray(at + 512, at + 512 + size), prefix = field(257, 5) === 'ustar' ? field(345, 155) : '';
    at += 512 + 512 * Math.ceil(size / 512);
    if (type === 'L') longName = (text(bytes) ?? '').replace(/\0+$/, '');
    else if (type === 'x') longName = /^\d+ path=(.*)$/m.exec(text(bytes) ?? '')?.[1] ?? longName;
    else if (type === '0') {
      yield [longName ?? (prefix ? `${prefix}/${field(0, 100)}` : field(0, 100)), bytes];
      longName = null;
    } else if (type === '5') longName = null;
    else throw new Unreadable(`tar: neither file nor folder (${type})`);
  }
}

/** `SHA256SUMS`: the good lines, and the places of those that are none. @param {Uint8Array} bytes */
export function readSums(bytes) {
  const good = /** @type {[string, string][]} */ ([]), bad = /** @type {number[]} */ ([]);
  for (let from = 0, n = 1; from < bytes.length; n++) {
    const lf = bytes.indexOf(10, from), line = lf < 0 ? null : text(bytes.subarray(from, lf));
    const match = line === null ? null : /^([0-9a-f]{64})  ([^]+)$/.exec(line), path = match?.[2] ?? '', last = good[good.length - 1];
    if (!match || path === 'SHA256SUMS' || (last && comparePaths(path, last[0]) <= 0)) bad.push(n); else good.push([path, String(match[1])]);
    from = lf < 0 ? bytes.length : lf + 1;
  }
  return { good, bad };
}

/** The entries of a ledger of this size out of its tiles; throws Unreadable naming the tile. @param {Files} files @param {number} size @returns {Uint8Array[]} */
export function readEntries(files, size) {
  /** @type {Uint8Array[]} */
  const entries = [];
  for (const [path, from, to] of tilePaths(size)) {
    const name = `tile/entries/${path}`, tile = files.get(name) ?? files.get(name.replace(/\.p\/\d+$/, ''));
    const whole = files.has(name) ? to - from : 256;
    if (!tile) throw new Unreadable(name);
    const found = [];
    for (let at = 0; at < tile.length;) {
      const length = (tile[at] << 8) | (tile[at + 1] ?? 0);
      if (at + 2 + length > tile.length) throw new Unreadable(name);
      found.push(tile.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    if (found.length !== whole) throw new Unreadable(name);
    for (const entry of found.slice(0, to - from)) entries.push(entry);
  }
  return entries;
}

/** Entry tiles of these entries: path and bytes. @param {Uint8Array[]} entries @returns {Generator<[string, Uint8Array]>} */
export function* entryTiles(entries) {
  for (const [path, from, to] of tilePaths(entries.length)) {
    yield [`tile/entries/${path}`, concat(...entries.slice(from, to).flatMap((e) => [Uint8Array.of(e.length >> 8, e.length & 255), e]))];
  }
}

/** The 32 bytes of a sound public key in PEM, else null. @param {Uint8Array} pem */
export function readPem(pem) {
  const match = /^\s*-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(text(pem) ?? '');
  const der = match ? unbase64(String(match[1]).replace(/\s+/g, '')) : null, raw = der && unspki(der);
  return raw && goodKey(raw) ? raw : null;
}
/** @param {Uint8Array} raw */
export const writePem = (raw) => utf8(`-----BEGIN PUBLIC KEY-----\n${base64(spki(raw))}\n-----END PUBLIC KEY-----\n`);
