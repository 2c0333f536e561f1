// The state of a competition and what is asked of every statement (REPLAY sections 1 to 3); acts.mjs has the kinds.
// The first condition that does not hold is thrown as a Refusal. Rule numbers (R7 ..) are those of RULES.

import { ACTS } from './acts.mjs';
import { digest, fromBase64, hex } from './bytes.mjs';
import { dayAt, dayOf, end, later, start, timeOf } from './calendar.mjs';
import { badKeys, keyId, keyIdOf, verify } from './ed25519.mjs';
import { canonicalBytes } from './json.mjs';
import { protocol, protocolPae } from './protocol.mjs';
import { PHASES, SLOTS, keyBytes } from './schema.mjs';
import { Refusal, inSlotOrder, need, needText, possession } from './statement.mjs';
import { count, finish, settle } from './tally.mjs';

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
/** @typedef {{origin: string, organisers: Map<string, Uint8Array>, log: string, attachments: Map<string, Uint8Array>, openings: Openings, tree: import('./tree.mjs').Tree}} Given */

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

  get round() { return this.rounds[this.rounds.length - 1]; }
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
    if (this.stage === 'new') need(s.kind === 'announcement', 'no_competition');
    else {
      if (s.kind === 'ballot_cast' && this.secret) need(this.stage !== 'polling', 'ballot_order');
      this.askAll(s, now, size);
    }
    await ACTS[s.kind].call(this, p, now, s, size);
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
    const taken = PHASES_OF[kind];
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
  holds(_keyid, key, message, sig) { return verify(key, message, fromBase64(sig)); }

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
    need(await verify(/** @type {Uint8Array} */ (keyBytes(key)), possession(this.origin, key, role), fromBase64(sig)), 'bad_possession');
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
    need(day >= later(lastDay, poll_min_days) && day <= later(lastDay, poll_max_days) && opens >= start(day) && opens < closes && closes <= end(day), 'poll_day');
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
    need(ids.length === n && (!sorted || ids.every((id, i) => i === 0 || id > ids[i - 1])), 'bad_attachment');
    return keys;
  }
  /** @param {string} _sha256 @param {Uint8Array[]} raw */
  sound(_sha256, raw) { return badKeys(raw).length === 0; }

  // ---- parts of acts ------------------------------------------------------------------------------------------------------

  /** When a nomination was last decided: by a contest, or by screening. @param {Nomination} n */
  decidedAt(n) { return n.contest ?? n.decision?.at ?? null; }

  /** @param {number} at */
  windowEnd(at) { return end(later(dayAt(at), this.rules.calendar.appeal_days)); }

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
    const ids = kind === 'counting_commission' ? SLOTS : this.rounds[0].paper.filter((id) => !this.barred.has(id));
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

  /** The next round, of these candidates for so many seats. @param {string[]} paper @param {number} seats */
  beginRound(paper, seats) {
    this.rounds.push({
      number: this.rounds.length + 1, paper, seats, struck: new Set(paper.filter((id) => this.barred.has(id))), barred: new Set(), cards: null,
      commitments: new Map(), reveals: new Map(), atOpening: new Set(), atClosing: new Set(), absent: new Set(), openedAt: 0, closesAt: 0, closedAt: 0, boxAt: 0,
      close: null, electors: 0, ids: null, ballots: [], byKey: new Set(), byElector: new Set(), returned: new Set(), counts: { unused: 0, spoiled: 0 },
      signed: new Map(), unsigned: new Set(), count: null, drawn: null,
    });
    this.stage = 'listed';
  }

  /** @param {number} now */
  goOn(now) {
    const step = settle(this.rules, this.origin, this.rounds);
    if (step.next === 'repeat') this.beginRound(step.tie.tied, step.tie.left);
    else if (step.next === 'tied') this.stage = 'tied';
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
