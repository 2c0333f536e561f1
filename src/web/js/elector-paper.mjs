// The ballot paper in the page: one group of choices for each candidate, and what is allowed, told as one goes.
//
// A rating is never given by moving about: arrow keys only move between the choices of a group; Space, Enter, a tap or
// a click choose. The page tells what will be invalid and changes nothing; the count decides (docs/FORMATS.md, 10).

import { el, fill } from "./ui.mjs";

/** @typedef {import("./words.mjs").Say} Say */
/** @typedef {{id: string, name: string, association: string, struck: boolean}} OnPaper */
/**
 * @typedef {object} Paper
 * @property {string} id
 * @property {string} origin
 * @property {string} now
 * @property {number} round
 * @property {boolean} named
 * @property {number} min
 * @property {number} max
 * @property {number} min_rated
 * @property {number} max_rated
 * @property {boolean} blank_zero
 * @property {"allowed" | "ignored" | "voids"} self_rating
 * @property {string} [closes_at]
 * @property {OnPaper[]} candidates
 * @property {{[keyid: string]: string}} own
 * @property {{round: number, count: number, sha256: string}[]} cards
 */

/** Scales of more values than these are written into a field. */
const SHORT = 11;

/** Ratings by candidate; one who is not there is not rated. */
export class Marks {
  constructor() {
    /** @type {Map<string, number>} */
    this.ratings = new Map();
    /** @type {Map<string, string>} What was written that is no number. */
    this.unread = new Map();
  }

  /** @param {string} id @param {string} written */
  write(id, written) {
    const plain = written.trim().replace(/[\u2212\u2013]/, "-");
    this.ratings.delete(id);
    this.unread.delete(id);
    if (/^[+-]?[0-9]{1,6}$/.test(plain)) this.ratings.set(id, Number(plain) + 0);
    else if (plain !== "") this.unread.set(id, written);
  }

  clear() {
    this.ratings.clear();
    this.unread.clear();
  }
}

/**
 * Why a ballot will be invalid, in words; nothing if it will not be. The order is that of the count.
 * @param {Paper} paper
 * @param {Map<string, number>} ratings
 * @param {string | undefined} own the elector's own id among the candidates
 * @param {Say} say
 */
export function faults(paper, ratings, own, say) {
  const counted = [...ratings].filter(([id]) => id !== own || paper.self_rating !== "ignored");
  const name = (/** @type {string} */ id) => paper.candidates.find((one) => one.id === id)?.name ?? id;
  const found = [];
  if (own && ratings.has(own) && paper.self_rating === "voids") found.push(say("elector-self-voids"));
  for (const [id, rating] of counted) {
    if (rating >= paper.min && rating <= paper.max) continue;
    found.push(say("elector-outside", { name: name(id), rating, min: paper.min, max: paper.max }));
  }
  if (counted.length < paper.min_rated) found.push(say("elector-few", { min: paper.min_rated }));
  if (counted.length > paper.max_rated) found.push(say("elector-many", { max: paper.max_rated }));
  return found;
}

/**
 * The rows of the paper, and the place where it says how things stand.
 * @param {Paper} paper
 * @param {OnPaper[]} order
 * @param {Marks} marks
 * @param {string | undefined} own
 * @param {Say} say
 */
export function rows(paper, order, marks, own, say) {
  const tally = el("p", { class: "tally", role: "status" });
  const wrong = el("ul", { class: "wrong-so-far" });
  const tell = () => {
    const found = faults(paper, marks.ratings, own, say);
    fill(tally, say("elector-tally", { rated: marks.ratings.size, count: order.length }), " ", found.length === 0 ? say("elector-fine") : found[0]);
    const more = found.slice(1);
    if (own && marks.ratings.has(own) && paper.self_rating === "ignored") more.push(say("elector-self-ignored"));
    fill(wrong, ...more.map((line) => el("li", {}, line)));
  };
  const change = (/** @type {string} */ id, /** @type {string} */ written) => {
    marks.write(id, written);
    tell();
  };
  const short = paper.max - paper.min < SHORT;
  const made = order.map((one, place) => (short ? group : field)(paper, one, place, order.length, marks, change, say));
  tell();
  return { rows: made, standing: el("div", { class: "standing" }, tally, wrong) };
}

