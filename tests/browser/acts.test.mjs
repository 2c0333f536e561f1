// Acts that a smooth competition does not need, each by its page: a member replaced, one who stays away, a card disputed,
// ballots signed on a machine without a network, a protocol refused; candidates with keys of their own, and a paper that
// is not what it should be. Both records are proved at the end.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { accessible, launch, picture, reader, traced } from "./browser.mjs";
import { act, atDesk, attend, carry, commit, enterOffline, keysOf, openKey, press, proved, quiet, reveal, signBox, signIt, together } from "./commission.mjs";
import { Desk, SLOTS } from "./desk.mjs";
import { esep, openOffice } from "./office.mjs";
import { announce, nominate, openDesk, screen, signAct } from "./walks.mjs";

const run = promisify(execFile);
/** @typedef {import("./commission.mjs").Member} Member */

/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
/** @type {string} */
let folder;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "esep-acts-"));
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

test("a member replaced, one absent, a card disputed, ballots signed offline, a protocol refused", { timeout: 600_000 }, async () => {
  const office = await openOffice({ until: "voted", candidates: 4, tie: false });
  const api = await Desk.at(office);
  const { cards, voted, origin, nonces } = office.actors;
  /** @type {Member[]} */
  const members = [];
  try {
    for (const slot of SLOTS.slice(0, 3)) members.push(await atDesk(browser, office, slot));
    const [a, b, c] = members;
    await traced(b.who, "acts-member", async () => {
      // The outgoing member's key alone gives the place to a person of the same body, with a key made in the page.
      const fresh = join(folder, "successor.pem");
      await act(b, "member_replaced", async (page) => {
        await page.fill("#person", "Жаңы Мүчө");
        await page.fill("#reason", "Мурдагы өкүл ооруп калды.");
        const [file] = await Promise.all([page.waitForEvent("download"), page.click("#make-key")]);
        await file.saveAs(fresh);
        await accessible(page);
      });
      await openKey(b, fresh);
      assert.match(await b.page.innerText(`#slot-${b.slot}`), /Жаңы Мүчө/);

      // A card that its elector found used, named by its code, which goes nowhere.
      const spare = cards.filter((_, place) => !voted.includes(place));
      /** @type {string[]} */
      const sent = [];
      a.who.context.on("request", (request) => sent.push(request.url() + (request.postData() ?? "")));
      await act(a, "card_disputed", async (page) => {
        await page.fill("#card", spare[0]);
        await page.fill("#text", "Ээси келгенде карточка колдонулган деп чыкты.");
      });
      assert.ok(sent.length > 0 && !sent.some((line) => line.includes(spare[0]) || line.includes(spare[0].replaceAll("-", ""))));

      // The fourth does not come to the close: the other three attest it, and it needs all of them.
      await attend(members);
      await together(members, "absence_attested", (page) => page.check("#absent-cec"));
      await api.at((await api.look()).deadlines.round_closes_at);
      const unused = await keysOf(origin, 1, spare, join(folder, "unused"));
      await together(members, "polling_closed", async (page) => {
        for (const box of (await page.locator("input[name=roll]").all()).slice(0, voted.length)) await box.check();
        await page.setInputFiles("#unused", unused);
      });
      for (const member of members) {
        member.nonce = join(folder, `${member.slot}.json`);
        await writeFile(member.nonce, JSON.stringify({ competition: origin, nonce: nonces[member.slot], round: 1, rule: "esep-lot-v1", slot: member.slot }));
      }
      await reveal(members);
      // The fourth number is never shown; after its time the box opens without it.
      await api.later(31);
      await together(members, "ballots_opened");

      // Two read and sign in their pages; the third carries the bundle to the machine with the key, and the signatures back.
      await Promise.all([signBox(a), signBox(c)]);
      const { page } = b;
      await page.click("#leave");
      await enterOffline(b, join(folder, "session"), fresh);
      await page.click("#do-ballots_signed");
      await page.waitForSelector(".ballot");
      await page.click("#sign-all");
      await carry(page, join(folder, "ballots"), fresh, (bundle) => ["--ballots", bundle]);
      await page.waitForSelector(".review .aloud");
      await page.click("#sign");
      await carry(page, join(folder, "statement"), fresh);
      await page.waitForSelector("#work .panel.good");
      await page.click("#done");
      assert.equal((await readFile(join(folder, "ballots.answer"))).length, 64 * voted.length);
      await page.click("#leave");
      await openKey(b, fresh);
      await together(members, "absence_attested", (page) => page.check("#absent-cec"));
      assert.equal((await api.look()).phase, "counted");

      // The fourth is back for the protocol; the successor refuses it.
      const d = await atDesk(browser, office, "cec");
      members.push(d);
      for (const member of [a, c, d]) {
        await press(member, "#do-protocol_signed");
        await press(member, "#protocol-sign");
        await signIt(member);
      }
      await press(b, "#do-protocol_signed");
      await press(b, "#protocol-refuse");
      await b.page.click("#continue");
      await b.page.waitForSelector("#work .errors");
      await accessible(b.page);
      await b.page.fill("#reason", "Кутунун пломбасы бузулган.");
      await press(b, "#continue");
      await signIt(b);
      await picture(b.page, "acts-refused");
      await together([a, c, d], "certification");
      assert.equal((await api.look()).phase, "certified");
    });
    // What the four did stands on the public page, in words.
    await a.page.goto(`${office.address}/ky/competitions/${office.id}/result`);
    const said = await a.page.innerText("main");
    assert.ok(said.includes("Кутунун пломбасы бузулган.") && said.includes("Жаңы Мүчө"));
    await accessible(a.page);
    const report = await proved(office, join(folder, "acts.tar"));
    assert.equal((report.result ?? report).verdict, "proved");
    for (const member of members) quiet(member);
  } finally {
    for (const member of members) await member.who.context.close();
    await office.close();
  }
});

