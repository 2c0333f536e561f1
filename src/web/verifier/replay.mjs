// The rules (REPLAY sections 2 to 4): every condition of every statement, in the order of the page, and what the state becomes.
// The first condition that does not hold is thrown as a Refusal; a handler changes the state only after its last condition.
// Rule numbers (R7 ..) are those of RULES.

import { addMonths, dayAt, dayOf, end, start, timeOf, workingDay } from './calendar.mjs';
import { digest, hex, unhex } from './bytes.mjs';
import { keyId } from './bundle.mjs';
import { badKeys, testKeys, verify } from './ed25519.mjs';
import { canonicalBytes, parseCanonical } from './json.mjs';
import { PHASES, SCREENED, SLOTS, decision as decisionType, keyBytes, listFile, organisations } from './schema.mjs';
import { assess, counting, firm, fold, hasFacts, numbers, oneAssociation, sameNumbers } from './eligibility.mjs';
import { Refusal, commitment, lines, need, possession } from './statement.mjs';
import { count, finish, lotCommitment, settle } from './tally.mjs';
import { protocol, protocolPae } from './protocol.mjs';
import { Tree, leafHash } from './tree.mjs';

/** @typedef {import('./statement.mjs').Statement} Statement */
/** @typedef {import('./eligibility.mjs').Openings} Openings */
/** @typedef {any} RuleSet held to schema.mjs, `ruleSet` */
/** @typedef {{role: string, slot?: string}} Role */
/** @typedef {{hash: string, key: string, subject: string, fields: {[field: string]: string}, candidateKey: string | null, withdrawn: boolean,
 *   decision: {at: number, decisions: {rule: string, decision: string}[]} | null, decided: number, contest: number | null,
 *   appeal: {open: boolean, against: number} | null}} Nomination */
/** @typedef {{hash: string, pae: Uint8Array, key: string, elector: string | null, ratings: {[id: string]: number}, envelope: import('./statement.mjs').Envelope}} Ballot */
/** @typedef {{number: number, paper: string[], seats: number, struck: Set<string>, barred: Set<string>, cards: Map<string, Uint8Array> | null,
 *   commitments: Map<string, string>, reveals: Map<string, string>, atOpening: Set<string>, atClosing: Set<string>, absent: Set<string>,
 *   openedAt: number, closesAt: number, closedAt: number, boxAt: number, close: any, electors: number, ids: Set<string> | null,
 *   ballots: Ballot[], byKey: Set<string>, byElector: Set<string>, returned: Set<string>, counts: {unused: number, spoiled: number},
 *   signed: Map<string, {key: string, signatures: Uint8Array}>, unsigned: Set<string>, count: import('./tally.mjs').Count | null, drawn: string[] | null}} Round
 *   `barred` is fixed when the round is counted; `unsigned` are slots attested absent from the ballots */
/** @typedef {{origin: string, organisers: Map<string, Uint8Array>, log: string, attachments: Map<string, Uint8Array>, openings: Openings, tree: Tree}} Given */

const COUNTING = ['attendance', 'member_replaced', 'key_replaced', 'cards_prepared', 'lot_committed', 'polling_opened', 'polling_closed', 'lot_revealed',
  'ballots_opened', 'ballots_signed', 'objection', 'card_disputed', 'protocol_signed', 'protocol_refused', 'protocol_dissented', 'absence_attested', 'lot_drawn', 'certification', 'annulment'];
/** @type {{[role: string]: string[]}} */
const BY_ROLE = {
  organiser: ['announcement', 'extension', 'poll_day_moved', 'observer_admitted', 'screening_decision', 'appeal_decided', 'contest_decided', 'candidate_list', 'association_key_replaced', 'annulment'],
  association: ['nomination', 'amendment', 'withdrawal', 'appeal'], counting: COUNTING, observer: [],
};

const EARLY = ['intake', 'screening', 'listed'], VOTE = ['polling', 'closed', 'opened', 'tied', 'counted'];
/** Phases that take a kind at all (STATES, statements by phase). @type {{[kind: string]: string[]}} */
const PHASES_OF = {
  extension: ['intake'], poll_day_moved: EARLY, observer_admitted: [...EARLY, ...VOTE], nomination: ['intake'], amendment: ['intake'],
  withdrawal: [...EARLY, ...VOTE, 'certified'], appeal: ['screening'], screening_decision: ['screening'], appeal_decided: ['screening'],
  contest_decided: ['screening'], candidate_list: ['screening'], association_key_replaced: EARLY, annulment: [...EARLY, ...VOTE, 'certified'],
  attendance: ['listed', 'polling'], member_replaced: [...EARLY, ...VOTE], key_replaced: [...EARLY, ...VOTE], cards_prepared: ['listed'],
  lot_committed: ['listed'], polling_opened: ['listed'], polling_closed: ['polling'], lot_revealed: ['closed'], ballots_opened: ['closed'],
  ballots_signed: ['opened'], objection: VOTE, card_disputed: VOTE, protocol_signed: ['counted'], protocol_refused: ['counted'],
  protocol_dissented: ['counted'], absence_attested: ['polling', 'opened', 'counted'], lot_drawn: ['tied'], certification: ['counted'], ballot_cast: ['polling', 'opening'],
};
const WHEN_FROZEN = ['protocol_signed', 'protocol_refused', 'protocol_dissented', 'absence_attested', 'certification', 'annulment'];

