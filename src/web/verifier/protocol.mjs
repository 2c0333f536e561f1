// The protocol, the result and every other file that follows from the ledger (REPLAY section 9, FORMATS sections 11 and 12).

import { base64, utf8 } from './bytes.mjs';
import { canonical, canonicalBytes } from './json.mjs';
import { SLOTS } from './schema.mjs';
import { pae } from './statement.mjs';

/** @typedef {import('./replay.mjs').Replay} Replay */
/** @typedef {import('./replay.mjs').Round} Round */

const TYPE = 'application/vnd.esep.protocol.v1+json';
/** What members sign besides their statement. @param {Uint8Array} bytes */
export const protocolPae = (bytes) => pae(TYPE, bytes);
/** @param {number} time */
const spellTime = (time) => new Date(time * 1000).toISOString().replace('.000', '');

/** Reconciliation C1 to C6 of a counted round. @param {Replay} replay @param {Round} round */
export function reconcile({ rules }, round) {
  const { totals, valid, invalid } = /** @type {import('./tally.mjs').Count} */ (round.count), { min, max } = rules.vote.scale;
  const prepared = round.cards?.size ?? 0, cast = round.ballots.length, { taken } = round.close, { unused, spoiled } = round.counts;
  const checks = {
    C1: taken <= round.electors,
    C2: prepared === 0 || (!round.ballots.some((b) => round.returned.has(b.key)) && cast + unused + spoiled + Math.max(taken - cast, 0) === prepared),
    C3: cast <= taken,
    C4: cast === valid + invalid.length,
    C5: totals.every((t) => min * t.rated <= t.total && t.total <= max * t.rated),
    C6: totals.every((t) => t.rated <= valid),
  };
  const failed = Object.entries(checks).filter(([, holds]) => !holds).map(([name]) => name);
  return { prepared, taken, cast, unused, spoiled, valid, invalid: invalid.length, failed };
}

/** @param {Replay} replay @param {{root: string, size: number}} ledger */
export function protocol(replay, ledger) {
  const nominations = [...replay.nominations.values()], listed = new Set(replay.list?.map((c) => c.nomination));
  const withdrawn = nominations.filter((n) => n.withdrawn && !listed.has(n.hash)).length;
  return {
    competition: replay.origin, rehearsal: replay.announced.rehearsal, rules: replay.rulesDigest, candidates: replay.listDigest, place: replay.poll.place, ledger,
    rounds: replay.rounds.map((round) => ({
      round: round.number, seats: round.seats, opened_at: spellTime(round.openedAt), closed_at: spellTime(round.closedAt), electors: round.electors,
      reconciliation: reconcile(replay, round), totals: round.count?.totals, struck: round.paper.filter((id) => round.struck.has(id)), invalid: round.count?.invalid,
    })),
    result: replay.result, objections: replay.objections,
    counts: { ...replay.counts, nominations: nominations.length, withdrawn, admitted: listed.size, refused: nominations.length - withdrawn - listed.size },
    slots: replay.members.map(({ slot, body, person, key }) => ({ slot, body, person, key })),
  };
}

/** The seven derived files; null where nothing calls for one. @param {Replay} replay @param {import('./statement.mjs').Envelope} first @param {number} size
 * @returns {Map<string, Uint8Array | null>} */
export function derivedFiles(replay, first, size) {
  const bytes = replay.result ? replay.protocolAt(size) : null;
  const signatures = SLOTS.flatMap((slot) => { const e = replay.endings.get(slot); return e?.sig ? [{ keyid: e.key, sig: e.sig }] : []; });
  return new Map([
    ['announcement.dsse.json', canonicalBytes(first)],
    ['rules.json', canonicalBytes(replay.rules)],
    ['candidates.json', replay.listDigest === undefined ? null : replay.given.attachments.get(replay.listDigest) ?? null],
    ['ballots.jsonl', replay.rounds.some((r) => r.close) ? utf8(replay.rounds.map((r) => ballotLines(replay, r)).join('')) : null],
    ['protocol.json', bytes],
    ['protocol.dsse.json', bytes && canonicalBytes({ payload: base64(bytes), payloadType: TYPE, signatures })],
    ['result.json', replay.result ? canonicalBytes(replay.result) : null],
  ]);
}

/** One envelope a line, in box order: the elector's signature, then the members' in slot order. @param {Replay} _replay @param {Round} round */
function ballotLines(_replay, round) {
  if (!round.close) return '';
  const signed = SLOTS.flatMap((slot) => round.signed.get(slot) ?? []);
  return round.ballots.map(({ envelope }, i) => canonical({
    ...envelope,
    signatures: [...envelope.signatures, ...signed.map(({ key, signatures }) => ({ keyid: key, sig: base64(signatures.subarray(64 * i, 64 * i + 64)) }))],
  }) + '\n').join('');
}
