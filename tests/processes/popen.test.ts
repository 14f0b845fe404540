/** Children that are driven, and who ends them. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import {
  cancelScope,
  collect,
  forEach,
  GreenletExit,
  run,
  sleep,
  spawn,
  taskGroup,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { dump } from "../../src/inspect/mod.ts";
import { BrokenPipeError, type CommunicateOptions, Popen, TimeoutExpired } from "../../src/processes/mod.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertThrows,
} from "../assert.ts";
import { describe, test } from "../harness.ts";
import { errorOf, eventually, isAlive, testNobodyIsLeft, withFolder } from "./kit.ts";

/** Says its number, and does not heed SIGTERM. */
const STUBBORN = { shell: "trap '' TERM; echo $$; while :; do sleep 0.05; done" };
/** Says the numbers of itself and of two that it has started. */
const FAMILY = { shell: "sleep 100 & a=$!; sleep 100 & echo $$ $a $!; wait" };

function* pidsOf(child: Popen): Generator<unknown, number[], unknown> {
  const line = yield* child.stdout.readLine({ timeout: 5_000 });
  return (line ?? "").split(" ").map(Number);
}

const noneAlive = (pids: readonly number[]) => pids.length > 0 && !pids.some(isAlive);

describe("Popen: talking", () => {
  test("an interactive program is driven line by line", () =>
    run(function* () {
      const child = new Popen({ shell: 'while read a b; do echo "$((a + b))"; done; echo bye' });
      for (const [a, b] of [[1, 2], [30, 12], [-5, 5]]) {
        yield* child.stdin.write(`${a} ${b}\n`);
        assertEquals(yield* child.stdout.readLine({ timeout: 5_000 }), String(a + b));
      }
      child.stdin.close();
      assertEquals(yield* child.stdout.readText(), "bye\n");
      assertEquals([yield* child.wait(), child.returncode], [0, 0]);
    }));

  test("the same by await, with `for await` over the lines", async () => {
    await using child = new Popen({ shell: "while read line; do echo got $line; done" });
    await child.stdin.write("one\ntwo\n");
    assertEquals(await child.stdout.readLine(), "got one");
    await child.stdin.close();
    const lines: string[] = [];
    for await (const line of child.stdout) lines.push(line);
    assertEquals(lines, ["got two"]);
    assertEquals(await child.wait(), 0);
  });

  test("output as lines, as chunks, up to a prompt, in parts", () =>
    run(function* () {
      const lines: string[] = [];
      yield* forEach(new Popen(["seq", "3"]).stdout, (line) => void lines.push(line));
      assertEquals(lines, ["1", "2", "3"]);
      const chunks = yield* collect(new Popen(["seq", "20000"]).stdout.chunks());
      assertEquals(chunks.reduce((sum, { length }) => sum + length, 0), 108_894);
      const child = new Popen({ shell: "printf 'name> '; read name; printf 'hello %s' $name" });
      assertEquals(new TextDecoder().decode(yield* child.stdout.readUntil("> ")), "name> ");
      yield* child.stdin.write("you\n");
      assertEquals((yield* child.stdout.readExactly(5)).length, 5);
      assertEquals(new TextDecoder().decode((yield* child.stdout.read(2)) ?? undefined), " y");
      assertEquals(new TextDecoder().decode(yield* child.stdout.readAll()), "ou");
      assertEquals([yield* child.stdout.read(), child.stdout.atEnd], [null, true]);
    }));

  test("back-pressure: a child whose output nobody reads waits", () =>
    withFolder((folder) =>
      run(function* () {
        const done = join(folder, "done");
        const child = new Popen(["sh", "-c", `head -c 3000000 /dev/zero; touch ${done}`]);
        yield* child.stdout.readExactly(10);
        assertInstanceOf(yield* caught(child.wait({ timeout: 150 })), TimeoutExpired);
        assert(!existsSync(done));
        assertEquals((yield* child.stdout.readAll()).length, 2_999_990);
        assertEquals(yield* child.wait(), 0);
        assert(existsSync(done));
      })
    ));

  test("back-pressure: who writes to a child that does not read waits, and a write that is killed sent nothing", () =>
    run(function* () {
      const child = new Popen({
        shell: "trap 'wc -c; exit' USR1; echo up; while :; do sleep 0.01; done",
      });
      yield* child.stdout.readLine();
      const piece = "x".repeat(50_000);
      let sent = 0;
      const writer = spawn(function* () {
        for (;;) {
          yield* child.stdin.write(piece);
          sent += piece.length;
        }
      });
      const waits = /a write to the stdin of \/bin\/sh .* \(pid \d+\)/;
      yield* eventually("the writer waits", () => waits.test(dump()));
      yield* sleep(30);
      assert(sent > 0 && sent < 1_000_000, `${sent} bytes were taken`);
      yield* writer.kill();
      assertInstanceOf(yield* caught(child.stdin.write("late", { timeout: 1 })), TimeoutError);
      child.sendSignal("SIGUSR1");
      yield* child.stdin.write("end");
      yield* child.stdin.close();
      assertEquals(Number(yield* child.stdout.readText()), sent + 3);
    }));

  test("writing to a child that has closed its stdin, or after close, is a BrokenPipeError", () =>
    run(function* () {
      const child = new Popen({ shell: "exec 0<&-; echo closed; sleep 100" });
      yield* child.stdout.readLine();
      const error = yield* caught(function* () {
        for (;;) yield* child.stdin.write("x".repeat(10_000));
      });
      assertInstanceOf(error, BrokenPipeError);
      assertEquals([error.name, error.code, child.stdin.closed], ["BrokenPipeError", "EPIPE", true]);
      const cat = new Popen(["cat"]);
      yield* cat.stdin.write(""); // nothing
      yield* cat.stdin.close();
      yield* cat.stdin.close();
      assertMatch(String(yield* caught(cat.stdin.write("x"))), /BrokenPipeError: .*it was closed here/);
      assertEquals(yield* cat.stdout.readText(), "");
      assertThrows(() => child.stdin.write(7 as never), TypeError, "needs text or a Uint8Array, not 7");
    }));

  test("a child whose output is closed here cannot write any more", () =>
    run(function* () {
      const child = new Popen(["yes"]);
      yield* child.stdout.readLine();
      child.stdout.close();
      const code = yield* child.wait();
      assert(code === -13 || code === 1, `${code}`); // by SIGPIPE, which some runners ignore for their children, too
    }));

  test("what is no pipe says so", () =>
    run(function* () {
      const child = new Popen(["true"], { stdin: "null", stdout: "null", stderr: "null" });
      for (const name of ["stdin", "stdout", "stderr"] as const) {
        assertThrows(() => child[name], TypeError, `start the process with { ${name}: "pipe" }`);
      }
      assertThrows(() => child.communicate({ input: "x" }), TypeError, "Popen.stdin");
      assertEquals(yield* child.communicate(), { stdout: "", stderr: "" });
    }));
});

