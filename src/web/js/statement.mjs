// Statements: the header that the present state asks for, and the envelope that is signed. docs/FORMATS.md, section 3.

import { hex, random } from "./base.mjs";
import { canonicalBytes } from "./canonical.mjs";
import { envelope } from "./dsse.mjs";

/** @typedef {import("./api.mjs").View} View */

/** The payload type of a kind. @param {string} kind */
export function typeOf(kind) {
  return `application/vnd.esep.${kind}.v1+json`;
}

/** Header of an act of one author. @param {View} view */
export function header(view) {
  return {
    competition: view.origin,
    nonce: hex(random(16)),
    rules: view.rules,
    candidates: view.candidates,
    round: view.round,
  };
}

/** Header of an act of several members: names head and phase, and until when it is taken. @param {View} view @param {number} hours */
export function sharedHeader(view, hours) {
  const until = new Date(Date.parse(view.now) + hours * 3_600_000);
  return {
    ...header(view),
    head: view.head,
    phase: view.phase,
    not_after: `${until.toISOString().slice(0, 19)}Z`,
  };
}

/**
 * An unsigned statement.
 * @param {string} kind
 * @param {object} head
 * @param {object} act
 */
export function statement(kind, head, act) {
  return envelope(typeOf(kind), canonicalBytes({ ...head, ...act }));
}
