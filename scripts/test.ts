// Runs every suite on every runtime and ends with the line `N passed, N failed`.
//
//   npm test                          everything
//   npm test -- sync/queue            only files whose path contains one of the words
//   npm test -- --runtime bun,node    only these runtimes
//   npm test -- --jobs 3              several runtimes at once (default 1: timings stay honest)
//   npm test -- --bound 60            seconds until a runtime's run is killed (default 900)
//   npm test -- --verbose             each test by name, and the runners' own output
//
// Results come from the log that tests/harness.ts writes, read while it grows; see there for why. A runtime in
// which nothing ran, and a runner that failed without a failed test, count as one failure each. The type tests
// (tests/types/*.ts, one test a file) are a suite of their own.
//
// If a chosen file imports tests/monkey/world/databases.ts, PostgreSQL and Redis run meanwhile: see scripts/servers.ts. If one imports
// tests/kernels/reference_command.ts, the commands that it runs are installed: see scripts/lib/debian.ts.

import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs, stripVTControlCharacters } from "node:util";
import type { Runtime, TestEvent } from "../tests/harness.ts";
import { junitFailures } from "./lib/junit.ts";
import { type Finished, list, readText, runProgram, tool } from "./lib/repo.ts";
import { installReferences } from "./lib/debian.ts";
import { type Servers, startServers } from "./lib/servers.ts";

const { values: flags, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    runtime: { type: "string", multiple: true },
    jobs: { type: "string", default: "1" },
    bound: { type: "string", default: "900" },
    verbose: { type: "boolean", default: false },
  },
});

interface Suite {
  name: string;
  run(report: Report): Promise<void>;
}

/** Counts one suite and prints what fails, as it comes. */
class Report {
  passed = 0;
  failed = 0;
  skipped = 0;
  readonly #suite: string;
  readonly #start: number = performance.now();

  constructor(suite: string) {
    this.#suite = suite;
  }

  pass(name: string): void {
    this.passed++;
    if (flags.verbose) console.log(`${this.#suite}: ok ${name}`);
  }

  fail(name: string, detail: string): void {
    this.failed++;
    console.log(`\n${this.#suite}: FAILED ${name}\n${readable(detail).replace(/^/gm, "    ")}\n`);
  }

  summary(): string {
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(1);
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : "";
    return `${this.#suite.padEnd(5)} ${this.passed} passed, ${this.failed} failed${skipped} (${seconds} s)`;
  }
}

/** How each runtime's own runner is started on some files. */
const runners: Record<Runtime, (files: string[], junit: string) => string[]> = {
  deno: (files) => ["test", "-A", "--no-check", ...files],
  // The harness has its own bound for each test, so Bun's (5 s) is put out of the way.
  bun: (files, junit) => [
    ...["test", "--timeout=3600000", "--reporter=junit", `--reporter-outfile=${junit}`],
    ...files.map((file) => `./${file}`),
  ],
  node: (files) => ["--conditions=tendril-source", "--test", "--test-reporter=spec", ...files],
};

