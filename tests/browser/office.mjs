// A rehearsal office at a scene of the story, and what its actors hold.
//
//   const office = await openOffice({ until: "voted" });
//   office.address, office.id, office.actors.keys.organiser.path, office.setClock("2026-10-14T12:00:00Z")
//   await office.close();

import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const project = new URL("../../", import.meta.url).pathname;
/** The program under test. */
export const esep = process.env.ESEP_BIN ?? join(project, "target/debug/esep");

/**
 * @typedef {{file: string, path: string, pem: string, id: string, public: string}} ActorKey
 * @typedef {{key: ActorKey, fields: any, openings: any, nomination: string | null, candidate: string | null, oddity: string}} Association
 * @typedef {object} Actors
 * @property {string} scene
 * @property {string} origin
 * @property {string} now
 * @property {{[name: string]: ActorKey}} keys organiser and the four slots
 * @property {Association[]} associations
 * @property {string[]} cards codes of the present round, shuffled
 * @property {number[]} voted indices of cards that have voted
 * @property {{[slot: string]: string}} nonces
 */

/**
 * @param {{until?: string, candidates?: number, preset?: string, tie?: boolean, seed?: number, named?: boolean}} [options]
 */
export async function openOffice({ until = "certified", candidates = 12, preset = "commission-2014", tie = true, seed = 1, named = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "esep-browser-"));
  const kept = join(folder, "kept");
  const asked = ["demo", "--until", until, "--keep", kept, "--candidates", String(candidates), "--preset", preset, "--seed", String(seed)];
  await run(esep, [...asked, ...(tie ? [] : ["--no-tie"]), ...(named ? ["--named"] : []), ...(await database())]);
  return serve(folder, kept);
}

/** A new database on the server TEST_POSTGRES_URL, where ESEP_TEST_DATABASE=postgres asks for it. */
async function database() {
  if (process.env.ESEP_TEST_DATABASE !== "postgres") return [];
  const server = new URL(process.env.TEST_POSTGRES_URL ?? "");
  const name = `esep_browser_${randomBytes(8).toString("hex")}`;
  await run("psql", ["--quiet", "--command", `create database ${name}`, server.href]);
  server.pathname = `/${name}`;
  await run(esep, ["migrate", "--database", server.href]);
  return ["--database", server.href];
}

/** @param {string} folder @param {string} kept */
async function serve(folder, kept) {
  const clock = join(kept, "clock");
  const args = ["serve", "--data", join(kept, "office"), "--listen", "127.0.0.1:0", "--rehearsal-clock", clock];
  const child = spawn(esep, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ESEP_LOG: "warn" } });
  let said = "";
  child.stderr.on("data", (bytes) => (said += bytes));
  const address = await new Promise((resolve, reject) => {
    child.stdout.once("data", (bytes) => resolve(String(bytes).trim()));
    child.once("exit", (code) => reject(new Error(`esep serve ended with ${code}: ${said}`)));
  });
  /** @type {Actors} */
  const actors = JSON.parse(await readFile(join(kept, "actors/actors.json"), "utf8"));
  for (const key of [...Object.values(actors.keys), ...actors.associations.map((one) => one.key)]) {
    key.path = join(kept, "actors", key.file);
    key.pem = await readFile(key.path, "utf8");
  }
  return {
    /** `http://127.0.0.1:port` */
    address: /** @type {string} */ (address),
    id: actors.origin.split("/")[1],
    actors,
    folder: kept,
    /** What the office said on standard error. */
    said: () => said,
    /** Moves the office's clock. @param {string} time `2026-10-14T12:00:00Z` */
    async setClock(time) {
      await writeFile(`${clock}.new`, `${time}\n`);
      await rename(`${clock}.new`, clock);
    },
    async close() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
