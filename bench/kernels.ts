/**
 * `node scripts/setup.mjs bench/kernels.ts [--runtimes deno,bun,node] [--only matmul,sort] [--quick] [--write]`
 *
 * The library's kernels beside what their users would pick instead: TypeScript, a package from npm, what the runtime has. All sides of
 * a case run in one process on one thread, in turns; a cell is the median in milliseconds, and in brackets how many times ours it is.
 * Copies in and out are part of it where the case does not say otherwise. `--write` puts the tables into docs/kernels.md.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { equal } from "../tests/assert.ts";
import { load, machine, type Runtime, runtime, RUNTIMES, runtimeVersion } from "./harness/host.ts";
import { MARK } from "./harness/protocol.ts";
import { median } from "./harness/stats.ts";
import { markdown, show, table } from "./harness/table.ts";
import type { KernelCase } from "./kernels/types.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    runtimes: { type: "string" },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    /** In the process that measures. */
    measure: { type: "boolean", default: false },
  },
});

interface Row {
  readonly title: string;
  /** Milliseconds, by side. */
  readonly times: Readonly<Record<string, number>>;
}
interface Measured {
  readonly runtime: Runtime;
  readonly version: string;
  readonly rows: readonly Row[];
}

/** Kernels share the machine with others: enough turns for a median that one of them does not move. */
const TURNS = values.quick ? 7 : 15;
/** Milliseconds of a turn at least, and of all turns that warm up. */
const TURN_MS = values.quick ? 10 : 30, WARM_MS = values.quick ? 100 : 400;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

function names(): string[] {
  const all = readdirSync(here("kernels")).filter((file) => file !== "types.ts").map((file) =>
    file.slice(0, -3)
  );
  const wanted = values.only?.split(",") ?? all;
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    throw new Error(`no kernel named ${unknown.join(", ")}; there are: ${all.join(", ")}`);
  }
  return wanted;
}

function time(call: () => unknown, n: number): number {
  const start = performance.now();
  for (let i = 0; i < n; i++) call();
  return (performance.now() - start) / n;
}

function checkSame({ title, sides, same = equal }: KernelCase): void {
  const [ours, ...others] = Object.entries(sides).map(([name, call]) => ({ name, result: call() }));
  for (const { name, result } of others) {
    if (!same(ours.result, result)) {
      throw new Error(`${title}: ${name} does not give what ${ours.name} gives`);
    }
  }
}

function measureCase(one: KernelCase): Row {
  checkSame(one);
  const sides = Object.entries(one.sides).map(([name, call]) => {
    let calls = 0;
    for (const end = performance.now() + WARM_MS; calls < 3 || performance.now() < end; calls++) call();
    return { name, call, n: Math.ceil(TURN_MS / time(call, 3)), times: [] as number[] };
  });
  for (let turn = 0; turn < TURNS; turn++) {
    for (let i = 0; i < sides.length; i++) {
      const { call, n, times } = sides[(i + turn) % sides.length];
      times.push(time(call, n));
    }
  }
  return {
    title: one.title,
    times: Object.fromEntries(sides.map(({ name, times }) => [name, median(times)])),
  };
}

async function measureHere(name: string): Promise<void> {
  const { cases } = await import(`./kernels/${name}.ts`) as { cases: readonly KernelCase[] };
  for (const one of cases) console.log(MARK + JSON.stringify(measureCase(one)));
}

/** One kernel in a process of its own, so that one's types do not slow another's code. */
function measureOn(runtime: Runtime, name: string): Row[] {
  const args = runtime === "deno"
    ? ["run", "-A", "--conditions=tendril-source"]
    : runtime === "bun"
    ? ["run", "--conditions=tendril-source"]
    : ["--conditions=tendril-source"];
  const local = here(`../node_modules/.bin/${runtime}`);
  const { stdout, status } = spawnSync(
    existsSync(local) ? local : runtime,
    [...args, here("kernels.ts"), "--measure", "--only", name, ...(values.quick ? ["--quick"] : [])],
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  if (status !== 0) throw new Error(`${runtime}: the process that measured ${name} ended with ${status}`);
  return stdout.split("\n").filter((line) => line.startsWith(MARK)).map((line) =>
    JSON.parse(line.slice(MARK.length)) as Row
  );
}

function versionOf(runtime: Runtime): string {
  const { stdout } = spawnSync(here(`../node_modules/.bin/${runtime}`), ["--version"], { encoding: "utf8" });
  return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? runtimeVersion;
}

const HEAD = ["ms", "tendril", "others"];

function cells({ title, times: { tendril, ...others } }: Row): string[] {
  return [
    title,
    show(tendril),
    Object.entries(others).map(([name, ms]) => `${name} ${show(ms)} (${show(ms / tendril)})`).join(" · "),
  ];
}

const BEGIN = "<!-- kernels:begin -->", END = "<!-- kernels:end -->";

function write(measured: readonly Measured[]): void {
  const path = here("../docs/kernels.md");
  const text = existsSync(path) ? readFileSync(path, "utf8") : `# Kernels\n\n${BEGIN}\n${END}\n`;
  const begin = text.indexOf(BEGIN), end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path} has no lines ${BEGIN} and ${END} to write between`);
  const { cpu, cores, os } = machine();
  const sections = measured.map(({ runtime, version, rows }) =>
    `### ${runtime} ${version}\n\n${markdown(HEAD, rows.map(cells))}`
  );
  const note = `${cpu}, ${cores} cores, ${os}; load average ${
    load()[0]
  }. Medians, one thread; (×) how many times ours.`;
  writeFileSync(
    path,
    `${text.slice(0, begin + BEGIN.length)}\n\n${[note, ...sections].join("\n\n")}\n\n${text.slice(end)}`,
  );
  console.log(`written: docs/kernels.md`);
}

if (values.measure) {
  for (const name of names()) await measureHere(name);
} else {
  if (values.write && (values.only !== undefined || values.quick)) {
    throw new Error("--write is for the whole table: without --only and --quick");
  }
  const wanted = values.runtimes?.split(",") ?? (values.write ? RUNTIMES : [runtime]);
  const measured = RUNTIMES.filter((one) => wanted.includes(one)).map((one): Measured => {
    const version = versionOf(one);
    console.log(`\n${one} ${version}; load ${load().join(" ")}\n`);
    const rows = names().flatMap((name) => measureOn(one, name));
    console.log(table(HEAD, rows.map(cells)));
    return { runtime: one, version, rows };
  });
  if (values.write) write(measured);
}
