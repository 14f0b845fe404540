import { assert, assertEquals, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { Lock, Queue, Semaphore, sleep, spawn } from "../../src/mod.ts";
import { always, cell, explore, SimulationError, track } from "../../src/testing/mod.ts";
import { inversion, lostUpdate, sound } from "./scenes.ts";

/** `n` greenlets that each take `turns` turns. */
function turning(n: number, turns: number) {
  return function* () {
    const order: string[] = [];
    for (let i = 0; i < n; i++) {
      spawn({ name: `t${i}` }, function* () {
        for (let k = 0; k < turns; k++) {
          order.push(`${i}`);
          yield* sleep(0);
        }
        order.push(`${i}`);
      });
    }
    yield* sleep(1);
    return order.join("");
  };
}

/** n! / (k!)^(n/k): how many ways there are to interleave. */
function interleavings(n: number, steps: number): number {
  const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
  return factorial(n * steps) / factorial(steps) ** n;
}

describe("explore", () => {
  test("runs every interleaving once", () => {
    for (const [n, turns] of [[2, 1], [2, 2], [3, 1], [2, 4], [3, 2]]) {
      const { schedules, exhausted, reduced, values } = explore(turning(n, turns));
      assertEquals(schedules, interleavings(n, turns + 1));
      assertEquals(new Set(values).size, schedules);
      assertEquals([exhausted, reduced], [true, false]);
    }
  });

  test("counts switches away from one who could go on as preemptions", () => {
    const of = (preemptions: number) => new Set(explore(turning(2, 1), { preemptions }).values);
    assertEquals(of(0), new Set(["0011", "1100"]));
    assertEquals(of(1), new Set(["0011", "1100", "0110", "1001"]));
    assertEquals(of(2), new Set(["0011", "1100", "0110", "1001", "0101", "1010"]));
  });

  test("stops where it is told to", () => {
    const { schedules, exhausted, values } = explore(turning(4, 4), { maxSchedules: 50 });
    assertEquals([schedules, exhausted, new Set(values).size], [50, false, 50]);
  });

  test("finds the lost update and the deadlock with one preemption, but not with none", () => {
    assertEquals(explore(lostUpdate, { preemptions: 0 }).exhausted, true);
    assertThrows(() => explore(lostUpdate, { preemptions: 1 }), SimulationError, "a deposit was lost");
    const { kind, message } = assertThrows(() => explore(inversion), SimulationError);
    assertEquals(kind, "deadlock");
    assertStringIncludes(message, "cycle: ");
  });

  test("leaves out what makes no difference where all that is shared is known", () => {
    const noise = (reduce?: boolean) =>
      explore(function* () {
        const x = cell(0);
        for (let i = 0; i < 2; i++) {
          spawn(function* () {
            const read = x.value;
            yield* sleep(0);
            x.value = read + 1;
          });
          const own = cell(0);
          spawn(function* () {
            own.value++;
            yield* sleep(0);
            own.value++;
          });
        }
        yield* sleep(1);
        return x.value;
      }, { reduce });
    const less = noise(), all = noise(false);
    assertEquals([less.reduced, all.reduced], [true, false]);
    assertEquals([less.exhausted, all.exhausted], [true, true]);
    assertEquals(all.schedules, 2520);
    assert(less.schedules <= 6, `${less.schedules} schedules`);
    assertEquals(new Set(less.values), new Set([1, 2]));
    assertEquals(new Set(all.values), new Set([1, 2]));
  });

  test("sees what track() wraps: records, arrays, maps, sets", () => {
    const { reduced, values } = explore(function* () {
      const state = track({
        list: [] as number[],
        map: new Map<string, number>(),
        set: new Set<number>(),
        n: 0,
      });
      for (const n of [1, 2]) {
        spawn(function* () {
          const { length } = state.list;
          yield* sleep(0);
          state.list[length] = n;
          state.map.set("last", n);
          state.set.add(n);
          state.n += n;
        });
      }
      yield* sleep(1);
      return `${state.list.join("")} ${state.map.get("last")} ${state.set.size} ${state.n}`;
    });
    assertEquals(reduced, true);
    assertEquals(new Set(values), new Set(["12 2 2 3", "21 1 2 3", "1 1 2 3", "2 2 2 3"]));
  });

  test("an invariant is checked in every order of the steps that it looks at", () => {
    const body = function* () {
      const [a, b] = [cell(0), cell(0)];
      always(() => b.value <= a.value, "b after a");
      spawn({ name: "writes a" }, () => void (a.value = 1));
      spawn({ name: "writes b" }, () => void (b.value = 1));
      yield* sleep(1);
    };
    assertThrows(() => explore(body), SimulationError, "b after a");
  });

  test("limits of preemptions and reduction are not mixed", () => {
    assertThrows(
      () => explore(sound, { preemptions: 2, reduce: true }),
      TypeError,
      "cannot reduce under a limit",
    );
    assertEquals(explore(sound, { reduce: true }).reduced, true);
  });

  test("a body that does not repeat itself is told so", () => {
    let runs = 0;
    const fickle = function* () {
      runs++;
      const x = cell(0);
      for (let i = 0; i < runs % 2 + 2; i++) spawn(() => void x.value++);
      yield* sleep(1);
    };
    for (const reduce of [true, false]) {
      assertThrows(() => explore(fickle, { reduce }), Error, "does not do the same each time");
    }
  });

  test("a lock order that is kept has no deadlock", () => {
    const { exhausted } = explore(function* () {
      const locks = [new Lock(), new Lock()];
      for (let i = 0; i < 2; i++) {
        spawn(() => locks[0].withLock(() => locks[1].withLock(() => sleep(0))));
      }
      yield* sleep(1);
    }, { reduce: true });
    assertEquals(exhausted, true);
  });

  test("three producers and a consumer, whole and by reduction, give the same orders", () => {
    const body = function* () {
      const queue = new Queue<number>(), limit = new Semaphore(2);
      for (let i = 0; i < 3; i++) {
        spawn(() =>
          limit.withLock(function* () {
            yield* sleep(0);
            yield* queue.put(i);
          })
        );
      }
      const got: number[] = [];
      for (let i = 0; i < 3; i++) got.push(yield* queue.get());
      return got.join("");
    };
    const all = explore(body), less = explore(body, { reduce: true });
    assertEquals(new Set(less.values), new Set(all.values));
    assert(less.schedules < all.schedules, `${less.schedules} of ${all.schedules}`);
  });

  test("bad input fails at the call", () => {
    assertThrows(() => explore("x" as never), TypeError, "explore needs a function");
    assertThrows(() => explore(sound, { preemptions: -1 }), RangeError, "explore's preemptions");
    assertThrows(() => explore(sound, { maxSchedules: 0 }), RangeError, "explore's maxSchedules");
    assertThrows(() => explore(sound, { runs: 3 } as never), TypeError, `explore has no option "runs"`);
    assertThrows(() => track(3 as never), TypeError, "track needs an object");
  });
});
