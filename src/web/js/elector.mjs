// The ballot page, step by step: card or key, ballot, check, cast, receipt. What was filled in lives in this page only.

import { Offline, Refused, submit, view } from "./api.mjs";
import { aloud, base64, groups, utf8 } from "./base.mjs";
import { readCanonical } from "./canonical.mjs";
import { drawn } from "./card.mjs";
import { paeHash, payload, sign } from "./dsse.mjs";
import { card, keyFile } from "./elector-entrance.mjs";
import { forget, watch } from "./elector-kiosk.mjs";
import { faults, Marks, rows } from "./elector-paper.mjs";
import { canSign } from "./keys.mjs";
import { qr } from "./qr.mjs";
import { header, statement } from "./statement.mjs";
import { announce, byId, el, explain, fill, focus, save, showErrors } from "./ui.mjs";
import { words } from "./words.mjs";

/** @typedef {import("./dsse.mjs").Envelope} Envelope */
/** @typedef {{key: import("./keys.mjs").Key, order: import("./elector-paper.mjs").OnPaper[], own: string | undefined}} Elector */

/** Milliseconds after which an unanswered ballot is sent again. */
const AGAIN = 5000;

const say = await words("common", "refusals", "elector");
const place = byId("ballot");
/** @type {import("./elector-paper.mjs").Paper} */
const paper = JSON.parse(place.dataset.paper ?? "{}");
const kiosk = document.body.classList.contains("kiosk");
const marks = new Marks();
/** @type {Elector | undefined} */
let elector;
/** Whether leaving would lose something. */
let unsaved = false;
const guard = kiosk ? watch(say, () => elector !== undefined || !place.hidden || [...document.querySelectorAll("input")].some((one) => one.value !== "")) : undefined;

/** Shows one step in place of the one before. @param {string} title @param {...(Node | string)} content */
function show(title, ...content) {
  const heading = el("h1", {}, title);
  byId("intro").hidden = true;
  document.getElementById("languages")?.toggleAttribute("hidden", true);
  fill(place, heading, ...content);
  place.hidden = false;
  document.title = title;
  scrollTo(0, 0);
  focus(heading);
}

/** @param {string} words @param {() => unknown} act @param {string} [kind] */
function button(words, act, kind) {
  return el("button", { type: "button", class: kind, onclick: act }, words);
}

/** Leaves without a trace. */
function stop() {
  unsaved = false;
  forget();
}

/** @param {import("./keys.mjs").Key} key */
async function open(key) {
  elector = { key, order: await drawn(paper.candidates, key.id), own: paper.own[key.id] };
  fillIn();
}

/** The step in which the ballot is filled. */
function fillIn() {
  if (!elector) return;
  const { rows: made, standing } = rows(paper, elector.order, marks, elector.own, say);
  const form = el("form", { autocomplete: "off", novalidate: true, onsubmit: check, oninput: () => (unsaved = true) });
  const closes = place.dataset.closes;
  form.append(
    el("p", {}, paper.named ? say("elector-order-named") : say("elector-order")),
    el("p", { class: "quiet" }, say("elector-allowed-scale", { min: paper.min, max: paper.max }), " ", paper.max - paper.min < 11 ? say("elector-keyboard") : ""),
    closes ? el("p", { class: "next" }, say("next-polling", { time: closes })) : "",
    ...made,
    standing,
    el("p", { class: "actions" }, el("button", { type: "submit" }, say("elector-review-go")), button(say("elector-stop"), stop, "plain")),
  );
  show(say("elector-ballot"), form);
}

/** Whether all fields can be read; then the step in which the ballot is checked. @param {Event} event */
async function check(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const unread = elector?.order.filter((one) => marks.unread.has(one.id)) ?? [];
  if (unread.length > 0) return showErrors(form, unread.map(({ id, name }) => ({ field: `rate-${id}`, text: say("elector-not-number", { name }) })), say);
  try {
    const now = await view(paper.id);
    if (elector) await review(statement("ballot_cast", header(now), { keys: [elector.key.id], ratings: Object.fromEntries(marks.ratings) }));
  } catch (error) {
    showErrors(form, [{ text: explain(error, say) }], say);
  }
}

