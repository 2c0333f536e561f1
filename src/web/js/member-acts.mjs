// The acts of a counting member: what each asks for, and the payload that it becomes. The office decides about it.

import { random, hex, join, sha256hex, text, utf8 } from "./base.mjs";
import { attach, bytes, get } from "./api.mjs";
import { cardKey, CardError, parse } from "./card.mjs";
import { slotName, when } from "./member-words.mjs";
import { generate, keyId } from "./keys.mjs";
import { byId, el, save, written } from "./ui.mjs";

/** @typedef {import("./base.mjs").Bytes} Bytes */
/** @typedef {import("./words.mjs").Say} Say */
/**
 * @typedef {object} Slot
 * @property {string} slot
 * @property {string} body
 * @property {string} person
 * @property {string} keyid
 * @property {"open" | "done" | "absent"} opening
 * @property {"open" | "done" | "absent"} commitment
 * @property {"open" | "done" | "absent"} closing
 * @property {"open" | "done" | "absent"} reveal
 * @property {"open" | "done" | "absent"} ballots
 * @property {string} [protocol]
 * @property {string} [dissent]
 */
/** @typedef {{act: string, by: string[], signatures: number, ready: boolean, from?: string, until?: string}} Task */
/**
 * @typedef {object} Commission
 * @property {string} phase
 * @property {number} [round]
 * @property {number} min_signatures
 * @property {number} term_years
 * @property {string} ballots
 * @property {boolean} lot
 * @property {Slot[]} slots
 * @property {number} [cards]
 * @property {number} electors
 * @property {string[]} [elector_ids]
 * @property {{at: string, box_root: string, box_count: number}} [closed]
 * @property {number} [ballots_from]
 * @property {boolean} protocol_fixed
 * @property {Task[]} tasks
 */
/** @typedef {{id: string, say: Say, names: Map<string, string>, view: import("./api.mjs").View & {deadlines: any}, commission: Commission, slot: string, ballot?: string}} Ctx */
/** @typedef {{shared: boolean | (() => boolean), fields: (Node | undefined)[], read: () => Promise<object>}} Form */

/** What is wrong with what was filled in. */
export class Wrong extends Error {
  /** @param {string} field @param {string} text */
  constructor(field, text) {
    super(field);
    this.errors = [{ field, text }];
  }
}

// --- fields -------------------------------------------------------------------------------------------------------

/** @param {string} id @param {string} name @param {Node} input @param {string} [hint] */
function field(id, name, input, hint) {
  const said = hint ? el("p", { class: "hint", id: `${id}-hint` }, hint) : undefined;
  if (hint && input instanceof Element) input.setAttribute("aria-describedby", `${id}-hint`);
  return el("div", { class: "field" }, el("label", { for: id }, name), said, input);
}

/** A text that is published word for word. @param {string} id @param {Say} say @param {string} hint */
export function longText(id, say, hint) {
  const left = el("p", { class: "hint small", id: `${id}-left` });
  const count = () => left.replaceChildren(say("member-left", { n: 4000 - [...written(id)].length }));
  const area = el("textarea", { id, rows: "6", oninput: count });
  const whole = field(id, say(`member-field-${id}`), area, hint);
  whole.append(left);
  left.replaceChildren(say("member-left", { n: 4000 }));
  return whole;
}

/** @param {string} id @param {Say} say */
function needed(id, say) {
  const found = written(id);
  if (!found) throw new Wrong(id, say("member-needed"));
  return found;
}

/** @param {string} id @returns {File | undefined} */
function chosen(id) {
  return /** @type {HTMLInputElement} */ (document.getElementById(id)).files?.[0];
}

/** @param {File} file */
async function bytesOf(file) {
  return new Uint8Array(await file.arrayBuffer());
}

/** A list of keys: 32 bytes each, sorted by key id. @param {string} id @param {Bytes} bytes @param {Say} say */
async function keyList(id, bytes, say) {
  if (bytes.length % 32 !== 0) throw new Wrong(id, say("member-bad-keys"));
  let last = "";
  for (let place = 0; place < bytes.length; place += 32) {
    const next = await keyId(bytes.subarray(place, place + 32));
    if (next <= last) throw new Wrong(id, say("member-unsorted-keys"));
    last = next;
  }
  return bytes.length / 32;
}

