// What every kind of page is held to: 60 kB of HTML and 60 kB of scripts as they are sent, a first view that needs no
// script, no word in English on a Kyrgyz or Russian page, no sideways scrolling at twice the size (1280 px at 200 %) and at 320 px, and sheets that can be printed.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { fits, launch, picture, reader } from "./browser.mjs";
import { esep, openOffice } from "./office.mjs";
import { openDesk } from "./walks.mjs";

const run = promisify(execFile);
const LIMIT = 60_000;
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {Awaited<ReturnType<typeof openOffice>>} Office */

/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Pages of a competition that anybody opens, and of the office. */
const PARTS = ["", "/rules", "/candidates", "/result", "/record", "/nominate", "/nominate/form", "/nomination", "/desk", "/commission", "/commission/protocol", "/vote", "/vote?kiosk", "/receipt", "/observe"];
const OFFICE = ["", "/how", "/verify", "/announce", "/announce?preset=commission-2014&id=next&published=2026-12-01", "/styleguide"];

/** Opens the page and measures what came, as it was sent. @param {Page} page @param {string} address */
async function measured(page, address) {
  /** @type {Map<string, Promise<number>>} */
  const scripts = new Map();
  const seen = (/** @type {import("playwright-core").Response} */ response) => {
    if (response.request().resourceType() !== "script") return;
    scripts.set(response.url(), response.body().then((body) => gzipSync(body).length));
  };
  page.on("response", seen);
  const answer = await page.goto(address);
  page.off("response", seen);
  const html = gzipSync(await answer?.body() ?? "").length;
  const sizes = await Promise.all(scripts.values());
  return { status: answer?.status(), html, scripts: sizes.reduce((sum, size) => sum + size, 0) };
}

/** What is written with Latin letters in every language: names of files, programs, formats and keys. */
const LATIN = /^(?:esep|tar|SHA|Atom|JavaScript|PDF|JPEG|PNG|JSON|PEM|PKCS|AES|RFC|Node|Ed25519|OpenSSL|openssl|QR|URL|HTML|https?|Chrome|Firefox|Safari|Windows|Linux|macOS|English)$/;

