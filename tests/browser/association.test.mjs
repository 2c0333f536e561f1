// The association's walk: nominate by keyboard on a phone in Kyrgyz, amend, withdraw, appeal, read the reasons; mistakes;
// a line that breaks; a page without a script.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { accessible, fits, launch, picture, reader, traced } from "./browser.mjs";
import { esep, openOffice } from "./office.mjs";

const run = promisify(execFile);
/** @typedef {import("playwright-core").Page} Page */

/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
/** @type {string} */
let folder;
/** @type {string[]} */
let papers;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "esep-papers-"));
  papers = ["letter", "application", "resume"].map((name) => join(folder, `${name}.pdf`));
  for (const [place, paper] of papers.entries()) await writeFile(paper, `%PDF-1.7\n% paper ${place}\n`);
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** Tab until the element has the focus. @param {Page} page @param {string} selector */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 80; presses++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the keyboard does not reach ${selector}`);
}

/** @param {Page} page @param {string} selector @param {string} text */
async function type(page, selector, text) {
  await tabTo(page, selector);
  await page.keyboard.type(text);
}

/** @param {Page} page @param {string} step */
async function onward(page, step) {
  await tabTo(page, `#step-${step} .actions button`);
  await page.keyboard.press("Enter");
}

/** @param {Page} page @param {string} step */
async function at(page, step) {
  await page.waitForSelector(`#step-${step}:not([hidden])`);
  await page.waitForFunction((wanted) => document.activeElement?.closest("section")?.id === wanted, `step-${step}`);
}

/** A file chosen with the keyboard. @param {Page} page @param {string} selector @param {string} file */
async function choose(page, selector, file) {
  await tabTo(page, selector);
  const chooser = page.waitForEvent("filechooser");
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(file);
}

/** Fills the form with the mouse, up to the check. @param {Page} page @param {string} [name] */
async function fillForm(page, name = "Бакиров Бакыт Бакирович") {
  await page.fill("#association", `Биримдик ${name}`);
  await page.click("#step-association .actions button");
  for (let place = 0; place < 3; place++) {
    const frame = page.locator("#organisations .organisation").nth(place);
    await frame.locator("[data-field=name]").fill(`Уюм ${place + 1}`);
    await frame.locator("[data-field=number]").fill(`${name.length}-${place}-ЮБ`);
    await frame.locator("[value=foundation]").check();
  }
  await page.click("#step-organisations .actions button");
  await page.fill("#name", name);
  for (const [part, value] of [["day", "7"], ["month", "3"], ["year", "1985"]]) await page.fill(`#birth-${part}`, value);
  await page.click("#step-candidate .actions button");
  for (const id of ["citizen", "capable", "conviction", "education", "service-no"]) await page.check(`#${id}`);
  await page.fill("#experience", "Коомдук иште он жыл");
  await page.click("#step-facts .actions button");
  for (const [place, name] of ["letter", "application", "resume"].entries()) {
    await page.setInputFiles(`#${name}`, papers[place]);
    await page.waitForSelector(`#${name}-have:not(:empty)`);
    await page.click(`#step-${name} .actions button`);
  }
  await page.waitForSelector("#step-check:not([hidden])");
}

/** Check, key, sign; answers the receipt file. @param {Page} page @param {string} [passphrase] */
async function signForm(page, passphrase) {
  await page.click("#step-check .actions button");
  if (passphrase) for (const id of ["passphrase", "passphrase-again"]) await page.fill(`#${id}`, passphrase);
  await page.click("#step-key .actions button");
  await page.waitForSelector("#step-sign:not([hidden]) .signed");
  return download(page, () => page.click("#step-sign .actions button"));
}

/** The organiser's desk tells of the word, in the list and beside the name. @param {Awaited<ReturnType<typeof openOffice>>} office @param {string} nomination */
async function mixedNameAtTheDesk(office, nomination) {
  const organiser = await reader(browser, { viewport: { width: 320, height: 700 } });
  const { page } = organiser;
  const desk = `${office.address}/ru/competitions/${office.id}/desk`;
  await page.goto(desk);
  await page.setInputFiles("#key-file", office.actors.keys.organiser.path);
  await page.click("#enter button");
  await page.waitForSelector("#queue");
  const told = /Бaкыт: латинские и кириллические буквы/;
  assert.match(await page.locator("main").innerText(), told);
  await fits(page);
  await page.goto(`${desk}/nominations/${nomination}`);
  assert.match(await page.locator(".facts").innerText(), told);
  await accessible(page);
  await fits(page);
  await picture(page, "organiser-mixed-320");
  organiser.quiet();
  await organiser.context.close();
}

