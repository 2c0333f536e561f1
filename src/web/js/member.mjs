// The signing desk: what is to be done now, drafts that wait, and one thing at a time that is read and signed.
//
// The state comes from the office every few seconds. The place where one works is never drawn anew by that, so nothing
// typed is lost; what the office says about a draft that is being read is updated beside it.

import * as api from "./api.mjs";
import { hex, random, sha256hex } from "./base.mjs";
import { canonicalBytes, readCanonical } from "./canonical.mjs";
import { envelope, payload } from "./dsse.mjs";
import { canSign, fromPem, isEncrypted, KeyFileError } from "./keys.mjs";
import { ACTS, Wrong, longText, otherActs } from "./member-acts.mjs";
import { readBox, rootOf } from "./member-box.mjs";
import { showProtocol } from "./member-protocol.mjs";
import { ballotReader } from "./member-reader.mjs";
import { elsewhere, ExchangeError, exchangeSteps, inPage } from "./member-signer.mjs";
import { comparable, review, sentence, slotName, when, kindOf } from "./member-words.mjs";
import { header, sharedHeader, statement } from "./statement.mjs";
import { announce, byId, el, explain, fill, focus, save, showErrors, written } from "./ui.mjs";
import { words } from "./words.mjs";

/** @typedef {import("./member-acts.mjs").Commission} Commission */
/** @typedef {import("./member-acts.mjs").Slot} Slot */
/** @typedef {import("./member-acts.mjs").Ctx} Ctx */
/** @typedef {import("./member-signer.mjs").Signer} Signer */
/** @typedef {import("./dsse.mjs").Envelope} Envelope */
/** @typedef {{hash: string, envelope: Envelope, author: string, opened: string, state: any, signers: {slot: string, keyid: string, signed: boolean}[], entered?: api.Accepted}} Draft */

/** Hours in which a draft gathers its signatures. */
const HOURS = 6;
/** Milliseconds between looks at the office. */
const LOOK = 2500;
const WITHDRAWAL = "application/vnd.esep.draft_withdrawal.v1+json";

const id = byId("desk").dataset.id ?? "";
const say = await words("common", "refusals", "member");
const work = byId("work");
/** @type {Signer | undefined} */
let signer;
/** The member's slot. */
let slot = "";
/** @type {Map<string, string>} */
const names = new Map();
/** @type {Ctx["view"]} */
let view;
/** @type {Commission} */
let commission;
/** @type {Draft[]} */
let drafts = [];
/** The draft that is being read. */
let reading = "";
const drawn = new Map();
const tongue = { say, names };

// --- the state ------------------------------------------------------------------------------------------------------

/** Draws a place anew only when what it shows has changed, and gives the focus back to the same thing. @param {string} place @param {unknown} key @param {() => (Node | string)[]} make */
function draw(place, key, make) {
  const now = JSON.stringify(key);
  if (drawn.get(place) === now) return false;
  drawn.set(place, now);
  const focused = document.activeElement?.id;
  const within = byId(place).contains(document.activeElement);
  fill(byId(place), ...make());
  if (within && focused) document.getElementById(focused)?.focus();
  return true;
}

async function look() {
  await lookAtRecord();
  // Whoever got a new key, or was replaced, signs no more with this one.
  if (signer && !view.counting_members.some((one) => one.keyid === signer?.id)) forget();
  if (signer) {
    drafts = await confidential(() => api.get(id, "/drafts"));
    // A draft may be newer than what was just read; it must not look as if the record had left it behind.
    if (drafts.some((one) => readCanonical(payload(one.envelope)).head?.size > view.head.size)) await lookAtRecord();
  }
  show();
}

async function lookAtRecord() {
  const [next, now] = await Promise.all([api.get(id, "/commission"), api.view(id)]);
  [commission, view] = [next, /** @type {Ctx["view"]} */ (now)];
  if (view.candidates && names.size === 0) {
    const list = await api.get(id, "/candidates");
    for (const one of list.candidates) names.set(one.id, String(one.name.value));
  }
}

function forget() {
  [signer, slot] = [undefined, ""];
  byId("key").hidden = false;
  for (const place of ["session", "drafts-section", "others-section"]) byId(place).hidden = true;
  drawn.clear();
}

/** A confidential read; a session that has ended is opened anew where the key is here. @template T @param {() => Promise<T>} read @returns {Promise<T>} */
async function confidential(read) {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof api.Refused && error.code === "no_session" && signer && !signer.offline)) throw error;
    await api.openSession(await signer.sign(await api.challenge(id, signer.public)));
    return read();
  }
}

