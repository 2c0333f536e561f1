// All checks of a bundle, in the order of FINDINGS ("Order of the checks"). Never trusts a hash without hashing again.

import { digest, equal, fromBase64, hex, text } from './bytes.mjs';
import { Unreadable, comparePaths, entryTiles, readEntries, readPem, readSums, writePem } from './bundle.mjs';
import { keyId, keyIdOf, verify } from './ed25519.mjs';
import { gatherOpenings } from './eligibility.mjs';
import { canonical } from './json.mjs';
import { openCheckpoint, openNote, parseCheckpoint, parseNote, parseReceipt, noteKeyHash, receiptHolds } from './note.mjs';
import { derivedFiles, reconcile } from './protocol.mjs';
import { Replay } from './replay.mjs';
import { SLOTS } from './schema.mjs';
import { Refusal, kindOf, parseEntry, parseStatement } from './statement.mjs';
import { timeOf } from './calendar.mjs';
import { Tree, leafHash } from './tree.mjs';

/** @typedef {{finding: string, entry?: number, detail: string}} Finding */
/** @typedef {{verdict: 'proved' | 'disproved' | 'cannot_tell', trust: 'given' | 'bundle', keys: {[name: string]: string}, findings: Finding[], missing: string[],
 *   not_checked: string[], summary: {competition: string, rehearsal: boolean, phase: string, entries: number, ballots: number, signatures: number, elected: [string, string][], root: string}}} Report */
/** @typedef {{trusted?: Map<string, Uint8Array> | null, older?: {name: string, bytes: Uint8Array}[], disclosed?: any[], requireDisclosed?: boolean,
 *   progress?: (done: number, all: number) => void, told?: (receipt: Told) => void}} Options `trusted`: PEM files by name without `.pem` */
/** What became of something kept from before. @typedef {{name: string, state: 'in_record' | 'in_box' | 'not_there' | 'sealed' | 'refused' | 'not_ours' | 'continues' | 'breaks',
 *   place?: number, kind?: string, time?: string, hash?: string, round?: number, size?: number, code?: string}} Told */
/** @typedef {import('./bundle.mjs').Files} Files */
/** @typedef {import('./statement.mjs').Entry} Entry */
/** @typedef {import('./statement.mjs').Statement} Statement */

/** From refusal to finding. @type {{[finding: string]: string}} */
const REFUSALS = {
  V04: 'log_key', V10: 'malformed not_canonical unknown_kind bad_payload too_large', V11: 'bad_signature unknown_key test_key bad_possession', V12: 'duplicate',
  V14: 'signers_order wrong_role too_few_signers wrong_slot ballot_keys',
  V15: 'draft_expired bad_dates poll_day intake_not_open intake_closed appeal_window not_poll_time polling_over closing_early',
  V16: 'bad_opening', V17: 'second_nomination contest_open two_per_association', V18: 'contradicts_facts list_mismatch too_few_organisations member_is_candidate',
  V19: 'attendance', V20: 'not_elector', V21: 'card_used', V22: 'box_mismatch ballot_order', V25: 'bad_roll', V26: 'ballot_signatures',
  V27: 'lot_not_committed equal_commitments late_reveal bad_reveal reveals_pending bad_lot', V30: 'slot_resolved wrong_protocol slots_open protocol_unsigned slot_outcomes',
  V32: 'bad_attachment',
};
const DERIVED = ['announcement.dsse.json', 'rules.json', 'candidates.json', 'ballots.jsonl', 'protocol.json', 'protocol.dsse.json', 'result.json'];

/** @param {Files} files @param {Options} [options] @returns {Promise<Report>} */
export async function check(files, options = {}) {
  const job = new Check(files, options);
  try { await job.run(); } catch (stop) { if (!(stop instanceof Stop)) throw stop; }
  return job.report();
}
/** Ends all checks. */
class Stop extends Error {}

