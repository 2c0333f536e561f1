// The organiser's walk: the desk opened by the key file; every nomination screened, a contest and an appeal decided, the
// list published, all through the pages; the other acts; an announcement from preset to signature; mistakes.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { accessible, fits, launch, picture, reader, traced } from "./browser.mjs";
import { esep, openOffice } from "./office.mjs";

const run = promisify(execFile);
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {Awaited<ReturnType<typeof openOffice>>} Office */

/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
/** @type {string} */
let folder;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "esep-desk-"));
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** @param {Page} page @param {Office} office @param {string} [lang] */
async function openDesk(page, office, lang = "en") {
  await page.goto(`${office.address}/${lang}/competitions/${office.id}/desk`);
  await page.setInputFiles("#key-file", office.actors.keys.organiser.path);
  await page.click("#enter button");
  await page.waitForSelector("#queue");
}

/** From the filled form over the panel to the ledger. @param {Page} page @param {string} [form] */
async function signAct(page, form = "form.act") {
  await page.click(`${form} .actions button`);
  await page.waitForSelector("#signing:not([hidden]) .signed");
  await page.click("#signing-form .actions button");
  await page.waitForSelector("#outcome:not([hidden])");
}

/** @param {Page} page @param {Office} office @param {string} path */
const at = (page, office, path) => page.goto(`${office.address}/en/competitions/${office.id}/desk${path}`);

/** @param {Office} office @param {string} path */
const ask = async (office, path) => (await fetch(`${office.address}/api/v1/competitions/${office.id}${path}`)).json();

/** Decides every rule as declared, flags settled; `against`: refused for this rule. @param {Page} page @param {string} [against] */
async function screen(page, against) {
  for (const row of await page.$$("[data-rule][data-firm=false]")) {
    const rule = await row.getAttribute("data-rule");
    const declared = await row.getAttribute("data-finding");
    await page.check(`#${rule}${rule === against || declared === "not_met" ? "-not_met" : ""}`);
  }
  await signAct(page);
}

