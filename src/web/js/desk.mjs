// The organiser's desk in the page: its key, what is to be signed shown from its bytes, signed, sent, and the receipt.

import { attach, base, enter, keepDocument, keepOpenings, submit } from "./api.mjs";
import { sign } from "./dsse.mjs";
import { keepKey, keptKey } from "./keep.mjs";
import { KeyFileError, canSign, fromPem, isEncrypted } from "./keys.mjs";
import { signed } from "./signed.mjs";
import { announce, byId, explain, fill, focus, save, showErrors } from "./ui.mjs";

/** @typedef {import("./words.mjs").Say} Say */
/** @typedef {import("./keys.mjs").Key} Key */
/**
 * @typedef {object} Ready
 * @property {import("./dsse.mjs").Envelope} unsigned
 * @property {import("./commit.mjs").Opening[]} [openings]
 * @property {Blob[]} [documents]
 * @property {import("./base.mjs").Bytes} [attachment]
 * @property {{[sha256: string]: string}} [names]
 */

/** @param {unknown} error @param {Say} say */
export function why(error, say) {
  return error instanceof KeyFileError ? say(`key-${error.code}`) : explain(error, say);
}

/**
 * Opens the chosen key file; errors are shown at its fields.
 * @param {HTMLElement} form
 * @param {Say} say
 * @returns {Promise<Key | undefined>}
 */
export async function openKey(form, say) {
  if (!(await canSign())) return void showErrors(form, [{ text: say("no-ed25519") }], say);
  const file = /** @type {HTMLInputElement} */ (byId("key-file")).files?.[0];
  if (!file) return void showErrors(form, [{ field: "key-file", text: say("organiser-key-missing") }], say);
  const pem = await file.text();
  const passphrase = /** @type {HTMLInputElement} */ (byId("key-passphrase")).value;
  if (isEncrypted(pem) && !passphrase) {
    byId("key-passphrase-field").hidden = false;
    return void showErrors(form, [{ field: "key-passphrase", text: say("key-passphrase_needed") }], say);
  }
  try {
    return await fromPem(pem, passphrase);
  } catch (error) {
    const field = error instanceof KeyFileError && error.code === "wrong_passphrase" ? "key-passphrase" : "key-file";
    return void showErrors(form, [{ field, text: why(error, say) }], say);
  }
}

/** The purpose under which this tab keeps the desk's key. @param {string} id */
export function purpose(id) {
  return `desk ${id}`;
}

/**
 * The panel at the foot of a page: shows, signs, sends.
 * @param {string} id
 * @param {Say} say
 */
export function panel(id, say) {
  const form = byId("signing-form");
  const forms = () => /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("form.act"));
  /** @type {Ready | undefined} */
  let ready;
  /** @param {Ready} what */
  async function show(what) {
    ready = what;
    fill(byId("signed"), await signed(what.unsigned, { say, openings: what.openings, names: what.names }));
    byId("key-needed").hidden = Boolean(await keptKey(purpose(id)));
    byId("signing").hidden = false;
    for (const one of forms()) one.hidden = true;
    showErrors(form, [], say);
    focus(byId("signing-title"));
  }
  async function send() {
    if (!ready) return;
    const key = (await keptKey(purpose(id))) ?? (await openKey(form, say));
    if (!key) return;
    const sealed = await sign(ready.unsigned, key);
    for (const one of ready.documents ?? []) await keepDocument(id, one);
    if (ready.openings?.length) await keepOpenings(id, ready.openings);
    if (ready.attachment) await attach(id, ready.attachment);
    const taken = await submit(id, sealed);
    ready = undefined;
    // A key that was opened here for the first act of a competition opens the desk, too.
    await enter(id, key).then(() => keepKey(purpose(id), key), () => undefined);
    byId("outcome-words").textContent = say("organiser-entered", { seq: String(taken.seq) });
    byId("outcome-next").setAttribute("href", byId("act").dataset.desk ?? base(id));
    byId("outcome-save").onclick = () => save(`${taken.hash.slice(0, 8)}.receipt`, "text/plain", taken.receipt);
    byId("signing").hidden = true;
    byId("outcome").hidden = false;
    focus(byId("outcome-title"));
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement | null} */ (form.querySelector(".actions button"));
    if (button) button.disabled = true;
    announce(say("working"));
    showErrors(form, [], say);
    try {
      await send();
    } catch (error) {
      showErrors(form, [{ text: why(error, say) }], say);
    } finally {
      if (button) button.disabled = false;
      announce("");
    }
  });
  byId("not-yet").addEventListener("click", () => {
    ready = undefined;
    byId("signing").hidden = true;
    for (const one of forms()) one.hidden = false;
    const [first] = forms();
    if (first) focus(first);
  });
  return show;
}
