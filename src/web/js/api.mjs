// The office's API as pages use it. A problem document becomes a `Refused` whose words are in `refusals.ftl`.

import { utf8 } from "./base.mjs";
import { sign } from "./dsse.mjs";

/** @typedef {import("./dsse.mjs").Envelope} Envelope */
/** @typedef {import("./keys.mjs").Key} Key */
/** @typedef {{hash: string, seq?: number, receipt: string, created: boolean}} Accepted `created` is false for a repeat */
/**
 * @typedef {object} View
 * @property {string} id
 * @property {string} origin
 * @property {string} phase
 * @property {string} now
 * @property {number} [round]
 * @property {string} rules
 * @property {string} [candidates]
 * @property {string[]} [paper]
 * @property {{root: string, size: number}} head
 * @property {{slot: string, body: string, person: string, key: string, keyid: string}[]} counting_members
 * @property {string} log_vkey
 */

/** What the office, the door or the rules said no with; `code` names the messages `code-<code>` and its `.next`. */
export class Refused extends Error {
  /** @param {number} status @param {any} problem */
  constructor(status, problem) {
    super(problem?.code ?? "fault");
    this.status = status;
    /** @type {string} */
    this.code = problem?.code ?? "fault";
    /** @type {string | undefined} */
    this.rule = problem?.rule;
    /** @type {string} In English, for the curious. */
    this.detail = problem?.detail ?? "";
    /** @type {string | undefined} The refusal, signed by the log key. */
    this.note = problem?.note;
  }
}

/** The line is down: nothing was answered, so nothing is known. */
export class Offline extends Error {}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
async function ask(path, init) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...init });
  } catch {
    throw new Offline();
  }
  if (answer.ok) return answer;
  let problem;
  try {
    problem = await answer.json();
  } catch {
    problem = undefined;
  }
  throw new Refused(answer.status, problem);
}

/** @param {string} id */
export function base(id) {
  return `/api/v1/competitions/${encodeURIComponent(id)}`;
}

/** JSON under a competition: `get(id, "/phase")`. @param {string} id @param {string} path @returns {Promise<any>} */
export async function get(id, path) {
  return (await ask(base(id) + path)).json();
}

/** Bytes under a competition. @param {string} id @param {string} path */
export async function bytes(id, path) {
  return new Uint8Array(await (await ask(base(id) + path)).arrayBuffer());
}

/** Everything public that statements name. @param {string} id @returns {Promise<View>} */
export function view(id) {
  return get(id, "");
}

/** @param {string} id @param {string} path @param {unknown} value @returns {Promise<any>} */
export async function post(id, path, value) {
  return send(base(id) + path, "application/json", utf8(JSON.stringify(value)));
}

/** @param {string} path @param {string} media @param {BodyInit} body @returns {Promise<any>} */
async function send(path, media, body) {
  const answer = await ask(path, { method: "POST", headers: { "content-type": media }, body });
  return answer.status === 204 ? undefined : answer.json();
}

/** Sends a signed statement; sending the same one again is harmless. @param {string} id @param {Envelope} signed @returns {Promise<Accepted>} */
export async function submit(id, signed) {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: utf8(JSON.stringify(signed)) };
  const answer = await ask(`${base(id)}/statements`, init);
  return { ...(await answer.json()), created: answer.status === 201 };
}

/** Stores openings; answers their commitments in the same order. @param {string} id @param {import("./commit.mjs").Opening[]} openings */
export async function keepOpenings(id, openings) {
  return /** @type {{commitment: string}[]} */ (await post(id, "/openings", openings)).map((one) => one.commitment);
}

/** Stores a confidential document; answers its SHA-256. @param {string} id @param {Blob} file @returns {Promise<{sha256: string}>} */
export function keepDocument(id, file) {
  return send(`${base(id)}/documents`, "application/octet-stream", file);
}

/** Stores a public attachment. @param {string} id @param {import("./base.mjs").Bytes} body */
export function attach(id, body) {
  return send(`${base(id)}/attachments`, "application/octet-stream", body);
}

/** A challenge to sign, valid five minutes. @param {string} id @param {string} publicKey @returns {Promise<Envelope>} */
export function challenge(id, publicKey) {
  return send("/api/v1/sessions/challenge", "application/json", utf8(JSON.stringify({ competition: id, key: publicKey })));
}

/** Opens a session with a signed challenge. @param {Envelope} signed @returns {Promise<{role: string, not_after: string}>} */
export function openSession(signed) {
  return send("/api/v1/sessions", "application/json", utf8(JSON.stringify(signed)));
}

/**
 * Opens a session for confidential reads by signing a challenge; the cookie stays with the browser.
 * @param {string} id
 * @param {Key} key
 */
export async function enter(id, key) {
  return openSession(await sign(await challenge(id, key.public), key));
}

/** Ends the session. */
export async function leave() {
  await ask("/api/v1/sessions", { method: "DELETE" });
}
