// What somebody dropped is read and sorted in the page, since WebKit's workers read no file on a page from disk; it is
// checked beside the page, or in it.

import { text } from './bytes.mjs';
import { Unreadable, gather, readTar } from './bundle.mjs';
import { check } from './check.mjs';
import { hasNative } from './ed25519.mjs';

/** @typedef {{path: string, file: Blob, folder: boolean}} Item */
/** @typedef {{files: Map<string, Uint8Array> | null, kept: {name: string, bytes: Uint8Array}[], trusted: Map<string, Uint8Array> | null}} Sorted */
/** @typedef {{report: import('./check.mjs').Report, told: import('./check.mjs').Told[]} | {broken: string} | {progress: number} | {slow: true}} Answer */

/** @param {Blob} file */
const bytesOf = async (file) => new Uint8Array(await file.arrayBuffer());

/** Folder: the bundle. Beside it or alone: a tar, trusted keys (`.pem`), and whatever was kept from before. @param {Item[]} items @returns {Promise<Sorted>} */
export async function sort(items) {
  /** @type {Sorted['kept']} */
  const kept = [], trusted = /** @type {Map<string, Uint8Array>} */ (new Map());
  let files = null;
  const inside = items.filter((item) => item.folder), tops = inside.filter((item) => /(^|\/)checkpoint$/.test(item.path)).map((item) => item.path.slice(0, -10));
  const top = tops.sort((a, b) => a.length - b.length)[0];
  if (top !== undefined) {
    const under = inside.filter((item) => item.path.startsWith(top));
    files = gather(await Promise.all(under.map(async (item) => /** @type {[string, Uint8Array]} */ ([item.path.slice(top.length), await bytesOf(item.file)]))));
  }
  for (const { path, file } of items.filter((item) => !item.folder)) {
    const name = path.replace(/^.*\//, '');
    if (text(new Uint8Array(await file.slice(257, 262).arrayBuffer())) === 'ustar') files = readTar(await bytesOf(file));
    else if (name.endsWith('.pem')) trusted.set(name.slice(0, -4), await bytesOf(file));
    else kept.push({ name, bytes: await bytesOf(file) });
  }
  return { files, kept, trusted: trusted.size > 0 ? trusted : null };
}

/** What goes to a worker, and what it need not copy. @param {Sorted} sorted @returns {[Sorted, Transferable[]]} */
export function parcel(sorted) {
  const all = [...sorted.files?.values() ?? [], ...sorted.trusted?.values() ?? [], ...sorted.kept.map(({ bytes }) => bytes)];
  return [sorted, [...new Set(all.map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer)))]];
}

/** Why it cannot be read. @param {unknown} error @returns {Answer} */
export const broken = (error) => ({ broken: error instanceof Unreadable ? error.message : String(error) });

/** @param {Sorted} sorted @param {(answer: Answer) => void} answer */
export async function run({ files, kept, trusted }, answer) {
  try {
    if (!(await hasNative())) answer({ slow: true });
    if (!files) return answer({ broken: '' });
    /** @type {import('./check.mjs').Told[]} */
    const told = [];
    let last = 0;
    const progress = (/** @type {number} */ done, /** @type {number} */ all) => {
      if (Date.now() - last < 100) return;
      last = Date.now();
      answer({ progress: Math.min(1, done / all) });
    };
    answer({ report: await check(files, { trusted, older: kept, progress, told: (receipt) => told.push(receipt) }), told });
  } catch (error) {
    answer(broken(error));
  }
}

if (typeof document === 'undefined' && typeof self !== 'undefined') {
  self.onmessage = ({ data }) => { void run(data, (answer) => self.postMessage(answer)); };
}
