// Voting cards: the code as people type it, and the key that it holds. docs/FORMATS.md, section 5.
//
// The code never leaves the page: it is in no address that the office sees, in no request and in no storage.

import { sha256, sha256hex, utf8 } from "./base.mjs";
import { fromSeed } from "./keys.mjs";

/** @typedef {import("./base.mjs").Bytes} Bytes */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Characters of a code, the two of the check among them. */
export const CHARACTERS = 28;
const CHECK = 2;
/** The greatest prime that two characters can hold. */
const PRIME = 1021;

/** Why a text is no code; `code` names the message `elector-code-<code>`. */
export class CardError extends Error {
  /** @param {"empty" | "length" | "character" | "check"} code @param {{count?: number, letter?: string}} [values] */
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

/** The characters that count: without spaces and dashes of any kind. @param {string} text */
export function characters(text) {
  return [...text.normalize("NFKC").replace(/[\s\p{Pd}\u2212]/gu, "")];
}

/** @param {string} letter */
function digit(letter) {
  const plain = letter.toUpperCase().replace("O", "0").replace(/[IL]/, "1");
  const place = plain.length === 1 ? ALPHABET.indexOf(plain) : -1;
  if (place < 0) throw new CardError("character", { letter });
  return place;
}

/**
 * The 16 bytes of a code as people type it: any case, spaces and dashes anywhere, O for 0, I and L for 1.
 * @param {string} text
 * @returns {Bytes}
 */
export function parse(text) {
  const letters = characters(text);
  if (letters.length === 0) throw new CardError("empty");
  const digits = letters.map(digit);
  if (digits.length !== CHARACTERS) throw new CardError("length", { count: digits.length });
  const number = digits.slice(0, -CHECK);
  const check = digits[CHARACTERS - 2] * 32 + digits[CHARACTERS - 1];
  const rest = number.reduce((sum, five) => (sum * 32 + five) % PRIME, 0);
  // 26 characters hold 130 bits; the two that a code has not must be zero.
  if (digits[0] > 7 || rest !== check) throw new CardError("check");
  const bytes = new Uint8Array(16);
  let [bits, held, place] = [0, -2, 0];
  for (const five of number) {
    bits = (bits << 5) | five;
    held += 5;
    if (held >= 8) {
      held -= 8;
      bytes[place++] = bits >> held;
      bits &= (1 << held) - 1;
    }
  }
  digits.fill(0);
  return bytes;
}

/**
 * The key of a card in one round of one competition.
 * @param {Bytes} code 16 bytes
 * @param {string} origin
 * @param {number} round
 */
export async function cardKey(code, origin, round) {
  const base = await crypto.subtle.importKey("raw", code, "HKDF", false, ["deriveBits"]);
  const salt = await sha256(utf8(`${origin}\n${round}`));
  const by = { name: "HKDF", hash: "SHA-256", salt, info: utf8("esep card v1") };
  return fromSeed(new Uint8Array(await crypto.subtle.deriveBits(by, base, 256)));
}

/**
 * Candidates in the order drawn for a key: ascending SHA-256 of key id, LF, candidate id. The same key, the same order.
 * @template {{id: string}} Candidate
 * @param {Candidate[]} candidates
 * @param {string} keyid
 * @returns {Promise<Candidate[]>}
 */
export async function drawn(candidates, keyid) {
  const lots = candidates.map(async (one) => ({ one, lot: await sha256hex(utf8(`${keyid}\n${one.id}`)) }));
  return (await Promise.all(lots)).sort((left, right) => (left.lot < right.lot ? -1 : 1)).map(({ one }) => one);
}