test("every nomination is screened, contest and appeal decided, the list published, through the pages", async () => {
  const office = await openOffice({ until: "nominated", candidates: 4 });
  const who = await reader(browser, { acceptDownloads: true });
  const { page } = who;
  try {
    await traced(who, "organiser-list", async () => {
      const { deadlines } = await ask(office, "");
      await office.setClock(`${deadlines.intake_last_day}T18:00:01Z`);
      await page.goto(`${office.address}/ky/competitions/${office.id}/desk`);
      await accessible(page);
      await fits(page);
      await picture(page, "organiser-enter");
      await page.click("#enter button");
      await page.waitForSelector("#key-file-error");
      const stranger = office.actors.associations[0].key.path;
      await page.setInputFiles("#key-file", stranger);
      await page.click("#enter button");
      await page.waitForFunction(() => document.querySelector(".errors")?.textContent?.includes("бирикме"));
      await openDesk(page, office, "ky");
      await accessible(page);
      await picture(page, "organiser-desk");
      await page.setViewportSize({ width: 320, height: 800 });
      await fits(page);
      await picture(page, "organiser-desk-320");
      await page.setViewportSize({ width: 1280, height: 900 });

      // A contest is decided first, side by side.
      await at(page, office, "/contests");
      await accessible(page);
      await picture(page, "organiser-contests");
      const sides = await page.$$eval(".stands", (all) => all.map((one) => /** @type {HTMLInputElement} */ (one).value));
      assert.equal(sides.length, 2);
      const first = office.actors.associations[0].nomination;
      assert.ok(first && sides.includes(first));
      await page.click("form.act .actions button");
      await page.waitForSelector(".errors");
      await accessible(page);
      await page.check(`.stands[value="${first}"]`);
      await page.fill(".reason", "The letter is signed by the chair in office");
      await signAct(page);
      await at(page, office, "/contests");
      assert.equal(await page.$("form.act"), null);

      // Screening: nothing goes out while a rule is undecided.
      const live = office.actors.associations.filter((one) => one.nomination && (!sides.includes(one.nomination) || one.nomination === first));
      const nominations = (await ask(office, "/nominations")).filter((/** @type {any} */ one) => one.state === "live");
      assert.equal(live.filter((one) => nominations.some((/** @type {any} */ other) => other.hash === one.nomination)).length, nominations.length);
      await at(page, office, `/nominations/${nominations[0].hash}`);
      await accessible(page);
      await picture(page, "organiser-nomination");
      await page.setViewportSize({ width: 320, height: 800 });
      await fits(page);
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.click("form.act .actions button");
      await page.waitForSelector(".errors");
      await accessible(page);
      // One whose facts are all in order: refused by mistake.
      const refusedHash = String(office.actors.associations[1].nomination);
      for (const { hash } of nominations) {
        await at(page, office, `/nominations/${hash}`);
        await screen(page, hash === refusedHash ? "R12" : undefined);
      }
      assert.ok((await ask(office, "/nominations")).every((/** @type {any} */ one) => one.screened || one.state !== "live"));

      // Appeals are heard before there is a list.
      await at(page, office, "/list");
      assert.equal(await page.$("form.act"), null, "the time for appeals is not over");
      await accessible(page);
      await picture(page, "organiser-list-blocked");
      await appeal(office, refusedHash);
      await at(page, office, `/nominations/${refusedHash}`);
      assert.match(await page.textContent("blockquote") ?? "", /diploma/);
      await accessible(page);
      await picture(page, "organiser-appeal");
      await page.check("#upheld");
      await page.fill("#reason", "The diploma is there");
      await signAct(page);
      await at(page, office, `/nominations/${refusedHash}`);
      const evidence = join(folder, "diploma.pdf");
      await writeFile(evidence, "%PDF-1.7\n% a diploma\n");
      await page.check("#R12");
      await page.setInputFiles("#R12-evidence", evidence);
      await screen(page);

      // The window of the last decision ends; the list stands.
      const later = new Date(Date.parse(`${deadlines.intake_last_day}T18:00:01Z`) + 5 * 86_400_000).toISOString();
      await office.setClock(`${later.slice(0, 19)}Z`);
      await openDesk(page, office);
      await at(page, office, "/list");
      await accessible(page);
      await picture(page, "organiser-list");
      await page.click("form.act .actions button");
      await page.waitForSelector("#signing:not([hidden]) .signed");
      await accessible(page);
      await picture(page, "organiser-sign");
      await page.click("#signing-form .actions button");
      await page.waitForSelector("#outcome:not([hidden])");
      assert.equal((await ask(office, "/phase")).phase, "listed");
      const { candidates } = await ask(office, "/candidates");
      assert.ok(candidates.some((/** @type {any} */ one) => one.nomination === refusedHash));
      assert.ok(!candidates.some((/** @type {any} */ one) => sides.includes(one.nomination) && one.nomination !== first));

      // The desk is closed: session and key are gone.
      await page.goto(`${office.address}/ru/competitions/${office.id}/desk`);
      await accessible(page);
      await page.click("#leave");
      await page.waitForSelector("#enter");
      who.quiet();
    });
  } finally {
    await who.context.close();
    await office.close();
  }
});

/** The association appeals, with its key. @param {Office} office @param {string} nomination */
async function appeal(office, nomination) {
  const modules = new URL("../../src/web/js/", import.meta.url);
  const { fromPem } = await import(new URL("keys.mjs", modules).href);
  const { sign } = await import(new URL("dsse.mjs", modules).href);
  const { opening } = await import(new URL("commit.mjs", modules).href);
  const { header, statement } = await import(new URL("statement.mjs", modules).href);
  const one = office.actors.associations.find((other) => other.nomination === nomination);
  assert.ok(one);
  const send = async (/** @type {string} */ path, /** @type {unknown} */ body) => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(`${office.address}/api/v1/competitions/${office.id}${path}`, init);
    assert.ok(answer.ok, await answer.clone().text());
    return answer.json();
  };
  const [{ commitment }] = await send("/openings", [opening("appeal", nomination, "The diploma was attached")]);
  await send("/statements", await sign(statement("appeal", header(await ask(office, "")), { nomination, text: commitment }), await fromPem(one.key.pem)));
}

