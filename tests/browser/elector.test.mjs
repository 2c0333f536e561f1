// The elector's pages: a ballot from the card to the receipt, with the keyboard alone and at 320 px; what must not
// happen: a rating by mere moving about, a ballot changed in silence, a code in any request, a trace on a kiosk.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import jsQR from "jsqr";
import { accessible, fits, launch, picture, reader as anyReader, traced } from "./browser.mjs";
import { cardKey, CardError, drawn, parse } from "../../src/web/js/card.mjs";
import { modules } from "../../src/web/js/qr.mjs";
import { Desk } from "./desk.mjs";
import { esep, openOffice } from "./office.mjs";

const run = promisify(execFile);

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {Awaited<ReturnType<typeof openOffice>>} Office */

/** A reader who does not wait for ever. @type {typeof anyReader} */
async function reader(browser, options) {
  const who = await anyReader(browser, options);
  who.context.setDefaultTimeout(20_000);
  return who;
}

/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** Codes of cards that have not voted. @param {Office} office */
const unused = (office) => office.actors.cards.filter((_, place) => !office.actors.voted.includes(place));

/** Every request of a context, with its body. @param {import("playwright-core").BrowserContext} context */
function requests(context) {
  /** @type {string[]} */
  const seen = [];
  context.on("request", (request) => {
    seen.push(`${request.method()} ${request.url()} ${JSON.stringify(request.headers())} ${request.postData() ?? ""}`);
  });
  return seen;
}

/** No request holds the code in any spelling, nor a long piece of it, nor its bytes. @param {string[]} seen @param {string} code */
function neverSent(seen, code) {
  assert.ok(seen.length > 5);
  const plain = code.replace(/-/g, "");
  const number = [...plain.slice(0, 26)].reduce((sum, letter) => sum * 32n + BigInt("0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(letter)), 0n);
  const bytes = Buffer.from(number.toString(16).padStart(32, "0"), "hex");
  const spellings = [code, plain, plain.slice(4, 16), bytes.toString("hex"), bytes.toString("base64").slice(0, 20), bytes.toString("base64url").slice(0, 20)];
  for (const line of seen) {
    // A payload in a body is base64: read it too.
    const payload = /"payload":"([^"]+)"/.exec(line)?.[1];
    const whole = (line + (payload ? Buffer.from(payload, "base64").toString() : "")).toUpperCase();
    for (const one of spellings) assert.ok(!whole.includes(one.toUpperCase()), `the code is in ${line.slice(0, 200)}`);
  }
}

/** Opens the ballot by typing the code. @param {Page} page @param {string} code */
async function typeCode(page, code) {
  await page.locator("#code").fill(code);
  await page.locator("#card-form button[type=submit]").click();
  await page.locator("#ballot fieldset").first().waitFor();
}

/** @param {Page} page */
const focused = (page) => page.evaluate(() => {
  const at = /** @type {HTMLInputElement} */ (document.activeElement);
  return { tag: at.tagName, id: at.id, name: at.name, value: at.value, checked: at.checked, text: at.textContent };
});

/** Tab until this holds. @param {Page} page @param {(at: Awaited<ReturnType<typeof focused>>) => boolean} holds */
async function tabTo(page, holds) {
  for (let step = 0; step < 80; step++) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    if (holds(at)) return at;
  }
  throw new Error("Tab does not lead there");
}

/** Presses what submits the step. @param {Page} page */
const onward = (page) => page.locator("#ballot button[type=submit]").click();

/** The text of the receipt on the page. @param {Page} page */
async function receiptOf(page) {
  await page.locator("svg.qr").waitFor();
  return /** @type {Promise<string>} */ (page.locator("pre.words").textContent());
}

/** What a picture of modules says to a reader of QR codes. @param {number} modules @param {[number, number][]} dark */
function scanned(modules, dark) {
  const scale = 3;
  const side = modules * scale;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [x, y] of dark) {
    for (let dy = 0; dy < scale; dy++) {
      const from = ((y * scale + dy) * side + x * scale) * 4;
      for (let dx = 0; dx < scale; dx++) pixels.fill(0, from + 4 * dx, from + 4 * dx + 3);
    }
  }
  return jsQR(pixels, side, side)?.data ?? "";
}

