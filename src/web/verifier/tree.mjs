// The Merkle tree of RFC 6962 and its proofs (RFC 9162), and the tiles it is published in (FORMATS section 6).

import { concat, equal, sha256 } from './bytes.mjs';

const LEAF = Uint8Array.of(0), NODE = Uint8Array.of(1);

/** @param {Uint8Array} entry */
export const leafHash = (entry) => sha256(LEAF, entry);
/** @param {Uint8Array} left @param {Uint8Array} right */
export const nodeHash = (left, right) => sha256(NODE, left, right);

/** All complete nodes over the leaf hashes: `levels[h][i]` covers leaves `i * 2^h` to `(i + 1) * 2^h - 1`. */
export class Tree {
  /** @param {Uint8Array[]} leaves */
  constructor(leaves) {
    /** @type {Uint8Array[][]} */
    this.levels = [leaves];
    for (let below = leaves; below.length > 1;) {
      const level = [];
      for (let i = 0; i + 1 < below.length; i += 2) {
        level.push(nodeHash(below[i], below[i + 1]));
      }
      this.levels.push(level);
      below = level;
    }
  }

  /** Adds one leaf hash. @param {Uint8Array} leaf */
  push(leaf) {
    for (let h = 0, node = leaf; ; h++) {
      const level = (this.levels[h] ??= []);
      level.push(node);
      if (level.length % 2 !== 0) return;
      node = nodeHash(level[level.length - 2], node);
    }
  }

  /** Root of the first `size` leaves. @param {number} [size] */
  root(size = this.levels[0]?.length ?? 0) {
    /** @type {Uint8Array | null} */
    let root = null;
    for (let h = 0, rest = size; rest > 0; h++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue;
      const node = /** @type {Uint8Array} */ (this.levels[h]?.[rest - 1]);
      root = root === null ? node : nodeHash(node, root);
    }
    return root ?? sha256(new Uint8Array(0));
  }

  /** Hash tiles of a tree of this size: path and bytes. @returns {[string, Uint8Array][]} */
  tiles() {
    /** @type {[string, Uint8Array][]} */
    const out = [];
    for (let level = 0; (this.levels[8 * level]?.length ?? 0) > 0; level++) {
      const hashes = this.levels[8 * level];
      for (const [path, from, to] of tilePaths(hashes.length)) {
        out.push([`tile/${level}/${path}`, concat(...hashes.slice(from, to))]);
      }
    }
    return out;
  }
}

/** Names of the tiles of `count` things, 256 wide, and what each holds: `[path, from, to]`. Lazy, for whoever claims a size too great.
 * @param {number} count @returns {Generator<[string, number, number]>} */
export function* tilePaths(count) {
  for (let n = 0; n * 256 < count; n++) {
    let path = String(n % 1000).padStart(3, '0');
    for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
      path = 'x' + String(rest % 1000).padStart(3, '0') + '/' + path;
    }
    const wide = Math.min(256, count - 256 * n);
    yield [wide === 256 ? path : `${path}.p/${wide}`, 256 * n, 256 * n + wide];
  }
}

/** RFC 9162 section 2.1.3.2. @param {bigint} index @param {bigint} size @param {Uint8Array} leaf @param {Uint8Array[]} proof @param {Uint8Array} root */
export function includes(index, size, leaf, proof, root) {
  if (index < 0n || index >= size || leaf.length !== 32) return false;
  let fn = index, sn = size - 1n, r = leaf;
  for (const p of proof) {
    if (sn === 0n || p.length !== 32) return false;
    if (fn % 2n === 1n || fn === sn) {
      r = nodeHash(p, r);
      while (fn % 2n === 0n && fn !== 0n) { fn >>= 1n; sn >>= 1n; }
    } else r = nodeHash(r, p);
    fn >>= 1n; sn >>= 1n;
  }
  return sn === 0n && equal(r, root);
}