/** R: a text has 1 to 4,000 characters and is not white space alone. @param {string} value */
function needText(value) {
  const length = Array.from(value).length;
  need(length >= 1 && length <= 4000 && /\P{White_Space}/u.test(value), 'text_length');
}
/** @param {Iterable<string>} slots */
const inSlotOrder = (slots) => { const at = Array.from(slots, (s) => SLOTS.indexOf(s)); return at.every((n, i) => i === 0 || n > /** @type {number} */ (at[i - 1])); };
/** @param {string} spelled */
const keyIdOf = (spelled) => keyId(/** @type {Uint8Array} */ (keyBytes(spelled)));
/** @param {number} left @param {string[]} paper @param {Set<string>} barred @param {number} number @returns {Round} */
const newRound = (number, paper, left, barred) => ({
  number, paper, seats: left, struck: new Set(paper.filter((id) => barred.has(id))), barred: new Set(), cards: null, commitments: new Map(), reveals: new Map(),
  atOpening: new Set(), atClosing: new Set(), absent: new Set(), openedAt: 0, closesAt: 0, closedAt: 0, boxAt: 0, close: null, electors: 0, ids: null,
  ballots: [], byKey: new Set(), byElector: new Set(), returned: new Set(), counts: { unused: 0, spoiled: 0 }, signed: new Map(), unsigned: new Set(), count: null, drawn: null,
});
/** @param {string[]} hashes */
const boxRoot = (hashes) => hex(new Tree(hashes.map((h) => leafHash(/** @type {Uint8Array} */ (unhex(h))))).root());

export class Replay {
  /** @param {Given} given */
  constructor(given) {
    this.given = given;
    this.origin = given.origin;
    /** Present phase, but that intake ends by the clock: see `phaseAt`. @type {string} */
    this.stage = 'new';
    /** @type {any} */ this.announced = null;
    /** @type {RuleSet} */ this.rules = null;
    this.rulesDigest = '';
    /** @type {Map<string, Role>} */ this.enrolled = new Map();
    /** Bytes of every key that may sign, by key id. @type {Map<string, Uint8Array>} */ this.keys = new Map(given.organisers);
    /** @type {Set<string>} */ this.retired = new Set();
    /** Who ever held a slot: slot and key id. @type {Set<string>} */ this.held = new Set();
    /** @type {Set<string> | null} */ this.testKeys = null;
    /** @type {{slot: string, body: string, person: string, key: string}[]} */ this.members = [];
    /** Roll numbers by key of a listed roll. @type {Map<string, string>} */ this.rollKeys = new Map();
    this.lastDay = 0; this.extensions = 0;
    /** @type {any} */ this.poll = null;
    /** @type {Map<string, Nomination>} */ this.nominations = new Map();
    /** @type {{id: string, name: string, nomination: string}[] | null} */ this.list = null;
    /** @type {string | undefined} */ this.listDigest = undefined;
    /** Candidates who withdrew after the list. @type {Set<string>} */ this.barred = new Set();
    /** @type {Round[]} */ this.rounds = [];
    /** @type {Set<string>} */ this.seen = new Set();
    /** @type {{ballot?: string, slot: string, text: string}[]} */ this.objections = [];
    this.counts = { appeals: 0, appeals_upheld: 0, contests: 0, cards_disputed: 0 };
    this.annulling = false;
    /** @type {any} */ this.result = null;
    this.countedAt = 0;
    /** @type {Uint8Array | null} */ this.frozen = null;
    /** @type {Map<string, {outcome: string, key?: string, sig?: string}>} */ this.endings = new Map();
    this.signatures = 0;
    /** Facts about the list that contradict it: rule and candidate. @type {{rule: string, candidate: string, says: string}[]} */ this.assessed = [];
  }

  get round() { return /** @type {Round} */ (this.rounds[this.rounds.length - 1]); }
  get secret() { return this.rules.ballots === 'secret'; }
  /** @param {number} now */
  phaseAt(now) { return this.stage === 'intake' && now >= end(this.lastDay) ? 'screening' : this.stage; }

  // ---- sections 1 and 2 -------------------------------------------------------------------------------------------------

  /** Takes the entry, or throws a Refusal. `size` is its place: the head is the tree before it.
   * @param {Statement} s @param {number} now @param {number} size */
  async take(s, now, size) {
    const { payload: p, signatures } = s;
    need(signatures.length >= 1 && signatures.length <= 4, 'bad_signature');
    for (const { keyid, sig } of signatures) {
      let key = this.keyOf(keyid);
      if (key === undefined && s.kind === 'nomination' && keyIdOf(p.association.key) === keyid) key = /** @type {Uint8Array} */ (keyBytes(p.association.key));
      need(key !== undefined, 'unknown_key');
      need(await this.holds(keyid, key, s.pae, sig), 'bad_signature');
    }
    this.signatures += signatures.length;
    if (this.stage === 'new') {
      need(s.kind === 'announcement', 'no_competition');
      await this.announcement(s, now);
    } else {
      if (s.kind === 'ballot_cast' && this.secret) need(this.stage !== 'polling', 'ballot_order');
      this.askAll(s, now, size);
      await ACTS[s.kind].call(this, p, now, s, size);
    }
    this.seen.add(s.hash);
  }

  /** @param {Statement} s @param {number} now @param {number} size */
  askAll({ kind, payload: p, hash, signatures }, now, size) {
    const phase = this.phaseAt(now);
    need(p.competition === this.origin, 'wrong_competition');
    need(kind !== 'announcement', 'already_announced');
    need(!this.seen.has(hash), 'duplicate');
    if (kind !== 'nomination' && kind !== 'ballot_cast') {
      for (const { keyid } of signatures) {
        const role = this.enrolled.get(keyid)?.role;
        need(role !== undefined, 'unknown_key');
        need(BY_ROLE[role]?.includes(kind), 'wrong_role');
      }
      const slots = this.signers(signatures);
      need(inSlotOrder(slots) && (signatures.length === 1 || slots.length === signatures.length), 'signers_order');
    }
    const taken = /** @type {string[]} */ (PHASES_OF[kind]);
    if (phase === 'counted' && this.frozen && taken.includes('counted') && !WHEN_FROZEN.includes(kind)) throw new Refusal(kind === 'withdrawal' ? 'not_before' : 'wrong_phase');
    if (!taken.includes(phase)) {
      if (['nomination', 'amendment', 'extension'].includes(kind)) throw new Refusal('intake_closed');
      throw new Refusal(kind === 'ballot_cast' && PHASES.indexOf(phase) > PHASES.indexOf('polling') ? 'polling_over' : 'wrong_phase');
    }
    need(p.rules === this.rulesDigest, 'wrong_rules');
    need(p.candidates === this.listDigest, 'wrong_list');
    need(p.round === this.round?.number, 'wrong_round');
    const present = [p.head, p.phase, p.not_after].filter((f) => f !== undefined).length;
    need(present === (signatures.length > 1 ? 3 : 0), 'draft_head');
    if (present === 0) return;
    need(p.head.size === size && p.head.root === hex(this.given.tree.root(size)) && p.phase === phase, 'stale_head');
    need(now <= timeOf(p.not_after), 'draft_expired');
  }

