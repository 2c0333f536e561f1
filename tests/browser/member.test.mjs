// The counting commission at its desk: four members in four browsers, keys opened in their pages, from the listed
// candidates to the certified result. One of them works by the keyboard alone, one from an offline machine.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, fits, launch, picture, reader, traced } from "./browser.mjs";
import { act, atDesk, attend, begin, carry, commit, keysOf, layDown, makeCards, openDraft, openKey, others, press, proved, quiet, reveal, signIt, together } from "./commission.mjs";
import { openOffice } from "./office.mjs";
import { sign } from "../../src/web/js/dsse.mjs";
import { cardKey, parse } from "../../src/web/js/card.mjs";
import { header, statement } from "../../src/web/js/statement.mjs";

/** @typedef {import("./commission.mjs").Member} Member */

/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
/** @type {string} */
let folder;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "esep-member-"));
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** The desk is accessible in every language, with work open and without. @param {Member[]} members @param {string} name */
async function held(members, name) {
  for (const member of members.slice(0, 3)) {
    await member.page.waitForFunction(() => !document.querySelector("#work button:disabled"));
    assert.ok(!(await member.page.content()).includes("\u27e6"), `a message is missing: ${name}`);
    await accessible(member.page);
  }
  await members[0].page.setViewportSize({ width: 320, height: 800 });
  await fits(members[0].page);
  await picture(members[0].page, `member-${name}-320`);
  await members[0].page.setViewportSize({ width: 1280, height: 900 });
  await picture((members[2] ?? members[0]).page, `member-${name}`);
  for (const member of members) quiet(member);
}

