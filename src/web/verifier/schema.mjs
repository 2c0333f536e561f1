// What fields a payload has (STATEMENTS), as predicates. Whoever reads a payload elsewhere relies on this having been asked.

import { unbase64 } from './bytes.mjs';
import { goodKey, unspki } from './ed25519.mjs';
import { isObject } from './json.mjs';
import { parseDay, parseTime } from './calendar.mjs';

/** @typedef {(value: unknown) => boolean} Type */

export const SLOTS = ['presidents-office', 'government-office', 'ombudsman', 'cec'];
export const SCREENED = ['R8', 'R9', 'R10', 'R11', 'R12', 'R13', 'R14', 'R18', 'R19', 'R20', 'R21'];
export const PHASES = ['intake', 'screening', 'listed', 'polling', 'closed', 'opening', 'opened', 'tied', 'counted', 'certified', 'failed', 'annulled'];
export const FIELDS = ['association', 'organisations', 'name', 'birth_date', 'citizenship', 'conviction', 'education', 'experience', 'service'];
export const DOCUMENTS = ['letter', 'application', 'resume'];

/** @param {RegExp} pattern @returns {Type} */
const like = (pattern) => (v) => typeof v === 'string' && pattern.test(v);
/** @param {number} min @param {number} max @returns {Type} */
const within = (min, max) => (v) => Number.isSafeInteger(v) && Number(v) >= min && Number(v) <= max;
/** @param {string[]} words @returns {Type} */
const word = (...words) => (v) => words.includes(/** @type {string} */ (v));
/** @param {Type} item @returns {Type} */
const list = (item) => (v) => Array.isArray(v) && v.every(item);
/** @param {Type} key @param {Type} item @returns {Type} */
const map = (key, item) => (v) => isObject(v) && Object.entries(v).every(([k, i]) => key(k) && item(i));
/** Exactly these fields; those of `may` can be missing. @param {{[name: string]: Type}} must @param {{[name: string]: Type}} [may] @returns {Type} */
export const fields = (must, may = {}) => (v) => isObject(v) && Object.keys(must).every((name) => Object.hasOwn(v, name))
  && Object.entries(v).every(([name, item]) => (Object.hasOwn(must, name) ? must[name] : Object.hasOwn(may, name) ? may[name] : undefined)?.(item) ?? false);

