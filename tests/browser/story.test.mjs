// The whole story, clicked through by its actors, each in a browser of their own, with keys that live in the pages.
//
// Through the pages: the announcement by the organiser's assistant; two nominations, one of them on a phone in Kyrgyz;
// the contest; screening; an appeal and the decision on it; the list; every ballot of both rounds (one on a kiosk, one
// on a phone, one from a card's link, one invalid and confirmed); receipts; the result page; the bundle.
//
// By the harness, over the same API, signed by the same modules (desk.mjs), because a page of it is not driven here:
//   * three of the nominations (the form is walked twice already);
//   * what the counting members do: cards, presence, lot commitments and reveals, opening and closing of polling, opening
//     of the box, signatures over ballots and protocol, the dissent, certification.
//
// What comes out is proved by `esep verify` and by the verifier in JavaScript, against keys from the actors themselves.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { accessible, fits, launch, picture, reader, traced } from "./browser.mjs";
import { Desk, SLOTS } from "./desk.mjs";
import { esep, openOffice } from "./office.mjs";

const run = promisify(execFile);
const project = new URL("../../", import.meta.url).pathname;
const ID = "commission-story";
const DISSENT = "Добуш берүү бөлмөсү тар болду; жыйынтыкка таасири жок.";

/** @typedef {import("playwright-core").Page} Page */

/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
/** @type {Awaited<ReturnType<typeof openOffice>>} */
let office;
/** @type {string} */
let folder;
/** @type {Awaited<ReturnType<typeof reader>>[]} */
const everybody = [];

before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "esep-story-"));
  office = await openOffice({ until: "announced", candidates: 6 });
});
after(async () => {
  await browser.close();
  await office.close();
  await rm(folder, { recursive: true, force: true });
});

/** Somebody with a browser of their own. @param {import("playwright-core").BrowserContextOptions} [options] */
async function somebody(options) {
  const who = await reader(browser, { acceptDownloads: true, ...options });
  who.context.setDefaultTimeout(30_000);
  everybody.push(who);
  return who;
}

/** @param {Page} page @param {string} path @param {string} [lang] */
const go = (page, path, lang = "en") => page.goto(`${office.address}/${lang}/competitions/${ID}${path}`);

/** @param {string} path */
const ask = async (path) => (await fetch(`${office.address}/api/v1/competitions/${ID}${path}`)).json();

const began = Date.now();
/** How far the story has come, on standard error. @param {string} words */
const told = (words) => process.stderr.write(`${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s  ${words}\n`);

// -- the organiser ---------------------------------------------------------------------------------------------------

/** @param {Page} page */
async function openDesk(page) {
  await go(page, "/desk");
  await page.setInputFiles("#key-file", office.actors.keys.organiser.path);
  await page.click("#enter button");
  await page.waitForSelector("#queue");
}

/** From the filled form over what will be signed to the ledger. @param {Page} page */
async function signAct(page) {
  await page.click("form.act .actions button");
  await page.waitForSelector("#signing:not([hidden]) .signed");
  await page.click("#signing-form .actions button");
  await page.waitForSelector("#outcome:not([hidden])");
}

/** Decides every rule that a person must decide; `against`: refused for this one. @param {Page} page @param {string} hash @param {string} [against] */
async function screen(page, hash, against) {
  await go(page, `/desk/nominations/${hash}`);
  for (const row of await page.$$("[data-rule][data-firm=false]")) {
    const rule = await row.getAttribute("data-rule");
    await page.check(`#${rule}${rule === against ? "-not_met" : ""}`);
  }
  await signAct(page);
}

