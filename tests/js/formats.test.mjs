// The table of FORMATS section 13, trees, notes, cards, lots: each value from the page.
import assert from 'node:assert/strict';
import { hkdfSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { base64, digest, hex, sha256, text, unbase64, unhex, utf8 } from '../../src/web/verifier/bytes.mjs';
import { gather, readSums, readTar, Unreadable } from '../../src/web/verifier/bundle.mjs';
import { addMonths, dayOf, end, parseDay, parseTime, timeOf, workingDay } from '../../src/web/verifier/calendar.mjs';
import { keyId, publicKey, spki, testKeys, verify } from '../../src/web/verifier/ed25519.mjs';
import { fold } from '../../src/web/verifier/eligibility.mjs';
import { openNote, parseNote, parseReceipt, parseVerifierKey } from '../../src/web/verifier/note.mjs';
import { commitment, pae, possession } from '../../src/web/verifier/statement.mjs';
import { lot, lotCommitment } from '../../src/web/verifier/tally.mjs';
import { includes, leafHash, tilePaths, Tree } from '../../src/web/verifier/tree.mjs';

const page = readFileSync(new URL('../../docs/FORMATS.md', import.meta.url), 'utf8').split('<!-- vectors -->')[1];
const ORIGIN = 'esep.example/commission-2026';
/** The value of the row that begins so. */
const row = (start) => {
  const line = page.split('\n').find((l) => l.startsWith(`| ${start}`));
  assert.ok(line, start);
  return line.split('|').slice(-2)[0].trim().replaceAll('`', '');
};
const salt = Uint8Array.from({ length: 16 }, (_, i) => i);

test('test key 0, its id and what it signed', async () => {
  const [key] = await testKeys();
  assert.equal(hex(key), row('public key of test key 0'));
  assert.equal(keyId(key), row('its key id'));
  const signed = pae('application/vnd.esep.x.v1+json', utf8('{"a":1}'));
  assert.equal(digest(signed), row('PAE hash of type'));
  assert.ok(await verify(key, signed, unbase64(row('signature over that PAE'))));
  assert.ok(await verify(key, possession(ORIGIN, base64(spki(key)), 'counting/cec'), unbase64(row('possession of test key 0'))));
});

test('a commitment', () => assert.equal(commitment(ORIGIN, 'association', 'x', salt, 'Бирикме'), row('commitment: salt')));

test('a card: code and key', async () => {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ', number = BigInt(`0x${hex(salt)}`), check = Number(number % 1021n);
  const code = [...Array(26).keys()].map((i) => alphabet[Number((number >> BigInt(5 * (25 - i))) & 31n)]).join('') + alphabet[check >> 5] + alphabet[check & 31];
  assert.equal(code.match(/.{4}/g).join('-'), row('card code of the bytes'));
  const seed = new Uint8Array(hkdfSync('sha256', salt, sha256(utf8(`${ORIGIN}\n1`)), 'esep card v1', 32));
  assert.equal(keyId(await publicKey(seed)), row('key id of that card'));
});

test('a box, a lot', () => {
  const hashes = [sha256(utf8('a')), sha256(utf8('b'))].sort((a, b) => (hex(a) < hex(b) ? -1 : 1));
  const root = hex(new Tree(hashes.map(leafHash)).root());
  assert.equal(root, row('box root of two ballots'));
  const reveal = '07'.repeat(32);
  assert.equal(lotCommitment(ORIGIN, 1, 'cec', reveal), row('lot commitment'));
  const { seed, order } = lot(ORIGIN, /** @type {any} */ ({ number: 1, close: { box_root: root }, reveals: new Map([['cec', reveal]]) }), ['c01', 'c02', 'c03']);
  assert.equal(seed, row('lot seed'));
  assert.equal(order.join(' '), row('order of'));
});

test('the signed note of the page', async () => {
  const key = parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
  const note = 'This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
  assert.equal(await openNote(utf8(note), key), 'This is an example message.\n');
  assert.equal(await openNote(utf8(note.replace('an example', 'no example')), key), null);
  assert.equal(await openNote(utf8(note.replace('\n\n', '\n\n\u2014 other.example/x AAAAAAAA\n')), key), 'This is an example message.\n');
  assert.equal(await openNote(utf8(note.slice(0, note.indexOf('\u2014')) + '\u2014 other.example/x AAAAAAAA\n'), key), null);
  for (const bad of [note.slice(0, -1), note.replace('\u2014', '-'), note.replace('\n\n', '\n'), `\t${note}`]) assert.equal(parseNote(utf8(bad)), null, bad);
  assert.equal(parseVerifierKey('example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'), null);
  assert.equal(parseReceipt(utf8('c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\n'))?.kind, 'checkpoint');
});

test('RFC 6962 trees', (t) => {
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map((h) => leafHash(unhex(h)));
  const tree = new Tree(leaves), grown = new Tree([]);
  for (const leaf of leaves) grown.push(leaf);
  assert.equal(hex(new Tree([]).root()), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(hex(tree.root()), '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  for (let n = 0; n <= 8; n++) assert.equal(hex(grown.root(n)), hex(tree.root(n)));
  const shared = new URL('../../../shared/vectors/merkle/', import.meta.url);
  if (!existsSync(shared)) return t.skip('no shared vectors here');
  const read = (name) => JSON.parse(readFileSync(new URL(name, shared), 'utf8')).vectors;
  const bytes = (b64) => Uint8Array.from(Buffer.from(b64, 'base64'));
  for (const v of read('inclusion.json')) {
    const index = BigInt(String(v.leafIdx) === '18446744073709552000' ? '18446744073709551615' : v.leafIdx);
    assert.equal(includes(index, BigInt(v.treeSize), bytes(v.leafHash), (v.proof ?? []).map(bytes), bytes(v.root)), !v.wantErr, v.name);
  }
  // Consistency is not proved here but recomputed: the good roots are those of the first entries.
  for (const v of read('consistency.json').filter((each) => !each.wantErr && each.size2 <= 8 && bytes(each.root1).length === 32 && bytes(each.root2).length === 32)) {
    assert.equal(hex(tree.root(v.size1)), hex(bytes(v.root1)), v.name);
    assert.equal(hex(tree.root(v.size2)), hex(bytes(v.root2)), v.name);
  }
});

test('names of tiles', () => {
  assert.deepEqual([...tilePaths(257)], [['000', 0, 256], ['001.p/1', 256, 257]]);
  assert.equal([...tilePaths(1234067 * 256)].length, 1234067);
  let last = '';
  for (const [path] of tilePaths(1234068 * 256)) last = path;
  assert.equal(last, 'x001/x234/067');
});

test('days and times of Bishkek', () => {
  assert.equal(parseDay('2026-02-29'), null);
  assert.equal(parseDay('1969-12-31'), null);
  assert.equal(parseTime('2026-11-23T04:00:60Z'), null);
  assert.equal(parseTime('2026-11-23T24:00:00Z'), null);
  assert.equal(end(dayOf('2026-11-23')), timeOf('2026-11-23T18:00:00Z'));
  assert.equal(addMonths(dayOf('2027-01-31'), 1), dayOf('2027-02-28'));
  assert.equal(addMonths(dayOf('2028-01-31'), 1), dayOf('2028-02-29'));
  assert.equal(addMonths(dayOf('2028-02-29'), 60), dayOf('2033-02-28'));
  assert.equal(addMonths(dayOf('9999-12-15'), 1), dayOf('9999-12-31')); // arithmetic stops at the edge
  assert.equal(workingDay(dayOf('2026-10-31'), new Set([dayOf('2026-11-02')])), dayOf('2026-11-03'));
});

test('folding of names', () => {
  assert.equal(fold('  \u00ABТаза   СУУ\u00BB\u00a0№ 1 '), '\u00ABтаза суу\u00BB № 1');
  assert.equal(fold('I\u0307'), fold('\u0130')); // NFC before and after lower case
  assert.equal(fold('\u03a3\u0391\u03a3'), '\u03c3\u03b1\u03c3'); // no final sigma: letters do not look at their neighbours
});

test('a bundle is bounded and plain', () => {
  for (const path of ['../x', '/x', 'a//b', 'a/./b', 'a\\b', 'c:x', 'x\u0000', '', 'a/', 'é'.repeat(128)]) assert.throws(() => gather([[path, new Uint8Array(0)]]), Unreadable, path);
  assert.throws(() => gather([['a', new Uint8Array(0)], ['./a', new Uint8Array(0)]]), Unreadable);
  assert.deepEqual([...gather([['b', new Uint8Array(0)], ['./a', new Uint8Array(0)]]).keys()], ['a', 'b']);
  assert.throws(() => readTar(utf8('no tar'.repeat(200))), Unreadable);
  const sum = 'ab'.repeat(32), { good, bad } = readSums(utf8(`${sum}  b\n${sum}  a\n${sum} c\n${sum}  SHA256SUMS\n${sum}  c`));
  assert.deepEqual([good.map(([path]) => path), bad], [['b'], [2, 3, 4, 5]]);
  assert.equal(text(Uint8Array.of(0xff)), null);
});
