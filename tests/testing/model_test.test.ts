/** Model tests: what fits, what does not, and how that is told. */
import {
  BoundedSemaphore,
  Event,
  LifoQueue,
  type Op,
  Queue,
  QueueEmpty,
  RLock,
  Semaphore,
  sleep,
} from "../../src/mod.ts";
import { op } from "../../src/lowlevel.ts";
import {
  BLOCKED,
  modelTest,
  type ModelTestOptions,
  type Random,
  replay,
  SimulationError,
} from "../../src/testing/mod.ts";
import { assert, assertEquals, assertGreater, assertMatch, assertNotMatch, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";

/** The three ways in which a model is tried. */
const WAYS: [string, ModelTestOptions][] = [
  ["by chance", { runs: 200 }],
  ["by chance, with kills and early timeouts", { runs: 200, kills: 2, timeouts: 1 }],
  ["under all schedules with two preemptions", { runs: 3, preemptions: 2, kills: 1, maxSchedules: 300 }],
];

/** A queue beside an array. */
function queueSpec(
  make: () => { put(n: number): Op<void>; get(): Op<number> },
  maxsize: number,
  last = false,
) {
  return {
    make,
    model: (): number[] => [],
    operations: {
      put: {
        args: (random: Random): [number] => [random.below(5)],
        run: (queue: ReturnType<typeof make>, n: number) => queue.put(n),
        model: (items: number[], n: number) => items.length < maxsize ? void items.push(n) : BLOCKED,
        line: "put",
      },
      get: {
        run: (queue: ReturnType<typeof make>) => queue.get(),
        model: (items: number[]) => items.length === 0 ? BLOCKED : last ? items.pop() : items.shift(),
        line: "get",
      },
    },
  };
}

/** A semaphore beside a number. */
function semaphoreSpec(make: () => Semaphore, permits: number) {
  const take = (state: { free: number }, n: number): boolean | typeof BLOCKED => {
    if (state.free < n) return BLOCKED;
    state.free -= n;
    return true;
  };
  const some = (random: Random): [number] => [1 + random.below(permits)];
  return {
    make,
    model: () => ({ free: permits }),
    operations: {
      acquire: {
        args: some,
        run: (semaphore: Semaphore, n: number) => semaphore.acquire({ permits: n }),
        model: take,
        line: "line",
      },
      "acquire within 5 ms": {
        args: some,
        run: (semaphore: Semaphore, n: number) => semaphore.acquire({ permits: n, timeout: 5 }),
        model: take,
        lapses: () => false,
        line: "line",
      },
      tryAcquire: {
        args: some,
        run: (semaphore: Semaphore, n: number) => semaphore.tryAcquire(n),
        model: take,
        lapses: () => false,
        line: "line",
      },
      rest: { run: () => sleep(7), model: () => undefined },
      release: {
        run: (semaphore: Semaphore, _got: boolean, n: number) => semaphore.release(n),
        model: (state: { free: number }, _got: boolean, n: number) => void (state.free += n),
        releases: ["acquire", "acquire within 5 ms", "tryAcquire"],
      },
    },
  };
}

/** A lock that its holder may take again, beside a name and a number. */
function reentrantSpec() {
  interface State {
    owner: number;
    depth: number;
  }
  return {
    make: () => new RLock(),
    model: (): State => ({ owner: -1, depth: 0 }),
    operations: {
      acquire: {
        args: (_random: Random, who: number): [number] => [who],
        run: (lock: RLock, _who: number) => lock.acquire(),
        model(state: State, who: number) {
          if (state.owner !== who && state.depth > 0) return BLOCKED;
          state.owner = who;
          state.depth++;
          return true;
        },
        line: (state: State, who: number) => state.depth > 0 && state.owner === who ? undefined : "line",
      },
      release: {
        run: (lock: RLock, _got: boolean, _who: number) => lock.release(),
        model: (state: State) => void state.depth--,
        releases: "acquire",
        weight: 2,
      },
    },
  };
}

describe("modelTest holds for", () => {
  for (const [way, options] of WAYS) {
    test(`queues, ${way}`, () => {
      const { histories, operations, waiting } = modelTest(
        queueSpec(() => new Queue<number>({ maxsize: 2 }), 2),
        options,
      );
      assertGreater(histories, 100);
      assertGreater(operations, 4 * histories);
      assertGreater(waiting, 0);
      modelTest(queueSpec(() => new LifoQueue<number>({ maxsize: 1 }), 1, true), options);
    });

    test(`semaphores with several permits, ${way}`, () => {
      const { histories, operations } = modelTest(semaphoreSpec(() => new Semaphore(3), 3), options);
      assertGreater(operations, 4 * histories);
      modelTest(semaphoreSpec(() => new BoundedSemaphore(2), 2), options);
    });

    test(`a lock whose holder passes by the line, ${way}`, () => {
      const { waiting } = modelTest(reentrantSpec(), options);
      assertEquals(waiting, 0, "everything is released at the end, so nobody waits");
    });

    test(`an event, where the order of waiting does not count, ${way}`, () => {
      const { killed } = modelTest({
        make: () => new Event(),
        model: () => ({ isSet: false }),
        operations: {
          set: { run: (event) => event.set(), model: (state) => void (state.isSet = true), weight: 0.5 },
          isSet: { run: (event) => event.isSet, model: (state) => state.isSet },
          wait: { run: (event) => event.wait(), model: (state) => state.isSet ? true : BLOCKED },
        },
      }, options);
      assertEquals(killed > 0, options.kills !== undefined);
    });
  }
});

/** A queue that polls: what it takes it takes a turn after it has looked. */
class Hasty {
  readonly items: number[] = [];

  put(n: number): Op<void> {
    const { items } = this;
    return op(function* () {
      items.push(n);
    });
  }

  get(): Op<number> {
    const { items } = this;
    return op(function* () {
      while (items.length === 0) yield* sleep(1);
      const [first] = items;
      yield* sleep(0);
      items.shift();
      return first;
    });
  }
}

/** A queue that tells a getter only when there was nothing before. */
class Telling extends Hasty {
  readonly waiting: Event[] = [];

  override put(n: number): Op<void> {
    if (this.items.push(n) === 1) this.waiting.shift()?.set();
    return sleep(0);
  }

  override get(): Op<number> {
    const { items, waiting } = this;
    return op(function* () {
      while (items.length === 0) {
        const come = new Event();
        waiting.push(come);
        yield* come.wait();
      }
      return items.shift() as number;
    });
  }
}

/** What a model test throws. */
function failureOf(body: () => unknown): SimulationError {
  return assertThrows(body, SimulationError);
}

describe("modelTest fails for", () => {
  const polling = { maxSteps: 300 };

  test("an item that two get, and shows the history and what would have been right", () => {
    const { operations, ...rest } = queueSpec(() => new Hasty(), Infinity);
    const get = { ...operations.get, run: (queue: { get(): Op<number> }) => queue.get() };
    const { message } = failureOf(() =>
      modelTest({
        ...rest,
        make() {
          const made = new Hasty();
          made.items.push(7, 8, 9);
          return made;
        },
        model: () => [7, 8, 9],
        operations: { get },
      }, { ...polling, greenlets: 2, length: 1 })
    );
    assertMatch(message, /NotLinearizable: the operations fit the model in no order\n/);
    assertMatch(message, /waits: the end of all\s+operations/);
    assertNotMatch(message, /000 ms/);
    assertMatch(message, /steps +greenlet +operation +outcome +order/);
    assertMatch(message, /get\(\) of [ab] gave 7, and in the model it gives 8/);
    assertMatch(message, /replay\("td1\./);
  });

  test("a wake-up that is lost", () => {
    const { operations, ...rest } = queueSpec(() => new Telling(), Infinity);
    const unordered = {
      put: { ...operations.put, line: undefined },
      get: { ...operations.get, line: undefined },
    };
    const error = failureOf(() => modelTest({ ...rest, operations: unordered }, { runs: 500 }));
    assertEquals((error.cause as Error).name, "LostWakeUp");
    assertMatch(error.message, /get\(\) of [abc] still waits at the end, and in the model it gives \d/);
  });

  test("a newcomer that overtakes, where waiting has an order, and not where it has none", () => {
    class Barging {
      free = true;
      readonly changed = new Event();
      acquire(): Op<boolean> {
        const take = function* (this: Barging): Generator<unknown, boolean, unknown> {
          while (!this.free) yield* this.changed.wait();
          this.changed.clear();
          this.free = false;
          return true;
        };
        return op(() => take.call(this));
      }
      release() {
        this.free = true;
        this.changed.set();
      }
    }
    const spec = (line: string | undefined) => ({
      make: () => new Barging(),
      model: () => ({ free: true }),
      operations: {
        acquire: {
          run: (lock: Barging) => lock.acquire(),
          model: (state: { free: boolean }) => state.free ? !(state.free = false) : BLOCKED,
          line,
          unless: ["acquire"],
        },
        release: {
          run: (lock: Barging, _got: boolean) => lock.release(),
          model: (state: { free: boolean }) => void (state.free = true),
          releases: "acquire",
        },
      },
    });
    assertGreater(modelTest(spec(undefined)).histories, 100);
    const { message } = failureOf(() => modelTest(spec("line")));
    assertMatch(message, /NotLinearizable/);
  });

  test("an operation that happened though it was killed, unless the model allows it", () => {
    class Late extends Queue<number> {
      override put(item: number): Op<void> {
        this.putNowait(item);
        return sleep(1);
      }
    }
    const { operations, ...rest } = queueSpec(() => new Late(), Infinity);
    const spec = (partial: boolean) => ({
      ...rest,
      operations: { ...operations, put: { ...operations.put, partial } },
    });
    const { message } = failureOf(() => modelTest(spec(false), { runs: 500, kills: 2 }));
    assertMatch(message, /put\(\d\) +killed in it/);
    assert(modelTest(spec(true), { runs: 500, kills: 2 }).killed > 0);
  });

  test("an error of another kind, and one that the model has and the real thing has not", () => {
    const throwing = (real: () => unknown, model: () => unknown) => () =>
      modelTest({ make: () => ({}), model: () => ({}), operations: { f: { run: real, model } } });
    const empty = () => {
      throw new QueueEmpty("of one");
    };
    const range = () => {
      throw new RangeError("of the other");
    };
    assertGreater(throwing(empty, empty)().histories, 100);
    assertMatch(
      failureOf(throwing(empty, range)).message,
      /threw QueueEmpty, and in the model it throws RangeError/,
    );
    assertMatch(failureOf(throwing(() => 1, range)).message, /gave 1, and in the model it throws RangeError/);
    assertMatch(failureOf(throwing(range, () => 1)).message, /threw RangeError, and in the model it gives 1/);
  });

  for (const [way, options] of WAYS) {
    test(`few operations are left of a long program, ${way}, and the token repeats it`, () => {
      const lossy = () => {
        const queue = new Queue<number>();
        return { put: (n: number) => n === 3 ? sleep(0) : queue.put(n), get: () => queue.get() };
      };
      const check = () => modelTest(queueSpec(lossy, Infinity), { ...options, greenlets: 3, length: 6 });
      const error = failureOf(check);
      const { message } = error.cause as Error;
      const table = message.slice(message.indexOf("steps  greenlet"), message.indexOf("\nIn the order"));
      assertGreater(
        5,
        table.trim().split("\n").length,
        `at most three operations and the head in\n${message}`,
      );
      replay(error.token);
      const again = failureOf(check);
      assertEquals(
        (again.cause as Error).message,
        (assertThrows(check, SimulationError).cause as Error).message,
      );
      assertEquals(again.token, error.token);
    });
  }
});

test("modelTest refuses what it cannot use", () => {
  const spec = { make: () => ({}), model: () => ({}), operations: { f: { run: () => 1, model: () => 1 } } };
  assertThrows(() => modelTest({} as never), TypeError, "modelTest needs { make, model, operations }");
  assertThrows(() => modelTest({ ...spec, operations: {} }), TypeError, "at least one operation");
  const releases = { f: { ...spec.operations.f, releases: "g" } };
  assertThrows(() => modelTest({ ...spec, operations: releases }), TypeError, 'f names "g", which is none');
  const itself = { f: { ...spec.operations.f, releases: "f" } };
  assertThrows(() => modelTest({ ...spec, operations: itself }), TypeError, "that releases nothing");
  for (const name of ["greenlets", "length", "runs"] as const) {
    assertThrows(() => modelTest(spec, { [name]: 0 }), RangeError, name);
  }
  assertThrows(() => modelTest(spec, { seed: 2 ** 32 }), RangeError, "seed must be below");
});
