// Staff with passkeys: the server itself, a real Chromium with a virtual authenticator, from the invitation to the second key.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DESKTOP, chromiumWith, picture } from "./sandbox.mjs";

const CENTRES = "centre,name,municipality,street,postcode,town,latitude,longitude,zone,desks,hours\n"
  + "aarhus,Borgerservice Aarhus,0751,Torvet 1,8000,Aarhus,,,Europe/Copenhagen,2,mon 10:00-12:00\n";

let folder, config, server, browser, desk;

function genvej(...args) {
  return execFileSync(process.env.GENVEJ, ["--config", config, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

async function freePort() {
  return new Promise((resolve) => {
    const listener = createServer().listen(0, "127.0.0.1", () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}

/** Starts the server, and waits until the desk's console answers. */
async function serve() {
  server = spawn(process.env.GENVEJ, ["--config", config, "serve"], { stdio: ["ignore", "ignore", "inherit"] });
  for (let round = 0; round < 240; round += 1) {
    const answer = await fetch(`http://127.0.0.1:${new URL(desk).port}/healthz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((done) => setTimeout(done, 250));
  }
  throw new Error("the server did not start");
}

async function stop() {
  const ended = new Promise((done) => server.once("exit", done));
  server.kill("SIGTERM");
  await ended;
}

/** The command line while no server holds the database. */
async function command(...args) {
  await stop();
  try {
    return genvej(...args);
  } finally {
    await serve();
  }
}

before(async () => {
  if (!process.env.GENVEJ) throw new Error("GENVEJ names no program; run cargo xtask browser");
  folder = mkdtempSync(join(tmpdir(), "genvej-passkeys-"));
  config = join(folder, "genvej.toml");
  const [port, operations] = [await freePort(), await freePort()];
  desk = `http://desk.localhost:${port}`;
  const example = execFileSync(process.env.GENVEJ, ["example"], { encoding: "utf8" })
    .replaceAll("/var/lib/genvej/models", process.env.GENVEJ_MODELS)
    .replaceAll("/var/lib/genvej", folder)
    .replaceAll("/etc/genvej", folder)
    .replace("127.0.0.1:8400", `127.0.0.1:${port}`)
    .replace("127.0.0.1:8401", `127.0.0.1:${operations}`)
    .replace(/^operations = .*$/m, "")
    .replace(/^public = .*$/m, `public = "http://localhost:${port}"`)
    .replace(/^citizen = .*$/m, `citizen = "http://citizen.localhost:${port}"`)
    .replace(/^support = "https.*$/m, `support = "http://support.localhost:${port}"`)
    // The machine of a test may be one whose clock nobody synchronises.
    .replace(/^unsynchronised = .*$/m, `unsynchronised = "believe"`)
    .replace(/^desk = .*$/m, `desk = "${desk}"`);
  writeFileSync(config, example);
  writeFileSync(join(folder, "centres.csv"), CENTRES);
  genvej("keys", "init");
  genvej("migrate");
  genvej("import", "centres", join(folder, "centres.csv"));
  assert.ok(readFileSync(config, "utf8").includes(desk));
  browser = await chromiumWith([]);
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  if (server?.exitCode === null) await stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** A browser of its own with an authenticator that holds its keys and proves its holder. */
async function device() {
  const context = await browser.newContext({ viewport: DESKTOP, locale: "en-GB" });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const cdp = await context.newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true,
    },
  });
  const keys = async () => (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
  return { page, keys };
}

const makes = (page) => page.getByRole("button", { name: "Make a passkey" }).click();

async function signsIn(page) {
  await page.context().clearCookies();
  await page.goto(`${desk}/sign-in`);
  await page.getByRole("button", { name: "Sign in" }).click();
}

const name = (page) => page.locator(".console-who").first();

test("an account has a second passkey, and keeps it when the first is lost", { timeout: 240_000 }, async () => {
  const invite = genvej("staff", "invite", "--name", "Karla Clerk", "--role", "clerk", "--centre", "aarhus", "--site", "desk", "--declares-nobody").trim();
  await serve();
  const first = await device();
  await first.page.goto(invite);
  await picture(first.page, "passkey-1-invitation");
  await makes(first.page);
  await name(first.page).waitFor();
  assert.match(await name(first.page).innerText(), /Karla Clerk/);
  const [credential] = await first.keys();
  assert.ok(credential.isResidentCredential && credential.rpId === "desk.localhost");
  if (credential.userName !== undefined) assert.equal(credential.userName, "Karla Clerk (Citizen Service)");
  await signsIn(first.page);
  await name(first.page).waitFor();

  const id = (await command("staff", "list")).split("\t")[0];
  const second = await device();
  await second.page.goto((await command("staff", "add-key", id, "--site", "desk")).trim());
  await makes(second.page);
  await name(second.page).waitFor();
  for (const { page } of [first, second]) {
    await signsIn(page);
    await name(page).waitFor();
  }
  assert.equal((await command("staff", "show", id)).match(/^passkey/gm).length, 2);

  const third = await device();
  const link = (await command("staff", "add-key", id, "--site", "desk", "--lost")).trim();
  await first.page.goto(`${desk}/`);
  await first.page.waitForURL(`${desk}/sign-in`);
  await signsIn(first.page);
  await first.page.locator("[data-passkey-failed]").waitFor();
  await third.page.goto(link);
  await makes(third.page);
  await name(third.page).waitFor();
  assert.equal((await command("staff", "list")).split("\t")[0], id, "the same account");

  await command("staff", "disable", id);
  await third.page.goto(`${desk}/`);
  await third.page.waitForURL(`${desk}/sign-in`);
});
