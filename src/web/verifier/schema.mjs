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

export const isText = /** @type {Type} */ ((v) => typeof v === 'string');
export const isDigest = like(/^[0-9a-f]{64}$/);
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
const attachment = fields({ sha256: isDigest, bytes: size });
const keyList = fields({ sha256: isDigest, count: u32 });
const poll = fields({ day, opens_at: time, closes_at: time, place: isText });
const onDoubt = word('refuse', 'flag');

export const ruleSet = fields({
  name: isText, seats: u32, term_years: u32, ballots: word('secret', 'named'), card_lists: u32, remote: flag, reserve: flag,
  ties: list(word('repeat_vote', 'lot', 'by_hand')), min_signatures: u32,
  electorate: (v) => isObject(v) && (fields({ kind: word('candidates', 'counting_commission') })(v)
    || fields({ kind: word('commission', 'listed'), commitment: isDigest, count: u32 }, { keys: isDigest })(v)),
  vote: fields({
    scale: fields({ min: within(-32768, 32767), max: within(-32768, 32767) }), min_rated: u32, blank: word('zero', 'skip'),
    aggregate: (v) => fields({ kind: word('sum') })(v) || fields({ kind: word('mean'), quorum: u32 })(v),
    self_rating: word('allowed', 'ignored', 'voids'),
  }, { max_rated: u32, pass_mark: whole }),
  calendar: fields({ intake_months: u32, roll_to_working_day: flag, holidays: list(day), poll_min_days: u32, poll_max_days: u32, appeal_days: u32 }),
  eligibility: fields({ min_age_years: u32, min_organisations: u32, expunged_conviction: onDoubt, organisation_in_many_associations: onDoubt }),
  limits: fields({ max_extensions: u32, max_extension_days: u32, sign_within_hours: u32, reveal_within_minutes: u32 }),
}, { min_turnout_percent: u32 });

const header = { competition: isText, nonce: like(/^[0-9a-f]{32}$/) };
const headerMay = { rules: isDigest, candidates: isDigest, round: u32, head: fields({ root: isDigest, size }), phase: word(...PHASES), not_after: time };

/** Fields of every kind: those that must be there, and those that may. @type {{[kind: string]: [{[name: string]: Type}, {[name: string]: Type}?]}} */
const KINDS = {
  announcement: [{
    rule_set: ruleSet, title: fields({ ky: isText, ru: isText, en: isText }), outlet: isText, published: day, intake_last_day: day, poll,
    members: list(fields({ slot, body: isText, person: isText, enrolment })), log_key: isDigest, witness_policy: isDigest, rehearsal: flag,
  }, { reruns: isText }],
  extension: [{ last_day: day, poll, reason: isText }],
  poll_day_moved: [{ poll, reason: isText }],
  observer_admitted: [{ name: isText, enrolment }],
  nomination: [{ association: enrolment, fields: map(word(...FIELDS, ...DOCUMENTS), isDigest) }, { candidate_key: enrolment }],
  amendment: [{ nomination: isDigest, fields: map(word(...FIELDS, ...DOCUMENTS), isDigest) }],
  withdrawal: [{ nomination: isDigest }],
  appeal: [{ nomination: isDigest, text: isDigest }],
  screening_decision: [{ nomination: isDigest, decisions: list(fields({ rule: isText, decision: isDigest })) }],
  appeal_decided: [{ nomination: isDigest, upheld: flag, reason: isDigest }],
  contest_decided: [{ nominations: list(isDigest), stands: isDigest, reason: isDigest }],
  candidate_list: [{ count: u32, list: attachment }],
  association_key_replaced: [{ nomination: isDigest, association: enrolment, letter: isDigest }],
  annulment: [{ reason: isText }, { outside_act: isDigest }],
  attendance: [{ slot, at: word('opening', 'closing') }],
  member_replaced: [{ slot, person: isText, reason: isText, enrolment }],
  key_replaced: [{ slot, enrolment }],
  cards_prepared: [{ cards: keyList }],
  lot_committed: [{ slot, commitment: isDigest }],
  polling_opened: [{ closes_at: time }],
  polling_closed: [{ box_count: u32, box_root: isDigest, roll: attachment, taken: u32, unused: keyList, spoiled: keyList }],
  lot_revealed: [{ slot, reveal: isDigest }],
  ballots_opened: [{ box_root: isDigest }],
  ballots_signed: [{ slot, box_root: isDigest, signatures: attachment }],
  objection: [{ slot, text: isText }, { ballot: isDigest }],
  card_disputed: [{ slot, card: isDigest, text: isText }],
  protocol_signed: [{ slot, protocol: isDigest, signature }],
  protocol_refused: [{ slot, protocol: isDigest, reason: isText }],
  protocol_dissented: [{ slot, protocol: isDigest, text: isText, signature }],
  absence_attested: [{ slots: list(slot), duty: word('closing', 'ballots', 'protocol') }],
  lot_drawn: [{ order: list(id), record: isText }],
  certification: [{ protocol: isDigest, slots: list(fields({ slot, outcome: word('signed', 'dissenting', 'refusing', 'absent') })), term_start: day, term_end: day }],
  ballot_cast: [{ keys: list(isDigest), ratings: map(id, whole) }],
};

