// Starts a PostgreSQL and a Redis of its own for the tests, and stops them again.
//
//   node scripts/setup.mjs scripts/servers.ts
//
// One line of JSON on stdout says where they are: {"TENDRIL_TEST_POSTGRES":"postgres://…","TENDRIL_TEST_REDIS":"redis://…"}.
// They live until stdin ends, so they go when whoever started them goes, however that ended. (From a terminal: Ctrl-D
// or Ctrl-C.) Data is in a temporary folder, ports are free ones of the loopback device, nothing is synced to the disk.
// What is missing is installed by apt-get, from Debian's packages; then it says so on stderr.
// scripts/lib/servers.ts starts this for other scripts.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, globSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { installPackages, onPath } from "./lib/debian.ts";

const isRoot = process.getuid?.() === 0;
/** PostgreSQL refuses to run as root. The package makes this user. */
const POSTGRES_USER = "postgres";
const START_TIMEOUT = 30_000;

function say(text: string): void {
  process.stderr.write(`servers: ${text}\n`);
}

/** The newest PostgreSQL: Debian keeps its programs out of the search path, one folder a version. */
function postgresFolder(): string | undefined {
  const version = (path: string) => Number(/postgresql\/(\d+)/.exec(path)?.[1]);
  const found = globSync("/usr/lib/postgresql/*/bin/initdb").sort((a, b) => version(b) - version(a));
  return (found[0] ?? onPath("initdb"))?.replace(/\/initdb$/, "");
}

function install(): void {
  installPackages([
    ...(postgresFolder() === undefined ? ["postgresql"] : []),
    ...(onPath("redis-server") === undefined ? ["redis-server"] : []),
  ], say);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

const children = new Map<ChildProcess, NodeJS.Signals>();
let isStopping = false;

/** Starts a server, which is ready when it writes `ready`. It dies with this program, even when that is killed. */
function start(
  command: string[],
  ready: RegExp,
  stopWith: NodeJS.Signals,
  asUser: string[] = [],
): Promise<void> {
  const name = command[0].replace(/.*\//, "");
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...asUser, ...command], {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: folder,
    detached: true, // Ctrl-C is for this program alone, which then stops them in order
  });
  children.set(child, stopWith);
  let output = "";
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${name} ${why}\n${output.slice(-2000)}`));
    const timer = setTimeout(() => fail(`was not ready after ${START_TIMEOUT} ms`), START_TIMEOUT);
    const keep = (chunk: Buffer) => {
      output = (output + chunk).slice(-10_000);
      if (!ready.test(output)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => fail(`did not start: ${error.message}`));
    child.on("exit", (code, signal) => {
      children.delete(child);
      clearTimeout(timer);
      fail(`ended with ${signal ?? code}`);
      if (!isStopping) stop(1, `${name} ended by itself with ${signal ?? code}\n${output.slice(-2000)}`);
    });
  });
}

async function startPostgres(): Promise<string> {
  const programs = postgresFolder() as string;
  const data = join(folder, "postgres");
  const asUser = isRoot ? ["--reuid", POSTGRES_USER, "--regid", POSTGRES_USER, "--init-groups"] : [];
  mkdirSync(data, { mode: 0o700 });
  if (isRoot) {
    const id = (flag: string) => Number(spawnSync("id", [flag, POSTGRES_USER], { encoding: "utf8" }).stdout);
    chownSync(data, id("-u"), id("-g"));
    chownSync(folder, id("-u"), id("-g"));
  }
  const made = spawnSync("setpriv", [
    ...asUser,
    ...[join(programs, "initdb"), "-D", data, "-U", "tendril", "-A", "trust"],
    ...["-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"],
  ], { encoding: "utf8", cwd: folder });
  if (made.status !== 0) throw new Error(`initdb failed:\n${made.stdout}${made.stderr}`);
  const port = await freePort();
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    shared_buffers: "16MB",
    max_connections: 100,
    autovacuum: "off",
    // A client that goes away in the middle of a query is noticed after so many milliseconds.
    client_connection_check_interval: 10,
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const command = [join(programs, "postgres"), "-D", data, ...options];
  await start(command, /ready to accept connections/, "SIGQUIT", asUser);
  return `postgres://tendril@127.0.0.1:${port}/postgres`;
}

async function startRedis(): Promise<string> {
  const port = await freePort();
  const settings = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  await start([onPath("redis-server") as string, ...settings], /Ready to accept connections/i, "SIGTERM");
  return `redis://127.0.0.1:${port}`;
}

function stop(code: number, why?: string): void {
  if (isStopping) return;
  isStopping = true;
  if (why !== undefined) say(why);
  const end = () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(code);
  };
  const hard = setTimeout(() => {
    for (const child of children.keys()) child.kill("SIGKILL");
    end();
  }, 5000);
  const check = () => {
    if (children.size > 0) return;
    clearTimeout(hard);
    end();
  };
  for (const [child, signal] of children) {
    child.once("exit", check);
    child.kill(signal);
  }
  check();
}

let folder = "";
process.stdin.on("end", () => stop(0)).on("error", () => stop(0)).resume();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop(0));
try {
  if (process.platform !== "linux" || onPath("setpriv") === undefined) {
    throw new Error("this needs Linux and util-linux (setpriv)");
  }
  install();
  folder = mkdtempSync(join(tmpdir(), "tendril-servers-"));
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  process.stdout.write(
    `${JSON.stringify({ TENDRIL_TEST_POSTGRES: postgres, TENDRIL_TEST_REDIS: redis })}\n`,
  );
} catch (error) {
  stop(1, (error as Error).message);
}
