/** Commands that are run to their end, and what can be wrong with them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import * as fc from "fast-check";
import { run, TimeoutError } from "../../src/mod.ts";
import { CalledProcessError, SpawnError, subprocess, TimeoutExpired } from "../../src/processes/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { errorOf, isAlive, testNobodyIsLeft, withFolder } from "./kit.ts";

describe("subprocess.run", () => {
  test("gives exit code and output, in a greenlet and by await", async () => {
    const command = { shell: "echo out; echo err >&2; exit 3" };
    const check = ({ returncode, stdout, stderr }: { returncode: number; stdout: string; stderr: string }) =>
      assertEquals([returncode, stdout, stderr], [3, "out\n", "err\n"]);
    check(await subprocess.run(command, { capture: true }));
    await run(function* () {
      check(yield* subprocess.run(command, { capture: true }));
    });
  });

  test("arguments reach the program as they are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "grapheme" }).filter((arg) => !arg.includes("\0")), {
          maxLength: 4,
        }),
        async (args) => {
          // Lone surrogates are no text.
          const given = args.map((arg) => arg.toWellFormed());
          const script = 'for arg; do printf "%s\\0" "$arg"; done';
          const { stdout } = await subprocess.run(["sh", "-c", script, "sh", ...given], { capture: true });
          assertEquals(stdout, given.map((arg) => `${arg}\0`).join(""));
        },
      ),
      { numRuns: 25 },
    );
  });

  test("input of any size goes through, bytes as bytes", async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
    const { stdout } = await subprocess.run(["cat"], { input: bytes, capture: true, text: false });
    assertEquals(stdout, bytes);
    assertEquals((await subprocess.run(["cat"], { input: "", capture: true })).stdout, "");
    assertEquals((await subprocess.run(["cat"], { input: "äöü", capture: true })).stdout, "äöü");
    const latin1 = { input: Uint8Array.of(228), capture: true, encoding: "latin1" };
    assertEquals((await subprocess.run(["cat"], latin1)).stdout, "ä");
  });

  test("a child that does not read all of its input is no error", async () => {
    const input = "x".repeat(3_000_000);
    assertEquals((await subprocess.run(["head", "-c", "3"], { input, capture: true })).stdout, "xxx");
    assertEquals((await subprocess.run(["true"], { input })).returncode, 0);
    assertEquals((await subprocess.run({ shell: "exec 0<&-; sleep 0.05" }, { input })).returncode, 0);
  });

  test("the exit code of a signal is negative", async () => {
    for (const [signal, number] of [["KILL", 9], ["TERM", 15], ["SEGV", 11]] as const) {
      assertEquals((await subprocess.run({ shell: `kill -${signal} $$` })).returncode, -number);
    }
  });

  test("check, checkReturncode and checkOutput throw what Python's do", async () => {
    const failing = { shell: "echo out; echo no such thing >&2; exit 4" };
    const error = await errorOf(subprocess.run(failing, { capture: true, check: true }), CalledProcessError);
    assertEquals([error.returncode, error.stdout, error.stderr], [4, "out\n", "no such thing\n"]);
    assertMatch(error.message, /ended with exit code 4: no such thing$/);
    assertEquals(new CalledProcessError(["a b", "c"], -9, "", "").message, '"a b" c was killed by signal 9');
    assertEquals(await subprocess.checkOutput(["echo", "hi"]), "hi\n");
    assertEquals(await subprocess.checkOutput(["printf", "a"], { text: false }), Uint8Array.of(97));
    await errorOf(subprocess.checkOutput(["false"]), CalledProcessError);
    await errorOf(subprocess.checkOutput({ shell: "kill -9 $$" }), CalledProcessError);
    (await subprocess.run(["true"])).checkReturncode();
  });

  test("cwd and env", () =>
    withFolder(async (cwd) => {
      const pwd = await subprocess.checkOutput(["pwd", "-P"], { cwd });
      assertMatch(pwd, /tendril-processes-/);
      assertEquals(await subprocess.checkOutput(["pwd", "-P"], { cwd: pathToFileURL(cwd) }), pwd);
      const env = { PATH: process.env.PATH, GREETING: "hello" };
      const seen = (await subprocess.checkOutput(["env"], { env })).split("\n");
      assert(seen.includes("GREETING=hello"));
      assert(!seen.some((line) => line.startsWith("TENDRIL_TEST_OF=")), "the whole environment was replaced");
    }));

  test("streams to files and to nowhere", () =>
    withFolder(async (folder) => {
      const [from, to, errors] = ["from", "to", "errors"].map((name) => join(folder, name));
      writeFileSync(from, "from a file");
      await subprocess.run({ shell: "cat; echo err >&2" }, {
        stdin: from,
        stdout: pathToFileURL(to),
        stderr: errors,
      });
      assertEquals([readFileSync(to, "utf8"), readFileSync(errors, "utf8")], ["from a file", "err\n"]);
      const quiet = await subprocess.run({ shell: "cat; echo out" }, { stdin: "null", stdout: "null" });
      assertEquals([quiet.returncode, quiet.stdout], [0, ""]);
    }));

  test("S-83 out of time it is killed with all that it has started, and the output so far is told", async () => {
    const start = performance.now();
    const command = { shell: "echo $$; sleep 100 & wait" };
    const error = await errorOf(subprocess.run(command, { capture: true, timeout: 150 }), TimeoutExpired);
    assertInstanceOf(error, TimeoutError);
    assertEquals(error.timeout, 150);
    assertMatch(error.message, /did not end within 150 ms/);
    assert(!isAlive(Number(error.stdout)), "it is gone when the error comes");
    assert(performance.now() - start < 3_000);
  });
});

describe("what cannot be started", () => {
  const bad: [name: string, args: Parameters<typeof subprocess.run>, code: string, message: RegExp][] = [
    [
      "a program not in PATH",
      [["no-such-program"]],
      "ENOENT",
      /there is no program no-such-program, and PATH/,
    ],
    ["a path that is not there", [["/no/such"]], "ENOENT", /there is no program \/no\/such: check/],
    ["a file that is no program", [["/etc/passwd"]], "EACCES", /\/etc\/passwd cannot be started/],
    ["a directory", [["/etc"]], "EACCES", /may be executed/],
    [
      "a cwd that is not there",
      [["true"], { cwd: "/no/dir" }],
      "ENOENT",
      /its working directory \/no\/dir does/,
    ],
    ["a cwd that is a file", [["true"], { cwd: "/etc/passwd" }], "ENOTDIR", /is no directory/],
    [
      "a file for its output",
      [["true"], { stdout: "/no/dir/x" }],
      "ENOENT",
      /its stdout cannot be \/no\/dir\/x/,
    ],
    ["a PATH that is empty", [["ls"], { env: { PATH: "/no/dir" } }], "ENOENT", /there is no program ls/],
  ];
  for (const [name, args, code, message] of bad) {
    test(`${name}: at the call of Popen, and where run is waited for`, async () => {
      const operation = subprocess.run(...args);
      for (
        const error of [
          assertThrows(() => new subprocess.Popen(...args), SpawnError),
          await errorOf(operation, SpawnError),
        ]
      ) {
        assertEquals([error.name, error.code], ["SpawnError", code]);
        assertMatch(error.message, message);
      }
    });
  }

  test("too long an argument is an error", () => {
    assertThrows(
      () => new subprocess.Popen(["true", "x".repeat(3_000_000)]),
      SpawnError,
      "true cannot be started",
    );
  });

  const senseless: [name: string, args: readonly unknown[], message: RegExp][] = [
    ["no program", [[]], /needs the name of a program/],
    ["an empty name", [[""]], /needs the name of a program/],
    ["a text", ["ls -l"], /needs an array such as .* not "ls -l"/],
    ["nothing", [undefined], /needs an array/],
    ["an empty shell", [{ shell: "" }], /needs an array/],
    ["a number among the arguments", [["sleep", 1]], /array of texts without NUL, not 1/],
    ["a NUL", [["a\0b"]], /NUL/],
    ["a stream that is none", [["ls"], { stdin: 7 }], /stdin must be "pipe"/],
    ["a timeout that is none", [["ls"], { timeout: "soon" }], /timeout/],
    ["a grace that is none", [["ls"], { grace: NaN }], /grace/],
    ["an encoding that is none", [["ls"], { encoding: "klingon" }], /klingon/],
  ];
  for (const [name, args, message] of senseless) {
    test(`${name} is told at the call`, () => {
      const call = subprocess.run as unknown as (...args: readonly unknown[]) => unknown;
      const error = assertThrows(() => call(...args));
      assert(error instanceof TypeError || error instanceof RangeError);
      assertMatch(error.message, message);
    });
  }
});

testNobodyIsLeft();