class Check {
  /** @param {Files} files @param {Options} options */
  constructor(files, options) {
    this.files = files; this.options = options;
    /** @type {Finding[]} */ this.findings = [];
    /** @type {string[]} */ this.missing = [];
    /** @type {string[]} */ this.notChecked = [];
    /** @type {Map<string, Uint8Array>} */ this.trusted = new Map();
    /** Keys inside, by name. @type {Map<string, Uint8Array>} */ this.inside = new Map();
    /** And trusted ones that complete them. @type {Map<string, Uint8Array>} */ this.keys = new Map();
    this.origin = ''; this.size = 0; this.root = ''; this.policy = '';
    /** @type {Uint8Array[]} */ this.raw = [];
    /** @type {(Entry | null)[]} */ this.entries = [];
    this.tree = new Tree([]);
    /** @type {Map<string, Uint8Array>} */ this.attachments = new Map();
    /** @type {Replay | null} */ this.replay = null;
    this.complete = false; this.done = 0;
  }

  /** @param {string} finding @param {string} detail @param {number} [entry] */
  find(finding, detail, entry) { this.findings.push(entry === undefined ? { finding, detail } : { finding, entry, detail }); }

  async run() {
    this.sums();
    this.readKeys();
    await this.checkpoint();
    try { this.raw = readEntries(this.files, this.size); } catch (e) {
      if (!(e instanceof Unreadable)) throw e;
      this.missing.push(`${e.message}: not there, or it does not hold its entries`);
      for (const { name } of this.options.older ?? []) this.notChecked.push(`${name}: the entries cannot be read`);
      this.trustedSlots();
      throw new Stop();
    }
    this.tiles();
    this.places();
    await this.replayAll();
    this.trustedSlots();
    if (this.replay && this.replay.stage !== 'new') {
      this.keysAnnounced(this.replay);
      this.rounds(this.replay);
      this.derived(this.replay);
    }
    for (const { name, bytes } of this.options.older ?? []) await this.older(name, bytes);
  }

  // 1.
  sums() {
    const sums = this.files.get('SHA256SUMS');
    if (!sums) { this.missing.push('SHA256SUMS'); return; }
    const { good, bad } = readSums(sums), named = new Set(good.map(([path]) => path));
    for (const line of bad) this.find('V01', `SHA256SUMS: line ${line} is not digest, two spaces and a path, in order`);
    for (const [path, sum] of good) {
      const bytes = this.files.get(path);
      if (!bytes) this.missing.push(path); else if (digest(bytes) !== sum) this.find('V01', path);
    }
    for (const path of this.files.keys()) if (!named.has(path) && path !== 'SHA256SUMS') this.find('V01', `${path}: not listed`);
  }

  // 2.
  readKeys() {
    for (const [path, bytes] of this.files) {
      const name = /^keys\/(.+)\.pem$/.exec(path)?.[1];
      if (name === undefined) continue;
      const key = readPem(bytes);
      if (key) this.inside.set(name, key); else this.missing.push(`${path}: no sound public key in PEM`);
    }
    /** @type {Map<string, Uint8Array>} */
    const trusted = new Map();
    for (const [name, pem] of this.options.trusted ?? []) {
      const key = readPem(pem);
      if (!key) throw new Unreadable(`trusted key ${name}: no sound public key in PEM`);
      trusted.set(name, key);
    }
    this.trusted = trusted;
    const organisers = [...trusted].filter(([name]) => isOrganiser(name)).map(([, key]) => hex(key));
    for (const [name, key] of this.inside) {
      const mine = trusted.get(name);
      if (SLOTS.includes(name)) continue; // replaced members: asked after the replay
      if (mine ? !equal(mine, key) : isOrganiser(name) && organisers.length > 0 && !organisers.includes(hex(key))) this.find('V04', `keys/${name}.pem is not the trusted key`);
    }
    if (this.options.trusted && organisers.length === 0) {
      if (trusted.has('log')) this.notChecked.push('no organiser\'s key among the trusted ones'); else this.missing.push('trusted keys: neither an organiser\'s nor the log\'s');
    }
    this.keys = new Map([...[...trusted].filter(([name]) => !SLOTS.includes(name)), ...this.inside]);
    if (![...this.keys.keys()].some(isOrganiser)) this.missing.push('keys/organiser.pem');
  }

