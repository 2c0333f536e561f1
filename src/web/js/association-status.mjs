// The page of a nomination for its association: where it stands and what comes next, amend, withdraw, appeal.
//
// The receipt file is opened here and nowhere else; its key signs a challenge, and the answers are read with that
// session. Amended files stay in this page until the new receipt file is saved.

import { enter, get, keepDocument, keepOpenings, submit, view } from "./api.mjs";
import { canonical } from "./canonical.mjs";
import { commitment, opening } from "./commit.mjs";
import { sign } from "./dsse.mjs";
import { KeyFileError, canSign, fromPem, generate, isEncrypted } from "./keys.mjs";
import { DOCUMENTS, addOrganisation, answers, documents, ofValues, values, watchNames, write, wrong } from "./nomination-fields.mjs";
import { code, hand, make, read } from "./nomination-file.mjs";
import { label, signed, value } from "./signed.mjs";
import { header, statement } from "./statement.mjs";
import { announce, byId, el, explain, fill, focus, save, showErrors, written } from "./ui.mjs";
import { bishkek } from "./when.mjs";
import { words } from "./words.mjs";

const say = await words("common", "refusals", "association");
const root = byId("mine");
const { id = "", origin = "", least = "3" } = root.dataset;

/** @typedef {import("./commit.mjs").Opening} Opening */
/** @type {import("./nomination-file.mjs").ReceiptFile | undefined} */
let file;
/** @type {import("./keys.mjs").Key | undefined} */
let key;
/** What the service answered. @type {any} */
let own;
/** @type {{kind: string, unsigned: import("./dsse.mjs").Envelope, openings: Opening[], documents: import("./nomination-fields.mjs").Document[]} | undefined} */
let ready;
/** @type {{[document: string]: import("./nomination-fields.mjs").Document}} */
const chosen = {};

/** @param {unknown} error */
function why(error) {
  return error instanceof KeyFileError ? say(`key-${error.code}`) : explain(error, say);
}

// -- opening the file -------------------------------------------------------------------------------------------------

async function open() {
  const form = byId("enter-form");
  const picked = /** @type {HTMLInputElement} */ (byId("receipt")).files?.[0];
  if (!picked) return showErrors(form, [{ field: "receipt", text: say("wrong-receipt-missing") }], say);
  const written = await picked.text();
  // A key alone will do: who lost the file has no more than a new key.
  const found = read(written) ?? (/PRIVATE KEY/.test(written) ? ofKey(written) : undefined);
  if (!found) return showErrors(form, [{ field: "receipt", text: say("wrong-receipt") }], say);
  if (found.competition !== origin) return showErrors(form, [{ field: "receipt", text: say("wrong-receipt-competition", { origin: found.competition }) }], say);
  const passphrase = /** @type {HTMLInputElement} */ (byId("opening-passphrase")).value;
  if (isEncrypted(found.key) && !passphrase) {
    byId("opening-passphrase-field").hidden = false;
    return showErrors(form, [{ field: "opening-passphrase", text: say("key-passphrase_needed") }], say);
  }
  announce(say("working"));
  try {
    const opened = await fromPem(found.key, passphrase);
    if (!found.nomination) {
      const all = await get(id, "/nominations");
      const own = all.findLast((/** @type {{keyid: string}} */ one) => one.keyid === opened.id);
      if (!own) return showErrors(form, [{ field: "receipt", text: say("wrong-receipt-key") }], say);
      [found.nomination, found.keyid] = [own.hash, opened.id];
    }
    await enter(id, opened);
    [file, key] = [found, opened];
    showErrors(form, [], say);
    await refresh();
    byId("enter").hidden = true;
    focus(byId("standing"));
  } catch (error) {
    const field = error instanceof KeyFileError && error.code === "wrong_passphrase" ? "opening-passphrase" : "receipt";
    showErrors(form, [{ field, text: why(error) }], say);
  } finally {
    announce("");
  }
}

/** A receipt file of nothing but a key. @param {string} pem */
function ofKey(pem) {
  return make({ competition: origin, nomination: "", keyid: "", key: pem, statements: [], openings: [], documents: {} });
}

// -- where it stands --------------------------------------------------------------------------------------------------

/** @param {any} one an opened commitment */
function inWords(one) {
  if (!one.opening) return say("association-undisclosed");
  return value(one.field, one.opening.value, { say, names: file?.documents });
}