/** A file of keys, and how many it holds. @param {string} id @param {Say} say @param {string} hint */
function keyFile(id, say, hint) {
  const told = el("p", { class: "status", role: "status" });
  const look = async () => {
    const file = chosen(id);
    told.replaceChildren(file ? say("member-keys-count", { n: Math.floor(file.size / 32) }) : "");
  };
  const whole = field(id, say(`member-field-${id}`), el("input", { type: "file", id, onchange: look }), hint);
  whole.append(told);
  return whole;
}

/** The list as an attachment. @param {string} id @param {Ctx} ctx @param {boolean} may whether there may be none */
async function listed(id, ctx, may) {
  const file = chosen(id);
  if (!file && !may) throw new Wrong(id, ctx.say("member-needed-file"));
  const bytes = file ? await bytesOf(file) : new Uint8Array();
  const count = await keyList(id, bytes, ctx.say);
  if (count === 0 && !may) throw new Wrong(id, ctx.say("member-bad-keys"));
  if (count > 0) await attach(ctx.id, bytes);
  return { sha256: await sha256hex(bytes), count };
}

/** @param {string} name @param {string} legend @param {[string, string][]} options value and words */
function checks(name, legend, options, hint = "") {
  const lines = options.map(([id, words]) =>
    el("div", { class: "choice" }, el("input", { type: "checkbox", id: `${name}-${id}`, name, value: id }), el("label", { for: `${name}-${id}` }, words)),
  );
  return el("fieldset", { class: "field", id: name, tabindex: "-1" }, el("legend", {}, legend), hint ? el("p", { class: "hint" }, hint) : undefined, ...lines);
}

/** @param {string} name */
function ticked(name) {
  return [...document.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => /** @type {HTMLInputElement} */ (box).value);
}

/** @param {string} name @param {string} legend @param {[string, string][]} options @param {string} first */
function radios(name, legend, options, first) {
  const lines = options.map(([id, words]) =>
    el("div", { class: "choice" }, el("input", { type: "radio", id: `${name}-${id}`, name, value: id, checked: id === first }), el("label", { for: `${name}-${id}` }, words)),
  );
  return el("fieldset", { class: "field" }, el("legend", {}, legend), ...lines);
}

// --- acts ---------------------------------------------------------------------------------------------------------

/** @param {Ctx} ctx @returns {Form} */
function attendance({ commission, slot }) {
  return { shared: false, fields: [], read: async () => ({ slot, at: commission.phase === "listed" ? "opening" : "closing" }) };
}

/** @param {Ctx} ctx @returns {Form} */
function cardsPrepared(ctx) {
  return {
    shared: true,
    fields: [keyFile("cards", ctx.say, ctx.say("member-cards-hint", { n: ctx.commission.electors }))],
    read: async () => ({ cards: await listed("cards", ctx, false) }),
  };
}

/** The nonce is made here and leaves the page only in the member's file. @param {Ctx} ctx @returns {Form} */
function lotCommitted({ say, view, slot }) {
  const nonce = hex(random(32));
  const round = view.round ?? 1;
  let kept = false;
  const keep = () => {
    const content = { competition: view.origin, nonce, round, rule: "esep-lot-v1", slot };
    save(`lot-${slot}-${round}.json`, "application/json", `${JSON.stringify(content)}\n`);
    kept = true;
    told.replaceChildren(say("member-kept"));
  };
  const told = el("p", { class: "status", role: "status" });
  const button = el("button", { type: "button", class: "plain", id: "keep-nonce", onclick: keep }, say("member-keep-nonce"));
  return {
    shared: false,
    fields: [el("div", { class: "field" }, el("p", {}, say("member-nonce-hint")), el("p", {}, button), told)],
    async read() {
      if (!kept) throw new Wrong("keep-nonce", say("member-nonce-first"));
      const bytes = join(utf8(`esep-lot-v1\n${view.origin}\n${round}\n${slot}\n`), Uint8Array.from(nonce.match(/../g) ?? [], (pair) => parseInt(pair, 16)));
      return { slot, commitment: await sha256hex(bytes) };
    },
  };
}

/** @param {Ctx} ctx @returns {Form} */
function lotRevealed({ say, view, slot }) {
  return {
    shared: false,
    fields: [field("nonce-file", say("member-field-nonce-file"), el("input", { type: "file", id: "nonce-file" }), say("member-nonce-file-hint"))],
    async read() {
      const file = chosen("nonce-file");
      if (!file) throw new Wrong("nonce-file", say("member-needed-file"));
      let kept;
      try {
        kept = JSON.parse(text(await bytesOf(file)));
      } catch {
        throw new Wrong("nonce-file", say("member-bad-nonce-file"));
      }
      const fits = kept.competition === view.origin && kept.round === view.round && kept.slot === slot && /^[0-9a-f]{64}$/.test(kept.nonce);
      if (!fits) throw new Wrong("nonce-file", say("member-bad-nonce-file"));
      return { slot, reveal: kept.nonce };
    },
  };
}

