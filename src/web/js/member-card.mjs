// From a card's code to its key, so that a disputed card can be named. docs/FORMATS.md, section 2.

import { sha256, utf8 } from "./base.mjs";
import { fromSeed } from "./keys.mjs";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECK = 1021n;

/** The 16 bytes of a code as people type it; none if it is mistyped. @param {string} typed */
function code(typed) {
  const letters = [...typed.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1")];
  const digits = letters.map((letter) => ALPHABET.indexOf(letter));
  if (digits.length !== 28 || digits.includes(-1) || digits[0] > 7) return undefined;
  const value = (/** @type {number[]} */ part) => part.reduce((sum, digit) => sum * 32n + BigInt(digit), 0n);
  const whole = value(digits.slice(0, 26));
  if (whole % CHECK !== value(digits.slice(26))) return undefined;
  return Uint8Array.from(whole.toString(16).padStart(32, "0").match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** The key of a card; none if the code is mistyped. @param {string} typed @param {string} origin @param {number} round */
export async function cardKey(typed, origin, round) {
  const bytes = code(typed);
  if (!bytes) return undefined;
  const salt = await sha256(utf8(`${origin}\n${round}`));
  const base = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
  const seed = await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info: utf8("esep card v1") }, base, 256);
  return fromSeed(new Uint8Array(seed));
}
