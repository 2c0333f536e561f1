// The public pages, in every phase of the story, in three languages, on a desk and on a phone, in the light and the dark.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { accessible, fits, launch, picture, reader } from "./browser.mjs";
import { openOffice } from "./office.mjs";

/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const scenes = ["announced", "nominated", "listed", "voted", "closed", "repeat", "counted", "certified", "tied", "failed", "annulled"];

for (const until of scenes) {
  test(`public pages at the scene ${until}`, async () => {
    const office = await openOffice({ until });
    const who = await reader(browser);
    try {
      for (const language of ["ky", "ru", "en"]) {
        for (const path of ["", `/competitions/${office.id}`]) {
          const answer = await who.page.goto(`${office.address}/${language}${path}`);
          assert.equal(answer?.status(), 200);
          assert.equal(await who.page.getAttribute("html", "lang"), language);
          assert.ok(!(await who.page.content()).includes("⟦"), "a message is missing");
          await accessible(who.page);
          await who.page.setViewportSize({ width: 320, height: 800 });
          await fits(who.page);
          await who.page.setViewportSize({ width: 1280, height: 900 });
        }
      }
      await picture(who.page, `competition-${until}`);
      who.quiet();
    } finally {
      await who.context.close();
      await office.close();
    }
  });
}
