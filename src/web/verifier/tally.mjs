// The count (FORMATS section 10, REPLAY section 8): ballots to totals, totals to an outcome, ties, lots, the result.
// Integers and exact fractions only. Nobody is ever chosen by list order, name or id.

import { digest, hex, sha256, unhex, utf8 } from './bytes.mjs';
import { canonicalBytes } from './json.mjs';

/** @typedef {{candidate: string, total: number, rated: number, distribution: number[]}} Total */
/** @typedef {{totals: Total[], valid: number, invalid: {ballot: number, reason: string}[]}} Count */
/** @typedef {{ratings: {[id: string]: number}, returned: boolean, own: string | null}} Read a ballot as it is read at the count */
/** @typedef {import('./replay.mjs').Round} Round */
/** @typedef {import('./replay.mjs').RuleSet} RuleSet */
/** @typedef {{candidate: string, rank: number}} Placed */
/** @typedef {Placed & {by: string}} Elected */
/** @typedef {{tied: string[], left: number}} Tie */
/** @typedef {{elected: Elected[], reserve: Placed[], unfilled: number, tie: Tie | null}} Outcome */
/** @typedef {{round: number, tied: string[], seats_left: number, rule?: string, seed?: string, order?: string[]}} TieEvent */

/** A ballot is valid as a whole or not at all. Returns the words of the protocol, or null.
 * @param {RuleSet} rules @param {string[]} paper @param {Read} ballot */
function whyInvalid(rules, paper, { ratings, returned, own }) {
  const { scale, min_rated, max_rated, self_rating } = rules.vote;
  if (returned) return 'the card was returned as unused or spoiled';
  const stranger = Object.keys(ratings).sort().find((id) => !paper.includes(id));
  if (stranger !== undefined) return `R15: ${stranger} is not on the ballot paper`;
  if (own !== null && self_rating === 'voids' && Object.hasOwn(ratings, own)) return 'R15: the elector rates himself';
  let rated = 0;
  for (const [place, id] of paper.entries()) {
    const rating = marks(rules, ratings, own, id);
    if (rating === undefined) continue;
    rated++;
    if (rating >= scale.min && rating <= scale.max) continue;
    return `R15: rating ${Math.max(-32767, Math.min(32767, rating))} of candidate ${place + 1} of the paper is outside the scale`;
  }
  const least = Math.min(min_rated, paper.length);
  if (rated < least) return `R15: ${rated} rated, at least ${least} needed`;
  if (max_rated !== undefined && rated > max_rated) return `R15: ${rated} rated, at most ${max_rated} allowed`;
  return null;
}

/** @param {RuleSet} rules @param {{[id: string]: number}} ratings @param {string | null} own @param {string} id */
function marks(rules, ratings, own, id) {
  if (id === own && rules.vote.self_rating === 'ignored') return undefined;
  return Object.hasOwn(ratings, id) ? ratings[id] : undefined;
}

/** @param {RuleSet} rules @param {string[]} paper @param {Set<string>} struck @param {Read[]} ballots @returns {Count} */
export function count(rules, paper, struck, ballots) {
  const { min, max } = rules.vote.scale;
  const totals = paper.map((candidate) => ({ candidate, total: 0, rated: 0, distribution: Array(max - min + 1).fill(0) }));
  const invalid = [];
  for (const [i, ballot] of ballots.entries()) {
    const reason = whyInvalid(rules, paper, ballot);
    if (reason !== null) { invalid.push({ ballot: i + 1, reason }); continue; }
    for (const total of totals) {
      const rating = struck.has(total.candidate) ? undefined : marks(rules, ballot.ratings, ballot.own, total.candidate);
      if (rating === undefined) continue;
      total.total += rating;
      total.rated++;
      total.distribution[rating - min]++;
    }
  }
  return { totals, valid: ballots.length - invalid.length, invalid };
}

/** An exact fraction; the divisor is positive. @typedef {{total: bigint, divisor: bigint, rated: bigint, candidate: string}} Value */

/** @param {RuleSet} rules @param {number} valid @param {Total} total @returns {Value} */
function value(rules, valid, { candidate, total, rated }) {
  const divisor = rules.vote.aggregate.kind === 'sum' ? 1 : rules.vote.blank === 'skip' ? rated : valid;
  return { candidate, total: BigInt(total), divisor: BigInt(divisor || 1), rated: BigInt(rated) };
}
/** Greater first. @param {Value} a @param {Value} b */
const compare = (a, b) => { const d = b.total * a.divisor - a.total * b.divisor; return d > 0n ? 1 : d < 0n ? -1 : 0; };

