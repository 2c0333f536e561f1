// The page: takes files, shows what the worker says. Texts of a record come from strangers: they only ever become text nodes.

import { NAMES, RULE_OF, TITLES, WORDS, inWords } from './texts.mjs';
import { run } from './worker.mjs';

/** @typedef {import('./texts.mjs').Lang} Lang */
/** @typedef {import('./worker.mjs').Answer} Answer */
/** @typedef {import('./worker.mjs').Item} Item */

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} tag @param {{[attribute: string]: string}} attributes @param {(Node | string)[]} children */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** @type {Lang} */
let lang = /** @type {Lang} */ (['ky', 'ru', 'en'].find((l) => location.hash === `#${l}`) ?? 'ky');
/** @type {Extract<Answer, {report: any}> | null} */
let shown = null;

function translate() {
  document.documentElement.lang = lang;
  document.title = `Эсеп: ${WORDS[lang].title}`;
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = WORDS[lang][/** @type {HTMLElement} */ (node).dataset.word ?? ''] ?? '';
  for (const input of document.querySelectorAll('input[name=lang]')) /** @type {HTMLInputElement} */ (input).checked = /** @type {HTMLInputElement} */ (input).value === lang;
  if (shown) show(shown);
}

/** @param {string} word @param {string} tag @param {Node[]} children */
const section = (word, tag, children) => (children.length === 0 ? [] : [element('section', {}, element('h3', {}, WORDS[lang][word] ?? ''), element(tag, {}, ...children))]);
/** @param {string} text */
const code = (text) => element('code', {}, text);

/** @param {Extract<Answer, {report: any}>} answer */
function show({ report, told }) {
  const w = WORDS[lang], { summary: s } = report;
  const mark = { proved: '\u2713', disproved: '\u2717', cannot_tell: '?' }[report.verdict];
  const heading = element('h2', { id: 'verdict', tabindex: '-1' }, element('span', { 'aria-hidden': 'true', class: 'mark' }, mark), ' ', w[report.verdict] ?? '');
  const findings = report.findings.map((f) => {
    const title = TITLES[f.finding];
    return element('li', {}, element('strong', {}, `${f.finding} (${RULE_OF[f.finding]})`), f.entry === undefined ? '' : ` \u00b7 ${w.entry} ${f.entry}`, ` \u00b7 ${title[lang]}. `,
      element('dl', {}, element('dt', {}, w.why ?? ''), element('dd', {}, title.why[lang]), element('dt', {}, w.todo ?? ''), element('dd', {}, title.todo[lang]),
        element('dt', {}, w.detail ?? ''), element('dd', { lang: 'en' }, code(f.detail))));
  });
  const receipts = told.map((r) => element('li', {}, element('strong', {}, r.name), ': ', w[r.state] ?? '', r.kind ? ` \u00b7 ${r.kind}` : '', r.round === undefined ? '' : ` \u00b7 ${w.round} ${r.round}`,
    r.place === undefined ? '' : ` \u00b7 ${r.state === 'in_box' ? w.box_place : w.at_place} ${r.place}`, r.size === undefined ? '' : ` \u00b7 ${w.under} ${r.size}`,
    r.time ? ` \u00b7 ${r.time}` : '', r.code ? ` \u00b7 ${r.code}` : '', r.hash ? element('span', {}, ' \u00b7 ', code(r.hash)) : ''));
  const lines = (/** @type {string[]} */ list) => list.map((line) => { const said = inWords(line, lang); return element('li', said === line ? { lang: 'en' } : {}, said); });
  const save = element('a', { download: 'esep-report.json', href: URL.createObjectURL(new Blob([JSON.stringify({ schema: 'esep.verify.v1', result: report }, null, 2)], { type: 'application/json' })) }, w.save ?? '');
  byId('report').replaceChildren(
    element('div', { class: `verdict ${report.verdict}` }, heading, ...(s.rehearsal ? [element('p', { class: 'loud' }, w.rehearsal ?? '')] : []),
      element('p', {}, (report.trust === 'bundle' ? w.compare_keys : w.trusted) ?? '')),
    ...section('receipts', 'ul', receipts),
    ...section('findings', 'ol', findings),
    ...section('missing', 'ul', lines(report.missing)),
    ...section('elected', 'ol', s.elected.map(([id, name]) => element('li', {}, name, ' ', code(id)))),
    ...(s.elected.length === 0 ? [element('p', {}, w.nobody ?? '')] : []),
    ...section('keys', 'dl', Object.entries(report.keys).flatMap(([name, id]) => [element('dt', {}, NAMES[name.replace(/-\d+$/, '')]?.[lang] ?? name), element('dd', {}, code(id))])),
    element('section', {}, element('h3', {}, w.place ?? ''), element('p', {}, code(s.competition), ` \u00b7 ${w.phase}: ${NAMES[s.phase]?.[lang] ?? s.phase}`),
      element('p', {}, `${w.entries}: ${s.entries} \u00b7 ${w.ballots}: ${s.ballots} \u00b7 ${w.signatures}: ${s.signatures}`), element('p', {}, `${w.root}: `, code(s.root))),
    ...section('not_checked', 'ul', lines(report.not_checked)),
    element('p', {}, w.proves ?? ''), element('p', {}, save),
  );
}

