// Verifies a record in this browser: fetches the bundle, gives it to the second verifier in a worker, shows its report.
// The verifier and its words are those of the page that lies in every bundle; the office only hands over the bytes.

import { announce, byId, fill, focus } from "./ui.mjs";
import { render } from "../verifier/report.mjs";
import { MOST, broken, parcel, sort } from "../verifier/sort.mjs";
import { WORDS } from "../verifier/texts.mjs";

/** @typedef {import("../verifier/worker.mjs").Answer} Answer */

const lang = /** @type {import("../verifier/texts.mjs").Lang} */ (document.documentElement.lang);
const w = WORDS[lang];
const worker = new URL("../verifier/worker.mjs", import.meta.url).href;
// The one script address that this page may turn into a worker.
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("esep", {
  createScriptURL: (/** @type {string} */ address) => {
    if (address !== worker) throw new TypeError("not the verifier");
    return address;
  },
});

/** @type {Worker | null} */
let busy = null;

/** @param {string} words @param {number | null} done from 0 to 1; null: nothing runs */
function status(words, done) {
  announce(words);
  const bar = /** @type {HTMLProgressElement} */ (byId("progress"));
  bar.hidden = done === null;
  if (done) bar.value = done;
  else bar.removeAttribute("value");
}

/** @param {Answer} answer */
function hear(answer) {
  if ("progress" in answer) return status(`${w.working}\u2026`, answer.progress);
  if ("slow" in answer) return;
  if ("large" in answer) return status(w.large ?? "", null);
  if ("broken" in answer) return status(answer.broken ? `${w.broken}: ${answer.broken}` : w.no_bundle ?? "", null);
  status(w.done ?? "", null);
  fill(byId("report"), ...render(answer, lang));
  focus(byId("verdict"));
}

/** @param {string} address of the bundle */
async function verify(address) {
  busy?.terminate();
  fill(byId("report"));
  status(`${w.reading}\u2026`, 0);
  const stop = new AbortController();
  const answer = await fetch(address, { signal: stop.signal }).catch(() => null);
  if (!answer?.ok) return hear({ broken: String(answer?.status ?? "") });
  if (Number(answer.headers.get("content-length")) > MOST) {
    // What no browser takes is not fetched first.
    stop.abort();
    return hear({ large: true });
  }
  let sorted;
  try {
    sorted = await sort([{ path: "bundle.tar", file: await answer.blob(), folder: false }]);
  } catch (error) {
    return hear(broken(error));
  }
  busy?.terminate();
  busy = new Worker(/** @type {string} */ (policy?.createScriptURL(worker) ?? worker), { type: "module" });
  busy.onmessage = ({ data }) => hear(data);
  busy.onerror = (event) => hear({ broken: event.message });
  busy.postMessage(...parcel(sorted));
}

for (const button of document.querySelectorAll("[data-verify]")) {
  const { verify: address = "" } = /** @type {HTMLElement} */ (button).dataset;
  /** @type {HTMLElement} */ (button).hidden = false;
  button.addEventListener("click", () => void verify(address));
}
