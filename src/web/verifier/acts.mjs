// Every kind of statement (REPLAY section 4): its conditions in the order of the page, then what the state becomes.
// A condition that does not hold is thrown as a Refusal; the state changes only after the last one. R numbers are those of RULES.

import { digest, hex, unhex } from './bytes.mjs';
import { addMonths, dayAt, dayOf, start, timeOf, workingDay } from './calendar.mjs';
import { keyId, keyIdOf, testKeys } from './ed25519.mjs';
import { DOCUMENTS, assess, counting, firm, fold, hasFacts, numbers, oneAssociation, sameNumbers } from './eligibility.mjs';
import { canonicalBytes, parseCanonical } from './json.mjs';
import { SCREENED, SLOTS, decisionType, keyBytes, listFile, organisationList, ruleSetIsGood } from './schema.mjs';
import { commitment, inSlotOrder, lines, need, needText } from './statement.mjs';
import { lotCommitment, settle } from './tally.mjs';
import { Tree, leafHash } from './tree.mjs';

/** @typedef {import('./replay.mjs').Replay} Replay */
/** @typedef {import('./replay.mjs').Round} Round */
/** @typedef {import('./replay.mjs').Nomination} Nomination */
/** @typedef {import('./statement.mjs').Statement} Statement */

/** @param {string[]} hashes */
const boxRoot = (hashes) => hex(new Tree(hashes.map((h) => leafHash(/** @type {Uint8Array} */ (unhex(h))))).root());

/** The tied of the last round alone. @param {Replay} replay */
function tiedNow(replay) {
  const alone = settle({ ...replay.rules, ties: ['repeat_vote'] }, replay.origin, [replay.round]);
  return alone.next === 'repeat' ? alone.tie.tied : [];
}

/** REPLAY section 4, kind by kind. @type {{[kind: string]: (this: Replay, p: any, now: number, s: Statement, size: number) => void | Promise<void>}} */
export const ACTS = {
  async announcement(p, now, s) {
    const rules = p.rule_set, { organisers, log } = this.given;
    need(p.competition === this.origin, 'wrong_competition');
    need(['rules', 'candidates', 'round', 'head', 'phase', 'not_after'].every((f) => p[f] === undefined), 'bad_payload');
    need(s.signatures.length === 1 && organisers.has(s.signatures[0].keyid), 'wrong_role');
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
  },

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
    if (mine.length > 0 && !this.retired.has(key)) await this.possessed(p.association, 'association'); else await this.enrollable(p.association, 'association');
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
      const { finding, reason } = opening.value, computed = assessed[rule] ?? '';
      const bound = firm(rule, this.rules, openings, n, this.nominations.values(), computed);
      // A document that was sent is refused as unfit or not at all.
      const said = bound ? finding === computed : !DOCUMENTS.includes(rule) || finding !== 'not_met' || reason === 'document_unfit';
      need(finding !== 'undisclosed' && said, 'contradicts_facts');
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
    need(hashes.length >= 2 && hashes.every((h, i) => i === 0 || h > hashes[i - 1]) && hashes.includes(p.stands), 'no_contest');
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
      need(typeof c.name.value === 'string' && typeof c.association.value === 'string' && organisationList(c.organisations.value), 'bad_opening');
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
    this.beginRound(this.list.map((c) => c.id), this.rules.seats);
    if (this.list.length < 2) this.stage = 'failed';
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
    need(roll.length === p.taken && order.every((line, i) => i === 0 || line > order[i - 1]), 'bad_roll');
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