/** @param {Page} page */
async function announce(page) {
  const { now } = await (await fetch(`${office.address}/api/v1/competitions/${office.id}/phase`)).json();
  await page.goto(`${office.address}/en/announce`);
  await page.check("#preset");
  await page.fill("#published", new Date(Date.parse(now) + 6 * 3_600_000).toISOString().slice(0, 10));
  await page.fill("#id", ID);
  await page.click("main button");
  await page.waitForSelector("#dates");
  await page.fill("#max", "5");
  await page.fill("#seats", "2");
  await page.click('button[value="sign"]');
  await page.waitForSelector(".member");
  const titles = { ky: "Комиссиянын мүчөлөрүн тандоо конкурсу", ru: "Конкурс по отбору членов Комиссии", en: "Competition for the Commission" };
  for (const [language, title] of Object.entries(titles)) await page.fill(`#title-${language}`, title);
  await page.fill("#outlet", "Эркин Тоо, № 71");
  await page.fill("#place", "Бишкек, Чүй пр. 1");
  const origin = `${office.actors.origin.split("/")[0]}/${ID}`;
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

// -- associations ----------------------------------------------------------------------------------------------------

/** The form from the first to the last step; answers the receipt file's path and content. @param {Page} page @param {string} lang @param {string} name @param {string} number */
async function nominate(page, lang, name, number) {
  await go(page, "/nominate/form", lang);
  await page.waitForSelector("#step-association:not([hidden])");
  await page.fill("#association", `«${name}» бирикмеси`);
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
  await page.click("#step-candidate .actions button");
  for (const id of ["citizen", "capable", "conviction", "education", "service-no"]) await page.check(`#${id}`);
  await page.fill("#experience", "Коомдук иште он жыл");
  await page.click("#step-facts .actions button");
  for (const name of ["letter", "application", "resume"]) {
    const paper = join(folder, `${number}-${name}.pdf`);
    await writeFile(paper, `%PDF-1.7\n% ${number} ${name}\n`);
    await page.setInputFiles(`#${name}`, paper);
    await page.waitForSelector(`#${name}-have:not(:empty)`);
    await page.click(`#step-${name} .actions button`);
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

/** The association opens its receipt file and appeals. @param {Page} page @param {string} path */
async function appeal(page, path) {
  await go(page, "/nomination");
  await page.waitForSelector("#enter:not([hidden])");
  await page.setInputFiles("#receipt", path);
  await page.click("#enter-form button");
  await page.waitForSelector("#own:not([hidden])");
  assert.match(await page.textContent("#standing") ?? "", /Refused/);
  await page.fill("#appeal", "The diploma was attached");
  await page.click("#appeal-form button");
  await page.waitForSelector("#signing:not([hidden]) .signed");
  await Promise.all([page.waitForEvent("download"), page.click("#signing-form .actions button")]);
}

/** By the harness: a nomination. @param {Desk} desk @param {any} association one of the office's actors @param {string} [name] of the association */
async function nominateByHarness(desk, association, name) {
  const { fromPem } = await import("../../src/web/js/keys.mjs");
  const key = await fromPem(association.key.pem);
  const fields = { ...association.fields, ...(name ? { association: name } : {}) };
  for (const field of ["letter", "application", "resume"]) {
    const body = `%PDF-1.7\n% ${key.id} ${field}\n`;
    const answer = await desk.ask("/documents", { method: "POST", headers: { "content-type": "application/octet-stream" }, body });
    fields[field] = (await answer.json()).sha256;
  }
  const names = Object.keys(fields);
  const kept = await desk.keep(names.map((field) => [field, key.id, fields[field]]));
  const commitments = Object.fromEntries(names.map((field, place) => [field, kept[place]]));
  await desk.look();
  const { hash } = await desk.state("nomination", { association: await key.enrol(desk.view.origin, "association"), fields: commitments }, key);
  return { hash, name: fields.association };
}

// -- electors --------------------------------------------------------------------------------------------------------

/**
 * Fills and casts a ballot; `ratings` by name of candidate; nothing in them: an empty ballot, which is invalid.
 * @param {Page} page @param {{[name: string]: number}} ratings
 */
async function castBallot(page, ratings) {
  await page.locator("#ballot fieldset").first().waitFor();
  for (const [name, rating] of Object.entries(ratings)) {
    await page.locator("#ballot fieldset", { has: page.locator("legend", { hasText: name }) }).locator(`input[value="${rating}"]`).check();
  }
  await page.click("#ballot button[type=submit]");
  await page.waitForSelector("#ballot .facts");
  if (Object.keys(ratings).length === 0) await page.check("#sure");
  await page.click("#ballot button[type=submit]");
  await page.waitForSelector("svg.qr");
  return /** @type {string} */ (await page.textContent("pre.words"));
}

/** @param {Page} page @param {string} code */
async function enterCode(page, code) {
  await page.fill("#code", code);
  await page.click("#card-form button[type=submit]");
}

/** PEM of a public key. @param {string} der base64 */
const pem = (der) => `-----BEGIN PUBLIC KEY-----\n${der}\n-----END PUBLIC KEY-----\n`;

test("from the announcement to a proved result", { timeout: 600_000 }, async () => {
  const organiser = await somebody();
  await traced(organiser, "story", async () => {
    await announce(organiser.page);
    const actors = { ...office.actors, origin: `${office.actors.origin.split("/")[0]}/${ID}`, cards: [], nonces: {} };
    told("announced");
    const desk = await Desk.at({ ...office, id: ID, actors });

    // Nominations: a phone in Kyrgyz, a desk in English; the rest by the harness.
    const phone = await somebody({ viewport: { width: 390, height: 844 }, locale: "ky", hasTouch: true, isMobile: true });
    const first = await nominate(phone.page, "ky", "Асанова Айжан", "101");
    await picture(phone.page, "story-nominated-390");
    const lawyer = await somebody();
    const second = await nominate(lawyer.page, "en", "Бакиров Бакыт", "102");
    const third = await nominateByHarness(desk, actors.associations[2]);
    const fourth = await nominateByHarness(desk, actors.associations[3]);
    const rival = await nominateByHarness(desk, actors.associations[4], third.name);
    assert.equal((await ask("/nominations")).length, 5);

    told("nominated");

    // Screening: the contest, then rule by rule; one refused by mistake, admitted on appeal.
    await desk.at(`${desk.view.deadlines.intake_last_day}T18:00:01Z`);
    const { page } = organiser;
    await openDesk(page);
    await go(page, "/desk/contests");
    await page.check(`.stands[value="${third.hash}"]`);
    await page.fill(".reason", "The letter is signed by the chair in office");
    await signAct(page);
    const nominations = await ask("/nominations");
    assert.notEqual(nominations.find((/** @type {any} */ one) => one.hash === rival.hash).state, "live");
    const own = [first.hash, second.hash, third.hash, fourth.hash];
    const live = nominations.filter((/** @type {any} */ one) => one.state === "live").map((/** @type {any} */ one) => one.hash);
    assert.deepEqual([...live].sort(), [...own].sort());
    told("contest decided");
    for (const hash of own) await screen(page, hash, hash === second.hash ? "R12" : undefined);
    told("screened");
    await appeal(lawyer.page, second.path);
    told("appealed");
    await go(page, `/desk/nominations/${second.hash}`);
    await page.check("#upheld");
    await page.fill("#reason", "The diploma is there");
    await signAct(page);
    await screen(page, second.hash);
    await desk.at(new Date(Date.parse(`${desk.view.deadlines.intake_last_day}T18:00:01Z`) + 5 * 86_400_000).toISOString().replace(".000", ""));
    await openDesk(page);
    await go(page, "/desk/list");
    await signAct(page);
    const { candidates } = await ask("/candidates");
    assert.equal(candidates.length, 4);
    const name = (/** @type {string} */ hash) => candidates.find((/** @type {any} */ one) => one.nomination === hash).name.value;
    const [a, b, c, d] = own.map(name);

    told("listed");

    // The room, round 1.
    await desk.look();
    await desk.at(desk.view.deadlines.poll.opens_at);
    await desk.makeCards(6);
    for (const slot of SLOTS) await desk.commit(slot);
    await desk.attend("opening");
    await desk.openPolling();
    const cards = desk.cards;
    told("polling is open");
    const kiosk = await somebody();
    await go(kiosk.page, "/vote?kiosk", "ky");
    await enterCode(kiosk.page, cards[0]);
    const receipts = [await castBallot(kiosk.page, { [a]: 5, [b]: 3, [c]: 3, [d]: 0 })];
    await kiosk.page.getByRole("button", { name: "Бүттүм: баракты тазалоо" }).click();
    await kiosk.page.waitForSelector("#card-form:not([hidden])");
    const walker = await somebody({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    await go(walker.page, "/vote", "ky");
    await enterCode(walker.page, cards[1].toLowerCase().replaceAll("-", ""));
    receipts.push(await castBallot(walker.page, { [a]: 5, [b]: 4, [c]: 2 }));
    await picture(walker.page, "story-receipt-390");
    const linked = await somebody();
    await go(linked.page, `/vote#${cards[2]}`, "ru");
    receipts.push(await castBallot(linked.page, { [a]: 5, [b]: 2, [c]: 4 }));
    const protester = await somebody();
    await go(protester.page, "/vote");
    await enterCode(protester.page, cards[3]);
    receipts.push(await castBallot(protester.page, {}));
    // The same card from another device: refused, the first stands.
    await go(linked.page, `/vote#${cards[0]}`, "en");
    await linked.page.locator("#ballot fieldset input[value='1']").first().check();
    await linked.page.click("#ballot button[type=submit]");
    await linked.page.waitForSelector("#ballot .facts");
    await linked.page.click("#ballot button[type=submit]");
    await linked.page.getByRole("heading", { name: "The ballot of this card was already cast" }).waitFor();
    told("voted");
    await desk.closePolling(cards.slice(0, 4));
    await desk.reveal();
    await desk.open();
    await desk.signBallots();
    assert.deepEqual([(await desk.look()).phase, desk.view.round, desk.view.paper.length], ["listed", 2, 2], "a tie at the last seat");

    told("a tie");

    // Round 2, among the two; tied again, so the lot that was committed to decides.
    await desk.later(60);
    await desk.makeCards(5);
    for (const slot of SLOTS) await desk.commit(slot);
    await desk.attend("opening");
    await desk.openPolling();
    await go(walker.page, "/vote", "ky");
    await enterCode(walker.page, desk.cards[0]);
    receipts.push(await castBallot(walker.page, { [b]: 4, [c]: 4 }));
    await desk.closePolling(desk.cards.slice(0, 1));
    await desk.reveal();
    await desk.open();
    await desk.signBallots();
    assert.equal((await desk.look()).phase, "counted");

    told("counted");

    // Protocol with a dissent, certification.
    await desk.signProtocol(SLOTS, { cec: DISSENT });
    await desk.certify({ "presidents-office": "signed", "government-office": "signed", ombudsman: "signed", cec: "dissenting" }, 5);
    assert.equal((await desk.look()).phase, "certified");

    told("certified");

    // The result, read in three languages; at phone width in Kyrgyz; without a script.
    const elected = (await ask("/result")).elected.map((/** @type {any} */ one) => candidates.find((/** @type {any} */ other) => other.id === one.candidate).name.value);
    assert.equal(elected.length, 2);
    assert.equal(elected[0], a);
    assert.ok([b, c].includes(elected[1]));
    const public_ = await somebody();
    for (const lang of ["ky", "ru", "en"]) {
      await go(public_.page, "", lang);
      const said = await public_.page.textContent("main") ?? "";
      for (const one of elected) assert.ok(said.includes(one), `${lang}: ${one} is not on the result page`);
      assert.ok(said.includes(DISSENT), `${lang}: the dissent stands in its words`);
      await accessible(public_.page);
    }
    await picture(public_.page, "story-result");
    for (const options of [{ viewport: { width: 390, height: 844 } }, { javaScriptEnabled: false, viewport: { width: 320, height: 640 } }]) {
      const one = await somebody(options);
      for (const path of ["", "/vote", "/receipt", "/nominate", "/nomination", "/desk"]) {
        const answer = await go(one.page, path, "ky");
        assert.equal(answer?.status(), path === "/desk" ? answer?.status() : 200);
        // Without scripts axe's timers never run; the same pages are held to it where they do.
        if (!("javaScriptEnabled" in options)) await accessible(one.page);
        await fits(one.page);
      }
    }

    told("read");

    // Every receipt is found in the record, by the elector on the page; then the bundle is proved.
    await go(walker.page, "/receipt", "ky");
    for (const receipt of receipts) {
      await walker.page.fill("#receipt-text", receipt);
      await walker.page.click("#receipt-form button[type=submit]");
      await walker.page.locator("#answer .panel.good").nth(1).waitFor();
      await walker.page.evaluate(() => document.querySelector("#answer")?.replaceChildren());
    }
    const bundle = join(folder, "bundle.tar");
    await writeFile(bundle, Buffer.from(await (await desk.ask("/bundle")).arrayBuffer()));
    const trust = join(folder, "keys");
    await mkdir(trust);
    for (const [who, key] of Object.entries(actors.keys)) await writeFile(join(trust, `${who}.pem`), pem(key.public));
    const point = Buffer.from(desk.view.log_vkey.split("+").slice(2).join("+"), "base64").subarray(1);
    await writeFile(join(trust, "log.pem"), pem(Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), point]).toString("base64")));
    const older = receipts.map((_, place) => join(folder, `receipt-${place}.txt`));
    for (const [place, path] of older.entries()) await writeFile(path, receipts[place]);
    const asked = [bundle, "--trust", trust, ...older.flatMap((path) => ["--older", path]), "--json"];
    const { stdout } = await run(esep, ["verify", ...asked]);
    assert.equal(JSON.parse(stdout).result?.verdict ?? JSON.parse(stdout).verdict, "proved");
    const js = await run(process.execPath, [join(project, "src/web/verifier/verify.mjs"), ...asked]).catch((failed) => failed);
    assert.match(js.stdout, /"verdict":\s*"proved"/, js.stdout);
    told("proved twice");
    for (const who of everybody) {
      // The second use of a card is answered with 409, which the browser logs.
      who.complaints = who.complaints.filter((line) => !line.includes("409"));
    }
    assert.deepEqual(everybody.flatMap((who) => who.complaints), []);
  });
});
