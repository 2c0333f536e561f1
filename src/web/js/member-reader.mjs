// Opened ballots one by one, large; arrow keys turn the pages.

import { groups } from "./base.mjs";
import { el, fill } from "./ui.mjs";
import { number } from "./words.mjs";

/** @typedef {import("./member-box.mjs").Ballot} Ballot */
/** @typedef {import("./member-acts.mjs").Ctx} Ctx */

/**
 * @param {Ballot[]} ballots
 * @param {Ctx} ctx
 * @param {(hash: string) => void} object
 */
export function ballotReader(ballots, { say, names, view }, object) {
  if (ballots.length === 0) return el("p", { class: "none" }, say("member-box-empty"));
  const paper = view.paper ?? [];
  let place = 0;
  const sheet = el("div", { class: "ballot", role: "group", "aria-live": "polite", "aria-labelledby": "ballot-title", tabindex: "0" });
  const turn = (/** @type {number} */ to) => {
    place = Math.max(0, Math.min(ballots.length - 1, to));
    fill(sheet, ...page(ballots[place]));
    input.value = String(place + 1);
  };
  /** @param {Ballot} ballot */
  const page = (ballot) => {
    const ids = [...new Set([...paper, ...Object.keys(ballot.ratings)])];
    const rows = ids.map((id) => {
      const rating = ballot.ratings[id];
      const given = Object.hasOwn(ballot.ratings, id) ? el("td", { class: "number rating" }, number(rating)) : el("td", { class: "number quiet" }, say("member-blank"));
      return el("tr", {}, el("th", { scope: "row" }, names.get(id) ?? id, " ", el("span", { class: "quiet small" }, id)), given);
    });
    const head = el("thead", {}, el("tr", {}, el("th", { scope: "col" }, say("member-candidate")), el("th", { scope: "col", class: "number" }, say("member-rating"))));
    return [
      el("h3", { id: "ballot-title" }, say("member-ballot-title", { n: place + 1, of: ballots.length })),
      el("table", {}, head, el("tbody", {}, ...rows)),
      el("p", { class: "digest small" }, groups(ballot.hash)),
    ];
  };
  const input = /** @type {HTMLInputElement} */ (el("input", { type: "number", id: "ballot-place", min: "1", max: String(ballots.length), onchange: () => turn(Number(input.value) - 1) }));
  const keys = (/** @type {Event} */ event) => {
    const { key, target } = /** @type {KeyboardEvent} */ (event);
    const step = /** @type {{[key: string]: number}} */ ({ ArrowRight: place + 1, ArrowLeft: place - 1, PageDown: place + 10, PageUp: place - 10, Home: 0, End: ballots.length - 1 })[key];
    if (step === undefined || target === input) return;
    event.preventDefault();
    turn(step);
  };
  const button = (/** @type {string} */ name, /** @type {() => void} */ act) => el("button", { type: "button", class: "plain", id: name, onclick: act }, say(`member-${name}`));
  const turning = el("p", { class: "actions" }, button("ballot-before", () => turn(place - 1)), button("ballot-after", () => turn(place + 1)), el("label", { for: "ballot-place" }, say("member-ballot-go")), input, button("ballot-object", () => object(ballots[place].hash)));
  const whole = el("section", { class: "reader", "aria-label": say("member-reader"), onkeydown: keys }, el("p", { class: "hint" }, say("member-reader-keys")), turning, sheet);
  turn(0);
  return whole;
}