function* caught(what: Parameters<typeof withTimeout>[1]): Generator<unknown, unknown, unknown> {
  try {
    yield* withTimeout(Infinity, what);
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

describe("Popen: communicate", () => {
  test("S-83 out of time the child runs on, and the next call has all of the output", () =>
    run(function* () {
      const child = new Popen({ shell: "echo one; read a; echo $a; read b; echo $b; echo err >&2" });
      const error = yield* caught(child.communicate({ input: "two\nthree\n", timeout: 0 }));
      assertInstanceOf(error, TimeoutExpired);
      assert(isAlive(child.pid));
      assertEquals(yield* child.communicate(), { stdout: "one\ntwo\nthree\n", stderr: "err\n" });
      assertEquals(child.returncode, 0);
      assertEquals(yield* child.communicate(), { stdout: "one\ntwo\nthree\n", stderr: "err\n" }, "again");
    }));

  test(
    "S-83 whenever it is interrupted, by a timeout or a kill, neither input nor output is lost",
    async () => {
      const input = Array.from({ length: 40_000 }, (_, i) => `${i}\n`).join("");
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(15), fc.boolean()), { maxLength: 6 }),
          (cuts) =>
            run(function* () {
              const child = new Popen(["sh", "-c", "cat; echo end >&2"]);
              let given: string | undefined = input;
              for (const [ms, byKill] of cuts) {
                const options: CommunicateOptions = { input: given, timeout: byKill ? undefined : ms };
                const talk = spawn(() => child.communicate(options));
                given = undefined;
                yield* sleep(0);
                if (byKill) {
                  yield* sleep(ms);
                  yield* talk.kill();
                } else yield* talk.join();
                const { exception } = talk;
                if (exception !== undefined) {
                  assertInstanceOf(exception, TimeoutExpired);
                  assert(input.startsWith(exception.stdout as string));
                }
              }
              const { stdout, stderr } = yield* child.communicate({ input: given });
              assertEquals(stdout.length, input.length);
              assert(stdout === input);
              assertEquals(stderr, "end\n");
            }),
        ),
        { numRuns: 15 },
      );
    },
    { timeout: 30_000 },
  );

  test("input in a later call is an error", () =>
    run(function* () {
      const child = new Popen(["cat"]);
      yield* child.communicate({ input: "a" });
      assertMatch(String(yield* caught(child.communicate({ input: "b" }))), /input a second time/);
    }));
});

