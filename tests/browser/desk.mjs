// The actors at a desk without pages: what a test needs done and does not look at is signed here and sent to the API,
// with the very modules that the pages use.

import { base64, hex, join, random, sha256, sha256hex, text, unbase64, utf8 } from "../../src/web/js/base.mjs";
import { canonicalBytes } from "../../src/web/js/canonical.mjs";
import { cardKey, parse } from "../../src/web/js/card.mjs";
import { commitment, opening } from "../../src/web/js/commit.mjs";
import { pae, paeHash, sign, toSign } from "../../src/web/js/dsse.mjs";
import { fromPem } from "../../src/web/js/keys.mjs";
import { header, sharedHeader, statement } from "../../src/web/js/statement.mjs";

/** @typedef {import("../../src/web/js/keys.mjs").Key} Key */
/** @typedef {import("../../src/web/js/dsse.mjs").Envelope} Envelope */
/** @typedef {Awaited<ReturnType<typeof import("./office.mjs").openOffice>>} Office */

export const SLOTS = ["presidents-office", "government-office", "ombudsman", "cec"];
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NOTHING = { sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", count: 0 };

/** A new card's code. */
export function newCode() {
  const value = BigInt(`0x${hex(random(16))}`);
  const letters = (/** @type {bigint} */ number, /** @type {number} */ count) =>
    Array.from({ length: count }, (_, place) => ALPHABET[Number((number >> BigInt(5 * (count - 1 - place))) & 31n)]).join("");
  return (letters(value, 26) + letters(value % 1021n, 2)).replace(/(....)(?=.)/g, "$1-");
}

/** Root of RFC 6962 over leaves. @param {Uint8Array[]} leaves @returns {Promise<import("../../src/web/js/base.mjs").Bytes>} */
async function rootOf(leaves) {
  if (leaves.length === 0) return sha256(new Uint8Array());
  if (leaves.length === 1) return sha256(join(Uint8Array.of(0), leaves[0]));
  let split = 1;
  while (2 * split < leaves.length) split *= 2;
  return sha256(join(Uint8Array.of(1), await rootOf(leaves.slice(0, split)), await rootOf(leaves.slice(split))));
}

/** Everybody's side of an office, without pages. */
export class Desk {
  /** @param {Office} office */
  static async at(office) {
    const desk = new Desk(office);
    for (const [name, key] of Object.entries(office.actors.keys)) desk.keys[name] = await fromPem(key.pem);
    desk.nonces = { ...office.actors.nonces };
    await desk.look();
    return desk;
  }

  /** @param {Office} office */
  constructor(office) {
    this.office = office;
    this.base = `${office.address}/api/v1/competitions/${office.id}`;
    /** @type {{[name: string]: Key}} */
    this.keys = {};
    /** @type {any} */
    this.view = {};
    /** @type {string[]} Codes of the cards made here. */
    this.cards = [];
    /** @type {{[slot: string]: string}} */
    this.nonces = {};
  }

  /** @param {string} path @param {RequestInit} [init] */
  async ask(path, init) {
    const answer = await fetch(path.startsWith("http") ? path : this.base + path, init);
    if (!answer.ok) throw new Error(`${init?.method ?? "GET"} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  /** What statements name, now. @returns {Promise<any>} */
  async look() {
    this.view = await (await this.ask("")).json();
    return this.view;
  }

  /** Sets the office's clock and waits until it goes by it. @param {string} time */
  async at(time) {
    await this.office.setClock(time);
    for (let wait = 0; wait < 100; wait++) {
      if ((await this.look()).now >= time) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the office's clock does not reach ${time}`);
  }

  /** So many minutes later. @param {number} minutes */
  async later(minutes) {
    await this.look();
    await this.at(`${new Date(Date.parse(this.view.now) + 60_000 * minutes).toISOString().slice(0, 19)}Z`);
  }

  /** @param {Envelope} signed */
  async submit(signed) {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(signed) };
    return (await this.ask("/statements", init)).json();
  }

  /** A statement of one. @param {string} kind @param {object} act @param {Key} key */
  async state(kind, act, key) {
    await this.look();
    return this.submit(await sign(statement(kind, header(this.view), act), key));
  }

  /** A statement of these members. @param {string} kind @param {object} act @param {string[]} [slots] */
  async together(kind, act, slots = SLOTS) {
    await this.look();
    let sealed = statement(kind, sharedHeader(this.view, 2), act);
    for (const slot of slots) sealed = await sign(sealed, this.keys[slot]);
    return this.submit(sealed);
  }

  /** @param {Uint8Array} bytes */
  async attach(bytes) {
    const init = { method: "POST", headers: { "content-type": "application/octet-stream" }, body: new Blob([/** @type {any} */ (bytes)]) };
    await this.ask("/attachments", init);
    return { sha256: await sha256hex(bytes), bytes: bytes.length };
  }

  /** Openings and their commitments. @param {[string, string, unknown][]} fields field, subject, value */
  async keep(fields) {
    const made = fields.map(([field, subject, value]) => opening(field, subject, value));
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(made) };
    await this.ask("/openings", init);
    return Promise.all(made.map((one) => commitment(this.view.origin, one)));
  }

  /** A list of cards' keys as it is attached, and as it is named. @param {string[]} codes */
  async keyList(codes) {
    if (codes.length === 0) return NOTHING;
    const keys = await Promise.all(codes.map((code) => cardKey(parse(code), this.view.origin, this.view.round)));
    keys.sort((left, right) => (left.id < right.id ? -1 : 1));
    const { sha256 } = await this.attach(join(...keys.map((key) => key.point)));
    return { sha256, count: codes.length };
  }

  /** @param {"opening" | "closing"} moment @param {string[]} [slots] */
  async attend(moment, slots = SLOTS) {
    for (const slot of slots) await this.state("attendance", { slot, at: moment }, this.keys[slot]);
  }

  /** A new nonce of this member, committed to. @param {string} slot */
  async commit(slot) {
    const nonce = random(32);
    this.nonces[slot] = hex(nonce);
    const { origin, round } = await this.look();
    const committed = await sha256hex(join(utf8(`esep-lot-v1\n${origin}\n${round}\n${slot}\n`), nonce));
    await this.state("lot_committed", { slot, commitment: committed }, this.keys[slot]);
  }

  /** Cards for so many electors. @param {number} [count] */
  async makeCards(count = 40) {
    await this.look();
    this.cards = Array.from({ length: count }, newCode);
    await this.together("cards_prepared", { cards: await this.keyList(this.cards) });
  }

  /** Presence, cards, lot commitments. */
  async prepareRound() {
    await this.makeCards();
    for (const slot of SLOTS) await this.commit(slot);
    await this.attend("opening");
  }

  /** Answers when it closes. */
  async openPolling() {
    await this.look();
    const later = `${new Date(Date.parse(this.view.now) + 3 * 3_600_000).toISOString().slice(0, 19)}Z`;
    const closes = this.view.round === 1 ? this.view.deadlines.poll.closes_at : later;
    await this.together("polling_opened", { closes_at: closes });
    return /** @type {string} */ (closes);
  }

  /** @param {string} code @param {{[candidate: string]: number}} ratings */
  async vote(code, ratings) {
    await this.look();
    const key = await cardKey(parse(code), this.view.origin, this.view.round);
    return this.submit(await sign(statement("ballot_cast", header(this.view), { keys: [key.id], ratings }), key));
  }

  /** A member's session. @param {string} slot */
  async session(slot) {
    const post = (/** @type {string} */ path, /** @type {unknown} */ body) =>
      this.ask(`${this.office.address}/api/v1/sessions${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const key = this.keys[slot];
    const challenge = await (await post("/challenge", { key: key.public, competition: this.office.id })).json();
    return (await (await post("", await sign(challenge, key))).json()).token;
  }

  /** Presence, and at the announced time roll, box and returned cards. @param {string[]} taken codes that were taken @param {string[]} [all] of all cards */
  async closePolling(taken, all = this.cards.length > 0 ? this.cards : this.office.actors.cards) {
    await this.look();
    await this.attend("closing");
    await this.at(this.view.deadlines.round_closes_at);
    await this.close(taken, all);
  }

  /** The closing itself. @param {string[]} taken @param {string[]} all */
  async close(taken, all) {
    const headers = { authorization: `Bearer ${await this.session("cec")}` };
    const { box_root, box_count } = await (await this.ask("/box", { headers })).json();
    const electors = JSON.parse(await (await this.ask("/candidates")).text()).candidates.map((/** @type {{id: string}} */ one) => one.id);
    const roll = await this.attach(utf8(electors.slice(0, taken.length).map((/** @type {string} */ id) => `${id}\n`).join("")));
    const unused = await this.keyList(all.filter((code) => !taken.includes(code)));
    await this.together("polling_closed", { box_root, box_count, roll, taken: taken.length, unused, spoiled: NOTHING });
  }

  /** @param {string[]} [slots] */
  async reveal(slots = SLOTS) {
    for (const slot of slots) await this.state("lot_revealed", { slot, reveal: this.nonces[slot] }, this.keys[slot]);
  }

  /** Lots revealed, box opened. */
  async openBox() {
    await this.reveal();
    await this.open();
  }

  async open() {
    const closed = (await this.entries()).filter((entry) => entry.kind === "polling_closed").at(-1);
    await this.together("ballots_opened", { box_root: payloadOf(closed).box_root });
  }

  /** Every public entry. @returns {Promise<any[]>} */
  async entries() {
    const note = await (await this.ask("/checkpoint")).text();
    const size = Number(note.split("\n")[1]);
    const found = [];
    for (let tile = 0; 256 * tile < size; tile++) {
      const wide = Math.min(256, size - 256 * tile);
      const path = `/tile/entries/${String(tile).padStart(3, "0")}${wide === 256 ? "" : `.p/${wide}`}`;
      const bytes = new Uint8Array(await (await this.ask(path)).arrayBuffer());
      for (let at = 0; at < bytes.length; ) {
        const length = 256 * bytes[at] + bytes[at + 1];
        found.push(JSON.parse(text(bytes.subarray(at + 2, at + 2 + length))));
        at += 2 + length;
      }
    }
    return found;
  }

  /** Envelopes of the last round's ballots, in box order. */
  async boxed() {
    const all = await this.entries();
    const from = all.findLastIndex((entry) => entry.kind === "ballots_opened");
    return all.slice(from + 1).filter((entry) => entry.kind === "ballot_cast").map((entry) => /** @type {Envelope} */ (entry.body));
  }

  /** Their hashes. */
  async ballots() {
    return Promise.all((await this.boxed()).map(paeHash));
  }

  /** These members sign every ballot. @param {string[]} [slots] */
  async signBallots(slots = SLOTS) {
    const boxed = await this.boxed();
    const box_root = hex(await rootOf((await Promise.all(boxed.map(paeHash))).map((digits) => Uint8Array.from(Buffer.from(digits, "hex")))));
    for (const slot of slots) {
      const each = await Promise.all(boxed.map((sealed) => this.keys[slot].sign(toSign(sealed))));
      const signatures = await this.attach(join(...each));
      await this.state("ballots_signed", { slot, box_root, signatures }, this.keys[slot]);
    }
  }

  /** These members sign the protocol; whoever has a text signs with a dissent. @param {string[]} slots @param {{[slot: string]: string}} [dissents] */
  async signProtocol(slots, dissents = {}) {
    const bytes = new Uint8Array(await (await this.ask("/protocol")).arrayBuffer());
    const protocol = await sha256hex(bytes);
    for (const slot of slots) {
      const signature = base64(await this.keys[slot].sign(pae("application/vnd.esep.protocol.v1+json", bytes)));
      const words = dissents[slot];
      const act = words ? { slot, protocol, signature, text: words } : { slot, protocol, signature };
      await this.state(words ? "protocol_dissented" : "protocol_signed", act, this.keys[slot]);
    }
    return protocol;
  }

  /** @param {{[slot: string]: string}} endings `signed`, `dissenting`, .. by slot @param {number} years */
  async certify(endings, years) {
    const protocol = await sha256hex(new Uint8Array(await (await this.ask("/protocol")).arrayBuffer()));
    await this.look();
    const start = new Date(Date.parse(this.view.now) + 30 * 3_600_000).toISOString().slice(0, 10);
    const end = new Date(Date.parse(start));
    end.setUTCFullYear(end.getUTCFullYear() + years);
    end.setUTCDate(end.getUTCDate());
    const slots = SLOTS.map((slot) => ({ slot, outcome: endings[slot] }));
    return this.together("certification", { protocol, slots, term_start: start, term_end: end.toISOString().slice(0, 10) });
  }

  /** The receipt of an entry, under the newest checkpoint. @param {number} seq */
  async proof(seq) {
    const note = await (await this.ask("/checkpoint")).text();
    const { proof } = await (await this.ask(`/proofs/inclusion?seq=${seq}&size=${note.split("\n")[1]}`)).json();
    const lines = proof.map((/** @type {string} */ digits) => `${Buffer.from(digits, "hex").toString("base64")}\n`).join("");
    return `c2sp.org/tlog-proof@v1\nindex ${seq}\n${lines}\n${note}`;
  }
}

/** @param {any} entry */
export function payloadOf(entry) {
  return JSON.parse(text(unbase64(entry.body.payload)));
}

/** Canonical bytes of a value: lists and attachments. */
export { canonicalBytes };