test("candidates with keys of their own vote by name; a paper that is not the right one is refused", { timeout: 600_000 }, async () => {
  const office = await openOffice({ until: "announced", candidates: 2 });
  const id = "commission-named";
  const origin = `${office.actors.origin.split("/")[0]}/${id}`;
  const organiser = await reader(browser);
  const applicant = await reader(browser, { viewport: { width: 390, height: 844 } });
  for (const who of [organiser, applicant]) who.context.setDefaultTimeout(30_000);
  /** @type {Member[]} */
  let members = [];
  /** @param {string} path */
  const ask = async (path) => (await fetch(`${office.address}/api/v1/competitions/${id}${path}`)).json();
  try {
    await traced(organiser, "acts-named", async () => {
      await announce(organiser.page, office, id, { "ballots-named": true, seats: "1" });
      const api = await Desk.at({ ...office, id, actors: { ...office.actors, origin, cards: [], nonces: {} } });
      const candidates = [];
      for (const number of ["201", "202", "203"]) {
        const at = join(folder, number);
        await run(esep, ["keygen", "--out", at]);
        await run(esep, ["enrol", "--key", `${at}.key.pem`, "--competition", origin, "--role", "candidate", "--out", `${at}.enrol.json`]);
        const what = { id, lang: "ky", name: `Талапкер ${number}`, number, folder, key: `${at}.enrol.json` };
        candidates.push({ pem: `${at}.key.pem`, ...(await nominate(applicant.page, office, what)) });
        // The device forgets the nomination, and the next one starts anew.
        await Promise.all([applicant.page.waitForURL("**/nomination"), applicant.page.click("#finish")]);
      }
      // Without the key the form does not go on.
      await applicant.page.goto(`${office.address}/ky/competitions/${id}/nominate/form`);
      await applicant.page.fill("#association", "Бирикме");
      await applicant.page.click("#step-association .actions button");
      for (let place = 0; place < 3; place++) {
        const frame = applicant.page.locator("#organisations .organisation").nth(place);
        await frame.locator("[data-field=name]").fill(`Уюм ${place}`);
        await frame.locator("[data-field=number]").fill(`9-${place}`);
        await frame.locator("[value=foundation]").check();
      }
      await applicant.page.click("#step-organisations .actions button");
      await applicant.page.fill("#name", "Аты Жок");
      for (const [part, value] of [["day", "7"], ["month", "3"], ["year", "1985"]]) await applicant.page.fill(`#birth-${part}`, value);
      await applicant.page.click("#step-candidate .actions button");
      await applicant.page.waitForSelector('.errors a[href="#candidate-key"]');
      await accessible(applicant.page);

      // The letter of the third is a file of the right kind, and another paper: a person refuses it (R18).
      await api.at(`${api.view.deadlines.intake_last_day}T18:00:01Z`);
      const { page } = organiser;
      await openDesk(page, office, id);
      for (const { hash } of candidates.slice(0, 2)) await screen(page, office, id, hash);
      await page.goto(`${office.address}/ky/competitions/${id}/desk/nominations/${candidates[2].hash}`);
      assert.deepEqual(await page.$$eval("[data-rule][data-firm=true]", (rows) => rows.map((row) => row.id)), ["rule-R8", "rule-R10", "rule-R21"]);
      await page.check("#R18-not_met");
      assert.deepEqual(await page.$$eval("#R18-reason option", (all) => all.map((one) => /** @type {HTMLOptionElement} */ (one).value)), ["in_order", "document_unfit"]);
      await accessible(page);
      await picture(page, "acts-unfit");
      await screen(page, office, id, candidates[2].hash, "R18");
      await applicant.page.goto(`${office.address}/ky/competitions/${id}/nomination`);
      await applicant.page.waitForSelector("#enter:not([hidden])");
      await applicant.page.setInputFiles("#receipt", candidates[2].path);
      await applicant.page.click("#enter-form button");
      await applicant.page.waitForSelector("#own:not([hidden])");
      assert.match(await applicant.page.innerText("#own"), /Документ талапка жооп бербейт/);
      await accessible(applicant.page);
      await picture(applicant.page, "acts-unfit-association");

      await api.at(new Date(Date.parse(`${api.view.deadlines.intake_last_day}T18:00:01Z`) + 5 * 86_400_000).toISOString().replace(".000", ""));
      await openDesk(page, office, id);
      await page.goto(`${office.address}/en/competitions/${id}/desk/list`);
      await signAct(page);
      assert.deepEqual((await ask("/candidates")).candidates.map((/** @type {any} */ one) => one.nomination).sort(), candidates.slice(0, 2).map((one) => one.hash).sort());

      // Both vote in the room with their own keys; the members open, close, count.
      await api.at((await api.look()).deadlines.poll.opens_at);
      members = await Promise.all(SLOTS.map((slot) => atDesk(browser, office, slot, { id })));
      await commit(members, folder);
      await attend(members);
      await together(members.slice(0, 3), "polling_opened");
      for (const [place, { pem }] of candidates.slice(0, 2).entries()) {
        const voter = applicant.page;
        await voter.goto(`${office.address}/ky/competitions/${id}/vote`);
        await voter.setInputFiles("#key-file", pem);
        await voter.click("#key-form button[type=submit]");
        await voter.locator("#ballot fieldset").nth(place).locator("input[value='7']").check();
        await voter.click("#ballot button[type=submit]");
        await voter.waitForSelector("#ballot .facts");
        await voter.click("#ballot button[type=submit]");
        await voter.waitForSelector("svg.qr");
      }
      await attend(members);
      await api.at((await api.look()).deadlines.round_closes_at);
      await together(members.slice(0, 3), "polling_closed", async (page) => {
        for (const box of await page.locator("input[name=roll]").all()) await box.check();
      });
      await reveal(members);
      await together(members.slice(0, 3), "ballots_opened");
      await Promise.all(members.map(signBox));
      assert.ok(["counted", "listed"].includes((await api.look()).phase));
      const report = await proved({ ...office, id }, join(folder, "named.tar"));
      assert.equal((report.result ?? report).verdict, "proved");
      const second = await run(process.execPath, [join(new URL("../../", import.meta.url).pathname, "src/web/verifier/verify.mjs"), join(folder, "named.tar"), "--json"]).catch((failed) => failed);
      assert.match(second.stdout, /"verdict":\s*"proved"/);
    });
    for (const member of members) quiet(member);
    organiser.quiet();
    applicant.quiet();
  } finally {
    for (const one of [organiser, applicant, ...members.map((member) => member.who)]) await one.context.close();
    await office.close();
  }
});
