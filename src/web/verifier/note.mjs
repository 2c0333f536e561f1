// Signed notes, checkpoints, verifier keys, policies (FORMATS section 6) and receipts (section 7).

import { equal, sha256, text, unbase64, unhex, utf8 } from './bytes.mjs';
import { goodKey, verify } from './ed25519.mjs';
import { includes, leafHash } from './tree.mjs';

/** @typedef {{name: string, hash: Uint8Array, key: Uint8Array}} VerifierKey a log's key: type 0x01 */
/** @typedef {{origin: string, size: number, root: Uint8Array}} Checkpoint */

/** Key hash of a note key. @param {string} name @param {Uint8Array} key */
export const noteKeyHash = (name, key) => sha256(utf8(`${name}\n`), Uint8Array.of(1), key).subarray(0, 4);

/** `name+hash8+base64(01 || 32 bytes)`, or null. @param {string} spelled @returns {VerifierKey | null} */
export function parseVerifierKey(spelled) {
  const [name, hash8, ...rest] = spelled.split('+');
  const bytes = unbase64(rest.join('+')), hash = unhex(hash8 ?? '');
  if (!name || /\s/u.test(name) || hash?.length !== 4 || bytes?.length !== 33 || bytes[0] !== 1) return null;
  const key = bytes.slice(1);
  return equal(hash, noteKeyHash(name, key)) && goodKey(key) ? { name, hash, key } : null;
}

/** The parts of a note; whether its signatures hold is another question. @param {Uint8Array} note */
export function parseNote(note) {
  const whole = note.length <= 1000000 ? text(note) : null, split = whole?.lastIndexOf('\n\n') ?? -1;
  if (whole === null || split < 0 || !whole.endsWith('\n') || whole.length <= split + 2) return null;
  const signed = whole.slice(0, split + 1), lines = whole.slice(split + 2, -1).split('\n').map((line) => {
    const match = /^\u2014 ([^\p{White_Space}\p{Cc}+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line), bytes = match ? unbase64(match[2]) : null;
    return match && bytes && bytes.length > 4 ? { name: match[1], hash: bytes.subarray(0, 4), signature: bytes.slice(4) } : null;
  });
  if (/[\u0000-\u0009\u000b-\u001f]/.test(signed) || lines.length > 100 || lines.includes(null)) return null;
  return { signed, lines: /** @type {{name: string, hash: Uint8Array, signature: Uint8Array}[]} */ (lines) };
}

/** The text of a note with a signature by the key that holds, else null. Lines of unknown keys are ignored.
 * @param {Uint8Array} note @param {VerifierKey} known @returns {Promise<string | null>} */
export async function openNote(note, known) {
  const parsed = parseNote(note), mine = parsed?.lines.filter((line) => line.name === known.name && equal(line.hash, known.hash)) ?? [];
  for (const line of mine) if (!(await verify(known.key, utf8(parsed?.signed ?? ''), line.signature))) return null;
  return mine.length > 0 ? parsed?.signed ?? null : null;
}

/** The text of a checkpoint: three lines and no more. @param {string} signed @returns {Checkpoint | null} */
export function parseCheckpoint(signed) {
  const match = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(signed);
  const root = match ? unbase64(/** @type {string} */ (match[3])) : null;
  if (!match || root?.length !== 32 || !Number.isSafeInteger(Number(match[2]))) return null;
  return { origin: /** @type {string} */ (match[1]), size: Number(match[2]), root };
}

/** @param {Uint8Array} note @param {VerifierKey} known */
export async function openCheckpoint(note, known) {
  const checkpoint = parseCheckpoint((await openNote(note, known)) ?? '');
  return checkpoint?.origin === known.name ? checkpoint : null;
}

/** @typedef {{kind: 'entry', index: number, proof: Uint8Array[], note: Uint8Array}
 *   | {kind: 'box', origin: string, round: number, hash: string, note: Uint8Array}
 *   | {kind: 'refused', origin: string, hash: string, time: string, code: string, note: Uint8Array}
 *   | {kind: 'checkpoint', note: Uint8Array}} Receipt */

/** What kind of thing somebody kept; nothing is verified yet. @param {Uint8Array} bytes @returns {Receipt | null} */
export function parseReceipt(bytes) {
  const whole = text(bytes);
  if (whole === null) return null;
  const entry = /^c2sp\.org\/tlog-proof@v1\nindex (0|[1-9][0-9]{0,15})\n((?:[A-Za-z0-9+/]{43}=\n)*)\n([^]*)$/.exec(whole);
  if (entry) {
    const proof = /** @type {string} */ (entry[2]).split('\n').slice(0, -1).map(unbase64);
    if (proof.some((hash) => hash?.length !== 32) || proof.length > 64) return null;
    return { kind: 'entry', index: Number(entry[1]), proof: /** @type {Uint8Array[]} */ (proof), note: utf8(/** @type {string} */ (entry[3])) };
  }
  const box = /^esep\/box\n([^\n]+)\n([1-9][0-9]{0,8})\n([0-9a-f]{64})\n\n/.exec(whole);
  if (box) return { kind: 'box', origin: String(box[1]), round: Number(box[2]), hash: String(box[3]), note: bytes };
  const refused = /^esep\/refused\n([^\n]+)\n([0-9a-f]{64})\n([^\n]+)\n([a-z_]+)\n\n/.exec(whole);
  if (refused) {
    return { kind: 'refused', origin: String(refused[1]), hash: String(refused[2]), time: String(refused[3]), code: String(refused[4]), note: bytes };
  }
  return { kind: 'checkpoint', note: bytes };
}

/** Whether an entry is in the tree that the receipt's checkpoint signs. @param {Uint8Array} entry @param {Extract<Receipt, {kind: 'entry'}>} receipt @param {Checkpoint} checkpoint */
export const receiptHolds = (entry, receipt, checkpoint) =>
  includes(BigInt(receipt.index), BigInt(checkpoint.size), leafHash(entry), receipt.proof, checkpoint.root);