/** What the QR code on the page says. @param {Page} page */
async function readQr(page) {
  const { side, path } = await page.locator("svg.qr").evaluate((svg) => {
    const side = Number(svg.getAttribute("viewBox")?.split(" ")[2]);
    return { side, path: svg.querySelector("path")?.getAttribute("d") ?? "" };
  });
  const dark = [...path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)].map(([, x, y]) => /** @type {[number, number]} */ ([Number(x), Number(y)]));
  return scanned(side, dark);
}

test("a card's code is read as people type it, and gives the key of docs/FORMATS.md; QR codes of every length are read back", async () => {
  const origin = "esep.example/commission-2026";
  for (const text of ["0004-1061-050R-3GG2-8A1C-60T3-GF5E", "0oo4 iO6l\u2013o50r3gg2 8a1c6ot3gf5e\n"]) {
    assert.equal((await cardKey(parse(text), origin, 1)).id, "797451fde8fe5a32574fb4fbcd2771694171194285cf460cafa0556a8884eae8");
  }
  const key = await cardKey(parse("0004-1061-050R-3GG2-8A1C-60T3-GF5E"), origin, 2);
  assert.notEqual(key.id, "797451fde8fe5a32574fb4fbcd2771694171194285cf460cafa0556a8884eae8");
  /** @type {[string, string][]} */
  const wrong = [["", "empty"], ["0004", "length"], ["0004-1061-050R-3GG2-8A1C-60T3-GF5F", "check"], ["0004-1061-050R-3GG2-8A1C-60T3-GFE5", "check"], ["0004-1061-05R0-3GG2-8A1C-60T3-GF5E", "check"], ["0004-1061-050R-3GG2-8A1C-60T3-GF5U", "character"], ["8004-1061-050R-3GG2-8A1C-60T3-GF5E", "check"]];
  for (const [text, code] of wrong) assert.throws(() => parse(text), (error) => error instanceof CardError && error.code === code, text);
  const paper = ["c01", "c02", "c03", "c04", "c05"].map((id) => ({ id }));
  const order = await drawn(paper, key.id);
  assert.deepEqual(await drawn([...paper].reverse(), key.id), order);
  assert.deepEqual([...order].sort((left, right) => (left.id < right.id ? -1 : 1)), paper);
  for (const length of [1, 14, 15, 100, 250, 365, 900, 2300]) {
    const text = Array.from({ length }, (_, place) => "abcdefghij0123/#"[(place * 7 + length) % 16]).join("");
    const rows = modules(text);
    const dark = rows.flatMap((row, y) => row.flatMap((one, x) => (one ? [/** @type {[number, number]} */ ([x + 4, y + 4])] : [])));
    assert.equal(scanned(rows.length + 8, dark), text);
  }
});

