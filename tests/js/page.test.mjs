// The assembled page, opened from disk in a real Chromium: bundles are dropped and chosen, nothing is fetched, everybody can use it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { assemble, inlineHashes } from './assemble.mjs';

const folder = mkdtempSync(join(tmpdir(), 'esep-page-'));
const vectors = fileURLToPath(new URL('../vectors/v1/', import.meta.url));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ready = existsSync(executablePath) && existsSync(vectors) && existsSync(new URL('node_modules/playwright-core', import.meta.url));
let browser;

before(async () => {
  if (!ready) return;
  const { chromium } = await import('playwright-core');
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  writeFileSync(join(folder, 'verify.html'), assemble());
});
after(async () => { await browser?.close(); rmSync(folder, { recursive: true }); });

const put = (file, name = basename(file, '.gz')) => {
  const bytes = readFileSync(join(vectors, file)), path = join(folder, name);
  writeFileSync(path, file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  return path;
};
async function open(t, hash = '', more = {}) {
  if (!ready) return t.skip('no browser, no vectors or no node_modules here');
  const page = await browser.newPage(more), asked = [], broken = [];
  page.on('request', (request) => { if (!/^(file|blob):/.test(request.url())) asked.push(request.url()); });
  page.on('pageerror', (error) => broken.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error') broken.push(message.text()); });
  await page.goto(pathToFileURL(join(folder, 'verify.html')).href + hash);
  return { page, asked, broken, choose: async (...files) => { await page.setInputFiles('#files', files); await page.waitForSelector('#verdict', { timeout: 60000 }); } };
}

test('the page\'s policy names its own script and style, and its modules can be linked', () => {
  const page = assemble(), [script, style] = inlineHashes();
  assert.ok(page.includes(`script-src 'sha256-${script}' blob:`));
  assert.ok(page.includes(`style-src 'sha256-${style}'`));
  assert.ok(page.includes("default-src 'none'"));
  const rooms = new URL('../../src/web/verifier/', import.meta.url);
  for (const name of readdirSync(rooms).filter((each) => each.endsWith('.mjs') && each !== 'verify.mjs')) {
    const source = readFileSync(new URL(name, rooms), 'utf8');
    assert.ok(!/<\/script|<!--/i.test(source), `${name} would end its script`);
    for (const line of source.split('\n')) {
      if (/^import\b/.test(line)) assert.match(line, /^import \{ [\w, ]+ \} from '\.\/\w+\.mjs';$/, name);
      if (/^export\b/.test(line)) assert.match(line, /^export (async )?(const|class|function\*?) \w+/, name);
    }
  }
});

test('a good bundle is proved, in a worker, without the network', async (t) => {
  const opened = await open(t);
  if (!opened) return;
  const { page, asked, broken, choose } = opened, workers = [];
  page.on('worker', (worker) => workers.push(worker.url()));
  await choose(put('good/secret-sum.tar.gz'));
  assert.match(await page.textContent('#verdict'), /^✓ ДАЛИЛДЕНДИ/);
  assert.equal(await page.evaluate('document.activeElement.id'), 'verdict');
  assert.match(await page.textContent('#report'), /Шайлангандар/);
  for (const [value, word] of [['ru', 'ДОКАЗАНО'], ['en', 'PROVED'], ['ky', 'ДАЛИЛДЕНДИ']]) {
    await page.check(`input[value=${value}]`);
    assert.match(await page.textContent('#verdict'), new RegExp(word));
    assert.equal(await page.getAttribute('html', 'lang'), value);
  }
  assert.equal(workers.length, 1);
  assert.deepEqual([asked, broken], [[], []]);
});

test('a tampered one is disproved, with what it means and what to do', async (t) => {
  const opened = await open(t, '#en');
  if (!opened) return;
  const { page, choose } = opened, vector = JSON.parse(readFileSync(join(vectors, 'expect.json'), 'utf8')).vectors.find((v) => v.findings.length === 1 && v.findings[0].entry !== undefined && !v.given);
  await choose(put(vector.file));
  assert.match(await page.textContent('#verdict'), /^✗ DISPROVED/);
  const text = await page.textContent('#report');
  for (const part of [vector.findings[0].finding, `entry ${vector.findings[0].entry}`, 'Usual cause', 'What to do']) assert.ok(text.includes(part), part);
});

test('a receipt beside the bundle: my ballot and my nomination are in the record', async (t) => {
  const opened = await open(t, '#en');
  if (!opened) return;
  const { page, choose } = opened;
  await choose(put('receipts/bundle.tar.gz'), put('receipts/box-opened', 'ballot.receipt'), put('receipts/nomination', 'mine.tlog-proof'));
  const text = await page.textContent('#report');
  assert.match(text, /ballot\.receipt: The ballot is in the record · round 1 · place in the box \d+/);
  assert.match(text, /mine\.tlog-proof: It is in the record · nomination · place 1 · under the checkpoint 2/);
});

test('a folder, dropped or chosen; trusted keys beside it', async (t) => {
  const opened = await open(t, '#en');
  if (!opened) return;
  const { page } = opened, bundle = join(folder, 'unpacked');
  mkdirSync(bundle);
  assert.equal(spawnSync('tar', ['-xf', put('good/secret-sum.tar.gz'), '-C', bundle]).status, 0);
  await page.setInputFiles('#folder', bundle);
  await page.waitForSelector('#verdict', { timeout: 60000 });
  assert.match(await page.textContent('#verdict'), /PROVED/);
  // A folder dropped as from a file manager: the page walks it.
  await page.evaluate(() => { document.getElementById('report').replaceChildren(); });
  const hand = await page.context().newCDPSession(page), data = { items: [], files: [bundle], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop']) await hand.send('Input.dispatchDragEvent', { type, x: 100, y: 100, data });
  await page.waitForSelector('#verdict', { timeout: 60000 });
  assert.match(await page.textContent('#verdict'), /PROVED/);
  await page.evaluate(() => { document.getElementById('report').replaceChildren(); });
  const tar = readFileSync(join(folder, 'secret-sum.tar')).toString('base64'), pem = readFileSync(join(bundle, 'keys/organiser.pem'), 'utf8');
  await page.evaluate(([bytes, key]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], 'bundle.tar'));
    data.items.add(new File([key], 'organiser.pem'));
    document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
  }, [tar, pem]);
  await page.waitForSelector('#verdict', { timeout: 60000 });
  assert.match(await page.textContent('#report'), /Keys were compared with those that you gave/);
});