  /** Slots of the counting members among the signers. @param {{keyid: string}[]} signatures */
  signers(signatures) { return signatures.flatMap(({ keyid }) => this.enrolled.get(keyid)?.slot ?? []); }

  /** @param {string} keyid @returns {Uint8Array | undefined} */
  keyOf(keyid) {
    if (this.enrolled.has(keyid) || this.stage === 'new') return this.keys.get(keyid);
    return this.round?.cards ? this.round.cards.get(keyid) : this.isElectorKey(keyid) ? this.keys.get(keyid) : undefined;
  }
  /** @param {string} keyid */
  isElectorKey(keyid) {
    if (this.round?.cards) return this.round.cards.has(keyid);
    return this.rollKeys.has(keyid) || [...this.nominations.values()].some((n) => n.candidateKey === keyid);
  }

  /** Overridden by who has asked for many at once. @param {string} _keyid @param {Uint8Array} key @param {Uint8Array} message @param {string} sig */
  holds(_keyid, key, message, sig) { return verify(key, message, Uint8Array.from(atob(sig), (c) => c.charCodeAt(0))); }

  // ---- conditions that many kinds share ---------------------------------------------------------------------------------

  /** @param {{slot: string}} p @param {Statement} s */
  ownSlot(p, s) { need(s.signatures.length === 1 && this.signers(s.signatures)[0] === p.slot, 'wrong_slot'); }
  /** @param {Statement} s */
  enough(s) { need(s.signatures.length >= this.rules.min_signatures, 'too_few_signers'); }
  /** @param {Statement} s @param {string} key */
  signedBy(s, key) { need(s.signatures.length === 1 && s.signatures[0]?.keyid === key, 'wrong_role'); }
  /** @param {string} hash */
  live(hash) {
    const n = this.nominations.get(hash);
    need(n, 'no_nomination');
    need(!n.withdrawn && n.contest === null, 'nomination_over');
    return n;
  }
  /** @param {{key: string, possession: string}} enrolment @param {string} role */
  async possessed({ key, possession: sig }, role) {
    need(await verify(/** @type {Uint8Array} */ (keyBytes(key)), possession(this.origin, key, role), Uint8Array.from(atob(sig), (c) => c.charCodeAt(0))), 'bad_possession');
  }
  /** @param {{key: string, possession: string}} enrolment @param {string} role */
  async enrollable(enrolment, role) {
    await this.possessed(enrolment, role);
    const id = keyIdOf(enrolment.key);
    need(!this.rounds.some((r) => r.cards?.has(id)) && !this.enrolled.has(id) && !this.isElectorKey(id) && !this.retired.has(id) && id !== this.given.log, 'key_in_use');
    need(!this.testKeys?.has(id), 'test_key');
  }
  /** @param {string} spelled @param {Role} role */
  enrol(spelled, role) {
    const raw = /** @type {Uint8Array} */ (keyBytes(spelled)), id = keyId(raw);
    this.keys.set(id, raw);
    this.enrolled.set(id, role);
    if (role.slot) this.held.add(`${role.slot} ${id}`);
    return id;
  }
  /** @param {string} id */
  retire(id) { this.enrolled.delete(id); this.retired.add(id); }
  /** @param {string} sha256 */
  attachment(sha256) {
    const bytes = this.given.attachments.get(sha256);
    need(bytes, 'attachment_missing');
    return bytes;
  }
  /** R17. @param {any} poll @param {number} lastDay */
  pollFits(poll, lastDay) {
    const day = dayOf(poll.day), opens = timeOf(poll.opens_at), closes = timeOf(poll.closes_at), { poll_min_days, poll_max_days } = this.rules.calendar;
    need(day >= lastDay + poll_min_days && day <= lastDay + poll_max_days && opens >= start(day) && opens < closes && closes <= end(day), 'poll_day');
    needText(poll.place);
  }
  /** 32-byte keys of an attachment, each sound. @param {{sha256: string, count: number}} list @param {boolean} sorted ascending by key id; else only each once */
  keyList({ sha256, count: n }, sorted) {
    const bytes = this.attachment(sha256);
    need(bytes.length === 32 * n, 'bad_attachment');
    const raw = Array.from({ length: n }, (_, i) => bytes.subarray(32 * i, 32 * i + 32));
    need(this.sound(sha256, raw), 'bad_attachment');
    const keys = new Map(raw.map((key) => [keyId(key), key]));
    const ids = [...keys.keys()];
    need(ids.length === n && (!sorted || ids.every((id, i) => i === 0 || id > /** @type {string} */ (ids[i - 1]))), 'bad_attachment');
    return keys;
  }
  /** @param {string} _sha256 @param {Uint8Array[]} raw */
  sound(_sha256, raw) { return badKeys(raw).length === 0; }

  // ---- parts of acts ------------------------------------------------------------------------------------------------------