/** @param {Ctx} ctx @returns {Form} */
function pollingOpened({ say, view }) {
  const announced = view.deadlines.poll.closes_at;
  if (view.round === 1) {
    const told = el("p", {}, say("member-closes-announced", { time: when(announced, say) }));
    return { shared: true, fields: [told], read: async () => ({ closes_at: announced }) };
  }
  const there = new Date(Date.parse(view.now) + 9 * 3_600_000).toISOString().slice(0, 16);
  const input = el("input", { type: "datetime-local", id: "closes_at", value: there });
  return {
    shared: true,
    fields: [field("closes_at", say("member-field-closes_at"), input, say("member-closes-hint"))],
    async read() {
      const time = Date.parse(`${needed("closes_at", say)}:00Z`) - 6 * 3_600_000;
      return { closes_at: `${new Date(time).toISOString().slice(0, 19)}Z` };
    },
  };
}

/** Who took a card: ticked, or a file with one id a line. @param {Ctx} ctx */
function rollField({ say, names, commission }) {
  const ids = commission.elector_ids ?? [];
  const name = (/** @type {string} */ id) => (names.has(id) ? `${names.get(id)} (${id})` : commission.slots.some((one) => one.slot === id) ? slotName(id, say) : id);
  const file = field("roll-file", say("member-field-roll-file"), el("input", { type: "file", id: "roll-file" }), say("member-roll-file-hint", { n: commission.electors }));
  if (ids.length === 0) return [file];
  const all = el("button", { type: "button", class: "plain", onclick: () => document.querySelectorAll('input[name="roll"]').forEach((box) => (/** @type {HTMLInputElement} */ (box).checked = true)) }, say("member-roll-all"));
  return [checks("roll", say("member-field-roll"), ids.map((id) => [id, name(id)]), say("member-roll-hint")), el("p", {}, all), file];
}

/** @param {Ctx} ctx */
async function roll(ctx) {
  const file = chosen("roll-file");
  const lines = file ? text(await bytesOf(file)).split(/\r?\n/).map((line) => line.trim()) : ticked("roll");
  const ids = [...new Set(lines.filter(Boolean))].sort((left, right) => (left < right ? -1 : 1));
  if (ids.length === 0) throw new Wrong(document.getElementById("roll") ? "roll" : "roll-file", ctx.say("member-needed-roll"));
  const bytes = utf8(ids.map((id) => `${id}\n`).join(""));
  await attach(ctx.id, bytes);
  return { roll: { sha256: await sha256hex(bytes), bytes: bytes.length }, taken: ids.length };
}

/** @param {Ctx} ctx @returns {Form} */
function pollingClosed(ctx) {
  const { say, id, commission } = ctx;
  const secret = commission.ballots === "secret";
  const cards = secret ? [keyFile("unused", say, say("member-unused-hint")), keyFile("spoiled", say, say("member-spoiled-hint"))] : [];
  return {
    shared: true,
    fields: [...rollField(ctx), ...cards],
    async read() {
      const taken = await roll(ctx);
      const none = { sha256: await sha256hex(new Uint8Array()), count: 0 };
      const unused = secret ? await listed("unused", ctx, true) : none;
      const spoiled = secret ? await listed("spoiled", ctx, true) : none;
      const { box_root, box_count } = await get(id, "/box");
      return { box_root, box_count, ...taken, unused, spoiled };
    },
  };
}

/** @param {Ctx} ctx @returns {Form} */
function ballotsOpened({ commission }) {
  return { shared: true, fields: [], read: async () => ({ box_root: commission.closed?.box_root }) };
}

/** @param {Ctx} ctx @returns {Form} */
function lotDrawn({ say, view, names }) {
  const tied = view.paper ?? [];
  const lines = tied.map((id) =>
    el("div", { class: "field" }, el("label", { for: `order-${id}` }, `${names.get(id) ?? id} (${id})`), el("input", { type: "number", id: `order-${id}`, min: "1", max: String(tied.length), step: "1" })),
  );
  return {
    shared: true,
    fields: [el("p", {}, say("member-order-hint", { n: tied.length })), ...lines, longText("record", say, say("member-record-hint"))],
    async read() {
      /** @type {string[]} */
      const order = [];
      for (const id of tied) {
        const place = Number(needed(`order-${id}`, say));
        if (!Number.isInteger(place) || place < 1 || place > tied.length || order[place - 1]) throw new Wrong(`order-${id}`, say("member-bad-order", { n: tied.length }));
        order[place - 1] = id;
      }
      return { order, record: needed("record", say) };
    },
  };
}