async function watch() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK));
    if (document.hidden) continue;
    try {
      await look();
      byId("line").hidden = true;
    } catch (error) {
      byId("line").hidden = false;
      fill(byId("line"), explain(error, say));
    }
  }
}

function show() {
  const { tasks, slots, phase } = commission;
  fill(byId("phase"), say(`phase-${phase}`));
  draw("tasks", [tasks, slot, view.head, drafts.map((one) => [one.hash, one.state, one.signers])], () => [taskList()]);
  draw("slots", [slots, phase, slot], () => slotRows());
  if (signer) {
    const open = drafts.filter((one) => "open" in one.state);
    const changed = draw("drafts", [drafts, view.head], () => draftList());
    if (changed && open.some((one) => one.hash !== reading && waitsForMe(one))) announce(say("member-new-draft"));
    draw("others", [phase, slot, commission.protocol_fixed], () => [otherList()]);
    const read = drafts.find((one) => one.hash === reading);
    if (read && document.getElementById("draft-state")) draw("draft-state", [read.state, read.signers, stale(read)], () => draftState(read));
  }
}

/** @param {string[]} of */
function slotWords(of) {
  return of.map((one) => (one === slot ? say("member-you", { slot: slotName(one, say) }) : slotName(one, say))).join(", ");
}

function taskList() {
  const lines = commission.tasks.map((task) => {
    const alone = task.signatures === 1;
    const by = alone ? say("member-each", { slots: slotWords(task.by) }) : say("member-together", { n: task.signatures });
    const mine = signer && task.by.includes(slot);
    const times = [task.from && say("member-from", { time: when(task.from, say) }), task.until && say("member-until", { time: when(task.until, say) })];
    // Where a draft waits already, it is read, and not laid down twice.
    const draft = signer && drafts.find((one) => "open" in one.state && !stale(one) && kindOf(one.envelope.payloadType) === task.act);
    const tag = draft && !waitsForMe(draft) ? ["tag", "member-waits"] : mine && task.ready ? ["tag warn", "member-now"] : task.ready ? ["tag", "member-waits"] : ["tag", "member-later"];
    const read = draft && el("button", { type: "button", id: `task-${task.act}`, class: waitsForMe(draft) ? "" : "plain", onclick: () => openDraft(draft.hash) }, say(waitsForMe(draft) ? "member-read-sign" : "member-read"));
    const button = read || (mine && el("button", { type: "button", id: `do-${task.act}`, class: task.ready ? "" : "plain", onclick: () => begin(task.act) }, say(`member-do-${task.act}`)));
    const what = el("div", { class: "what" }, el("strong", {}, say(`member-task-${task.act}`)), el("p", { class: "quiet small" }, [by, ...times].filter(Boolean).join(" ")));
    return el("li", {}, what, el("div", { class: "how" }, el("span", { class: tag[0] }, say(tag[1])), " ", button));
  });
  return lines.length ? el("ol", { class: "tasks numbered" }, ...lines) : el("p", { class: "none" }, say("member-nothing"));
}

/** @param {Slot} one */
function marks(one) {
  /** @type {{[phase: string]: (keyof Slot)[]}} */
  const by = { listed: commission.lot ? ["opening", "commitment"] : ["opening"], polling: ["closing"], closed: commission.lot ? ["reveal"] : [], opened: ["ballots"], counted: ["protocol"], certified: ["protocol"] };
  return (by[commission.phase] ?? []).map((name) => {
    const state = one[name] ?? "open";
    const good = ["done", "signed", "dissenting"].includes(state);
    return el("li", {}, `${say(`member-col-${name}`)}: `, el("span", { class: `tag ${good ? "good" : state === "open" ? "warn" : "bad"}` }, say(`member-word-${state}`)));
  });
}

function slotRows() {
  return commission.slots.map((one) => {
    const own = one.slot === slot ? [" ", el("span", { class: "tag" }, say("member-own"))] : [];
    const dissent = one.dissent ? el("blockquote", {}, one.dissent) : undefined;
    return el("li", { id: `slot-${one.slot}` }, el("h3", {}, slotName(one.slot, say), ...own), el("p", { class: "quiet small" }, one.person), el("ul", { class: "marks" }, ...marks(one)), dissent);
  });
}

// --- drafts ---------------------------------------------------------------------------------------------------------

