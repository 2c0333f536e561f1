// What a receipt proves: signed by this office's log or not, and, against the whole public record, whether what it names
// is there. The receipt stays in the page; the record is read as a whole, so that nobody learns what is looked for.

import { bytes, Offline, Refused } from "./api.mjs";
import { aloud, base64, groups, sha256, text, unbase64, utf8 } from "./base.mjs";
import { paeHash } from "./dsse.mjs";
import { announce, byId, el, explain, fill, focus, showErrors } from "./ui.mjs";
import { words } from "./words.mjs";
import { openCheckpoint, openNote, parseReceipt, parseVerifierKey, receiptHolds } from "../verifier/note.mjs";
import { Tree, tilePaths } from "../verifier/tree.mjs";

/** @typedef {import("../verifier/note.mjs").Receipt} Receipt */
/** @typedef {import("../verifier/note.mjs").VerifierKey} VerifierKey */
/** @typedef {{seq: number, kind: string, time: string, body: import("./dsse.mjs").Envelope}} Entry */

const say = await words("common", "refusals", "elector");
const form = byId("receipt-form");
const answer = byId("answer");
const id = form.dataset.id ?? "";
const log = /** @type {VerifierKey} */ (parseVerifierKey(form.dataset.log ?? ""));

/** A verdict: a heading, what it means, and details. @param {"good" | "bad" | "warn"} kind @param {string} key @param {{[name: string]: string | number}} [values] */
function verdict(kind, key, values) {
  return el("div", { class: `panel ${kind}` }, el("h3", {}, say(key)), el("p", {}, say(`${key}.what`, values)));
}

/** @param {string} said Spelled as in statements: `2026-10-14T12:00:00Z`. */
function time(said) {
  // Bishkek is six hours ahead all year.
  return new Date(Date.parse(said) + 6 * 3_600_000).toISOString().slice(0, 16).replace("T", " ");
}

/** Every public entry, and whether together they are what the log signed. */
async function record() {
  const checkpoint = await openCheckpoint(await bytes(id, "/checkpoint"), log);
  if (!checkpoint) return undefined;
  /** @type {import("./base.mjs").Bytes[]} */
  const entries = [];
  for (const [path] of tilePaths(checkpoint.size)) {
    const tile = await bytes(id, `/tile/entries/${path}`);
    for (let at = 0; at + 2 <= tile.length; ) {
      const size = tile[at] * 256 + tile[at + 1];
      entries.push(tile.slice(at + 2, at + 2 + size));
      at += 2 + size;
    }
  }
  const leaf = async (/** @type {Uint8Array} */ entry) => sha256(new Uint8Array([0, ...entry]));
  const tree = new Tree(await Promise.all(entries.map(leaf)));
  const whole = entries.length === checkpoint.size && base64(tree.root()) === base64(checkpoint.root);
  return whole ? { entries, tree, checkpoint } : undefined;
}

/** @param {import("./base.mjs").Bytes} bytes @returns {Entry} */
function entryOf(bytes) {
  const { kind, seq, time, body } = JSON.parse(text(bytes));
  return { kind, seq: Number(seq), time, body };
}

/** @param {Extract<Receipt, {kind: "box"}>} receipt @param {NonNullable<Awaited<ReturnType<typeof record>>>} found */
async function inBox(receipt, found) {
  let [round, count, place, seq] = [0, 0, 0, 0];
  for (const bytes of found.entries) {
    const entry = entryOf(bytes);
    if (entry.kind === "ballots_opened") round = JSON.parse(text(unbase64(entry.body.payload))).round;
    if (entry.kind !== "ballot_cast" || round !== receipt.round) continue;
    count++;
    if ((await paeHash(entry.body)) === receipt.hash) [place, seq] = [count, entry.seq];
  }
  if (place > 0) return verdict("good", "elector-check-found", { place, count, round, entry: seq });
  if (round < receipt.round) return verdict("warn", "elector-check-waiting");
  return verdict("bad", "elector-check-missing", { round: receipt.round });
}

/** @param {Extract<Receipt, {kind: "entry"}>} receipt @param {import("../verifier/note.mjs").Checkpoint} then @param {NonNullable<Awaited<ReturnType<typeof record>>>} found */
async function inLedger(receipt, then, found) {
  if (then.size > found.entries.length) {
    // While named ballots are cast the ledger is shown up to the first of them; at any other time it must reach.
    const sealed = form.dataset.sealed === "true";
    return { hash: undefined, panel: sealed ? verdict("warn", "elector-check-later") : verdict("bad", "elector-check-broken") };
  }
  const bytes = found.entries[receipt.index];
  // The present ledger continues the one of the receipt, and holds this entry there.
  const same = base64(found.tree.root(then.size)) === base64(then.root);
  if (!bytes || !same || !receiptHolds(bytes, receipt, then)) return { hash: undefined, panel: verdict("bad", "elector-check-broken") };
  const entry = entryOf(bytes);
  const panel = verdict("good", "elector-check-inside", { entry: receipt.index, kind: entry.kind, time: time(entry.time) });
  return { hash: await paeHash(entry.body), panel };
}

