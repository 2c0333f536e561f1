// End to end: the vectors of tests/vectors, the command line, and a demo where the program is built.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { base64, text, utf8 } from '../../src/web/verifier/bytes.mjs';
import { entryTiles, readEntries, readTar } from '../../src/web/verifier/bundle.mjs';
import { check } from '../../src/web/verifier/check.mjs';
import { leafHash, Tree } from '../../src/web/verifier/tree.mjs';

const vectors = fileURLToPath(new URL('../vectors/v1/', import.meta.url));
const program = process.env.ESEP ?? fileURLToPath(new URL('../../target/debug/esep', import.meta.url));
const cli = fileURLToPath(new URL('../../src/web/verifier/verify.mjs', import.meta.url));
const read = (path) => new Uint8Array(readFileSync(path));
const tar = (file) => readTar(new Uint8Array(gunzipSync(readFileSync(join(vectors, file)))));
const spell = (findings) => findings.map((f) => (f.entry === undefined ? f.finding : `${f.finding}@${f.entry}`)).sort().join(' ');
const expected = existsSync(vectors) ? JSON.parse(readFileSync(join(vectors, 'expect.json'), 'utf8')) : null;

function options({ trust, older, disclosed, require_disclosed: requireDisclosed }) {
  return {
    trusted: trust ? new Map(readdirSync(join(vectors, trust)).map((name) => [name.replace(/\.pem$/, ''), read(join(vectors, trust, name))])) : null,
    older: (older ?? []).map((file) => ({ name: basename(file), bytes: read(join(vectors, file)) })),
    disclosed: disclosed ? JSON.parse(readFileSync(join(vectors, disclosed), 'utf8')) : [], requireDisclosed,
  };
}

test('every vector: the same verdict and the same findings at the same entries', async (t) => {
  if (!expected) return t.skip('no vectors here');
  for (const vector of expected.vectors) {
    const report = await check(tar(vector.file), options(vector.given ?? {}));
    assert.equal(`${report.verdict} ${spell(report.findings)}`, `${vector.verdict} ${spell(vector.findings)}`, vector.name);
  }
});

test('receipts beside a bundle: in the record, in the box, refused, or not ours', async (t) => {
  if (!expected) return t.skip('no vectors here');
  const states = {};
  for (const receipt of expected.receipts.filter((r) => r.bundle && !r.name.startsWith('malformed'))) {
    const told = [];
    await check(tar(receipt.bundle), { older: [{ name: receipt.name, bytes: read(join(vectors, receipt.file)) }], told: (r) => told.push(r) });
    assert.equal(told.length, 1, receipt.name);
    states[receipt.name] = told[0].state;
    if (receipt.verdict === 'holds') assert.ok(['in_record', 'in_box', 'refused'].includes(told[0].state), `${receipt.name}: ${told[0].state}`);
    if (told[0].state === 'in_record') assert.equal(told[0].place, receipt.says?.seq ?? told[0].place);
  }
  assert.equal(states.nomination, 'in_record');
  assert.equal(states['box-opened'], 'in_box');
  assert.equal(states['box-lost'], 'not_there');
  assert.equal(states['box-not-opened'], 'sealed');
  for (const name of ['entry-another-place', 'entry-proof-short', 'entry-proof-long', 'entry-proof-bent']) assert.equal(states[name], 'not_there', name);
  assert.equal(states['entry-record-exchanged'], 'breaks');
  for (const name of ['entry-foreign-checkpoint', 'entry-checkpoint-edited']) assert.equal(states[name], 'not_ours', name);
});

