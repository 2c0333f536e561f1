// What a page needs of a browser, in the two engines that the other tests do not use: keys that open, sign and stay with
// their tab, sessions, files chosen and saved, a live record, and the recomputation, from the office and from the disk.

import { test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Desk } from "./desk.mjs";
import { missing, open, overTls } from "./engines.mjs";
import { esep, openOffice } from "./office.mjs";

const run = promisify(execFile);
/** @typedef {import("./engines.mjs").Reader} Reader */
/** @typedef {Awaited<ReturnType<typeof openOffice>> & {inside: string}} At `inside`: its address without TLS, for the test itself */

/** @param {At} office */
const api = (office) => `${office.inside}/api/v1/competitions/${office.id}`;
/** @param {At} office */
const size = async (office) => (await (await fetch(api(office))).json()).head.size;

/** The record of now, proved by `esep verify`; answers where it lies. @param {At} office */
async function proved(office) {
  const path = join(office.folder, "now.tar");
  await writeFile(path, Buffer.from(await (await fetch(`${api(office)}/bundle`)).arrayBuffer()));
  await run(esep, ["verify", path]);
  return path;
}

/** @param {At} office @param {Reader} who */
async function nominate(office, who) {
  await who.goto(`${office.address}/ky/competitions/${office.id}/nominate/form`);
  await who.see("#step-association");
  await who.fill("#association", "«Таза айыл» бирикмеси");
  await who.click("#step-association .actions button");
  for (let place = 1; place <= 3; place++) {
    const frame = `#organisations .organisation:nth-child(${place})`;
    await who.fill(`${frame} [data-field=name]`, `Таза айыл ${place}`);
    await who.fill(`${frame} [data-field=number]`, `1234-${place}-ЮБ`);
    await who.click(`${frame} [value=foundation]`);
  }
  await who.click("#step-organisations .actions button");
  await who.fill("#name", "Асанова Айжан Болотовна");
  for (const [part, value] of [["day", "29"], ["month", "2"], ["year", "1984"]]) await who.fill(`#birth-${part}`, value);
  await who.click("#step-candidate .actions button");
  for (const fact of ["citizen", "capable", "conviction", "education", "service-no"]) await who.click(`#${fact}`);
  await who.fill("#experience", "Айыл кеңешинде он жыл");
  await who.click("#step-facts .actions button");
  for (const paper of ["letter", "application", "resume"]) {
    const path = join(office.folder, `${paper}.pdf`);
    await writeFile(path, `%PDF-1.7\n% ${paper}\n`);
    await who.choose(`#${paper}`, path);
    await who.see(`#${paper}-have:not(:empty)`);
    await who.click(`#step-${paper} .actions button`);
  }
  await who.click("#step-check .actions button");
  await who.fill("#passphrase", "ак боз ат");
  await who.fill("#passphrase-again", "ак боз ат");
  await who.click("#step-key .actions button");
  await who.see("#step-sign .signed");
  await who.click("#step-sign .actions button");
  await who.see("#step-done");
  await who.until("document.querySelector('img.code-picture')?.naturalWidth");
  await who.picture("nomination");
  // The saved file opens the nomination's page.
  await openOwn(office, who, await who.saved(/\.json$/), "ак боз ат");
  assert.match(await who.text("#standing"), /Кабыл алынды/);
}

/** @param {At} office @param {Reader} who @param {string} path of the receipt file, or of the key alone @param {string} [passphrase] */
async function openOwn(office, who, path, passphrase) {
  await who.goto(`${office.address}/ky/competitions/${office.id}/nomination`);
  await who.see("#enter");
  await who.choose("#receipt", path);
  await who.click("#enter-form button");
  if (passphrase) {
    await who.fill("#opening-passphrase", passphrase);
    await who.click("#enter-form button");
  }
  await who.see("#own");
}

/** @param {At} office @param {Reader} who */
async function vote(office, who) {
  const { cards, voted } = office.actors;
  const code = cards.find((_, place) => !voted.includes(place)) ?? "";
  await who.goto(`${office.address}/ru/competitions/${office.id}/vote`);
  await who.fill("#code", code);
  await who.click("#card-form button[type=submit]");
  await who.click("#ballot fieldset:nth-of-type(1) label:has([value='10'])");
  await who.click("#ballot fieldset:nth-of-type(2) label:has([value='7'])");
  await who.picture("ballot");
  await who.click("#ballot button[type=submit]");
  await who.see("#ballot table");
  assert.equal((await who.driver.findElements({ css: "#ballot tbody tr" })).length, 2);
  await who.click("#ballot button[type=submit]");
  await who.see("svg.qr");
  await who.picture("receipt");
  await who.click("figure.qr-frame ~ .actions button:first-child");
  const { log_vkey } = await (await fetch(api(office))).json();
  await run(esep, ["verify-receipt", await who.saved(/receipt\.txt$/), "--log-key", log_vkey]);
}

/** @param {At} office @param {Reader} who */
async function signBallots(office, who) {
  await who.goto(`${office.address}/en/competitions/${office.id}/commission`);
  await who.see("#key");
  await who.choose("#key-file", office.actors.keys.cec.path);
  await who.click("#open-key");
  await who.see("#session");
  await who.click("#do-ballots_signed");
  await who.see(".ballot");
  await who.picture("member");
  await who.click("#sign-all");
  await who.see(".review .aloud");
  await who.click("#sign");
  await who.see("#done");
  assert.ok((await who.driver.executeScript("return document.querySelector('#work .panel.good')")) !== null, await who.text("#work"));
}

