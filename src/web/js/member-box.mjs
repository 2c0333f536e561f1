// The opened box: ballots read from the record's own tiles, in the order that the close of polling fixed.

import { hex, join, sha256, unhex } from "./base.mjs";
import { readCanonical } from "./canonical.mjs";
import { payload, toSign } from "./dsse.mjs";
import { bytes } from "./api.mjs";

/** @typedef {import("./base.mjs").Bytes} Bytes */
/** @typedef {{hash: string, pae: Bytes, ratings: {[candidate: string]: number}}} Ballot */

const WIDTH = 256;
const decoder = new TextDecoder();

/** Path of a tile of entries (C2SP tlog-tiles). @param {number} index @param {number} width */
function path(index, width) {
  const parts = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) parts.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  return `/tile/entries/${parts.join("/")}${width === WIDTH ? "" : `.p/${width}`}`;
}

/**
 * Entries `from..size` of the record.
 * @param {string} id
 * @param {number} from
 * @param {number} size
 */
async function entries(id, from, size) {
  const found = [];
  for (let index = Math.floor(from / WIDTH); index * WIDTH < size; index++) {
    const width = Math.min(WIDTH, size - index * WIDTH);
    const tile = await bytes(id, path(index, width));
    for (let place = 0, seq = index * WIDTH; place < tile.length; seq++) {
      const length = tile[place] * 256 + tile[place + 1];
      place += 2;
      if (seq >= from) found.push(JSON.parse(decoder.decode(tile.subarray(place, place + length))));
      place += length;
    }
  }
  return found;
}

/**
 * The ballots of a round in box order: ascending by hash.
 * @param {string} id
 * @param {{from: number, size: number, round: number}} where
 * @returns {Promise<Ballot[]>}
 */
export async function readBox(id, { from, size, round }) {
  const ballots = [];
  for (const entry of await entries(id, from, size)) {
    if (entry.kind !== "ballot_cast") continue;
    const value = readCanonical(payload(entry.body));
    if (value.round !== round) continue;
    const pae = toSign(entry.body);
    ballots.push({ hash: hex(await sha256(pae)), pae, ratings: value.ratings });
  }
  return ballots.sort((left, right) => (left.hash < right.hash ? -1 : 1));
}

/** RFC 6962 root over the ballots' hashes. @param {Ballot[]} ballots */
export async function rootOf(ballots) {
  if (ballots.length === 0) return hex(await sha256(new Uint8Array()));
  let level = [];
  for (const { hash } of ballots) level.push(await sha256(join(Uint8Array.of(0), unhex(hash))));
  // An odd last node rises as it is: the same tree as the one split at powers of two.
  while (level.length > 1) {
    const above = [];
    for (let place = 0; place < level.length; place += 2) {
      above.push(place + 1 < level.length ? await sha256(join(Uint8Array.of(1), level[place], level[place + 1])) : level[place]);
    }
    level = above;
  }
  return hex(level[0]);
}
