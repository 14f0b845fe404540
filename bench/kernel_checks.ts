/**
 * `node scripts/setup.mjs bench/kernel_checks.ts [--runtime bun] [--only sum,sort] [--turns 31] [--strip 32768] [--write]`
 *
 * What the checks in kernels cost: the time of each kernel with checks over its time without, on each runtime. All
 * sides run in one process, in turns, each turn in another order; a figure is the median of the ratios within a turn.
 *
 * - `again`: a second instance without checks. How far it is from 1 is the noise of the others.
 * - `kill`: checks that load a flag.
 * - `slice`: checks that call a function of the host, which returns at once.
 * - `JSPI`: the same function as a `WebAssembly.Suspending`, the kernel called through `WebAssembly.promising`.
 * - `µs/check`: how far apart the checks of `slice` are.
 */
import asc from "assemblyscript/asc";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { instrumentWith } from "../src/kernels/instrument/instrument.ts";
import { type Mode, tuningOf } from "../src/kernels/instrument/plan.ts";
import { machine, RUNTIMES } from "./harness/host.ts";
import { writeMarked } from "./harness/marked.ts";
import { MARK } from "./harness/protocol.ts";
import { median } from "./harness/stats.ts";
import { markdown, table } from "./harness/table.ts";
import { SOURCE } from "./kernel_checks_source.ts";

const { values } = parseArgs({
  options: {
    runtime: { type: "string" },
    only: { type: "string" },
    turns: { type: "string", default: "31" },
    strip: { type: "string" },
    write: { type: "boolean", default: false },
    /** In the process that measures: the compiled module. */
    module: { type: "string" },
  },
});

/** The argument of each kernel, for a few milliseconds a call, and what fills the memory for it. */
const KERNELS: Record<
  string,
  { size: number; prepare: "prepare" | "prepareF32" | "prepareF64"; count: number }
> = {
  sum: { size: 1_000_000, prepare: "prepareF64", count: 1_000_000 },
  matmul: { size: 192, prepare: "prepareF64", count: 2 * 192 ** 2 },
  simdMatmul: { size: 256, prepare: "prepareF32", count: 2 * 256 ** 2 },
  sha256: { size: 10_000, prepare: "prepare", count: 640_000 },
  levenshtein: { size: 1_500, prepare: "prepare", count: 3_000 },
  mandelbrot: { size: 160, prepare: "prepare", count: 0 },
  sort: { size: 50_000, prepare: "prepare", count: 0 },
  sieve: { size: 1_000_000, prepare: "prepare", count: 0 },
  fib: { size: 27, prepare: "prepare", count: 0 },
};

type Call = (argument: number) => unknown;
interface Side {
  name: "plain" | "again" | "kill" | "slice" | "JSPI";
  call: (kernel: string) => Call;
}
interface Row {
  kernel: string;
  plainMs: number;
  ratios: Partial<Record<Side["name"], number>>;
  microsecondsPerCheck: number;
}

/** Stack switching, which the types of the DOM do not have yet. */
interface StackSwitching {
  Suspending?: new (f: () => void) => WebAssembly.ImportValue;
  promising?: (f: Call) => Call;
}

async function compile(): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  const options = "--runtime stub -O3 --noAssert --uncheckedBehavior always --importMemory --sharedMemory " +
    "--initialMemory 1024 --maximumMemory 16384 --enable simd --enable threads";
  const { error, stderr } = await asc.main(["kernel.ts", "--outFile", "kernel.wasm", ...options.split(" ")], {
    readFile: (name) => name === "kernel.ts" ? SOURCE : null,
    writeFile: (_, contents) => void (bytes = contents as Uint8Array),
    listFiles: () => [],
  });
  if (error || bytes === undefined) throw new Error(`the kernels do not compile:\n${stderr}`);
  return bytes;
}

let checks = 0;

function makeSides(bytes: Uint8Array<ArrayBuffer>): Side[] {
  // One memory for all: Bun has few fast ones.
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 16384, shared: true });
  const { Suspending, promising } = WebAssembly as unknown as StackSwitching;
  const instance = (mode: Mode | undefined, check: WebAssembly.ImportValue) => {
    const tuning = mode && { ...tuningOf(mode), ...(values.strip && { strip: Number(values.strip) }) };
    const module = tuning && mode ? instrumentWith(bytes, mode, tuning).bytes : bytes;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), {
      env: { memory },
      tendril: { check },
    });
    // The flag is at 512, where nothing is written, and no run has the id 1.
    if (mode === "kill") (exports.__flag as WebAssembly.Global).value = 512;
    if (mode === "kill") (exports.__run as WebAssembly.Global).value = 1;
    return exports as Record<string, Call>;
  };
  const count = () => void checks++;
  const plain = instance(undefined, count), again = instance(undefined, count);
  const kill = instance("kill", count), slice = instance("slice", count);
  const found: Side[] = [
    { name: "plain", call: (kernel) => plain[kernel] },
    { name: "again", call: (kernel) => again[kernel] },
    { name: "kill", call: (kernel) => kill[kernel] },
    { name: "slice", call: (kernel) => slice[kernel] },
  ];
  if (Suspending && promising) {
    const suspended = instance("slice", new Suspending(() => {}));
    found.push({ name: "JSPI", call: (kernel) => promising(suspended[kernel]) });
  }
  return found;
}

