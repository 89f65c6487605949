// Starts the sandbox on a port of its own and a real Chromium; speaks to the service only as a person could.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { startPostgres } from "./postgres.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const OUT = new URL("./out/", import.meta.url).pathname;
mkdirSync(OUT, { recursive: true });

async function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A Chromium with a camera that nobody has to permit; it shows a test picture, or what an argument says. */
export async function chromiumWith(args) {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
      ...args,
    ],
  });
}

/** Starts a town; with `servers`, so many of them share a database on PostgreSQL. */
export async function start(more = {}, { servers = 0, policy = null } = {}) {
  const binary = process.env.GENVEJ_SANDBOX;
  if (!binary) throw new Error("GENVEJ_SANDBOX names no program; run cargo xtask browser");
  // It listens before another port is looked for: a port that nobody listens on yet is found free twice.
  const database = servers > 0 ? await startPostgres(await freePort()) : null;
  const port = await freePort();
  // Everything that any part would ever log, to be searched for what nobody may log.
  const env = { GENVEJ_LOG: "trace", ...process.env, ...more };
  const shared = database ? ["--database", database.url, "--servers", String(servers)] : [];
  const rules = policy ? ["--policy", policy] : [];
  const process_ = spawn(binary, ["--port", String(port), ...shared, ...rules], { stdio: ["ignore", "pipe", "pipe"], env });
  let log = "";
  process_.stderr.on("data", (text) => (log += text));
  const home = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the sandbox did not start: ${log}`)), 120_000);
    process_.once("exit", (code) => reject(new Error(`the sandbox ended with ${code}: ${log}`)));
    process_.stdout.on("data", (text) => {
      const address = /http:\/\/localhost:\d+\//.exec(String(text));
      if (address) {
        clearTimeout(timer);
        resolve(address[0]);
      }
    });
  }).catch(async (error) => {
    await database?.stop();
    throw error;
  });
  const browser = await chromiumWith([]);
  const pages = [];
  return {
    home,
    port,
    async page(viewport, locale = "en-GB") {
      const context = await browser.newContext({ viewport, locale });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      // The first page comes once every phone of the town is set up.
      page.setDefaultNavigationTimeout(60_000);
      pages.push(page);
      return page;
    },
    /** Neither a log nor a file of this town holds any of these in the clear (CHECKLIST attack 20). */
    keepsNone(secrets) {
      const cache = process.env.XDG_CACHE_HOME || join(process.env.HOME, ".cache");
      const folder = join(cache, "genvej", "sandbox", `start-${port}`);
      const under = (place) => readdirSync(place, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
      const files = [folder, ...(database ? [database.data] : [])].flatMap(under);
      const isDatabase = ({ name }) => (database ? name === "PG_VERSION" : name.endsWith(".sqlite"));
      assert.ok(files.some(isDatabase), "the database is there to be searched");
      assert.ok(log.length > 10_000, "the log is there to be searched");
      const texts = files.map((it) => [it.name, readFileSync(join(it.parentPath ?? it.path, it.name), "latin1")]);
      for (const [what, secret] of Object.entries(secrets)) {
        // The fraction of a second in a line of the log may be any six digits.
        const shown = new RegExp(`(?<![\\d.])${secret.replaceAll(/\W/g, "\\$&")}(?!\\d)`);
        for (const [name, text] of [["the log", log], ...texts]) {
          assert.ok(!shown.test(text), `${what} stands in ${name}`);
        }
      }
    },
    /** Pictures of every open page, for whoever has to find out what went wrong. */
    async picturesOf(name) {
      for (const [at, page] of pages.entries()) await page.screenshot({ path: `${OUT}failed-${name}-${at}.png`, fullPage: true }).catch(() => undefined);
      writeFileSync(`${OUT}failed-${name}.log`, log);
    },
    async stop() {
      await browser.close();
      const ended = new Promise((done) => process_.once("exit", done));
      process_.kill("SIGTERM");
      await ended;
      await database?.stop();
    },
  };
}

export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 900 };

/** Takes a picture of a page, and holds it against WCAG 2.2 AA as far as a program can: axe, and no scrolling sideways. */
export async function picture(page, name) {
  await page.screenshot({ path: `${OUT}${name}.png`, fullPage: true });
  await page.evaluate(AXE);
  const found = await page.evaluate(async (rules) => {
    const { violations } = await globalThis.axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
  }, WCAG);
  assert.deepEqual(found, [], `${name}: rules of WCAG that the page breaks`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name}: the page is ${wide} pixels wider than the window`);
}

/** Loads an address again until something is there: phones are set up after the door is open. */
export async function shown(page, address, wanted) {
  for (let round = 0; round < 60; round += 1) {
    await page.goto(address);
    if (await wanted.first().isVisible()) return;
    await page.waitForTimeout(1000);
  }
  await wanted.first().waitFor();
}

/** Chooses a person on the start page; returns the address of the phone and what stands on the page about the person. */
export async function choose(page, home, given) {
  await shown(page, home, page.getByRole("link", { name: given, exact: true }));
  await page.getByRole("link", { name: given, exact: true }).click();
  const phone = await page.getByRole("link", { name: `Open ${given}'s phone` }).getAttribute("href");
  await page.locator("details.knows summary").click();
  const knows = {};
  for (const row of await page.locator("details.knows dl > div").all()) {
    const name = (await row.locator("dt").innerText()).trim();
    (knows[name] ??= []).push((await row.locator("dd").innerText()).trim());
  }
  return { phone, knows };
}

export async function english(page) {
  const change = page.getByRole("button", { name: "English" });
  if (await change.count()) await change.first().click();
}

/** Types a PIN on the pad. */
export async function typePin(page, digits) {
  const pad = page.locator("[data-pad]");
  await pad.waitFor();
  for (const digit of digits) await pad.locator(`[data-digit="${digit}"]`).click();
  const enter = page.locator("[data-enter]");
  if (await enter.isVisible()) await enter.click();
}
