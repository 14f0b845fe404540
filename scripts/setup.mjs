// Runs a script of this repository, after making sure that its tools are there.
//
//   node scripts/setup.mjs [--on deno|bun|node] <file> [arguments]
//   node scripts/setup.mjs                        (only installs)
//
// Plain JavaScript that Node 18 understands, because on a fresh clone nothing else is there. Deno, Bun and the
// Node that runs TypeScript come from npm as development dependencies. The file runs in a child process of the
// wanted runtime rather than after `&&` in package.json: a shell remembers where it found `node` first, and that
// would be the old one.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const bin = join(modules, ".bin");
const stamp = join(modules, ".tendril-setup");
const windows = process.platform === "win32";
const runtimes = ["deno", "bun", "node"];

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));
const wantedVersion = (name) => readJson(join(root, "package.json")).devDependencies[name];

function command(name) {
  const path = join(bin, windows ? `${name}.cmd` : name);
  return existsSync(path) ? path : undefined;
}

/** The version that a runtime in node_modules reports, or undefined when it does not start. */
function versionOf(name) {
  const path = command(name);
  if (path === undefined) return undefined;
  const found = spawnSync(path, ["--version"], { encoding: "utf8", shell: windows });
  return /\d+\.\d+\.\d+\S*/.exec(found.stdout ?? "")?.[0];
}

const broken = () => runtimes.filter((name) => versionOf(name) !== wantedVersion(name));

function npm(args) {
  const done = spawnSync("npm", args, { cwd: root, stdio: ["ignore", "ignore", "inherit"], shell: windows });
  return done.status === 0;
}

/** Installs when node_modules does not belong to the lock file as it is now. */
function install() {
  const lock = readFileSync(join(root, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  if (!matchesLock(JSON.parse(lock)) || broken().length > 0) {
    process.stderr.write("installing the development tools (npm ci) ...\n");
    if (!npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"])) fail("npm ci failed");
    // Where install scripts are blocked, the binaries are there but not linked into place: ask for just these.
    const left = broken();
    if (left.length > 0) npm(["rebuild", "--ignore-scripts=false", "--loglevel=error", ...left]);
    const still = broken();
    if (still.length > 0) fail(`these do not run: ${still.join(", ")}; delete node_modules and try again`);
  }
  writeFileSync(stamp, hash);
}

/** Whether somebody's own `npm ci` or `npm install` has already done the work. */
function matchesLock(lock) {
  const file = join(modules, ".package-lock.json");
  if (!existsSync(file)) return false;
  const present = readJson(file).packages;
  return Object.entries(lock.packages).every(([path, entry]) =>
    path === "" || entry.optional || present[path]?.version === entry.version
  );
}

function fail(message) {
  process.stderr.write(`setup: ${message}\n`);
  process.exit(1);
}

const args = process.argv.slice(2);
const runtime = args[0] === "--on" ? args.splice(0, 2)[1] : "node";
if (!runtimes.includes(runtime)) fail(`no such runtime: ${runtime}; one of ${runtimes.join(", ")}`);
install();
if (args.length > 0) {
  const [file, ...rest] = args;
  const before = {
    deno: ["run", "-A", "--no-check"],
    bun: [],
    // Lets `import "tendril"` find the sources without a build; Deno does it by deno.json, Bun by its own condition.
    node: ["--conditions=tendril-source", "--disable-warning=ExperimentalWarning"],
  }[runtime];
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, DENO_NO_UPDATE_CHECK: "1" };
  const child = spawn(command(runtime), [...before, file, ...rest], {
    stdio: "inherit",
    env,
    shell: windows,
  });
  // Ctrl-C reaches the child by itself; wait for how it ends instead of leaving it behind.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => signal === "SIGINT" || child.kill(signal));
  }
  child.on("error", (error) => fail(error.message));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}