/**
 * @typedef {(id: string, written: string) => void} Change
 */

/** @param {OnPaper} one @param {Say} say */
function about(one, say) {
  const struck = one.struck && el("p", { class: "small" }, el("strong", { class: "tag warn" }, say("elector-struck")), " ", say("elector-struck.means"));
  return el("div", { id: `about-${one.id}` }, el("p", { class: "quiet small" }, one.association), struck);
}

/** @param {Paper} paper @param {OnPaper} one @param {number} place @param {number} count @param {Marks} marks @param {Change} change @param {Say} say */
function group(paper, one, place, count, marks, change, say) {
  const choices = [choice(one.id, "", say("elector-blank"), !marks.ratings.has(one.id), change)];
  for (let rating = paper.min; rating <= paper.max; rating++) {
    choices.push(choice(one.id, String(rating), String(rating).replace("-", "\u2212"), marks.ratings.get(one.id) === rating, change));
  }
  const scale = el("div", { class: "scale" }, ...choices);
  rove(scale);
  const legend = el("legend", {}, one.name, " ", el("span", { class: "quiet small" }, say("elector-place", { place: place + 1, count })));
  return el("fieldset", { class: "candidate field", "aria-describedby": `about-${one.id}` }, legend, about(one, say), scale);
}

/** @param {string} id @param {string} value @param {string} words @param {boolean} checked @param {Change} change */
function choice(id, value, words, checked, change) {
  const input = el("input", { type: "radio", name: `rate-${id}`, value, checked, autocomplete: "off", onchange: () => change(id, value) });
  return el("label", { class: value === "" ? "choose none" : "choose" }, input, el("span", {}, words));
}

/** One stop for Tab; arrows move the focus and choose nothing. @param {HTMLElement} scale */
function rove(scale) {
  const radios = [...scale.querySelectorAll("input")];
  const stop = (/** @type {HTMLInputElement | undefined} */ at) => radios.forEach((radio) => (radio.tabIndex = radio === at ? 0 : -1));
  const chosen = () => radios.find((radio) => radio.checked) ?? radios[0];
  stop(chosen());
  scale.addEventListener("focusin", (event) => stop(/** @type {HTMLInputElement} */ (event.target)));
  scale.addEventListener("focusout", (event) => {
    if (!scale.contains(/** @type {Node | null} */ (event.relatedTarget))) stop(chosen());
  });
  scale.addEventListener("keydown", (event) => {
    const at = radios.indexOf(/** @type {HTMLInputElement} */ (event.target));
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -radios.length, End: radios.length }[event.key];
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter") radios[at].click();
    else if (step !== undefined) radios[Math.max(0, Math.min(radios.length - 1, at + step))].focus();
    else return;
    event.preventDefault();
  });
}

/** @param {Paper} paper @param {OnPaper} one @param {number} place @param {number} count @param {Marks} marks @param {Change} change @param {Say} say */
function field(paper, one, place, count, marks, change, say) {
  const { min, max } = paper;
  const id = `rate-${one.id}`;
  const label = el("label", { for: id }, one.name, " ", el("span", { class: "quiet small" }, say("elector-place", { place: place + 1, count })));
  const hint = el("p", { class: "hint small", id: `${id}-hint` }, say("elector-rating.hint", { min, max }));
  // A text field: a number field would change by the wheel and by arrow keys.
  const input = el("input", {
    type: "text", id, class: "rating", inputmode: min < 0 ? "text" : "numeric", autocomplete: "off", maxlength: "7",
    "aria-describedby": `about-${one.id} ${id}-hint`,
    value: marks.unread.get(one.id) ?? marks.ratings.get(one.id)?.toString() ?? "",
    oninput: (event) => change(one.id, /** @type {HTMLInputElement} */ (event.target).value),
  });
  return el("div", { class: "candidate field" }, label, about(one, say), hint, input);
}