  // 3.
  async checkpoint() {
    const [note, policy] = ['checkpoint', 'policy'].map((path) => {
      const bytes = this.files.get(path);
      if (bytes && text(bytes) !== null) return bytes;
      this.missing.push(path);
      return undefined;
    });
    const key = this.keys.get('log');
    if (!key) this.missing.push('keys/log.pem');
    if (!note || !key) throw new Stop();
    const whole = /** @type {string} */ (text(note));
    const origin = whole.split('\n')[0] ?? '';
    if (origin === '' || /[\p{White_Space}\p{Cc}+]/u.test(origin)) { this.find('V03', 'the first line is no origin'); throw new Stop(); }
    this.log = { name: origin, hash: noteKeyHash(origin, key), key };
    const spelled = `log ${origin}+${hex(this.log.hash)}+${btoa(String.fromCharCode(1, ...key))}\nquorum none\n`;
    if (policy && text(policy) !== spelled) this.find('V02', 'policy is not that of this origin and log key');
    else if (policy) this.policy = digest(policy);
    const held = await openCheckpoint(note, this.log);
    if (!held) this.find('V03', 'checkpoint is not signed by the log key');
    const claims = held ?? parseCheckpoint(parseNote(note)?.signed ?? '');
    if (!claims) throw new Stop();
    this.origin = origin; this.size = claims.size; this.claimed = claims.root;
  }

  // 5.
  tiles() {
    this.tree = new Tree(this.raw.map(leafHash));
    const tiles = new Map([...this.tree.tiles(), ...entryTiles(this.raw)]);
    for (const [path, bytes] of this.files) {
      if (!path.startsWith('tile/')) continue;
      const tile = tiles.get(path);
      if (!tile || !equal(tile, bytes)) this.find('V05', path);
    }
    for (const path of tiles.keys()) if (!this.files.has(path)) this.missing.push(path);
    this.root = hex(this.tree.root());
    if (this.root !== hex(/** @type {Uint8Array} */ (this.claimed))) this.find('V06', `the entries give ${this.root}`);
  }

  // 6.
  places() {
    let prev = '0'.repeat(64), time = 0;
    this.entries = this.raw.map(parseEntry);
    for (const [i, entry] of this.entries.entries()) {
      if (entry === null) this.find('V07', 'no canonical entry', i);
      else {
        const kind = kindOf(entry.body.payloadType), now = timeOf(entry.time);
        if (entry.prev !== prev) this.find('V08', 'prev is not the leaf hash of the entry before', i);
        if (entry.log !== this.origin) this.find('V09', `log is ${entry.log}`, i);
        else if (entry.seq !== String(i)) this.find('V09', `seq is ${entry.seq}`, i);
        else if (kind !== null && kind !== entry.kind) this.find('V09', `kind is ${entry.kind}`, i);
        if (now < time) this.find('V09', `time ${entry.time} goes back`, i);
        time = now;
      }
      prev = hex(/** @type {Uint8Array} */ (this.tree.levels[0]?.[i]));
    }
  }