/** @param {any} one a decision */
function decision(one) {
  const rule = one.field.replace("screening/", "");
  const told = one.opening?.value;
  if (!told) return el("tr", {}, el("th", { scope: "row" }, rule), el("td", { colspan: "2" }, say("association-undisclosed")));
  const tag = el("span", { class: `tag ${told.finding === "met" ? "good" : told.finding === "not_met" ? "bad" : "warn"}` }, say(`finding-${told.finding}`));
  const evidence = told.evidence && el("p", {}, documentLink(told.evidence, say("association-evidence")));
  return el("tr", {}, el("th", { scope: "row" }, `${rule}. ${say(`rule-${rule}`)}`), el("td", {}, tag), el("td", {}, say(`reason-${told.reason}`), evidence));
}

/** @param {string} sha256 @param {string} words */
function documentLink(sha256, words) {
  return el("a", { href: `/api/v1/competitions/${id}/nominations/${own.hash}/documents/${sha256}`, download: true }, words);
}

function story() {
  const parts = /** @type {Node[]} */ ([el("p", { class: "lead" }, say(`standing-${own.standing}.next`))]);
  const facts = [
    el("div", {}, el("dt", {}, say("association-public-at")), el("dd", {}, bishkek(own.at))),
    el("div", {}, el("dt", {}, say("association-code-title")), el("dd", { class: "digest" }, code(own.hash))),
  ];
  parts.push(el("dl", { class: "facts" }, ...facts));
  if (own.contest_reason) parts.push(el("h3", {}, say("association-contest")), el("blockquote", {}, inWords(own.contest_reason)));
  if (own.decisions.length) {
    const head = el("tr", {}, ...["association-rule", "association-finding", "association-reason"].map((key) => el("th", { scope: "col" }, say(key))));
    const rows = own.decisions.map(decision);
    parts.push(el("table", { class: "stack" }, el("caption", {}, say("association-decisions")), el("thead", {}, head), el("tbody", {}, ...rows)));
  }
  for (const appeal of own.appealed) {
    parts.push(el("h3", {}, say("association-appealed", { time: bishkek(appeal.at) })), el("blockquote", {}, inWords(appeal.text)));
    if (appeal.upheld === undefined) parts.push(el("p", {}, say("association-appeal-waits")));
    else parts.push(el("p", {}, el("strong", {}, say(appeal.upheld ? "association-upheld" : "association-dismissed"))), el("blockquote", {}, inWords(appeal.reason)));
  }
  const told = own.fields.map((/** @type {any} */ one) => el("div", {}, el("dt", {}, label(one.field, say)), el("dd", {}, fieldInWords(one))));
  parts.push(el("details", {}, el("summary", {}, say("association-what-was-sent")), el("dl", { class: "facts signed" }, ...told)));
  return parts;
}

/** @param {any} one */
function fieldInWords(one) {
  const sha256 = DOCUMENTS.includes(one.field) && one.opening?.value;
  return sha256 ? documentLink(sha256, file?.documents[sha256] ?? say(`document-${one.field}`)) : inWords(one);
}

async function refresh() {
  own = await get(id, `/nominations/${file?.nomination}`);
  const { phase } = await get(id, "/phase");
  byId("standing").textContent = say(`standing-${own.standing}`);
  fill(byId("story"), ...story());
  const live = own.state === "live";
  byId("do-amend").hidden = !(live && phase === "intake");
  byId("do-withdraw").hidden = !live || own.standing === "not_listed" || ["failed", "annulled", "opening"].includes(phase);
  byId("do-appeal").hidden = !own.appeal_ends_at;
  if (own.appeal_ends_at) byId("appeal-until").textContent = say("association-appeal-until", { time: bishkek(own.appeal_ends_at) });
  const now = Object.fromEntries(own.fields.map((/** @type {any} */ one) => [one.field, one.opening?.value]));
  write(ofValues(now), say);
  if (!document.querySelector("#organisations .organisation")) addOrganisation(say);
  byId("own").hidden = false;
  byId("signing").hidden = true;
}

// -- acts -------------------------------------------------------------------------------------------------------------

