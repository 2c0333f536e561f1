// The page: takes files, and shows what the worker says.

import { render } from './report.mjs';
import { WORDS } from './texts.mjs';
import { broken, parcel, sort } from './sort.mjs';
import { run } from './worker.mjs';

/** @typedef {import('./texts.mjs').Lang} Lang */
/** @typedef {import('./worker.mjs').Answer} Answer */
/** @typedef {import('./sort.mjs').Item} Item */

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
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

/** @param {Extract<Answer, {report: any}>} answer */
const show = (answer) => byId('report').replaceChildren(...render(answer, lang));

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
  if ('large' in answer) { status(`? ${w.large}`, null); return; }
  if ('broken' in answer) { status(answer.broken ? `? ${w.broken}: ${answer.broken}` : `? ${w.no_bundle}`, null); return; }
  shown = answer;
  status(w.done ?? '', null);
  show(answer);
  byId('verdict').focus();
}

/** @type {Worker | null} */
let busy = null;
/** @param {Item[]} items */
async function start(items) {
  if (items.length === 0) return;
  busy?.terminate();
  shown = null;
  byId('report').replaceChildren();
  byId('slow').textContent = '';
  status(`${WORDS[lang].reading}\u2026`, 0);
  const here = () => sort(items).then((sorted) => run(sorted, hear)).catch((error) => hear(broken(error)));
  let alive = false;
  let worker;
  try {
    worker = busy = new Worker(byId('page').dataset.worker ?? '');
    worker.onmessage = ({ data }) => { alive = true; hear(data); };
    worker.onerror = (event) => { event.preventDefault(); if (!alive) void here(); };
  } catch { return here(); } // a browser that allows no worker here
  try {
    const sorted = await sort(items);
    if (worker === busy) worker.postMessage(...parcel(sorted));
  } catch (error) { hear(broken(error)); }
}

/** What was dropped, folders walked. Chromium reads no FileSystemEntry on a page from disk, others know no handles.
 * @param {FileSystemEntry} entry @param {boolean} folder @returns {Promise<Item[]>} */
async function walkEntry(entry, folder) {
  if (entry.isFile) return [{ path: entry.fullPath, folder, file: await new Promise((done, fail) => /** @type {FileSystemFileEntry} */ (entry).file(done, fail)) }];
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader(), items = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (some.length === 0) return items;
    for (const each of some) items.push(...await walkEntry(each, true));
  }
}

/** @param {any} handle FileSystemHandle @param {string} path @param {boolean} folder @returns {Promise<Item[]>} */
async function walkHandle(handle, path, folder) {
  if (handle.kind === 'file') return [{ path, folder, file: await handle.getFile() }];
  const items = [];
  for await (const each of handle.values()) items.push(...await walkHandle(each, `${path}/${each.name}`, true));
  return items;
}

/** An item must be asked before the event is over. @param {any} item DataTransferItem @returns {Promise<Item[]>} */
async function dropped(item) {
  const file = item.getAsFile(), entry = item.webkitGetAsEntry();
  const handle = await item.getAsFileSystemHandle?.();
  if (handle) return walkHandle(handle, handle.name, false);
  if (entry) return walkEntry(entry, false);
  return file ? [{ path: file.name, folder: false, file }] : [];
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
document.addEventListener('drop', (event) => {
  Promise.all([...event.dataTransfer?.items ?? []].map(dropped)).then((all) => start(all.flat()), (error) => hear({ broken: String(error.message) }));
});
for (const input of document.querySelectorAll('input[name=lang]')) {
  input.addEventListener('change', () => { lang = /** @type {Lang} */ (/** @type {HTMLInputElement} */ (input).value); translate(); });
}
translate();
byId('main').hidden = false;
