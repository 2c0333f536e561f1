// The nomination, one step after the other; a draft stays on this device until it is sent or thrown away.
//
// On the wire: documents, openings, then the statement. Everything is signed before anything is sent, and a retry sends
// the very same bytes, so a line that breaks never makes two nominations and never loses the key.

import { keepDocument, keepOpenings, submit, view } from "./api.mjs";
import { commitment, opening } from "./commit.mjs";
import { paeHash, sign } from "./dsse.mjs";
import { dropDraft, keepDraft, keptDraft } from "./keep.mjs";
import { canSign, generate } from "./keys.mjs";
import { DOCUMENTS, addOrganisation, answers, documents, summary, values, watchNames, write, wrong } from "./nomination-fields.mjs";
import { code, hand, make } from "./nomination-file.mjs";
import { signed } from "./signed.mjs";
import { header, statement } from "./statement.mjs";
import { announce, byId, el, explain, fill, focus, showErrors } from "./ui.mjs";
import { bishkek } from "./when.mjs";
import { words } from "./words.mjs";

const STEPS = ["association", "organisations", "candidate", "facts", ...DOCUMENTS, "check", "key", "sign", "done"];
const say = await words("common", "refusals", "association");
const root = byId("nominate");
const { id = "", origin = "", least = "3", candidateKey, code: codes = "" } = root.dataset;
const name = `nomination ${origin}`;

/**
 * @typedef {object} Draft
 * @property {import("./nomination-fields.mjs").Answers} [answers]
 * @property {{[document: string]: import("./nomination-fields.mjs").Document}} documents
 * @property {any} [candidateKey]
 * @property {{pem: string, keyid: string, sealed: import("./dsse.mjs").Envelope, openings: import("./commit.mjs").Opening[]}} [ready] signed, perhaps sent
 * @property {import("./nomination-file.mjs").ReceiptFile} [file] taken in
 * @property {string} [at]
 */
/** @type {Draft} */
const draft = (await keptDraft(name)) ?? { documents: {} };
/** @type {{key: import("./keys.mjs").Key, pem: string, unsigned: import("./dsse.mjs").Envelope, openings: import("./commit.mjs").Opening[]} | undefined} */
let made;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waits;

/** @param {string} step */
const section = (step) => byId(`step-${step}`);
const now = () => location.hash.replace("#step-", "") || "association";

function remember() {
  if (draft.file || draft.ready) return;
  draft.answers = answers();
  clearTimeout(waits);
  waits = setTimeout(() => keep(), 300);
}

async function keep() {
  clearTimeout(waits);
  try {
    await keepDraft(name, draft);
    byId("draft").hidden = Boolean(draft.file);
    byId("draft-words").textContent = say("association-draft-kept");
  } catch {
    byId("draft").hidden = false;
    byId("draft-words").textContent = say("association-draft-not-kept");
  }
}

/** @param {string} step */
function problems(step) {
  if (DOCUMENTS.includes(step)) return draft.documents[step] ? [] : [{ field: step, text: say(`wrong-${step}`) }];
  const found = wrong(step, say, Number(least));
  if (step === "candidate" && candidateKey === "true" && !draft.candidateKey) found.push({ field: "candidate-key", text: say("wrong-candidate-key") });
  return found;
}

/** The first step that is not complete stands in the way of those after it. @param {string} wanted */
function allowed(wanted) {
  if (draft.file) return "done";
  if (draft.ready) return "sign";
  if (!STEPS.includes(wanted) || wanted === "done") return "association";
  const before = STEPS.slice(0, STEPS.indexOf(wanted));
  const open = before.find((step) => problems(step).length > 0);
  if (open) return open;
  return wanted === "sign" && !made ? "key" : wanted;
}

async function show() {
  const step = allowed(now());
  if (step !== now()) history.replaceState(null, "", `#step-${step}`);
  for (const one of STEPS) section(one).hidden = one !== step;
  const place = STEPS.indexOf(step);
  byId("progress").textContent = step === "done" ? "" : say("association-progress", { n: place + 1, of: STEPS.length - 1 });
  const heading = /** @type {HTMLElement} */ (section(step).querySelector("h2"));
  document.title = `${heading.textContent} \u00b7 ${say("site-name")}`;
  const form = section(step).querySelector("form");
  if (form) showErrors(form, [], say);
  if (step === "check") fill(byId("answers"), summary(answers(), draft.documents, say, (back) => `#step-${back}`));
  if (step === "sign") await showSigned();
  if (step === "done") showDone();
  focus(heading);
}

const names = () => Object.fromEntries(Object.values(draft.documents).map((one) => [one.sha256, one.name]));

async function showSigned() {
  const [sealed, openings] = draft.ready ? [draft.ready.sealed, draft.ready.openings] : made ? [made.unsigned, made.openings] : [];
  if (sealed) fill(byId("signed"), await signed(sealed, { say, openings, names: names() }));
}

function showDone() {
  const file = draft.file;
  if (!file) return;
  byId("accepted").textContent = say("association-accepted", { time: bishkek(String(draft.at)) });
  byId("code").textContent = code(file.nomination);
  fill(byId("picture"), el("img", { class: "code-picture", src: `${codes}${file.nomination}/code.svg`, alt: say("association-picture") }));
  byId("draft").hidden = true;
}

/** @param {string} step */
function go(step) {
  if (now() === step) show();
  else location.hash = `#step-${step}`;
}

