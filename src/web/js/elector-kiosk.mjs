// A device of the polling room: after a while without a touch, or when the elector is done, the page forgets everything.
//
// Forgetting is loading anew in the same place of the browser's history: the old page and all that it held are gone.

import { el, fill } from "./ui.mjs";

/** @typedef {import("./words.mjs").Say} Say */

const IDLE = 120;
const WARNING = 30;
const ACTS = ["pointerdown", "keydown", "input", "wheel", "touchstart"];

/** Leaves nothing of this elector. */
export function forget() {
  document.querySelectorAll("input").forEach((input) => (input.value = ""));
  document.getElementById("ballot")?.replaceChildren();
  location.replace(location.pathname + location.search);
}

/** Watches whether somebody is there. @param {Say} say @param {() => boolean} something whether there is anything to forget */
export function watch(say, something) {
  let since = performance.now();
  let paused = false;
  const left = el("p", { id: "idle-what" });
  const stay = el("button", { type: "button", onclick: () => touch() }, say("elector-kiosk-stay"));
  const clear = el("button", { type: "button", class: "plain", onclick: forget }, say("elector-kiosk-clear"));
  const title = el("h2", { id: "idle" }, say("elector-kiosk-idle"));
  const dialog = /** @type {HTMLDialogElement} */ (
    el("dialog", { role: "alertdialog", "aria-labelledby": "idle", "aria-describedby": "idle-what" }, title, left, el("p", { class: "actions" }, stay, clear))
  );
  document.body.append(dialog);
  const touch = () => {
    since = performance.now();
    if (dialog.open) dialog.close();
  };
  ACTS.forEach((act) => addEventListener(act, () => !dialog.open && touch(), { passive: true, capture: true }));
  dialog.addEventListener("cancel", touch);
  setInterval(() => {
    if (paused || !something()) return touch();
    const idle = (performance.now() - since) / 1000;
    if (idle >= IDLE + WARNING) return forget();
    if (idle < IDLE) return;
    if (!dialog.open) dialog.showModal();
    // The words change seldom, so that they can be read.
    const seconds = Math.ceil((IDLE + WARNING - idle) / 10) * 10;
    if (dialog.dataset.left !== String(seconds)) fill(left, say("elector-kiosk-idle-what", { seconds }));
    dialog.dataset.left = String(seconds);
  }, 1000);
  return {
    /** While an answer of the office is awaited nothing is forgotten. @param {boolean} on */
    pause(on) {
      paused = on;
      touch();
    },
  };
}
