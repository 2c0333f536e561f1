// The whole story, clicked through by its actors, each in a browser of their own, with keys that live in the pages.
//
// The announcement by the organiser's assistant; five nominations, one of them on a phone in Kyrgyz, one contested;
// screening; an appeal and the decision on it; the list; both rounds by the four counting members: cards, presence, lots,
// opening, closing, the box, every ballot signed; every ballot of the electors (on a kiosk, on a phone, from a card's
// link, an invalid one that is confirmed); the protocol with a dissent; certification; receipts; the result; the bundle.
// By no page: the clock, which the test moves, and the offline tools that members and organiser use anyway (`esep cards`,
// `esep enrol`).
//
// What comes out is proved by `esep verify` and by the verifier in JavaScript, against keys from the actors themselves.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { accessible, fits, launch, picture, reader, traced } from "./browser.mjs";
import { atDesk, attend, commit, keysOf, makeCards, press, quiet, reveal, signBox, signIt, together } from "./commission.mjs";
import { Desk, SLOTS } from "./desk.mjs";
import { esep, openOffice } from "./office.mjs";
import { announce, nominate, openDesk, screen, signAct } from "./walks.mjs";

const run = promisify(execFile);
const project = new URL("../../", import.meta.url).pathname;
const ID = "commission-story";
const DISSENT = "Добуш берүү бөлмөсү тар болду; жыйынтыкка таасири жок.";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./commission.mjs").Member} Member */

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

// -- associations ----------------------------------------------------------------------------------------------------

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

// -- counting members --------------------------------------------------------------------------------------------------

/** Cards, presence, numbers for the lot; polling is open. Answers the codes of the cards. @param {Member[]} members @param {Desk} desk @param {number} count */
async function openRound(members, desk, count) {
  const { origin, round } = await desk.look();
  const cards = await makeCards(origin, round, count, join(folder, `cards-${round}`));
  await together(members.slice(0, 3), "cards_prepared", (page) => page.setInputFiles("#cards", cards.keys));
  await commit(members, folder);
  await attend(members);
  await together(members.slice(0, 3), "polling_opened");
  return cards.codes;
}

/** Presence, roll and returned cards, lots, the box; every member signs every ballot. @param {Member[]} members @param {Desk} desk @param {string[]} codes @param {number} taken so many of the electors took one */
async function closeRound(members, desk, codes, taken) {
  await attend(members);
  const { origin, round, deadlines } = await desk.look();
  await desk.at(deadlines.round_closes_at);
  const unused = await keysOf(origin, round, codes.slice(taken), join(folder, `unused-${round}`));
  await together(members.slice(0, 3), "polling_closed", async (page) => {
    for (const box of (await page.locator("input[name=roll]").all()).slice(0, taken)) await box.check();
    await page.setInputFiles("#unused", unused);
  });
  await reveal(members);
  await together(members.slice(1), "ballots_opened");
  await Promise.all(members.map(signBox));
}

/** Three sign, one dissents; they certify. @param {Member[]} members */
async function conclude(members) {
  for (const member of members) {
    await press(member, "#do-protocol_signed");
    if (member.slot !== "cec") {
      await press(member, "#protocol-sign");
    } else {
      await press(member, "#protocol-dissent");
      await member.page.fill("#text", DISSENT);
      await press(member, "#continue");
    }
    await signIt(member);
  }
  await together(members.slice(1), "certification");
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
    await announce(organiser.page, office, ID, { max: "5", seats: "2" });
    const actors = { ...office.actors, origin: `${office.actors.origin.split("/")[0]}/${ID}`, cards: [], nonces: {} };
    told("announced");
    const desk = await Desk.at({ ...office, id: ID, actors });

    // Nominations: a phone in Kyrgyz, desks in English and Russian; the fourth is held by two.
    const phone = await somebody({ viewport: { width: 390, height: 844 }, locale: "ky", hasTouch: true, isMobile: true });
    const first = await nominate(phone.page, office, { id: ID, lang: "ky", name: "Асанова Айжан", number: "101", folder });
    await picture(phone.page, "story-nominated-390");
    const [lawyer, teacher, doctor, stranger] = [await somebody(), await somebody(), await somebody(), await somebody()];
    const second = await nominate(lawyer.page, office, { id: ID, lang: "en", name: "Бакиров Бакыт", number: "102", folder });
    const fourth = await nominate(teacher.page, office, { id: ID, lang: "ru", name: "Дуйшеев Данияр", number: "104", folder });
    const third = await nominate(doctor.page, office, { id: ID, lang: "ky", name: "Өмүрова Гүлзат", number: "103", folder });
    const rival = await nominate(stranger.page, office, { id: ID, lang: "en", name: "Эсенов Эмил", number: "105", association: "«Өмүрова  Гүлзат» БИРИКМЕСИ", folder });
    assert.equal((await ask("/nominations")).length, 5);

    told("nominated");

    // Screening: the contest, then rule by rule; one refused by mistake, admitted on appeal.
    await desk.at(`${desk.view.deadlines.intake_last_day}T18:00:01Z`);
    const { page } = organiser;
    await openDesk(page, office, ID);
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
    for (const hash of own) await screen(page, office, ID, hash, hash === second.hash ? "R12" : undefined);
    told("screened");
    await appeal(lawyer.page, second.path);
    told("appealed");
    await go(page, `/desk/nominations/${second.hash}`);
    await page.check("#upheld");
    await page.fill("#reason", "The diploma is there");
    await signAct(page);
    await screen(page, office, ID, second.hash);
    await desk.at(new Date(Date.parse(`${desk.view.deadlines.intake_last_day}T18:00:01Z`) + 5 * 86_400_000).toISOString().replace(".000", ""));
    await openDesk(page, office, ID);
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
    const members = await Promise.all([
      atDesk(browser, office, SLOTS[0], { id: ID, lang: "ky" }),
      atDesk(browser, office, SLOTS[1], { id: ID, lang: "ru" }),
      atDesk(browser, office, SLOTS[2], { id: ID, lang: "en" }),
      atDesk(browser, office, SLOTS[3], { id: ID, lang: "ky", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }),
    ]);
    for (const member of members) member.page.setDefaultTimeout(30_000);
    const cards = await openRound(members, desk, 6);
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
    await closeRound(members, desk, cards, 4);
    assert.deepEqual([(await desk.look()).phase, desk.view.round, desk.view.paper.length], ["listed", 2, 2], "a tie at the last seat");

    told("a tie");

    // Round 2, among the two; tied again, so the lot that was committed to decides.
    await desk.later(60);
    const again = await openRound(members, desk, 5);
    await go(walker.page, "/vote", "ky");
    await enterCode(walker.page, again[0]);
    receipts.push(await castBallot(walker.page, { [b]: 4, [c]: 4 }));
    await closeRound(members, desk, again, 1);
    assert.equal((await desk.look()).phase, "counted");

    told("counted");

    // Protocol with a dissent, certification.
    await conclude(members);
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
    for (const member of members) quiet(member);
    for (const who of everybody) {
      // The second use of a card is answered with 409, which the browser logs.
      who.complaints = who.complaints.filter((line) => !line.includes("409"));
    }
    assert.deepEqual(everybody.flatMap((who) => who.complaints), []);
  });
});
