/** Children of node:child_process that die with their greenlet (S-87). */
import childProcess, { type ChildProcess, exec, execFile, fork, spawn as start } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { GreenletExit, run, spawn, until } from "../../src/mod.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { markOf, stops, type Use } from "./endings.ts";
import { patched, reach, turns } from "./kit.ts";
import { lettersOf } from "./letter.ts";
import { held, leftSince } from "./world/held.ts";

/** Waits as most programs do. */
function ended(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const uses: Record<string, Use> = {
  "spawn": (observed) => ended(start("sleep", [markOf(observed)])),
  "spawn, whose output is read": async (observed) => {
    const child = start("sh", ["-c", `echo a; exec sleep ${markOf(observed)}`]);
    for await (const _piece of child.stdout);
  },
  "exec": (observed) =>
    new Promise((resolve, reject) => {
      exec(`exec sleep ${markOf(observed)}`, (error) => error === null ? resolve(0) : reject(error));
    }),
  "exec, promisified": (observed) => promisify(exec)(`exec sleep ${markOf(observed)}`),
  "execFile, promisified": (observed) => promisify(execFile)("sleep", [markOf(observed)]),
  "fork": async (observed) => {
    const folder = mkdtempSync(join(tmpdir(), "tendril-fork-"));
    try {
      writeFileSync(join(folder, "child.mjs"), "setInterval(() => {}, 1000);");
      await ended(fork(join(folder, "child.mjs"), [markOf(observed)]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

describe("children of a greenlet", () => {
  for (const [name, use] of Object.entries(uses)) {
    test(`S-87 ${name}: ends`, async () => {
      const before = await held();
      await stops((mark) => ({ at: "process", mark }), use);
      assertEquals(await leftSince(before, 1_500, () => 0), "");
    }, { timeout: 20_000 });
  }

  test(
    "S-87 SIGKILL comes a second later, and who waits hears the reason at once",
    patched(() =>
      run(function* () {
        const reason = new Error("closing time");
        let seen: unknown;
        let ready = false;
        let child!: ChildProcess;
        const g = spawn(async () => {
          child = start("sh", ["-c", "trap '' TERM; echo ready; while true; do sleep 0.05; done"]);
          child.stdout?.on("data", () => ready = true);
          await ended(child).catch((error) => seen = error);
        });
        g.linkException(() => {});
        yield* reach(() => ready, "ready");
        const pid = child.pid as number;
        const since = performance.now();
        yield* g.kill(reason);
        yield* until(turns());
        assertStrictEquals(seen, reason);
        assert(isAlive(pid));
        yield* reach(() => !isAlive(pid), "killed");
        const ms = performance.now() - since;
        assert(ms > 900 && ms < 2_000, `after ${ms} ms`);
      })
    ),
  );

  test(
    "S-87 exec hears the reason at once, also where a child of its shell holds the pipe",
    patched(() =>
      run(function* () {
        let pid = 0;
        let seen: unknown;
        const g = spawn(async () => {
          const promise = promisify(exec)("sleep 3; true");
          pid = promise.child.pid as number;
          await promise.catch((error) => seen = error);
        });
        yield* reach(() => pid !== 0, "started");
        yield* g.kill();
        yield* reach(() => seen !== undefined, "heard");
        assertStrictEquals(seen, g.value);
        yield* reach(() => !isAlive(pid), "ended");
      })
    ),
  );

  test(
    "S-87 nobody listens for its errors: nothing is thrown",
    patched(() =>
      run(function* () {
        let pid = 0;
        const g = spawn(() => {
          pid = start("sleep", ["20"]).pid as number;
          return new Promise(() => {});
        });
        yield* reach(() => pid !== 0, "started");
        yield* g.kill();
        yield* reach(() => !isAlive(pid), "ended");
      })
    ),
  );

  test(
    "S-87 what is started in the name of a killed block fails with the reason, and later",
    patched(() =>
      run(function* () {
        const seen: unknown[] = [];
        const late: Promise<unknown>[] = [];
        const g = spawn(async () => {
          await ended(start("sleep", ["20"])).catch((error) => seen.push(error));
          const child = start("sleep", ["20"]);
          assert(child.stdout !== null);
          assertEquals(child.pid, undefined);
          late.push(
            ended(child).catch((error) => seen.push(error)),
            promisify(execFile)("sleep", ["20"]).catch((error) => seen.push(error)),
            promisify(exec)("sleep 20").catch((error) => seen.push(error)),
          );
        });
        yield* until(turns());
        yield* g.kill();
        yield* reach(() => seen.length === 4, "four errors");
        assert(seen.every((error) => error === g.value), String(seen));
        assert(g.value instanceof GreenletExit);
      })
    ),
  );

  test(
    "one that is made to outlive its parent is left alone, and so is that of a greenlet that has ended",
    patched(() =>
      run(function* () {
        const children: ChildProcess[] = [];
        const g = spawn(() => {
          children.push(start("sleep", ["20"], { detached: true, stdio: "ignore" }));
          children[0].unref();
          return new Promise(() => {});
        });
        yield* spawn(() => {
          children.push(start("sleep", ["20"]));
        });
        yield* reach(() => children.length === 2, "started");
        yield* g.kill();
        yield* until(turns());
        for (const child of children) {
          assert(isAlive(child.pid as number));
          const gone = new Promise((resolve) => child.on("exit", (_code, signal) => resolve(signal)));
          child.ref();
          child.kill("SIGKILL");
          assertEquals(yield* until(gone), "SIGKILL");
        }
      })
    ),
  );

  test(
    "its own cleanup may end it first, and in its own way",
    patched(() =>
      run(function* () {
        let how: unknown;
        let ready = false;
        const g = spawn(async () => {
          const child = start("sh", [
            "-c",
            "trap 'exit 7' TERM; echo ready; while true; do sleep 0.02; done",
          ]);
          child.stdout.on("data", () => ready = true);
          child.on("exit", (code, signal) => how = code ?? signal);
          await ended(child);
        });
        yield* reach(() => ready, "ready");
        yield* g.kill();
        yield* reach(() => how !== undefined, "ended");
        assertEquals(how, 7);
      })
    ),
  );
});

describe("children outside of greenlets", () => {
  test("S-86 look and fail as ever", async () => {
    const { prototype } = childProcess.ChildProcess;
    const letters = () => [
      lettersOf(prototype, "spawn"),
      lettersOf(prototype, "unref"),
      lettersOf(childProcess, "spawn"),
    ];
    const faults = (): unknown[] =>
      [
        () => start("sleep", ["1"], { cwd: 7 as unknown as string }),
        () => start("", []),
        () => (new childProcess.ChildProcess() as unknown as { spawn(options: null): void }).spawn(null),
        () => exec(7 as unknown as string),
      ].map((f) => {
        const { name, code, message } = assertThrows(f) as Error & { code?: string };
        return [name, code, message];
      });
    const missing = () => ended(start("/nowhere/at/all")).catch((error) => [error.code, error.path]);
    const before = [letters(), faults(), await missing()];
    const patches = patchAll({ sync: "off" });
    assertEquals(letters().map((l) => l.face), (before[0] as ReturnType<typeof letters>).map((l) => l.face));
    assertEquals([faults(), await missing()], before.slice(1));
    assertEquals(await run(() => faults()), before[1]);
    assertEquals(await run(() => missing()), before[2]);
    patches[Symbol.dispose]();
    assertEquals([letters(), faults(), await missing()], before);
  });
});
