// The public pages in every phase of the story and in three languages: read without a script, held to WCAG, at 320 px,
// and never a number before its time.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { accessible, fits, launch, picture, portrait, reader } from "./browser.mjs";
import { fixture } from "./cldr.mjs";
import { openOffice } from "./office.mjs";
import { readFile } from "node:fs/promises";

/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** @typedef {import("./browser.mjs").Page} Page */

const scenes = ["announced", "nominated", "screened", "listed", "voted", "closed", "opened", "repeat", "counted", "protocol", "certified", "tied", "failed", "annulled"];
const parts = ["", "/rules", "/candidates", "/result", "/record"];
const languages = ["ky", "ru", "en"];

/**
 * Opens a page and holds it to what every page is held to.
 * @param {Page} page
 * @param {string} address
 * @param {number} [status]
 */
async function visit(page, address, status = 200) {
  const answer = await page.goto(address);
  assert.equal(answer?.status(), status, address);
  const html = await page.content();
  assert.ok(!html.includes("\u27e6"), `${address}: a message is missing`);
  assert.ok(gzipSync(html).length < 60_000, `${address} is too heavy`);
  assert.equal(await page.getAttribute("html", "lang"), new URL(address).pathname.split("/")[1]);
  assert.equal(await page.locator("h1").count(), 1);
  assert.ok(await page.locator(".rehearsal").isVisible(), "a rehearsal is marked on every page");
  await accessible(page);
}

for (const [index, until] of scenes.entries()) {
  test(`public pages at the scene ${until}`, async () => {
    const office = await openOffice({ until });
    const who = await reader(browser);
    try {
      // Every language and every page has its turn at every third scene; the result has all of them each time.
      for (const [turn, language] of languages.entries()) {
        for (const [place, part] of parts.entries()) {
          if (part !== "/result" && (place + turn + index) % 3 > 0) continue;
          await who.page.setViewportSize({ width: 1280, height: 900 });
          await visit(who.page, `${office.address}/${language}/competitions/${office.id}${part}`);
          await who.page.setViewportSize({ width: 320, height: 800 });
          await fits(who.page);
        }
      }
      await who.page.setViewportSize({ width: 1280, height: 900 });
      await who.page.goto(`${office.address}/ky/competitions/${office.id}/result`);
      await picture(who.page, `result-${until}`);
      await nothingEarly(who.page, until);
      who.quiet();
    } finally {
      await who.context.close();
      await office.close();
    }
  });
}

/**
 * No turnout before the close, no total before every ballot is signed.
 * @param {Page} page
 * @param {string} until
 */
async function nothingEarly(page, until) {
  const closed = ["closed", "opened", "repeat", "counted", "protocol", "certified", "tied", "failed"].includes(until);
  const counted = ["repeat", "counted", "protocol", "certified", "tied"].includes(until);
  assert.equal((await page.locator(".figures").count()) > 0, closed, "turnout");
  assert.equal((await page.locator("table.result").count()) > 0, counted, "totals");
}