async function measure(sides: Side[], kernel: string, turns: number): Promise<Row> {
  const { size, prepare, count } = KERNELS[kernel];
  sides[0].call(prepare)(count);
  const calls = sides.map((side) => ({ name: side.name, call: side.call(kernel), times: [] as number[] }));
  const results = new Set<unknown>();
  let checksOfOne = 0;
  // The engines compile anew while a kernel is young, later where other processes want the cores: with a tenth of these
  // turns some sides were measured in code that was not optimised yet, three times as slow.
  const warm = 100;
  for (let turn = -warm; turn < turns; turn++) {
    for (let i = 0; i < calls.length; i++) {
      const side = calls[(i + turn + warm) % calls.length];
      const before = checks;
      const start = performance.now();
      results.add(await side.call(size));
      const time = performance.now() - start;
      if (turn >= 0) side.times.push(time);
      if (side.name === "slice") checksOfOne = checks - before;
    }
  }
  if (results.size !== 1) throw new Error(`${kernel} gives different results: ${[...results].join(", ")}`);
  const [plain, ...others] = calls;
  const ratios: Row["ratios"] = {};
  for (const { name, times } of others) ratios[name] = median(times.map((time, i) => time / plain.times[i]));
  const plainMs = median(plain.times);
  return { kernel, plainMs, ratios, microsecondsPerCheck: plainMs * 1000 / checksOfOne };
}

async function runHere(path: string): Promise<void> {
  const sides = makeSides(new Uint8Array(readFileSync(path)));
  for (const kernel of values.only?.split(",") ?? Object.keys(KERNELS)) {
    console.log(MARK + JSON.stringify(await measure(sides, kernel, Number(values.turns))));
  }
}

async function runEverywhere(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tendril-kernels-"));
  const path = join(folder, "kernels.wasm");
  const sections: string[] = [];
  try {
    writeFileSync(path, await compile());
    for (const runtime of values.runtime?.split(",") ?? RUNTIMES) {
      const before = loadavg()[0];
      const binary = fileURLToPath(new URL(`../node_modules/.bin/${runtime}`, import.meta.url));
      const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2), "--module", path];
      const { stdout, status } = spawnSync(binary, [...(runtime === "deno" ? ["run", "-A"] : []), ...args], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      });
      if (status !== 0) throw new Error(`${runtime} ended with ${status}`);
      const rows = stdout.split("\n").filter((line) => line.startsWith(MARK))
        .map((line) => JSON.parse(line.slice(MARK.length)) as Row);
      const load = `load ${before.toFixed(2)} before, ${loadavg()[0].toFixed(2)} after`;
      console.log(`\n${runtime}; ${load}\n${table(HEAD, rows.map(cells))}`);
      sections.push(`${runtime}, ${load}:\n\n${markdown(HEAD, rows.map(cells))}`);
    }
    if (values.write) {
      const { cpu, cores, os } = machine();
      const note =
        `${cpu}, ${cores} cores, ${os}. Time over the time without checks, medians of ${values.turns} turns: a second ` +
        "instance without checks, for the noise; checks for a kill; checks for slices; the same through JavaScript Promise " +
        "Integration; and how far the checks of slices are apart.";
      writeMarked(new URL("../docs/kernels.md", import.meta.url), "checks", [note, ...sections].join("\n\n"));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const NAMES = ["again", "kill", "slice", "JSPI"] as const;
const HEAD = ["kernel", "ms", ...NAMES, "µs/check"];

function cells({ kernel, plainMs, ratios, microsecondsPerCheck }: Row): string[] {
  return [
    kernel,
    plainMs.toFixed(2),
    ...NAMES.map((name) => ratios[name]?.toFixed(2) ?? "–"),
    microsecondsPerCheck.toFixed(1),
  ];
}

if (values.module === undefined) await runEverywhere();
else await runHere(values.module);
