// The protocol as it is signed, read from its very bytes: who is elected first, then everything that stands in it.

import { readCanonical } from "./canonical.mjs";
import { facts } from "./member-words.mjs";
import { el } from "./ui.mjs";

/** @typedef {import("./member-words.mjs").Tongue} Tongue */

/** @param {import("./base.mjs").Bytes} bytes @param {Tongue} tongue */
export function showProtocol(bytes, tongue) {
  const { say, names } = tongue;
  const protocol = readCanonical(bytes);
  const name = (/** @type {string} */ id) => names.get(id) ?? id;
  const row = (/** @type {{candidate: string, rank: number, by?: string}} */ one) =>
    el("tr", {}, el("td", { class: "number" }, one.rank), el("th", { scope: "row" }, name(one.candidate)), el("td", {}, one.by ? say(`member-by-${one.by}`) : ""));
  const table = (/** @type {string} */ title, /** @type {any[]} */ lines) =>
    el("table", {}, el("caption", {}, title), el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "number" }, say("member-rank")), el("th", { scope: "col" }, say("member-candidate")), el("th", { scope: "col" }, say("member-by")))), el("tbody", {}, ...lines.map(row)));
  const { elected, reserve, unfilled } = protocol.result;
  const children = [table(say("member-elected", { n: elected.length }), elected)];
  if (unfilled > 0) children.push(el("p", {}, say("member-unfilled", { n: unfilled })));
  if (reserve.length) children.push(el("details", {}, el("summary", {}, say("member-reserve", { n: reserve.length })), table(say("member-reserve", { n: reserve.length }), reserve)));
  const all = el("details", {}, el("summary", {}, say("member-all-fields")), facts(Object.entries(protocol), tongue));
  return el("div", { class: "protocol" }, ...children, all);
}
