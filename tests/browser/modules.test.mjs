// The shared modules in a real browser, on a page with the strict policy: the vectors of docs/FORMATS.md, keys of our own and
// of others' making, a session, words with plurals, errors linked to fields.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, launch, reader } from "./browser.mjs";
import { esep, openOffice } from "./office.mjs";

/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
/** @type {Awaited<ReturnType<typeof openOffice>>} */
let office;
/** @type {Awaited<ReturnType<typeof reader>>} */
let who;
/** @type {string} */
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "esep-modules-"));
  browser = await launch();
  office = await openOffice({ until: "nominated" });
  who = await reader(browser);
  await open("en");
});
after(async () => {
  await browser.close();
  await office.close();
  await rm(folder, { recursive: true });
});

/** @param {string} language */
async function open(language) {
  await who.page.goto(`${office.address}/${language}/styleguide`);
}

/** Address of a module on the page at hand. @param {string} name */
async function at(name) {
  const words = await who.page.getAttribute("html", "data-words");
  return `${String(words).split("/words/")[0]}/js/${name}.mjs`;
}

/** A value of the table of vectors in docs/FORMATS.md. @param {string} what beginning of its line */
async function vector(what) {
  const page = await readFile(new URL("../../docs/FORMATS.md", import.meta.url), "utf8");
  const line = page.split("\n").find((row) => row.startsWith(`| ${what}`));
  return String(line?.split("|")[2].trim().replaceAll("`", ""));
}

test("vectors of the formats page", async () => {
  const found = await evaluate(async (/** @type {Load} */ load) => {
    const [base, canonical, dsse, commit, keys] = await Promise.all(["base", "canonical", "dsse", "commit", "keys"].map(load));
    const seed = await base.sha256(base.utf8("esep test key v1\n0"));
    const key = await keys.fromSeed(seed);
    const sealed = dsse.envelope("application/vnd.esep.x.v1+json", base.utf8('{"a":1}'));
    const signed = await dsse.sign(sealed, key);
    const open = { field: "association", subject: "x", salt: "000102030405060708090a0b0c0d0e0f", value: "Бирикме" };
    const origin = "esep.example/commission-2026";
    let odd = "";
    for (const bad of [1.5, null, NaN, 2 ** 53, "\ud800", -0]) {
      try { odd += canonical.canonical(bad); } catch { odd += "-"; }
    }
    return {
      point: base.hex(key.point), id: key.id, pae: await dsse.paeHash(sealed), sig: signed.signatures[0].sig,
      possession: (await key.enrol(origin, "counting/cec")).possession, commitment: await commit.commitment(origin, open),
      canonical: canonical.canonical({ b: [true, "ң\n"], a: -1, "€": 1, "\u{1F600}": 2 }), odd, wiped: base.hex(seed),
      aloud: base.aloud("ff".repeat(32)),
    };
  });
  assert.equal(found.point, await vector("public key of test key 0"));
  assert.equal(found.id, await vector("its key id"));
  assert.equal(found.pae, await vector("PAE hash"));
  assert.equal(found.sig, await vector("signature over that PAE"));
  assert.equal(found.possession, await vector("possession of test key 0"));
  assert.equal(found.commitment, await vector("commitment:"));
  assert.equal(found.canonical, '{"a":-1,"b":[true,"ң\\n"],"€":1,"😀":2}');
  assert.equal(found.odd, "------");
  assert.equal(found.wiped, "00".repeat(32));
  assert.match(found.aloud, /^\d{3} \d{3}$/);
});

test("what nobody sees is taken out of what is typed: exactly what the office refuses", async () => {
  const page = await readFile(new URL("../../docs/API.md", import.meta.url), "utf8");
  const list = page.split("nobody sees:")[1].split(". Tab")[0];
  const refused = list.split(",").flatMap((part) => {
    const [first, last] = [...part.matchAll(/U\+([0-9A-F]+)/g)].map((end) => parseInt(end[1], 16));
    return Array.from({ length: (last ?? first) - first + 1 }, (_, place) => first + place);
  });
  const found = await evaluate(async (/** @type {Load} */ load) => {
    const { seen } = await load("ui");
    const out = [];
    for (let point = 0; point <= 0x10ffff; point++) {
      if ((point < 0xd800 || point > 0xdfff) && seen(`a${String.fromCodePoint(point)}b`) === "ab") out.push(point);
    }
    return { out, written: seen(" И\u0306са\u00adев \n") };
  });
  assert.deepEqual(found.out, refused);
  assert.equal(found.written, "Йсаев");
});

