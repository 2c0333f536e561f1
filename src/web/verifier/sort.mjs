// What somebody dropped: read and sorted. In the page, since WebKit's workers read no file on a page from disk.

import { text } from './bytes.mjs';
import { Unreadable, gather, readTar } from './bundle.mjs';

/** @typedef {{path: string, file: Blob, folder: boolean}} Item */
/** @typedef {{files: Map<string, Uint8Array> | null, kept: {name: string, bytes: Uint8Array}[], trusted: Map<string, Uint8Array> | null}} Sorted `kept`: what was kept from before */

/** Most bytes that are taken: a tab needs ten times as much, and ends without a word when it gets no more. */
export const MOST = 400 * 1024 * 1024;
/** More than {@link MOST}. */
export class TooLarge extends Error {}

/** @param {Blob} file */
const bytesOf = async (file) => new Uint8Array(await file.arrayBuffer());

/** Folder: the bundle. Beside it or alone: a tar, trusted keys (`.pem`), and whatever was kept from before. @param {Item[]} items @returns {Promise<Sorted>} */
export async function sort(items) {
  if (items.reduce((sum, { file }) => sum + file.size, 0) > MOST) throw new TooLarge();
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

/** Why it cannot be read. @param {unknown} error @returns {{broken: string} | {large: true}} */
export const broken = (error) => (error instanceof TooLarge ? { large: true } : { broken: error instanceof Unreadable ? error.message : String(error) });
