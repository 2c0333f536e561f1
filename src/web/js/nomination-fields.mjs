// The fields of a nomination in a page: read, written, checked early. What is wrong here would be refused there; what is
// right here is still decided by the service.

import { sha256hex } from "./base.mjs";
import { byId, el, written } from "./ui.mjs";
import { number } from "./words.mjs";

/** @typedef {import("./words.mjs").Say} Say */
/** @typedef {{field?: string, text: string}} Wrong */
/** @typedef {{name: string, number: string, form: string, state_body: boolean, state_founder: boolean}} Organisation */
/** @typedef {{[name: string]: any}} Answers what stands in the inputs, right or wrong */
/** @typedef {{name: string, blob: Blob, sha256: string}} Document */

export const DOCUMENTS = ["letter", "application", "resume"];
const MOST_BYTES = 5_000_000;

/** @param {string} id */
const input = (id) => byId(id);
/** @param {string} name @returns {string | undefined} */
const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`)?.getAttribute("value") ?? undefined;
/** @param {string} name @param {string | undefined} value */
function choose(name, value) {
  for (const one of document.querySelectorAll(`input[name="${name}"]`)) /** @type {HTMLInputElement} */ (one).checked = one.getAttribute("value") === value;
}

// -- organisations ----------------------------------------------------------------------------------------------------

/** @param {Say} say */
function renumber(say) {
  const all = [...document.querySelectorAll("#organisations .organisation")];
  all.forEach((frame, place) => {
    const legend = frame.querySelector("legend");
    if (legend) legend.textContent = say("association-organisation", { n: place + 1 });
    /** @type {HTMLElement} */ (frame.querySelector(".remove")).hidden = all.length <= 1;
  });
}

let made = 0;

/** @param {Say} say @param {Organisation} [from] */
export function addOrganisation(say, from) {
  const place = byId("organisations");
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("organisation"));
  const frame = /** @type {HTMLElement} */ (template.content.cloneNode(true));
  const whole = /** @type {HTMLElement} */ (frame.querySelector(".organisation"));
  const key = `organisation-${++made}`;
  whole.dataset.key = key;
  for (const one of whole.querySelectorAll("input")) {
    const field = String(one.dataset.field);
    one.id = one.type === "radio" && one.value !== "public_association" ? `${key}-${field}-${one.value}` : `${key}-${field}`;
    one.name = `${key}-${field}`;
    if (one.type === "text") {
      whole.querySelector(`[data-for="${field}"]`)?.setAttribute("for", one.id);
      const hint = whole.querySelector(`[data-hint="${field}"]`);
      if (hint) {
        hint.id = `${one.id}-hint`;
        one.setAttribute("aria-describedby", hint.id);
      }
    } else one.nextElementSibling?.setAttribute("for", one.id);
    const value = from?.[/** @type {keyof Organisation} */ (field)];
    if (one.type === "radio") one.checked = one.value === value;
    else if (one.type === "checkbox") one.checked = value === true;
    else one.value = String(value ?? "");
  }
  whole.querySelector(".remove")?.addEventListener("click", () => {
    const before = /** @type {HTMLElement | null} */ (whole.previousElementSibling ?? whole.nextElementSibling);
    whole.remove();
    renumber(say);
    before?.querySelector("input")?.focus();
    place.dispatchEvent(new Event("input", { bubbles: true }));
  });
  place.append(frame);
  renumber(say);
  return whole;
}

/** @returns {(Organisation & {key: string})[]} */
function organisations() {
  return [...document.querySelectorAll("#organisations .organisation")].map((frame) => {
    const key = String(/** @type {HTMLElement} */ (frame).dataset.key);
    const tick = (/** @type {string} */ field) => /** @type {HTMLInputElement} */ (byId(`${key}-${field}`)).checked;
    return { key, name: written(`${key}-name`), number: written(`${key}-number`), form: chosen(`${key}-form`) ?? "", state_body: tick("state_body"), state_founder: tick("state_founder") };
  });
}

// -- all of it --------------------------------------------------------------------------------------------------------

/** What stands in the inputs. @returns {Answers} */
export function answers() {
  return {
    association: written("association"),
    organisations: organisations().map(({ key, ...one }) => one),
    name: written("name"),
    birth: [written("birth-day"), written("birth-month"), written("birth-year")],
    citizen: chosen("citizen"),
    capable: chosen("capable"),
    conviction: chosen("conviction"),
    education: chosen("education"),
    service: chosen("service"),
    experience: written("experience"),
  };
}

const NAMES = ["association", "name"];

/** Says under a name when a word of it is in two alphabets: it would only look like what is meant. @param {string} id @param {Say} say */
function tellMixed(id, say) {
  const word = written(id).match(/\p{L}+/gu)?.find((one) => /\p{Script=Latin}/u.test(one) && /\p{Script=Cyrillic}/u.test(one));
  const [place, told] = [byId(`${id}-mixed`), word ? say("association-mixed", { word }) : ""];
  if (place.textContent !== told) place.textContent = told;
}

/** The same while a name is typed: what appears when the field is left would push the button from under the pointer. @param {Say} say */
export function watchNames(say) {
  for (const id of NAMES) input(id).addEventListener("input", () => tellMixed(id, say));
}

/** Puts answers back into the inputs. @param {Answers} from @param {Say} say */
export function write(from, say) {
  const put = (/** @type {string} */ id, /** @type {string} */ value) => (/** @type {HTMLInputElement} */ (input(id)).value = value ?? "");
  put("association", from.association);
  put("name", from.name);
  put("experience", from.experience);
  ["day", "month", "year"].forEach((part, place) => put(`birth-${part}`, from.birth?.[place]));
  for (const name of ["citizen", "capable", "conviction", "education", "service"]) choose(name, from[name]);
  byId("organisations").replaceChildren();
  for (const one of from.organisations ?? []) addOrganisation(say, one);
  for (const id of NAMES) tellMixed(id, say);
}

/** Answers out of the values of openings. @param {{[field: string]: any}} values @returns {Answers} */
export function ofValues(values) {
  const yes = (/** @type {any} */ value) => (value === undefined ? undefined : value ? "yes" : "no");
  const { conviction: past, citizenship } = values;
  return {
    association: values.association,
    organisations: values.organisations,
    name: values.name,
    birth: values.birth_date?.split("-").reverse(),
    citizen: yes(citizenship?.citizen),
    capable: yes(citizenship?.capable),
    conviction: past && (!past.convicted ? "never" : past.expunged ? "expunged" : "stands"),
    education: yes(values.education),
    service: yes(values.service),
    experience: values.experience,
  };
}

/** The values that are committed to, less the documents'. @param {Answers} from @returns {{[field: string]: any}} */
export function values(from) {
  return {
    association: from.association,
    organisations: from.organisations,
    name: from.name,
    birth_date: date(from.birth),
    citizenship: { citizen: from.citizen === "yes", capable: from.capable === "yes" },
    conviction: { convicted: from.conviction !== "never", expunged: from.conviction === "expunged" },
    education: from.education === "yes",
    experience: from.experience,
    service: from.service === "yes",
  };
}

/** A day that exists, or nothing. @param {string[]} parts */
function date(parts) {
  const [day, month, year] = parts.map(Number);
  if (![day, month, year].every(Number.isInteger) || year < 1900 || year > 2100) return undefined;
  const made = new Date(Date.UTC(year, month - 1, day));
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day ? made.toISOString().slice(0, 10) : undefined;
}

/**
 * What is missing in a step.
 * @param {string} step
 * @param {Say} say
 * @param {number} least R8: organisations
 * @returns {Wrong[]}
 */
export function wrong(step, say, least) {
  const found = /** @type {Wrong[]} */ ([]);
  const need = (/** @type {unknown} */ there, /** @type {string} */ field, /** @type {string} */ key) => {
    if (!there) found.push({ field, text: say(key) });
  };
  const now = answers();
  if (step === "association") need(now.association, "association", "wrong-association");
  if (step === "organisations") {
    const all = organisations();
    for (const [place, one] of all.entries()) {
      const say_n = (/** @type {string} */ key) => say(key, { n: place + 1 });
      if (!one.name) found.push({ field: `${one.key}-name`, text: say_n("wrong-organisation-name") });
      if (!one.number) found.push({ field: `${one.key}-number`, text: say_n("wrong-organisation-number") });
      if (!one.form) found.push({ field: `${one.key}-form`, text: say_n("wrong-organisation-form") });
      const twice = all.slice(0, place).some((other) => one.number && other.number.toLowerCase() === one.number.toLowerCase());
      if (twice) found.push({ field: `${one.key}-number`, text: say_n("wrong-organisation-twice") });
    }
    if (all.length < least) found.push({ field: "add-organisation", text: say("wrong-organisations", { count: least }) });
  }
  if (step === "candidate") {
    need(now.name, "name", "wrong-name");
    need(date(now.birth), "birth-day", "wrong-birth");
  }
  if (step === "facts") {
    for (const name of ["citizen", "capable", "conviction", "education", "service"]) need(now[name], name, `wrong-${name}`);
    need(now.experience, "experience", "wrong-experience");
  }
  return found;
}

// -- documents --------------------------------------------------------------------------------------------------------

/** PDF, JPEG or PNG by the first bytes, as the service will look at it. @param {Uint8Array} start */
function known(start) {
  const begins = (/** @type {number[]} */ ...bytes) => bytes.every((byte, place) => start[place] === byte);
  return begins(0x25, 0x50, 0x44, 0x46, 0x2d) || begins(0xff, 0xd8, 0xff) || begins(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
}

/**
 * Checks a file at once. @param {File} file @param {Say} say
 * @returns {Promise<Document | string>} the words of what is wrong
 */
export async function take(file, say) {
  if (file.size === 0) return say("wrong-file-empty");
  if (file.size > MOST_BYTES) return say("wrong-file-big", { size: size(file.size) });
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!known(bytes)) return say("wrong-file-kind");
  // A copy: a file that is moved or changed afterwards could not be read any more.
  return { name: file.name, blob: new Blob([bytes], { type: file.type }), sha256: await sha256hex(bytes) };
}

/** Megabytes with one place. @param {number} bytes */
export function size(bytes) {
  const tenths = Math.max(1, Math.round(bytes / 100_000));
  return `${number(Math.floor(tenths / 10))}${document.documentElement.lang === "en" ? "." : ","}${tenths % 10}`;
}

/**
 * Makes the three places for documents work: file, camera, drag and drop.
 * @param {Say} say
 * @param {{[document: string]: Document}} have
 * @param {(document: string, problem?: string) => unknown} changed
 */
export function documents(say, have, changed) {
  const show = (/** @type {string} */ name) => {
    const one = have[name];
    byId(`${name}-have`).textContent = one ? say("association-have", { name: one.name, size: size(one.blob.size) }) : "";
    /** @type {HTMLElement} */ (document.querySelector(`[data-remove="${name}"]`)).hidden = !one;
  };
  for (const name of DOCUMENTS) {
    const put = async (/** @type {File | undefined} */ file) => {
      if (!file) return;
      const taken = await take(file, say);
      if (typeof taken === "string") delete have[name];
      else have[name] = taken;
      show(name);
      changed(name, typeof taken === "string" ? taken : undefined);
    };
    for (const id of [name, `${name}-camera`]) {
      const chooser = /** @type {HTMLInputElement} */ (byId(id));
      chooser.addEventListener("change", () => put(chooser.files?.[0]));
    }
    const place = /** @type {HTMLElement} */ (document.querySelector(`[data-document="${name}"]`));
    place.addEventListener("dragover", (event) => {
      event.preventDefault();
      place.classList.add("over");
    });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.classList.remove("over");
      put(event.dataTransfer?.files[0]);
    });
    document.querySelector(`[data-remove="${name}"]`)?.addEventListener("click", () => {
      delete have[name];
      for (const id of [name, `${name}-camera`]) /** @type {HTMLInputElement} */ (byId(id)).value = "";
      show(name);
      changed(name);
      byId(name).focus();
    });
    show(name);
  }
  return show;
}

/** The answers as a list, each with a way back. @param {Answers} from @param {{[document: string]: Document}} have @param {Say} say @param {(step: string) => string} [change] */
export function summary(from, have, say, change) {
  const row = (/** @type {string} */ key, /** @type {Node | string} */ words, /** @type {string} */ step) =>
    el("div", {}, el("dt", {}, say(key)), el("dd", {}, words, change && el("span", {}, " ", el("a", { href: change(step) }, say("association-change"), el("span", { class: "unseen" }, ` ${say(key)}`)))));
  const organisations = from.organisations.map((/** @type {Organisation} */ one) => {
    const marks = [one.state_body && say("association-state_body"), one.state_founder && say("association-state_founder")].filter(Boolean);
    return el("li", {}, `${one.name}, ${say(`form-${one.form}`)}, ${one.number}`, marks.length ? ` (${marks.join("; ")})` : "");
  });
  const yes = (/** @type {string} */ value) => say(value === "yes" ? "association-yes" : "association-no");
  return el(
    "dl",
    { class: "facts" },
    row("field-association", from.association, "association"),
    row("field-organisations", el("ul", {}, ...organisations), "organisations"),
    row("field-name", from.name, "candidate"),
    row("field-birth_date", from.birth.join("."), "candidate"),
    row("association-citizen", yes(from.citizen), "facts"),
    row("association-capable", yes(from.capable), "facts"),
    row("association-conviction", say(`conviction-${from.conviction}`), "facts"),
    row("association-education", yes(from.education), "facts"),
    row("association-service", yes(from.service), "facts"),
    row("association-experience", from.experience, "facts"),
    ...DOCUMENTS.map((name) => row(`document-${name}`, have[name] ? `${have[name].name} (${say("association-size", { size: size(have[name].blob.size) })})` : say("association-missing"), name)),
  );
}
