import childProcess from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import zlib from "node:zlib";
import { run, spawn, until } from "../../src/mod.ts";
import { current } from "../../src/core/mod.ts";
import { surface } from "../../src/host/io.ts";
import { type SyncMode } from "../../src/host/mod.ts";
import { BlockingCallError, type BlockingRules, blockingWrapper } from "../../src/monkey/blocking.ts";
import { type BlockingCall, blockingCalls } from "../../src/monkey/blocking_calls.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";

const READ: BlockingCall = { module: "fs", name: "readFileSync", twin: "fs.promises.readFile" };

function rules(mode: SyncMode, reportMs = 0): BlockingRules {
  return { mode: () => mode, inGreenlet: () => current?.name ?? null, reportMs: () => reportMs };
}

/** The lines that `body` causes on stderr. */
async function said(body: () => unknown): Promise<string[]> {
  const lines: string[] = [];
  const before = console.error;
  console.error = (line: string) => void lines.push(line);
  try {
    await body();
  } finally {
    console.error = before;
  }
  return lines;
}

/** Runs `body` with all blocking calls of `fs` wrapped. */
async function withFiles(mode: SyncMode, body: () => unknown): Promise<void> {
  const files = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  const originals = new Map<string, (typeof files)[string]>();
  for (const call of blockingCalls) {
    const original = files[call.name];
    if (call.module !== "fs" || original === undefined) continue;
    originals.set(call.name, original);
    files[call.name] = blockingWrapper(original, call, rules(mode)) as typeof original;
  }
  try {
    await body();
  } finally {
    for (const [name, original] of originals) files[name] = original;
  }
}

/** A folder with modules that nobody has loaded yet. */
function folder(): { path: string; remove(): void } {
  const path = fs.mkdtempSync(join(tmpdir(), "tendril-blocking-"));
  const file = JSON.stringify(join(path, "data.json"));
  const files = {
    "package.json": "{}",
    "data.json": '{ "a": 1 }',
    "plain.cjs": "module.exports = 1;",
    "other.cjs": 'module.exports = require("./plain.cjs");',
    "module.mjs": "export default 2;",
    "reads.cjs": `module.exports = require("node:fs").readFileSync(${file}, "utf8");`,
  };
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(join(path, name), text);
  return { path, remove: () => fs.rmSync(path, { recursive: true }) };
}

describe("blocking calls", () => {
  test("are the original to the letter outside of greenlets", async () => {
    const seen: unknown[] = [];
    const original = function (this: unknown, a: unknown, _b?: unknown, ...rest: unknown[]) {
      seen.push(this, a, rest, arguments.length);
      if (a === "throw") throw error;
      return seen;
    };
    const error = new Error("as it is");
    const extra = Symbol("extra");
    Object.assign(original, { [extra]: 1 });
    const wrapped = blockingWrapper(original, READ, rules("throw")) as typeof original & { [extra]?: number };
    assertEquals([wrapped.length, wrapped.name, wrapped[extra]], [original.length, original.name, 1]);
    const self = {};
    const lines = await said(() => assert(wrapped.call(self, 1, undefined, 3, 4) === seen));
    assertEquals(seen, [self, 1, [3, 4], 4]);
    assert(seen[0] === self);
    seen.length = 0;
    wrapped.call(undefined, 1);
    assertEquals([seen[0], seen[3]], [undefined, 1]);
    assertEquals(assertThrows(() => wrapped("throw")), error);
    assertEquals(lines, []);
  });

  test("are reported in greenlets, once for each place, with the name, the time, and what to use", async () => {
    const wrapped = blockingWrapper(() => Atomics.wait(cell(), 0, 0, 20), READ, rules("report")) as () =>
      string;
    const lines = await said(() =>
      run(function* () {
        yield* spawn({ name: "reader" }, function* () {
          for (let i = 0; i < 3; i++) assertEquals(wrapped(), "timed-out");
          assertEquals([wrapped()], ["timed-out"]);
        });
      })
    );
    assertEquals(lines.length, 2);
    const [first, second] = lines.map((line) =>
      /^tendril: fs\.readFileSync blocked the loop for (\d+\.\d) ms in greenlet reader at (.*); use fs\.promises\.readFile$/
        .exec(line) ?? []
    );
    assert(Number(first[1]) >= 19, lines[0]);
    assertMatch(first[2], /tests\/monkey\/blocking\.test\.ts:\d+:\d+$/);
    assert(first[2] !== second[2], lines[1]);
  });

  test("report what fails as well, and the error passes", async () => {
    const error = new Error("no such file");
    const wrapped = blockingWrapper(
      () => {
        throw error;
      },
      READ,
      rules("report"),
    ) as () => void;
    const lines = await said(() =>
      run(function* () {
        assertEquals(assertThrows(() => wrapped()), error);
      })
    );
    assertEquals(lines.length, 1);
  });

  test("that are short are not reported if so asked", async () => {
    const quick = blockingWrapper(() => 1, READ, rules("report", 10)) as () => number;
    const slow = blockingWrapper(() => Atomics.wait(cell(), 0, 0, 15), READ, rules("report", 10)) as () =>
      void;
    const lines = await said(() =>
      run(function* () {
        quick();
        slow();
      })
    );
    assertEquals(lines.length, 1);
  });

  test("throw before anything happens, or do nothing, as asked", async () => {
    let calls = 0;
    const strict = blockingWrapper(() => ++calls, READ, rules("throw")) as () => number;
    const off = blockingWrapper(() => ++calls, READ, rules("off")) as () => number;
    const lines = await said(() =>
      run(function* () {
        yield* spawn({ name: "reader" }, function* () {
          const error = assertThrows(() => strict(), BlockingCallError) as BlockingCallError;
          assertEquals(
            error.message,
            "fs.readFileSync would block the loop in greenlet reader: use fs.promises.readFile",
          );
          assertEquals([error.call, error.twin, error.greenlet, calls], [
            "fs.readFileSync",
            "fs.promises.readFile",
            "reader",
            0,
          ]);
          assertEquals(off(), 1);
        });
      })
    );
    assertEquals(lines, []);
  });

  test("that a call makes itself are part of it", async () => {
    const { path, remove } = folder();
    const lines = await said(() =>
      withFiles("report", () =>
        run(function* () {
          fs.writeFileSync(join(path, "new"), "x"); // opens, writes, closes
          [join(path, "new")].filter(fs.existsSync); // its caller is no code of the user's
          const real: string = fs.realpathSync.native(path);
          assert(fs.existsSync(real));
        }))
    );
    remove();
    const calls = lines.map((line) => line.split(" ")[1]);
    assertEquals(calls, ["fs.writeFileSync", "fs.existsSync", "fs.realpathSync.native", "fs.existsSync"]);
    for (const line of lines) assertMatch(line, /blocking\.test\.ts:\d+:\d+;/);
  });

  for (const mode of ["report", "throw"] as const) {
    test(`of the module loader are nobody's: ${mode}`, async () => {
      const { path, remove } = folder();
      const require = createRequire(join(path, "main.cjs"));
      const lines = await said(() =>
        withFiles(mode, () =>
          run(function* () {
            assertEquals(require("./data.json"), { a: 1 });
            assertEquals(require("./other.cjs"), 1);
            const module = yield* until(import(pathToFileURL(join(path, "module.mjs")).href));
            assertEquals(module.default, 2);
          }))
      );
      assertEquals(lines, []);
      // What a module itself reads while it is loaded is its own.
      const own = await said(() =>
        withFiles(mode, () =>
          run(function* () {
            if (mode === "throw") assertThrows(() => require("./reads.cjs"), BlockingCallError);
            else assertEquals(require("./reads.cjs"), '{ "a": 1 }');
          }))
      );
      remove();
      assertEquals(own.length, mode === "report" ? 1 : 0);
      if (mode === "report") assertMatch(own[0], /reads\.cjs:1:\d+; use fs\.promises\.readFile$/);
    });
  }
});