/** @param {RuleSet} rules @param {{total: bigint, divisor: bigint, rated: bigint}} v */
function electable({ vote }, v) {
  if (vote.aggregate.kind === 'mean' && v.rated < BigInt(vote.aggregate.quorum)) return false;
  return vote.pass_mark === undefined || v.total >= BigInt(vote.pass_mark) * v.divisor;
}

/** Those in question, best first: neither struck nor barred when the round was counted. @param {RuleSet} rules @param {Round} round */
function inQuestion(rules, round) {
  const { totals, valid } = /** @type {Count} */ (round.count);
  const values = totals.filter((t) => !round.struck.has(t.candidate) && !round.barred.has(t.candidate)).map((t) => value(rules, valid, t));
  const order = values.filter((v) => electable(rules, v)).sort((a, b) => compare(a, b) || (a.candidate < b.candidate ? -1 : 1));
  return { values, order };
}

/** What a round alone comes to. @param {RuleSet} rules @param {Round} round @returns {Outcome} */
export function outcome(rules, round) {
  const { order } = inQuestion(rules, round);
  const seats = Math.min(round.seats, order.length), last = order[seats - 1], next = order[seats];
  const placed = order.map((v) => ({ candidate: v.candidate, rank: 1 + order.filter((o) => compare(o, v) < 0).length, v }));
  /** @param {(v: Value, i: number) => boolean} wanted */
  const those = (wanted) => placed.filter(({ v }, i) => wanted(v, i)).map(({ candidate, rank }) => ({ candidate, rank }));
  const by = round.number === 1 ? 'vote' : 'repeat_vote';
  if (last && next && compare(last, next) === 0) {
    const elected = those((v) => compare(v, last) < 0), tied = those((v) => compare(v, last) === 0);
    return {
      elected: elected.map((e) => ({ ...e, by })), reserve: those((v) => compare(v, last) > 0), unfilled: 0,
      tie: { tied: tied.map((t) => t.candidate), left: seats - elected.length },
    };
  }
  return { elected: those((_, i) => i < seats).map((e) => ({ ...e, by })), reserve: those((_, i) => i >= seats), unfilled: round.seats - seats, tie: null };
}

/** `esep-lot-v1`. @param {string} origin @param {Round} round @param {string[]} tied */
export function lot(origin, round, tied) {
  const seed = sha256(canonicalBytes({
    box_root: round.close?.box_root, competition: origin, reveals: Object.fromEntries(round.reveals), round: round.number, rule: 'esep-lot-v1',
  }));
  const keyed = tied.map((id) => ({ id, at: digest(seed, utf8(id)) }));
  return { seed: hex(seed), order: keyed.sort((a, b) => (a.at < b.at ? -1 : 1)).map((k) => k.id) };
}

/** A member's commitment to 32 bytes. @param {string} origin @param {number} round @param {string} slot @param {string} reveal */
export const lotCommitment = (origin, round, slot, reveal) =>
  digest(utf8(`esep-lot-v1\n${origin}\n${round}\n${slot}\n`), /** @type {Uint8Array} */ (unhex(reveal)));

/** Goes through the list of tie rules, from round 1 on. Either a repeat vote begins, or a drawing is awaited, or all is settled.
 * @param {RuleSet} rules @param {string} origin @param {Round[]} rounds
 * @returns {{next: 'repeat', tie: Tie} | {next: 'tied'} | {next: 'result', outcome: Outcome, events: TieEvent[]}} */
export function settle(rules, origin, rounds) {
  let round = rounds[0];
  const whole = outcome(rules, round);
  /** @type {TieEvent[]} */
  const events = [];
  for (let step = 0; whole.tie !== null; step++) {
    const { tied, left } = whole.tie, above = whole.elected.length;
    let rule = rules.ties[step];
    const event = /** @type {TieEvent} */ ({ round: round.number, tied, seats_left: left });
    if (rule === 'repeat_vote') {
      const repeat = rounds[round.number];
      if (repeat === undefined) return { next: 'repeat', tie: whole.tie };
      const own = outcome(rules, repeat);
      for (const placed of [...own.elected, ...own.reserve]) placed.rank += above;
      whole.elected.push(...own.elected);
      whole.reserve.unshift(...own.reserve);
      whole.unfilled = own.unfilled;
      whole.tie = own.tie;
      events.push({ ...event, rule });
      round = repeat;
      continue;
    }
    whole.tie = null;
    /** @type {string[]} */
    let order = [];
    if (rule === undefined) whole.unfilled = left;
    else {
      if (rule === 'lot' && round.reveals.size > 0) {
        const drawn = lot(origin, round, tied);
        order = event.order = drawn.order;
        event.seed = drawn.seed;
      } else {
        rule = 'by_hand';
        if (round.drawn === null) return { next: 'tied' };
        order = event.order = round.drawn;
      }
      event.rule = rule;
    }
    const chosen = order.slice(0, left).sort(), rank = above + 1, by = rule ?? '';
    whole.elected.push(...chosen.map((candidate) => ({ candidate, rank, by })));
    whole.reserve.unshift(...tied.filter((id) => !chosen.includes(id)).map((candidate) => ({ candidate, rank })));
    events.push(event);
  }
  return { next: 'result', outcome: whole, events };
}

