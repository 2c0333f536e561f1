// Bytes, SHA-256, the signature rule (RFC 8032, Wycheproof, small-order and torsioned keys), canonical JSON (RFC 8785).
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { base64, hex, sha256, unbase64, unhex, utf8 } from '../../src/web/verifier/bytes.mjs';
import { add, badKeys, decode, encode, goodKey, publicKey, verify, verifyHere } from '../../src/web/verifier/ed25519.mjs';
import { canonical, parseCanonical } from '../../src/web/verifier/json.mjs';

const shared = new URL('../../../shared/vectors/', import.meta.url);
const sharedOr = (t) => existsSync(shared) || (t.skip('no shared vectors here'), false);

test('SHA-256 is the platform\'s at every length around a block', () => {
  for (let n = 0; n < 200; n++) {
    const bytes = randomBytes(n);
    assert.equal(hex(sha256(bytes)), createHash('sha256').update(bytes).digest('hex'), `length ${n}`);
  }
  const big = randomBytes(1_000_003);
  assert.equal(hex(sha256(big.subarray(0, 7), big.subarray(7))), createHash('sha256').update(big).digest('hex'));
});

test('base64 and hex have one spelling', () => {
  assert.deepEqual(unbase64('AA=='), Uint8Array.of(0));
  for (const other of ['AB==', 'AA', 'AA=', 'A A=', 'AA==\n', '-_==']) assert.equal(unbase64(other), null, other);
  assert.equal(unhex('0G'), null);
  assert.equal(unhex('AB'), null);
  assert.equal(hex(unhex('00ff')), '00ff');
  assert.equal(base64(utf8('Эсеп')), Buffer.from('Эсеп').toString('base64'));
});

// RFC 8032 section 7.1: seed, key, message, signature.
const RFC8032 = [
  ['9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'],
  ['4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'],
  ['c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025', 'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a'],
];

test('RFC 8032', async () => {
  for (const [seed, key, message, signature] of RFC8032.map((row) => row.map(unhex))) {
    assert.equal(hex(await publicKey(seed)), hex(key));
    assert.ok(goodKey(key));
    for (const check of [verify, verifyHere]) {
      assert.ok(await check(key, message, signature));
      const bent = signature.slice();
      bent[40] ^= 1;
      assert.ok(!(await check(key, message, bent)));
      assert.ok(!(await check(key, utf8('another'), signature)));
    }
  }
});

test('Wycheproof, by WebCrypto and by our own curve', async (t) => {
  if (!sharedOr(t)) return;
  const { testGroups } = JSON.parse(readFileSync(new URL('wycheproof-ed25519.json', shared), 'utf8'));
  let seen = 0;
  for (const { publicKey: { pk }, tests } of testGroups) {
    for (const { tcId, msg, sig, result } of tests) {
      for (const check of [verify, verifyHere]) {
        const key = unhex(pk);
        const holds = goodKey(key) && (await check(key, unhex(msg), unhex(sig)));
        assert.equal(holds, result === 'valid', `${check.name} ${tcId}`);
      }
      seen++;
    }
  }
  assert.equal(seen, 151);
});

// The eight points of small order, and spellings of them that are not canonical.
const SMALL = [
  '0100000000000000000000000000000000000000000000000000000000000000', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000', '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '0100000000000000000000000000000000000000000000000000000000000080', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(unhex);

test('small-order, torsioned and non-canonical keys do not exist', () => {
  for (const key of SMALL) assert.ok(!goodKey(key), hex(key));
  const good = decode(unhex(RFC8032[0][1]));
  for (const key of SMALL.slice(1, 8)) {
    const torsioned = encode(add(good, decode(key)));
    assert.ok(decode(torsioned) && !goodKey(torsioned), hex(key));
  }
  assert.ok(!goodKey(unhex('02'.padEnd(64, '0')))); // on no curve
  assert.ok(!goodKey(new Uint8Array(31)));
});

test('a signature by a small-order key, which libraries take, is stopped by the key; the neutral R by the rule', async () => {
  const [neutral] = SMALL;
  const forged = new Uint8Array(64);
  forged[0] = 1; // R is the neutral element, S is 0: the equation holds for every message under a neutral key
  assert.ok(!(await verify(neutral, utf8('anything'), forged)));
  assert.ok(!(await verifyHere(neutral, utf8('anything'), forged)));
  assert.ok(!goodKey(neutral));
});

test('bad keys of a long list are named, wherever they stand', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, (_, n) => publicKey(sha256(utf8(`seed ${n}`)))));
  const many = Array.from({ length: 700 }, (_, i) => keys[i % keys.length]);
  assert.deepEqual(badKeys(many), []);
  const torsioned = encode(add(decode(keys[0]), decode(SMALL[1])));
  many[3] = SMALL[0];
  many[350] = torsioned;
  many[351] = torsioned; // two of order 2: their sum is sound, single keys are not
  many[699] = unhex('02'.padEnd(64, '0'));
  assert.deepEqual(badKeys(many), [3, 350, 351, 699]);
});

test('keys made by the platform are good, and its signatures hold', async () => {
  for (let i = 0; i < 5; i++) {
    const { publicKey: pair, privateKey } = generateKeyPairSync('ed25519');
    const key = new Uint8Array(pair.export({ type: 'spki', format: 'der' })).slice(12), message = randomBytes(100 * i);
    assert.ok(goodKey(key));
    assert.ok(await verify(key, message, new Uint8Array(sign(null, message, privateKey))));
    assert.ok(await verifyHere(key, message, new Uint8Array(sign(null, message, privateKey))));
  }
});

test('canonical JSON: one spelling, integers only', () => {
  const refused = ['{"a":1.0}', '{"a":-0}', '{"a": 1}', '{"a":1,"a":1}', '{"b":1,"a":1}', '{"a":null}', '[1e2]', '{"a":9007199254740992}', '"\\u0041"', '"\\ud800"', '{"a":1}\n', '\ufeff{}', '1.5'];
  for (const text of refused) assert.equal(parseCanonical(utf8(text)), null, text);
  for (const text of ['{"a":1,"b":[true,"\\n"]}', '-9007199254740991', '{"__proto__":1}', '{"1":2,"a":3}', '"\\u001f"']) assert.notEqual(parseCanonical(utf8(text)), null, text);
  assert.equal(parseCanonical(Uint8Array.of(0x22, 0xff, 0x22)), null);
  assert.equal(canonical({ '\ufb33': 1, '\ud83d\ude00': 2, a: 3 }), '{"a":3,"\ud83d\ude00":2,"\ufb33":1}'); // UTF-16 units, not code points
  const deep = (n) => '['.repeat(n) + ']'.repeat(n);
  assert.notEqual(parseCanonical(utf8(deep(32))), null);
  assert.equal(parseCanonical(utf8(deep(33))), null);
  assert.notEqual(parseCanonical(utf8(`${'['.repeat(32)}1${']'.repeat(32)}`)), null);
});

test('RFC 8785 vectors, as far as they hold values that we admit', (t) => {
  if (!sharedOr(t)) return;
  let same = 0;
  for (const name of readdirSync(new URL('jcs/input/', shared))) {
    const value = JSON.parse(readFileSync(new URL(`jcs/input/${name}`, shared), 'utf8'));
    const wanted = readFileSync(new URL(`jcs/output/${name}`, shared), 'utf8');
    if (/null|\d\.\d|\de[+-]?\d|\d{17}/.test(wanted)) { assert.throws(() => canonical(value), name); continue; }
    assert.equal(canonical(value), wanted, name);
    same++;
  }
  assert.ok(same >= 3);
});