/** @param {Draft} draft */
function waitsForMe(draft) {
  return "open" in draft.state && !stale(draft) && draft.signers.some((one) => one.slot === slot && !one.signed);
}

/** The record has gone on since the draft was written: the office will not take it any more. @param {Draft} draft */
function stale(draft) {
  const { head, not_after } = readCanonical(payload(draft.envelope));
  return "open" in draft.state && (head?.size !== view.head.size || head?.root !== view.head.root || not_after < view.now);
}

/** @param {Draft} draft */
function draftState(draft) {
  const list = (/** @type {boolean} */ signed) => slotWords(draft.signers.filter((one) => one.signed === signed).map((one) => one.slot)) || say("member-nobody");
  const [outcome, told] = Object.entries(draft.state)[0];
  const tag = outcome === "open" ? (stale(draft) ? "stale" : "open") : outcome;
  const style = { open: "warn", entered: "good", refused: "bad", stale: "bad" }[tag] ?? "";
  const why = outcome === "refused" ? el("p", {}, `${say(`code-${told.code}`)}. ${say(`code-${told.code}.next`)}`) : tag === "stale" ? el("p", {}, say("member-stale-why")) : undefined;
  const state = el("p", {}, el("span", { class: `tag ${style}` }, say(`member-draft-${tag}`)));
  if (outcome !== "open") return [state, ...(why ? [why] : [])];
  return [state, ...(why ? [why] : []), el("p", {}, el("strong", {}, say("member-signed-by")), ` ${list(true)}`), el("p", {}, el("strong", {}, say("member-unsigned-by")), ` ${list(false)}`)];
}

function draftList() {
  if (drafts.length === 0) return [el("p", { class: "none" }, say("member-no-drafts"))];
  const order = [...drafts].sort((left, right) => (left.opened < right.opened ? 1 : -1));
  const row = (/** @type {Draft} */ draft) => {
    const value = readCanonical(payload(draft.envelope));
    const mine = waitsForMe(draft);
    const button = el("button", { type: "button", id: `draft-${draft.hash}`, class: mine ? "" : "plain", onclick: () => openDraft(draft.hash) }, say(mine ? "member-read-sign" : "member-read"));
    return el("li", {}, el("div", { class: "what" }, el("strong", {}, sentence(kindOf(draft.envelope.payloadType), value, tongue)), el("p", { class: "quiet small" }, when(draft.opened, say)), ...draftState(draft)), button);
  };
  const open = order.filter((one) => "open" in one.state);
  const over = order.filter((one) => !("open" in one.state));
  const waiting = open.length ? el("ul", { class: "tasks" }, ...open.map(row)) : el("p", { class: "none" }, say("member-no-drafts"));
  if (over.length === 0) return [waiting];
  return [waiting, el("details", {}, el("summary", {}, say("member-over", { n: over.length })), el("ul", { class: "tasks" }, ...over.map(row)))];
}

/** @param {string} hash */
async function openDraft(hash) {
  const draft = drafts.find((one) => one.hash === hash);
  if (!draft || !signer) return;
  const shown = await review(draft.envelope, tongue);
  reading = hash;
  drawn.delete("draft-state");
  const buttons = [];
  if (waitsForMe(draft)) buttons.push(el("button", { type: "button", id: "sign", onclick: () => attempt(() => signDraft(draft)) }, say("sign")));
  if ("open" in draft.state) buttons.push(el("button", { type: "button", class: "plain", id: "withdraw", onclick: () => attempt(() => withdraw(draft)) }, say("member-withdraw")));
  buttons.push(el("button", { type: "button", class: "plain", onclick: closeWork }, say("close")));
  panel(say("member-draft-title"), el("p", {}, say("member-draft-refuse")), shown.node, el("div", { id: "draft-state" }), el("p", { class: "actions" }, ...buttons));
  draw("draft-state", [draft.state, draft.signers, stale(draft)], () => draftState(draft));
}

/** @param {Draft} draft */
async function signDraft(draft) {
  const signed = await own().sign(draft.envelope);
  after(await api.post(id, `/drafts/${draft.hash}/signatures`, signed.signatures[0]));
}

/** @param {Draft} draft */
async function withdraw(draft) {
  const bytes = canonicalBytes({ competition: view.origin, draft: draft.hash, nonce: hex(random(16)) });
  await present(envelope(WITHDRAWAL, bytes), async (signed) => {
    await api.post(id, `/drafts/${draft.hash}/withdrawal`, signed);
    await look();
    done(say("member-withdrawn"));
  });
}