describe("Popen: the end", () => {
  test("kill ends the whole group, and waits until it is reaped", () =>
    run(function* () {
      const child = new Popen(FAMILY);
      const pids = yield* pidsOf(child);
      assertEquals([pids.length, pids.every(isAlive)], [3, true]);
      assertEquals(yield* child.kill(), true);
      assert(noneAlive(pids));
      assertEquals([child.returncode, yield* child.kill(), child.terminate()], [-15, true, false]);
    }));

  test("SIGKILL comes after the grace, or at once", () =>
    run(function* () {
      for (const grace of [60, 0]) {
        const child = new Popen(STUBBORN);
        yield* pidsOf(child);
        assertEquals(yield* child.kill({ grace: 30_000, timeout: 30 }), false);
        assertEquals(yield* child.kill({ grace }), true);
        assertEquals(child.returncode, -9);
      }
    }));

  test("a child may clean up in its grace, and what is left of its group after it", () =>
    run(function* () {
      const child = new Popen({
        shell: "trap 'echo cleaned; exit 7' TERM; echo $$; while :; do sleep 0.01; done",
      });
      yield* pidsOf(child);
      assertEquals([yield* child.kill(), child.returncode], [true, 7]);
      assertEquals(yield* child.stdout.readText(), "cleaned\n");
      const parent = new Popen({
        shell: "(trap 'sleep 0.1; echo late; exit' TERM; echo up; while :; do sleep 0.01; done) & wait",
      });
      yield* parent.stdout.readLine();
      assertEquals(yield* parent.kill(), true);
      assertEquals(yield* parent.stdout.readText(), "late\n");
    }));

  test("it ends with its scope, also what it left behind", () =>
    run(function* () {
      let pids: number[] = [];
      yield* cancelScope({}, function* () {
        pids = yield* pidsOf(new Popen(FAMILY));
        const gone = new Popen({ shell: "sleep 100 >&2 & echo $!" });
        pids.push(...(yield* pidsOf(gone)));
        assertEquals(yield* gone.wait(), 0);
        assert(pids.every(isAlive));
      });
      assertEquals(pids.length, 4);
      assert(noneAlive(pids));
    }));

  test("it ends when the greenlet that has started it is killed or fails, not when that ends by itself", () =>
    run(function* () {
      const start = function* () {
        const child = new Popen(FAMILY);
        return { child, pids: yield* pidsOf(child) };
      };
      for (const how of ["kill", "fail"]) {
        let pids: number[] = [];
        const greenlet = spawn(function* () {
          ({ pids } = yield* start());
          yield* sleep(how === "kill" ? 60_000 : 0);
          throw new Error("failed");
        });
        yield* eventually("it has started", () => pids.length > 0);
        if (how === "kill") yield* greenlet.kill();
        assertEquals(yield* greenlet.join(), true);
        assertEquals(how === "kill", greenlet.exception === undefined);
        yield* eventually("they are gone", () => noneAlive(pids));
      }
      const { child, pids } = yield* spawn(start);
      yield* sleep(20);
      assert(pids.every(isAlive));
      yield* child.kill();
    }));

  test("whenever its greenlet is killed, none is left", async () => {
    const steps = fc.nat(12);
    await fc.assert(
      fc.asyncProperty(steps, (step) =>
        run(function* () {
          const started: Popen[] = [];
          const greenlet = spawn(function* () {
            const child = new Popen({ shell: "sleep 100 & echo hi; cat; wait" });
            started.push(child);
            yield* child.stdout.readLine();
            yield* child.stdin.write("x\n");
            yield* child.stdout.readLine();
            yield* child.wait();
          });
          for (let i = 0; i < step; i++) yield* sleep(0);
          if (step > 6) yield* sleep(step - 6);
          yield* greenlet.kill();
          for (const child of started) yield* eventually("it is gone", () => child.returncode !== null);
        })),
      { numRuns: 25 },
    );
  }, { timeout: 30_000 });

  test("a scope that is cancelled before the child's greenlet has run ends it", () =>
    run(function* () {
      let child: Popen | undefined;
      yield* cancelScope({}, function* (scope) {
        child = new Popen(["sleep", "100"]);
        scope.cancel();
        yield* sleep(1_000);
      });
      assertInstanceOf(child, Popen);
      assertEquals(yield* child.wait({ timeout: 5_000 }), -15);
    }));

  test("a failure in its task group ends it", async () => {
    let pids: number[] = [];
    await assertRejects(
      () =>
        run(() =>
          taskGroup(function* () {
            pids = yield* pidsOf(new Popen(FAMILY));
            throw new Error("stop");
          })
        ),
      Error,
      "stop",
    );
    assert(noneAlive(pids));
  });

  test("dispose ends it", async () => {
    let pid = 0;
    {
      await using child = new Popen(["sleep", "100"]);
      pid = child.pid;
      assert(isAlive(pid));
    }
    assert(!isAlive(pid));
    await run(function* () {
      {
        using child = new Popen(["sleep", "100"]);
        pid = child.pid;
      }
      yield* eventually("it is gone", () => !isAlive(pid));
    });
  });

  test("a process that has left the group is spared, and its hold on the pipes is ended with the scope", () =>
    run(function* () {
      let pid = 0;
      yield* cancelScope({}, function* () {
        const child = new Popen({ shell: "setsid sh -c 'echo $$; exec sleep 100' & wait" });
        [pid] = yield* pidsOf(child);
      });
      assert(isAlive(pid));
      new Popen(["kill", "-9", String(pid)]);
      yield* eventually("it is gone", () => !isAlive(pid));
    }));

  test("without a group a signal reaches it alone", () =>
    withFolder((folder) =>
      run(function* () {
        const child = new Popen(FAMILY, { group: false });
        const [pid, ...others] = yield* pidsOf(child);
        assertEquals(yield* child.kill(), true);
        assertEquals([isAlive(pid), ...others.map(isAlive)], [false, true, true]);
        const script = join(folder, "kill.sh");
        writeFileSync(script, `kill -9 ${others.join(" ")}`);
        assertEquals(yield* new Popen(["sh", script]).wait(), 0);
      })
    ));

  test("signals by name", () =>
    run(function* () {
      const child = new Popen({ shell: "trap 'echo usr' USR1; echo up; while :; do sleep 0.01; done" });
      yield* child.stdout.readLine();
      assertEquals(child.sendSignal("SIGUSR1"), true);
      assertEquals(yield* child.stdout.readLine({ timeout: 5_000 }), "usr");
      assertThrows(() => child.sendSignal("SIGNOTHING"), TypeError, 'not "SIGNOTHING"');
      child.sendSignal("SIGKILL");
      assertEquals(yield* child.wait(), -9);
      yield* child.kill();
      assertEquals(child.sendSignal("SIGUSR1"), false);
    }));

  test("wait tells all who wait, and its timeout is a TimeoutExpired", () =>
    run(function* () {
      const child = new Popen(["cat"]);
      const waiters = [1, 2, 3].map(() => spawn(() => child.wait()));
      assertInstanceOf(yield* caught(child.wait({ timeout: 1 })), TimeoutExpired);
      const killed = spawn(() => child.wait());
      yield* sleep(0);
      yield* killed.kill();
      assertInstanceOf(killed.value, GreenletExit);
      child.stdin.close();
      for (const waiter of waiters) assertEquals(yield* waiter, 0);
    }));

  test("fifty at once", () =>
    run(function* () {
      const children = Array.from({ length: 50 }, (_, i) => new Popen(["sh", "-c", `exit ${i}`]));
      const codes: number[] = [];
      for (const child of children) codes.push(yield* child.wait());
      assertEquals(codes, children.map((_, i) => i));
    }), { timeout: 20_000 });
});

describe("Popen by await", () => {
  test("errors arrive", async () => {
    await using child = new Popen(["cat"]);
    await errorOf(child.wait({ timeout: 1 }), TimeoutExpired);
    await errorOf(child.stdout.readLine({ timeout: 1 }), TimeoutError);
    await child.stdin.close();
    await errorOf(child.stdin.write("x"), BrokenPipeError);
  });
});

testNobodyIsLeft();