  // 7 and 8.
  async replayAll() {
    /** Each parsed statement, or why it is none. @type {(Statement | Refusal)[]} */
    const statements = this.entries.map((entry) => {
      if (!entry) return new Refusal('malformed');
      try { return parseStatement(entry.body); } catch (e) { if (e instanceof Refusal) return e; throw e; }
    });
    this.readAttachments(statements);
    const readable = /** @type {Statement[]} */ (statements.filter((s) => !(s instanceof Refusal)));
    const { disclosed = [] } = this.options;
    const openings = gatherOpenings(this.origin, readable, this.attachments, disclosed);
    const commitments = new Set(readable.flatMap((s) => [...Object.values(s.payload.fields ?? {}), ...(s.payload.decisions ?? []).map((/** @type {any} */ d) => d.decision), s.payload.reason, s.payload.text, s.payload.letter]));
    for (const [at, o] of disclosed.entries()) {
      const mine = gatherOpenings(this.origin, [], this.attachments, [o]);
      if (![...mine.keys()].some((c) => commitments.has(c))) this.notChecked.push(`disclosed fact ${at + 1} opens no commitment of the record`);
    }
    if (this.entries.length === 0) { this.missing.push('the record is empty'); return; }
    const organisers = [...this.keys].filter(([name]) => isOrganiser(name)).sort(([a], [b]) => a.length - b.length || comparePaths(a, b));
    if (organisers.length === 0) return;
    const replay = this.replay = new Bulk({
      origin: this.origin, organisers: new Map(organisers.map(([, key]) => [keyId(key), key])), log: keyId(/** @type {Uint8Array} */ (this.keys.get('log'))),
      attachments: this.attachments, openings, tree: this.tree,
    }, statements, this.raw.length, this.options.progress);
    for (const [i, entry] of this.entries.entries()) {
      if (!entry) return;
      const s = statements[i];
      try {
        if (s instanceof Refusal) throw s;
        await replay.ahead(i);
        const listed = replay.list;
        await replay.take(s, timeOf(entry.time), i);
        if (replay.list !== listed) this.assessed(replay, i);
      } catch (e) {
        if (!(e instanceof Refusal)) throw e;
        this.refused(replay, e, entry, i);
        return;
      }
    }
    if (replay.stage === 'opening') {
      this.find('V34', `${replay.round.ballots.length} of ${replay.round.close.box_count} ballots of the box are in the record`);
      return;
    }
    this.complete = true;
  }

  /** @param {(Statement | Refusal)[]} statements */
  readAttachments(statements) {
    const named = new Set();
    let all = true;
    for (const [i, s] of statements.entries()) {
      if (this.entries[i]?.kind === 'ballot_cast') continue;
      if (s instanceof Refusal) { all = false; continue; }
      const p = s.payload;
      for (const sha of [p.rule_set?.electorate?.keys, p.list?.sha256, p.cards?.sha256, p.signatures?.sha256, p.roll?.sha256]) named.add(sha);
      for (const list of [p.unused, p.spoiled]) if (list?.count > 0) named.add(list.sha256);
    }
    for (const [path, bytes] of this.files) {
      if (!path.startsWith('attachments/')) continue;
      const name = path.slice(12);
      if (digest(bytes) !== name) this.find('V32', `${path} does not have its digest`);
      else {
        this.attachments.set(name, bytes);
        if (all && !named.has(name)) this.find('V32', `${path}: no entry names it`);
      }
    }
  }

  /** R8 to R21 of the listed, as far as the list's openings and disclosed facts tell. @param {Replay} replay @param {number} entry */
  assessed(replay, entry) {
    const open = replay.assessed.filter((a) => a.says === 'undisclosed'), decisions = replay.assessed.filter((a) => a.says === 'decision');
    for (const { rule, candidate, says } of replay.assessed) {
      if (says === 'not_met') this.find('V18', `${rule}: ${candidate} does not meet it`, entry);
      if (says === 'flagged') this.notChecked.push(`${rule} of ${candidate} is for a person to judge`);
    }
    if (open.length === 0 && decisions.length === 0) return;
    const rules = [...new Set(open.map((a) => a.rule))], candidates = [...new Set(decisions.map((a) => a.candidate))];
    const line = `undisclosed facts: ${[...rules, ...(candidates.length > 0 ? [`the decisions of ${candidates.join(', ')}`] : [])].join(', ')}`;
    (this.options.requireDisclosed ? this.missing : this.notChecked).push(line);
  }

