// What pages do to themselves: elements without markup text, errors linked to their fields, words for screen readers.

import { Offline, Refused } from "./api.mjs";

/** @typedef {import("./words.mjs").Say} Say */

/**
 * An element; `class`, `for` and other attributes by name, `on...` as listeners, children as text or nodes.
 * @param {string} tag
 * @param {{[name: string]: string | boolean | ((event: Event) => unknown) | undefined}} [attributes]
 * @param {...(Node | string | number | undefined | null | false)} children
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== undefined && value !== false) made.setAttribute(name, value);
  }
  for (const child of children) {
    if (child !== undefined && child !== null && child !== false) made.append(child instanceof Node ? child : String(child));
  }
  return made;
}

/** The element with this id; it is there, or the page is broken. @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id}`);
  return /** @type {T} */ (found);
}

/** What was typed, in one spelling and without what nobody sees (it comes along when text is pasted). @param {string} typed */
export function seen(typed) {
  return typed.normalize("NFC").replace(/(?![\t\n\r])[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/gu, "").trim();
}

/** The same of the input with this id. @param {string} id */
export function written(id) {
  return seen(/** @type {HTMLInputElement} */ (byId(id)).value);
}

/** Replaces everything in a place. @param {Element} place @param {...(Node | string)} children */
export function fill(place, ...children) {
  place.replaceChildren(...children);
}

/** Says something to screen readers, politely. The page has `<p class="status" role="status" id="status">`. @param {string} words */
export function announce(words) {
  const place = document.getElementById("status");
  if (place) place.textContent = words;
}

/** Moves the focus to a heading or section. @param {HTMLElement} place */
export function focus(place) {
  if (!place.hasAttribute("tabindex")) place.setAttribute("tabindex", "-1");
  place.focus();
}

/**
 * Shows what is wrong: a summary that takes the focus, each line linked to its field, and the words at the field.
 * An empty list takes everything away.
 * @param {HTMLFormElement | HTMLElement} form
 * @param {{field?: string, text: string}[]} errors `field` is the id of an input
 * @param {Say} say
 */
export function showErrors(form, errors, say) {
  form.querySelectorAll(".errors, .error").forEach((old) => old.remove());
  form.querySelectorAll(".wrong").forEach((old) => old.classList.remove("wrong"));
  form.querySelectorAll("[aria-invalid]").forEach((old) => {
    old.removeAttribute("aria-invalid");
    const described = (old.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => !id.endsWith("-error"));
    if (described.join("")) old.setAttribute("aria-describedby", described.join(" "));
    else old.removeAttribute("aria-describedby");
  });
  if (errors.length === 0) return;
  for (const { field, text } of errors) {
    const input = field && document.getElementById(field);
    if (!input) continue;
    const words = el("p", { class: "error", id: `${field}-error` }, say("error-line", { text }));
    const frame = input.closest(".field");
    frame?.classList.add("wrong");
    (input.closest(".choice") ?? input).before(words);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), words.id].filter(Boolean).join(" "));
  }
  const lines = errors.map(({ field, text }) => el("li", {}, field ? link(field, text) : text));
  const title = el("h2", { id: "errors-title" }, say("error-summary"));
  const summary = el("div", { class: "errors", role: "alert", "aria-labelledby": "errors-title" }, title, el("ul", {}, ...lines));
  form.prepend(summary);
  focus(summary);
}

/**
 * The form answers from now on. Its buttons are made disabled: a press before its script is there would send it as it is
 * and lose what was typed.
 * @param {HTMLElement} form
 */
export function ready(form) {
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (form.querySelectorAll("button[disabled]"))) button.disabled = false;
}

/** @param {string} field @param {string} text */
function link(field, text) {
  const go = (/** @type {Event} */ event) => {
    event.preventDefault();
    document.getElementById(field)?.focus();
  };
  return el("a", { href: `#${field}`, onclick: go }, text);
}

/**
 * What went wrong, in words, for `showErrors`. `say` knows `common` and `refusals`.
 * @param {unknown} error
 * @param {Say} say
 * @returns {string}
 */
export function explain(error, say) {
  if (error instanceof Refused) {
    const rule = error.rule ? ` (${error.rule})` : "";
    return `${say(`code-${error.code}`)}${rule}. ${say(`code-${error.code}.next`)}`;
  }
  if (error instanceof Offline) return say("offline");
  console.error(error);
  return say("page-failed", { error: String(error) });
}

/** Offers a file to be saved. @param {string} name @param {string} media @param {BlobPart} content */
export function save(name, media, content) {
  const address = URL.createObjectURL(new Blob([content], { type: media }));
  const anchor = el("a", { href: address, download: name });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
