/** Rule S-77: signals, exit codes and the error report of a program. */
import process from "node:process";
import { main } from "../../src/mod.ts";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Ended, occurrences, start } from "./child.ts";

const CODES = { SIGINT: 130, SIGTERM: 143 } as const;
const signals = ["SIGINT", "SIGTERM"] as const;
/** A program's start may take seconds on a busy machine. */
const slow = { timeout: 60_000 };

async function signalled(name: string, signal: "SIGINT" | "SIGTERM"): Promise<Ended> {
  const program = start(name);
  await program.printed("ready");
  program.send(signal);
  return await program.ended;
}

describe("main: signals", () => {
  for (const signal of signals) {
    test(`S-77: ${signal} kills the tree, runs all cleanup and exits with ${CODES[signal]}`, async () => {
      const { code, stdout, stderr } = await signalled("cleanup", signal);
      assertEquals(code, CODES[signal], stdout + stderr);
      for (const name of ["main", "child", "nested"]) {
        assertEquals(occurrences(stdout, `${name} cleaned up`), 1, stdout);
      }
      assertEquals(stderr, "", "a signal is no error");
      assertEquals(occurrences(stdout, "after main"), 0, "the program ends with main");
    }, slow);

    test(`S-77: a second ${signal} exits at once with ${CODES[signal]}`, async () => {
      const program = start("stubborn");
      await program.printed("ready");
      program.send(signal);
      await program.printed("cleaning");
      const sent = performance.now();
      program.send(signal);
      const { code, stdout } = await program.ended;
      assertEquals(code, CODES[signal]);
      assert(performance.now() - sent < 4_000, "it waited for the grace");
      assertEquals(occurrences(stdout, "never printed"), 0);
    }, slow);

    test(`S-77: after main ${signal} does what it does by default`, async () => {
      const { code, signal: by } = await signalled("after main", signal);
      assert(by === signal || code === CODES[signal], `code ${code}, signal ${by}`);
    }, slow);
  }

  test("S-77: another signal than the first exits at once too", async () => {
    const program = start("stubborn");
    await program.printed("ready");
    program.send("SIGINT");
    await program.printed("cleaning");
    program.send("SIGTERM");
    const { code } = await program.ended;
    assert(code === 130 || code === 143, `code ${code}`);
  }, slow);

  test("S-77: a signal waits for what is shielded", async () => {
    const { code, stdout } = await signalled("shielded", "SIGTERM");
    assertEquals(code, 143);
    assertStringIncludes(stdout, "shielded work done");
    assertEquals(occurrences(stdout, "never printed"), 0);
  }, slow);

  test("S-77: a body that swallows the kill, and an async one, exit with the signal's code", async () => {
    const [swallow, plain] = await Promise.all([
      signalled("swallow", "SIGINT"),
      signalled("async body", "SIGINT"),
    ]);
    assertEquals([swallow.code, plain.code], [130, 130], swallow.stderr + plain.stderr);
    assertStringIncludes(swallow.stdout, "swallowed");
  }, slow);

  test("S-77: an error of the cleanup is printed, and the exit code is still the signal's", async () => {
    const { code, stderr } = await signalled("broken cleanup", "SIGTERM");
    assertEquals(code, 143);
    assertEquals(occurrences(stderr, "Error: the cleanup broke"), 1, stderr);
  }, slow);
});

describe("main: ends", () => {
  test("S-77: a program that ends well exits with 0 and prints nothing of its own", async () => {
    const [fine, plain] = await Promise.all([start("fine").ended, start("plain body").ended]);
    assertEquals([fine.code, fine.stdout, fine.stderr], [0, "body\nafter main\n", ""]);
    assertEquals([plain.code, plain.stdout, plain.stderr], [0, "body\n", ""]);
  }, slow);

  test(
    "S-77: an error of the body is printed once, with main's name and its stack, and exits with 1",
    async () => {
      const { code, stdout, stderr } = await start("failing main").ended;
      assertEquals(code, 1);
      assertMatch(stderr, /\bmain\b.*boom in the body/);
      assertMatch(stderr, /programs\.ts:\d+/);
      assertEquals(occurrences(stderr, "Error: boom in the body"), 1, stderr);
      assertEquals(stdout, "");
    },
    slow,
  );

  test(
    "S-77: an error that nobody asked for is printed with its greenlet's name and exits with 1",
    async () => {
      const { code, stderr } = await start("failing child").ended;
      assertEquals(code, 1);
      assertMatch(stderr, /worker-seven.*boom in a child/);
      assertMatch(stderr, /programs\.ts:\d+/);
    },
    slow,
  );

  test("S-77: no error is printed twice", async () => {
    const [unasked, joined] = await Promise.all([
      start("failing child").ended,
      start("failing child that is joined").ended,
    ]);
    assertEquals(occurrences(unasked.stderr, "Error: boom in a child"), 1, unasked.stderr);
    assertEquals(occurrences(joined.stderr, "Error: boom in a child"), 1, joined.stderr);
    assertMatch(joined.stderr, /worker-seven.*boom/);
    assertEquals(joined.code, 1);
  }, slow);

  test("S-77: an error that was asked for is the program's own business", async () => {
    const { code, stdout, stderr } = await start("failing child that is asked").ended;
    assertEquals([code, stdout, stderr], [0, "caught\n", ""]);
  }, slow);

  test("S-77: of several errors all are printed, each with its greenlet's name", async () => {
    const { code, stderr } = await start("group of failures").ended;
    assertEquals(code, 1);
    for (const name of ["first", "second"]) assertMatch(stderr, new RegExp(`worker-${name}.*boom ${name}`));
  }, slow);

  test("S-77: causes are printed, and what is no Error", async () => {
    const [cause, text] = await Promise.all([start("cause").ended, start("no error").ended]);
    assertEquals([cause.code, text.code], [1, 1]);
    assertMatch(cause.stderr, /outside[^]*caused by[^]*inside/);
    assertMatch(text.stderr, /main.*just text/);
  }, slow);

  test("S-75: a deadlock ends the program with 1 and says who waits on what", async () => {
    const { code, stderr } = await start("deadlock").ended;
    assertEquals(code, 1);
    assertStringIncludes(stderr, "DeadlockError");
    assertMatch(stderr, /waiter waits on Event/);
    assertMatch(stderr, /main waits on AsyncResult/);
  }, slow);

  test("what was written before the exit gets out", async () => {
    const { code, stdout, stderr } = await start("much output").ended;
    assertEquals([code, stdout.length], [1, 1_000_001]);
    assertStringIncludes(stderr, "the end");
  }, slow);

  test("S-76: a sleep with ref false does not keep the program", async () => {
    const { code, stdout } = await start("background only").ended;
    assertEquals([code, stdout], [0, "over\n"]);
  }, slow);

  test("a body that is no function is a TypeError, and no listener stays behind", async () => {
    const count = () => signals.map((name) => process.listenerCount(name));
    const before = count();
    await assertRejects(() => main(1 as unknown as () => void), TypeError);
    await main(() => {});
    assertEquals(count(), before);
  });
});