/** @param {string} hash */
function named(hash) {
  return el("dl", { class: "facts" }, el("div", {}, el("dt", {}, say("digest")), el("dd", { class: "digest" }, groups(hash))), el("div", {}, el("dt", {}, say("elector-short")), el("dd", {}, aloud(hash))));
}

/** What is said of a receipt. @param {Receipt} receipt @returns {Promise<(Node | string)[]>} */
async function judge(receipt) {
  const then = receipt.kind === "entry" ? await openCheckpoint(receipt.note, log) : undefined;
  const signed = receipt.kind === "entry" ? then : await openNote(receipt.note, log);
  const origin = receipt.kind === "entry" ? text(receipt.note).split("\n")[0] : "origin" in receipt ? receipt.origin : "";
  if (origin !== log.name) return [el("div", { class: "panel bad" }, el("p", {}, say("elector-check-other", { origin })))];
  if (!signed) return [verdict("bad", "elector-check-forged")];
  const good = el("div", { class: "panel good" }, el("h3", {}, say("elector-check-signed")));
  if (receipt.kind === "refused") {
    good.append(el("p", {}, say("elector-check-refused", { time: time(receipt.time), reason: say(`code-${receipt.code}`) })));
    return [good, named(receipt.hash)];
  }
  if (receipt.kind === "box") good.append(el("p", {}, say("elector-check-box", { round: receipt.round })));
  const found = await record();
  if (!found) return [good, verdict("bad", "elector-check-record")];
  const against = el("p", { class: "quiet" }, `${say("elector-check-root")}: ${say("elector-check-size", { count: found.entries.length })}. `, el("span", { class: "digest" }, base64(found.checkpoint.root)));
  if (receipt.kind === "box") return [good, named(receipt.hash), await inBox(receipt, found), against];
  if (receipt.kind !== "entry" || !then) return [good];
  const { hash, panel } = await inLedger(receipt, then, found);
  if (hash) good.append(el("p", {}, say("elector-check-entry", { place: receipt.index })));
  return [good, ...(hash ? [named(hash)] : []), panel, against];
}

/** @param {string} given */
async function check(given) {
  answer.hidden = true;
  // A receipt is text whose lines end with LF; what was pasted may have lost its last one.
  const plain = given.replace(/\r\n/g, "\n").replace(/\n*$/, "\n");
  const receipt = plain.trim() === "" ? undefined : parseReceipt(utf8(plain));
  if (!receipt || receipt.kind === "checkpoint") {
    const why = plain.trim() === "" ? say("elector-check-nothing") : say("elector-check-not-one");
    return showErrors(form, [{ field: "receipt-text", text: why }], say);
  }
  showErrors(form, [], say);
  announce(say("elector-check-working"));
  let said;
  try {
    said = await judge(receipt);
  } catch (error) {
    if (!(error instanceof Offline || error instanceof Refused)) throw error;
    return showErrors(form, [{ text: explain(error, say) }], say);
  }
  const heading = el("h2", {}, say("elector-check-title"));
  fill(answer, heading, ...said);
  answer.hidden = false;
  announce("");
  focus(heading);
}

const [file, pasted, drop] = [/** @type {HTMLInputElement} */ (byId("receipt-file")), /** @type {HTMLTextAreaElement} */ (byId("receipt-text")), byId("drop")];
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = file.files?.[0];
  check(pasted.value.trim() === "" && chosen ? await chosen.text() : pasted.value);
});
file.addEventListener("change", async () => {
  const chosen = file.files?.[0];
  if (chosen && chosen.size < 1_000_000) fillWith(await chosen.text());
});
/** @param {string} words */
function fillWith(words) {
  pasted.value = words;
  check(words);
}
drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", async (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const dropped = event.dataTransfer?.files[0];
  if (dropped && dropped.size < 1_000_000) fillWith(await dropped.text());
});
form.hidden = false;

/** A receipt in the address after `#`, from a QR code: the office never sees it. */
function fromAddress() {
  const letters = location.hash.slice(1);
  if (!/^[A-Za-z0-9_-]{100,}$/.test(letters)) return;
  history.replaceState(null, "", location.pathname + location.search);
  const plain = letters.replace(/-/g, "+").replace(/_/g, "/");
  try {
    fillWith(text(unbase64(plain + "=".repeat((4 - (plain.length % 4)) % 4))));
  } catch {
    fillWith("?");
  }
}
addEventListener("hashchange", fromAddress);
fromAddress();