test("four members take a competition from the list to the certified result", { timeout: 900_000 }, async () => {
  const office = await openOffice({ until: "listed", candidates: 14, tie: false });
  const desk = `competitions/${office.id}/commission`;
  const api = `${office.address}/api/v1/competitions/${office.id}`;
  /** @returns {Promise<any>} */
  const view = async () => (await fetch(api)).json();
  const slots = /** @type {const} */ (["presidents-office", "government-office", "ombudsman", "cec"]);
  const languages = ["ky", "ru", "en", "ky"];
  /** @type {Member[]} */
  const members = [];
  try {
    for (const [place, slot] of slots.entries()) {
      const who = await reader(browser, place === 3 ? { colorScheme: "dark" } : {});
      const member = { who, page: who.page, slot, keys: place === 1 };
      await who.page.goto(`${office.address}/${languages[place]}/${desk}`);
      await who.page.waitForSelector("#key:not([hidden])");
      await accessible(who.page);
      await openKey(member, office.actors.keys[slot].path);
      members.push(member);
    }
    const [a, b, c, d] = members;
    await traced(c.who, "member", async () => {
      await held(members, "listed");

      // Cards: made offline, their keys dropped as a file; a draft for three.
      const electors = (await view()).candidates_count;
      const cards = await makeCards(office.actors.origin, 1, electors + 3, join(folder, "cards"));
      await begin(a, "cards_prepared", (page) => page.setInputFiles("#cards", cards.keys));
      await a.page.waitForSelector(".review");
      const spoken = await a.page.textContent(".review .aloud strong");
      const draft = await layDown(a);
      await openDraft(b, draft);
      await b.page.waitForSelector(".review");
      assert.equal(await b.page.textContent(".review .aloud strong"), spoken, "the same bytes give the same code");
      await held(members, "draft");
      await signIt(b);
      await others(draft, c);

      // Poll day: presence and numbers for the lot.
      const poll = (await view()).deadlines.poll;
      await office.setClock(new Date(Date.parse(poll.opens_at) - 1_800_000).toISOString().replace(".000", ""));
      await attend(members);
      await commit(members, folder);
      await office.setClock(poll.opens_at);
      await together([a, b, c], "polling_opened");
      await a.page.waitForFunction(() => document.querySelector("#do-polling_closed"));
      await held(members, "polling");

      // All but one vote, each with a card of their own.
      const now = await view();
      for (let elector = 0; elector < electors - 1; elector++) {
        const key = await cardKey(parse(cards.codes[elector]), now.origin, 1);
        // Every candidate ends with another total: no tie.
        const ratings = Object.fromEntries(now.paper.map((/** @type {string} */ id, /** @type {number} */ place) => [id, elector < place ? 9 : 3]));
        const ballot = await sign(statement("ballot_cast", header(now), { keys: [key.id], ratings }), key);
        const answer = await fetch(`${api}/statements`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(ballot) });
        assert.equal(answer.status, 201, await answer.text());
      }

      // The close: presence, roll, returned cards.
      await attend(members);
      await act(a, "objection", (page) => page.fill("#text", "Бөлмөгө бейтааныш адам кирди."));
      await office.setClock(poll.closes_at);
      const unused = await keysOf(office.actors.origin, 1, cards.codes.slice(electors), join(folder, "unused"));
      const spoiled = await keysOf(office.actors.origin, 1, [cards.codes[electors - 1]], join(folder, "spoiled"));
      // Nothing said: the summary names the field and takes the focus.
      await begin(a, "polling_closed");
      await a.page.waitForSelector(".errors a");
      await accessible(a.page);
      for (const id of now.paper.slice(0, electors - 1)) await a.page.check(`#roll-${id}`);
      await a.page.setInputFiles("#unused", unused);
      await a.page.setInputFiles("#spoiled", spoiled);
      await press(a, "#continue");
      await others(await layDown(a), b, c);

      // What was typed stays while the state moves on; numbers from the kept files; the box.
      await begin(d, "objection");
      await d.page.waitForSelector("#do-lot_revealed");
      await reveal(members);
      await held(members, "closed");
      await together([a, b, c], "ballots_opened");

      // Every ballot, read by the arrow keys, then all signed.
      for (const member of members) {
        await press(member, "#do-ballots_signed");
        await member.page.waitForSelector(".ballot");
        await member.page.focus(".ballot");
        const first = await member.page.textContent("#ballot-title");
        await member.page.keyboard.press("ArrowRight");
        assert.notEqual(await member.page.textContent("#ballot-title"), first);
        await member.page.keyboard.press("End");
        assert.match(String(await member.page.textContent("#ballot-title")), new RegExp(String(electors - 1)));
        if (member === c) await held(members.filter((one) => one === c), "ballots");
        await press(member, "#sign-all");
        await signIt(member);
      }

      // The protocol: two sign, one dissents, the fourth signs on an offline machine.
      await a.page.waitForSelector("#do-protocol_signed");
      for (const member of [a, b]) {
        await press(member, "#do-protocol_signed");
        await press(member, "#protocol-sign");
        await signIt(member);
      }
      await press(c, "#do-protocol_signed");
      await c.page.waitForSelector(".protocol");
      await held([c], "protocol");
      await press(c, "#protocol-dissent");
      await c.page.fill("#text", "I hold that the box stood unattended for four minutes.");
      await press(c, "#continue");
      await signIt(c);
      await offline(d, office, join(folder, "offline"));
      await a.page.waitForFunction(() => [...document.querySelectorAll("#slots .tag.good")].length >= 4);
      await held(members, "counted");

      await together([a, b, c], "certification");
      await a.page.waitForFunction(() => document.querySelector("#phase.phase-certified, #phase")?.textContent);
      assert.equal((await view()).phase, "certified");
      for (const language of ["ky", "ru", "en"]) {
        await d.page.goto(`${office.address}/${language}/${desk}/protocol`);
        await accessible(d.page);
        assert.ok((await d.page.textContent("main"))?.includes("unattended for four minutes"));
      }
      await picture(d.page, "member-paper");
    });
    await proved(office, join(folder, "bundle.tar"));
    for (const member of members) quiet(member);
  } finally {
    for (const member of members) await member.who.context.close();
    await office.close();
  }
});

/** The whole of a signature without a key in the browser: session, protocol, statement. @param {Member} member @param {Awaited<ReturnType<typeof openOffice>>} office @param {string} where */
async function offline({ page, slot }, office, where) {
  const key = office.actors.keys[slot].path;
  await page.click("#leave");
  await page.waitForSelector("#key:not([hidden])");
  await page.click("#offline > summary");
  await page.check(`#offline-${slot}`);
  await page.click("#open-offline");
  // A file that is no answer is told so, and another may be brought.
  await page.waitForSelector("#offline-back");
  await page.setInputFiles("#offline-back", key);
  await page.waitForSelector("#work .errors");
  await accessible(page);
  await carry(page, `${where}-session`, key);
  await page.waitForSelector("#session:not([hidden])");
  await page.click("#do-protocol_signed");
  await page.click("#protocol-sign");
  await carry(page, `${where}-protocol`, key, (request) => ["--protocol", request]);
  await page.waitForSelector(".review .aloud");
  await page.click("#sign");
  await carry(page, `${where}-statement`, key);
  await page.waitForSelector("#done");
  await page.click("#done");
}

