// Bodies, conditions, errors and tokens that nobody would write on purpose.

import { assert, assertEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { call, Event, getCurrent, Lock, moveOnAfter, run, sleep, spawn } from "../../src/mod.ts";
import {
  always,
  cell,
  eventually,
  explore,
  replay,
  simulate,
  SimulationError,
  sweep,
  track,
} from "../../src/testing/mod.ts";
import { Random } from "../../src/testing/schedules/random.ts";
import { decode, hash } from "../../src/testing/schedules/token.ts";

function failing(body: () => unknown): SimulationError {
  return assertThrows(() => simulate(body, { runs: 3 }), SimulationError);
}

const HOSTILE: Record<string, () => unknown> = {
  "null": () => null,
  "undefined": () => undefined,
  "a symbol": () => Symbol("x"),
  "a frozen object": () => Object.freeze({ a: 1 }),
  "a frozen error": () => Object.freeze(new Error("frozen")),
  "an object without a prototype": () => Object.create(null),
  "an object whose text throws": () => ({
    toString() {
      throw new Error("text");
    },
  }),
  "an error whose message throws": () =>
    Object.defineProperty(new Error("x"), "message", {
      get() {
        throw new Error("message");
      },
    }),
  "an error whose parts are no text": () =>
    Object.assign(new Error("x"), { message: 5, name: undefined, stack: 7 }),
  "an error that is its own cause": () => {
    const error = new Error("x");
    error.cause = error;
    return error;
  },
  "an error that is its own part": () => {
    const error = new AggregateError([], "x");
    error.errors.push(error);
    return error;
  },
};

describe("hostile bodies", () => {
  for (const [name, make] of Object.entries(HOSTILE)) {
    test(`that throw ${name} are reported`, () => {
      const thrower = () => {
        throw make();
      };
      assertEquals(failing(thrower).kind, "error");
      const inGreenlet = failing(function* () {
        spawn(function* () {
          yield* sleep(0);
          thrower();
        });
      });
      assertEquals(inGreenlet.kind, "unhandled");
      assertThrows(() => sweep(thrower), SimulationError);
    });
  }

  test("with messages of megabytes give a report that can be read", () => {
    for (const message of ["x".repeat(3_000_000), "line\n".repeat(300_000)]) {
      const { message: report, token } = failing(function* () {
        spawn(() => {
          throw new Error(message);
        });
        yield* sleep(0);
      });
      assert(report.length < 12_000, `${report.length} characters`);
      assert(report.includes(token));
    }
  });

  test("may recurse by call and spawn crowds", () => {
    function* depth(n: number): Generator<unknown, number> {
      if (n === 0) yield* sleep(0);
      return n === 0 ? 0 : 1 + (yield* call(depth, n - 1));
    }
    assertEquals(simulate(() => depth(20_000), { runs: 1 }).values, [20_000]);
    const crowd = simulate(function* () {
      for (let i = 0; i < 10_000; i++) spawn(() => {});
    }, { runs: 1, strategy: "fifo", maxSteps: 20_000 });
    assertEquals(crowd.runs, 1);
  });

  test("of sixty greenlets give a report that can be read", () => {
    const { message } = failing(function* () {
      for (let i = 0; i < 60; i++) {
        spawn({ name: `w${i}` }, function* () {
          yield* sleep(i % 3);
          if (i === 59) throw new Error("the last one");
        });
      }
    });
    assert(message.includes("w59: wakes main; fails: Error: the last one"), message);
    assert(message.includes("and 56 more: "), message);
    assert(message.split("\n").every((line) => line.length < 400), message);
  });

  test("are shown with their places also where stacks are switched off", () => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      const { message } = failing(function* () {
        yield* sleep(1);
        throw new Error("x");
      });
      assert(message.includes("attack.test.ts"), message);
      assertEquals(Error.stackTraceLimit, 0);
    } finally {
      Error.stackTraceLimit = limit;
    }
  });
});

describe("conditions that do not only look", () => {
  test("cannot wake anybody", () => {
    for (const demand of [always, eventually]) {
      const { message } = failing(function* () {
        const event = new Event();
        demand(() => {
          event.set();
          return true;
        });
        yield* event.wait();
      });
      assert(message.includes("it must only look"), message);
    }
  });

  test("cannot demand more", () => {
    const { message } = failing(function* () {
      always(function more(): boolean {
        always(more);
        return true;
      });
      yield* sleep(0);
    });
    assert(message.includes("a condition only looks"), message);
  });
});

