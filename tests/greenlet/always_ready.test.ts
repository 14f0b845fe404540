/** A greenlet whose operations are always ready parks never, and can be killed all the same. */
import { Event, GreenletExit, moveOnAfter, Queue, run, Semaphore, sleep, spawn } from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf } from "../assert.ts";
import { test } from "../harness.ts";

/** Far more rounds than fit into the slices until a kill comes. */
const MANY = 2_000_000;

for (const clock of ["real", "virtual"] as const) {
  const options = () => ({ clock: clock === "virtual" ? new VirtualClock() : undefined });

  test(`S-11: a kill ends a loop of operations that are always ready (${clock} clock)`, async () => {
    let [rounds, cleaned] = [0, false];
    await run(function* () {
      const queue = new Queue<number>();
      const busy = spawn(function* () {
        try {
          for (; rounds < MANY; rounds++) {
            yield* queue.put(rounds);
            assertEquals(yield* queue.get(), rounds);
          }
        } finally {
          cleaned = true;
        }
      });
      yield* sleep(0);
      yield* busy.kill();
      assertInstanceOf(busy.value, GreenletExit);
      assertEquals(queue.qsize <= 1, true);
    }, options());
    assert(rounds < MANY && cleaned);
  });

  test(`S-22: a daemon whose operations are always ready does not hold the run's end up (${clock} clock)`, async () => {
    let rounds = 0;
    await run(function* () {
      const semaphore = new Semaphore(1);
      spawn({ daemon: true }, function* () {
        for (; rounds < MANY; rounds++) {
          yield* semaphore.acquire();
          semaphore.release();
        }
      });
      yield* sleep(0);
    }, options());
    assert(rounds < MANY);
  });
}

test("S-45: a deadline ends a loop of operations that are always ready", async () => {
  let rounds = 0;
  await run(function* () {
    const event = new Event();
    event.set();
    const value = yield* moveOnAfter(1, function* () {
      for (; rounds < MANY; rounds++) yield* event.wait();
      return "not reached";
    });
    assertEquals(value, undefined);
  });
  assert(rounds < MANY);
});