/** What became of a draft. @param {Draft} draft */
function after(draft) {
  if (draft.entered) accepted(draft.entered);
  else if ("refused" in draft.state) panel(say("member-refused"), el("p", {}, `${say(`code-${draft.state.refused.code}`)}. ${say(`code-${draft.state.refused.code}.next`)}`), closing());
  else done(say("member-laid", { slots: slotWords(draft.signers.filter((one) => !one.signed).map((one) => one.slot)) }));
  void look();
}

// --- the place of work ------------------------------------------------------------------------------------------------

/** @param {string} title @param {...(Node | string | undefined)} children */
function panel(title, ...children) {
  work.hidden = false;
  const heading = el("h2", { id: "work-title" }, title);
  fill(work, heading, ...children.filter((one) => one !== undefined));
  focus(heading);
  heading.scrollIntoView({ block: "start" });
}

function closeWork() {
  reading = "";
  work.hidden = true;
  fill(work);
  focus(byId("now-title"));
}

function closing() {
  return el("p", { class: "actions" }, el("button", { type: "button", id: "done", onclick: closeWork }, say("close")));
}

/** @param {string} text */
function done(text) {
  reading = "";
  panel(say("member-done"), el("div", { class: "panel good" }, el("p", {}, text)), closing());
}

/** @param {api.Accepted} receipt */
function accepted(receipt) {
  reading = "";
  const keep = () => save(`${receipt.hash.slice(0, 16)}.tlog-proof`, "text/plain", receipt.receipt);
  const told = el("div", { class: "panel good" }, el("p", {}, say("member-accepted", { seq: receipt.seq ?? 0 })), el("p", {}, say("member-receipt-hint")));
  panel(say("member-done"), told, el("p", { class: "actions" }, el("button", { type: "button", class: "plain", onclick: keep }, say("member-receipt")), el("button", { type: "button", id: "done", onclick: closeWork }, say("close"))));
  void look();
}

/** Does something that may fail, and says in words how it did. @param {() => Promise<void>} deed */
async function attempt(deed) {
  const buttons = [...work.querySelectorAll("button")].filter((one) => !one.disabled);
  buttons.forEach((one) => (one.disabled = true));
  announce(say("working"));
  try {
    await deed();
    announce("");
  } catch (error) {
    announce("");
    showErrors(work, errorsOf(error), say);
  } finally {
    buttons.forEach((one) => (one.disabled = false));
  }
}

/** @param {unknown} error @returns {{field?: string, text: string}[]} */
function errorsOf(error) {
  if (error instanceof Wrong) return error.errors;
  if (error instanceof KeyFileError) return [{ field: error.code === "wrong_passphrase" || error.code === "passphrase_needed" ? "passphrase" : "key-file", text: say(`member-key-${error.code}`) }];
  if (error instanceof ExchangeError) return [{ text: say(`member-offline-${error.code}`) }];
  return [{ text: explain(error, say) }];
}

/** @returns {Signer} */
function own() {
  if (!signer) throw new Error("nobody signs");
  return signer;
}

/** @returns {Ctx} */
function ctx() {
  return { id, say, names, view, commission, slot };
}

/** @param {string} kind @param {string} [ballot] */
function begin(kind, ballot) {
  reading = "";
  if (kind === "ballots_signed") return openBox();
  if (kind === "protocol_signed") return openProtocol();
  const form = ACTS[kind]({ ...ctx(), ballot });
  const button = el("button", { type: "submit", id: "continue" }, say("continue"));
  const cancel = el("button", { type: "button", class: "plain", onclick: closeWork }, say("back"));
  const submitted = (/** @type {Event} */ event) => {
    event.preventDefault();
    return attempt(async () => {
      showErrors(frame, [], say);
      const act = await confidential(form.read);
      const shared = typeof form.shared === "function" ? form.shared() : form.shared;
      await propose(kind, act, shared);
    });
  };
  const frame = el("form", { novalidate: true, onsubmit: submitted }, ...form.fields.filter((one) => one !== undefined), el("p", { class: "actions" }, button, cancel));
  panel(say(`member-do-${kind}`), el("p", {}, say(`member-do-${kind}.why`)), frame);
}

