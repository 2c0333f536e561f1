// Walks through pages that several tests begin with: an announcement, a nomination, an act of the organiser.

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { SLOTS } from "./desk.mjs";
import { esep } from "./office.mjs";

const run = promisify(execFile);
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {Awaited<ReturnType<typeof import("./office.mjs").openOffice>>} Office */

/** From the filled form over what will be signed to the ledger. @param {Page} page */
export async function signAct(page) {
  await page.click("form.act .actions button");
  await page.waitForSelector("#signing:not([hidden]) .signed");
  await page.click("#signing-form .actions button");
  await page.waitForSelector("#outcome:not([hidden])");
}

/**
 * A competition by the assistant, from the preset to the organiser's signature.
 * @param {Page} page
 * @param {Office} office
 * @param {string} id
 * @param {{[choice: string]: string | true}} choices texts to write, and what to tick, by id
 */
export async function announce(page, office, id, choices) {
  const { now } = await (await fetch(`${office.address}/api/v1/competitions/${office.id}/phase`)).json();
  await page.goto(`${office.address}/en/announce`);
  await page.check("#preset");
  await page.fill("#published", new Date(Date.parse(now) + 6 * 3_600_000).toISOString().slice(0, 10));
  await page.fill("#id", id);
  await page.click("main button");
  await page.waitForSelector("#dates");
  for (const [choice, value] of Object.entries(choices)) await (value === true ? page.check(`#${choice}`) : page.fill(`#${choice}`, value));
  await page.click('button[value="sign"]');
  await page.waitForSelector(".member");
  const titles = { ky: "Комиссиянын мүчөлөрүн тандоо конкурсу", ru: "Конкурс по отбору членов Комиссии", en: "Competition for the Commission" };
  for (const [language, title] of Object.entries(titles)) await page.fill(`#title-${language}`, title);
  await page.fill("#outlet", "Эркин Тоо, № 71");
  await page.fill("#place", "Бишкек, Чүй пр. 1");
  const origin = `${office.actors.origin.split("/")[0]}/${id}`;
  for (const [place, slot] of SLOTS.entries()) {
    const { stdout } = await run(esep, ["enrol", "--key", office.actors.keys[slot].path, "--competition", origin, "--role", `counting/${slot}`]);
    await page.fill(`#person-${slot}`, `Мүчө ${place + 1}`);
    await page.fill(`#paste-${slot}`, stdout);
  }
  await page.click("form.act > .actions button");
  await page.waitForSelector("#signing:not([hidden]) .signed");
  await page.setInputFiles("#key-file", office.actors.keys.organiser.path);
  await page.click("#signing-form .actions button");
  await page.waitForSelector("#outcome:not([hidden])");
}

/**
 * The form from the first to the last step; answers where the receipt file lies, and the nomination.
 * @param {Page} page
 * @param {Office} office
 * @param {{id: string, lang: string, name: string, number: string, folder: string, association?: string, key?: string}} what `number` makes papers and organisations its own; `key`: the candidate's enrolment
 */
export async function nominate(page, office, { id, lang, name, number, folder, association = `«${name}» бирикмеси`, key }) {
  await page.goto(`${office.address}/${lang}/competitions/${id}/nominate/form`);
  await page.waitForSelector("#step-association:not([hidden])");
  await page.fill("#association", association);
  await page.click("#step-association .actions button");
  for (let place = 0; place < 3; place++) {
    const frame = page.locator("#organisations .organisation").nth(place);
    await frame.locator("[data-field=name]").fill(`Уюм ${number}-${place + 1}`);
    await frame.locator("[data-field=number]").fill(`${number}-${place}-ЮБ`);
    await frame.locator("[value=foundation]").check();
  }
  await page.click("#step-organisations .actions button");
  await page.fill("#name", name);
  for (const [part, value] of [["day", "7"], ["month", "3"], ["year", "1985"]]) await page.fill(`#birth-${part}`, value);
  if (key) await page.setInputFiles("#candidate-key", key);
  await page.click("#step-candidate .actions button");
  for (const fact of ["citizen", "capable", "conviction", "education", "service-no"]) await page.check(`#${fact}`);
  await page.fill("#experience", "Коомдук иште он жыл");
  await page.click("#step-facts .actions button");
  for (const paper of ["letter", "application", "resume"]) {
    const path = join(folder, `${number}-${paper}.pdf`);
    await writeFile(path, `%PDF-1.7\n% ${number} ${paper}\n`);
    await page.setInputFiles(`#${paper}`, path);
    await page.waitForSelector(`#${paper}-have:not(:empty)`);
    await page.click(`#step-${paper} .actions button`);
  }
  await page.waitForSelector("#step-check:not([hidden])");
  await page.click("#step-check .actions button");
  await page.click("#step-key .actions button");
  await page.waitForSelector("#step-sign:not([hidden]) .signed");
  const [got] = await Promise.all([page.waitForEvent("download"), page.click("#step-sign .actions button")]);
  const path = join(folder, `${number}.json`);
  await got.saveAs(path);
  await page.waitForSelector("#step-done:not([hidden])");
  return { path, hash: /** @type {string} */ (JSON.parse(await readFile(path, "utf8")).nomination) };
}

/** The organiser's desk, opened with the key. @param {Page} page @param {Office} office @param {string} id */
export async function openDesk(page, office, id) {
  await page.goto(`${office.address}/en/competitions/${id}/desk`);
  await page.setInputFiles("#key-file", office.actors.keys.organiser.path);
  await page.click("#enter button");
  await page.waitForSelector("#queue");
}

/** Decides every rule that a person must decide; `against`: refused for this one. @param {Page} page @param {Office} office @param {string} id @param {string} hash @param {string} [against] */
export async function screen(page, office, id, hash, against) {
  await page.goto(`${office.address}/en/competitions/${id}/desk/nominations/${hash}`);
  for (const row of await page.$$("[data-rule][data-firm=false]")) {
    const rule = await row.getAttribute("data-rule");
    await page.check(`#${rule}${rule === against ? "-not_met" : ""}`);
  }
  await signAct(page);
}