/** @param {string} text @param {number | null} done */
function status(text, done) {
  byId('status').textContent = text;
  const bar = /** @type {HTMLProgressElement} */ (byId('progress'));
  bar.hidden = done === null;
  if (done) bar.value = done; else bar.removeAttribute('value');
}

/** @param {Answer} answer */
function hear(answer) {
  const w = WORDS[lang];
  if ('progress' in answer) { status(`${w.working}\u2026`, answer.progress); return; }
  if ('slow' in answer) { byId('slow').textContent = w.slow ?? ''; return; }
  if ('broken' in answer) { status(answer.broken ? `? ${w.broken}: ${answer.broken}` : `? ${w.no_bundle}`, null); return; }
  shown = answer;
  status(w.done ?? '', null);
  show(answer);
  byId('verdict').focus();
}

/** @type {Worker | null} */
let busy = null;
/** @param {Item[]} items */
function start(items) {
  if (items.length === 0) return;
  busy?.terminate();
  shown = null;
  byId('report').replaceChildren();
  byId('slow').textContent = '';
  status(`${WORDS[lang].reading}\u2026`, 0);
  let alive = false;
  try {
    const worker = busy = new Worker(byId('page').dataset.worker ?? '');
    worker.onmessage = ({ data }) => { alive = true; hear(data); };
    worker.onerror = (event) => { event.preventDefault(); if (!alive) void run(items, hear); }; // a browser that allows no worker here
    worker.postMessage(items);
  } catch { void run(items, hear); }
}

/** @param {FileSystemEntry} entry @param {boolean} folder @returns {Promise<Item[]>} */
async function walk(entry, folder) {
  if (entry.isFile) return [{ path: entry.fullPath, folder, file: await new Promise((done, fail) => /** @type {FileSystemFileEntry} */ (entry).file(done, fail)) }];
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader(), items = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (some.length === 0) return items;
    for (const each of some) items.push(...await walk(each, true));
  }
}

for (const id of ['files', 'folder']) {
  byId(id).addEventListener('change', (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    start([...input.files ?? []].map((file) => ({ path: file.webkitRelativePath || file.name, file, folder: id === 'folder' })));
    input.value = '';
  });
}
for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  document.addEventListener(kind, (event) => { event.preventDefault(); byId('drop').classList.toggle('over', kind === 'dragenter' || kind === 'dragover'); });
}
document.addEventListener('drop', async (event) => {
  const given = [...event.dataTransfer?.items ?? []].map((item) => item.webkitGetAsEntry()), plain = [...event.dataTransfer?.files ?? []];
  if (given.length > 0 && given.every((entry) => entry !== null)) start((await Promise.all(given.map((entry) => walk(/** @type {FileSystemEntry} */ (entry), false)))).flat());
  else start(plain.map((file) => ({ path: file.name, file, folder: false })));
});
for (const input of document.querySelectorAll('input[name=lang]')) {
  input.addEventListener('change', () => { lang = /** @type {Lang} */ (/** @type {HTMLInputElement} */ (input).value); translate(); });
}
translate();
byId('main').hidden = false;