test('no bundle, a broken one: said in words', async (t) => {
  const opened = await open(t, '#en');
  if (!opened) return;
  const { page } = opened, bad = join(folder, 'bad.tar');
  const cut = readFileSync(put('good/secret-sum.tar.gz')).subarray(0, 5000);
  writeFileSync(bad, cut);
  await page.setInputFiles('#files', bad);
  await page.waitForFunction(() => document.getElementById('status').textContent.startsWith('?'));
  assert.match(await page.textContent('#status'), /cannot be read/);
  const large = join(folder, 'large.tar');
  writeFileSync(large, cut);
  truncateSync(large, 401 * 1024 * 1024);
  await page.setInputFiles('#files', large);
  await page.waitForFunction(() => /too large for a browser/.test(document.getElementById('status').textContent));
  await page.setInputFiles('#files', put('receipts/nomination', 'alone.tlog-proof'));
  await page.waitForFunction(() => /No bundle/.test(document.getElementById('status').textContent));
});

test('for everybody: 320 pixels, keyboard, names of controls, dark mode', async (t) => {
  const opened = await open(t, '#ky', { viewport: { width: 320, height: 700 }, colorScheme: 'dark' });
  if (!opened) return;
  const { page, choose } = opened;
  await page.focus('input[value=ky]');
  await page.keyboard.press('ArrowDown'); // a radio group moves by arrows
  assert.equal(await page.getAttribute('html', 'lang'), 'ru');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.id'), 'files');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.id'), 'folder');
  await choose(put('good/secret-sum.tar.gz'));
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320);
  const unnamed = await page.evaluate(() => [...document.querySelectorAll('input, a, progress')].filter((n) => !(n.labels?.length || n.textContent.trim() || n.getAttribute('aria-labelledby'))).length);
  assert.equal(unnamed, 0);
  const contrast = await page.evaluate(() => {
    const light = (color) => { const [r, g, b] = color.match(/\d+/g).map((v) => { const x = v / 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const style = getComputedStyle(document.body), [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
    return { ratio: (a + 0.05) / (b + 0.05), dark: light(style.backgroundColor) < 0.1 };
  });
  assert.ok(contrast.dark && contrast.ratio > 7);
});

test('where no worker may run, the page checks by itself', async (t) => {
  const opened = await open(t, '#en');
  if (!opened) return;
  const { page, choose } = opened;
  await page.evaluate(() => { globalThis.Worker = class { constructor() { throw new Error('no workers'); } }; });
  await choose(put('good/secret-sum.tar.gz'));
  assert.match(await page.textContent('#verdict'), /PROVED/);
});
