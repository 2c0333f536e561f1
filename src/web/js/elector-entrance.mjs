// How an elector comes to the ballot: a card's code typed, pasted, scanned or in the address after `#`; or a key file.

import { bytes } from "./api.mjs";
import { same, sha256hex } from "./base.mjs";
import { cardKey, CardError, CHARACTERS, characters, parse } from "./card.mjs";
import { fromPem, KeyFileError } from "./keys.mjs";
import { announce, byId, fill, showErrors } from "./ui.mjs";

/** @typedef {import("./elector-paper.mjs").Paper} Paper */
/** @typedef {import("./keys.mjs").Key} Key */
/** @typedef {import("./words.mjs").Say} Say */

/** Whether the list has this key; nobody knows if the list cannot be had. @param {Paper} paper @param {{count: number, sha256: string}} list @param {Key} key */
async function listed(paper, list, key) {
  let all;
  try {
    all = await bytes(paper.id, `/attachments/${list.sha256}`);
  } catch {
    return undefined;
  }
  if ((await sha256hex(all)) !== list.sha256) return undefined;
  for (let place = 0; place < all.length; place += 32) if (same(all.subarray(place, place + 32), key.point)) return true;
  return false;
}

/** The words for a card that will not do, before a ballot is filled in vain. @param {Paper} paper @param {Key} key @param {import("./base.mjs").Bytes} code @param {Say} say */
async function unfit(paper, key, code, say) {
  const list = paper.cards.find((one) => one.round === paper.round);
  if (!list || (await listed(paper, list, key)) !== false) return undefined;
  for (const other of paper.cards.filter((one) => one.round !== paper.round)) {
    const older = await cardKey(code.slice(), paper.origin, other.round);
    if (await listed(paper, other, older)) return say("elector-card-other-round", { round: other.round, now: paper.round });
  }
  return say("elector-card-unknown");
}

/**
 * The card's key, or the words of what is wrong.
 * @param {string} text @param {Paper} paper @param {Say} say
 * @returns {Promise<{key: Key} | {wrong: string}>}
 */
async function keyOf(text, paper, say) {
  let code;
  try {
    code = parse(text);
  } catch (error) {
    if (error instanceof CardError) return { wrong: say(`elector-code-${error.code}`, error.values) };
    throw error;
  }
  try {
    const key = await cardKey(code, paper.origin, paper.round);
    const wrong = await unfit(paper, key, code, say);
    return wrong ? { wrong } : { key };
  } finally {
    code.fill(0);
  }
}

/** The form for a card. @param {Paper} paper @param {Say} say @param {(key: Key) => void} open */
export function card(paper, say, open) {
  const form = byId("card-form");
  const input = /** @type {HTMLInputElement} */ (byId("code"));
  const read = byId("code-read");
  const take = async (/** @type {string} */ text) => {
    const found = await keyOf(text, paper, say);
    if ("wrong" in found) return showErrors(form, [{ field: "code", text: found.wrong }], say);
    // Once the key is made, the code is nowhere in the page.
    input.value = "";
    fill(read);
    showErrors(form, [], say);
    open(found.key);
  };
  input.addEventListener("input", () => {
    const count = characters(input.value).length;
    let words = count === 0 ? "" : say("elector-code-count", { count });
    if (count === CHARACTERS) {
      try {
        parse(input.value).fill(0);
        words = say("elector-code-fits");
      } catch (error) {
        if (error instanceof CardError) words = say(`elector-code-${error.code}`, error.values);
      }
      announce(words);
    }
    fill(read, words);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take(input.value);
  });
  const fromAddress = () => {
    if (!/^#[^/]{20,}$/.test(location.hash)) return;
    const text = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname + location.search);
    take(text);
  };
  form.hidden = false;
  camera(say, take);
  addEventListener("hashchange", fromAddress);
  fromAddress();
}

/** The camera, where the browser reads QR codes. @param {Say} say @param {(text: string) => Promise<void>} take */
async function camera(say, take) {
  const Detector = /** @type {any} */ (window).BarcodeDetector;
  if (!Detector || !navigator.mediaDevices?.getUserMedia) return;
  if (!(await Detector.getSupportedFormats()).includes("qr_code")) return;
  const [scan, place, video] = [byId("scan"), byId("camera"), /** @type {HTMLVideoElement} */ (byId("video"))];
  const detector = new Detector({ formats: ["qr_code"] });
  /** @type {MediaStream | undefined} */
  let stream;
  const end = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = undefined;
    video.srcObject = null;
    place.hidden = true;
    scan.hidden = false;
  };
  const look = async () => {
    if (!stream) return;
    const [found] = await detector.detect(video).catch(() => []);
    let words = found && say("elector-camera-other");
    if (found) {
      try {
        parse(found.rawValue).fill(0);
        end();
        return take(found.rawValue);
      } catch (error) {
        if (!(error instanceof CardError)) throw error;
      }
      announce(words);
    }
    setTimeout(look, 200);
  };
  scan.addEventListener("click", async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      return showErrors(byId("card-form"), [{ field: "code", text: say("elector-camera-none") }], say);
    }
    video.srcObject = stream;
    place.hidden = false;
    scan.hidden = true;
    await video.play();
    byId("scan-end").focus();
    look();
  });
  byId("scan-end").addEventListener("click", () => {
    end();
    scan.focus();
  });
  addEventListener("pagehide", end);
  scan.hidden = false;
}

/** The form for a key file: named ballots. @param {Say} say @param {(key: Key) => void} open */
export function keyFile(say, open) {
  const form = byId("key-form");
  const [file, passphrase] = [/** @type {HTMLInputElement} */ (byId("key-file")), /** @type {HTMLInputElement} */ (byId("passphrase"))];
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = file.files?.[0];
    if (!chosen) return showErrors(form, [{ field: "key-file", text: say("elector-key-none") }], say);
    let key;
    try {
      key = await fromPem(await chosen.text(), passphrase.value || undefined);
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error;
      const field = error.code.includes("passphrase") ? "passphrase" : "key-file";
      return showErrors(form, [{ field, text: say(`elector-key-${error.code}`) }], say);
    }
    file.value = "";
    passphrase.value = "";
    showErrors(form, [], say);
    open(key);
  });
  form.hidden = false;
}