test('an older checkpoint notices a lost tail, and where WebCrypto knows no Ed25519 the verdict is the same', async (t) => {
  if (!expected) return t.skip('no vectors here');
  const files = tar(expected.vectors.find((v) => v.name === 'good/secret-sum').file), short = new Map(files);
  const size = Number(text(files.get('checkpoint')).split('\n')[1]), entries = readEntries(files, size).slice(0, -1);
  for (const path of files.keys()) if (path.startsWith('tile/') || path === 'SHA256SUMS') short.delete(path);
  for (const [path, bytes] of [...new Tree(entries.map(leafHash)).tiles(), ...entryTiles(entries)]) short.set(path, bytes);
  const report = await check(short, { older: [{ name: 'kept', bytes: files.get('checkpoint') }] });
  assert.equal(report.verdict, 'cannot_tell'); // the checkpoint inside still asks for the last entry
  const lines = text(files.get('checkpoint')).split('\n');
  short.set('checkpoint', utf8([lines[0], size - 1, base64(new Tree(entries.map(leafHash)).root()), ...lines.slice(3)].join('\n')));
  const found = (await check(short, { older: [{ name: 'kept', bytes: files.get('checkpoint') }] })).findings.map((f) => f.finding);
  assert.ok(found.includes('V03') && found.includes('V33'), found.join());

  const inChild = `
    const key = crypto.subtle.importKey.bind(crypto.subtle);
    crypto.subtle.importKey = (format, bytes, algorithm, ...rest) => (algorithm === 'Ed25519' ? Promise.reject(new Error('unknown')) : key(format, bytes, algorithm, ...rest));
    await import(${JSON.stringify(new URL('../../src/web/verifier/verify.mjs', import.meta.url).href)});`;
  const folder = mkdtempSync(join(tmpdir(), 'esep-js-'));
  try {
    writeFileSync(join(folder, 'b.tar'), gunzipSync(readFileSync(join(vectors, 'good/secret-sum.tar.gz'))));
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', inChild, '--', join(folder, 'b.tar'), '--json'], { encoding: 'utf8' });
    assert.equal(JSON.parse(run.stdout).result.verdict, 'proved', run.stderr);
  } finally { rmSync(folder, { recursive: true }); }
});

test('the command line: exit codes, JSON, languages', (t) => {
  if (!expected) return t.skip('no vectors here');
  const folder = mkdtempSync(join(tmpdir(), 'esep-js-'));
  const run = (...args) => spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
  try {
    const put = (file) => { const path = join(folder, basename(file, '.gz')); writeFileSync(path, gunzipSync(readFileSync(join(vectors, file)))); return path; };
    const good = put('good/secret-sum.tar.gz');
    assert.equal(run(good).status, 0);
    assert.equal(run(put(expected.vectors.find((v) => v.verdict === 'disproved').file)).status, 1);
    assert.equal(run().status, 2);
    assert.equal(run(good, '--lang', 'de').status, 2);
    assert.equal(run(good, '--nonsense').status, 2);
    assert.equal(run(put('good/missing-tile-entries.tar.gz')).status, 3);
    assert.equal(run(join(folder, 'nothing.tar')).status, 3);
    for (const [lang, word] of [['ky', 'ДАЛИЛДЕНДИ'], ['ru', 'ДОКАЗАНО'], ['en', 'PROVED']]) assert.ok(run(good, '--lang', lang).stdout.startsWith(word));
    const { schema, result } = JSON.parse(run(good, '--json').stdout);
    assert.equal(schema, 'esep.verify.v1');
    assert.deepEqual(Object.keys(result).sort(), ['findings', 'keys', 'missing', 'not_checked', 'summary', 'trust', 'verdict']);
  } finally { rmSync(folder, { recursive: true }); }
});

test('a demo, by both programs: the same summary', (t) => {
  if (!existsSync(program)) return t.skip(`no program at ${program}`);
  const folder = mkdtempSync(join(tmpdir(), 'esep-js-')), bundle = join(folder, 'demo');
  try {
    const demo = spawnSync(program, ['demo', '--candidates', '12', '--preset', 'commission-2014-marks', '--out', bundle], { encoding: 'utf8' });
    assert.equal(demo.status, 0, demo.stderr);
    const [theirs, ours] = [[program, ['verify', bundle, '--json']], [process.execPath, [cli, bundle, '--json']]]
      .map(([command, args]) => JSON.parse(spawnSync(command, args, { encoding: 'utf8' }).stdout).result);
    assert.equal(ours.verdict, 'proved');
    assert.deepEqual(ours.summary, theirs.summary);
    assert.deepEqual(ours.keys, theirs.keys);
    assert.match(ours.summary.root, /^[0-9a-f]{64}$/);
  } finally { rmSync(folder, { recursive: true }); }

});