/** @param {Page} page @param {() => Promise<unknown>} act @returns {Promise<{path: string, file: any}>} */
async function download(page, act) {
  const [got] = await Promise.all([page.waitForEvent("download"), act()]);
  const path = join(folder, `${Math.random()}-${got.suggestedFilename()}`);
  await got.saveAs(path);
  return { path, file: JSON.parse(await readFile(path, "utf8")) };
}

/** `esep verify-receipt` on the statement of that number. @param {any} office @param {any} file @param {number} which */
async function verifyReceipt(office, file, which) {
  const at = (/** @type {string} */ name) => join(folder, `${file.nomination.slice(0, 8)}-${which}-${name}`);
  const { statement, receipt } = file.statements[which];
  await writeFile(at("receipt"), receipt);
  await writeFile(at("statement.json"), JSON.stringify(statement));
  const api = `${office.address}/api/v1/competitions/${office.id}`;
  await writeFile(at("bundle.tar"), Buffer.from(await (await fetch(`${api}/bundle`)).arrayBuffer()));
  const { log_vkey } = await (await fetch(api)).json();
  const { stdout } = await run(esep, ["verify-receipt", at("receipt"), "--bundle", at("bundle.tar"), "--statement", at("statement.json"), "--log-key", log_vkey]);
  return stdout;
}

/** Opens the receipt file in the status page. @param {Page} page @param {any} office @param {string} path @param {{passphrase?: string, lang?: string}} [how] */
async function openFile(page, office, path, { passphrase, lang = "ky" } = {}) {
  await page.goto(`${office.address}/${lang}/competitions/${office.id}/nomination`);
  await page.waitForSelector("#enter:not([hidden])");
  await page.setInputFiles("#receipt", path);
  await page.click("#enter-form button");
  if (passphrase) {
    await page.waitForSelector("#opening-passphrase-field:not([hidden])");
    await page.fill("#opening-passphrase", passphrase);
    await page.click("#enter-form button");
  }
  await page.waitForSelector("#own:not([hidden])");
}