  /** @param {Replay} replay @param {Refusal & {bytes?: Uint8Array, names?: string}} e @param {Entry} entry @param {number} i */
  refused(replay, e, entry, i) {
    const { code } = e, detail = `${entry.kind}: ${code}`, ballot = entry.kind === 'ballot_cast';
    if (code === 'attachment_missing') { this.missing.push(`an attachment that entry ${i} (${entry.kind}) names`); return; }
    const there = this.files.get('protocol.json');
    if (code === 'wrong_protocol' && e.bytes && there && digest(there) === e.names) { this.differs('protocol.json', there, e.bytes, i); return; }
    let finding = Object.entries(REFUSALS).find(([, codes]) => codes.split(' ').includes(code))?.[0] ?? 'V13';
    if (code === 'unknown_key') finding = replay.stage === 'new' ? 'V04' : ballot ? 'V20' : finding;
    if (code === 'wrong_phase' && !ballot && replay.stage === 'opening') finding = 'V22';
    if (code === 'polling_over' && ballot && replay.rules?.ballots === 'secret' && replay.stage !== 'polling') finding = 'V22';
    if (code === 'unknown_cards' && entry.kind === 'polling_closed') finding = 'V24';
    if (code === 'slot_resolved' && entry.kind === 'ballots_signed') finding = 'V26';
    if (code === 'bad_signature' && e.inner) finding = 'V30';
    this.find(finding, detail, i);
  }

  // 9. Offices publish the key of today, and members are replaced: a key that held its slot at some time of the record will do.
  // Where the replay did not come to its end, nobody can say whether it held the slot later.
  trustedSlots() {
    for (const slot of [...SLOTS].sort()) {
      const key = this.trusted.get(slot), inside = this.inside.get(slot);
      if (!key || (inside && equal(key, inside)) || this.replay?.held.has(`${slot} ${keyId(key)}`)) continue;
      if (this.complete) this.find('V04', `the trusted key of ${slot} never held that slot`);
      else this.missing.push(`trusted key of ${slot}: whether it held that slot cannot be told`);
    }
  }

  /** @param {Replay} replay */
  keysAnnounced(replay) {
    /** @type {Map<string, string>} */
    const expected = new Map([['log', replay.announced.log_key]]);
    [...replay.given.organisers.keys()].forEach((id, i) => expected.set(i === 0 ? 'organiser' : `organiser-${i + 1}`, id));
    for (const m of replay.announced.members) expected.set(m.slot, keyIdOf(m.enrolment.key));
    for (const [name, id] of expected) {
      const key = this.keys.get(name), file = this.files.get(`keys/${name}.pem`);
      if (!key) this.missing.push(`keys/${name}.pem`);
      else if (keyId(key) !== id) this.find('V04', `keys/${name}.pem is not the announced key`);
      else if (file && this.inside.has(name) && !equal(file, writePem(key))) this.find('V31', `keys/${name}.pem is spelled otherwise`);
    }
    for (const path of this.files.keys()) {
      const name = /^keys\/(.+)\.pem$/.exec(path)?.[1];
      if (name !== undefined && !expected.has(name)) this.find('V04', `${path} is nobody's`);
    }
  }

  // 10.
  /** @param {Replay} replay */
  rounds(replay) {
    for (const round of replay.rounds) {
      if (!round.close || round.ballots.length !== round.close.box_count) continue;
      const returned = round.ballots.filter((b) => round.returned.has(b.key)).length;
      if (returned > 0) this.find('V23', `round ${round.number}: ${returned} ballots by returned cards`);
      if (!round.count) continue;
      const failed = reconcile(replay, round).failed.filter((c) => c !== 'C2' || returned === 0);
      if (failed.length > 0) this.find('V24', `round ${round.number}: ${failed.join(', ')}`);
    }
  }

  // 11.
  /** @param {Replay} replay */
  derived(replay) {
    for (const path of this.files.keys()) {
      const known = [...DERIVED, 'SHA256SUMS', 'README.txt', 'verify.html', 'checkpoint', 'policy'].includes(path) || /^keys\/.+\.pem$|^tile\/|^attachments\//.test(path);
      if (!known) this.find('V31', `${path} does not belong to a bundle`);
    }
    this.notChecked.push('README.txt, verify.html: held to their sums alone');
    if (this.policy && this.policy !== replay.announced.witness_policy) this.find('V02', 'policy is not the announced one');
    if (!this.complete) { this.notChecked.push('files that follow from the ledger'); return; }
    for (const [path, wanted] of derivedFiles(replay, /** @type {Entry} */ (this.entries[0]).body, this.raw.length)) {
      const there = this.files.get(path);
      if (wanted && !there) this.missing.push(path);
      else if (there && (!wanted || !equal(wanted, there))) this.differs(path, there, wanted);
    }
  }