test("a long scale is written into a field that only writing changes", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "polling", candidates: 6 });
  const who = await reader(browser, { viewport: { width: 320, height: 640 } });
  const { page } = who;
  try {
    await page.goto(`${office.address}/ky/competitions/${office.id}/vote`);
    const from = await page.locator("script[src$='elector.mjs']").getAttribute("src");
    // The page's own module with a paper of another scale.
    await page.evaluate(async (base) => {
      const { rows, Marks } = await import(`${base}elector-paper.mjs`);
      const { words } = await import(`${base}words.mjs`);
      const say = await words("common", "elector");
      const candidates = [{ id: "c01", name: "Асанов", association: "Бирикме", struck: false }, { id: "c02", name: "Бакиров", association: "Бирикме", struck: true }];
      const paper = { min: -50, max: 100, min_rated: 1, max_rated: 1, self_rating: "ignored", candidates };
      const marks = new Marks();
      Object.assign(window, { marks });
      const made = rows(paper, candidates, marks, "c02", say);
      document.querySelector("#intro")?.replaceChildren(Object.assign(document.createElement("h1"), { textContent: "x" }), ...made.rows, made.standing);
    }, String(from).replace(/elector\.mjs$/, ""));
    const [first, second] = [page.locator("#rate-c01"), page.locator("#rate-c02")];
    const kept = () => page.evaluate(() => [Object.fromEntries(/** @type {any} */ (window).marks.ratings), [.../** @type {any} */ (window).marks.unread.keys()]]);
    await accessible(page);
    await fits(page);
    await first.focus();
    for (const press of ["ArrowUp", "ArrowUp", "ArrowDown"]) await page.keyboard.press(press);
    await page.mouse.wheel(0, 300);
    assert.deepEqual(await kept(), [{}, []]);
    await first.fill("\u221250");
    assert.deepEqual(await kept(), [{ c01: -50 }, []]);
    await second.fill("7");
    assert.match(await page.locator(".standing").innerText(), /Өзүңүзгө койгон упай эсепке алынбайт/);
    await first.fill("101");
    assert.match(await page.locator(".tally").innerText(), /Асанов: 101 упайы/);
    await first.fill("3,5");
    assert.deepEqual(await kept(), [{ c02: 7 }, ["c01"]]);
    await first.fill("");
    assert.deepEqual(await kept(), [{ c02: 7 }, []]);
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("with the keyboard alone, in Kyrgyz, at 320 px: code, ballot, check, cast, receipt", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "voted", candidates: 6 });
  const who = await reader(browser, { viewport: { width: 320, height: 640 } });
  const seen = requests(who.context);
  const { page } = who;
  try {
    await traced(who, "elector-keyboard", async () => {
      await page.goto(`${office.address}/ky/competitions/${office.id}/vote`);
      await page.locator("#card-form").waitFor();
      await accessible(page);
      await fits(page);
      await picture(page, "elector-entrance-320");

      const [code] = unused(office);
      await tabTo(page, (at) => at.id === "code");
      // A wrong character is found before anything else happens; the summary takes the focus and leads to the field.
      const wrong = code.slice(0, -1) + (code.endsWith("0") ? "1" : "0");
      await page.keyboard.type(wrong);
      await page.keyboard.press("Enter");
      await page.locator(".errors a").waitFor();
      await accessible(page);
      await tabTo(page, (at) => at.tag === "A" && at.text?.includes("28") === false);
      await page.keyboard.press("Enter");
      assert.equal((await focused(page)).id, "code");
      // As people type: small letters, spaces for dashes, o for 0 and l for 1.
      await page.keyboard.press("Control+A");
      await page.keyboard.type(code.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l"));
      await page.keyboard.press("Enter");
      await page.locator("#ballot fieldset").first().waitFor();
      assert.equal((await focused(page)).tag, "H1");
      assert.equal(await page.locator("#code").inputValue(), "", "the code stays in no field");
      await accessible(page);
      await fits(page);

      // Moving about chooses nothing.
      const first = await tabTo(page, (at) => at.name.startsWith("rate-"));
      assert.deepEqual([first.value, first.checked], ["", true]);
      for (const key of ["ArrowRight", "ArrowDown", "ArrowRight", "ArrowLeft", "End", "Home", "ArrowDown"]) await page.keyboard.press(key);
      assert.equal(await page.locator("input[type=radio]:checked:not([value=''])").count(), 0);
      assert.equal((await focused(page)).value, "0");
      // Tab leaves the group; Space chooses, Enter too.
      const second = await tabTo(page, (at) => at.tag === "INPUT");
      assert.notEqual(second.name, first.name);
      await page.keyboard.press("End");
      await page.keyboard.press("Space");
      assert.deepEqual(await page.locator("input[type=radio]:checked:not([value=''])").evaluateAll((/** @type {any[]} */ all) => all.map((one) => one.value)), ["10"]);
      await tabTo(page, (at) => at.tag === "INPUT" && at.name !== second.name);
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
      assert.equal(await page.locator("input[type=radio]:checked:not([value=''])").count(), 2);
      // And back: not rated.
      await page.keyboard.press("Home");
      await page.keyboard.press("Space");
      assert.equal(await page.locator("input[type=radio]:checked:not([value=''])").count(), 1);
      await picture(page, "elector-ballot-320");

      await tabTo(page, (at) => at.tag === "BUTTON");
      await page.keyboard.press("Enter");
      await page.locator("#ballot table").waitFor();
      await accessible(page);
      await fits(page);
      await picture(page, "elector-review-320");
      assert.equal(await page.locator("#ballot tbody tr").count(), 1);
      await tabTo(page, (at) => at.tag === "BUTTON");
      await page.keyboard.press("Enter");
      const receipt = await receiptOf(page);
      await accessible(page);
      await fits(page);
      await picture(page, "elector-receipt-320");
      // On paper it is one sheet.
      const sheet = await page.pdf({ format: "A4", margin: { top: "15mm", bottom: "15mm", left: "15mm", right: "15mm" } });
      assert.equal(sheet.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length, 1);
      assert.match(receipt, new RegExp(`^esep/box\n${office.actors.origin}\n1\n[0-9a-f]{64}\n\n— ${office.actors.origin} `));
      neverSent(seen, code);
      who.quiet();
    });
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("an over-voted ballot is cast only when confirmed, as it is; the second use of a card is refused; a break of the line", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "voted", candidates: 12, preset: "commission-2014-marks" });
  const who = await reader(browser);
  const seen = requests(who.context);
  const { page } = who;
  const [code] = unused(office);
  try {
    await traced(who, "elector-invalid", async () => {
      const address = `${office.address}/en/competitions/${office.id}/vote`;
      // The code in the fragment, as a link on a card could hold it: it leaves the address at once.
      await page.goto(`${address}#${code}`);
      await page.locator("#ballot fieldset").first().waitFor();
      assert.equal(page.url(), address);
      const order = await page.locator("#ballot legend").allTextContents();
      const groups = page.locator("#ballot fieldset");
      for (let place = 0; place < 11; place++) await groups.nth(place).locator("input[value='1']").check();
      assert.match(String(await page.locator(".tally").textContent()), /11 candidates of 12 are rated\. Too many: at most 10/);
      await onward(page);
      await page.locator("#ballot .panel.bad").waitFor();
      await accessible(page);
      await picture(page, "elector-invalid");
      await onward(page);
      await page.locator(".errors").waitFor();
      await accessible(page);
      assert.ok(!seen.some((line) => line.startsWith("POST")), "nothing is sent unconfirmed");

      // The line breaks after the office took the ballot: the answer is lost, the same bytes go again.
      let lost = 0;
      await page.route("**/statements", async (route) => {
        if (lost++ > 0) return route.continue();
        await route.fetch();
        await route.abort();
      });
      await page.locator("#sure").check();
      await onward(page);
      await page.getByRole("heading", { name: "No answer yet" }).waitFor();
      await accessible(page);
      await picture(page, "elector-pending");
      await page.getByRole("button", { name: "Send the same ballot again" }).click();
      const receipt = await receiptOf(page);
      assert.match(String(await page.locator(".panel.good").textContent()), /This very ballot was there already/);
      const posts = seen.filter((line) => line.startsWith("POST")).map((line) => line.slice(line.indexOf('{"payload"')));
      assert.equal(posts.length, 2);
      assert.equal(posts[0], posts[1]);
      // Nothing was trimmed: eleven marks stand in what was sent.
      const { ratings } = JSON.parse(Buffer.from(JSON.parse(posts[0]).payload, "base64").toString());
      assert.equal(Object.keys(ratings).length, 11);
      who.complaints.splice(0);

      // The card again: the same order, another ballot, refused.
      await page.goto("about:blank");
      await page.goto(address);
      await typeCode(page, code);
      assert.deepEqual(await page.locator("#ballot legend").allTextContents(), order);
      await page.locator("#ballot fieldset").first().locator("input[value='1']").check();
      await onward(page);
      await page.locator("#ballot table").waitFor();
      await onward(page);
      await page.getByRole("heading", { name: "The ballot of this card was already cast" }).waitFor();
      await accessible(page);
      await picture(page, "elector-used");
      assert.ok(receipt.startsWith("esep/box\n"));
      neverSent(seen, code);
      // Another card shows another order.
      const other = office.actors.cards[office.actors.voted[0]];
      await page.goto("about:blank");
      await page.goto(`${address}#${other}`);
      await page.locator("#ballot fieldset").first().waitFor();
      assert.notDeepEqual(await page.locator("#ballot legend").allTextContents(), order);
    });
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("a card of another round is told before a ballot is filled; so is one of nowhere; after the time nothing is taken", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "repeat", candidates: 12 });
  const who = await reader(browser);
  const { page } = who;
  try {
    const desk = await Desk.at(office);
    const [older] = office.actors.cards;
    await desk.prepareRound();
    const closes = await desk.openPolling();
    await page.goto(`${office.address}/en/competitions/${office.id}/vote`);
    assert.match(String(await page.locator(".tags").textContent()), /Round 2/);
    await page.locator("#code").fill(older);
    await page.locator("#card-form button[type=submit]").click();
    await page.locator(".errors").waitFor();
    assert.match(String(await page.locator(".errors").textContent()), /This card is of round 1; now it is round 2/);
    await accessible(page);
    await page.locator("#code").fill("0004-1061-050R-3GG2-8A1C-60T3-GF5E");
    await page.locator("#card-form button[type=submit]").click();
    await page.getByText("not one of those prepared").first().waitFor();
    // The card of this round; the time ends while the ballot is filled.
    await typeCode(page, desk.cards[0]);
    await page.locator("#ballot fieldset").first().locator("input[value='7']").check();
    await onward(page);
    await page.locator("#ballot table").waitFor();
    await office.setClock(closes);
    await onward(page);
    await page.getByRole("heading", { name: "The ballot was not taken" }).waitFor();
    await accessible(page);
    // The refusal is a note that the program checks.
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save the refusal" }).click()]);
    const { stdout } = await run(esep, ["verify-receipt", await download.path(), "--log-key", desk.view.log_vkey]);
    assert.match(stdout, /^refused: .* code polling_over/);
    for (const language of ["ky", "ru", "en"]) {
      await page.goto(`${office.address}/${language}/competitions/${office.id}/vote`);
      assert.equal(await page.locator("form").count(), 0);
      await accessible(page);
    }
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("a kiosk forgets everything between electors", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "polling", candidates: 6 });
  const who = await reader(browser);
  const { page } = who;
  const seen = requests(who.context);
  try {
    await traced(who, "elector-kiosk", async () => {
      await page.clock.install();
      const address = `${office.address}/en/competitions/${office.id}/vote?kiosk`;
      await page.goto(address);
      await accessible(page);
      await picture(page, "elector-kiosk");
      assert.equal(await page.locator("footer, .menu, .crumbs").count(), 0);
      assert.equal(await page.locator("a[href]:not([hreflang])").count(), 0, "nowhere to wander off");
      assert.equal(await page.locator("input:not([autocomplete=off])").count(), 0);
      const length = await page.evaluate(() => history.length);

      // Left in the middle: a warning, more time for the asking, and after it everything is gone.
      await typeCode(page, office.actors.cards[0]);
      await page.locator("#ballot fieldset").first().locator("input[value='9']").check();
      await page.clock.runFor(125_000);
      await page.getByRole("alertdialog").waitFor();
      await accessible(page);
      await picture(page, "elector-kiosk-idle");
      await page.getByRole("button", { name: "I am still here" }).click();
      assert.equal(await page.locator("input[value='9']:checked").count(), 1);
      await page.clock.runFor(125_000);
      await page.getByRole("alertdialog").waitFor();
      await page.clock.runFor(40_000);
      await page.locator("#card-form").waitFor();
      assert.equal(await page.locator("#ballot fieldset").count(), 0);
      assert.equal(await page.locator("#code").inputValue(), "");

      // A whole ballot; the receipt is shown as a code and can be printed, not saved here.
      await typeCode(page, office.actors.cards[1]);
      await page.locator("#ballot fieldset").first().locator("input[value='9']").check();
      await onward(page);
      await page.locator("#ballot table").waitFor();
      await onward(page);
      const receipt = await receiptOf(page);
      await accessible(page);
      await picture(page, "elector-kiosk-receipt");
      const said = await readQr(page);
      assert.equal(said.split("#")[0], `${office.address}/en/competitions/${office.id}/receipt`);
      assert.equal(Buffer.from(said.split("#")[1], "base64url").toString(), receipt);
      assert.equal(await page.getByRole("button", { name: "Save" }).count(), 0);
      await page.getByRole("button", { name: "Done: clear the page" }).click();
      await page.locator("#card-form").waitFor();
      assert.ok(!(await page.content()).includes(receipt.split("\n")[3]));
      // The way back shows nothing of the elector before.
      assert.equal(await page.evaluate(() => history.length), length);
      await page.goBack().catch(() => null);
      assert.ok(!(await page.content()).includes("rate-"));
      assert.ok(!(await page.content()).includes(receipt.split("\n")[3]));
      await page.goto(address);
      assert.deepEqual(await page.evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length, document.cookie]), [0, 0, 0, 0, ""]);
      assert.deepEqual(await who.context.cookies(), []);
      neverSent(seen, office.actors.cards[0]);
      neverSent(seen, office.actors.cards[1]);
      who.quiet();
    });
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("the receipt is checked before and after the opening, by the page and by the program", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "polling", candidates: 6 });
  const folder = await mkdtemp(join(tmpdir(), "esep-receipt-"));
  const who = await reader(browser);
  const { page } = who;
  const seen = requests(who.context);
  try {
    await traced(who, "elector-receipt", async () => {
      const desk = await Desk.at(office);
      await page.goto(`${office.address}/en/competitions/${office.id}/vote#${office.actors.cards[0]}`);
      await page.locator("#ballot fieldset").first().waitFor();
      for (const group of (await page.locator("#ballot fieldset").all()).slice(0, 3)) await group.locator("input[value='8']").check();
      await onward(page);
      await page.locator("#ballot table").waitFor();
      await picture(page, "elector-review");
      await onward(page);
      await receiptOf(page);
      await picture(page, "elector-receipt");
      const file = join(folder, "receipt.txt");
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save the receipt" }).click()]);
      await download.saveAs(file);
      await page.getByText("To prove how I voted").click();
      const ballot = join(folder, "ballot.dsse.json");
      const [signed] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save the signed ballot" }).click()]);
      await signed.saveAs(ballot);

      // Through its QR code, before the opening: signed, not yet to be found.
      await page.goto((await readQr(page)).replace("/en/", "/ky/"));
      await page.locator("#answer .panel.good").waitFor();
      await page.locator("#answer .panel.warn").waitFor();
      await accessible(page);
      assert.ok(!page.url().includes("#"));

      const [candidate] = desk.view.paper;
      for (const code of office.actors.cards.slice(1, 5)) await desk.vote(code, { [candidate]: 5 });
      await desk.closePolling(office.actors.cards.slice(0, 5));
      await desk.openBox();
      const { stdout } = await run(esep, ["verify-receipt", file, "--statement", ballot, "--log-key", desk.view.log_vkey]);
      assert.match(stdout, /^in the box: ballot [0-9a-f]{64} of round 1/);
      for (const language of ["ky", "ru", "en"]) {
        await page.goto(`${office.address}/${language}/competitions/${office.id}/receipt`);
        await page.locator("#receipt-file").setInputFiles(file);
        await page.locator("#answer .panel.good").nth(1).waitFor();
        await accessible(page);
        await page.setViewportSize({ width: 320, height: 640 });
        await fits(page);
        await page.setViewportSize({ width: 1280, height: 900 });
      }
      const hash = (await readFile(file, "utf8")).split("\n")[3];
      const place = (await desk.ballots()).indexOf(hash) + 1;
      assert.ok(place > 0);
      assert.match(String(await page.locator("#answer").textContent()), new RegExp(`ballot ${place} of 5 in round 1`));
      await picture(page, "elector-check");

      // A nomination's receipt; one character changed; another competition; no receipt.
      const nomination = await desk.proof(2);
      const check = async (/** @type {string} */ text) => {
        await page.locator("#receipt-text").fill(text);
        await page.locator("#receipt-form button[type=submit]").click();
      };
      await check(nomination);
      await page.getByText(/Entry 2: nomination, accepted at 2026-/).waitFor();
      await accessible(page);
      const whole = await readFile(file, "utf8");
      await check(whole.replace(hash, (hash[0] === "0" ? "1" : "0") + hash.slice(1)));
      await page.getByRole("heading", { name: "Not signed by this office’s log" }).waitFor();
      await check(whole.replaceAll(office.actors.origin, "other.example/commission"));
      await page.getByText("This receipt is of another competition: other.example/commission").waitFor();
      await check("some words");
      await page.locator(".errors").waitFor();
      assert.ok(!seen.some((line) => line.includes(hash) && !line.includes("verify")), "nobody is asked about this one ballot");
      neverSent(seen, office.actors.cards[0]);
      who.quiet();
    });
  } finally {
    await who.context.close();
    await office.close();
    await rm(folder, { recursive: true, force: true });
  }
});