/** Associations whose nomination lacks nothing. @param {At} office */
const inOrder = (office) => office.actors.associations.filter((one) => one.oddity === "InOrder");

/** The desk keeps the key from page to page. @param {At} office @param {Reader} who */
async function screen(office, who) {
  const { nomination } = inOrder(office)[1];
  await who.goto(`${office.address}/en/competitions/${office.id}/desk`);
  await who.choose("#key-file", office.actors.keys.organiser.path);
  await who.click("#enter button");
  await who.see("#queue");
  await who.goto(`${office.address}/en/competitions/${office.id}/desk/nominations/${nomination}`);
  await who.see("form.act");
  const rules = await who.driver.executeScript("return [...document.querySelectorAll('[data-rule][data-firm=false]')].map((row) => row.dataset.rule)");
  for (const rule of /** @type {string[]} */ (rules)) await who.click(`label[for="${rule}"]`);
  await who.click("form.act .actions button");
  await who.see("#signing .signed");
  assert.equal(await who.driver.executeScript("return document.querySelector('#key-needed').hidden"), true, "the key is still there");
  await who.click("#signing-form .actions button");
  await who.see("#outcome");
  await who.picture("screened");
}

/** The association comes back with its key and takes the nomination back. @param {At} office @param {Reader} who */
async function withdraw(office, who) {
  const [own] = inOrder(office);
  await openOwn(office, who, own.key.path);
  await who.picture("standing");
  await who.click("#do-withdraw summary");
  await who.click("#withdraw-form button");
  await who.see("#signing .signed");
  await who.click("#signing-form .actions button");
  await who.until("/Кайтарып алынды/.test(document.querySelector('#standing').textContent)");
}

/**
 * Readers in that engine at an office; what they had before them is kept as a picture if it goes wrong.
 * @param {string} name
 * @param {number} count
 * @param {Parameters<typeof openOffice>[0]} scene
 * @param {(office: At, ...readers: Reader[]) => Promise<void>} walk
 */
async function at(name, count, scene, walk) {
  const office = await openOffice(scene);
  /** @type {(() => unknown)[]} */
  const ends = [() => office.close()];
  try {
    const secure = await overTls(office);
    ends.push(secure.close);
    /** @type {Reader[]} */
    const readers = [];
    for (let made = 0; made < count; made++) {
      const who = await open(name);
      ends.push(() => who.close());
      readers.push(who);
    }
    try {
      await walk({ ...office, inside: office.address, address: secure.address }, ...readers);
    } catch (error) {
      for (const [place, who] of readers.entries()) await who.picture(`failed-${place + 1}`);
      throw error;
    }
  } finally {
    await Promise.allSettled(ends.map(async (end) => end()));
  }
}

for (const name of ["firefox", "webkit"]) {
  const here = { skip: missing(name) || false };
  test(`${name}: a nomination is signed, and another reader sees it come`, here, () => at(name, 2, { until: "announced" }, async (office, who, observer) => {
    const before = await size(office);
    await observer.goto(`${office.address}/ru/competitions/${office.id}/observe`);
    await observer.see("#live");
    await nominate(office, who);
    assert.equal(await size(office), before + 1);
    await observer.see(`#entry-${before}`);
    await observer.picture("observer");
    await proved(office);
  }));

  test(`${name}: an association takes its nomination back, the organiser screens another`, here, () => at(name, 2, { until: "nominated", candidates: 4 }, async (office, association, organiser) => {
    const before = await size(office);
    await withdraw(office, association);
    const { deadlines } = await (await fetch(api(office))).json();
    const desk = await Desk.at({ ...office, address: office.inside });
    await desk.at(`${deadlines.intake_last_day}T18:00:01Z`);
    await screen(office, organiser);
    assert.equal(await size(office), before + 2);
    await proved(office);
  }));

  test(`${name}: a card gives a ballot and a receipt`, here, () => at(name, 1, { until: "voted", candidates: 6 }, vote));

  test(`${name}: a member signs every ballot`, here, () => at(name, 1, { until: "opened", candidates: 6 }, async (office, who) => {
    const before = await size(office);
    await signBallots(office, who);
    assert.equal(await size(office), before + 1);
    await proved(office);
  }));

  test(`${name}: the record is recomputed, from the office and from the disk`, here, () => at(name, 1, { until: "certified" }, async (office, who) => {
    await who.goto(`${office.address}/ky/competitions/${office.id}/result`);
    await who.see("table.result");
    await who.picture("result");
    await who.goto(`${office.address}/ky/verify`);
    await who.click("[data-verify]");
    await who.see("#report .verdict.proved");
    assert.equal((await who.driver.findElements({ css: "#report ol > li" })).length, 10);
    await who.picture("verify");
    // As somebody does who trusts no office: the page out of the bundle, and no network.
    const bundle = await proved(office);
    const folder = join(office.folder, "unpacked");
    await mkdir(folder);
    await run("tar", ["-xf", bundle, "-C", folder]);
    await who.goto(`${pathToFileURL(join(folder, "verify.html"))}#en`);
    await who.choose("#files", bundle);
    assert.match(await who.text("#verdict"), /PROVED/);
    await who.picture("verify-disk");
  }));
}
