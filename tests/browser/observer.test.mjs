// The observer's page in every phase, in three languages, without a script; and live, as entries come.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { accessible, fits, launch, picture, reader } from "./browser.mjs";
import { esep, openOffice } from "./office.mjs";
import { sign } from "../../src/web/js/dsse.mjs";
import { fromPem } from "../../src/web/js/keys.mjs";
import { header, statement } from "../../src/web/js/statement.mjs";

const run = promisify(execFile);
/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

for (const until of ["announced", "listed", "voted", "closed", "opened", "repeat", "certified", "tied", "failed", "annulled"]) {
  test(`observing at the scene ${until}`, async () => {
    const office = await openOffice({ until });
    const who = await reader(browser);
    try {
      for (const language of ["ky", "ru", "en"]) {
        const answer = await who.page.goto(`${office.address}/${language}/competitions/${office.id}/observe`);
        assert.equal(answer?.status(), 200);
        assert.ok(!(await who.page.content()).includes("⟦"), "a message is missing");
        assert.equal(await who.page.locator("#findings-title ~ details dt").count(), 34);
        await accessible(who.page);
        await who.page.setViewportSize({ width: 320, height: 800 });
        await fits(who.page);
        await who.page.setViewportSize({ width: 1280, height: 900 });
      }
      const words = String(await who.page.textContent("#state"));
      // Before the box is open nobody learns how many voted.
      if (until === "voted") assert.match(words, /C1.*not yet[^]*C3.*not yet/s);
      if (until === "certified") assert.equal(await who.page.locator("#state .tag.bad").count(), 0);
      await picture(who.page, `observer-${until}`);
      who.quiet();
      // Without a script the page is a plain one that a reload refreshes.
      const bare = await reader(browser, { javaScriptEnabled: false });
      await bare.page.goto(`${office.address}/ky/competitions/${office.id}/observe`);
      assert.ok((await bare.page.locator("#feed > li").count()) > 0);
      assert.ok(await bare.page.locator("noscript").isVisible());
      bare.quiet();
      await bare.context.close();
    } finally {
      await who.context.close();
      await office.close();
    }
  });
}

test("entries appear by themselves, once each, and the service still stops", async () => {
  const office = await openOffice({ until: "voted" });
  const who = await reader(browser);
  const api = `${office.address}/api/v1/competitions/${office.id}`;
  let closed = false;
  try {
    await who.page.goto(`${office.address}/ru/competitions/${office.id}/observe`);
    await who.page.waitForSelector("#live:not([hidden])");
    const before = await who.page.locator("#feed > li").count();
    const view = await (await fetch(api)).json();
    for (const slot of ["cec", "ombudsman"]) {
      const key = await fromPem(office.actors.keys[slot].pem);
      const signed = await sign(statement("attendance", header(view), { slot, at: "closing" }), key);
      const answer = await fetch(`${api}/statements`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(signed) });
      assert.equal(answer.status, 201);
    }
    await who.page.waitForSelector(`#entry-${view.head.size + 1}`);
    assert.equal(await who.page.locator("#feed > li").count(), before + 2);
    // What follows from the entries is drawn anew too.
    await who.page.waitForFunction(() => document.querySelectorAll("#presence-title ~ table .tag.good").length >= 6);
    assert.equal((await who.page.textContent("#size"))?.replace(/\D/g, ""), String(view.head.size + 2));
    await accessible(who.page);
    who.quiet();
    // An open stream does not hold up the end.
    const started = Date.now();
    await office.close();
    closed = true;
    assert.ok(Date.now() - started < 5_000, `it took ${Date.now() - started} ms to stop`);
  } finally {
    await who.context.close();
    if (!closed) await office.close();
  }
});

test("a kept checkpoint is found in the bundle of later", async () => {
  const office = await openOffice({ until: "listed" });
  const who = await reader(browser);
  try {
    await who.page.goto(`${office.address}/en/competitions/${office.id}/observe`);
    const [checkpoint] = await Promise.all([who.page.waitForEvent("download"), who.page.click("#checkpoint a[download$=checkpoint]")]);
    const [bundle] = await Promise.all([who.page.waitForEvent("download"), who.page.click("#checkpoint a[download$=tar]")]);
    const older = `${office.folder}/kept.checkpoint`;
    await checkpoint.saveAs(older);
    await bundle.saveAs(`${office.folder}/kept.tar`);
    await run(esep, ["verify", `${office.folder}/kept.tar`, "--older", older]);
  } finally {
    await who.context.close();
    await office.close();
  }
});