test("a nomination by keyboard alone, 390 px, in Kyrgyz; then amended and withdrawn", async () => {
  const office = await openOffice({ until: "announced" });
  const who = await reader(browser, { viewport: { width: 390, height: 844 }, locale: "ky", hasTouch: true, isMobile: true, acceptDownloads: true });
  const { page } = who;
  try {
    await traced(who, "association-keyboard", async () => {
      await page.goto(`${office.address}/ky/competitions/${office.id}/nominate`);
      await accessible(page);
      await fits(page);
      await picture(page, "association-index-390");
      await tabTo(page, "a.button");
      await page.keyboard.press("Enter");
      await at(page, "association");
      // Nothing is missing silently: the summary takes the focus and leads to the field.
      await onward(page, "association");
      await page.waitForSelector(".errors");
      assert.ok(await page.evaluate(() => document.activeElement?.classList.contains("errors")));
      await accessible(page);
      await tabTo(page, ".errors a");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement?.id), "association");
      // A Latin letter among Cyrillic ones is told of, and hinders nothing.
      await type(page, "#association", "Таза aйыл бирикмеси");
      await page.keyboard.press("Tab");
      assert.match(String(await page.textContent("#association-mixed")), /«aйыл»/);
      await accessible(page);
      await fits(page);
      await picture(page, "association-mixed-390");
      await page.fill("#association", "");
      await type(page, "#association", "Таза айыл бирикмеси");
      await page.keyboard.press("Tab");
      assert.equal(await page.textContent("#association-mixed"), "");
      await onward(page, "association");
      await at(page, "organisations");
      for (let place = 1; place <= 3; place++) {
        await type(page, `.organisation:nth-child(${place}) [data-field=name]`, `Таза айыл ${place}`);
        await type(page, `.organisation:nth-child(${place}) [data-field=number]`, `1234-${place}-ЮБ`);
        await tabTo(page, `.organisation:nth-child(${place}) [data-field=form]`);
        await page.keyboard.press("Space");
      }
      await accessible(page);
      await fits(page);
      await onward(page, "organisations");
      await at(page, "candidate");
      await type(page, "#name", "Асанова Айжан Болотовна");
      for (const [part, value] of [["day", "29"], ["month", "2"], ["year", "1984"]]) await type(page, `#birth-${part}`, value);
      await onward(page, "candidate");
      await at(page, "facts");
      for (const name of ["citizen", "capable", "conviction", "education", "service"]) {
        await tabTo(page, `input[name=${name}]`);
        await page.keyboard.press("Space");
        if (name === "service") await page.keyboard.press("ArrowDown");
      }
      await type(page, "#experience", "Айыл кеңешинде он жыл");
      await accessible(page);
      await onward(page, "facts");
      for (const [place, name] of ["letter", "application", "resume"].entries()) {
        await at(page, name);
        await choose(page, `#${name}`, papers[place]);
        await page.waitForSelector(`#${name}-have:not(:empty)`);
        if (name === "letter") {
          await accessible(page);
          await fits(page);
          await picture(page, "association-letter-390");
        }
        await onward(page, name);
      }
      await at(page, "check");
      await accessible(page);
      await fits(page);
      await picture(page, "association-check-390");
      await onward(page, "check");
      await at(page, "key");
      await accessible(page);
      await type(page, "#passphrase", "ак боз ат");
      await type(page, "#passphrase-again", "ак боз ат");
      await onward(page, "key");
      await at(page, "sign");
      assert.match(await page.textContent("#signed") ?? "", /Асанова Айжан Болотовна/);
      await accessible(page);
      await fits(page);
      await picture(page, "association-sign-390");
      const { path, file } = await download(page, () => onward(page, "sign"));
      await at(page, "done");
      await page.waitForFunction(() => /** @type {HTMLImageElement | null} */ (document.querySelector("img.code-picture"))?.naturalWidth);
      await accessible(page);
      await fits(page);
      await picture(page, "association-done-390");
      assert.match(file.key, /ENCRYPTED/);
      assert.match(await verifyReceipt(office, file, 0), /in the log: nomination is entry/);
      await page.click("#finish");
      await page.waitForURL(/nomination$/);

      await openFile(page, office, path, { passphrase: "ак боз ат" });
      assert.match(await page.textContent("#standing") ?? "", /Кабыл алынды/);
      await accessible(page);
      await fits(page);
      await picture(page, "association-status-390");
      await page.click("#do-amend summary");
      await accessible(page);
      assert.equal(await page.inputValue("#name"), "Асанова Айжан Болотовна");
      await page.fill("#experience", "Айыл кеңешинде он эки жыл");
      await page.setInputFiles("#resume", papers[0]);
      await page.waitForSelector("#resume-have:not(:empty)");
      await page.click("#amend-form > .actions button");
      await page.waitForSelector("#signing:not([hidden]) .signed");
      const fields = await page.$$eval("#signing .signed > .facts:first-of-type > div > dt", (all) => all.map((one) => one.textContent));
      assert.deepEqual(fields, ["Тажрыйба", "Резюме", "Талапкер көрсөтүү"], "only what changed is sent");
      const amended = await download(page, () => page.click("#signing-form .actions button"));
      assert.equal(amended.file.statements.length, 2);
      assert.match(await verifyReceipt(office, amended.file, 1), /in the log: amendment is entry/);
      await page.click("#story details summary");
      assert.match(await page.textContent("#story") ?? "", /он эки жыл/);

      await page.click("#do-withdraw summary");
      await page.click("#withdraw-form button");
      await page.waitForSelector("#signing:not([hidden]) .signed");
      const over = await download(page, () => page.click("#signing-form .actions button"));
      assert.match(await verifyReceipt(office, over.file, 2), /in the log: withdrawal is entry/);
      assert.match(await page.textContent("#standing") ?? "", /Кайтарып алынды/);
      assert.ok(await page.isHidden("#do-amend"));
      await page.goto(`${office.address}/ky/competitions/${office.id}/nomination?code=${file.nomination.toUpperCase()}`);
      assert.match(await page.textContent("main") ?? "", /Бирикме кайтарып алган/);
      who.quiet();
    });
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("files that are none, a line that breaks, a draft that stays and goes", async () => {
  const office = await openOffice({ until: "announced" });
  const who = await reader(browser, { acceptDownloads: true });
  const { page } = who;
  try {
    await traced(who, "association-draft", async () => {
      const form = `${office.address}/ru/competitions/${office.id}/nominate/form`;
      await page.goto(form);
      await page.waitForSelector("#step-association:not([hidden])");
      await fillForm(page);
      await page.goto(`${form}#step-letter`);
      await page.reload();
      await page.waitForSelector("#step-letter:not([hidden])");
      assert.match(await page.textContent("#letter-have") ?? "", /letter\.pdf/, "files stay in the draft");
      const [text, big] = [join(folder, "text.pdf"), join(folder, "big.pdf")];
      await writeFile(text, "no pdf at all");
      await writeFile(big, Buffer.concat([Buffer.from("%PDF-1.7\n"), Buffer.alloc(5_000_001)]));
      await page.setInputFiles("#letter", text);
      await page.waitForSelector("#letter-error");
      assert.match(await page.textContent(".errors") ?? "", /не PDF/);
      await page.setInputFiles("#letter", big);
      await page.waitForFunction(() => document.querySelector(".errors")?.textContent?.includes("5 МБ"));
      await page.click("#step-letter .actions button");
      assert.match(await page.textContent(".errors") ?? "", /письмо/i, "a refused file is no file");
      // Dropped on its place.
      const data = await page.evaluateHandle(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["%PDF-1.7\n"], "dropped.pdf"));
        return transfer;
      });
      await page.dispatchEvent("[data-document=letter]", "drop", { dataTransfer: data });
      await page.waitForFunction(() => document.querySelector("#letter-have")?.textContent?.includes("dropped.pdf"));
      await page.click("#step-letter .actions button");
      await page.goto(`${form}#step-check`);
      await page.waitForSelector("#step-check:not([hidden])");
      await page.click("#step-check .actions button");
      await page.fill("#passphrase", "short");
      await page.click("#step-key .actions button");
      await page.waitForSelector("#passphrase-error");
      await page.fill("#passphrase", "");
      await page.click("#step-key .actions button");
      await page.waitForSelector("#step-sign:not([hidden]) .signed");
      who.quiet();
      // The statement is taken in, but the answer is lost: the retry sends the same bytes and makes no second one.
      let lost = 0;
      await page.route("**/statements", async (route) => {
        if (lost++ > 0) return route.continue();
        await route.fetch();
        return route.abort();
      });
      await page.click("#step-sign .actions button");
      await page.waitForSelector("#step-sign .errors");
      assert.match(await page.textContent("#step-sign .errors") ?? "", /нет связи|Нет связи/i);
      await page.reload();
      await page.waitForSelector("#step-sign:not([hidden]) .signed");
      const { file } = await download(page, () => page.click("#step-sign .actions button"));
      await page.waitForSelector("#step-done:not([hidden])");
      who.complaints.splice(0);
      const listed = await (await fetch(`${office.address}/api/v1/competitions/${office.id}/nominations`)).json();
      assert.deepEqual(listed.map((/** @type {any} */ one) => one.hash), [file.nomination]);
      assert.match(await verifyReceipt(office, file, 0), /in the log/);
      await page.click("#finish");
      await page.waitForURL(/nomination$/);
      await page.goto(form);
      await page.waitForSelector("#step-association:not([hidden])");
      assert.equal(await page.inputValue("#association"), "", "nothing stays behind");
      // With a Latin letter in front; told again when the draft is read.
      await page.fill("#association", "Tаза айыл");
      await page.waitForSelector("#draft:not([hidden])");
      await page.reload();
      await page.waitForSelector("#step-association:not([hidden])");
      assert.match(String(await page.textContent("#association-mixed")), /«Tаза»/);
      await page.waitForSelector("#draft:not([hidden])");
      await page.click("#delete-draft");
      await page.waitForURL(/nominate$/);
      await page.goto(form);
      assert.equal(await page.inputValue("#association"), "");
      who.quiet();
    });
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("a refused association reads the reasons and appeals within its window", async () => {
  const office = await openOffice({ until: "announced" });
  const who = await reader(browser, { acceptDownloads: true });
  const { page } = who;
  try {
    await traced(who, "association-appeal", async () => {
      await page.goto(`${office.address}/en/competitions/${office.id}/nominate/form`);
      await page.waitForSelector("#step-association:not([hidden])");
      // One letter of the name is Latin, and something that nobody sees came along.
      await fillForm(page, "Бакиров Бaкыт\u200b Бакирович");
      const { path, file } = await signForm(page);
      assert.ok(file.openings.some((/** @type {any} */ one) => one.field === "name" && one.value === "Бакиров Бaкыт Бакирович"));
      await mixedNameAtTheDesk(office, file.nomination);
      const api = `${office.address}/api/v1/competitions/${office.id}`;
      const { deadlines } = await (await fetch(api)).json();
      await office.setClock(`${deadlines.intake_last_day}T18:00:01Z`);
      await openFile(page, office, path, { lang: "en" });
      assert.match(await page.textContent("#standing") ?? "", /Being screened/);
      assert.ok(await page.isHidden("#do-amend"));
      await refuse(office, file.nomination);
      await openFile(page, office, path, { lang: "en" });
      assert.match(await page.textContent("#standing") ?? "", /Refused/);
      assert.match(await page.textContent("table") ?? "", /No higher education/);
      for (const lang of ["ky", "ru", "en"]) {
        await openFile(page, office, path, { lang });
        await accessible(page);
      }
      await picture(page, "association-refused");
      await page.click("#appeal-form button");
      await page.waitForSelector("#appeal-error");
      await page.fill("#appeal", "The diploma was attached");
      await page.click("#appeal-form button");
      await page.waitForSelector("#signing:not([hidden]) .signed");
      assert.match(await page.textContent("#signing") ?? "", /The diploma was attached/);
      const appealed = await download(page, () => page.click("#signing-form .actions button"));
      assert.match(await verifyReceipt(office, appealed.file, 1), /in the log: appeal is entry/);
      assert.match(await page.textContent("#standing") ?? "", /being considered/);
      assert.ok(await page.isHidden("#do-appeal"), "one appeal against one decision");
      // To the public it is what it always was.
      await page.goto(`${office.address}/en/competitions/${office.id}/nomination?code=${file.nomination}`);
      assert.doesNotMatch(await page.textContent("main") ?? "", /refused|appeal, /i);
      who.quiet();
    });
  } finally {
    await who.context.close();
    await office.close();
  }
});

/** The organiser refuses for R12, by command. @param {any} office @param {string} nomination */
async function refuse(office, nomination) {
  const modules = new URL("../../src/web/js/", import.meta.url);
  const { fromPem } = await import(new URL("keys.mjs", modules).href);
  const { sign } = await import(new URL("dsse.mjs", modules).href);
  const { opening } = await import(new URL("commit.mjs", modules).href);
  const { header, statement } = await import(new URL("statement.mjs", modules).href);
  const api = `${office.address}/api/v1/competitions/${office.id}`;
  const send = async (/** @type {string} */ path, /** @type {unknown} */ body) => {
    const answer = await fetch(`${api}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    assert.ok(answer.ok, await answer.clone().text());
    return answer.json();
  };
  const rules = ["R8", "R9", "R10", "R11", "R12", "R13", "R14", "R18", "R19", "R20", "R21"];
  const openings = rules.map((rule) => opening(`screening/${rule}`, nomination, rule === "R12" ? { finding: "not_met", reason: "no_higher_education" } : { finding: "met", reason: "in_order" }));
  const kept = await send("/openings", openings);
  const decisions = rules.map((rule, place) => ({ rule, decision: kept[place].commitment }));
  const view = await (await fetch(api)).json();
  const key = await fromPem(office.actors.keys.organiser.pem);
  await send("/statements", await sign(statement("screening_decision", header(view), { nomination, decisions }), key));
}

test("the pages before the form and by code, without a script, in three languages, on a narrow screen", async () => {
  for (const until of ["announced", "screening"]) {
    const office = await openOffice({ until });
    const narrow = { viewport: { width: 320, height: 800 } };
    const [who, bare] = [await reader(browser, narrow), await reader(browser, { ...narrow, javaScriptEnabled: false })];
    const { page } = who;
    try {
      const [{ hash } = { hash: "0".repeat(64) }] = await (await fetch(`${office.address}/api/v1/competitions/${office.id}/nominations`)).json();
      for (const lang of ["ky", "ru", "en"]) {
        for (const path of ["nominate", "nominate/form", `nomination?code=${hash}`, "nomination?code=zz"]) {
          const answer = await page.goto(`${office.address}/${lang}/competitions/${office.id}/${path}`);
          assert.equal(answer?.status(), 200);
          const body = await page.content();
          assert.ok(!body.includes("\u27e6"), `${path}: a message is missing`);
          await accessible(page);
          await fits(page);
          await bare.page.goto(page.url());
          assert.ok(await bare.page.isVisible("h1"));
          await fits(bare.page);
          // Where a signature is made, it is said what that takes, and how else it can be done.
          if (path === "nominate/form") assert.match(await bare.page.textContent("noscript") ?? "", /JavaScript[\s\S]*esep statement new/);
        }
      }
      for (const one of [who, bare]) one.quiet();
    } finally {
      for (const one of [who, bare]) await one.context.close();
      await office.close();
    }
  }
});