  /** A derived file that differs. @param {string} path @param {Uint8Array} there @param {Uint8Array | null} wanted @param {number} [entry] */
  differs(path, there, wanted, entry) {
    const [a, b] = [there, wanted].map((bytes) => { try { return JSON.parse((bytes && text(bytes)) ?? ''); } catch { return undefined; } });
    let finding = 'V31';
    if ((path === 'protocol.json' || path === 'result.json') && a !== undefined && b !== undefined && !same(a, b)) {
      const [x, y] = [a, b].map((file) => (typeof file?.result === 'object' && file.result !== null && !Array.isArray(file.result) ? file.result : file));
      const totals = (/** @type {any} */ file) => (Array.isArray(file?.rounds) ? file.rounds.map((/** @type {any} */ r) => r?.totals) : []);
      if (!same(totals(a), totals(b))) finding = 'V28';
      else if (!same(x?.ties, y?.ties)) finding = 'V27';
      else if (['elected', 'unfilled', 'reserve'].some((name) => !same(x?.[name], y?.[name]))) finding = 'V29';
      else if (path === 'protocol.json') finding = 'V30';
    }
    this.find(finding, `${path} is not what the record gives`, entry);
  }

  // 12.
  /** @param {string} name @param {Uint8Array} bytes */
  async older(name, bytes) {
    const receipt = parseReceipt(bytes), log = /** @type {import('./note.mjs').VerifierKey} */ (this.log);
    /** @param {Told['state']} state @param {Partial<Told>} [more] */
    const tell = (state, more) => this.options.told?.({ name, state, ...more });
    if (receipt?.kind === 'box' && receipt.origin === this.origin && (await openNote(bytes, log)) !== null) {
      const round = this.replay?.rounds[receipt.round - 1], place = round?.ballots.findIndex((b) => b.hash === receipt.hash) ?? -1;
      const about = { round: receipt.round, hash: receipt.hash };
      if (!round || (round.ballots.length === 0 && !round.count)) {
        this.notChecked.push(`${name}: round ${receipt.round} is not opened in this record`);
        tell('sealed', about);
      } else if (place < 0) {
        this.find('V33', `${name}: ballot ${receipt.hash} is not in the record`);
        tell('not_there', about);
      } else tell('in_box', { ...about, place: place + 1, size: this.size });
      return;
    }
    if (receipt?.kind === 'refused' && receipt.origin === this.origin && (await openNote(bytes, log)) !== null) {
      this.notChecked.push(`${name}: a refusal is about what is not in the record`);
      tell('refused', { hash: receipt.hash, time: receipt.time, code: receipt.code });
      return;
    }
    const held = receipt && await openCheckpoint(receipt.note, log);
    if (!held) {
      this.missing.push(`${name}: not a checkpoint or receipt of this log`);
      tell('not_ours');
      return;
    }
    const whole = held.size <= this.raw.length, index = receipt.kind === 'entry' ? receipt.index : Infinity;
    const continues = whole && equal(this.tree.root(held.size), held.root);
    const holds = receipt.kind === 'entry' && index < this.raw.length && receiptHolds(this.raw[index], receipt, held);
    if (!whole) this.find('V33', `${name}: it has ${held.size} entries, this record ${this.raw.length}`);
    else if (!continues) this.find('V33', `${name}: the first ${held.size} entries are others`);
    else if (index < held.size && !holds) this.find('V33', `${name}: the receipt is for another entry`, index);
    if (receipt.kind !== 'entry' || (whole && !continues)) tell(continues ? 'continues' : 'breaks', { size: held.size });
    else if (holds) tell('in_record', { place: index, size: held.size, kind: this.entries[index]?.kind, time: this.entries[index]?.time });
    else tell('not_there', { place: index, size: held.size });
  }