/** What will be signed, from its very bytes. @param {Envelope} sealed */
async function review(sealed) {
  if (!elector) return;
  /** @type {{ratings: {[id: string]: number}}} */
  const { ratings } = readCanonical(payload(sealed));
  const found = faults(paper, new Map(Object.entries(ratings)), elector.own, say);
  const hash = await paeHash(sealed);
  const sure = el("input", { type: "checkbox", id: "sure", autocomplete: "off" });
  const box = el("div", { class: "choice" }, sure, el("label", { for: "sure" }, say("elector-invalid-confirm")));
  const list = el("ul", {}, ...found.map((line) => el("li", {}, line)));
  const invalid = el("section", { class: "panel bad" }, el("h2", {}, say("elector-invalid")), list, el("p", {}, say("elector-invalid-what")), el("div", { class: "field" }, box));
  const form = el("form", { autocomplete: "off", novalidate: true });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (found.length > 0 && !(/** @type {HTMLInputElement} */ (sure).checked)) return showErrors(form, [{ field: "sure", text: say("elector-invalid-needed") }], say);
    cast(sealed);
  });
  form.append(
    el("p", { class: "lead" }, say("elector-review-lead")),
    ...tables(ratings, elector.order),
    facts([say("elector-receipt-hash"), el("span", { class: "digest" }, groups(hash))], [say("elector-short"), aloud(hash)]),
    found.length > 0 ? invalid : "",
    proves(),
    el("p", {}, el("strong", {}, say("elector-final"))),
    el("p", { class: "actions" }, el("button", { type: "submit", class: found.length > 0 ? "danger" : undefined }, say("elector-cast")), button(say("elector-change"), fillIn, "plain"), button(say("elector-stop"), stop, "plain")),
  );
  show(say("elector-review"), form);
}

/** @param {...[string, string | Node]} lines */
function facts(...lines) {
  return el("dl", { class: "facts" }, ...lines.map(([name, what]) => el("div", {}, el("dt", {}, name), el("dd", {}, what))));
}

/** What the receipt can prove to others, once more before casting. */
function proves() {
  const lines = paper.named ? [say("elector-proves-named")] : [say("elector-proves-cast"), say("elector-proves-how")];
  return el("section", { class: "panel" }, el("h2", {}, say("elector-proves")), el("ul", {}, ...lines.map((line) => el("li", {}, line))));
}

/** @param {{[id: string]: number}} ratings @param {import("./elector-paper.mjs").OnPaper[]} order */
function tables(ratings, order) {
  const rated = order.filter((one) => Object.hasOwn(ratings, one.id));
  const left = order.filter((one) => !Object.hasOwn(ratings, one.id));
  const struck = (/** @type {{struck: boolean}} */ one) => one.struck && el("span", { class: "tag warn" }, say("elector-struck"));
  const line = (/** @type {import("./elector-paper.mjs").OnPaper} */ one) =>
    el("tr", {}, el("th", { scope: "row" }, one.name, " ", struck(one)), el("td", { class: "number big-number" }, String(ratings[one.id]).replace("-", "\u2212")));
  const head = el("tr", {}, el("th", { scope: "col" }, say("elector-name-column")), el("th", { scope: "col", class: "number" }, say("elector-rating-column")));
  const table = el("table", {}, el("caption", {}, say("elector-rated")), el("thead", {}, head), el("tbody", {}, ...rated.map(line)));
  return [
    rated.length > 0 ? table : el("p", {}, el("strong", {}, say("elector-none-rated"))),
    left.length > 0 ? el("section", {}, el("h2", {}, say("elector-left")), el("ul", {}, ...left.map((one) => el("li", {}, one.name, " ", struck(one))))) : "",
  ];
}

/** Signs once; from then on only these very bytes are sent. @param {Envelope} sealed */
async function cast(sealed) {
  if (!elector) return;
  const signed = await sign(sealed, elector.key);
  marks.clear();
  elector = undefined;
  guard?.pause(true);
  await send(signed, await paeHash(signed));
}

/** @param {Envelope} signed @param {string} hash */
async function send(signed, hash) {
  show(say("elector-sending"), el("p", {}, say("working")));
  unsaved = true;
  try {
    const accepted = await submit(paper.id, signed);
    if (accepted.hash !== hash) throw new Offline();
    unsaved = false;
    guard?.pause(false);
    done(accepted, signed);
  } catch (error) {
    const unknown = error instanceof Offline || (error instanceof Refused && (error.status >= 500 || error.status === 429 || error.status === 408));
    if (unknown) return pending(signed, hash, error);
    unsaved = false;
    guard?.pause(false);
    refused(error);
  }
}