  /** @param {Statement} s @param {number} now */
  async announcement(s, now) {
    const p = s.payload, rules = p.rule_set, { organisers, log } = this.given;
    need(p.competition === this.origin, 'wrong_competition');
    need(['rules', 'candidates', 'round', 'head', 'phase', 'not_after'].every((f) => p[f] === undefined), 'bad_payload');
    need(s.signatures.length === 1 && organisers.has(/** @type {any} */ (s.signatures[0]).keyid), 'wrong_role');
    need(ruleSetIsGood(rules), 'bad_rules');
    need(p.log_key === log, 'log_key');
    const ids = p.members.map((/** @type {any} */ m) => keyIdOf(m.enrolment.key));
    const test = p.rehearsal ? null : new Set((await testKeys()).map(keyId));
    need(![...organisers.keys(), ...ids].some((id) => test?.has(id)), 'test_key');
    const published = dayOf(p.published), today = dayAt(now);
    need(published >= today && published <= today + 31, 'bad_dates');
    const months = addMonths(published, rules.calendar.intake_months);
    const last = rules.calendar.roll_to_working_day ? workingDay(months, new Set(rules.calendar.holidays.map(dayOf))) : months;
    need(dayOf(p.intake_last_day) === last, 'bad_dates');
    this.rules = rules;
    this.pollFits(p.poll, last);
    // R16: four bodies, four persons, four keys.
    const folded = (/** @type {string} */ f) => new Set(p.members.map((/** @type {any} */ m) => fold(m[f]))).size;
    need(p.members.length === 4 && SLOTS.every((slot, i) => p.members[i].slot === slot) && folded('body') === 4 && folded('person') === 4
      && new Set([...ids, ...organisers.keys(), log]).size === 4 + organisers.size + 1, 'members');
    for (const m of p.members) {
      needText(m.person); needText(m.body);
      await this.possessed(m.enrolment, `counting/${m.slot}`);
    }
    for (const t of [p.title.ky, p.title.ru, p.title.en, p.outlet, p.poll.place]) needText(t);
    need(p.reruns !== this.origin, 'bad_payload');
    const { electorate } = rules;
    const roll = electorate.keys === undefined ? new Map() : this.keyList({ sha256: electorate.keys, count: electorate.count }, false);
    for (const id of roll.keys()) {
      need(!ids.includes(id) && !organisers.has(id) && id !== log, 'key_in_use');
      need(!test?.has(id), 'test_key');
    }
    this.announced = p; this.poll = p.poll; this.lastDay = last; this.stage = 'intake'; this.testKeys = test;
    this.rulesDigest = digest(canonicalBytes(rules));
    for (const id of organisers.keys()) this.enrolled.set(id, { role: 'organiser' });
    this.members = p.members.map((/** @type {any} */ m) => ({ slot: m.slot, body: m.body, person: m.person, key: this.enrol(m.enrolment.key, { role: 'counting', slot: m.slot }) }));
    this.rollKeys = new Map([...roll.keys()].map((id, i) => [id, String(i + 1)]));
    for (const [id, raw] of roll) this.keys.set(id, raw);
  }

  /** When a nomination was last decided: by a contest, or by screening. @param {Nomination} n */
  decidedAt(n) { return n.contest ?? n.decision?.at ?? null; }

  /** @param {number} at */
  windowEnd(at) { return end(dayAt(at) + this.rules.calendar.appeal_days); }

  /** R16: the outgoing key, or the other three. @param {any} p @param {Statement} s */
  replacers(p, s) {
    const slots = this.signers(s.signatures);
    need((slots.length === 1 && slots[0] === p.slot) || (slots.length === 3 && !slots.includes(p.slot)), 'too_few_signers');
  }

  /** @param {any} p @param {string} [person] */
  newKey(p, person) {
    const m = /** @type {{key: string, person: string}} */ (this.members[SLOTS.indexOf(p.slot)]);
    this.retire(m.key);
    m.key = this.enrol(p.enrolment.key, { role: 'counting', slot: p.slot });
    if (person !== undefined) m.person = person;
  }

  /** R15: electors of a round now; ids are null for roll numbers. @returns {{number: number, ids: Set<string> | null}} */
  electors() {
    const { kind, count: n } = this.rules.electorate;
    if (kind === 'commission' || kind === 'listed') return { number: n, ids: null };
    const ids = kind === 'counting_commission' ? SLOTS : /** @type {Round} */ (this.rounds[0]).paper.filter((id) => !this.barred.has(id));
    return { number: ids.length, ids: new Set(ids) };
  }

  /** The elector whose own key it is (named ballots), or null. @param {string} key */
  electorOf(key) {
    const { kind } = this.rules.electorate;
    if (kind === 'counting_commission') return this.members.find((m) => m.key === key)?.slot ?? null;
    if (kind === 'candidates') return this.list?.find((c) => this.nominations.get(c.nomination)?.candidateKey === key && !this.barred.has(c.id))?.id ?? null;
    return this.rollKeys.get(key) ?? null;
  }

  boxIfWhole() {
    if (this.round.ballots.length === this.round.close.box_count) this.stage = this.annulling ? 'annulled' : 'opened';
  }

  /** A member's signatures over the whole box. @param {Uint8Array} key @param {Uint8Array[]} messages @param {Uint8Array} signatures */
  async holdAll(key, messages, signatures) {
    for (let at = 0; at < messages.length; at += 512) {
      const part = messages.slice(at, at + 512).map((m, i) => verify(key, m, signatures.slice(64 * (at + i), 64 * (at + i) + 64)));
      if (!(await Promise.all(part)).every(Boolean)) return false;
      this.progress(part.length);
    }
    return true;
  }

  /** @param {number} _n */
  progress(_n) {}

  /** REPLAY section 8: a round is counted when the last slot has signed or is attested absent. @param {number} now */
  countIfReady(now) {
    const { round, rules } = this;
    if (!SLOTS.every((slot) => round.signed.has(slot) || round.unsigned.has(slot))) return;
    const valid = round.ballots.filter((b) => !round.returned.has(b.key)).length;
    if (round.signed.size < rules.min_signatures || 100 * valid < (rules.min_turnout_percent ?? 0) * round.electors) { this.stage = 'failed'; return; }
    const rating = !this.secret && rules.electorate.kind === 'candidates';
    round.count = count(rules, round.paper, round.struck, round.ballots.map((b) => ({
      ratings: b.ratings, returned: round.returned.has(b.key), own: rating && b.elector !== null && round.paper.includes(b.elector) ? b.elector : null,
    })));
    round.barred = new Set(this.barred);
    this.goOn(now);
  }

  /** @param {number} now */
  goOn(now) {
    const step = settle(this.rules, this.origin, this.rounds);
    if (step.next === 'repeat') {
      this.rounds.push(newRound(this.round.number + 1, step.tie.tied, step.tie.left, this.barred));
      this.stage = 'listed';
    } else if (step.next === 'tied') this.stage = 'tied';
    else { this.stage = 'counted'; this.countedAt = now; this.settleResult(); }
  }