/** From an act to its review, its signature, and the office. @param {string} kind @param {object} act @param {boolean} shared */
async function propose(kind, act, shared) {
  view = /** @type {Ctx["view"]} */ (await api.view(id));
  const sealed = statement(kind, shared ? sharedHeader(view, HOURS) : header(view), act);
  await present(sealed, async (signed) => {
    if (shared) after(await api.post(id, "/drafts", signed));
    else accepted(await api.submit(id, signed));
  });
}

/** Shows what is to be signed; only then it is. @param {Envelope} sealed @param {(signed: Envelope) => Promise<void>} send */
async function present(sealed, send) {
  const shown = await review(sealed, tongue);
  const sign = el("button", { type: "button", id: "sign", onclick: () => attempt(async () => send(await own().sign(sealed))) }, say("sign"));
  panel(say("member-review"), shown.node, el("p", { class: "actions" }, sign, el("button", { type: "button", class: "plain", onclick: closeWork }, say("member-not-sign"))));
}

/** The offline machine's turn. @type {import("./member-signer.mjs").Exchange} */
function exchange(request, check) {
  return new Promise((resolve) => {
    // A file that does not fit is told so, and another may be brought.
    const took = (/** @type {import("./base.mjs").Bytes} */ back) => attempt(async () => resolve(await check(back)));
    panel(say("member-offline-title"), exchangeSteps(request, say, took), el("p", { class: "actions" }, el("button", { type: "button", class: "plain", onclick: closeWork }, say("member-not-sign"))));
  });
}

// --- ballots and protocol -----------------------------------------------------------------------------------------------

async function openBox() {
  panel(say("member-do-ballots_signed"), el("p", {}, say("working")));
  await attempt(async () => {
    const closed = commission.closed;
    const ballots = await readBox(id, { from: commission.ballots_from ?? view.head.size, size: view.head.size, round: view.round ?? 1 });
    const root = await rootOf(ballots);
    const good = root === closed?.box_root && ballots.length === closed.box_count;
    const told = el("div", { class: `panel ${good ? "good" : "bad"}` }, el("p", {}, say(good ? "member-box-good" : "member-box-bad", { n: ballots.length })));
    const sign = el("button", { type: "button", id: "sign-all", onclick: () => attempt(() => signBox(ballots, root)) }, say("member-sign-all", { n: ballots.length }));
    const reader = ballotReader(ballots, ctx(), (hash) => begin("objection", hash));
    panel(say("member-do-ballots_signed"), el("p", {}, say("member-do-ballots_signed.why")), told, reader, comparable(root, say), el("p", { class: "actions" }, good && sign, el("button", { type: "button", class: "plain", onclick: closeWork }, say("close"))));
  });
}

/** @param {import("./member-box.mjs").Ballot[]} ballots @param {string} root */
async function signBox(ballots, root) {
  const bar = /** @type {HTMLProgressElement} */ (el("progress", { max: String(ballots.length), value: "0", "aria-labelledby": "progress-words" }));
  const told = el("p", { id: "progress-words" }, say("member-signing", { n: 0, of: ballots.length }));
  if (!own().offline) panel(say("member-do-ballots_signed"), told, bar);
  const tick = (/** @type {number} */ n, /** @type {number} */ of) => {
    bar.value = n;
    told.replaceChildren(say("member-signing", { n, of }));
  };
  const bytes = await own().ballots(ballots.map((one) => one.pae), tick);
  await api.attach(id, bytes);
  await propose("ballots_signed", { slot, box_root: root, signatures: { sha256: await sha256hex(bytes), bytes: bytes.length } }, false);
}

async function openProtocol() {
  const bytes = await api.bytes(id, "/protocol");
  const digest = await sha256hex(bytes);
  const choice = (/** @type {string} */ name, /** @type {() => Promise<void>} */ act, style = "") => el("button", { type: "button", id: name, class: style, onclick: () => attempt(act) }, say(`member-${name}`));
  const sign = () => stateProtocol("protocol_signed", bytes, digest);
  const actions = el("p", { class: "actions" }, choice("protocol-sign", sign), choice("protocol-dissent", () => withText("protocol_dissented", "text", bytes, digest), "plain"), choice("protocol-refuse", () => withText("protocol_refused", "reason", bytes, digest), "plain"));
  const link = el("a", { href: byId("desk").dataset.protocol ?? "", target: "_blank", rel: "noopener" }, say("member-protocol-page"));
  panel(say("member-do-protocol_signed"), el("p", {}, say("member-do-protocol_signed.why")), showProtocol(bytes, tongue), el("p", {}, link), comparable(digest, say), actions);
}