/** @param {string} kind */
export const isKind = (kind) => Object.hasOwn(KINDS, kind);

/** Whether a payload has the header and the fields of its kind, each of its type. @param {string} kind @param {unknown} payload */
export function fits(kind, payload) {
  const [must, may] = KINDS[kind];
  return fields({ ...header, ...must }, { ...headerMay, ...may })(payload);
}

/** `candidates.json` (FORMATS section 4). */
const disclosed = fields({ salt: like(/^[0-9a-f]{32}$/), value: (v) => v !== undefined });
export const listFile = fields({
  competition: isText,
  candidates: list(fields({ id, nomination: isDigest, name: disclosed, association: disclosed, organisations: disclosed })),
});
export const organisationList = list(fields({
  form: word('public_association', 'foundation', 'institution', 'other'), name: isText, number: isText, state_body: flag, state_founder: flag,
}));
export const decisionType = fields({
  finding: word('met', 'not_met', 'flagged', 'undisclosed'),
  reason: word('in_order', 'too_few_organisations', 'state_founder', 'organisation_elsewhere', 'not_citizen', 'not_capable', 'too_young', 'convicted',
    'conviction_expunged', 'no_higher_education', 'no_experience', 'servant', 'document_missing', 'document_unfit', 'evidence_missing', 'undisclosed'),
}, { evidence: isDigest });

/** REPLAY section 7: whether a rule set can be announced. @param {any} r */
export function ruleSetIsGood(r) {
  const { vote: v, calendar: c, eligibility: e, limits: l, electorate } = r, listed = electorate.count !== undefined;
  /** @param {number} n @param {number} min @param {number} max */
  const within = (n, min, max) => n >= min && n <= max;
  return v.scale.min < v.scale.max && v.scale.min >= -100 && v.scale.max <= 100 && (v.max_rated === undefined || (v.max_rated >= 1 && v.max_rated >= v.min_rated))
    && (v.blank === 'skip' || within(0, v.scale.min, v.scale.max)) && (v.aggregate.kind === 'sum' || v.aggregate.quorum >= 1)
    && (v.self_rating === 'allowed' || r.ballots === 'named') && within(c.intake_months, 1, 12) && c.poll_min_days <= c.poll_max_days && c.poll_max_days <= 365
    && c.holidays.every((/** @type {string} */ h, /** @type {number} */ i) => i === 0 || h > c.holidays[i - 1]) && c.appeal_days <= 60
    && within(e.min_organisations, 1, 100) && e.min_age_years <= 120 && l.max_extension_days <= 365 && within(l.sign_within_hours, 1, 720)
    && within(l.reveal_within_minutes, 1, 1440) && within(new TextEncoder().encode(r.name).length, 1, 64) && within(r.seats, 1, 1000) && within(r.term_years, 1, 50)
    && r.card_lists === 1 && (r.min_turnout_percent ?? 0) <= 100 && r.ties.length <= 8 && within(r.min_signatures, 2, 4)
    && (!listed || (within(electorate.count, 1, 10000000) && (electorate.keys !== undefined) === (r.ballots === 'named')));
}