for (const until of ["announced", "listed", "voted", "closed"]) {
  test(`the elector’s pages at the scene ${until}: three languages, without a script, in the dark on a phone`, { timeout: 300_000 }, async () => {
    const office = await openOffice({ until, candidates: 6 });
    const plain = await reader(browser, { javaScriptEnabled: false });
    const who = await reader(browser, { colorScheme: "dark", viewport: { width: 390, height: 844 } });
    try {
      for (const language of ["ky", "ru", "en"]) {
        for (const path of ["vote", "vote?kiosk", "receipt"]) {
          const address = `${office.address}/${language}/competitions/${office.id}/${path}`;
          const answer = await plain.page.goto(address);
          assert.equal(answer?.status(), 200);
          assert.ok(!(await plain.page.content()).includes("⟦"), "a message is missing");
          // axe needs timers, which a page without scripts has not: it judges the other reader's page.
          await fits(plain.page);
          if (until === "voted" && path === "vote") assert.ok(await plain.page.locator("noscript .panel, .panel.warn").count() > 0);
          await who.page.goto(address);
          if (path === "receipt" || until === "voted") await who.page.locator("form").waitFor();
          await accessible(who.page);
          await fits(who.page);
        }
      }
      if (until === "voted") await picture(who.page, "elector-check-dark");
      plain.quiet();
      who.quiet();
    } finally {
      await plain.context.close();
      await who.context.close();
      await office.close();
    }
  });
}

