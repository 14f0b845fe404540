/**
 * `npm run bench [-- --quick] [--only switch,queue] [--runtime bun]`
 *
 * Measures each cost on each runtime, ours beside its peers in one process, prints the medians and their ratios, and
 * keeps them in `bench/results/<runtime>.json` (not with `--quick`, whose figures are too noisy to quote).
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { CostResult } from "./harness/cost.ts";
import { load, machine, type Runtime, RUNTIME_ARGS, RUNTIMES } from "./harness/host.ts";
import { MARK } from "./harness/protocol.ts";
import { GROWTH_HEAD, growthRows, remarks, resultTables, type Shown } from "./harness/report.ts";
import { keep, type Kept } from "./harness/results.ts";
import { table } from "./harness/table.ts";
import { PYTHON } from "./peers/python.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    runtime: { type: "string" },
  },
});

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** In the order of the table; a file that is not named here comes last. */
const ORDER = [
  "switch",
  "spawn",
  "kill",
  "queue",
  "semaphore",
  "timers",
  "timeout",
  "explore",
  "memory",
  "patched_fetch",
  "echo",
  "threads_throughput",
  "threads_latency",
  "threads_payload",
  "threads_break_even",
  "threads_map",
  "threads_start",
  "threads_memory",
  "first",
  "bundle",
];
/** Packages whose versions are kept with the figures. */
const PEERS = [
  "effection",
  "effect",
  "esbuild",
  "piscina",
  "tinypool",
  "workerpool",
  "poolifier",
  "comlink",
];
const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

function chosen<T extends string>(what: string, all: readonly T[], wanted: string | undefined): T[] {
  if (wanted === undefined) return [...all];
  const names = wanted.split(",");
  const unknown = names.filter((name) => !all.some((one) => one === name));
  if (unknown.length > 0) {
    console.error(`no ${what} named ${unknown.join(", ")}; there are: ${all.join(", ")}`);
    process.exit(2);
  }
  return all.filter((one) => names.includes(one));
}

const costNames = readdirSync(here("costs")).filter((f) => f.endsWith(".ts")).map((f) => f.slice(0, -3));
costNames.sort((a, b) => place(a) - place(b) || a.localeCompare(b));
const costs = chosen("cost", costNames, values.only);
const runtimes = chosen("runtime", RUNTIMES, values.runtime);

/** The binary that npm installed; otherwise the one on the path. */
function binary(runtime: Runtime): string {
  const local = here(`../node_modules/.bin/${runtime}`);
  return existsSync(local) ? local : runtime;
}

function versionOf(runtime: Runtime): string | undefined {
  const { stdout, status } = spawnSync(binary(runtime), ["--version"], { encoding: "utf8" });
  return status === 0 ? /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] : undefined;
}

function peerVersions(): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of PEERS) {
    const { version } = JSON.parse(readFileSync(here(`../node_modules/${name}/package.json`), "utf8")) as {
      version: string;
    };
    versions[name] = version;
  }
  return versions;
}

/** The versions of Python and gevent, or undefined where gevent is missing. */
function pythonVersions(): Record<string, string> | undefined {
  const script = "import sys, gevent; print(sys.version.split()[0], gevent.__version__)";
  const { stdout, status } = spawnSync(PYTHON, ["-c", script], { encoding: "utf8" });
  const [python, gevent] = status === 0 ? stdout.trim().split(" ") : [];
  return python && gevent ? { python, gevent } : undefined;
}

type Line = { result: CostResult } | { failed: string; reason: string };

async function measureOn(
  runtime: Runtime,
  names: readonly string[],
  without: readonly string[],
  onLine: (line: Line) => void,
) {
  const args = [
    ...RUNTIME_ARGS[runtime],
    here("harness/worker.ts"),
    "--costs",
    names.join(","),
    "--without",
    without.join(","),
  ];
  if (values.quick) args.push("--quick");
  const child = spawn(binary(runtime), args, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith(MARK)) onLine(JSON.parse(line.slice(MARK.length)) as Line);
    else console.log(line);
  }
}

const python = pythonVersions();
if (!python) console.log("gevent, asyncio: not installed: apt-get install python3-gevent");
const without = python ? [] : ["gevent", "asyncio"];
const command = `npm run bench${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(" ")}` : ""}`;
const about = machine();
console.log(
  `${about.cpu}, ${about.cores} cores, ${about.memoryGiB} GiB, ${about.os}; load ${load().join(" ")}`,
);

/** Above this many running processes a core, the sides take turns on the machine as well. */
const BUSY = 0.75;
const loads: number[] = [];

let failures = 0;
const summary: Shown[] = [];
const growth: string[][] = [];
for (const runtime of runtimes) {
  const version = versionOf(runtime);
  if (!version) {
    console.log(`\n${runtime}: not installed, left out`);
    continue;
  }
  const kept: Kept = {
    runtime,
    machine: about,
    versions: { [runtime]: version, ...peerVersions(), ...python },
    costs: {},
  };
  console.log(`\n${runtime} ${version}`);
  // A process for each cost, so that one cost's types don't slow another's code; a quick run can't afford that.
  for (const names of values.quick ? [costs] : costs.map((name) => [name])) {
    const before = load();
    let answered = 0;
    await measureOn(runtime, names, without, (line) => {
      answered++;
      if ("failed" in line) {
        failures++;
        console.error(`${runtime}: ${line.failed} failed: ${line.reason}`);
        return;
      }
      const { result } = line;
      if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
      for (const text of [...resultTables([{ result }], table), ...remarks(result)]) console.log(`\n${text}`);
      summary.push({ result, before: `${runtime}: ` });
      if (result.sweeps.length > 0) {
        const grown = growthRows(result);
        console.log(`\n${table(GROWTH_HEAD, grown)}`);
        growth.push(...grown.map(([first, ...rest]) => [`${runtime}: ${first}`, ...rest]));
      }
      loads.push(before[0] ?? 0);
      kept.costs[result.name] = {
        date: new Date().toISOString(),
        command,
        load: { before, after: load() },
        result,
      };
    });
    if (answered < names.length) {
      failures++;
      console.error(`${runtime}: the process that measured ${names.join(", ")} ended early`);
    }
  }
  if (!values.quick) keep(kept);
}

console.log(`\n\n${resultTables(summary, table).join("\n\n")}`);
if (growth.length > 0) console.log(`\n${table(GROWTH_HEAD, growth)}`);
console.log(
  "\n(×) how many times ours a peer's cost is. Exponent: of the cost of one operation; 0 does not grow.",
);
const busiest = Math.max(0, ...loads);
if (busiest > about.cores * BUSY) {
  console.log(
    `The machine was busy (load ${busiest} on ${about.cores} cores): the ratios are rough and the times are too high. Measure again when it is quiet.`,
  );
}
console.log(values.quick ? "A quick run: nothing was kept." : "Kept in bench/results/.");
process.exitCode = failures > 0 ? 1 : 0;
