#!/usr/bin/env node
// node verify.mjs BUNDLE [--trust DIR] [--older FILE].. [--disclosed FILE] [--require-disclosed] [--json] [--lang ky|ru|en]
// BUNDLE is a folder or a tar. Exit code: 0 proved, 1 disproved, 2 wrong usage, 3 could not tell. The only module that knows files.

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Unreadable, gather, readTar } from './bundle.mjs';
import { check } from './check.mjs';
import { NAMES, RULE_OF, TITLES, WORDS, inWords } from './texts.mjs';

/** @param {string} folder @param {string} [under] @returns {Generator<[string, Uint8Array]>} */
function* filesUnder(folder, under = '') {
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    if (item.isDirectory()) yield* filesUnder(join(folder, item.name), `${under}${item.name}/`);
    else if (item.isFile()) yield [under + item.name, new Uint8Array(readFileSync(join(folder, item.name)))];
    else throw new Unreadable(`neither file nor folder: ${under}${item.name}`);
  }
}

function usage() {
  process.stderr.write('usage: verify.mjs BUNDLE [--trust DIR] [--older FILE] [--disclosed FILE] [--require-disclosed] [--json] [--lang ky|ru|en]\n');
  return 2;
}

async function main() {
  let given;
  try {
    given = parseArgs({
      allowPositionals: true,
      options: {
        trust: { type: 'string' }, older: { type: 'string', multiple: true }, disclosed: { type: 'string' }, 'require-disclosed': { type: 'boolean' },
        json: { type: 'boolean' }, lang: { type: 'string', default: 'en' },
      },
    });
  } catch { return usage(); }
  const { values: o, positionals: [bundle, ...more] } = given, lang = /** @type {'ky' | 'ru' | 'en'} */ (o.lang);
  if (bundle === undefined || more.length > 0 || !['ky', 'ru', 'en'].includes(lang)) return usage();
  /** @type {import('./check.mjs').Report} */
  let report;
  try {
    const trusted = o.trust === undefined ? null : new Map(readdirSync(o.trust).filter((name) => name.endsWith('.pem'))
      .map((name) => [name.slice(0, -4), new Uint8Array(readFileSync(join(/** @type {string} */ (o.trust), name)))]));
    const older = (o.older ?? []).map((name) => ({ name: basename(name), bytes: new Uint8Array(readFileSync(name)) }));
    const disclosed = o.disclosed === undefined ? [] : JSON.parse(readFileSync(o.disclosed, 'utf8'));
    const files = statSync(bundle).isDirectory() ? gather(filesUnder(bundle)) : readTar(new Uint8Array(readFileSync(bundle)));
    report = await check(files, { trusted, older, disclosed, requireDisclosed: o['require-disclosed'] });
  } catch (e) {
    process.stderr.write(`${bundle}: ${/** @type {Error} */ (e).message}\n`);
    return 3;
  }
  process.stdout.write(o.json ? asJson(report) : asText(report, lang));
  return { proved: 0, disproved: 1, cannot_tell: 3 }[report.verdict];
}

/** The shape of `esep verify --json`. @param {import('./check.mjs').Report} report */
function asJson(report) {
  const findings = report.findings.map((f) => ({ ...f, rule: RULE_OF[f.finding], title: TITLES[f.finding].en }));
  return JSON.stringify({ schema: 'esep.verify.v1', result: { ...report, findings } }, null, 2) + '\n';
}

/** @param {import('./check.mjs').Report} report @param {'ky' | 'ru' | 'en'} lang */
function asText(report, lang) {
  const words = WORDS[lang], { summary: s } = report, out = [words[report.verdict]];
  if (report.trust === 'bundle') out.push(words.compare_keys);
  if (s.rehearsal) out.push(words.rehearsal);
  if (report.trust === 'bundle') out.push('', `${words.keys}:`, ...Object.entries(report.keys).map(([name, id]) => `  ${id}  ${name}`));
  if (report.findings.length > 0) {
    out.push('', `${words.findings}:`);
    for (const f of report.findings) out.push(`  ${f.finding} ${f.entry === undefined ? '' : `[${f.entry}] `}${TITLES[f.finding][lang]} (${f.detail})`, `      ${TITLES[f.finding].todo[lang]}`);
  }
  for (const [title, lines] of /** @type {const} */ ([[words.missing, report.missing], [words.not_checked, report.not_checked]])) {
    if (lines.length > 0) out.push('', `${title}:`, ...lines.map((line) => `  ${inWords(line, lang)}`));
  }
  out.push('', `${s.competition} (${NAMES[s.phase]?.[lang] ?? s.phase})`, `  ${words.entries}: ${s.entries}; ${words.ballots}: ${s.ballots}; ${words.signatures}: ${s.signatures}`, `  ${s.root}`);
  if (s.elected.length > 0) out.push('', `${words.elected}:`, ...s.elected.map(([id, name], i) => `  ${String(i + 1).padStart(3)}. ${name} (${id})`));
  return out.join('\n') + '\n';
}

process.exitCode = await main();