describe("blocking calls of the runtime's own", () => {
  test("a console that is a file writes", async () => {
    const { path, remove } = folder();
    const out = join(path, "out.txt");
    const program = fileURLToPath(new URL("blocking_program.ts", import.meta.url));
    const before = {
      deno: ["run", "-A", "--no-check"],
      bun: [],
      node: ["--conditions=tendril-source"],
    }[runtime];
    const file = fs.openSync(out, "w");
    const env = { ...process.env, NO_COLOR: "1", NODE_NO_WARNINGS: "1", TENDRIL_TEST_LOG: "" };
    childProcess.spawnSync(process.execPath, [...before, program], { stdio: ["ignore", file, file], env });
    fs.closeSync(file);
    const text = fs.readFileSync(out, "utf8");
    remove();
    assertEquals(text.trim().split("\n"), ["a line", "another line"]);
  }, { timeout: 25_000 });
});

describe("the table of blocking calls", () => {
  /** Of these nobody has to be told: they take microseconds at most, or do not wait. */
  const quick = new Set([
    "closeSync",
    "hkdfSync",
    "generateKeySync",
    "randomFillSync",
    "seekSync",
    "tryLockSync",
    "unlockSync",
  ]);

  test("has all that the runtime has", () => {
    const runtimes = { Deno: ["Deno", "Deno.FsFile.prototype", "Deno.Command.prototype"], Bun: ["Bun"] };
    const own = runtime === "deno" ? runtimes.Deno : runtime === "bun" ? runtimes.Bun : [];
    const missing: string[] = [];
    for (const module of ["fs", "child_process", "zlib", "crypto", ...own]) {
      for (const name of Object.getOwnPropertyNames(surface(module) ?? {})) {
        const isListed = blockingCalls.some((call) => call.module === module && call.name === name);
        if (name.endsWith("Sync") && !isListed && !quick.has(name)) missing.push(`${module}.${name}`);
      }
    }
    assertEquals(missing, []);
  });

  test("names twins that there are", () => {
    const roots: Record<string, object> = { fs, child_process: childProcess, zlib, crypto };
    const wrong: string[] = [];
    for (const { module, name, twin } of blockingCalls) {
      const object = surface(module) as Record<string, unknown> | undefined;
      if (typeof object?.[name] !== "function" || twin.includes("/")) continue; // not here; a module
      const [first, ...path] = twin.replace(/^.* of /, "").split(".");
      if (!(first in roots) && surface(first) === undefined) continue; // a text
      let found: unknown = roots[first] ?? surface(first);
      for (const key of path) {
        const holder = found as Record<string, unknown> & { prototype?: Record<string, unknown> };
        found = holder?.[key] ?? holder?.prototype?.[key];
      }
      if (typeof found !== "function") wrong.push(`${module}.${name}: ${twin}`);
    }
    assertEquals(wrong, []);
  });
});

function cell(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}