/** Who is elected once no tie is left: those who withdrew leave, the next in order follow, a shared rank fills no seat.
 * @param {RuleSet} rules @param {Round[]} rounds @param {Outcome} whole @param {TieEvent[]} events @param {Set<string>} barred */
export function finish(rules, rounds, whole, events, barred) {
  const last = rounds[rounds.length - 1];
  let { unfilled } = whole, vacant = 0;
  if (last.number > 1) {
    vacant = Math.min(unfilled, Math.max(0, last.seats - last.paper.filter((id) => !last.barred.has(id)).length));
    unfilled -= vacant;
  }
  vacant += whole.elected.filter((e) => barred.has(e.candidate)).length;
  const elected = whole.elected.filter((e) => !barred.has(e.candidate));
  const reserve = whole.reserve.filter((p) => !barred.has(p.candidate));
  for (; vacant > 0; vacant--) {
    const [first, second] = reserve;
    if (first && first.rank !== second?.rank) elected.push({ .../** @type {Placed} */ (reserve.shift()), by: 'succession' });
    else unfilled++;
  }
  return { elected, unfilled, reserve: rules.reserve ? reserve : [], ties: events, last_seat: lastSeat(rules, rounds[0]) };
}

/** @param {bigint} a @param {bigint} b b > 0 */
const divideUp = (a, b) => (a > 0n ? (a + b - 1n) / b : a / b);
/** @param {bigint[]} all */
const most = (...all) => all.reduce((a, b) => (b > a ? b : a));

/** How close the last seat was, by the first round's ballots. @param {RuleSet} rules @param {Round} round */
function lastSeat(rules, round) {
  const { vote, electorate } = rules;
  const { values, order } = inQuestion(rules, round);
  if (round.seats === 0 || round.seats >= order.length) return undefined;
  const inside = order.slice(0, round.seats), a = inside[round.seats - 1], b = order[round.seats];
  const outside = values.filter((v) => !inside.includes(v));
  /** @param {Value[]} list @param {Value} like */
  const ids = (list, like) => values.filter((v) => list.includes(v) && compare(v, like) === 0).map((v) => v.candidate);
  const tie = compare(a, b) === 0, same = a.divisor === b.divisor;
  const own = vote.aggregate.kind === 'mean' && vote.blank === 'skip';
  const low = BigInt(own ? vote.scale.min : Math.min(vote.scale.min, 0)), high = BigInt(own ? vote.scale.max : Math.max(vote.scale.max, 0));
  const span = high - low, quorum = vote.aggregate.kind === 'mean' ? BigInt(vote.aggregate.quorum) : null;
  const pass = vote.pass_mark === undefined ? null : BigInt(vote.pass_mark);

  const needed = [];
  for (const e of inside) {
    if (quorum !== null) needed.push(e.rated - quorum + 1n);
    for (const o of outside) {
      const d = own ? o.rated : o.divisor;
      needed.push(most(
        0n, divideUp(e.total * d - o.total * e.divisor, span * (e.divisor + d)),
        quorum === null ? 0n : quorum - o.rated, pass === null ? 0n : divideUp(pass * d - o.total, span),
      ));
    }
  }
  const least = needed.reduce((x, y) => (y < x ? y : x));
  const one = own ? 1n : 0n;
  const matters = vote.self_rating === 'allowed' && electorate.kind === 'candidates' && inside.some((e) => {
    const less = { ...e, total: e.total - high, divisor: e.divisor - one, rated: e.rated > 0n ? e.rated - 1n : 0n };
    if (less.divisor === 0n || !electable(rules, less)) return true;
    return outside.some((o) => {
      let more = { ...o, total: o.total - low, divisor: o.divisor - one };
      if (more.divisor === 0n || compare(o, more) < 0) more = o;
      return electable(rules, more) && compare(more, less) <= 0;
    });
  });
  return {
    last_elected: ids(tie ? order : inside, a), first_not_elected: ids(tie ? order : order.slice(round.seats), b),
    margin: Number(same ? a.total - b.total : a.total * b.divisor - b.total * a.divisor), margin_divisor: Number(same ? a.divisor : a.divisor * b.divisor),
    ballots_at_least: least > BigInt(/** @type {Count} */ (round.count).valid) ? undefined : Number(least),
    self_rating_matters: matters,
  };
}
