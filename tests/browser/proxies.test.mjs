// Pages, forms and passkeys over TLS, through each proxy of deploy/, with the examples as they stand there.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { chromiumWith } from "./sandbox.mjs";

const ROOT = new URL("../../", import.meta.url).pathname;
const HOSTS = ["api", "citizen", "support", "desk"].map((site) => `${site}.localhost`);

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

/** The folder of the default face models, fetched by cargo xtask setup. */
function models() {
  const sets = join(process.env.XDG_CACHE_HOME || join(process.env.HOME, ".cache"), "genvej", "models");
  const found = readdirSync(sets).map((set) => join(sets, set)).filter((set) => existsSync(join(set, "manifest.toml")));
  assert.ok(found.length > 0, "cargo xtask models has fetched the models");
  return process.env.GENVEJ_MODELS || found[0];
}

/** A certificate for the four hosts, made here and trusted by this browser alone. */
function certificate(folder) {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = HOSTS.map((host) => `DNS:${host}`).join(",");
  execFileSync("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
    "-subj", "/CN=genvej-test", "-addext", `subjectAltName=${names}`,
  ], { stdio: "ignore" });
  const both = join(folder, "tls.pem");
  writeFileSync(both, readFileSync(cert, "utf8") + readFileSync(key, "utf8"));
  const spki = execFileSync("sh", ["-c", `openssl x509 -in ${cert} -pubkey -noout | openssl pkey -pubin -outform der`]);
  return { both, cert: readFileSync(cert), spki: createHash("sha256").update(spki).digest("base64") };
}

