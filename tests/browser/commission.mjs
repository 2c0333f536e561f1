// Counting members at their desk: each in a browser of their own, with a key that lives in its page.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { reader } from "./browser.mjs";
import { esep } from "./office.mjs";

const run = promisify(execFile);
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {Awaited<ReturnType<typeof import("./office.mjs").openOffice>>} Office */
/** @typedef {{who: Awaited<ReturnType<typeof reader>>, page: Page, slot: string, keys: boolean, nonce?: string}} Member `keys`: works by the keyboard alone; `nonce`: the file kept for the lot */

/**
 * A member whose desk is open, with the key that the office's story gave.
 * @param {import("playwright-core").Browser} browser
 * @param {Office} office
 * @param {string} slot
 * @param {{lang?: string, keys?: boolean, id?: string} & import("playwright-core").BrowserContextOptions} [options]
 * @returns {Promise<Member>}
 */
export async function atDesk(browser, office, slot, { lang = "ky", keys = false, id = office.id, ...options } = {}) {
  const who = await reader(browser, options);
  const member = { who, page: who.page, slot, keys };
  await who.page.goto(`${office.address}/${lang}/competitions/${id}/commission`);
  await openKey(member, office.actors.keys[slot].path);
  return member;
}

/** @param {Member} member @param {string} path of the key file */
export async function openKey(member, path) {
  await member.page.waitForSelector("#key:not([hidden])");
  await member.page.setInputFiles("#key-file", path);
  await press(member, "#open-key");
  await member.page.waitForSelector("#session:not([hidden])");
}

/** Goes to a thing by Tab alone and presses Enter. @param {Page} page @param {string} selector */
async function byKeys(page, selector) {
  await page.waitForSelector(selector);
  for (let step = 0; step < 120; step++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) {
      await page.keyboard.press("Enter");
      return;
    }
    await page.keyboard.press("Tab");
  }
  assert.fail(`${selector} is not reached by the keyboard`);
}

/** @param {Member} member @param {string} selector */
export async function press(member, selector) {
  if (member.keys) return byKeys(member.page, selector);
  await member.page.click(selector);
}

/** From the list of what is to be done to what will be signed. @param {Member} member @param {string} kind @param {(page: Page) => Promise<unknown>} [fill] */
export async function begin(member, kind, fill) {
  await press(member, `#do-${kind}, #other-${kind}`);
  await member.page.waitForSelector("#continue");
  await fill?.(member.page);
  await press(member, "#continue");
}

/** Signs what is shown, and sees that it is done. @param {Member} member */
export async function signIt(member) {
  await member.page.waitForSelector(".review .aloud");
  await press(member, "#sign");
  await member.page.waitForSelector("#done");
  // A refusal at the last signature is shown too, and is no success.
  assert.ok(await member.page.$("#work .panel.good"), await member.page.innerText("#work"));
  await press(member, "#done");
}

/** An act of one. @param {Member} member @param {string} kind @param {(page: Page) => Promise<unknown>} [fill] */
export async function act(member, kind, fill) {
  await begin(member, kind, fill);
  await signIt(member);
}

/** Signs what is shown and lays it down as a draft. @param {Member} member @returns {Promise<string>} the draft's hash */
export async function layDown(member) {
  const answered = member.page.waitForResponse((one) => one.request().method() === "POST" && one.url().endsWith("/drafts"));
  const [answer] = await Promise.all([answered, signIt(member)]);
  return (await answer.json()).hash;
}

/** Opens this very draft, and not an older one that the page last heard of. @param {Member} member @param {string} hash */
export async function openDraft(member, hash) {
  // A plain button belongs to a draft that waits for somebody else, or whose record the page does not know yet.
  const button = `#drafts > ul #draft-${hash}:not(.plain)`;
  await member.page.waitForSelector(button);
  await press(member, button);
}

/** The others see the draft and sign it. @param {string} hash @param {Member[]} members */
export async function others(hash, ...members) {
  for (const member of members) {
    await openDraft(member, hash);
    await signIt(member);
  }
}