  /** @returns {Report} */
  report() {
    const { replay } = this, taken = replay !== null && replay.stage !== 'new';
    const last = this.entries.filter((e) => e !== null).pop();
    this.notChecked.unshift(...(this.raw.length > 0 ? ['times of entries: no witness has cosigned the checkpoint, so time is the office\'s word'] : []));
    const boxes = this.complete && replay ? replay.rounds.reduce((n, r) => n + r.ballots.length * r.signed.size, 0) : 0;
    const elected = /** @type {[string, string][]} */ ((replay?.result?.elected ?? []).map((/** @type {any} */ e) => [e.candidate, replay?.list?.find((c) => c.id === e.candidate)?.name ?? '']));
    return {
      verdict: this.findings.length > 0 ? 'disproved' : this.missing.length > 0 ? 'cannot_tell' : 'proved',
      trust: this.options.trusted ? 'given' : 'bundle',
      keys: Object.fromEntries([...this.keys].map(([name, key]) => /** @type {[string, string]} */ ([name, keyId(key)])).sort(([a], [b]) => comparePaths(a, b))),
      findings: this.findings, missing: this.missing, not_checked: this.notChecked,
      summary: {
        competition: this.origin, rehearsal: taken && replay.announced.rehearsal, phase: taken && last ? replay.phaseAt(timeOf(last.time)) : '',
        entries: this.size, ballots: replay?.rounds.reduce((n, r) => n + r.ballots.length, 0) ?? 0, signatures: (replay?.signatures ?? 0) + boxes, elected, root: this.root,
      },
    };
  }
}

/** A replay that asks for the signatures of many entries at once: WebCrypto works beside us. */
class Bulk extends Replay {
  /** @param {import('./replay.mjs').Given} given @param {(Statement | Refusal)[]} statements @param {number} all @param {((done: number, all: number) => void) | undefined} report */
  constructor(given, statements, all, report) {
    super(given);
    this.statements = statements; this.all = all; this.asked = 0; this.done = 0; this.report = report;
    /** @type {Map<string, Promise<boolean>>} */ this.waiting = new Map();
  }
  /** Starts what comes next. A key id is the hash of its key, so whose signature it is does not depend on the state; whether the key may sign does.
   * @param {number} i */
  async ahead(i) {
    if (i < this.asked) return;
    this.waiting.clear();
    this.asked = Math.min(i + 512, this.statements.length);
    for (const s of this.statements.slice(i, this.asked)) {
      if (s instanceof Refusal || s.kind !== 'ballot_cast') continue;
      for (const { keyid, sig } of s.signatures) {
        const key = this.round?.cards?.get(keyid) ?? this.keys.get(keyid);
        if (key) this.waiting.set(keyid + sig + s.hash, this.fresh(key, s.pae, sig));
      }
    }
    this.progress(this.asked - i);
  }
  /** @param {Uint8Array} key @param {Uint8Array} message @param {string} sig */
  fresh(key, message, sig) { return verify(key, message, fromBase64(sig), false); }
  /** @override @param {string} keyid @param {Uint8Array} key @param {Uint8Array} message @param {string} sig */
  holds(keyid, key, message, sig) {
    const { kind, hash } = /** @type {any} */ (this.now ?? {});
    return (kind === 'ballot_cast' ? this.waiting.get(keyid + sig + hash) : undefined) ?? super.holds(keyid, key, message, sig);
  }
  /** @override @param {Statement} s @param {number} now @param {number} size */
  async take(s, now, size) { this.now = s; await super.take(s, now, size); }
  /** @override @param {number} n */
  progress(n) { this.done += n; this.report?.(this.done, this.all * 5); }
}

/** @param {string} name */
const isOrganiser = (name) => name === 'organiser' || name.startsWith('organiser-');
/** Equal JSON; absent equals absent. @param {unknown} a @param {unknown} b */
function same(a, b) {
  if (a === undefined || b === undefined) return a === b;
  try { return canonical(a) === canonical(b); } catch { return JSON.stringify(a) === JSON.stringify(b); }
}
