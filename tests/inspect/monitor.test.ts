import { spawn as startProcess } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execSync } from "node:child_process";
import { run, sleep, spawn, type SpawnOptions } from "../../src/mod.ts";
import { type BlockedReport, monitor, type MonitorOptions } from "../../src/inspect/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { before, environment } from "../host/child.ts";

function holdFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a part of monitor_program.ts until it ends, or its stderr satisfies `enough`. */
function program(name: string, enough: (stderr: string) => boolean = () => false): Promise<Ended> {
  const file = fileURLToPath(new URL("monitor_program.ts", import.meta.url));
  const child = startProcess(process.execPath, [...before, file, name], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environment(),
  });
  const text = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (data: string) => {
      text[stream] += data;
      if (enough(text.stderr)) child.kill("SIGKILL");
    });
  }
  const bound = setTimeout(() => child.kill("SIGKILL"), 20_000);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(bound);
      resolve({ code, ...text });
    });
  });
}

/** The reports about what `names` do that hold the loop, one after the other. */
async function watched(
  options: MonitorOptions,
  ...bodies: readonly (readonly [SpawnOptions, () => unknown])[]
): Promise<BlockedReport[]> {
  const all: BlockedReport[] = [];
  const watching = monitor({ ...options, onBlocked: (report) => all.push(report) });
  try {
    await run(function* () {
      yield* sleep(200); // its thread has started
      for (const [spawnOptions, body] of bodies) {
        const reported = all.length;
        yield* spawn(spawnOptions, function* () {
          body();
        });
        for (let i = 0; i < 200 && all.length === reported; i++) yield* sleep(10);
      }
    });
  } finally {
    watching.stop();
  }
  return all;
}

describe("monitor", () => {
  test("names the greenlet that holds the loop: in a loop, in Atomics.wait, in a child process", async () => {
    const reports = await watched(
      { blockedMs: 100 },
      [{ name: "spinner" }, () => holdFor(400)],
      // A stack of what blocks natively is taken when it is back.
      [{ name: "waiter" }, () => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
        holdFor(5);
      }],
      [{ name: "sheller" }, () => {
        execSync("sleep 0.4");
        holdFor(5);
      }],
    );
    // A machine that is busy elsewhere may hold the loop as well.
    for (const name of ["spinner", "waiter", "sheller"]) {
      const report = reports.find((r) => r.greenlet === name);
      assert(report !== undefined, `${name} is missing in ${JSON.stringify(reports)}`);
      assert(report.ms >= 350 && report.id > 0 && report.ended, JSON.stringify(report));
      if (runtime === "node") assertMatch(report.stack ?? "", /at .*monitor\.test\.ts:\d+:\d+/);
      else assertEquals(report.stack, undefined);
    }
  });

  test("says of code that no greenlet runs what it is", async () => {
    const reports = await watched({ blockedMs: 100 }, [{}, () => void setTimeout(() => holdFor(400), 5)]);
    const report = reports.find((r) => r.ms >= 350);
    assertEquals([report?.greenlet, report?.id], ["code outside greenlets", 0]);
  });

  test("names each of many greenlets, and shortens a name that is too long", async () => {
    const reports: BlockedReport[] = [];
    const watching = monitor({ blockedMs: 100, onBlocked: (report) => reports.push(report) });
    const long = "a long name ".repeat(20);
    await run(function* () {
      yield* sleep(200);
      // More than the shared table holds at once.
      const many = Array.from(
        { length: 3_000 },
        (_, i) =>
          spawn({ name: i === 1_500 ? long : `one of many ${i}` }, function* () {
            yield* sleep(0);
            if (i === 1_500) holdFor(400);
          }),
      );
      for (const one of many) yield* one.join();
      for (let i = 0; i < 200 && !reports.some((r) => r.ms >= 350); i++) yield* sleep(10);
    });
    watching.stop();
    const name = reports.find((r) => r.ms >= 350)?.greenlet ?? "";
    assert(name.length > 40 && long.startsWith(name), JSON.stringify(reports));
  });

  test("is silent while greenlets take turns", async () => {
    const reports: BlockedReport[] = [];
    const watching = monitor({ blockedMs: 2_000, onBlocked: (report) => reports.push(report) });
    await run(function* () {
      const end = performance.now() + 2_600;
      const all = Array.from({ length: 10 }, () =>
        spawn(function* () {
          while (performance.now() < end) yield* sleep(0);
        }));
      for (const one of all) yield* one.join();
    });
    watching.stop();
    assertEquals(reports, []);
  });

  test("writes to stderr by itself while the loop is held", async () => {
    const line = /^tendril: greenlet stuck has held the loop for \d+ ms$/m;
    const { stderr } = await program("endless", (text) => /held the loop[^]*held the loop.*\n/.test(text));
    assertMatch(stderr, line);
    if (runtime === "node") assertMatch(stderr, /at holdFor \(.*monitor_program\.ts:\d+:\d+\)/);
  }, { timeout: 25_000 });

  test("with a listener, speaks by itself only of long blocks", async () => {
    const { code, stdout, stderr } = await program("long");
    assertEquals(code, 0);
    assertStringIncludes(stdout, "heard of short");
    assertStringIncludes(stdout, "heard of long");
    assert(!stderr.includes("short"), stderr);
    assertMatch(stderr, /^tendril: greenlet long has held the loop for \d+ ms$/m);
  }, { timeout: 25_000 });

  test("keeps no program alive, and is no reason to wait in a deadlock", async () => {
    const idle = await program("idle");
    assertEquals([idle.code, idle.stdout.trim()], [0, "nothing to do"]);
    const deadlock = await program("deadlock");
    assertEquals([deadlock.code, deadlock.stdout.trim()], [0, "DeadlockError"]);
  }, { timeout: 25_000 });

  test("tells of a block in which the program ends", async () => {
    const { code, stdout } = await program("exit");
    assertEquals([code, stdout.trim()], [3, "heard of main, ended: false"]);
  }, { timeout: 25_000 });

  test("runs once, and again after it was stopped", () => {
    const first = monitor();
    const error = assertThrows(() => monitor(), Error);
    assertEquals(
      error.message,
      "a monitor runs already in this thread: stop() it before you start another",
    );
    first.stop();
    const second = monitor();
    first.stop(); // not the second one
    assertThrows(() => monitor(), Error);
    second[Symbol.dispose]();
    monitor().stop();
  });

  test("refuses bad options", () => {
    assertThrows(
      () => monitor({ blockedMs: "1" as never }),
      TypeError,
      "blockedMs must be a number of milliseconds",
    );
    for (const blockedMs of [0, 4, -1, NaN, Infinity]) {
      assertThrows(() => monitor({ blockedMs }), RangeError, `from 5 on, not ${blockedMs}`);
    }
    assertThrows(() => monitor({ onBlocked: 1 as never }), TypeError, "onBlocked must be a function");
  });
});