test("extension, observer, a new key for an association, poll day moved, annulment", async () => {
  const office = await openOffice({ until: "nominated", candidates: 4 });
  const who = await reader(browser);
  const { page } = who;
  try {
    await traced(who, "organiser-acts", async () => {
      await openDesk(page, office);
      const enrolled = async (/** @type {string} */ role) => {
        const [key, out] = [join(folder, role), join(folder, `${role}.json`)];
        await run(esep, ["keygen", "--out", key]);
        await run(esep, ["enrol", "--key", `${key}.key.pem`, "--competition", office.actors.origin, "--role", role, "--out", out]);
        return out;
      };
      for (const lang of ["ky", "ru", "en"]) {
        for (const kind of ["extension", "observer_admitted", "association_key_replaced", "poll_day_moved", "annulment"]) {
          await page.goto(`${office.address}/${lang}/competitions/${office.id}/desk/acts/${kind}`);
          assert.ok(!(await page.content()).includes("\u27e6"), kind);
          await accessible(page);
        }
      }
      await at(page, office, "/acts/observer_admitted");
      await page.click("form.act .actions button");
      await page.waitForSelector("#observer-error");
      await page.fill("#observer", "Coalition for fair elections");
      await page.setInputFiles("#enrolment", await enrolled("observer"));
      await signAct(page);
      assert.equal((await ask(office, "")).observers.at(-1).name, "Coalition for fair elections");

      const { deadlines } = await ask(office, "");
      const day = (/** @type {string} */ from, /** @type {number} */ days) => new Date(Date.parse(`${from}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
      await at(page, office, "/acts/extension");
      await page.fill("#last_day", day(deadlines.intake_last_day, 7));
      await page.fill("#day", day(deadlines.intake_last_day, 8));
      await page.fill("#reason", "Snow");
      await page.click("form.act .actions button");
      await page.waitForSelector("#signing:not([hidden]) .signed");
      await page.click("#signing-form .actions button");
      // The service decides: poll day lies within its window (R17), and says so in the reader's language.
      await page.waitForSelector("#signing-form .errors");
      assert.match(await page.textContent("#signing-form .errors") ?? "", /R17|Poll day/);
      await page.click("#not-yet");
      await page.fill("#day", day(deadlines.intake_last_day, 20));
      await signAct(page);
      assert.equal((await ask(office, "")).deadlines.intake_last_day, day(deadlines.intake_last_day, 7));

      await at(page, office, "/acts/poll_day_moved");
      await page.fill("#day", day(deadlines.intake_last_day, 21));
      await page.fill("#reason", "A holiday");
      await signAct(page);
      assert.equal((await ask(office, "")).deadlines.poll.day, day(deadlines.intake_last_day, 21));

      await at(page, office, "/acts/association_key_replaced");
      const letter = join(folder, "new-letter.pdf");
      await writeFile(letter, "%PDF-1.7\n% a new letter\n");
      const nomination = String(await page.getAttribute("#nomination", "value"));
      await page.check("#nomination");
      await page.setInputFiles("#letter", letter);
      await page.setInputFiles("#enrolment", await enrolled("association"));
      const before = (await ask(office, "/nominations")).find((/** @type {any} */ one) => one.hash === nomination).keyid;
      await signAct(page);
      const now = (await ask(office, "/nominations")).find((/** @type {any} */ one) => one.hash === nomination).keyid;
      assert.notEqual(now, before);

      // The association goes on with the new key alone.
      const association = await reader(browser);
      await association.page.goto(`${office.address}/en/competitions/${office.id}/nomination`);
      await association.page.waitForSelector("#enter:not([hidden])");
      await association.page.setInputFiles("#receipt", join(folder, "association.key.pem"));
      await association.page.click("#enter-form button");
      await association.page.waitForSelector("#own:not([hidden])");
      assert.match(await association.page.textContent("#standing") ?? "", /Accepted/);
      await association.context.close();

      await at(page, office, "/acts/annulment");
      await picture(page, "organiser-annulment");
      await page.fill("#reason", "The law was repealed");
      await signAct(page);
      assert.equal((await ask(office, "")).annulled, "The law was repealed");
      // The observers of the competition and nobody else: the desk is not for the public.
      const stranger = await reader(browser);
      await stranger.page.goto(`${office.address}/en/competitions/${office.id}/desk/nominations/${nomination}`);
      assert.equal(await stranger.page.$("#facts"), null);
      assert.ok(await stranger.page.$("#enter"));
      await stranger.context.close();
    });
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("a competition is announced: choices, dates, the four members, the signature", async () => {
  const office = await openOffice({ until: "announced" });
  const who = await reader(browser);
  const { page } = who;
  try {
    await traced(who, "organiser-announce", async () => {
      const { now } = await ask(office, "/phase");
      const today = new Date(Date.parse(now) + 6 * 3_600_000).toISOString().slice(0, 10);
      for (const lang of ["ru", "en", "ky"]) {
        await page.goto(`${office.address}/${lang}/announce`);
        await accessible(page);
        await fits(page);
      }
      await picture(page, "organiser-announce");
      await page.fill("#id", office.id);
      await page.click("main button");
      await page.waitForSelector(".errors");
      await accessible(page);
      await page.goto(`${office.address}/en/announce`);
      await page.check("#preset");
      await page.fill("#published", today);
      await page.fill("#id", "commission-again");
      await page.click("main button");
      await page.waitForSelector("#dates");
      await accessible(page);
      await fits(page);
      await picture(page, "organiser-choices");
      // What contradicts itself is said, and cannot be signed.
      await page.fill("#min", "11");
      await page.click('button[value="sign"]');
      await page.waitForSelector(".errors");
      await page.fill("#min", "0");
      await page.fill("#max", "5");
      await page.fill("#seats", "3");
      await page.click('button[value="sign"]');
      await page.waitForSelector(".member");
      for (const lang of ["ky", "ru", "en"]) {
        await page.goto(page.url().replace(/\/(ky|ru|en)\/announce/, `/${lang}/announce`));
        assert.ok(!(await page.content()).includes("\u27e6"));
        await accessible(page);
      }
      const origin = `${office.actors.origin.split("/")[0]}/commission-again`;
      for (const language of ["ky", "ru", "en"]) await page.fill(`#title-${language}`, `Commission again ${language}`);
      await page.fill("#outlet", "Erkin Too, 1");
      await page.fill("#place", "Bishkek");
      for (const [place, slot] of ["presidents-office", "government-office", "ombudsman", "cec"].entries()) {
        const { stdout } = await run(esep, ["enrol", "--key", office.actors.keys[slot].path, "--competition", origin, "--role", `counting/${slot}`]);
        await page.fill(`#person-${slot}`, `Person ${place + 1}`);
        if (place === 0) await page.fill(`#paste-${slot}`, stdout);
        else {
          const path = join(folder, `${slot}.enrolment.json`);
          await writeFile(path, stdout);
          await page.setInputFiles(`#file-${slot}`, path);
        }
      }
      await page.click("form.act > .actions button");
      await page.waitForSelector("#signing:not([hidden]) .signed");
      await accessible(page);
      await picture(page, "organiser-announcement-signed");
      await page.setInputFiles("#key-file", office.actors.keys.organiser.path);
      await page.click("#signing-form .actions button");
      await page.waitForSelector("#outcome:not([hidden])");
      const view = await (await fetch(`${office.address}/api/v1/competitions/commission-again`)).json();
      assert.equal(view.phase, "intake");
      assert.equal(view.title.ky, "Commission again ky");
      const rules = await (await fetch(`${office.address}/api/v1/competitions/commission-again/rules`)).json();
      assert.deepEqual([rules.seats, rules.vote.scale.max, rules.name], [3, 5, "commission-2014-changed"]);
      await page.click("#outcome-next");
      await page.waitForSelector("#queue");
      who.quiet();
    });
  } finally {
    await who.context.close();
    await office.close();
  }
});