/** Makes key, openings and statement; nothing is sent yet. */
async function prepare() {
  const typed = (/** @type {string} */ field) => /** @type {HTMLInputElement} */ (byId(field)).value;
  const [passphrase, again] = [typed("passphrase"), typed("passphrase-again")];
  const form = /** @type {HTMLFormElement} */ (section("key").querySelector("form"));
  if (passphrase && passphrase.length < 8) return showErrors(form, [{ field: "passphrase", text: say("wrong-passphrase-short") }], say);
  if (passphrase !== again) return showErrors(form, [{ field: "passphrase-again", text: say("wrong-passphrase") }], say);
  if (!(await canSign())) return showErrors(form, [{ text: say("no-ed25519") }], say);
  announce(say("working"));
  const { key, pem } = await generate(passphrase || undefined);
  const all = { ...values(answers()), ...Object.fromEntries(DOCUMENTS.map((one) => [one, draft.documents[one].sha256])) };
  const openings = Object.entries(all).map(([field, value]) => opening(field, key.id, value));
  /** @type {{[field: string]: string}} */
  const fields = {};
  for (const one of openings) fields[one.field] = await commitment(origin, one);
  const act = { association: await key.enrol(origin, "association"), fields, candidate_key: draft.candidateKey };
  made = { key, pem, openings, unsigned: statement("nomination", header(await view(id)), act) };
  announce("");
  go("sign");
}

async function send() {
  if (!draft.ready && made) {
    draft.ready = { pem: made.pem, keyid: made.key.id, sealed: await sign(made.unsigned, made.key), openings: made.openings };
    await keep();
  }
  const ready = draft.ready;
  if (!ready) return;
  for (const one of DOCUMENTS) await keepDocument(id, draft.documents[one].blob);
  await keepOpenings(id, ready.openings);
  const taken = await submit(id, ready.sealed);
  const statements = [{ kind: "nomination", hash: taken.hash, statement: ready.sealed, receipt: taken.receipt }];
  draft.file = make({ competition: origin, nomination: await paeHash(ready.sealed), keyid: ready.keyid, key: ready.pem, statements, openings: ready.openings, documents: names() });
  draft.at = (await view(id).catch(() => undefined))?.now ?? new Date().toISOString();
  draft.documents = {};
  draft.answers = undefined;
  draft.ready = undefined;
  await keep();
  go("done");
  hand(draft.file);
}

/** @param {string} step @param {HTMLFormElement} form */
async function next(step, form) {
  const button = /** @type {HTMLButtonElement | null} */ (form.querySelector(".actions button"));
  const found = problems(step);
  showErrors(form, found, say);
  if (found.length) return;
  if (step !== "key" && step !== "sign") return go(STEPS[STEPS.indexOf(step) + 1]);
  if (button) button.disabled = true;
  try {
    await (step === "key" ? prepare() : send());
  } catch (error) {
    const back = draft.ready && /** @type {any} */ (error).status && /** @type {any} */ (error).status < 500;
    // Refused by the rules: nothing was taken in, so the draft can be changed again.
    if (back) draft.ready = undefined;
    await keep();
    showErrors(form, [{ text: explain(error, say) }], say);
  } finally {
    if (button) button.disabled = false;
    announce("");
  }
}

for (const step of STEPS) {
  const form = section(step).querySelector("form");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    next(step, form);
  });
  section(step)
    .querySelector("[data-back]")
    ?.addEventListener("click", (event) => {
      event.preventDefault();
      if (!draft.ready) go(STEPS[STEPS.indexOf(step) - 1]);
    });
}
if (draft.answers) write(draft.answers, say);
while (document.querySelectorAll("#organisations .organisation").length < Number(least)) addOrganisation(say);
byId("add-organisation").addEventListener("click", () => {
  addOrganisation(say).querySelector("input")?.focus();
  remember();
});
watchNames(say);
documents(say, draft.documents, (which, problem) => {
  const form = /** @type {HTMLFormElement} */ (section(which).querySelector("form"));
  showErrors(form, problem ? [{ field: which, text: problem }] : [], say);
  keep();
});
document.getElementById("candidate-key")?.addEventListener("change", async (event) => {
  const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
  const form = /** @type {HTMLFormElement} */ (section("candidate").querySelector("form"));
  try {
    const { key, possession } = JSON.parse((await file?.text()) ?? "");
    draft.candidateKey = key && possession ? { key, possession } : undefined;
  } catch {
    draft.candidateKey = undefined;
  }
  showErrors(form, draft.candidateKey ? [] : [{ field: "candidate-key", text: say("wrong-candidate-key") }], say);
  keep();
});
root.addEventListener("input", remember);
byId("delete-draft").addEventListener("click", forget);
byId("finish").addEventListener("click", forget);
byId("save").addEventListener("click", () => draft.file && hand(draft.file));

async function forget() {
  clearTimeout(waits);
  const sent = Boolean(draft.file);
  await dropDraft(name);
  location.assign(sent ? (root.dataset.status ?? "") : location.pathname.replace(/\/form$/, ""));
}

// Outside intake nothing would be taken in; what was sent before is still handed over.
root.hidden = root.dataset.open !== "true" && !draft.file && !draft.ready;
if (draft.answers) byId("draft").hidden = false;
if (draft.answers) byId("draft-words").textContent = say("association-draft-found");
addEventListener("hashchange", show);
if (!root.hidden) await show();