function runtimeSuite(runtime: Runtime, files: string[]): Suite {
  return {
    name: runtime,
    async run(report) {
      const folder = mkdtempSync(join(tmpdir(), "tendril-test-"));
      const log = join(folder, "log");
      closeSync(openSync(log, "w"));
      const reader = new LogReader(log, report);
      const timer = setInterval(() => reader.read(), 100);
      const run = (some: string[]): Promise<Finished> =>
        runProgram(tool(runtime), runners[runtime](some, join(folder, "junit.xml")), {
          env: { ...process.env, TENDRIL_TEST_LOG: log, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
          timeout: Number(flags.bound) * 1000,
          onOutput: flags.verbose ? (text) => process.stdout.write(text) : undefined,
        });
      let done = await run(files);
      reader.read();
      // For one import that cannot be resolved Deno runs nothing at all: then file by file.
      if (runtime === "deno" && reader.silent && done.code !== 0 && files.length > 1) {
        for (const file of files) {
          const alone = await run([file]);
          done = { ...alone, output: done.output, code: done.code };
        }
        reader.read();
      }
      clearInterval(timer);
      // Bun attributes errors that escape from timers to a test by itself, and lets no handler of ours see them.
      if (runtime === "bun") reader.addFailures(junitFailures(join(folder, "junit.xml")));
      reader.finish(files, done);
      if (done.timedOut) report.fail(`(killed after ${flags.bound} s)`, lastLines(done.output));
      else if (report.passed + report.failed === 0) report.fail("(no test ran)", lastLines(done.output));
      else if (done.code !== 0 && report.failed === 0) {
        report.fail(`(the runner ended with code ${done.code})`, lastLines(done.output));
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Follows a log while a runner writes it. */
class LogReader {
  readonly #file: number;
  readonly #report: Report;
  #rest = "";
  /** By file and name; what is left at the end has never finished. */
  readonly #open: Map<string, { event: TestEvent; started: boolean }> = new Map();
  readonly #passed: Map<string, TestEvent> = new Map();
  readonly #files: Set<string> = new Set();

  constructor(path: string, report: Report) {
    this.#file = openSync(path, "r");
    this.#report = report;
  }

  /** Whether no test has been registered yet. */
  get silent(): boolean {
    return this.#files.size === 0;
  }

  read(): void {
    const buffer = Buffer.alloc(1 << 16);
    let text = this.#rest;
    for (let size; (size = readSync(this.#file, buffer)) > 0;) text += buffer.toString("latin1", 0, size);
    const lines = text.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(JSON.parse(Buffer.from(line, "latin1").toString()) as TestEvent);
  }

  #take(event: TestEvent): void {
    const key = `${event.file}\0${event.name}`;
    if (event.type !== "stray") this.#files.add(event.file);
    switch (event.type) {
      case "stray":
        this.#report.fail(`${event.file}: (outside any test)`, event.error);
        break;
      case "registered":
        if (this.#open.has(key) || this.#passed.has(key)) {
          this.#report.fail(`${event.file}: ${event.name}`, "two tests of this file have this name");
        }
        this.#open.set(key, { event, started: false });
        break;
      case "started":
        this.#open.set(key, { event, started: true });
        break;
      case "skipped":
        this.#report.skipped++;
        break;
      case "passed":
        this.#open.delete(key);
        this.#passed.set(key, event);
        break;
      case "failed":
        this.#open.delete(key);
        this.#report.fail(`${event.file}: ${event.name}`, event.error);
    }
  }

  addFailures(failures: { file: string; name: string; error: string }[]): void {
    for (const { file, name, error } of failures) {
      const key = `${file}\0${name}`;
      const known = this.#passed.delete(key) || this.#open.delete(key);
      if (known) this.#report.fail(`${file}: ${name}`, error);
    }
  }

  finish(files: string[], done: Finished): void {
    closeSync(this.#file);
    for (const event of this.#passed.values()) this.#report.pass(`${event.file}: ${event.name}`);
    let unexplained = false;
    for (const { event, started } of this.#open.values()) {
      const why = !started
        ? "never started: its file did not load, or the runner gave up before it"
        : done.timedOut
        ? "was running when the run was killed: an endless loop?"
        : "started and never ended";
      this.#report.fail(`${event.file}: ${event.name}`, why);
      unexplained = true;
    }
    for (const file of files.filter((file) => !this.#files.has(file))) {
      this.#report.fail(file, "registered no test: it did not load, or does not use tests/harness.ts");
      unexplained = true;
    }
    if (unexplained) console.log(`the runner's own last words:\n${lastLines(done.output)}\n`);
  }
}

/** Each file of tests/types is a test that passes when the compiler finds nothing wrong in it. */
function typeSuite(files: string[]): Suite {
  return {
    name: "types",
    async run(report) {
      const done = await runProgram(tool("tsc"), ["--noEmit", "--pretty", "false", "-p", "tests/types"]);
      const errors = done.output.split(/\n(?=\S)/).filter((line) => line.includes("error TS"));
      for (const file of files) {
        const own = errors.filter((line) => line.startsWith(file));
        if (own.length > 0) report.fail(file, own.join("\n"));
        else report.pass(file);
      }
      if (done.code !== 0 && report.failed === 0) report.fail("(tsc)", lastLines(done.output));
    },
  };
}

/** An error without colours and without the frames of runner, harness and assertions. */
function readable(detail: string): string {
  const lines = stripVTControlCharacters(detail).trimEnd().split("\n");
  return lines.filter((line) =>
    !/^\s*at .*(tests\/harness\.ts|node:|ext:|deno-std|native:|<anonymous>\))/.test(line)
  )
    .join("\n");
}

/** The end of a runner's output, without what it says of tests that passed. */
function lastLines(output: string): string {
  const lines = stripVTControlCharacters(output).trimEnd().split("\n");
  return lines.filter((line) => !/^\(pass\)|^\s*✔|^ℹ| \.\.\. ok /.test(line)).slice(-60).join("\n") ||
    "(no output)";
}

const matches = (file: string): boolean => words.length === 0 || words.some((word) => file.includes(word));
const allRuntimes: Runtime[] = ["deno", "bun", "node"];
const wanted = flags.runtime?.flatMap((name) => name.split(",")) ?? [...allRuntimes, "types"];
const unknown = wanted.filter((name) => name !== "types" && !allRuntimes.includes(name as Runtime));
if (unknown.length > 0) throw new Error(`no such runtime: ${unknown.join(", ")}`);

const files = list("tests/**/*.test.ts").filter(matches);
const typeFiles = list("tests/types/*.ts").filter(matches);
const suites: Suite[] = [];
/** Deno cannot end a thread that computes: what the tests of threads leave behind ends with their process. */
const leavesThreads = (file: string): boolean => file.startsWith("tests/threads/");
for (const runtime of allRuntimes.filter((name) => wanted.includes(name))) {
  for (const some of [files.filter((file) => !leavesThreads(file)), files.filter(leavesThreads)]) {
    if (some.length > 0) suites.push(runtimeSuite(runtime, some));
  }
}
if (wanted.includes("types") && typeFiles.length > 0) suites.push(typeSuite(typeFiles));

const needs = (helper: string): boolean =>
  wanted.some((name) => name !== "types") && files.some((file) => readText(file).includes(helper));
let servers: Servers | undefined;
try {
  if (needs("/reference_command.ts")) installReferences();
  if (needs("/databases.ts")) servers = await startServers();
  Object.assign(process.env, servers?.env);
} catch (error) {
  console.log((error as Error).message); // the tests that need them fail, and say what to do
}

let passed = 0;
let failed = 0;
const queue = suites.values();
await Promise.all(Array.from({ length: Number(flags.jobs) }, async () => {
  for (const suite of queue) {
    const report = new Report(suite.name);
    await suite.run(report);
    console.log(report.summary());
    passed += report.passed;
    failed += report.failed;
  }
}));
await servers?.stop();
if (suites.length === 0) console.log(`no test file matches ${words.join(" ")}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed`);