test("without JavaScript the desk shows how the four stand", async () => {
  const office = await openOffice({ until: "protocol" });
  const [bare, who] = [await reader(browser, { javaScriptEnabled: false }), await reader(browser)];
  try {
    for (const language of ["ky", "ru", "en"]) {
      const address = `${office.address}/${language}/competitions/${office.id}/commission`;
      await bare.page.goto(address);
      assert.equal(await bare.page.locator("#slots > li").count(), 4);
      assert.equal(await bare.page.locator("#tasks li").count(), 2);
      assert.match(String(await bare.page.locator("noscript").innerText()), /esep sign/);
      await who.page.goto(address);
      await who.page.waitForSelector("#key:not([hidden])");
      await accessible(who.page);
      await who.page.setViewportSize({ width: 320, height: 800 });
      await fits(who.page);
      await who.page.setViewportSize({ width: 1280, height: 900 });
    }
    bare.quiet();
    who.quiet();
  } finally {
    await bare.context.close();
    await who.context.close();
    await office.close();
  }
});

test("a drawing by hand, a new key, an annulment", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "tied" });
  const view = async () => (await fetch(`${office.address}/api/v1/competitions/${office.id}`)).json();
  /** @type {Member[]} */
  const members = [];
  try {
    for (const slot of ["presidents-office", "government-office", "ombudsman"]) {
      members.push(await atDesk(browser, office, slot));
    }
    const [a, b, c] = members;
    const tied = (await view()).paper;
    assert.ok(tied.length > 1);
    await begin(a, "lot_drawn", async (page) => {
      for (const [place, id] of tied.entries()) await page.fill(`#order-${id}`, String(tied.length - place));
      await page.fill("#record", "Баштыктан төрт мүчөнүн көз алдында сууруп чыгарылды.");
      await accessible(page);
    });
    await others(await layDown(a), b, c);
    assert.equal((await view()).phase, "counted");

    // The old key alone gives the new one, which is handed over in a file, encrypted, and opens the desk again.
    const kept = join(folder, "new.pem");
    await begin(c, "key_replaced", async (page) => {
      await accessible(page);
      await page.fill("#new-passphrase", "узун сырсөз");
      const [file] = await Promise.all([page.waitForEvent("download"), page.click("#make-key")]);
      await file.saveAs(kept);
    });
    await signIt(c);
    await c.page.waitForSelector("#key:not([hidden])");
    await c.page.setInputFiles("#key-file", kept);
    await c.page.fill("#passphrase", "башка");
    await c.page.click("#open-key");
    await c.page.waitForSelector("#key .errors");
    await accessible(c.page);
    await c.page.fill("#passphrase", "узун сырсөз");
    await c.page.click("#open-key");
    await c.page.waitForSelector("#session:not([hidden])");

    // A draft is withdrawn while another member reads it, who is told so; another is signed by three.
    await begin(a, "annulment", (page) => page.fill("#reason", "Байкап көрүү."));
    const withdrawn = await layDown(a);
    await openDraft(c, withdrawn);
    await openDraft(b, withdrawn);
    await b.page.click("#withdraw");
    await signIt(b);
    await c.page.click("#sign");
    await c.page.waitForSelector("#work .errors:not(:empty)");
    assert.match(await c.page.innerText("#work .errors"), /Долбоор жабылган/);
    assert.match(c.who.complaints.pop() ?? "", /409/);
    await accessible(c.page);
    await begin(a, "annulment", (page) => page.fill("#reason", "Сот чечимин күтүүдө."));
    await others(await layDown(a), b, c);
    assert.equal((await view()).phase, "annulled");
    for (const member of members) quiet(member);
  } finally {
    for (const member of members) await member.who.context.close();
    await office.close();
  }
});

test("a browser that cannot sign says so, and which one can", async () => {
  const office = await openOffice({ until: "listed", candidates: 6 });
  const who = await reader(browser);
  try {
    // What a browser without Ed25519 answers.
    await who.page.addInitScript(() => {
      Object.assign(SubtleCrypto.prototype, { importKey: () => Promise.reject(new DOMException("no such algorithm", "NotSupportedError")) });
    });
    await who.page.goto(`${office.address}/en/competitions/${office.id}/commission`);
    await who.page.waitForSelector("#key:not([hidden])");
    await who.page.setInputFiles("#key-file", office.actors.keys.cec.path);
    await who.page.click("#open-key");
    await who.page.waitForSelector(".errors");
    assert.match(await who.page.innerText(".errors"), /cannot make Ed25519 signatures\. Use Chrome 137, Firefox 130, Safari 17 or later/);
    await accessible(who.page);
    who.quiet();
  } finally {
    await who.context.close();
    await office.close();
  }
});