/** @param {string} kind @param {object} act @param {Opening[]} openings @param {import("./nomination-fields.mjs").Document[]} [sent] */
async function prepare(kind, act, openings = [], sent = []) {
  const unsigned = statement(kind, header(await view(id)), act);
  ready = { kind, unsigned, openings, documents: sent };
  const names = Object.fromEntries(sent.map((one) => [one.sha256, one.name]));
  fill(byId("signed"), await signed(unsigned, { say, openings, names }));
  byId("signing").hidden = false;
  for (const one of ["do-amend", "do-withdraw", "do-appeal"]) byId(one).hidden = true;
  showErrors(byId("signing-form"), [], say);
  focus(byId("signing"));
}

async function amend() {
  const now = Object.fromEntries(own.fields.map((/** @type {any} */ one) => [one.field, one.opening?.value]));
  const found = ["association", "organisations", "candidate", "facts"].flatMap((step) => wrong(step, say, Number(least)));
  if (found.length) return showErrors(byId("amend-form"), found, say);
  const sent = Object.values(chosen);
  const all = { ...values(answers()), ...Object.fromEntries(Object.entries(chosen).map(([name, one]) => [name, one.sha256])) };
  const changed = Object.entries(all).filter(([field, value]) => now[field] === undefined || canonical(now[field]) !== canonical(value));
  if (!changed.length) return showErrors(byId("amend-form"), [{ text: say("wrong-nothing-changed") }], say);
  const openings = changed.map(([field, value]) => opening(field, own.subject, value));
  const fields = Object.fromEntries(await Promise.all(openings.map(async (one) => [one.field, await commitment(origin, one)])));
  await prepare("amendment", { nomination: own.hash, fields }, openings, sent);
}

async function appeal() {
  const text = written("appeal");
  if (!text) return showErrors(byId("appeal-form"), [{ field: "appeal", text: say("wrong-appeal") }], say);
  const open = opening("appeal", own.hash, text);
  await prepare("appeal", { nomination: own.hash, text: await commitment(origin, open) }, [open]);
}

async function send() {
  if (!ready || !key || !file) return;
  const sealed = await sign(ready.unsigned, key);
  for (const one of ready.documents) await keepDocument(id, one.blob);
  if (ready.openings.length) await keepOpenings(id, ready.openings);
  const taken = await submit(id, sealed);
  file.statements.push({ kind: ready.kind, hash: taken.hash, statement: sealed, receipt: taken.receipt });
  file.openings.push(...ready.openings);
  for (const one of ready.documents) file.documents[one.sha256] = one.name;
  ready = undefined;
  byId("new-file").hidden = false;
  await refresh();
  hand(file);
  focus(byId("standing"));
}

// -- a lost file: a new key for the organiser -------------------------------------------------------------------------

async function newKey() {
  const { key: made, pem } = await generate();
  const short = made.id.slice(0, 8);
  save(`${short}.key.pem`, "application/x-pem-file", pem);
  const enrolment = await made.enrol(origin, "association");
  save(`${short}.enrolment.json`, "application/json", `${JSON.stringify(enrolment, null, 2)}\n`);
  announce(say("association-lost-made"));
}

/** @param {string} form @param {() => Promise<unknown>} act */
function on(form, act) {
  const place = /** @type {HTMLFormElement} */ (byId(form));
  place.addEventListener("submit", async (event) => {
    event.preventDefault();
    showErrors(place, [], say);
    const button = /** @type {HTMLButtonElement | null} */ (place.querySelector(".actions button"));
    if (button) button.disabled = true;
    try {
      await act();
    } catch (error) {
      showErrors(place, [{ text: why(error) }], say);
    } finally {
      if (button) button.disabled = false;
    }
  });
}

on("enter-form", open);
on("amend-form", amend);
on("appeal-form", appeal);
on("withdraw-form", () => prepare("withdrawal", { nomination: own.hash }));
on("signing-form", send);
byId("not-yet").addEventListener("click", () => refresh().then(() => focus(byId("standing"))));
byId("save").addEventListener("click", () => file && hand(file));
byId("add-organisation").addEventListener("click", () => addOrganisation(say).querySelector("input")?.focus());
watchNames(say);
documents(say, chosen, (which, problem) => showErrors(byId("amend-form"), problem ? [{ field: which, text: problem }] : [], say));
byId("new-key").addEventListener("click", newKey);
byId("enter").hidden = false;
if (await canSign()) byId("new-key").hidden = false;
else showErrors(byId("enter-form"), [{ text: say("no-ed25519") }], say);