/** The last day of the term: the same day so many years later; 29 February becomes the 28th. @param {string} start @param {number} years */
export function termEnd(start, years) {
  const [year, month, place] = start.split("-").map(Number);
  const end = new Date(Date.UTC(year + years, month - 1, place));
  if (end.getUTCMonth() !== month - 1) end.setUTCDate(0);
  return end.toISOString().slice(0, 10);
}

/** @param {Ctx} ctx @returns {Form} */
function certification({ say, id, commission, view }) {
  const today = new Date(Date.parse(view.now) + 6 * 3_600_000).toISOString().slice(0, 10);
  const input = el("input", { type: "date", id: "term_start", value: today });
  return {
    shared: true,
    fields: [field("term_start", say("member-field-term_start"), input, say("member-term-hint", { n: commission.term_years }))],
    async read() {
      const start = needed("term_start", say);
      // As it is now: the last of the four may have signed since this page last looked.
      /** @type {Commission} */
      const now = await get(id, "/commission");
      const open = now.slots.filter((one) => !one.protocol).map((one) => slotName(one.slot, say));
      if (open.length > 0) throw new Wrong("term_start", say("member-slots-open", { slots: open.join(", ") }));
      const slots = now.slots.map(({ slot, protocol }) => ({ slot, outcome: protocol ?? "" }));
      return { protocol: await sha256hex(await bytes(id, "/protocol")), slots, term_start: start, term_end: termEnd(start, commission.term_years) };
    },
  };
}

/** @param {Ctx} ctx @returns {Form} */
function absenceAttested({ say, commission, slot }) {
  const duty = { polling: "closing", opened: "ballots" }[commission.phase] ?? "protocol";
  const open = commission.slots.filter((one) => one.slot !== slot && (duty === "closing" ? one.closing === "open" : duty === "ballots" ? one.ballots === "open" : !one.protocol));
  return {
    shared: true,
    fields: [checks("absent", say("member-absent-who", { duty }), open.map((one) => [one.slot, `${slotName(one.slot, say)} (${one.person})`]), say("member-absent-hint"))],
    async read() {
      const chosenSlots = ticked("absent");
      const slots = commission.slots.map((one) => one.slot).filter((one) => chosenSlots.includes(one));
      if (slots.length === 0) throw new Wrong("absent", say("member-needed"));
      return { duty, slots };
    },
  };
}

/** @param {Ctx} ctx @returns {Form} */
function objection({ say, slot, ballot }) {
  const input = el("input", { type: "text", id: "ballot", value: ballot ?? "", autocomplete: "off", spellcheck: "false" });
  return {
    shared: false,
    fields: [longText("text", say, say("member-published")), field("ballot", `${say("member-field-ballot")} (${say("optional")})`, input, say("member-ballot-hint"))],
    async read() {
      const about = written("ballot").replace(/\s/g, "");
      return { slot, text: needed("text", say), ...(about ? { ballot: about } : {}) };
    },
  };
}

/** The key id of a card, from its code or as it is. @param {string} typed @param {Ctx} ctx */
async function cardOf(typed, { say, view }) {
  if (/^[0-9a-f]{64}$/.test(typed)) return typed;
  try {
    return (await cardKey(parse(typed), view.origin, view.round ?? 1)).id;
  } catch (fault) {
    if (fault instanceof CardError) throw new Wrong("card", say("member-bad-card"));
    throw fault;
  }
}

/** @param {Ctx} ctx @returns {Form} */
function cardDisputed(ctx) {
  const { say, slot } = ctx;
  const input = el("input", { type: "text", id: "card", autocomplete: "off", spellcheck: "false" });
  return {
    shared: false,
    fields: [field("card", say("member-field-card"), input, say("member-card-hint")), longText("text", say, say("member-published"))],
    async read() {
      const typed = needed("card", say).replace(/\s/g, "");
      return { slot, card: await cardOf(typed, ctx), text: needed("text", say) };
    },
  };
}