/** One server whose sites are at this port over TLS, as a proxy there makes them. */
async function served(folder, port) {
  const genvej = process.env.GENVEJ;
  assert.ok(genvej, "GENVEJ names no program; run cargo xtask browser");
  const [listen, operations] = [await freePort(), await freePort()];
  const set = (text, key, value) => text.replace(new RegExp(`^${key} = .*$`, "m"), `${key} = ${value}`);
  let config = execFileSync(genvej, ["example"], { encoding: "utf8" });
  config = config.replaceAll("/var/lib/genvej/models", models()).replaceAll("/var/lib/genvej", folder).replaceAll("/etc/genvej", folder);
  config = set(config, "listen", `"127.0.0.1:${listen}"`);
  config = set(config, "operations", `"127.0.0.1:${operations}"`);
  config = set(config, "proxies", '["127.0.0.1"]');
  // The machine of a test may be one whose clock nobody synchronises.
  config = set(config, "unsynchronised", '"believe"');
  for (const site of ["public", "citizen", "support", "desk"]) {
    config = set(config, site, `"https://${site === "public" ? "api" : site}.localhost:${port}"`);
  }
  config = config.replace(/\[sms\][^[]*/, '[sms]\nby = "none"\n\n').replace(/\[mail\][^[]*/, '[mail]\nby = "none"\n\n');
  config = config.replace('profile = "public-service"', 'profile = "public-service"\n[policy.overrides.chip_face]\npassive_pad_required = false\nsecond_embedding_required = false');
  const file = join(folder, "genvej.toml");
  writeFileSync(file, config);
  mkdirSync(join(folder, "registers"), { recursive: true });
  const centres = join(folder, "centres.csv");
  const hours = ["mon", "tue", "wed", "thu", "fri"].map((day) => `${day} 08:00-16:00`).join(" ");
  writeFileSync(centres, `centre,name,municipality,street,postcode,town,latitude,longitude,zone,desks,hours\naarhus,Borgerservice Aarhus,751,Torvet 1,8000,Aarhus,56.15,10.2,Europe/Copenhagen,5,${hours}\n`);
  const run = (...args) => execFileSync(genvej, ["--config", file, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  run("keys", "init");
  run("migrate");
  run("import", "centres", centres);
  const process_ = spawn(genvej, ["--config", file, "serve"], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  process_.stderr.on("data", (text) => (log += text));
  await until(async () => (await fetch(`http://127.0.0.1:${operations}/readyz`)).ok, () => log);
  return { listen, run, process_, log: () => log };
}

async function until(wanted, why) {
  for (let round = 0; round < 600; round += 1) {
    if (await wanted().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail(`it did not come about: ${why()}`);
}

const adapted = (name, changes) => {
  let text = readFileSync(join(ROOT, "deploy", name), "utf8");
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), `${name} has ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
};

/** How each proxy is started with its example: other ports and paths, and nothing else. */
const PROXIES = {
  haproxy(folder, tls, port, listen) {
    const file = join(folder, "haproxy.cfg");
    writeFileSync(file, adapted("haproxy.cfg", [["bind :443", `bind 127.0.0.1:${port}`], ["/etc/genvej/tls.pem", tls.both], ["server one 127.0.0.1:8400", `server one 127.0.0.1:${listen}`]]));
    return ["haproxy", ["-f", file]];
  },
  nginx(folder, tls, port, listen) {
    const site = adapted("nginx.conf", [
      ["listen 443 ssl http2", `listen 127.0.0.1:${port} ssl http2`], ["/etc/genvej/tls.pem", tls.both], ["server 127.0.0.1:8400", `server 127.0.0.1:${listen}`],
      ["/var/log/nginx", folder], ["api.recovery.example recovery.example support.recovery.example desk.recovery.example", HOSTS.join(" ")],
    ]);
    const file = join(folder, "nginx.conf");
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((it) => `${it}_temp_path ${folder}/${it};`).join("\n");
    const user = process.getuid() === 0 ? "user root;" : "";
    writeFileSync(file, `${user}\ndaemon off;\npid ${folder}/nginx.pid;\nerror_log ${folder}/start.log;\nevents {}\nhttp {\n${temporary}\n${site}\n}\n`);
    return ["nginx", ["-c", file, "-p", folder]];
  },
  caddy(folder, tls, port, listen) {
    const file = join(folder, "Caddyfile");
    const text = adapted("Caddyfile", [
      ["/etc/genvej/tls.pem", tls.both], ["reverse_proxy 127.0.0.1:8400", `reverse_proxy 127.0.0.1:${listen}`], ["/var/log/caddy", folder],
      ["api.recovery.example, recovery.example, support.recovery.example, desk.recovery.example", HOSTS.map((host) => `https://${host}:${port}`).join(", ")],
    ]);
    writeFileSync(file, text.replace("{\n", `{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n`));
    return ["caddy", ["run", "--config", file, "--adapter", "caddyfile"]];
  },
};

/** One request with a host, method and headers of our choice. */
async function ask(port, tls, { host, path = "/", method = "GET", headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, servername: host, ca: tls.cert, path, method, headers: { host: `${host}:${port}`, ...headers } }, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const running = [];
after(() => running.forEach((it) => it.kill("SIGKILL")));

for (const [name, started] of Object.entries(PROXIES)) {
  test(`pages, forms and passkeys through ${name} over TLS`, { timeout: 240_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), `genvej-${name}-`));
    const tls = certificate(folder);
    const port = await freePort();
    const server = await served(folder, port);
    running.push(server.process_);
    const [program, args] = started(folder, tls, port, server.listen);
    const proxy = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, HOME: folder } });
    running.push(proxy);
    let log = "";
    proxy.stdout.on("data", (text) => (log += text));
    proxy.stderr.on("data", (text) => (log += text));
    await until(async () => (await ask(port, tls, { host: HOSTS[1] })).status === 200, () => log + server.log());
    const browser = await chromiumWith([`--ignore-certificate-errors-spki-list=${tls.spki}`]);
    let invited;
    try {
      await overHttp(port, tls);
      await aVisitIsBooked(browser, port);
      invited = await aPasskeySignsIn(browser, port, server);
    } finally {
      await browser.close();
    }
    const logs = log + ["genvej.log", "genvej-error.log"].map((it) => (existsSync(join(folder, it)) ? readFileSync(join(folder, it), "utf8") : "")).join("");
    assert.ok(logs.length > 0, "the proxy writes a log");
    for (const secret of ["secret-of-somebody", invited]) {
      assert.ok(!logs.includes(secret), `${secret} stands in the log of ${name}`);
      assert.ok(!server.log().includes(secret), `${secret} stands in the log of genvej`);
    }
    for (const it of [proxy, server.process_]) {
      const ended = new Promise((done) => it.once("exit", done));
      it.kill("SIGTERM");
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });
}