test("keys of esep and openssl open here, and ours open there", async () => {
  const pass = join(folder, "pass");
  await writeFile(pass, "сырсөз 1");
  execFileSync(esep, ["keygen", "--out", join(folder, "own"), "--passphrase-file", pass], { stdio: "ignore" });
  execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", join(folder, "other.key")]);
  const files = { sealed: await readFile(join(folder, "own.key.pem"), "utf8"), plain: await readFile(join(folder, "other.key"), "utf8") };
  const found = await evaluate(async (/** @type {Load} */ load, /** @type {{sealed: string, plain: string}} */ files) => {
    const keys = await load("keys");
    const fails = async (/** @type {() => Promise<unknown>} */ what) => what().then(() => "no", (/** @type {any} */ error) => error.code ?? String(error));
    const sealed = await keys.fromPem(files.sealed, "сырсөз 1");
    const made = await keys.generate("купуя");
    const again = await keys.fromPem(made.pem, "купуя");
    let exported = "no";
    try { await crypto.subtle.exportKey("pkcs8", again.handle); exported = "yes"; } catch { /* as it must be */ }
    return {
      sealed: sealed.id, plain: (await keys.fromPem(files.plain)).id, same: made.key.id === again.id, pem: made.pem, id: made.key.id, exported,
      errors: [
        await fails(() => keys.fromPem(files.sealed)), await fails(() => keys.fromPem(files.sealed, "x")), await fails(() => keys.fromPem("-----BEGIN PUBLIC KEY-----")),
        await fails(() => keys.fromPem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")), await fails(() => keys.fromPem("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGb\n-----END ENCRYPTED PRIVATE KEY-----", "x")),
      ],
    };
  }, files);
  const id = (/** @type {string[]} */ args) => {
    const der = execFileSync("openssl", ["pkey", ...args, "-pubout", "-outform", "DER"]);
    return execFileSync("openssl", ["dgst", "-sha256", "-r"], { input: der }).toString().slice(0, 64);
  };
  assert.equal(found.sealed, id(["-in", join(folder, "own.key.pem"), "-passin", `file:${pass}`]));
  assert.equal(found.plain, id(["-in", join(folder, "other.key")]));
  await writeFile(join(folder, "page.key"), found.pem);
  assert.equal(found.id, id(["-in", join(folder, "page.key"), "-passin", "pass:купуя"]));
  assert.ok(found.same);
  assert.equal(found.exported, "no");
  assert.deepEqual(found.errors, ["passphrase_needed", "wrong_passphrase", "not_a_key", "not_a_key", "not_a_key"]);
});

test("a session opens with a key, reads, and ends; a statement is refused in words", async () => {
  const asked = { id: office.id, pem: office.actors.keys.organiser.pem, nomination: office.actors.associations[0].nomination };
  const found = await evaluate(async (/** @type {Load} */ load, /** @type {typeof asked} */ { id, pem, nomination }) => {
    const [api, keys, statement, dsse, words, ui] = await Promise.all(["api", "keys", "statement", "dsse", "words", "ui"].map(load));
    const say = await words.words("common", "refusals");
    const key = await keys.fromPem(pem);
    const code = async (/** @type {() => Promise<unknown>} */ what) => what().then(() => "taken", (/** @type {any} */ error) => ui.explain(error, say));
    const before = await code(() => api.get(id, `/nominations/${nomination}`));
    const { role } = await api.enter(id, key);
    const during = await code(() => api.get(id, `/nominations/${nomination}`));
    await api.leave();
    const after = await code(() => api.get(id, `/nominations/${nomination}`));
    const view = await api.view(id);
    // The organiser may not withdraw somebody's nomination.
    const unsigned = statement.statement("withdrawal", statement.header(view), { nomination });
    const refused = await code(async () => api.submit(id, await dsse.sign(unsigned, key)));
    return { before, during, after, role, refused, shared: Object.keys(statement.sharedHeader(view, 2)).includes("not_after") };
  }, asked);
  assert.equal(found.role, "organiser");
  assert.match(found.before, /confidential/);
  assert.equal(found.during, "taken");
  assert.equal(found.after, found.before);
  assert.match(found.refused, /role/);
  assert.ok(found.shared);
  who.complaints.length = 0; // the browser logs refused requests
});

test("words choose plurals as the pages do, in three languages", async () => {
  for (const [language, wanted] of Object.entries({
    ky: ["Документтер @ саат 24:00гө чейин кабыл алынат: дагы 1 күн бар.", "12\u00a0345"],
    ru: ["Документы принимают до 24:00 @: остаётся 1 день.", "12\u00a0345"],
    en: ["Documents are accepted until 24:00 on @: 1 day is left.", "12,345"],
  })) {
    await open(language);
    const found = await evaluate(async (/** @type {Load} */ load) => {
      const words = await load("words");
      const say = await words.words("common", "public");
      return [say("next-intake", { date: "@", days: 1 }), words.number(12345), say("next-intake", { date: "@", days: 0 }), say("next-intake", { date: "@", days: 22 }), say("no-such")];
    });
    assert.deepEqual(found.slice(0, 2), wanted);
    assert.ok(!found[2].includes("@"));
    if (language === "ru") assert.match(found[3], /22 дня/);
    assert.equal(found[4], "\u27e6no-such\u27e7");
  }
});

test("errors are summarised, linked to their fields, and taken away again", async () => {
  await open("ky");
  await evaluate(async (/** @type {Load} */ load) => {
    const [ui, words] = await Promise.all([load("ui"), load("words")]);
    const say = await words.words("common", "refusals");
    const form = document.querySelector("form");
    ui.showErrors(form, [{ field: "check", text: say("code-nomination_fields") }, { text: say("code-busy") }], say);
  });
  assert.equal(await who.page.evaluate(() => document.activeElement?.className), "errors");
  await accessible(who.page);
  await who.page.locator(".errors a").click();
  assert.equal(await who.page.evaluate(() => document.activeElement?.id), "check");
  assert.equal(await who.page.getAttribute("#check", "aria-describedby"), "check-error");
  await evaluate(async (/** @type {Load} */ load) => {
    const ui = await load("ui");
    ui.showErrors(document.querySelector("form"), [], () => "");
  });
  assert.equal(await who.page.locator(".errors, .error, [aria-invalid]").count(), 0);
  who.quiet();
  // A fault of the page itself is said, too, and not only to those who look into the console.
  const told = await evaluate(async (/** @type {Load} */ load) => {
    const [ui, words] = await Promise.all([load("ui"), load("words")]);
    return ui.explain(new TypeError("x is no y"), await words.words("common", "refusals"));
  });
  assert.match(told, /^Бул баракта ката кетти \(TypeError: x is no y\)\. /);
  assert.equal(who.complaints.splice(0).length, 1);
});

/** @typedef {(name: string) => Promise<any>} Load */

/**
 * Runs a function in the page with a loader of our modules.
 * @template T, A
 * @param {(load: Load, argument: A) => Promise<T>} what
 * @param {A} [argument]
 * @returns {Promise<T>}
 */
async function evaluate(what, argument) {
  const base = (await at("base")).replace("base.mjs", "");
  const source = `(argument) => (${what.toString()})((name) => import(${JSON.stringify(base)} + name + ".mjs"), argument)`;
  // A function's text, evaluated by the debugger: the page's policy forbids it to the page itself, not to us.
  const handle = await who.page.evaluateHandle(source);
  const found = await who.page.evaluate(([run, argument]) => /** @type {any} */ (run)(argument), /** @type {any} */ ([handle, argument]));
  await handle.dispose();
  return found;
}