describe("tokens that nobody printed", () => {
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  function* body() {
    const event = new Event();
    for (let i = 0; i < 3; i++) {
      spawn({ name: `w${i}` }, function* () {
        yield* moveOnAfter(2, () => event.wait());
        yield* sleep(1);
      });
    }
    yield* sleep(1);
    event.set();
  }

  test("are refused with a clear error, also where their check fits", () => {
    const random = new Random(5);
    for (let i = 0; i < 500; i++) {
      const digits = Array.from({ length: 5 + random.below(40) }, () => DIGITS[random.below(64)]).join("");
      const sum = hash(digits);
      const token = `td1.${digits}${DIGITS[sum % 64]}${DIGITS[Math.floor(sum / 64) % 64]}`;
      const { message } = assertThrows(() => replay(token, body), Error, "replay");
      assert(/copy the whole line|does not belong to this body/.test(message), message);
    }
  });

  test("are refused whatever they are, in few words", () => {
    const ring: { self?: unknown } = {};
    ring.self = ring;
    for (const junk of [10n, ring, Symbol("x"), () => 1, Object.create(null), `td1.${"9".repeat(1e5)}`, []]) {
      const { message } = assertThrows(() => decode(junk), Error, "not a replay token");
      assert(message.length < 300, message);
    }
  });

  test("of runs with kills and early timeouts repeat them", () => {
    let repeated = 0;
    for (let seed = 0; seed < 30; seed++) {
      const buggy = function* () {
        const lock = new Lock();
        let done = 0;
        for (let i = 0; i < 4; i++) {
          spawn({ name: `w${i}` }, function* () {
            yield* lock.acquire();
            yield* sleep(i);
            if (++done === 3 && i !== 3) throw new RangeError(`bug after ${i}`);
            lock.release();
          });
        }
        yield* moveOnAfter(3, () => sleep(5));
      };
      const first = assertThrows(
        () => simulate(buggy, { seed, runs: 20, kills: 2, timeouts: 2 }),
        SimulationError,
      );
      const again = assertThrows(() => replay(first.token, buggy), SimulationError);
      assertEquals([again.kind, again.token], [first.kind, first.token]);
      assertEquals(String(again.cause), String(first.cause));
      repeated++;
    }
    assertEquals(repeated, 30);
  });
});

describe("simulations leave the world as it was", () => {
  test("also where they throw, in the middle of a run", async () => {
    const seen = await run(function* () {
      const me = getCurrent();
      const is = [];
      for (
        const body of [() => 1, () => assertEquals(1, 2), () => always(() => getCurrent() === undefined)]
      ) {
        try {
          simulate(body, { runs: 2 });
        } catch (error) {
          assert(error instanceof SimulationError);
        }
        is.push(getCurrent() === me);
      }
      const other = spawn(() => "runs on");
      return [...is, yield* other];
    });
    assertEquals(seen, [true, true, true, "runs on"]);
  });

  test("down to the last property", () => {
    const objects = [globalThis, Math, performance, AbortSignal, AbortSignal.prototype, AbortController];
    const look = () =>
      objects.map((object) =>
        Reflect.ownKeys(object).map((key) => {
          const { value, get, set, writable, enumerable } = Object.getOwnPropertyDescriptor(
            object,
            key,
          ) as PropertyDescriptor;
          return [key, value, get, set, writable, enumerable];
        })
      );
    simulate(() => 1, { runs: 1 });
    const before = look();
    simulate(() => void new AbortController().signal.aborted, { runs: 2 });
    assertThrows(() => explore(() => assertEquals(1, 2)), SimulationError);
    const after = look();
    const differs = before.flatMap((all, i) =>
      all.filter((one, k) => one.some((part, j) => !Object.is(part, after[i][k]?.[j]))).map(([key]) =>
        String(key)
      )
    );
    assertEquals(differs, []);
  });
});

describe("tracked objects", () => {
  test("stay the same whichever way they are reached", () => {
    const map = track(new Map([["a", { n: 1 }]]));
    const [first] = [...map.values()];
    assert(first === map.get("a") && first === [...map][0][1] && first === [...map.entries()][0][1]);
    map.forEach((value, _key, whole) => assert(value === first && whole === map));
    assert(map.set("b", first) === map && map.get("b") === first);
    const item = { n: 2 }, list = track([item]);
    assertEquals([list.includes(item), list.indexOf(list[0]), list.lastIndexOf(item)], [true, 0, 0]);
    const set = track(new Set([item]));
    assert(set.has(item) && set.has(list[0]) && [...set][0] === list[0]);
    assertEquals([set.delete(list[0]), set.size], [true, 0]);
    assert(track(map) === map);
  });

  test("may be frozen, hold each other, and hold arrays", () => {
    const ring: { self?: unknown; rows: number[][] } = { rows: [[1], [2]] };
    ring.self = ring;
    const seen = track(ring);
    assert(seen.self === seen);
    assertEquals([...track(new Map([["a", [1, 2]]])).values()].map((row) => row.length), [2]);
    assertEquals([...track(new Set([[1, 2]]))].map((row) => row[1]), [2]);
    assertEquals(track(Object.freeze({ inner: { n: 1 } })).inner.n, 1);
    assertEquals({ ...track({ a: { b: 1 } }) }.a.b, 1);
  });

  test("tell explore of what stands in them", () => {
    const { values } = explore(function* () {
      const outer = track(new Map([["a", { n: 0 }]]));
      cell(0);
      const all = ["a", "b"].map((name) =>
        spawn({ name }, function* () {
          const inner = outer.get("a") as { n: number };
          const before = inner.n;
          yield* sleep(0);
          inner.n = before + 1;
        })
      );
      for (const one of all) yield* one;
      return (outer.get("a") as { n: number }).n;
    });
    assertEquals(new Set(values), new Set([1, 2]));
  });
});
