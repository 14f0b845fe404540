// Tests that run unchanged on Deno, Bun and Node, under each runtime's own test command.
//
// Names are flat ("queue > put > waits while full"): nested suites are counted differently by every runner.
// Deno's own `Deno.test` is used there, since its `node:test` swallows errors that timers throw.
//
// Beside the runner's output every result is appended, as it comes, to the file named by TENDRIL_TEST_LOG, one
// JSON object a line. scripts/test.ts counts those: it survives a runner that is killed or dies, names the test
// that hung, and means the same on all three.

import fs from "node:fs";
import process from "node:process";
import { setImmediate as nextTurn } from "node:timers";
import { inspect } from "node:util";

export type Runtime = "deno" | "bun" | "node";
export type TestBody = () => void | Promise<void>;
export interface TestOptions {
  /** Milliseconds until the test fails, 10,000 by default. It cannot interrupt a loop that never yields. */
  timeout?: number;
}

/** A line of the log. */
export type TestEvent =
  & { file: string; name: string }
  & (
    | { type: "registered" | "started" | "skipped" }
    | { type: "passed"; ms: number }
    | { type: "failed"; ms: number; error: string }
    | { type: "stray"; error: string }
  );

interface DenoTest {
  test(definition: Record<string, unknown>): void;
}
const host = globalThis as { Deno?: DenoTest; Bun?: unknown };

/** The runtime that this is. */
export const runtime: Runtime = host.Deno ? "deno" : host.Bun ? "bun" : "node";

// A test may patch timers and files: keep what was there first.
const startTimer = globalThis.setTimeout;
const stopTimer = globalThis.clearTimeout;
const writeLine = fs.writeSync.bind(fs);
const logPath = process.env.TENDRIL_TEST_LOG;
const log = logPath ? fs.openSync(logPath, "a") : undefined;
const defaultTimeout = Number(process.env.TENDRIL_TEST_TIMEOUT ?? 10_000);

const nodeTest = runtime === "deno" ? undefined : (await import("node:test")).test;
const prefix: string[] = [];
let lastFile = "";
let failCurrent: ((error: unknown) => void) | undefined;

/** Puts `name` in front of the names of the tests that `body` registers. */
export function describe(name: string, body: () => void): void {
  prefix.push(name);
  try {
    body();
  } finally {
    prefix.pop();
  }
}

/** Registers a test. Errors that escape from timers and unhandled rejections fail the test that was running. */
export function test(name: string, body: TestBody, options: TestOptions = {}): void {
  const file = callingFile();
  const fullName = [...prefix, name].join(" > ");
  lastFile = file;
  emit({ type: "registered", file, name: fullName });
  register(fullName, () => runTest(file, fullName, body, options.timeout ?? defaultTimeout));
}

/** Registers a test that makes sense only on some runtimes; elsewhere it is counted as skipped. */
export function testOn(runtimes: Runtime[], name: string, body: TestBody, options: TestOptions = {}): void {
  if (runtimes.includes(runtime)) test(name, body, options);
  else emit({ type: "skipped", file: callingFile(), name: [...prefix, name].join(" > ") });
}

function register(name: string, fn: () => Promise<void>): void {
  if (host.Deno) {
    host.Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false, sanitizeExit: true });
  } else void nodeTest?.(name, fn);
}

async function runTest(file: string, name: string, body: TestBody, timeout: number): Promise<void> {
  emit({ type: "started", file, name });
  const start = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      failCurrent = reject;
      timer = startTimer(() => reject(new Error(`test timed out after ${timeout} ms`)), timeout);
      // Not `async`: what a plain body throws must arrive here as well, and a turn later its stray rejections.
      new Promise<void>((done) => done(body())).then(() => nextTurn(resolve), reject);
    });
  } catch (error) {
    emit({ type: "failed", file, name, ms: performance.now() - start, error: inspect(error, { depth: 4 }) });
    throw error;
  } finally {
    failCurrent = undefined;
    stopTimer(timer);
  }
  emit({ type: "passed", file, name, ms: performance.now() - start });
}

function emit(event: TestEvent): void {
  if (log !== undefined) writeLine(log, JSON.stringify(event) + "\n");
}

/** The test file among the callers, as a path from the repository's root. */
function callingFile(): string {
  const stack = new Error().stack ?? "";
  return /(tests\/[^\s():]*\.test\.ts)/.exec(stack)?.[1] ?? "unknown file";
}

/** Fails the running test with an error that nobody caught; without one, or on Bun, the runner is told. */
function stray(error: unknown): boolean {
  if (failCurrent !== undefined) {
    failCurrent(error);
    return true;
  }
  emit({ type: "stray", file: lastFile, name: "", error: inspect(error) });
  return false;
}

if (host.Deno) {
  globalThis.addEventListener("error", (event) => {
    if (stray((event as ErrorEvent).error)) event.preventDefault();
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    if (stray((event as PromiseRejectionEvent).reason)) event.preventDefault();
  });
} else {
  const report = (error: unknown): void => {
    if (stray(error)) return;
    // Listening has taken away what Node does by itself.
    console.error(error);
    process.exitCode = 1;
  };
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
}