  settleResult() {
    const step = settle(this.rules, this.origin, this.rounds);
    if (step.next === 'result') this.result = finish(this.rules, this.rounds, step.outcome, step.events, this.barred);
  }

  /** The protocol's bytes for the head of this size. @param {number} size */
  protocolAt(size) { return this.frozen ?? canonicalBytes(protocol(this, { root: hex(this.given.tree.root(size)), size })); }

  /** @param {number} size */
  freeze(size) { this.frozen = this.protocolAt(size); }

  /** @param {any} p @param {Statement} s @param {number} size @param {string} outcome @param {string} [sig] */
  async endSlot(p, s, size, outcome, sig) {
    this.ownSlot(p, s);
    const bytes = this.protocolAt(size), key = s.signatures[0]?.keyid ?? '';
    if (digest(bytes) !== p.protocol) throw Object.assign(new Refusal('wrong_protocol'), { bytes, names: p.protocol });
    need(!this.endings.has(p.slot), 'slot_resolved');
    if (sig !== undefined && !(await this.holds(key, /** @type {Uint8Array} */ (this.keyOf(key)), protocolPae(bytes), sig))) throw new Refusal('bad_signature', true);
    this.freeze(size);
    this.endings.set(p.slot, { outcome, key, sig });
  }
}

/** REPLAY section 4, kind by kind. @type {{[kind: string]: (this: Replay, p: any, now: number, s: Statement, size: number) => void | Promise<void>}} */
const ACTS = {
  extension(p) {
    const { max_extensions, max_extension_days } = this.rules.limits, last = dayOf(p.last_day);
    need(this.extensions < max_extensions, 'too_many_extensions');
    need(last > this.lastDay && last <= dayOf(this.announced.intake_last_day) + max_extension_days, 'bad_extension');
    needText(p.reason);
    this.pollFits(p.poll, last);
    this.extensions++; this.lastDay = last; this.poll = p.poll;
  },

  poll_day_moved(p, now) {
    need(this.rounds.length <= 1, 'wrong_phase');
    needText(p.reason);
    this.pollFits(p.poll, this.lastDay);
    need(timeOf(p.poll.opens_at) > now, 'poll_day');
    this.poll = p.poll;
    this.round?.atOpening.clear();
  },

  async observer_admitted(p) {
    needText(p.name);
    await this.enrollable(p.enrolment, 'observer');
    this.enrol(p.enrolment.key, { role: 'observer' });
  },

  async nomination(p, now, s) {
    need(now >= start(dayOf(this.announced.published)), 'intake_not_open');
    const key = keyIdOf(p.association.key), mine = [...this.nominations.values()].filter((n) => n.key === key);
    this.signedBy(s, key);
    need(mine.every((n) => n.withdrawn || n.contest !== null), 'second_nomination'); // R7
    if (mine.length > 0) await this.possessed(p.association, 'association'); else await this.enrollable(p.association, 'association');
    need(hasFacts(p.fields), 'nomination_fields');
    const wanted = !this.secret && this.rules.electorate.kind === 'candidates', own = p.candidate_key;
    const id = own ? keyIdOf(own.key) : null;
    need(id !== key, 'key_in_use');
    if (own && wanted) {
      if (mine.some((n) => n.candidateKey === id)) await this.possessed(own, 'candidate'); else await this.enrollable(own, 'candidate');
    }
    need(wanted === (id !== null), 'nomination_fields');
    this.enrol(p.association.key, { role: 'association' });
    if (id !== null) this.keys.set(id, /** @type {Uint8Array} */ (keyBytes(own.key)));
    this.nominations.set(s.hash, {
      hash: s.hash, key, subject: key, fields: { ...p.fields }, candidateKey: id, withdrawn: false, decision: null, decided: 0, contest: null, appeal: null,
    });
  },

  amendment(p, _now, s) {
    const n = this.live(p.nomination);
    this.signedBy(s, n.key);
    need(Object.keys(p.fields).length > 0, 'nomination_fields');
    Object.assign(n.fields, p.fields);
  },

  withdrawal(p, _now, s) {
    const n = this.live(p.nomination), candidate = this.list?.find((c) => c.nomination === p.nomination);
    this.signedBy(s, n.key);
    need(this.list === null || candidate, 'nomination_over');
    n.withdrawn = true;
    if (!candidate || this.stage === 'certified') return;
    this.barred.add(candidate.id);
    if (['listed', 'polling', 'closed'].includes(this.stage) && this.round.paper.includes(candidate.id)) this.round.struck.add(candidate.id);
    if (this.stage === 'counted') this.settleResult();
  },

  appeal(p, now, s) {
    const n = this.nominations.get(p.nomination);
    need(n, 'no_nomination');
    this.signedBy(s, n.key);
    need(!n.withdrawn, 'nomination_over');
    const at = this.decidedAt(n);
    need(at !== null && now < this.windowEnd(at), 'appeal_window');
    need(n.appeal === null || n.decided > n.appeal.against, 'duplicate');
    n.appeal = { open: true, against: n.decided };
    this.counts.appeals++;
  },

  screening_decision(p, now) {
    const n = this.live(p.nomination), { openings } = this.given;
    need(p.decisions.length === SCREENED.length && SCREENED.every((rule, i) => p.decisions[i].rule === rule), 'decision_shape');
    need(!n.appeal?.open, 'screening_open');
    const assessed = assess(this.rules, this.lastDay, openings, n, this.nominations.values());
    for (const { rule, decision } of p.decisions) {
      const opening = openings.get(decision);
      if (!opening) continue;
      need(decisionType(opening.value), 'bad_opening');
      const { finding } = opening.value, computed = assessed[rule] ?? '';
      need(finding !== 'undisclosed' && (!firm(rule, this.rules, openings, n, this.nominations.values(), computed) || finding === computed), 'contradicts_facts');
    }
    n.decision = { at: now, decisions: p.decisions };
    n.decided++;
  },

  appeal_decided(p) {
    const n = this.nominations.get(p.nomination);
    need(n, 'no_nomination');
    need(!n.withdrawn, 'nomination_over');
    need(n.appeal?.open, 'no_appeal');
    n.appeal.open = false;
    if (!p.upheld) return;
    n.decision = null; n.contest = null;
    this.counts.appeals_upheld++;
  },

  // R7.
  contest_decided(p, now) {
    const hashes = /** @type {string[]} */ (p.nominations);
    need(hashes.length >= 2 && hashes.every((h, i) => i === 0 || h > /** @type {string} */ (hashes[i - 1])) && hashes.includes(p.stands), 'no_contest');
    const all = hashes.map((h) => this.live(h)), stands = /** @type {Nomination} */ (this.nominations.get(p.stands));
    const others = all.filter((n) => n !== stands);
    need(all.every((n) => n.fields.letter !== undefined) && others.every((n) => oneAssociation(this.given.openings, n, stands) !== false), 'no_contest');
    this.counts.contests++;
    for (const n of others) { n.contest = now; n.decided++; }
  },

  candidate_list(p, now) {
    const bytes = this.attachment(p.list.sha256), { openings } = this.given;
    need(bytes.length === p.list.bytes, 'bad_attachment');
    const all = [...this.nominations.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
    for (const n of all) {
      if (n.withdrawn) continue;
      const at = this.decidedAt(n);
      need(!n.appeal?.open && at !== null && now >= this.windowEnd(at), 'screening_open');
    }
    const live = all.filter((n) => !n.withdrawn && n.contest === null), lettered = live.filter((n) => n.fields.letter !== undefined);
    need(!lettered.some((a, i) => lettered.slice(i + 1).some((b) => oneAssociation(openings, a, b) === true)), 'contest_open');
    const file = /** @type {any} */ (parseCanonical(bytes));
    need(listFile(file), 'bad_attachment');
    const listed = /** @type {any[]} */ (file.candidates);
    need(file.competition === this.origin && listed.length === p.count && listed.every((c, i) => i === 0 || c.id > listed[i - 1].id), 'list_mismatch');
    for (const c of listed) {
      const n = this.nominations.get(c.nomination);
      need(n, 'no_nomination');
      need(live.includes(n), 'list_mismatch');
      for (const field of ['name', 'association', 'organisations']) {
        const opened = commitment(this.origin, field, n.subject, /** @type {Uint8Array} */ (unhex(c[field].salt)), c[field].value);
        need(opened === n.fields[field], 'bad_opening');
      }
      need(typeof c.name.value === 'string' && typeof c.association.value === 'string' && organisations(c.organisations.value), 'bad_opening');
      need(counting(c.organisations.value).count >= this.rules.eligibility.min_organisations, 'too_few_organisations'); // R8
    }
    need(!listed.some((c) => this.members.some((m) => fold(m.person) === fold(c.name.value))), 'member_is_candidate'); // R16
    need(!listed.some((a, i) => listed.slice(i + 1).some((b) => a.nomination === b.nomination || fold(a.association.value) === fold(b.association.value)
      || sameNumbers(numbers(a.organisations.value), numbers(b.organisations.value)))), 'two_per_association'); // R7
    for (const n of live) {
      let met = true, told = true;
      for (const { decision } of n.decision?.decisions ?? []) {
        const opening = openings.get(decision);
        if (!opening) { told = false; break; }
        need(decisionType(opening.value), 'bad_opening');
        need(opening.value.finding === 'met' || opening.value.finding === 'not_met', 'screening_open');
        met &&= opening.value.finding === 'met';
      }
      if (told) need(met === listed.some((c) => c.nomination === n.hash), 'list_mismatch');
    }
    for (const c of listed) {
      const n = /** @type {Nomination} */ (this.nominations.get(c.nomination));
      for (const [rule, says] of Object.entries(assess(this.rules, this.lastDay, openings, n, all))) this.assessed.push({ rule, candidate: c.id, says });
      for (const { rule, decision } of n.decision?.decisions ?? []) if (!openings.has(decision)) this.assessed.push({ rule, candidate: c.id, says: 'decision' });
    }
    this.list = listed.map((c) => ({ id: c.id, name: c.name.value, nomination: c.nomination }));
    this.listDigest = p.list.sha256;
    this.rounds.push(newRound(1, this.list.map((c) => c.id), this.rules.seats, this.barred));
    this.stage = this.list.length < 2 ? 'failed' : 'listed';
  },

  async association_key_replaced(p) {
    const n = this.live(p.nomination);
    await this.enrollable(p.association, 'association');
    this.retire(n.key);
    n.key = this.enrol(p.association.key, { role: 'association' });
  },

  annulment(p, _now, s) {
    needText(p.reason);
    need(!this.annulling, 'duplicate');
    need(this.stage !== 'certified' || p.outside_act !== undefined, 'outside_act');
    if (this.signers(s.signatures).length > 0) this.enough(s);
    else need(this.stage === 'certified' || !(this.rounds[0]?.openedAt), 'too_few_signers');
    this.annulling = true;
    if (this.stage !== 'closed') this.stage = 'annulled';
  },

  // R16.
  attendance(p, now, s) {
    const { round } = this, opening = this.stage === 'listed', there = opening ? round.atOpening : round.atClosing;
    this.ownSlot(p, s);
    need(p.at === (opening ? 'opening' : 'closing'), 'wrong_phase');
    need(!there.has(p.slot), 'duplicate');
    need(!opening || round.number > 1 || dayAt(now) === dayOf(this.poll.day), 'not_poll_time');
    there.add(p.slot);
    if (!opening) round.absent.delete(p.slot);
  },

  async member_replaced(p, _now, s) {
    needText(p.person); needText(p.reason);
    this.replacers(p, s);
    await this.enrollable(p.enrolment, `counting/${p.slot}`);
    need(!this.members.some((m) => fold(m.person) === fold(p.person)), 'members');
    need(!this.list?.some((c) => fold(c.name) === fold(p.person)), 'member_is_candidate');
    this.newKey(p, p.person);
    if (this.stage === 'listed') { this.round.atOpening.delete(p.slot); this.round.commitments.delete(p.slot); }
    if (this.stage === 'polling') { this.round.atClosing.delete(p.slot); this.round.absent.delete(p.slot); }
  },

  async key_replaced(p, _now, s) {
    this.replacers(p, s);
    await this.enrollable(p.enrolment, `counting/${p.slot}`);
    this.newKey(p);
  },

  cards_prepared(p, _now, s) {
    this.enough(s);
    need(this.secret, 'no_cards');
    need(this.round.cards === null, 'duplicate');
    need(p.cards.count >= this.electors().number, 'too_few_cards');
    const cards = this.keyList(p.cards, true);
    for (const id of cards.keys()) {
      need(!this.enrolled.has(id) && !this.retired.has(id) && id !== this.given.log && !this.rounds.some((r) => r.cards?.has(id)), 'key_in_use');
    }
    this.round.cards = cards;
  },

  lot_committed(p, _now, s) {
    const { commitments } = this.round;
    this.ownSlot(p, s);
    need(!commitments.has(p.slot), 'duplicate');
    need(![...commitments.values()].includes(p.commitment), 'equal_commitments');
    commitments.set(p.slot, p.commitment);
  },

  polling_opened(p, now, s) {
    const { round } = this, closes = timeOf(p.closes_at);
    this.enough(s);
    need(SLOTS.every((slot) => round.atOpening.has(slot)), 'attendance'); // R16
    need(!this.secret || round.cards, 'no_cards');
    need(!this.rules.ties.includes('lot') || SLOTS.every((slot) => round.commitments.has(slot)), 'lot_not_committed');
    if (round.number === 1) need(p.closes_at === this.poll.closes_at && now >= timeOf(this.poll.opens_at) && now < closes, 'not_poll_time');
    else need(closes > now && closes <= now + 14 * 86400, 'not_poll_time');
    const { number, ids } = this.electors();
    Object.assign(round, { openedAt: now, closesAt: closes, electors: number, ids });
    this.stage = 'polling';
  },

  // R15.
  ballot_cast(p, now, s) {
    const { round } = this, key = s.signatures[0]?.keyid ?? '';
    need(s.signatures.length === 1 && p.keys.length === 1 && p.keys[0] === key, 'ballot_keys');
    need(this.stage !== 'polling' || now < round.closesAt, 'polling_over');
    const elector = this.secret ? null : this.electorOf(key);
    need(this.secret ? round.cards?.has(key) : elector !== null, 'not_elector');
    need(!round.byKey.has(key) && (elector === null || !round.byElector.has(elector)), 'card_used');
    if (this.stage === 'opening') {
      const last = round.ballots[round.ballots.length - 1];
      need(last === undefined || s.hash > last.hash, 'ballot_order');
      need(round.ballots.length + 1 < round.close.box_count || boxRoot([...round.ballots.map((b) => b.hash), s.hash]) === round.close.box_root, 'ballot_order');
    }
    round.ballots.push({ hash: s.hash, pae: s.pae, key, elector, ratings: p.ratings, envelope: s.envelope });
    round.byKey.add(key);
    if (elector !== null) round.byElector.add(elector);
    if (this.stage === 'opening') this.boxIfWhole();
  },

  polling_closed(p, now, s) {
    const { round } = this;
    this.enough(s);
    need(SLOTS.every((slot) => round.atClosing.has(slot) || round.absent.has(slot)), 'attendance'); // R16
    const bytes = this.attachment(p.roll.sha256), roll = lines(bytes);
    need(bytes.length === p.roll.bytes && roll, 'bad_attachment');
    const order = roll.map((line) => hex(new TextEncoder().encode(line)));
    need(roll.length === p.taken && order.every((line, i) => i === 0 || line > /** @type {string} */ (order[i - 1])), 'bad_roll');
    need(this.secret || (roll.length === round.byElector.size && roll.every((id) => round.byElector.has(id))), 'bad_roll');
    need(roll.every((id) => (round.ids ? round.ids.has(id) : /^[1-9][0-9]{0,9}$/.test(id) && Number(id) <= round.electors)), 'bad_roll');
    need(now >= round.closesAt || (p.taken === round.electors && p.box_count === round.electors), 'closing_early');
    const hashes = round.ballots.map((b) => b.hash).sort();
    if (!this.secret) need(p.box_count === hashes.length && p.box_root === boxRoot(hashes), 'box_mismatch');
    else need(p.box_count > 0 || p.box_root === boxRoot([]), 'box_mismatch');
    const [unused, spoiled] = [p.unused, p.spoiled].map((list) => {
      if (list.count > 0) return this.keyList(list, true);
      need(list.sha256 === digest(new Uint8Array(0)), 'bad_attachment');
      return new Map();
    });
    const returned = [.../** @type {Map<string, Uint8Array>} */ (unused).keys(), .../** @type {Map<string, Uint8Array>} */ (spoiled).keys()];
    need(returned.every((id) => round.cards?.has(id)) && new Set(returned).size === returned.length, 'unknown_cards');
    Object.assign(round, { close: p, closedAt: now, returned: new Set(returned), counts: { unused: p.unused.count, spoiled: p.spoiled.count } });
    round.ballots.sort((a, b) => (a.hash < b.hash ? -1 : 1));
    this.stage = 'closed';
  },

  lot_revealed(p, now, s) {
    const { round } = this;
    this.ownSlot(p, s);
    need(!round.reveals.has(p.slot), 'duplicate');
    need(now <= round.closedAt + 60 * this.rules.limits.reveal_within_minutes, 'late_reveal');
    need(round.commitments.get(p.slot) === lotCommitment(this.origin, round.number, p.slot, p.reveal), 'bad_reveal');
    round.reveals.set(p.slot, p.reveal);
  },

  ballots_opened(p, now, s) {
    const { round } = this;
    this.enough(s);
    need(p.box_root === round.close.box_root, 'box_mismatch');
    need(!this.rules.ties.includes('lot') || [...round.commitments.keys()].every((slot) => round.reveals.has(slot)) || now > round.closedAt + 60 * this.rules.limits.reveal_within_minutes, 'reveals_pending');
    round.boxAt = now;
    this.stage = 'opening';
    this.boxIfWhole();
  },

  async ballots_signed(p, now, s) {
    const { round } = this, key = s.signatures[0]?.keyid ?? '';
    this.ownSlot(p, s);
    need(!round.signed.has(p.slot) && !round.unsigned.has(p.slot), 'slot_resolved');
    need(p.box_root === round.close.box_root, 'box_mismatch');
    const bytes = this.attachment(p.signatures.sha256);
    need(bytes.length === p.signatures.bytes && bytes.length === 64 * round.ballots.length, 'ballot_signatures');
    need(await this.holdAll(/** @type {Uint8Array} */ (this.keyOf(key)), round.ballots.map((b) => b.pae), bytes), 'ballot_signatures');
    round.signed.set(p.slot, { key, signatures: bytes });
    this.countIfReady(now);
  },

  objection(p, _now, s) {
    this.ownSlot(p, s);
    needText(p.text);
    this.objections.push({ ballot: p.ballot, slot: p.slot, text: p.text });
  },

  card_disputed(p, _now, s) {
    this.ownSlot(p, s);
    needText(p.text);
    need(this.round.cards?.has(p.card), 'unknown_cards');
    this.counts.cards_disputed++;
  },

  absence_attested(p, now, s, size) {
    const { round } = this, { sign_within_hours } = this.rules.limits;
    const [phase, absent, from] = /** @type {{[duty: string]: [string, Set<string>, number]}} */ ({
      closing: ['polling', round.absent, 0], ballots: ['opened', round.unsigned, round.boxAt],
      protocol: ['counted', new Set([...this.endings].filter(([, e]) => e.outcome === 'absent').map(([slot]) => slot)), this.countedAt],
    })[p.duty];
    need(phase === this.stage, 'wrong_phase');
    need(p.slots.length > 0 && inSlotOrder(p.slots), 'bad_payload');
    for (const slot of p.slots) {
      need(!absent.has(slot) && !(p.duty === 'closing' ? round.atClosing : p.duty === 'ballots' ? round.signed : this.endings).has(slot), 'slot_resolved');
      need(p.duty === 'closing' || round.absent.has(slot) || now > from + 3600 * sign_within_hours, 'not_absent');
    }
    const others = SLOTS.filter((slot) => !p.slots.includes(slot) && !absent.has(slot));
    need(this.signers(s.signatures).join() === others.join(), 'too_few_signers');
    this.enough(s);
    if (p.duty === 'protocol') this.freeze(size);
    for (const slot of p.slots) { if (p.duty === 'protocol') this.endings.set(slot, { outcome: 'absent' }); else absent.add(slot); }
    if (p.duty === 'ballots') this.countIfReady(now);
  },

  lot_drawn(p, now, s) {
    this.enough(s);
    needText(p.record);
    this.round.drawn = null;
    const tied = tiedNow(this);
    need([...p.order].sort().join() === tied.join(), 'bad_lot');
    this.round.drawn = p.order;
    this.goOn(now);
  },

  protocol_signed(p, _now, s, size) { return this.endSlot(p, s, size, 'signed', p.signature); },

  protocol_refused(p, _now, s, size) { needText(p.reason); return this.endSlot(p, s, size, 'refusing'); },

  protocol_dissented(p, _now, s, size) { needText(p.text); return this.endSlot(p, s, size, 'dissenting', p.signature); },

  certification(p, _now, s) {
    this.enough(s);
    need(this.frozen, 'slots_open');
    need(digest(this.frozen) === p.protocol, 'wrong_protocol');
    need(SLOTS.every((slot) => this.endings.has(slot)), 'slots_open');
    const outcomes = SLOTS.map((slot) => this.endings.get(slot)?.outcome);
    need(outcomes.filter((o) => o === 'signed' || o === 'dissenting').length >= this.rules.min_signatures, 'protocol_unsigned');
    need(p.slots.length === 4 && SLOTS.every((slot, i) => p.slots[i].slot === slot && p.slots[i].outcome === outcomes[i]), 'slot_outcomes');
    need(dayOf(p.term_end) === addMonths(dayOf(p.term_start), 12 * this.rules.term_years), 'bad_term'); // R5
    this.stage = 'certified';
  },
};

/** The tied of the last round alone. @param {Replay} replay */
function tiedNow(replay) {
  const alone = settle({ ...replay.rules, ties: ['repeat_vote'] }, replay.origin, [replay.round]);
  return alone.next === 'repeat' ? alone.tie.tied : [];
}

/** REPLAY section 7: whether a rule set can be announced. @param {RuleSet} r */
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

/** All openings that the candidate lists of a record give, and disclosed ones (REPLAY section 5).
 * @param {string} origin @param {Statement[]} statements @param {Map<string, Uint8Array>} attachments @param {any[]} disclosed @returns {Openings} */
export function gatherOpenings(origin, statements, attachments, disclosed) {
  /** @type {Openings} */
  const openings = new Map();
  const subjects = new Map(statements.filter((s) => s.kind === 'nomination').map((s) => [s.hash, keyIdOf(s.payload.association.key)]));
  for (const s of statements.filter((each) => each.kind === 'candidate_list')) {
    const file = /** @type {any} */ (parseCanonical(attachments.get(s.payload.list.sha256) ?? new Uint8Array(0)));
    if (!listFile(file)) continue;
    for (const c of file.candidates) {
      const subject = subjects.get(c.nomination);
      if (subject === undefined) continue;
      for (const field of ['name', 'association', 'organisations']) {
        openings.set(commitment(origin, field, subject, /** @type {Uint8Array} */ (unhex(c[field].salt)), c[field].value), { value: c[field].value });
      }
    }
  }
  for (const o of disclosed) openings.set(commitment(origin, o.field, o.subject, /** @type {Uint8Array} */ (unhex(o.salt)), o.value), { value: o.value });
  return openings;
}
