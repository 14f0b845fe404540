import { assertEquals, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { Lock, Queue, Semaphore, sleep, spawn, taskGroup } from "../../src/mod.ts";
import { SimulationError, sweep } from "../../src/testing/mod.ts";
import { leakyPermit, sound } from "./scenes.ts";

describe("sweep", () => {
  test("kills before the start, at each park and after each wake", () => {
    assertEquals(sweep(() => {}).runs, 1);
    assertEquals(sweep(() => sleep(1)).runs, 3);
    assertEquals(sweep(() => sleep(0)).runs, 2);
    // Each of the three before its start, in its wait and after it; main once more at its turn.
    const { runs } = sweep(() =>
      taskGroup(function* (group) {
        group.spawn(() => sleep(1));
        group.spawn(() => sleep(2));
        yield* sleep(0);
      })
    );
    assertEquals(runs, 10);
  });

  test("finds the permit that a kill loses", () => {
    const { kind, message } = assertThrows(() => sweep(leakyPermit), SimulationError);
    assertEquals(kind, "leak");
    assertStringIncludes(message, "1 of 1 permits of a Semaphore");
    assertStringIncludes(message, "worker is killed");
  });

  test("kills main, too", () => {
    const { message } = assertThrows(() =>
      sweep(function* () {
        const semaphore = new Semaphore(1);
        yield* semaphore.acquire();
        yield* sleep(1);
        semaphore.release();
      }), SimulationError);
    assertStringIncludes(message, "main is killed");
  });

  test("passes what cleans up", () => {
    const { runs } = sweep(function* () {
      const lock = new Lock();
      yield* taskGroup(function* (group) {
        for (let i = 0; i < 3; i++) group.spawn(() => lock.withLock(() => sleep(5)));
      });
    });
    assertEquals(runs > 6, true);
  });

  test("one that others wait for leaves them in a deadlock, which may be allowed", () => {
    assertThrows(() => sweep(sound), SimulationError, "a deadlock");
    assertEquals(sweep(sound, { deadlocks: false, leaks: false }).runs > 3, true);
  });

  test("the woken getter that is killed keeps its item: nobody else waits for it in vain", () => {
    const { message } = assertThrows(() =>
      sweep(function* () {
        const queue = new Queue<number>();
        const results: number[] = [];
        const worker = spawn({ name: "worker" }, function* () {
          const item = yield* queue.get();
          yield* sleep(0); // killed here, the item is gone
          results.push(item);
        });
        yield* sleep(0);
        queue.putNowait(1);
        yield* worker.join();
        if (results.length + queue.qsize !== 1) throw new Error("the item is gone");
      }, { leaks: false }), SimulationError);
    assertStringIncludes(message, "the item is gone");
  });

  test("a body that fails by itself says so", () => {
    assertThrows(
      () =>
        sweep(function* () {
          yield* sleep(0);
          throw new Error("by itself");
        }),
      SimulationError,
      "sweep, without a kill",
    );
  });

  test("bad input fails at the call", () => {
    assertThrows(() => sweep(null as never), TypeError, "sweep needs a function");
  });
});
