// Who may be a candidate, as far as anybody outside can know (REPLAY sections 5 and 6). What is not known is not asked.

import { unhex } from './bytes.mjs';
import { dayOf, parseDay } from './calendar.mjs';
import { keyIdOf } from './ed25519.mjs';
import { parseCanonical } from './json.mjs';
import { FIELDS, fields, listFile, organisationList } from './schema.mjs';
import { commitment } from './statement.mjs';

/** @typedef {import('./replay.mjs').Nomination} Nomination */
/** @typedef {import('./replay.mjs').RuleSet} RuleSet */
/** @typedef {{form: string, name: string, number: string, state_body: boolean, state_founder: boolean}} Organisation */
/** @typedef {Map<string, {value: any}>} Openings by commitment */

/** Full mapping of each code point by itself: final sigma must not look at its neighbours. @param {string} text */
export const fold = (text) => Array.from(text.normalize('NFC'), (c) => c.toLowerCase()).join('').normalize('NFC')
  .split(/[\p{White_Space}]+/u).filter((part) => part !== '').join(' ');

/** @param {Organisation[]} list */
export const numbers = (list) => new Set(list.map((o) => fold(o.number)).filter((n) => n !== ''));
/** @param {Set<string>} a @param {Set<string>} b */
export const sameNumbers = (a, b) => a.size === b.size && [...a].every((n) => b.has(n));

/** R8: organisations that count, by registration number, and whether one has a state founder. @param {Organisation[]} list */
export function counting(list) {
  const good = list.filter((o) => (o.form === 'public_association' || o.form === 'foundation' ? !o.state_body
    : o.form === 'institution' && !o.state_body && !o.state_founder));
  return { count: numbers(good).size, doubtful: good.some((o) => o.state_founder) };
}

/** The value behind a field's commitment, if it is known. @param {Openings} openings @param {Nomination} nomination @param {string} field */
const known = (openings, nomination, field) => openings.get(nomination.fields[field] ?? '')?.value;
/** @param {Openings} openings @param {Nomination} nomination @returns {Organisation[] | undefined} */
function knownOrganisations(openings, nomination) {
  const list = known(openings, nomination, 'organisations');
  return organisationList(list) ? list : undefined;
}

/** R7: whether two nominations are of one association; undefined where nobody knows. @param {Openings} openings @param {Nomination} a @param {Nomination} b */
export function oneAssociation(openings, a, b) {
  const names = [a, b].map((n) => known(openings, n, 'association')), lists = [a, b].map((n) => knownOrganisations(openings, n));
  if (names.some((n) => typeof n !== 'string') || !lists[0] || !lists[1]) return undefined;
  const [x, y] = [numbers(lists[0]), numbers(lists[1])];
  return fold(names[0]) === fold(names[1]) || (x.size > 0 && sameNumbers(x, y));
}

/** Nominations that contest something: live, and with the association's letter (R18). @param {Iterable<Nomination>} all @param {Nomination} but */
export const rivals = (all, but) => [...all].filter((n) => n !== but && !n.withdrawn && n.contest === null && n.fields.letter !== undefined);

/** What the facts say about every rule that is screened: `met`, `not_met`, `flagged` or `undisclosed`.
 * @param {RuleSet} rules @param {number} lastDay @param {Openings} openings @param {Nomination} nomination @param {Iterable<Nomination>} all */
export function assess({ eligibility: e }, lastDay, openings, nomination, all) {
  /** @param {string} field @param {(value: any) => boolean} type @param {(value: any) => string} judge */
  const on = (field, type, judge) => { const value = known(openings, nomination, field); return type(value) ? judge(value) : 'undisclosed'; };
  /** @param {boolean} holds */
  const met = (holds) => (holds ? 'met' : 'not_met');
  const flag = (/** @type {unknown} */ v) => typeof v === 'boolean';
  /** @type {{[rule: string]: string}} */
  const out = {
    R8: 'undisclosed',
    R9: on('citizenship', fields({ capable: flag, citizen: flag }), (v) => met(v.citizen && v.capable)),
    R10: on('birth_date', (v) => parseDay(v) !== null, (v) => met(dayOf(v) <= lastDay && age(v, lastDay) >= e.min_age_years)),
    R11: on('conviction', fields({ convicted: flag, expunged: flag }), (v) => (!v.convicted ? 'met' : v.expunged && e.expunged_conviction === 'flag' ? 'flagged' : 'not_met')),
    R12: on('education', flag, met),
    R13: on('experience', (v) => typeof v === 'string', (v) => met(/\P{White_Space}/u.test(v))),
    R14: on('service', flag, (v) => met(!v)),
    R18: met(nomination.fields.letter !== undefined),
    R19: met(nomination.fields.application !== undefined),
    R20: met(nomination.fields.resume !== undefined),
    R21: 'met',
  };
  const list = knownOrganisations(openings, nomination);
  if (list) {
    const { count, doubtful } = counting(list), mine = numbers(list);
    const elsewhere = rivals(all, nomination).some((other) => oneAssociation(openings, nomination, other) !== true
      && [...numbers(knownOrganisations(openings, other) ?? [])].some((n) => mine.has(n)));
    if (count < e.min_organisations) out.R8 = 'not_met';
    else if (elsewhere) out.R8 = e.organisation_in_many_associations === 'flag' ? 'flagged' : 'not_met';
    else out.R8 = doubtful ? 'flagged' : 'met';
  }
  return out;
}

/** R10: years on a day; born 29 February counts from 1 March in common years. @param {string} born @param {number} day */
function age(born, day) {
  const on = new Date(day * 86400000).toISOString().slice(0, 10);
  return Number(on.slice(0, 4)) - Number(born.slice(0, 4)) - (on.slice(5) < born.slice(5) ? 1 : 0);
}

/** R18-R20: the rules about papers. */
export const DOCUMENTS = ['R18', 'R19', 'R20'];

/** Whether a computed assessment leaves the secretariat no choice. @param {string} rule @param {RuleSet} rules @param {Openings} openings @param {Nomination} nomination @param {Iterable<Nomination>} all @param {string} assessed */
export function firm(rule, rules, openings, nomination, all, assessed) {
  // What was not sent is missing; whether what was sent is the right paper, a person judges.
  if (DOCUMENTS.includes(rule)) return assessed === 'not_met';
  if (!['R8', 'R10', 'R21'].includes(rule) || (assessed !== 'met' && assessed !== 'not_met')) return false;
  if (rule !== 'R8') return true;
  const few = counting(knownOrganisations(openings, nomination) ?? []).count < rules.eligibility.min_organisations;
  return few || rivals(all, nomination).every((other) => oneAssociation(openings, nomination, other) !== undefined);
}

/** Fields that every nomination has. @param {{[field: string]: string}} names */
export const hasFacts = (names) => FIELDS.every((field) => names[field] !== undefined);

/** All openings that the candidate lists of a record give, and disclosed ones (REPLAY section 5).
 * @param {string} origin @param {import('./statement.mjs').Statement[]} statements @param {Map<string, Uint8Array>} attachments @param {any[]} disclosed @returns {Openings} */
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
