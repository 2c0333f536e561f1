// What the checks found, as nodes of a page. Texts of a record come from strangers: they only ever become text nodes.

import { NAMES, RULE_OF, TITLES, WORDS, inWords } from './texts.mjs';

/** @typedef {import('./texts.mjs').Lang} Lang */
/** @typedef {import('./worker.mjs').Answer} Answer */

/** @param {string} tag @param {{[attribute: string]: string}} attributes @param {(Node | string)[]} children */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A part with its heading, unless it is empty. */
const section = (/** @type {Lang} */ lang) => (/** @type {string} */ word, /** @type {string} */ tag, /** @type {Node[]} */ children) => (children.length === 0 ? [] : [element('section', {}, element('h3', {}, WORDS[lang][word] ?? ''), element(tag, {}, ...children))]);
/** @param {string} text */
const code = (text) => element('code', {}, text);

/** The report in a language. @param {Extract<Answer, {report: any}>} answer @param {Lang} lang @returns {Node[]} */
export function render({ report, told }, lang) {
  const w = WORDS[lang], { summary: s } = report, part = section(lang);
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
  return [
    element('div', { class: `verdict ${report.verdict}` }, heading, ...(s.rehearsal ? [element('p', { class: 'loud' }, w.rehearsal ?? '')] : []),
      element('p', {}, (report.trust === 'bundle' ? w.compare_keys : w.trusted) ?? '')),
    ...part('receipts', 'ul', receipts),
    ...part('findings', 'ol', findings),
    ...part('missing', 'ul', lines(report.missing)),
    ...part('elected', 'ol', s.elected.map(([id, name]) => element('li', {}, name, ' ', code(id)))),
    ...(s.elected.length === 0 ? [element('p', {}, w.nobody ?? '')] : []),
    ...part('keys', 'dl', Object.entries(report.keys).flatMap(([name, id]) => [element('dt', {}, NAMES[name.replace(/-\d+$/, '')]?.[lang] ?? name), element('dd', {}, code(id))])),
    element('section', {}, element('h3', {}, w.place ?? ''), element('p', {}, code(s.competition), ` \u00b7 ${w.phase}: ${NAMES[s.phase]?.[lang] ?? s.phase}`),
      element('p', {}, `${w.entries}: ${s.entries} \u00b7 ${w.ballots}: ${s.ballots} \u00b7 ${w.signatures}: ${s.signatures}`), element('p', {}, `${w.root}: `, code(s.root))),
    ...part('not_checked', 'ul', lines(report.not_checked)),
    element('p', {}, w.proves ?? ''), element('p', {}, save),
  ];
}

