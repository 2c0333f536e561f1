// Shows what is signed, from the very bytes to be signed: every field in words, and what each commitment opens to.

import { aloud, groups } from "./base.mjs";
import { readCanonical } from "./canonical.mjs";
import { commitment } from "./commit.mjs";
import { paeHash, payload } from "./dsse.mjs";
import { el } from "./ui.mjs";
import { bishkek, day } from "./when.mjs";

/** @typedef {import("./words.mjs").Say} Say */
/** @typedef {import("./commit.mjs").Opening} Opening */
/** @typedef {{say: Say, openings?: Opening[], names?: {[sha256: string]: string}}} Known */

const DIGEST = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** The header's fields stand below, for whoever wants to compare them. */
const HEADER = ["competition", "nonce", "rules", "candidates", "round", "head", "phase", "not_after"];
/** Fields whose text is one of a few words that have a message. */
const WORDS = ["finding", "reason", "form", "slot", "kind", "ballots", "blank", "self_rating", "expunged_conviction", "organisation_in_many_associations"];

/** The message, or nothing if there is none. @param {Say} say @param {string} key */
function said(say, key) {
  const words = say(key);
  return words.startsWith("\u27e6") ? undefined : words;
}

/** @param {string} hex */
function digest(hex) {
  return el("span", { class: "digest" }, groups(hex));
}

/** A value in words. @param {string} field @param {any} value @param {Known} known @returns {Node | string} */
export function value(field, value, known) {
  const { say, names = {} } = known;
  if (typeof value === "boolean") return say(value ? "association-yes" : "association-no");
  if (Array.isArray(value)) return el("ul", {}, ...value.map((one) => el("li", {}, typeof one === "object" ? value_of(one, known) : inWords(field, one, known))));
  if (value !== null && typeof value === "object") return value_of(value, known);
  if (typeof value === "string" && names[value]) return el("span", {}, `${names[value]} \u2014 `, digest(value));
  return inWords(field, value, known);
}

/** @param {string} field @param {any} value @param {Known} known */
function inWords(field, value, { say }) {
  const text = String(value);
  if (DIGEST.test(text)) return digest(text);
  if (TIME.test(text)) return bishkek(text);
  if (DATE.test(text)) return day(text);
  if (WORDS.includes(field)) return said(say, `${field}-${text}`) ?? text;
  if (field === "ties") return said(say, `ties-${text}`) ?? text;
  return text;
}

/** @param {{[name: string]: any}} object @param {Known} known */
function value_of(object, known) {
  const rows = Object.entries(object).map(([name, one]) => el("div", {}, el("dt", {}, label(name, known.say)), el("dd", {}, value(name, one, known))));
  return el("dl", { class: "inner" }, ...rows);
}

/** The name of a field. @param {string} name @param {Say} say */
export function label(name, say) {
  return said(say, `field-${name.replace("/", "-")}`) ?? name;
}

/** @param {string} name @param {any} one @param {Known} known @param {Map<string, Opening>} open @returns {(Node | string)[]} */
function shown(name, one, known, open) {
  const opening = typeof one === "string" && open.get(one);
  if (opening) return [value(opening.field, opening.value, known)];
  return [value(name, one, known)];
}

/**
 * @param {import("./dsse.mjs").Envelope} sealed
 * @param {Known} known
 */
export async function signed(sealed, known) {
  const { say } = known;
  const said = readCanonical(payload(sealed));
  const open = new Map();
  for (const opening of known.openings ?? []) open.set(await commitment(said.competition, opening), opening);
  const rows = /** @type {HTMLElement[]} */ ([]);
  const commits = /** @type {HTMLElement[]} */ ([]);
  const line = (/** @type {string} */ name, /** @type {(Node | string)[]} */ words) => el("div", {}, el("dt", {}, label(name, say)), el("dd", {}, ...words));
  const row = (/** @type {string} */ name, /** @type {any} */ one) => {
    const field = open.get(one)?.field ?? (one?.possession ? "enrolment" : name);
    rows.push(line(field, shown(name, one, known, open)));
    // What the ledger will hold of it.
    if (open.has(one)) commits.push(line(field, [digest(one)]));
  };
  for (const [name, one] of Object.entries(said)) {
    if (HEADER.includes(name)) continue;
    if (name === "fields") for (const [field, committed] of Object.entries(one)) row(field, committed);
    else if (name === "decisions") for (const { rule, decision } of one) row(rule, decision);
    else row(name, one);
  }
  const header = HEADER.filter((name) => name in said).map((name) => el("div", {}, el("dt", {}, label(name, say)), el("dd", {}, value(name, said[name], known))));
  const hash = await paeHash(sealed);
  const kind = sealed.payloadType.replace(/^application\/vnd\.esep\.|\.v1\+json$/g, "");
  return el(
    "div",
    { class: "signed panel" },
    el("p", {}, el("strong", {}, say(`kind-${kind}`))),
    el("dl", { class: "facts" }, ...rows),
    commits.length > 0 && el("details", {}, el("summary", {}, say("signed-commitments")), el("dl", { class: "facts" }, ...commits)),
    el("details", {}, el("summary", {}, say("signed-header")), el("dl", { class: "facts" }, ...header)),
    el("p", {}, say("signed-digest"), " ", digest(hash)),
    el("p", {}, say("signed-aloud"), " ", el("strong", { class: "big" }, aloud(hash))),
  );
}