/** Hosts, headers, sizes, and what is nobody's outside. */
async function overHttp(port, tls) {
  const [api, citizen] = HOSTS;
  const page = await ask(port, tls, { host: citizen, path: "/stop/secret-of-somebody" });
  assert.equal(page.status, 200);
  assert.equal(page.headers["strict-transport-security"], "max-age=31536000");
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    assert.equal((await ask(port, tls, { host: api, path })).status, 404, path);
  }
  const nonce = await ask(port, tls, { host: api, path: "/v1/app/nonce", method: "POST", body: '{"keyid":"k"}' });
  assert.equal(nonce.status, 200);
  const broken = await ask(port, tls, { host: api, path: "/v1/app/nonce", method: "POST", body: "{" });
  assert.equal(JSON.parse(broken.text).code, "malformed-body");
  const large = "a".repeat(4_500_000);
  const frames = await ask(port, tls, { host: api, path: "/v1/app/nonce", method: "POST", body: JSON.stringify({ keyid: large }) });
  assert.equal(JSON.parse(frames.text).code, "malformed-body", "a body of some megabytes gets through");
  const larger = await ask(port, tls, { host: api, path: "/v1/app/nonce", method: "POST", body: "a".repeat(7_000_000) }).catch(() => ({ status: 413 }));
  // Caddy 2.6 finds out while it passes the body on, and answers 502.
  assert.ok([413, 502].includes(larger.status), `a body that is too large: ${larger.status}`);
}

/** A form that sends something: the browser names its origin, and the site takes it for its own. */
async function aVisitIsBooked(browser, port) {
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(`https://citizen.localhost:${port}/book`);
  await page.getByRole("link", { name: /Aarhus/ }).first().click();
  await page.locator(".times a").first().click();
  await page.locator("input[name=by][value=email]").check();
  await page.locator("#contact").fill("somebody@mail.example");
  await page.locator("main button[type=submit]").first().click();
  await page.waitForLoadState();
  assert.match(await page.locator("main").innerText(), /Aarhus/);
  assert.equal(await page.locator("#contact").count(), 0, "the form was taken");
  await context.close();
}

/** A passkey is made by an invitation, and signs in; its cookie is of this host alone. */
async function aPasskeySignsIn(browser, port, server) {
  const invitation = server.run("staff", "invite", "--name", "Oline Overseer", "--role", "supervisor", "--site", "support").trim().split("\n").at(-1);
  assert.ok(invitation.startsWith(`https://support.localhost:${port}/invite/`), invitation);
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  });
  await page.goto(invitation);
  await page.locator("[data-passkey-make]").click();
  await page.getByText("Oline Overseer").first().waitFor();
  const session = async () => (await context.cookies()).find(({ name }) => name.startsWith("__Host-genvej-support"));
  const cookie = await session();
  assert.ok(cookie?.secure && cookie.httpOnly && cookie.sameSite === "Strict", "the session's cookie");

  await context.clearCookies();
  await page.goto(`https://support.localhost:${port}/`);
  await page.locator("[data-passkey-use]").click();
  await page.getByText("Oline Overseer").first().waitFor();
  assert.ok(await session());
  await context.close();
  return invitation.split("/").at(-1);
}