export const text = /** @type {Type} */ ((v) => typeof v === 'string');
export const digest = like(/^[0-9a-f]{64}$/);
const flag = /** @type {Type} */ ((v) => typeof v === 'boolean');
const u32 = within(0, 4294967295), size = within(0, Number.MAX_SAFE_INTEGER), whole = within(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const day = /** @type {Type} */ ((v) => parseDay(v) !== null), time = /** @type {Type} */ ((v) => parseTime(v) !== null);
const slot = word(...SLOTS), id = like(/^[a-z0-9-]{1,64}$/);

/** The 32 bytes of a public key in JSON, else null. @param {unknown} v */
export function keyBytes(v) {
  const der = typeof v === 'string' ? unbase64(v) : null;
  return der === null ? null : unspki(der);
}
const publicKey = /** @type {Type} */ ((v) => { const raw = keyBytes(v); return raw !== null && goodKey(raw); });
export const signature = /** @type {Type} */ ((v) => typeof v === 'string' && unbase64(v)?.length === 64);

const enrolment = fields({ key: publicKey, possession: signature });
const attachment = fields({ sha256: digest, bytes: size });
const keyList = fields({ sha256: digest, count: u32 });
const poll = fields({ day, opens_at: time, closes_at: time, place: text });
const onDoubt = word('refuse', 'flag');
const roll = { commitment: digest, count: u32, keys: digest };

export const ruleSet = fields({
  name: text, seats: u32, term_years: u32, ballots: word('secret', 'named'), card_lists: u32, remote: flag, reserve: flag,
  ties: list(word('repeat_vote', 'lot', 'by_hand')), min_signatures: u32,
  electorate: (v) => isObject(v) && (fields({ kind: word('candidates', 'counting_commission') })(v)
    || fields({ kind: word('commission', 'listed'), commitment: digest, count: u32 }, { keys: digest })(v)),
  vote: fields({
    scale: fields({ min: within(-32768, 32767), max: within(-32768, 32767) }), min_rated: u32, blank: word('zero', 'skip'),
    aggregate: (v) => fields({ kind: word('sum') })(v) || fields({ kind: word('mean'), quorum: u32 })(v),
    self_rating: word('allowed', 'ignored', 'voids'),
  }, { max_rated: u32, pass_mark: whole }),
  calendar: fields({ intake_months: u32, roll_to_working_day: flag, holidays: list(day), poll_min_days: u32, poll_max_days: u32, appeal_days: u32 }),
  eligibility: fields({ min_age_years: u32, min_organisations: u32, expunged_conviction: onDoubt, organisation_in_many_associations: onDoubt }),
  limits: fields({ max_extensions: u32, max_extension_days: u32, sign_within_hours: u32, reveal_within_minutes: u32 }),
}, { min_turnout_percent: u32 });

const header = { competition: text, nonce: like(/^[0-9a-f]{32}$/) };
const headerMay = { rules: digest, candidates: digest, round: u32, head: fields({ root: digest, size }), phase: word(...PHASES), not_after: time };

/** Fields of every kind: those that must be there, and those that may. @type {{[kind: string]: [{[name: string]: Type}, {[name: string]: Type}?]}} */
const KINDS = {
  announcement: [{
    rule_set: ruleSet, title: fields({ ky: text, ru: text, en: text }), outlet: text, published: day, intake_last_day: day, poll,
    members: list(fields({ slot, body: text, person: text, enrolment })), log_key: digest, witness_policy: digest, rehearsal: flag,
  }, { reruns: text }],
  extension: [{ last_day: day, poll, reason: text }],
  poll_day_moved: [{ poll, reason: text }],
  observer_admitted: [{ name: text, enrolment }],
  nomination: [{ association: enrolment, fields: map(word(...FIELDS, ...DOCUMENTS), digest) }, { candidate_key: enrolment }],
  amendment: [{ nomination: digest, fields: map(word(...FIELDS, ...DOCUMENTS), digest) }],
  withdrawal: [{ nomination: digest }],
  appeal: [{ nomination: digest, text: digest }],
  screening_decision: [{ nomination: digest, decisions: list(fields({ rule: text, decision: digest })) }],
  appeal_decided: [{ nomination: digest, upheld: flag, reason: digest }],
  contest_decided: [{ nominations: list(digest), stands: digest, reason: digest }],
  candidate_list: [{ count: u32, list: attachment }],
  association_key_replaced: [{ nomination: digest, association: enrolment, letter: digest }],
  annulment: [{ reason: text }, { outside_act: digest }],
  attendance: [{ slot, at: word('opening', 'closing') }],
  member_replaced: [{ slot, person: text, reason: text, enrolment }],
  key_replaced: [{ slot, enrolment }],
  cards_prepared: [{ cards: keyList }],
  lot_committed: [{ slot, commitment: digest }],
  polling_opened: [{ closes_at: time }],
  polling_closed: [{ box_count: u32, box_root: digest, roll: attachment, taken: u32, unused: keyList, spoiled: keyList }],
  lot_revealed: [{ slot, reveal: digest }],
  ballots_opened: [{ box_root: digest }],
  ballots_signed: [{ slot, box_root: digest, signatures: attachment }],
  objection: [{ slot, text }, { ballot: digest }],
  card_disputed: [{ slot, card: digest, text }],
  protocol_signed: [{ slot, protocol: digest, signature }],
  protocol_refused: [{ slot, protocol: digest, reason: text }],
  protocol_dissented: [{ slot, protocol: digest, text, signature }],
  absence_attested: [{ slots: list(slot), duty: word('closing', 'ballots', 'protocol') }],
  lot_drawn: [{ order: list(id), record: text }],
  certification: [{ protocol: digest, slots: list(fields({ slot, outcome: word('signed', 'dissenting', 'refusing', 'absent') })), term_start: day, term_end: day }],
  ballot_cast: [{ keys: list(digest), ratings: map(id, whole) }],
};

/** @param {string} kind */
export const isKind = (kind) => Object.hasOwn(KINDS, kind);

/** Whether a payload has the header and the fields of its kind, each of its type. @param {string} kind @param {unknown} payload */
export function fits(kind, payload) {
  const [must, may] = /** @type {[{[name: string]: Type}, {[name: string]: Type}?]} */ (KINDS[kind]);
  return fields({ ...header, ...must }, { ...headerMay, ...may })(payload);
}

/** `candidates.json` (FORMATS section 4). */
const disclosed = fields({ salt: like(/^[0-9a-f]{32}$/), value: (v) => v !== undefined });
export const listFile = fields({
  competition: text,
  candidates: list(fields({ id, nomination: digest, name: disclosed, association: disclosed, organisations: disclosed })),
});
export const organisations = list(fields({
  form: word('public_association', 'foundation', 'institution', 'other'), name: text, number: text, state_body: flag, state_founder: flag,
}));
export const decision = fields({
  finding: word('met', 'not_met', 'flagged', 'undisclosed'),
  reason: word('in_order', 'too_few_organisations', 'state_founder', 'organisation_elsewhere', 'not_citizen', 'not_capable', 'too_young', 'convicted',
    'conviction_expunged', 'no_higher_education', 'no_experience', 'servant', 'document_missing', 'document_unfit', 'evidence_missing', 'undisclosed'),
}, { evidence: digest });
