/** Locks between unrelated programs: who is inside, and what becomes of them when holders die. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { run, sleep, spawn, taskGroup } from "../../src/mod.ts";
import { Popen, ProcessLock, ProcessSemaphore } from "../../src/processes/mod.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { errorOf, eventually, isAlive, program, testNobodyIsLeft, withFolder } from "./kit.ts";

const linesOf = (ledger: string): [pid: number, what: string][] => {
  const text = existsSync(ledger) ? readFileSync(ledger, "utf8") : "";
  return text.split("\n").slice(0, -1).map((line) => {
    const [pid, what] = line.split(" ");
    return [Number(pid), what];
  });
};

/** Who is inside by the ledger; throws where more than `n` were. Who is about to be killed is not counted any more. */
function inside(ledger: string, n: number): number[] {
  const holders = new Set<number>(), doomed = new Set<number>();
  for (const [pid, what] of linesOf(ledger)) {
    if (what === "kill") doomed.add(pid);
    if (what === "in") holders.add(pid);
    if (what === "out") holders.delete(pid);
    const living = [...holders].filter((holder) => !doomed.has(holder));
    assert(living.length <= n, `${living} are inside together:\n${readFileSync(ledger, "utf8")}`);
  }
  return [...holders].filter((holder) => !doomed.has(holder));
}

function contender(command: readonly string[], folder: string, n: number, rounds: number, hold = 0): Popen {
  const files = [join(folder, "lock"), join(folder, "ledger")];
  const streams = { stdin: "null", stdout: "null", stderr: "inherit" } as const;
  return new Popen([...command, ...files, ...[n, rounds, hold].map(String)], streams);
}

/** The same program on another runtime. */
function onRuntime(name: string): string[] {
  const [, ...args] = program("lock_program.ts");
  const bin = fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));
  const script = args.at(-1) as string;
  return name === "deno" ? [bin, "run", "-A", "--no-check", script] : [bin, script];
}

describe("ProcessLock between programs", () => {
  const kill = fc.record({ afterLines: fc.nat(15), holder: fc.boolean(), index: fc.nat(3) });
  for (const n of [1, 2]) {
    test(
      `holders and waiters die by SIGKILL at any point: never more than ${n} inside, nothing stuck`,
      () =>
        fc.assert(
          fc.asyncProperty(fc.array(kill, { minLength: 3, maxLength: 3 }), (kills) =>
            withFolder((folder) =>
              run(function* () {
                const ledger = join(folder, "ledger");
                const rounds = 15;
                const all = Array.from(
                  { length: 4 },
                  () =>
                    contender(program("lock_program.ts"), folder, n, rounds, 1),
                );
                const dead = new Set<number>();
                for (const { afterLines, holder, index } of kills) {
                  const from = linesOf(ledger).length;
                  const isOver = () => all.every((child) => child.returncode !== null);
                  yield* eventually("lines", () =>
                    linesOf(ledger).length > from + afterLines || isOver(), 20_000);
                  const living = all.filter((child) =>
                    child.returncode === null
                  );
                  const held = inside(ledger, n);
                  const victim = living.find(({ pid }) => holder && held.includes(pid)) ?? living[index];
                  if (victim === undefined) continue;
                  dead.add(victim.pid);
                  writeFileSync(ledger, `${victim.pid} kill\n`, { flag: "a" });
                  victim.sendSignal("SIGKILL");
                }
                for (const child of all) {
                  const code = yield* child.wait({ timeout: 20_000 });
                  if (!dead.has(child.pid)) assertEquals(code, 0);
                }
                assertEquals(inside(ledger, n), []);
                const done = linesOf(ledger).filter(([pid, what]) => what === "out" && !dead.has(pid));
                assertEquals(done.length, (all.length - dead.size) * rounds);
              })
            )),
          { numRuns: 1 },
        ),
      { timeout: 60_000 },
    );
  }

  test("the ledger tells of two that are inside together", () =>
    withFolder((folder) =>
      run(function* () {
        const ledger = join(folder, "ledger");
        const all = ["a", "b"].map((name) => {
          mkdirSync(join(folder, name)); // each has a lock of its own
          const command = [
            ...program("lock_program.ts"),
            join(folder, name, "lock"),
            ledger,
            "1",
            "1",
            "60000",
          ];
          return new Popen(command, { stdout: "null" });
        });
        const both = () => linesOf(ledger).filter(([, what]) => what === "in").length === 2;
        yield* eventually("both are inside", both, 20_000);
        assertThrows(() => inside(ledger, 1), Error, "are inside together");
        for (const child of all) yield* child.kill({ grace: 0 });
      })
    ), { timeout: 30_000 });

  test("programs on the three runtimes exclude each other", () =>
    withFolder((folder) =>
      run(function* () {
        const ledger = join(folder, "ledger");
        const all = ["deno", "bun", "node"].map((name) => contender(onRuntime(name), folder, 1, 20, 1));
        for (const child of all) assertEquals(yield* child.wait({ timeout: 20_000 }), 0);
        assertEquals(inside(ledger, 1), []);
        assertEquals(linesOf(ledger).filter(([, what]) => what === "in").length, 60);
      })
    ), { timeout: 40_000 });

  test(
    "it is free at once when its holder dies, and held while the holder stands still",
    () =>
      withFolder((folder) =>
        run(function* () {
          const holder = contender(program("lock_program.ts"), folder, 1, 1, 60_000);
          yield* eventually("it is inside", () => inside(join(folder, "ledger"), 1).length === 1, 20_000);
          holder.sendSignal("SIGSTOP");
          const lock = new ProcessLock(join(folder, "lock"));
          assertEquals(yield* lock.acquire({ timeout: 100 }), false);
          assertEquals(lock.tryAcquire(), false);
          const waiter = spawn(() => lock.acquire());
          yield* sleep(20);
          const start = performance.now();
          holder.sendSignal("SIGKILL");
          assertEquals(yield* waiter, true);
          assert(performance.now() - start < 1_000);
          yield* eventually("it is gone", () => !isAlive(holder.pid));
          lock.release();
        })
      ),
    { timeout: 30_000 },
  );
});

