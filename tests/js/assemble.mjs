// Assembles the page as the program does: modules into page.html, nothing else. `node assemble.mjs OUT.html` writes it.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

const folder = new URL('../../src/web/verifier/', import.meta.url);

export function assemble() {
  const modules = readdirSync(folder).filter((name) => name.endsWith('.mjs') && name !== 'verify.mjs').sort()
    .map((name) => `<script type="text/plain" data-module="${name}">\n${readFileSync(new URL(name, folder), 'utf8')}</script>\n`);
  return readFileSync(new URL('page.html', folder), 'utf8').replace('<!-- modules -->\n', () => modules.join(''));
}

/** SHA-256 of what stands between the page's own tags, as a policy spells it. */
export function inlineHashes(page = readFileSync(new URL('page.html', folder), 'utf8')) {
  const between = (tag) => page.match(new RegExp(`\\n<${tag}>([^]*?)</${tag}>`))[1];
  return ['script', 'style'].map((tag) => createHash('sha256').update(between(tag)).digest('base64'));
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  if (process.argv[2]) writeFileSync(process.argv[2], assemble()); else console.log(inlineHashes());
}
