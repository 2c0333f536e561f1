// Debian's Chromium, and what every page is held to.

import { readFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const out = new URL("out/", import.meta.url).pathname;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContext} Context */

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/**
 * A reader's own browser: cookies and keys of nobody else. Whatever the browser blocks or logs as an error fails `quiet`.
 * @param {import("playwright-core").Browser} browser
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function reader(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  /** @type {string[]} */
  const complaints = [];
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.location().url}: ${message.text()}`);
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  return {
    context,
    page: await context.newPage(),
    complaints,
    /** Nothing was blocked by the policy, nothing threw. */
    quiet() {
      assert.deepEqual(complaints.splice(0), []);
    },
  };
}

/**
 * axe-core finds nothing, WCAG 2.2 AA and its best practices.
 * @param {Page} page
 */
export async function accessible(page) {
  // Through the debugger, not the page: the policy lets no foreign script in.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const asked = { expression: "axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations))", awaitPromise: true };
  const { result } = await session.send("Runtime.evaluate", asked);
  await session.detach();
  const violations = JSON.parse(result.value);
  const words = violations.map((/** @type {any} */ one) => `${one.id}: ${one.help}\n  ${one.nodes.map((/** @type {any} */ node) => node.html + "\n    " + node.failureSummary).join("\n  ")}`);
  assert.deepEqual(words, [], `${page.url()}`);
}

/** No sideways scrolling, and no target smaller than 24 px. @param {Page} page */
export async function fits(page) {
  const found = await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    const targets = [...document.querySelectorAll("a[href], button, input, summary, select, textarea")];
    const small = targets.filter((target) => {
      const box = target.getBoundingClientRect();
      // Links within a sentence are excepted (WCAG 2.2, 2.5.8), and what is not shown is no target.
      const inline = target instanceof HTMLAnchorElement && getComputedStyle(target).display === "inline";
      return !inline && box.width > 0 && (box.height < 24 || box.width < 24);
    });
    return { wide, small: small.map((target) => target.outerHTML.slice(0, 120)) };
  });
  assert.ok(found.wide <= 0, `${page.url()} is ${found.wide} px too wide`);
  assert.deepEqual(found.small, [], page.url());
}

/** A picture of the whole page in `tests/browser/out`. @param {Page} page @param {string} name */
export async function picture(page, name) {
  await mkdir(out, { recursive: true });
  await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
}

/**
 * A picture for `docs/pages`, made anew with ESEP_PICTURES=1; else kept beside the other pictures.
 * @param {Page} page
 * @param {string} name
 */
export async function portrait(page, name) {
  if (process.env.ESEP_PICTURES !== "1") return picture(page, name);
  const folder = new URL("../../docs/pages/", import.meta.url).pathname;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/**
 * Runs a walk with a trace; keeps the trace, and pictures of every open page, if it fails.
 * @param {Awaited<ReturnType<typeof reader>>} who
 * @param {string} name
 * @param {() => Promise<void>} walk
 */
export async function traced(who, name, walk) {
  await who.context.tracing.start({ screenshots: true, snapshots: true });
  try {
    await walk();
    await who.context.tracing.stop();
  } catch (error) {
    await mkdir(out, { recursive: true });
    await who.context.tracing.stop({ path: join(out, `${name}.zip`) });
    // What everybody had before them: often it was somebody else who was waited for.
    const pages = (who.context.browser()?.contexts() ?? [who.context]).flatMap((context) => context.pages());
    for (const [place, page] of pages.entries()) await picture(page, `${name}-failed-${place + 1}`).catch(() => undefined);
    throw error;
  }
}