/** An act of several: the first lays it down, the rest sign. @param {Member[]} members @param {string} kind @param {(page: Page) => Promise<unknown>} [fill] */
export async function together([first, ...rest], kind, fill) {
  await begin(first, kind, fill);
  await others(await layDown(first), ...rest);
}

/** Nothing was blocked, nothing threw; that a session ended when the clock went on is what the page itself mends. @param {Member} member */
export function quiet({ who }) {
  const others = who.complaints.filter((one) => !one.includes("401 (Unauthorized)"));
  who.complaints.splice(0, who.complaints.length, ...others);
  who.quiet();
}

/** Cards made offline, as the members make them: their file of keys, and the codes printed on them. @param {string} origin @param {number} round @param {number} count @param {string} folder a new one */
export async function makeCards(origin, round, count, folder) {
  await run(esep, ["cards", "--competition", origin, "--round", String(round), "--count", String(count), "--out", folder, "--lang", "ky"]);
  const printed = (await readFile(join(folder, "cards.txt"), "utf8")).match(/\b(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}\b/g) ?? [];
  const codes = [...new Set(printed)];
  assert.equal(codes.length, count);
  return { keys: join(folder, "cards.keys"), codes };
}

/** The keys of the cards that came back, from their codes. @param {string} origin @param {number} round @param {string[]} codes @param {string} path without ending */
export async function keysOf(origin, round, codes, path) {
  await writeFile(`${path}.txt`, codes.join("\n"));
  await run(esep, ["cards", "--competition", origin, "--round", String(round), "--codes", `${path}.txt`, "--out", `${path}.keys`]);
  return `${path}.keys`;
}

/** Every member is present. @param {Member[]} members */
export async function attend(members) {
  await Promise.all(members.map((member) => act(member, "attendance")));
}

/** Every member makes a number for the lot and keeps it in a file. @param {Member[]} members @param {string} folder */
export async function commit(members, folder) {
  const one = (/** @type {Member} */ member) =>
    act(member, "lot_committed", async (page) => {
      const [file] = await Promise.all([page.waitForEvent("download"), press(member, "#keep-nonce")]);
      member.nonce = join(folder, file.suggestedFilename());
      await file.saveAs(member.nonce);
    });
  await Promise.all(members.map(one));
}

/** Every member shows the number that was kept. @param {Member[]} members */
export async function reveal(members) {
  await Promise.all(members.map((member) => act(member, "lot_revealed", (page) => page.setInputFiles("#nonce-file", String(member.nonce)))));
}

/** The member reads the box and signs every ballot of it. @param {Member} member */
export async function signBox(member) {
  await press(member, "#do-ballots_signed");
  await member.page.waitForSelector(".ballot");
  await press(member, "#sign-all");
  await signIt(member);
}

/**
 * Takes the request that the page shows to the machine with the key, and brings back what it made.
 * @param {Page} page
 * @param {string} where
 * @param {string} key
 * @param {(request: string) => string[]} [command]
 */
export async function carry(page, where, key, command = (request) => [request]) {
  await page.waitForSelector("#offline-back");
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#offline-save")]);
  const [request, out] = [`${where}.request`, `${where}.answer`];
  await file.saveAs(request);
  await run(esep, ["sign", ...command(request), "--key", key, "--out", out, "--yes"]);
  await page.setInputFiles("#offline-back", out);
}

/** The desk without a key in the browser: the session is signed on the other machine. @param {Member} member @param {string} where @param {string} key */
export async function enterOffline({ page, slot }, where, key) {
  await page.waitForSelector("#key:not([hidden])");
  await page.click("#offline > summary");
  await page.check(`#offline-${slot}`);
  await page.click("#open-offline");
  await carry(page, where, key);
  await page.waitForSelector("#session:not([hidden])");
}

/** The bundle, as anyone downloads it, is proved. @param {Office} office @param {string} path where to keep it */
export async function proved(office, path) {
  const answer = await fetch(`${office.address}/api/v1/competitions/${office.id}/bundle`);
  await writeFile(path, Buffer.from(await answer.arrayBuffer()));
  const { stdout } = await run(esep, ["verify", path, "--json"]);
  return JSON.parse(stdout);
}