describe("ProcessLock within a program", () => {
  const withLock = (body: (path: string) => Generator<unknown, void, unknown>) =>
    withFolder((folder) => run(() => body(join(folder, "lock"))));

  test("objects of one path exclude each other, and one object is first come, first served", () =>
    withLock(function* (path) {
      const locks = [new ProcessLock(path), new ProcessLock(path), new ProcessLock(path)];
      let count = 0, most = 0;
      yield* taskGroup(function* (tg) {
        for (let i = 0; i < 12; i++) {
          tg.spawn(() =>
            locks[i % 3].withLock(function* () {
              most = Math.max(most, ++count);
              yield* sleep(0);
              count--;
            })
          );
        }
      });
      assertEquals([most, count], [1, 0]);
      const order: number[] = [];
      const [lock] = locks;
      assertEquals([lock.tryAcquire(), lock.locked], [true, true]);
      const waiters = [1, 2, 3].map((i) => spawn(() => lock.withLock(() => void order.push(i))));
      yield* sleep(5);
      assertEquals(lock.tryAcquire(), false);
      lock.release();
      for (const waiter of waiters) yield* waiter;
      assertEquals([order, lock.locked], [[1, 2, 3], false]);
      assertEquals(readFileSync(path, "utf8"), "", "nothing is written into it");
    }));

  test(
    "whoever is killed or times out while it waits has taken nothing",
    () =>
      withFolder((folder) =>
        fc.assert(
          fc.asyncProperty(fc.array(fc.tuple(fc.nat(12), fc.boolean()), { maxLength: 5 }), (waiters) =>
            run(function* () {
              const path = join(folder, "lock");
              const held = new ProcessLock(path), lock = new ProcessLock(path);
              assert(held.tryAcquire());
              const all = waiters.map(([ms, byKill]) => {
                const greenlet = spawn(() => lock.acquire(byKill ? undefined : { timeout: ms }));
                return { greenlet, ms, byKill };
              });
              yield* sleep(6);
              held.release();
              for (const { greenlet, ms, byKill } of all) {
                yield* sleep(ms / 4);
                if (byKill) {
                  yield* greenlet.kill();
                } else yield* greenlet.join();
                if (greenlet.value === true) {
                  lock.release();
                }
              }
              assertEquals([lock.held, held.tryAcquire()], [0, true]);
              held.release();
            })),
          { numRuns: 15 },
        )
      ),
    { timeout: 20_000 },
  );

  test("a semaphore admits n, whatever the objects", () =>
    withLock(function* (path) {
      const semaphores = [new ProcessSemaphore(path, 3), new ProcessSemaphore(path, 3)];
      const got = [0, 1, 0, 1, 0].map((i) => semaphores[i].tryAcquire());
      assertEquals(got, [true, true, true, false, false]);
      assertEquals(semaphores.map(({ held }) => held), [2, 1]);
      const waiter = spawn(() => semaphores[1].acquire());
      yield* sleep(3);
      semaphores[0].release();
      assertEquals(yield* waiter, true);
      assertEquals(yield* semaphores[0].acquire({ timeout: 5 }), false);
      semaphores[0].release();
      semaphores[1].release();
      semaphores[1].release();
      assertThrows(() => semaphores[1].release(), Error, "no permit of");
    }));

  test("by await, and with `using`", () =>
    withFolder(async (folder) => {
      const lock = new ProcessLock(join(folder, "lock"));
      assertEquals(await lock.withLock(() => 7), 7);
      assertEquals(await lock.acquire(), true);
      lock.release();
      {
        using _held = await lock.hold();
        assert(lock.locked);
      }
      assert(!lock.locked);
      await errorOf(
        lock.withLock(() => {
          throw new Error("inside");
        }),
        Error,
      );
      assert(!lock.locked);
    }));

  test("what is wrong with the path is told", async () => {
    for (const path of ["", 7, "a\0b"]) {
      assertThrows(() => new ProcessLock(path as string), TypeError, "path");
    }
    assertThrows(() => new ProcessSemaphore("x", 0), RangeError, "permits");
    assertThrows(() => new ProcessSemaphore("x", Infinity), RangeError, "finite");
    await withFolder(async (folder) => {
      const missing = new ProcessLock(join(folder, "no", "lock"));
      assertMatch(
        (await errorOf(missing.acquire(), Error)).message,
        /cannot be used as a lock: its directory/,
      );
      assertThrows(() => missing.tryAcquire(), Error, "cannot be used as a lock");
      mkdirSync(join(folder, "no"));
      assertEquals(missing.tryAcquire(), true, "nothing is left of the failure");
      missing.release();
      const other = join(folder, "product");
      writeFileSync(other, "10 pieces are left, and this is no lock at all".repeat(20));
      assertThrows(() => new ProcessLock(other).tryAcquire(), Error, "holds something else");
    });
  });
});

testNobodyIsLeft();
