#!/usr/bin/env node
// Judges many bundles in one process with the second verifier, for the tests that compare it with `esep verify`.
// Standard input: one JSON object a line, {"path": TAR or TAR.GZ, "trust"?: DIR, "older"?: [FILE], "disclosed"?: FILE,
// "require_disclosed"?: BOOLEAN}. Standard output: one line for each, {"verdict", "findings": [{"finding", "entry"?}],
// "missing"} or {"error"}, where the bundle cannot be read or the verifier broke.

import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';

const rooms = new URL('../../src/web/verifier/', import.meta.url);
const { readTar } = await import(new URL('bundle.mjs', rooms));
const { check } = await import(new URL('check.mjs', rooms));

const bytes = (path) => new Uint8Array(readFileSync(path));

async function judge({ path, trust, older = [], disclosed, require_disclosed: requireDisclosed = false }) {
  const tar = path.endsWith('.gz') ? new Uint8Array(gunzipSync(readFileSync(path))) : bytes(path);
  const keys = trust && readdirSync(trust).filter((name) => name.endsWith('.pem'));
  const { verdict, findings, missing } = await check(readTar(tar), {
    trusted: keys ? new Map(keys.map((name) => [name.slice(0, -4), bytes(join(trust, name))])) : null,
    older: older.map((file) => ({ name: basename(file), bytes: bytes(file) })),
    disclosed: disclosed ? JSON.parse(readFileSync(disclosed, 'utf8')) : [],
    requireDisclosed,
  });
  return { verdict, findings: findings.map(({ finding, entry, detail }) => ({ finding, entry, detail })), missing };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try { answer = await judge(JSON.parse(line)); } catch (error) { answer = { error: String(error?.stack ?? error) }; }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
