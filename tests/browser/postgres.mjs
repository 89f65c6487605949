// A PostgreSQL server in a folder of its own, as the user `postgres` where the caller is root: PostgreSQL refuses to be root.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:net";

const RELEASES = "/usr/lib/postgresql";

function programs() {
  const found = existsSync(RELEASES) ? readdirSync(RELEASES).sort((a, b) => a - b).map((it) => join(RELEASES, it, "bin")) : [];
  const newest = found.filter((it) => existsSync(join(it, "initdb"))).at(-1);
  if (!newest) throw new Error("PostgreSQL is not installed: cargo xtask setup");
  return newest;
}

function asUser(program, args) {
  return process.getuid() === 0
    ? ["setpriv", ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", program, ...args]]
    : [program, args];
}

async function answersAt(port) {
  for (let round = 0; round < 200; round += 1) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket.end() && true)).once("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("PostgreSQL did not start");
}

/** A server with an empty database: its URL, the folder of its files, and how it is stopped. */
export async function startPostgres(port) {
  const folder = mkdtempSync(join(tmpdir(), "genvej-postgres-"));
  const data = join(folder, "data");
  if (process.getuid() === 0) execFileSync("chown", ["postgres:", folder]);
  const run = (name, args) => execFileSync(...asUser(join(programs(), name), args), { cwd: folder, stdio: "ignore" });
  run("initdb", ["--auth=trust", "--username=genvej", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata", data]);
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories="].flatMap((it) => ["-c", it]);
  const [program, args] = asUser(join(programs(), "postgres"), ["-D", data, "-p", String(port), ...settings]);
  const server = spawn(program, args, { cwd: folder, stdio: "ignore" });
  const ended = new Promise((done) => server.once("exit", done));
  await answersAt(port);
  return {
    url: `postgresql://genvej@127.0.0.1:${port}/postgres`,
    data,
    async stop() {
      // A fast shutdown: sessions are ended.
      server.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
