// The receipt file of an association: its key, what it signed, the proof that it was taken in, and what opens every
// commitment. Whoever holds it acts for the association; the service keeps no copy of the key.

import { groups } from "./base.mjs";
import { save } from "./ui.mjs";

/** @typedef {import("./commit.mjs").Opening} Opening */
/**
 * @typedef {object} ReceiptFile
 * @property {"esep.nomination-file.v1"} about
 * @property {string} competition origin
 * @property {string} nomination the tracking code: the statement's hash
 * @property {string} keyid
 * @property {string} key PEM, encrypted if there is a passphrase
 * @property {{kind: string, hash: string, statement: import("./dsse.mjs").Envelope, receipt: string}[]} statements
 * @property {Opening[]} openings
 * @property {{[sha256: string]: string}} documents names of the files
 */

const ABOUT = "esep.nomination-file.v1";

/** @param {ReceiptFile} file */
export function hand(file) {
  const id = file.competition.split("/").pop();
  save(`esep-${id}-${file.nomination.slice(0, 8)}.json`, "application/json", `${JSON.stringify(file, null, 2)}\n`);
}

/** Reads one; nothing if it is no such file. @param {string} text @returns {ReceiptFile | undefined} */
export function read(text) {
  try {
    const file = JSON.parse(text);
    return file?.about === ABOUT && typeof file.key === "string" && typeof file.nomination === "string" ? file : undefined;
  } catch {
    return undefined;
  }
}

/** @param {Omit<ReceiptFile, "about">} content @returns {ReceiptFile} */
export function make(content) {
  return { about: ABOUT, ...content };
}

/** The tracking code for people. @param {string} hash */
export function code(hash) {
  return groups(hash);
}
