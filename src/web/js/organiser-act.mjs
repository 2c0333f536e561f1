// Acts of the organiser: each form is read into a payload, shown from its bytes, signed and sent by the panel.

import { hex, random, sha256hex, utf8 } from "./base.mjs";
import { readCanonical } from "./canonical.mjs";
import { commitment, opening } from "./commit.mjs";
import { panel, why } from "./desk.mjs";
import { take } from "./nomination-fields.mjs";
import { header, statement } from "./statement.mjs";
import { view } from "./api.mjs";
import { byId, ready, seen, showErrors, written } from "./ui.mjs";
import { words } from "./words.mjs";

/** @typedef {{field?: string, text: string}} Wrong */
/** @typedef {import("./desk.mjs").Ready} Ready */
/** @typedef {{act: object} & Omit<Ready, "unsigned">} Read */

const say = await words("common", "refusals", "association", "organiser");
const root = document.getElementById("act");
const { id = "", origin = "" } = root?.dataset ?? {};

/** @param {string} field */
const file = (field) => /** @type {HTMLInputElement | null} */ (document.getElementById(field))?.files?.[0];
/** @param {ParentNode} form @param {string} name */
const chosen = (form, name) => /** @type {HTMLInputElement | null} */ (form.querySelector(`input[name="${name}"]:checked`));

/** What is missing, all at once. */
class Missing extends Error {
  /** @param {Wrong[]} wrong */
  constructor(wrong) {
    super("missing");
    this.wrong = wrong;
  }
}

/** @param {[unknown, string, string][]} asked whether it is there, the field, the message */
function need(...asked) {
  const wrong = asked.filter(([there]) => !there).map(([, field, key]) => ({ field, text: say(key) }));
  if (wrong.length) throw new Missing(wrong);
}

/** @param {File} picked @param {string} field */
async function document_of(picked, field) {
  const taken = await take(picked, say);
  if (typeof taken === "string") throw new Missing([{ field, text: taken }]);
  return taken;
}

/** An enrolment: key and proof of possession. @param {string | undefined} text @param {string} field */
function enrolment(text, field) {
  try {
    const { key, possession } = JSON.parse(text ?? "");
    if (typeof key === "string" && typeof possession === "string") return { key, possession };
  } catch {
    // Said below.
  }
  throw new Missing([{ field, text: say("organiser-enrolment-missing") }]);
}

/** Bishkek is six hours ahead. @param {string} day @param {string} hour @param {string} field */
function moment(day, hour, field) {
  const read = /^([01]?\d|2[0-4]):([0-5]\d)$/.exec(hour);
  const there = read && Date.parse(`${day}T00:00:00Z`) + (Number(read[1]) * 60 + Number(read[2]) - 360) * 60_000;
  if (!there || Number.isNaN(there)) throw new Missing([{ field, text: say("organiser-hour") }]);
  return `${new Date(there).toISOString().slice(0, 19)}Z`;
}

function poll() {
  need([written("day"), "day", "organiser-day-missing"], [written("place"), "place", "organiser-place-missing"]);
  return { day: written("day"), opens_at: moment(written("day"), written("opens"), "opens"), closes_at: moment(written("day"), written("closes"), "closes"), place: written("place") };
}

// -- screening --------------------------------------------------------------------------------------------------------

/** @param {HTMLElement} form @returns {Promise<Read>} */
async function screening(form) {
  const nomination = String(byId("act").dataset.nomination);
  const [wrong, documents, names] = [/** @type {Wrong[]} */ ([]), /** @type {Blob[]} */ ([]), /** @type {{[sha256: string]: string}} */ ({})];
  const openings = [];
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-rule]"))) {
    const { rule = "", firm, finding, reason } = row.dataset;
    /** @type {{[name: string]: string | undefined}} */
    let decided = { finding, reason };
    if (firm !== "true") {
      const pick = chosen(row, rule);
      if (!pick) wrong.push({ field: rule, text: say("organiser-decide", { rule }) });
      decided = { finding: pick?.value, reason: written(`${rule}-reason`) };
      if (pick && (pick.value === "met") !== (decided.reason === "in_order") && pick.value !== "flagged") {
        // A settled doubt may be met for a reason that stands, but nothing is not met without one.
        if (pick.value === "not_met") wrong.push({ field: `${rule}-reason`, text: say("organiser-decide-reason", { rule }) });
      }
      const evidence = file(`${rule}-evidence`);
      if (evidence) {
        const taken = await document_of(evidence, `${rule}-evidence`);
        decided.evidence = taken.sha256;
        documents.push(taken.blob);
        names[taken.sha256] = taken.name;
      }
    }
    openings.push(opening(`screening/${rule}`, nomination, decided));
  }
  if (wrong.length) throw new Missing(wrong);
  const decisions = [];
  for (const one of openings) decisions.push({ rule: one.field.replace("screening/", ""), decision: await commitment(origin, one) });
  return { act: { nomination, decisions }, openings, documents, names };
}

/** Choosing a decision shows its reason, and proposes the likely one. */
function reasons() {
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-rule]"))) {
    const place = /** @type {HTMLElement | null} */ (row.querySelector(".why"));
    const select = /** @type {HTMLSelectElement | null} */ (row.querySelector("select"));
    if (!place || !select) continue;
    row.addEventListener("change", (event) => {
      const pick = /** @type {HTMLInputElement} */ (event.target);
      if (pick.type !== "radio") return;
      place.hidden = false;
      const likely = row.dataset.reason === "in_order" ? select.options[1]?.value : row.dataset.reason;
      select.value = pick.value === "met" ? "in_order" : (likely ?? "in_order");
    });
  }
}