/** @param {Ctx} ctx @returns {Form} */
function annulment({ say, commission }) {
  const over = commission.phase === "certified";
  const act = over ? field("outside_act", say("member-field-outside_act"), el("input", { type: "text", id: "outside_act", autocomplete: "off", spellcheck: "false" }), say("member-outside-hint")) : undefined;
  return {
    shared: true,
    fields: [longText("reason", say, say("member-published")), act],
    read: async () => ({ reason: needed("reason", say), ...(over ? { outside_act: needed("outside_act", say).replace(/\s/g, "") } : {}) }),
  };
}

/** A new key: made here and handed over in a file, or brought as an enrolment made elsewhere. @param {Say} say */
function newKey(say) {
  /** @type {import("./keys.mjs").Key | undefined} */
  let made;
  const told = el("p", { class: "status", role: "status" });
  const make = async () => {
    const { key, pem } = await generate(/** @type {HTMLInputElement} */ (byId("new-passphrase")).value || undefined);
    made = key;
    save("esep-key.pem", "application/x-pem-file", pem);
    told.replaceChildren(say("member-kept"));
  };
  const passphrase = field("new-passphrase", `${say("member-passphrase")} (${say("optional")})`, el("input", { type: "password", id: "new-passphrase", autocomplete: "new-password" }), say("member-new-passphrase-hint"));
  const button = el("button", { type: "button", class: "plain", id: "make-key", onclick: make }, say("member-make-key"));
  const file = field("enrolment-file", say("member-field-enrolment-file"), el("input", { type: "file", id: "enrolment-file" }), say("member-enrolment-hint"));
  const fields = [el("h3", {}, say("member-new-key")), passphrase, el("div", { class: "field" }, button, told), file];
  /** @param {string} origin @param {string} slot */
  async function read(origin, slot) {
    const brought = chosen("enrolment-file");
    if (brought) {
      try {
        const enrolment = JSON.parse(text(await bytesOf(brought)));
        return { key: String(enrolment.key), possession: String(enrolment.possession) };
      } catch {
        throw new Wrong("enrolment-file", say("member-bad-enrolment"));
      }
    }
    if (!made) throw new Wrong("make-key", say("member-key-first"));
    return made.enrol(origin, `counting/${slot}`);
  }
  return { fields, read };
}

/** @param {Ctx} ctx @param {boolean} person whether the person changes too @returns {Form} */
function replaced({ say, view, commission, slot }, person) {
  const who = radios("whose", say("member-whose"), commission.slots.map((one) => [one.slot, `${slotName(one.slot, say)} (${one.person})`]), slot);
  const key = newKey(say);
  const whose = () => ticked("whose")[0];
  const about = person ? [field("person", say("member-field-person"), el("input", { type: "text", id: "person", autocomplete: "off" })), longText("reason", say, say("member-published"))] : [];
  return {
    // The outgoing key alone, or the other three together.
    shared: () => whose() !== slot,
    fields: [who, ...about, ...key.fields],
    async read() {
      const told = person ? { person: needed("person", say), reason: needed("reason", say) } : {};
      return { slot: whose(), ...told, enrolment: await key.read(view.origin, whose()) };
    },
  };
}

/** @type {{[kind: string]: (ctx: Ctx) => Form}} */
export const ACTS = {
  attendance,
  cards_prepared: cardsPrepared,
  lot_committed: lotCommitted,
  lot_revealed: lotRevealed,
  polling_opened: pollingOpened,
  polling_closed: pollingClosed,
  ballots_opened: ballotsOpened,
  lot_drawn: lotDrawn,
  certification,
  absence_attested: absenceAttested,
  objection,
  card_disputed: cardDisputed,
  annulment,
  key_replaced: (ctx) => replaced(ctx, false),
  member_replaced: (ctx) => replaced(ctx, true),
};

/** Acts that are there in a phase whatever is next; once the protocol is fixed only its own and an annulment. @param {string} phase @param {boolean} fixed */
export function otherActs(phase, fixed) {
  const all = {
    absence_attested: ["polling", "opened", "counted"],
    objection: ["polling", "closed", "opened", "tied", "counted"],
    card_disputed: ["polling", "closed", "opened", "tied", "counted"],
    key_replaced: ["intake", "screening", "listed", "polling", "closed", "opened", "tied", "counted"],
    member_replaced: ["intake", "screening", "listed", "polling", "closed", "opened", "tied", "counted"],
    annulment: ["intake", "screening", "listed", "polling", "closed", "opened", "tied", "counted", "certified"],
  };
  const kinds = Object.entries(all).flatMap(([kind, phases]) => (phases.includes(phase) ? [kind] : []));
  return fixed && phase === "counted" ? kinds.filter((kind) => kind === "absence_attested" || kind === "annulment") : kinds;
}
