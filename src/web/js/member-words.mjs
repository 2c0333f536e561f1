// What is about to be signed, in words, read from the very bytes that are signed.

import { aloud, groups } from "./base.mjs";
import { readCanonical } from "./canonical.mjs";
import { paeHash, payload } from "./dsse.mjs";
import { number } from "./words.mjs";
import { el } from "./ui.mjs";

/** @typedef {import("./words.mjs").Say} Say */
/** @typedef {import("./dsse.mjs").Envelope} Envelope */
/** @typedef {{say: Say, names: Map<string, string>}} Tongue names: candidates by id */

const DIGEST = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
/** Fields of the header; they say to what the act belongs, not what it does. */
const HEADER = ["competition", "round", "rules", "candidates", "head", "phase", "not_after", "nonce"];
/** Fields whose value is one of a few words. */
const WORDS = ["at", "duty", "outcome", "phase"];

/** The kind of a payload type. @param {string} type */
export function kindOf(type) {
  return /^application\/vnd\.esep\.([a-z_]+)\.v1\+json$/.exec(type)?.[1] ?? "";
}

/** A day in words. @param {string} date @param {Say} say */
export function day(date, say) {
  const [year, month, place] = date.split("-");
  return say("member-date", { year, month: Number(month), day: String(Number(place)) });
}

/** Day and time in Bishkek, six hours before UTC. @param {string} time @param {Say} say */
export function when(time, say) {
  const there = new Date(Date.parse(time) + 6 * 3_600_000).toISOString();
  return `${day(there.slice(0, 10), say)}, ${there.slice(11, 16)}`;
}

/** @param {string} slot @param {Say} say */
export function slotName(slot, say) {
  return say(`slot-${slot}`);
}

/** What the act does, in a sentence. @param {string} kind @param {any} act @param {Tongue} tongue */
export function sentence(kind, act, { say, names }) {
  return say(`member-act-${kind}`, {
    slot: act.slot ? slotName(act.slot, say) : "",
    slots: Array.isArray(act.slots) ? act.slots.map((/** @type {any} */ one) => slotName(one.slot ?? one, say)).join(", ") : "",
    at: act.at ?? "",
    duty: act.duty ?? "",
    person: act.person ?? "",
    round: act.round ?? 0,
    cards: act.cards?.count ?? 0,
    time: act.closes_at ? when(act.closes_at, say) : "",
    taken: act.taken ?? 0,
    ballots: act.box_count ?? 0,
    unused: act.unused?.count ?? 0,
    spoiled: act.spoiled?.count ?? 0,
    from: act.term_start ? day(act.term_start, say) : "",
    to: act.term_end ? day(act.term_end, say) : "",
    order: Array.isArray(act.order) ? act.order.map((/** @type {string} */ id) => names.get(id) ?? id).join(", ") : "",
  });
}

/** A value of a field. @param {string} field @param {any} value @param {Tongue} tongue @returns {Node | string} */
function shown(field, value, tongue) {
  const { say, names } = tongue;
  if (typeof value === "number") return number(value);
  if (typeof value === "boolean") return say(value ? "member-yes" : "member-no");
  if (Array.isArray(value)) return el("ol", {}, ...value.map((one) => el("li", {}, shown(field, one, tongue))));
  if (typeof value === "object") {
    const parts = Object.entries(value).map(([name, inner]) => el("li", {}, `${label(name, say)}: `, shown(name, inner, tongue)));
    return el("ul", {}, ...parts);
  }
  if (DIGEST.test(value)) return el("span", { class: "digest" }, groups(value));
  if (TIME.test(value)) return when(value, say);
  if (DATE.test(value)) return day(value, say);
  if (field === "phase") return say(`phase-${value}`);
  if (WORDS.includes(field)) return say(`member-word-${value}`);
  if (field === "by") return say(`member-by-${value}`);
  if (field === "slot" || field === "slots") return slotName(value, say);
  if (names.has(value)) return `${names.get(value)} (${value})`;
  if (field === "text" || field === "reason" || field === "record") return el("blockquote", {}, value);
  return el("code", {}, value);
}

/** @param {string} name @param {Say} say */
function label(name, say) {
  const words = say(`member-field-${name}`);
  return words.startsWith("\u27e6") ? name : words;
}

/** Fields and values as a list of facts. @param {[string, any][]} fields @param {Tongue} tongue */
export function facts(fields, tongue) {
  const rows = fields.map(([name, value]) => el("div", {}, el("dt", {}, label(name, tongue.say)), el("dd", {}, shown(name, value, tongue))));
  return el("dl", { class: "facts" }, ...rows);
}

/** A digest that people compare: groups of four, and a short code to read aloud. @param {string} digest @param {Say} say */
export function comparable(digest, say) {
  return el(
    "div",
    { class: "panel compare" },
    el("p", {}, say("member-compare")),
    el("p", { class: "aloud" }, el("span", { class: "quiet" }, say("member-aloud")), " ", el("strong", {}, aloud(digest))),
    el("p", { class: "digest" }, groups(digest)),
  );
}

/**
 * The review of an envelope: sentence, every field, digest. Everything is read from the payload's bytes.
 * @param {Envelope} sealed
 * @param {Tongue} tongue
 */
export async function review(sealed, tongue) {
  const kind = kindOf(sealed.payloadType);
  const value = readCanonical(payload(sealed));
  const fields = Object.entries(value);
  const own = fields.filter(([name]) => !HEADER.includes(name));
  const head = HEADER.flatMap((name) => (name in value ? [/** @type {[string, any]} */ ([name, value[name]])] : []));
  const rest = el("details", {}, el("summary", {}, tongue.say("member-header")), facts(head, tongue));
  const digest = await paeHash(sealed);
  const children = [el("p", { class: "lead said" }, sentence(kind, value, tongue))];
  if (own.length) children.push(facts(own, tongue));
  children.push(rest, comparable(digest, tongue.say));
  return { node: el("div", { class: "review", "data-digest": digest }, ...children), kind, value, digest };
}
