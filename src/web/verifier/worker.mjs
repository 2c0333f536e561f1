// What runs beside the page: checks what was dropped. Also callable in the page itself.

import { check } from './check.mjs';
import { hasNative } from './ed25519.mjs';
import { broken } from './sort.mjs';

/** @typedef {{report: import('./check.mjs').Report, told: import('./check.mjs').Told[]} | {broken: string} | {large: true} | {progress: number} | {slow: true}} Answer */

/** @param {import('./sort.mjs').Sorted} sorted @param {(answer: Answer) => void} answer */
export async function run({ files, kept, trusted }, answer) {
  try {
    if (!(await hasNative())) answer({ slow: true });
    if (!files) return answer({ broken: '' });
    /** @type {import('./check.mjs').Told[]} */
    const told = [];
    let last = 0;
    const progress = (/** @type {number} */ done, /** @type {number} */ all) => {
      if (Date.now() - last < 100) return;
      last = Date.now();
      answer({ progress: Math.min(1, done / all) });
    };
    answer({ report: await check(files, { trusted, older: kept, progress, told: (receipt) => told.push(receipt) }), told });
  } catch (error) {
    answer(broken(error));
  }
}

if (typeof document === 'undefined' && typeof self !== 'undefined') {
  self.onmessage = ({ data }) => { void run(data, (answer) => self.postMessage(answer)); };
}