/** Nobody knows whether it arrived: the same bytes again, by themselves and by hand. @param {Envelope} signed @param {string} hash @param {unknown} error */
function pending(signed, hash, error) {
  let sent = false;
  const again = () => {
    if (sent) return;
    sent = true;
    send(signed, hash);
  };
  const why = error instanceof Refused ? el("p", {}, explain(error, say)) : "";
  show(say("elector-pending"), el("div", { class: "panel warn" }, el("p", {}, say("elector-pending-what")), why), el("p", { class: "actions" }, button(say("elector-again"), again)));
  addEventListener("online", again, { once: true });
  setTimeout(again, AGAIN);
}

/** @param {unknown} error */
function refused(error) {
  const on = el("p", { class: "actions" }, button(kiosk ? say("elector-kiosk-clear") : say("close"), stop));
  if (error instanceof Refused && error.code === "card_used") {
    const title = paper.named ? say("elector-used-named") : say("elector-used");
    show(title, el("div", { class: "panel warn" }, el("p", {}, say("elector-used-what")), el("p", {}, say("elector-used-not-you"))), on);
    return;
  }
  const wrongCard = error instanceof Refused && (error.code === "unknown_key" || error.code === "not_elector") && !paper.named;
  const note = error instanceof Refused ? error.note : undefined;
  const keep = note && !kiosk ? button(say("elector-refused-note"), () => save(`${paper.id}-refused.txt`, "text/plain", note), "plain") : "";
  show(say("elector-refused"), el("div", { class: "panel bad" }, el("p", {}, wrongCard ? say("elector-card-unknown") : explain(error, say))), keep, on);
}

/** The receipt. @param {import("./api.mjs").Accepted} accepted @param {Envelope} signed */
function done({ hash, receipt, created, seq }, signed) {
  const letters = base64(utf8(receipt)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const address = `${place.dataset.check}#${letters}`;
  const entered = seq !== undefined;
  const picture = el("figure", { class: "qr-frame" }, qr(location.origin + address, say("elector-receipt-qr")), el("figcaption", {}, say("elector-receipt-qr-what")));
  const keep = button(say("elector-receipt-save"), () => save(`${paper.id}-receipt.txt`, "text/plain", receipt));
  const print = button(say("elector-receipt-print"), () => window.print(), "plain");
  const clear = button(say("elector-kiosk-clear"), stop);
  const ballot = () => save(`${paper.id}-ballot.dsse.json`, "application/json", JSON.stringify(signed));
  show(
    entered ? say("elector-done-named") : say("elector-done"),
    el("div", { class: "panel good" }, created ? "" : el("p", {}, say("elector-done-again")), el("p", {}, say("elector-done-what"))),
    kiosk ? el("p", {}, el("strong", {}, say("elector-kiosk-keep"))) : "",
    el("h2", {}, say("elector-receipt")),
    facts([say("elector-receipt-hash"), el("span", { class: "digest" }, groups(hash))], [say("elector-short"), aloud(hash)]),
    picture,
    el("p", { class: "actions" }, ...(kiosk ? [clear, print] : [keep, print, el("a", { class: "button plain", href: address }, say("elector-receipt-check"))])),
    el("details", {}, el("summary", {}, say("elector-receipt-words")), el("pre", { class: "words", tabindex: "0" }, receipt)),
    kiosk ? "" : el("details", { class: "no-print" }, el("summary", {}, say("elector-receipt-ballot")), el("p", {}, say("elector-receipt-ballot-what")), el("p", { class: "actions" }, button(say("elector-receipt-ballot-save"), ballot, "plain"))),
    proves(),
  );
}

addEventListener("beforeunload", (event) => {
  if (unsaved && !kiosk) event.preventDefault();
});
// Whoever comes back with the browser's button finds the entrance and nothing of the ballot.
addEventListener("pagehide", () => {
  unsaved = false;
  elector = undefined;
  marks.clear();
  fill(place);
});
addEventListener("pageshow", (event) => event.persisted && location.reload());

const left = paper.closes_at ? Date.parse(paper.closes_at) - Date.parse(paper.now) : 0;
if (left > 0 && left < 2 ** 31) setTimeout(() => announce(say("elector-time-over")), left);

if (!(await canSign())) byId("cannot").hidden = false;
else if (paper.named) keyFile(say, open);
else card(paper, say, open);
