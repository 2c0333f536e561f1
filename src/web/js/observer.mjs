// The observer's page follows the record: entries as they come, and what follows from them.

import { groups } from "./base.mjs";
import { base } from "./api.mjs";
import { when } from "./member-words.mjs";
import { announce, byId, el } from "./ui.mjs";
import { words } from "./words.mjs";

/** @typedef {{seq: number, time: string, kind: string, hash: string, signers: string[]}} Told */

/** Entries that stay on the page. */
const SHOWN = 200;
/** Places that the page's own answer draws anew. */
const FOLLOWS = ["phase", "size", "root", "state"];

const id = byId("observer").dataset.id ?? "";
const say = await words("common", "member", "observer");
const feed = byId("feed");
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** @param {Told} told */
function line(told) {
  const what = el("strong", {}, say(`observer-kind-${told.kind}`));
  const time = el("span", { class: "quiet small" }, when(told.time, say));
  return el("li", { id: `entry-${told.seq}`, value: String(told.seq) }, what, " ", time, el("br"), el("span", { class: "digest small" }, groups(told.hash)));
}

/** What follows from the entries is read from the page itself, as the office writes it. */
function follow() {
  waiting = undefined;
  const request = new XMLHttpRequest();
  request.open("GET", location.pathname);
  request.responseType = "document";
  request.onload = () => {
    const page = request.responseXML;
    if (request.status !== 200 || !page) return;
    for (const name of FOLLOWS) {
      const fresh = page.getElementById(name);
      if (fresh) byId(name).replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    }
  };
  request.send();
}

const events = new EventSource(`${base(id)}/events?from=${byId("observer").dataset.next}`);
events.addEventListener("entry", (event) => {
  /** @type {Told} */
  const told = JSON.parse(/** @type {MessageEvent} */ (event).data);
  if (document.getElementById(`entry-${told.seq}`)) return;
  feed.prepend(line(told));
  while (feed.children.length > SHOWN) feed.lastElementChild?.remove();
  announce(say("observer-feed-new", { seq: told.seq, kind: say(`observer-kind-${told.kind}`) }));
  waiting ??= setTimeout(follow, 700);
});
events.addEventListener("open", () => {
  byId("live").hidden = false;
  byId("off").hidden = true;
});
events.addEventListener("error", () => {
  byId("off").hidden = false;
});
