// The other two engines, by the standard protocol (W3C WebDriver): Firefox, and WebKit as GTK has it, which is what Safari
// is made of.

import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Builder, By, Capabilities, until } from "selenium-webdriver";

/** @typedef {import("selenium-webdriver").WebDriver} Driver */
/** @typedef {Awaited<ReturnType<typeof import("./office.mjs").openOffice>>} Office */

const out = fileURLToPath(new URL("out/", import.meta.url));
const WAIT = 30_000;

/** @type {{[name: string]: {driver: string, browser: string, options: object}}} */
const ENGINES = {
  firefox: { driver: "geckodriver", browser: "firefox-esr", options: { browserName: "firefox", "moz:firefoxOptions": { binary: "/usr/bin/firefox-esr", args: ["-headless"] } } },
  webkit: { driver: "WebKitWebDriver", browser: "WebKitWebDriver", options: { browserName: "MiniBrowser", "webkitgtk:browserOptions": { args: ["--automation"] } } },
};

/** What this engine needs and is not here, in words; empty if all is. @param {string} name */
export function missing(name) {
  const { driver, browser } = ENGINES[name];
  const places = (process.env.PATH ?? "").split(delimiter);
  const gone = [driver, browser, "Xvfb"].filter((command) => !places.some((place) => existsSync(join(place, command))));
  return gone.length > 0 ? `missing: ${gone.join(", ")}` : "";
}

/**
 * The office behind TLS, as it stands in the world: WebKit keeps no `Secure` cookie without. The certificate is its own.
 * @param {Office} office
 */
export async function overTls(office) {
  const [key, cert] = ["tls.key", "tls.pem"].map((name) => join(office.folder, name));
  const asked = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert];
  await promisify(execFile)("openssl", asked);
  const { hostname, port } = new URL(office.address);
  const server = createSecureServer({ key: await readFile(key), cert: await readFile(cert) }, (from, to) => {
    const onward = request({ hostname, port, path: from.url, method: from.method, headers: from.headers }, (back) => {
      to.writeHead(back.statusCode ?? 502, back.headers);
      back.pipe(to);
    });
    onward.on("error", () => to.destroy());
    to.on("close", () => onward.destroy());
    from.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const at = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    address: `https://localhost:${at.port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A port that nobody listens at. @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** A screen in memory, for an engine that wants one. */
async function screen() {
  const child = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"], { stdio: ["ignore", "pipe", "ignore"] });
  const number = await new Promise((resolve, reject) => {
    child.stdout.once("data", (bytes) => resolve(String(bytes).trim()));
    child.once("error", reject).once("exit", (code) => reject(new Error(`Xvfb ended with ${code}`)));
  });
  return { display: `:${number}`, close: () => child.kill() };
}

/** @param {number} port @param {import("node:child_process").ChildProcess} child */
async function answers(port, child) {
  for (let wait = 0; wait < 200; wait++) {
    if (child.exitCode !== null) break;
    const ready = await fetch(`http://127.0.0.1:${port}/status`).then((answer) => answer.ok, () => false);
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${child.spawnfile} does not answer`);
}

/**
 * A reader in another engine.
 * @param {string} name `firefox` or `webkit`
 */
export async function open(name) {
  const { driver: command, options } = ENGINES[name];
  const [port, shown] = [await freePort(), await screen()];
  // What is saved lies there.
  const home = await mkdtemp(join(tmpdir(), "esep-reader-"));
  // The sandbox of WebKit wants user namespaces, which a container rarely gives; every page here is our own.
  const env = { ...process.env, HOME: home, DISPLAY: shown.display, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1", LIBGL_ALWAYS_SOFTWARE: "1" };
  const child = spawn(command, [`--port=${port}`], { env, stdio: "ignore" });
  const end = async () => {
    child.kill();
    shown.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    await answers(port, child);
    const capabilities = new Capabilities({ ...options, acceptInsecureCerts: true });
    const driver = await new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities).build();
    return new Reader(name, driver, home, () => driver.quit().finally(end));
  } catch (error) {
    await end();
    throw error;
  }
}

/** Somebody at a page. */
export class Reader {
  /** @param {string} name @param {Driver} driver @param {string} home @param {() => Promise<void>} close */
  constructor(name, driver, home, close) {
    this.name = name;
    this.driver = driver;
    this.home = home;
    this.close = close;
  }

  /** @param {string} address */
  goto(address) {
    return this.driver.get(address);
  }

  /** Waits until it is there and shown, and scrolls to it. @param {string} selector */
  async see(selector) {
    const found = await this.driver.wait(until.elementLocated(By.css(selector)), WAIT, `${selector} is not there`);
    await this.driver.wait(until.elementIsVisible(found), WAIT, `${selector} is not shown`);
    // The pages scroll softly; a driver does not wait for that.
    await this.driver.executeScript("arguments[0].scrollIntoView({ behavior: 'instant', block: 'center' })", found);
    return found;
  }

  /** Waits until the page says so. @param {string} expression */
  until(expression) {
    return this.driver.wait(() => this.driver.executeScript(`return Boolean(${expression})`), WAIT, expression);
  }

  /** @param {string} selector */
  async click(selector) {
    const found = await this.see(selector);
    await this.driver.wait(until.elementIsEnabled(found), WAIT, `${selector} stays disabled`);
    await found.click();
  }

  /** @param {string} selector @param {string} text written over what is there */
  async fill(selector, text) {
    const found = await this.see(selector);
    await found.clear();
    await found.sendKeys(text);
  }

  /** @param {string} selector @param {string} path of the file chosen */
  async choose(selector, path) {
    await (await this.driver.wait(until.elementLocated(By.css(selector)), WAIT, `${selector} is not there`)).sendKeys(path);
  }

  /** @param {string} selector */
  async text(selector) {
    return (await this.see(selector)).getText();
  }

  /** Waits for a saved file; answers where it lies. @param {RegExp} name @returns {Promise<string>} */
  saved(name) {
    const look = async () => {
      // WebKit saves at home, Firefox in a folder of it.
      for (const folder of [this.home, join(this.home, "Downloads")]) {
        const found = (await readdir(folder).catch(() => [])).find((file) => name.test(file));
        if (found && (await readFile(join(folder, found))).length > 0) return join(folder, found);
      }
      return "";
    };
    return this.driver.wait(look, WAIT, `${name} is not saved`);
  }

  /** A picture of the window in `tests/browser/out`. @param {string} what */
  async picture(what) {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, `${this.name}-${what}.png`), await this.driver.takeScreenshot(), "base64");
  }
}