test("pages that belong to no competition, and the styleguide", async () => {
  const office = await openOffice({ until: "listed" });
  const who = await reader(browser);
  try {
    for (const language of languages) {
      for (const path of ["", "/how", "/verify", "/styleguide"]) {
        await who.page.setViewportSize({ width: 1280, height: 900 });
        await visit(who.page, `${office.address}/${language}${path}`);
        await who.page.setViewportSize({ width: 320, height: 800 });
        await fits(who.page);
      }
    }
    who.quiet();
    await visit(who.page, `${office.address}/ru/competitions/nobody`, 404);
    assert.match(await who.page.locator("h1").innerText(), /Такого конкурса пока нет/);
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("everything is read without a script, in the dark, and on paper", async () => {
  const office = await openOffice({ until: "certified", candidates: 18 });
  const bare = await reader(browser, { javaScriptEnabled: false, colorScheme: "dark" });
  try {
    await bare.page.goto(`${office.address}/en`);
    await bare.page.getByRole("link", { name: "Competition for the civil-society seats" }).click();
    await bare.page.getByRole("navigation", { name: "Parts of the competition" }).getByRole("link", { name: "Result" }).click();
    assert.equal(await bare.page.locator("table.result").first().locator("tbody tr").count(), 18);
    assert.equal(await bare.page.locator("table.result td.wide-only .elected").count(), 10);
    assert.equal(await bare.page.locator("td.wide-only").getByText("elected: lot").isVisible(), true);
    await bare.page.getByText("Distribution of ratings").first().click();
    assert.ok(await bare.page.locator("table.dense").first().isVisible());
    await picture(bare.page, "result-dark");
    await bare.page.emulateMedia({ media: "print", colorScheme: "light" });
    await picture(bare.page, "result-paper");
    assert.equal(await bare.page.locator(".menu").isVisible(), false);
    bare.quiet();
  } finally {
    await bare.context.close();
    await office.close();
  }
  const dark = await reader(browser, { colorScheme: "dark" });
  const again = await openOffice({ until: "certified" });
  try {
    for (const part of [...parts, "/../../styleguide"]) {
      await dark.page.goto(`${again.address}/ky/competitions/${again.id}${part}`);
      await accessible(dark.page);
    }
  } finally {
    await dark.context.close();
    await again.close();
  }
});

test("portraits of the public pages", async () => {
  const office = await openOffice({ until: "certified", candidates: 18 });
  const who = await reader(browser, { viewport: { width: 1100, height: 800 } });
  const phone = await reader(browser, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  try {
    const base = `${office.address}/ky/competitions/${office.id}`;
    for (const [name, address] of Object.entries({
      "public-home": `${office.address}/ky`,
      "public-competition": base,
      "public-rules": `${base}/rules`,
      "public-result": `${base}/result`,
      "public-record": `${base}/record`,
      "public-verify": `${office.address}/ky/verify`,
    })) {
      await who.page.goto(address);
      await portrait(who.page, name);
    }
    await phone.page.goto(`${base}/result`);
    await portrait(phone.page, "public-result-phone");
    who.quiet();
    phone.quiet();
  } finally {
    await who.context.close();
    await phone.context.close();
    await office.close();
  }
});

test("the language is chosen by the browser, switched on the same page, and remembered", async () => {
  const office = await openOffice({ until: "announced" });
  const who = await reader(browser, { locale: "ru-KG" });
  try {
    await who.page.goto(office.address);
    assert.equal(new URL(who.page.url()).pathname, "/ru");
    await who.page.goto(`${office.address}/ru/competitions/${office.id}/rules`);
    await who.page.getByRole("link", { name: "Кыргызча" }).click();
    assert.equal(new URL(who.page.url()).pathname, `/ky/competitions/${office.id}/rules`);
    await who.page.goto(office.address);
    assert.equal(new URL(who.page.url()).pathname, "/ky");
    who.quiet();
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("the keyboard alone: skip link, focus in sight", async () => {
  const office = await openOffice({ until: "announced" });
  const who = await reader(browser);
  try {
    await who.page.goto(`${office.address}/en`);
    await who.page.keyboard.press("Tab");
    assert.equal(await who.page.evaluate(() => document.activeElement?.className), "skip");
    await who.page.keyboard.press("Enter");
    assert.equal(await who.page.evaluate(() => document.activeElement?.id), "main");
    await who.page.keyboard.press("Tab");
    const outline = await who.page.evaluate(() => getComputedStyle(/** @type {Element} */ (document.activeElement)).outlineStyle);
    assert.equal(outline, "solid");
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("files carry the sums that the page lists, and the feed is Atom", async () => {
  const office = await openOffice({ until: "certified" });
  const who = await reader(browser);
  try {
    await who.page.goto(`${office.address}/en/competitions/${office.id}/record`);
    const lines = await who.page.locator("dl.facts").first().locator("div").evaluateAll((rows) =>
      rows.map((row) => ({ href: row.querySelector("a")?.href ?? "", sum: row.querySelector(".digest")?.textContent ?? "" })));
    assert.equal(lines.length, 8);
    for (const { href, sum } of lines) {
      const bytes = Buffer.from(await (await fetch(href)).arrayBuffer());
      const digest = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
      assert.equal(digest, sum, href);
    }
    const feed = await fetch(`${office.address}/ky/competitions/${office.id}/feed.atom`);
    assert.match(feed.headers.get("content-type") ?? "", /atom/);
    const text = await feed.text();
    const [entries, wrong] = await who.page.evaluate((xml) => {
      // A parser's document is not shown, so no policy is needed for it; its text is data.
      const read = new DOMParser().parseFromString(/** @type {any} */ (trusted(xml)), "application/xml");
      return [read.querySelectorAll("entry").length, read.querySelectorAll("parsererror").length];
      /** @param {string} text */
      function trusted(text) {
        const types = /** @type {any} */ (window).trustedTypes;
        return types.createPolicy("esep", { createHTML: (/** @type {string} */ same) => same }).createHTML(text);
      }
    }, text);
    assert.equal(wrong, 0);
    assert.ok(Number(entries) > 8);
    who.quiet();
  } finally {
    await who.context.close();
    await office.close();
  }
});

test("the fixture of dates and numbers is what this Node's CLDR says", async () => {
  const kept = await readFile(new URL("../it/cldr.json", import.meta.url), "utf8");
  const [now, then] = [JSON.parse(fixture()), JSON.parse(kept)];
  // Another version of CLDR may say something else; the same one may not.
  if (now.cldr === then.cldr) assert.deepEqual(now, then);
});

test("the browser recomputes the record and says that it is proved, and by keyboard", async () => {
  const office = await openOffice({ until: "certified" });
  const who = await reader(browser);
  try {
    for (const language of languages) {
      const { page } = who;
      await page.setViewportSize({ width: 320, height: 800 });
      await page.goto(`${office.address}/${language}/verify`);
      // What no tab holds is not fetched: said at once, and the next press starts anew.
      await page.route("**/bundle", (route) => route.fulfill({ status: 200, headers: { "content-length": "500000000" }, body: "" }));
      await page.locator("[data-verify]").first().click();
      await page.waitForFunction(() => document.getElementById("status")?.textContent?.includes("esep verify"));
      await page.unroute("**/bundle");
      await page.locator("[data-verify]").first().focus();
      await page.keyboard.press("Enter");
      await page.locator("#report .verdict.proved").waitFor({ timeout: 60_000 });
      assert.equal(await page.evaluate(() => document.activeElement?.id), "verdict");
      assert.equal(await page.locator("#report ol > li").count(), 10, "ten are elected, and there is no finding");
      await accessible(page);
      await fits(page);
      if (language === "ky") await portrait(page, "verify-proved");
    }
    who.quiet();
  } finally {
    await who.context.close();
    await office.close();
  }
});