/** Words of another language than the page's, outside code, digests and what says that it is in another one. @param {Page} page */
function foreign(page) {
  return page.evaluate(() => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walk.nextNode()) {
      const text = /** @type {Text} */ (walk.currentNode);
      if (text.parentElement?.closest("code, pre, .digest, .code, script, style, noscript, [lang]:not(html)")) continue;
      // A name with a dot, a dash, a slash or an underscore is a file, an address or an id.
      for (const word of text.data.replace(/esep [a-z_-]+(?: [a-z_-]+)*/g, "esep").split(/[\s,;:()«»“”"!?]+/)) if (/^[A-Za-z]{3,}\.?$/.test(word)) found.push(word.replace(/\.$/, ""));
    }
    return found;
  });
}

/** @param {Page} page @param {string} address */
async function held(page, address) {
  const found = await measured(page, address);
  assert.ok(found.html <= LIMIT, `${address}: ${found.html} bytes of HTML`);
  assert.ok(found.scripts <= LIMIT, `${address}: ${found.scripts} bytes of scripts`);
  await fits(page);
  const size = page.viewportSize() ?? { width: 640, height: 400 };
  await page.setViewportSize({ width: 320, height: 800 });
  await fits(page);
  await page.setViewportSize(size);
  return { ...found, foreign: await latin(page) };
}

/** English words on this page, and where. @param {Page} page */
async function latin(page) {
  return (await foreign(page)).filter((word) => !LATIN.test(word)).map((word) => `${word}: ${new URL(page.url()).pathname}`);
}

for (const until of ["announced", "polling", "certified"]) {
  test(`every page at the scene ${until}: light, wide enough at 200 %, readable without a script`, { timeout: 300_000 }, async () => {
    // Many candidates make the longest pages.
    const office = await openOffice({ until, candidates: 24 });
    const double = { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 };
    const [who, bare] = [await reader(browser, double), await reader(browser, { ...double, javaScriptEnabled: false })];
    try {
      let [most, heaviest] = [{ html: 0, scripts: 0 }, ["", ""]];
      /** @type {string[]} */
      const english = [];
      const addresses = [...PARTS.map((part) => `/competitions/${office.id}${part}`), ...OFFICE].map((path) => `${office.address}/ky${path}`);
      for (const address of addresses) {
        const found = await held(who.page, address);
        assert.equal(found.status, 200, address);
        english.push(...found.foreign);
        if (found.html > most.html) [most.html, heaviest[0]] = [found.html, address];
        if (found.scripts > most.scripts) [most.scripts, heaviest[1]] = [found.scripts, address];
        await who.page.goto(address.replace("/ky/", "/ru/"));
        english.push(...await latin(who.page));
        await bare.page.goto(address);
        assert.ok(await bare.page.isVisible("h1"), `${address}: no heading without a script`);
        const words = (await bare.page.innerText("main")).replace(/\s+/g, " ").length;
        assert.ok(words > 80, `${address}: without a script it says only ${words} characters`);
        await fits(bare.page);
      }
      assert.deepEqual(english, []);
      process.stderr.write(`${until}: HTML at most ${most.html} (${heaviest[0]}), scripts at most ${most.scripts} (${heaviest[1]})\n`);
    } finally {
      await who.context.close();
      await bare.context.close();
      await office.close();
    }
  });
}

test("the organiser's pages behind the key", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "screening", candidates: 24 });
  const who = await reader(browser, { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });
  try {
    await openDesk(who.page, office, office.id);
    const base = `${office.address}/ky/competitions/${office.id}/desk`;
    const acts = ["extension", "observer_admitted", "association_key_replaced", "poll_day_moved", "annulment"].map((act) => `/acts/${act}`);
    for (const path of ["", `/nominations/${office.actors.associations[0].nomination}`, "/contests", "/list", ...acts]) assert.deepEqual((await held(who.page, base + path)).foreign, []);
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("no form that a script answers can be sent before the script is there", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "screening", candidates: 12 });
  const who = await reader(browser);
  try {
    await openDesk(who.page, office, office.id);
    await who.page.route("**/js/**", (route) => route.abort());
    const desk = ["/contests", "/list", "/acts/extension", ...office.actors.associations.map((one) => `/nominations/${one.nomination}`)];
    const pages = [...PARTS, ...desk.map((part) => `/desk${part}`)].map((part) => `/competitions/${office.id}${part}`);
    let seen = 0;
    for (const path of [...pages, ...OFFICE]) {
      await who.page.goto(`${office.address}/ky${path}`);
      const forms = who.page.locator("form:not([method])").filter({ visible: true });
      seen += await forms.count();
      assert.equal(await forms.locator("button:not([type=button]):enabled").filter({ visible: true }).count(), 0, path);
    }
    assert.ok(seen > 3, "some are shown at once");
    // Nor is the entrance of the desk, whoever is quick.
    await who.context.clearCookies();
    await who.page.goto(`${office.address}/ky/competitions/${office.id}/desk`);
    assert.ok(await who.page.locator("#enter button").isDisabled());
    await who.page.unroute("**/js/**");
    await who.page.reload();
    await who.page.locator("#enter button:enabled").waitFor();
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("on paper: nothing is cut off, and what only a screen needs is not there", { timeout: 300_000 }, async () => {
  const office = await openOffice({ until: "certified", candidates: 18 });
  // A4 less its margins, at 96 dots an inch; a reader who prefers the dark prints in black on white too.
  const who = await reader(browser, { viewport: { width: 680, height: 1000 }, colorScheme: "dark" });
  try {
    await who.page.emulateMedia({ media: "print" });
    for (const part of ["/result", "/commission/protocol", "/receipt", "/candidates", "/record"]) {
      await who.page.goto(`${office.address}/ky/competitions/${office.id}${part}`);
      const wide = await who.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${part} is ${wide} px too wide for paper`);
      assert.equal(await who.page.locator(".menu, nav.languages, nav.crumbs, .skip").filter({ visible: true }).count(), 0, part);
      const colours = await who.page.evaluate(() => [getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]);
      assert.deepEqual(colours.slice(1), ["rgb(255, 255, 255)", "rgb(0, 0, 0)"], part);
      await picture(who.page, `paper${part.replaceAll("/", "-")}`);
    }
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("cards on paper: the code in one line, and nothing of it cut off", { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "esep-cards-"));
  // A4 less the margins of the sheet.
  const who = await reader(browser, { viewport: { width: 733, height: 1062 } });
  try {
    await who.page.emulateMedia({ media: "print" });
    for (const lang of ["ky", "ru", "en"]) {
      const out = join(folder, lang);
      await run(esep, ["cards", "--competition", "esep.example.kg/commission-of-the-year-2026-second-run", "--round", "2", "--count", "4", "--out", out, "--lang", lang]);
      await who.page.goto(`file://${out}/cards.html`);
      const cards = await who.page.$$eval(".card", (all) => all.map((card) => {
        const code = /** @type {Element} */ (card.querySelector(".code"));
        const last = /** @type {Element} */ (card.lastElementChild).getBoundingClientRect();
        return [card.getBoundingClientRect().bottom - last.bottom, card.clientWidth - code.scrollWidth - 2 * parseFloat(getComputedStyle(card).paddingLeft), code.clientHeight];
      }));
      assert.equal(cards.length, 4);
      for (const [below, beside, height] of cards) assert.ok(below > 0 && beside >= 0 && height < 30, `${lang}: ${below} ${beside} ${height}`);
      await picture(who.page, `paper-cards-${lang}`);
    }
  } finally {
    await who.context.close();
    await rm(folder, { recursive: true, force: true });
  }
});