test("the camera reads the card’s QR code, where the browser can", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "voted", candidates: 6 });
  const who = await reader(browser);
  const [code] = unused(office);
  try {
    // Debian's Chromium reads no QR codes: the two interfaces of the browser are stood in for.
    await who.context.addInitScript((text) => {
      Object.assign(window, { BarcodeDetector: class {
        static getSupportedFormats() { return Promise.resolve(["qr_code"]); }
        detect() { return Promise.resolve(window.name === "card" ? [{ rawValue: text }] : [{ rawValue: "https://elsewhere.example" }]); }
      } });
      const stream = () => Promise.resolve(document.createElement("canvas").captureStream());
      Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia: stream } });
      HTMLMediaElement.prototype.play = () => Promise.resolve();
    }, code);
    const { page } = who;
    await page.goto(`${office.address}/en/competitions/${office.id}/vote`);
    await page.getByRole("button", { name: "Scan with the camera" }).click();
    await page.locator("#status").filter({ hasText: "not that of a voting card" }).waitFor();
    await accessible(page);
    await page.evaluate(() => { window.name = "card"; });
    await page.locator("#ballot fieldset").first().waitFor();
    who.quiet();
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("named ballots: the elector’s own key file instead of a card; the ledger says nothing until the close", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "polling", candidates: 6, named: true });
  const who = await reader(browser);
  const { page } = who;
  const { cec, organiser } = office.actors.keys;
  try {
    await traced(who, "elector-named", async () => {
      const open = async (/** @type {string} */ path) => {
        await page.locator("#key-file").setInputFiles(path);
        await page.locator("#key-form button[type=submit]").click();
      };
      await page.goto(`${office.address}/ru/competitions/${office.id}/vote`);
      await page.locator("#key-form button[type=submit]").click();
      await page.locator(".errors").waitFor();
      await accessible(page);
      await open(cec.path);
      await page.locator("#ballot fieldset").first().waitFor();
      await accessible(page);
      await page.locator("#ballot fieldset").nth(1).locator("input[value='6']").check();
      await onward(page);
      await page.locator("#ballot table").waitFor();
      await accessible(page);
      await onward(page);
      const receipt = await receiptOf(page);
      await accessible(page);
      await picture(page, "elector-named");
      await page.goto(`${office.address}/ru/competitions/${office.id}/receipt`);
      await page.locator("#receipt-text").fill(receipt);
      await page.locator("#receipt-form button[type=submit]").click();
      await page.locator("#answer .panel.warn").waitFor();
      await accessible(page);
      // Once more, and somebody who is no elector.
      for (const { key, heading } of [{ key: cec, heading: "Вы уже подали бюллетень" }, { key: organiser, heading: "Бюллетень не принят" }]) {
        await page.goto(`${office.address}/ru/competitions/${office.id}/vote`);
        await open(key.path);
        await page.locator("#ballot fieldset").first().locator("input[value='1']").check();
        await onward(page);
        await page.locator("#ballot table").waitFor();
        await onward(page);
        await page.getByRole("heading", { name: heading }).waitFor();
        await accessible(page);
      }
    });
  } finally {
    await who.context.close();
    await office.close();
  }
});