// -- the other acts ---------------------------------------------------------------------------------------------------

/** @type {{[kind: string]: (form: HTMLElement) => Promise<Read>}} */
const kinds = {
  screening_decision: screening,
  async appeal_decided(form) {
    const nomination = String(byId("act").dataset.nomination);
    const upheld = chosen(form, "upheld");
    need([upheld, "upheld", "organiser-outcome-missing"], [written("reason"), "reason", "organiser-reason-missing"]);
    const open = opening("appeal_decided", nomination, written("reason"));
    return { act: { nomination, upheld: upheld?.value === "yes", reason: await commitment(origin, open) }, openings: [open] };
  },
  async contest_decided(form) {
    const all = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll(".stands")]);
    const reason = /** @type {HTMLTextAreaElement} */ (form.querySelector(".reason"));
    const stands = all.find((one) => one.checked)?.value;
    const why = seen(reason.value);
    need([stands, all[0].id, "organiser-stands-missing"], [why, reason.id, "organiser-reason-missing"]);
    const open = opening("contest_decided", String(stands), why);
    return { act: { nominations: all.map((one) => one.value).sort(), stands, reason: await commitment(origin, open) }, openings: [open] };
  },
  async candidate_list(form) {
    const attachment = utf8(String(form.dataset.list));
    // The page shows what the service opened; these are the very bytes that will be published.
    const list = readCanonical(attachment);
    return { act: { list: { sha256: await sha256hex(attachment), bytes: attachment.length }, count: list.candidates.length }, attachment };
  },
  async extension() {
    need([written("last_day"), "last_day", "organiser-day-missing"], [written("reason"), "reason", "organiser-reason-missing"]);
    return { act: { last_day: written("last_day"), poll: poll(), reason: written("reason") } };
  },
  async poll_day_moved() {
    need([written("reason"), "reason", "organiser-reason-missing"]);
    return { act: { poll: poll(), reason: written("reason") } };
  },
  async observer_admitted() {
    need([written("observer"), "observer", "organiser-name-missing"]);
    return { act: { name: written("observer"), enrolment: enrolment(await file("enrolment")?.text(), "enrolment") } };
  },
  async association_key_replaced(form) {
    const pick = chosen(form, "nomination");
    const letter = file("letter");
    need([pick, "nomination", "organiser-nomination-missing"], [letter, "letter", "wrong-letter"]);
    const taken = await document_of(/** @type {File} */ (letter), "letter");
    const open = opening("letter", String(pick?.dataset.subject), taken.sha256);
    const act = { nomination: pick?.value, association: enrolment(await file("enrolment")?.text(), "enrolment"), letter: await commitment(origin, open) };
    return { act, openings: [open], documents: [taken.blob], names: { [taken.sha256]: taken.name } };
  },
  async annulment() {
    need([written("reason"), "reason", "organiser-reason-missing"]);
    const outside = file("outside");
    const digest = outside && (await sha256hex(new Uint8Array(await outside.arrayBuffer())));
    return { act: { reason: written("reason"), outside_act: digest } };
  },
  async announcement(form) {
    const told = form.dataset;
    const wanted = ["title-ky", "title-ru", "title-en", "outlet", "place"];
    need(...wanted.map((field) => /** @type {[unknown, string, string]} */ ([written(field), field, "organiser-text-missing"])));
    const members = [];
    for (const frame of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll(".member"))) {
      const slot = String(frame.dataset.slot);
      need([written(`body-${slot}`), `body-${slot}`, "organiser-name-missing"], [written(`person-${slot}`), `person-${slot}`, "organiser-name-missing"]);
      const text = written(`paste-${slot}`) || (await file(`file-${slot}`)?.text());
      members.push({ slot, body: written(`body-${slot}`), person: written(`person-${slot}`), enrolment: enrolment(text, `file-${slot}`) });
    }
    const day = String(told.day);
    const act = {
      title: { ky: written("title-ky"), ru: written("title-ru"), en: written("title-en") },
      rule_set: readCanonical(utf8(String(told.rules))),
      rehearsal: told.rehearsal === "true",
      outlet: written("outlet"),
      published: told.published,
      intake_last_day: told.lastDay,
      poll: { day, opens_at: moment(day, String(told.opens), "place"), closes_at: moment(day, String(told.closes), "place"), place: written("place") },
      witness_policy: told.witnessPolicy,
      log_key: told.logKey,
      members,
      reruns: written("reruns") || undefined,
    };
    return { act };
  },
};

/** An announcement names nothing that comes after it. @param {string} kind */
async function headerOf(kind) {
  return kind === "announcement" ? { competition: origin, nonce: hex(random(16)) } : header(await view(id));
}

if (root) {
  const show = panel(id, say);
  reasons();
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form.act"))) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      showErrors(form, [], say);
      try {
        const kind = String(form.dataset.kind);
        const { act, ...rest } = await kinds[kind](form);
        await show({ unsigned: statement(kind, await headerOf(kind), act), ...rest });
      } catch (error) {
        showErrors(form, error instanceof Missing ? error.wrong : [{ text: why(error, say) }], say);
      }
    });
    ready(form);
  }
}