/** @param {string} kind @param {string} field @param {import("./base.mjs").Bytes} bytes @param {string} digest */
async function withText(kind, field, bytes, digest) {
  const submitted = (/** @type {Event} */ event) => {
    event.preventDefault();
    return attempt(async () => {
      const said = written(field);
      showErrors(frame, [], say);
      if (!said) throw new Wrong(field, say("member-needed"));
      await stateProtocol(kind, bytes, digest, { [field]: said });
    });
  };
  const buttons = el("p", { class: "actions" }, el("button", { type: "submit", id: "continue" }, say("continue")), el("button", { type: "button", class: "plain", onclick: () => attempt(openProtocol) }, say("back")));
  const frame = el("form", { novalidate: true, onsubmit: submitted }, longText(field, say, say("member-published")), buttons);
  panel(say(`member-${kind === "protocol_refused" ? "protocol-refuse" : "protocol-dissent"}`), el("div", { class: "panel warn" }, el("p", {}, say(`member-warn-${kind}`))), frame);
}

/** @param {string} kind @param {import("./base.mjs").Bytes} bytes @param {string} protocol @param {object} [more] */
async function stateProtocol(kind, bytes, protocol, more = {}) {
  const signature = kind === "protocol_refused" ? {} : { signature: await own().protocol(bytes) };
  await propose(kind, { slot, protocol, ...signature, ...more }, false);
}

function otherList() {
  const kinds = otherActs(commission.phase, commission.protocol_fixed);
  if (kinds.length === 0) return el("p", { class: "none" }, say("member-nothing"));
  return el("ul", { class: "tasks" }, ...kinds.map((kind) => el("li", {}, el("div", { class: "what" }, say(`member-do-${kind}.why`)), el("button", { type: "button", class: "plain", id: `other-${kind}`, onclick: () => begin(kind) }, say(`member-do-${kind}`)))));
}

// --- the key ----------------------------------------------------------------------------------------------------------

/** @param {Signer} candidate */
async function enter(candidate) {
  const seat = view.counting_members.find((one) => one.keyid === candidate.id);
  if (!seat) throw new Wrong("key-file", say("member-key-foreign"));
  await api.openSession(await candidate.sign(await api.challenge(id, candidate.public)));
  [signer, slot] = [candidate, seat.slot];
  byId("key").hidden = true;
  byId("session").hidden = false;
  fill(byId("who"), say(candidate.offline ? "member-in-offline" : "member-in", { slot: slotName(slot, say), person: seat.person }));
  for (const place of ["drafts-section", "others-section"]) byId(place).hidden = false;
  drawn.clear();
  await look();
}

/** @param {HTMLElement} form @param {() => Promise<void>} deed */
async function opening(form, deed) {
  showErrors(form, [], say);
  announce(say("working"));
  try {
    await deed();
    announce("");
    focus(byId("now-title"));
  } catch (error) {
    announce("");
    showErrors(form, errorsOf(error), say);
  }
}

function keyForm() {
  const form = byId("key-form");
  const file = /** @type {HTMLInputElement} */ (byId("key-file"));
  const passphrase = /** @type {HTMLInputElement} */ (byId("passphrase"));
  file.addEventListener("change", async () => {
    byId("passphrase-field").hidden = !(file.files?.[0] && isEncrypted(await file.files[0].text()));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void opening(form, async () => {
      if (!file.files?.[0]) throw new Wrong("key-file", say("member-needed-file"));
      if (!(await canSign())) throw new Wrong("key-file", say("no-ed25519"));
      const key = await fromPem(await file.files[0].text(), passphrase.value || undefined);
      [file.value, passphrase.value] = ["", ""];
      await enter(inPage(key));
    });
  });
}

function offlineForm() {
  const form = byId("offline-form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void opening(form, async () => {
      const chosen = /** @type {HTMLInputElement | null} */ (form.querySelector("input:checked"));
      const seat = view.counting_members.find((one) => one.slot === chosen?.value);
      if (!seat) throw new Wrong("offline-slots", say("member-needed"));
      await enter(await elsewhere(seat.key, `${api.base(id)}/bundle`, exchange));
      closeWork();
    });
  });
}

byId("leave").addEventListener("click", async () => {
  await api.leave().catch(() => undefined);
  location.reload();
});
keyForm();
offlineForm();
byId("key").hidden = false;
await look();
void watch();
