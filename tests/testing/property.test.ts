/** property: fast-check's data under our schedules; what is shrunk, what is told, and how it is had again. */
import fc from "fast-check";
import process from "node:process";
import { Event, Lock, Queue, sleep, spawn } from "../../src/mod.ts";
import { always, explore, property, replay, simulate, SimulationError } from "../../src/testing/mod.ts";
import { decode } from "../../src/testing/schedules/token.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "../assert.ts";
import { describe, test } from "../harness.ts";

/** Deposits that are lost when another one comes between: amounts above 4, and only where `n` is above 2. */
function* deposits(items: readonly number[], n: number): Generator<unknown, void, unknown> {
  let balance = 0;
  const all = items.map((amount, k) =>
    spawn({ name: `d${k}` }, function* () {
      if (k % 2 === 1) yield* sleep(1);
      const read = balance;
      if (amount > 4 && n > 2) yield* sleep(0);
      balance = read + amount;
    })
  );
  for (const one of all) yield* one;
  if (balance !== items.reduce((a, b) => a + b, 0)) throw new RangeError(`lost: ${balance}`);
}
const amounts = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 6 });
const racy = { simulate: { timeouts: 1, runs: 20 } };

function failureOf(check: () => unknown): SimulationError {
  return assertThrows(check, SimulationError);
}

/** `{ seed, path }` as the message says them. */
function againOf({ message }: Error): { seed: number; path: string; endOnFailure: boolean } {
  const match = /\{ seed: (-?\d+), path: "([\d:]+)", endOnFailure: true \} among property's options/.exec(
    message,
  );
  assert(match !== null, message);
  return { seed: Number(match[1]), path: match[2], endOnFailure: true };
}

describe("property", () => {
  test("as many data as wanted, each under as many schedules as wanted", () => {
    const seen = new Map<number, number>();
    const tried = property(fc, [fc.integer()], function* (n) {
      seen.set(n, (seen.get(n) ?? 0) + 1);
      spawn(() => sleep(0));
      yield* sleep(0);
    }, { numRuns: 30, simulate: { runs: 7 }, seed: 1 });
    assertEquals(tried.data, 30);
    assertEquals(tried.schedules, 30 * 7);
    assertEquals(tried.exhausted, false);
    assert(tried.steps > tried.schedules);
    const runs = [...seen.values()].reduce((a, b) => a + b, 0);
    assertEquals(runs, 30 * (7 + 1), "one more for each, in plain order");
  });

  test("a hundred data and twenty schedules by default", () => {
    const { data, schedules } = property(fc, [fc.nat()], () => {});
    assertEquals([data, schedules], [100, 2_000]);
  });

  test("with explore every schedule of each", () => {
    const orders = new Set<string>();
    const tried = property(fc, [fc.constantFrom("x", "y")], function* (prefix) {
      const log: string[] = [];
      for (const name of ["a", "b", "c"]) spawn(() => void log.push(name));
      yield* sleep(1);
      orders.add(prefix + log.join(""));
    }, { explore: {}, numRuns: 10 });
    assertEquals(tried.exhausted, true);
    assertEquals(orders.size, 12);
    assertEquals(tried.data, 10);
  });

  test("says when the schedules of some data were not exhausted", () => {
    const { exhausted, schedules } = property(fc, [fc.nat()], function* () {
      for (let i = 0; i < 5; i++) spawn(() => sleep(0));
      yield* sleep(1);
    }, { explore: { maxSchedules: 10 }, numRuns: 3 });
    assertEquals([exhausted, schedules], [false, 30]);
  });

  for (const seed of [1, 2, 3, 4, 5]) {
    test(`shrinks the data to the least, by chance (seed ${seed})`, () => {
      const { message } = failureOf(() => property(fc, [amounts, fc.nat(9)], deposits, { seed, ...racy }));
      assertMatch(message, /With items = \[(5,1|1,5)\], n = 3\n/);
    });
    test(`shrinks the data to the least, with every schedule (seed ${seed})`, () => {
      const { message } = failureOf(() =>
        property(fc, [fc.array(fc.nat(9), { maxLength: 4 })], function* (all) {
          let x = 0;
          const greenlets = all.map((n) =>
            spawn(function* () {
              const read = x;
              yield* sleep(0);
              x = Math.max(read, n);
            })
          );
          for (const one of greenlets) yield* one;
          assertEquals(x, Math.max(0, ...all));
        }, { seed, explore: { preemptions: 2 } })
      );
      assertMatch(message, /With all = \[(0,1|1,0)\]\n/);
    });
  }

  test("shrinks the schedule of the least data to the least", () => {
    const error = failureOf(() =>
      property(fc, [fc.array(fc.nat(), { minLength: 2, maxLength: 5 })], function* (items) {
        const log: number[] = [];
        items.forEach((_, i) => spawn({ name: `g${i}` }, () => void log.push(i)));
        yield* sleep(1);
        assert(log.indexOf(1) > log.indexOf(0), "0 comes first");
      }, { seed: 3 })
    );
    assertStringIncludes(error.message, "With items = [0,0]\n");
    assertEquals(decode(error.token).departures.length, 1);
    assertMatch(error.message, /g1 .*before.* g0/);
  });

  test("one failure tells the data, how to have them again, the schedule and its token", () => {
    const error = failureOf(() => property(fc, [amounts, fc.nat(9)], deposits, { seed: 42, ...racy }));
    const { message } = error;
    assertMatch(
      message,
      /^property, run \d+, shrunk \d+ times; simulate \(seed \d+, \w+\): /,
    );
    assertStringIncludes(message, ": the body failed: RangeError: lost: ");
    assertMatch(message, /\n\nWith items = \[\d,\d\], n = 3\nTo have these data again: /);
    assertMatch(message, /\n step {2}main +d/);
    assertStringIncludes(message, `To repeat it: replay("${error.token}")`);
    assertEquals(againOf(error).seed, 42);
    assertEquals(error.kind, "error");
    assertStringIncludes(String((error.cause as Error).message), "lost: ");
  });

  test("the same seed: the same data, the same failure, on every runtime", () => {
    const seen: string[][] = [[], []];
    const [a, b] = seen.map((log) =>
      failureOf(() =>
        property(fc, [amounts, fc.nat(9)], (items, n) => {
          log.push(fc.stringify([items, n]));
          return deposits(items, n);
        }, { seed: 42, ...racy })
      )
    );
    assertEquals(a.message.split("Where each parked")[0], b.message.split("Where each parked")[0]);
    assertEquals(a.token, b.token);
    assertEquals(seen[0], seen[1]);
    assertEquals(againOf(a).path, "1:2:4:5");
  });

  test("another seed where none is given", () => {
    const draw = () => {
      const drawn: number[] = [];
      property(fc, [fc.integer()], (n) => void drawn.push(n), { simulate: { runs: 1 } });
      return drawn.join();
    };
    assert(draw() !== draw());
  });

  test("seed and path lead to the least data, which fail at once", () => {
    const error = failureOf(() => property(fc, [amounts, fc.nat(9)], deposits, { seed: 7, ...racy }));
    const data = /With (.*)/.exec(error.message)?.[1] as string;
    const texts = new Set<string>();
    const again = failureOf(() =>
      property(fc, [amounts, fc.nat(9)], function* (items, n) {
        texts.add(`items = ${fc.stringify(items)}, n = ${n}`);
        yield* deposits(items, n);
      }, { ...againOf(error), ...racy })
    );
    assertEquals([...texts], [data]);
    assertStringIncludes(again.message, `With ${data}\n`);
    assertNotMatch(again.message.split("\n")[0], /shrunk/);
    assertEquals(againOf(again), againOf(error));
  });

  test("a path that was not shrunk yet is shrunk from there", () => {
    const options = { seed: 7, ...racy };
    const first = failureOf(() =>
      property(fc, [amounts, fc.nat(9)], deposits, { ...options, endOnFailure: true })
    );
    const { path } = againOf(first);
    assertMatch(path, /^\d+$/);
    const least = failureOf(() => property(fc, [amounts, fc.nat(9)], deposits, { ...options, path }));
    assertMatch(least.message, /With items = \[(5,1|1,5)\], n = 3\n/);
  });

  test("examples come first, and are shrunk as well", () => {
    const drawn: number[] = [];
    property(fc, [fc.nat()], (n) => void drawn.push(n), { examples: [[7], [8]], numRuns: 5 });
    assertEquals([...new Set(drawn)].slice(0, 2), [7, 8]);
    const { message } = failureOf(() =>
      property(fc, [fc.nat(), fc.nat()], (a, b) => assert(a + b < 100), { examples: [[90, 90]], numRuns: 1 })
    );
    assertMatch(message, /With a = \d+, b = \d+\n/);
    const [a, b] = [...(/a = (\d+), b = (\d+)/.exec(message) ?? [])].slice(1).map(Number);
    assertEquals(a + b, 100);
  });

  for (const way of ["seed and path", "examples"] as const) {
    test(`the token repeats the schedule, with the data in place by ${way}`, () => {
      const error = failureOf(() => property(fc, [amounts, fc.nat(9)], deposits, { seed: 11, ...racy }));
      const items = JSON.parse(/items = (\[.*?\])/.exec(error.message)?.[1] as string) as number[];
      const data = way === "examples" ? { examples: [[items, 3]] as [number[], number][] } : againOf(error);
      let runs = 0;
      replay(error.token);
      const again = failureOf(() =>
        property(fc, [amounts, fc.nat(9)], function* (items, n) {
          runs++;
          yield* deposits(items, n);
        }, { ...data, ...racy })
      );
      assertMatch(again.message, /^replay of property: the body failed/);
      assertStringIncludes(again.message, `With items = ${JSON.stringify(items)}, n = 3\n`);
      assertEquals(again.token, error.token);
      assert(runs <= 4, `${runs} runs: to see whether it fits and to be shown, and no search`);
    });
  }

  test("a token beside other data is refused", () => {
    const error = failureOf(() => property(fc, [amounts, fc.nat(9)], deposits, { seed: 11, ...racy }));
    replay(error.token);
    assertThrows(
      () => property(fc, [amounts, fc.nat(9)], deposits, { examples: [[[1, 2, 3, 4], 0]], ...racy }),
      Error,
      "the token does not belong to this body",
    );
  });

  test("the token of the environment finds its data among all", () => {
    const error = failureOf(() => property(fc, [amounts, fc.nat(9)], deposits, { seed: 11, ...racy }));
    process.env.TENDRIL_REPLAY = error.token;
    try {
      const examples: [number[], number][] = [[[], 0], [[1], 3], [[1, 5], 3], [[5, 1], 3]];
      const again = failureOf(() => property(fc, [amounts, fc.nat(9)], deposits, { examples, ...racy }));
      assertMatch(again.message, /^replay of property/);
      assertEquals(again.token, error.token);
    } finally {
      delete process.env.TENDRIL_REPLAY;
    }
  });

  test("a token that passes by now lets the property go on", () => {
    const order = (strict: boolean) =>
      function* (n: number) {
        const log: string[] = [];
        for (const name of ["a", "b"]) spawn({ name }, () => void log.push(name));
        yield* sleep(1);
        assert(!strict || log[0] === "a" || n < 3);
      };
    const error = failureOf(() => property(fc, [fc.nat()], order(true), { seed: 1 }));
    replay(error.token);
    const { data } = property(fc, [fc.nat()], order(false), againOf(error));
    assert(data > 0);
  });

  test("what fails first is what is shrunk, and no other defect on the way", () => {
    const { message } = failureOf(() =>
      property(fc, [fc.nat()], (n) => {
        if (n >= 500) throw new RangeError("much");
        if (n >= 10) throw new TypeError("some");
      }, { examples: [[10_000]], numRuns: 1 })
    );
    assertStringIncludes(message, "With n = 500\n");
    assertStringIncludes(message, "RangeError: much");
  });

  test("all that a simulation fails for", () => {
    const limit = (fail: () => void) => (n: number) => n >= 7 ? fail() : undefined;
    const kinds: [SimulationError["kind"], (n: number) => unknown][] = [
      ["deadlock", (n) => n >= 7 ? new Event().wait() : undefined],
      ["leak", limit(() => new Queue().putNowait(1))],
      ["leak", limit(() => void new Lock().tryAcquire())],
      ["always", (n) => {
        always(() => n < 7, "small");
        return sleep(0);
      }],
    ];
    for (const [kind, body] of kinds) {
      const error = failureOf(() => property(fc, [fc.nat()], body, { seed: 5 }));
      assertEquals(error.kind, kind);
      assertStringIncludes(error.message, "With n = 7\n");
    }
  });

  test("options of the schedules get there", () => {
    const error = failureOf(() =>
      property(fc, [fc.nat()], function* () {
        for (;;) yield* sleep(0);
      }, { simulate: { maxSteps: 50 } })
    );
    assertEquals(error.kind, "endless");
    const left = () => new Queue().putNowait(1);
    assertEquals(property(fc, [fc.nat()], left, { simulate: { leaks: false } }).data, 100);
    assertEquals(property(fc, [fc.nat()], left, { explore: { leaks: false } }).data, 100);
  });

  test("fc.pre refuses data", () => {
    const taken = new Set<number>();
    property(fc, [fc.nat(100)], function* (n) {
      fc.pre(n % 2 === 0);
      taken.add(n);
      yield* sleep(1);
    });
    assert([...taken].every((n) => n % 2 === 0));
    const { message } = failureOf(() =>
      property(fc, [fc.nat(1_000)], (n) => {
        fc.pre(n % 3 !== 0);
        assert(n < 100);
      }, { seed: 1 })
    );
    const n = Number(/With n = (\d+)\n/.exec(message)?.[1]);
    assert(n >= 100 && n < 200 && n % 3 !== 0, message);
  });

  test("when fc.pre refuses nearly all, that is said", () => {
    assertThrows(
      () => property(fc, [fc.nat()], () => fc.pre(false)),
      Error,
      "property: fc.pre refused 10001 data, and only 0 were tried",
    );
  });

  test("a body that changes its data is told so", () => {
    assertThrows(
      () => property(fc, [fc.array(fc.nat(), { minLength: 1 })], (items) => void items.pop()),
      TypeError,
      "the body has changed its data",
    );
  });

  test("what fast-check clones is fresh for each run, and tells how it was used", () => {
    const { data } = property(fc, [fc.context(), fc.nat()], function* (ctx, n) {
      assertEquals(ctx.size(), 0);
      ctx.log(`n is ${n}`);
      yield* sleep(1);
    });
    assertEquals(data, 100);
    const { message } = failureOf(() =>
      property(fc, [fc.context(), fc.nat()], (ctx, n) => {
        ctx.log(`n is ${n}`);
        assert(n < 5);
      })
    );
    assertMatch(message, /With ctx = .*n is 5"\]\}, n = 5\n/);
  });

  test("names of parameters where the body's text shows them, numbers elsewhere", () => {
    const fails = [
      [
        () => property(fc, [fc.nat(), fc.nat()], (first, $second) => assert(first + $second < 0)),
        "first = 0, $second = 0",
      ],
      [() => property(fc, [fc.nat()], (n = 1) => assert(n < 0)), "n = 0"],
      [() => property(fc, [fc.record({ a: fc.nat() })], ({ a }) => assert(a < 0)), 'value 1 = {"a":0}'],
      [
        () => property(fc, [fc.nat(), fc.nat()], (...all) => assert(all.length > 2)),
        "value 1 = 0, value 2 = 0",
      ],
      [() => property(fc, [fc.nat(), fc.nat()], (n) => assert(n < 0)), "n = 0, value 2 = 0"],
    ] as unknown as [() => void, string][];
    for (const [check, text] of fails) assertStringIncludes(failureOf(check).message, `With ${text}\n`);
  });

  test("long data stand one below the other", () => {
    const long = fc.constant("x".repeat(80));
    const { message } = failureOf(() => property(fc, [long, long], (a, b) => assert(a > b)));
    assertMatch(message, /With a = "x{80}"\n {5}b = "x{80}"\n/);
  });

  test("fast-check's global settings count", () => {
    const before = fc.readConfigureGlobal();
    fc.configureGlobal({ numRuns: 3 });
    try {
      assertEquals(property(fc, [fc.nat()], () => {}).data, 3);
    } finally {
      fc.configureGlobal(before);
    }
  });

  test("bodies of every kind", () => {
    assertEquals(property(fc, [fc.nat()], (n) => sleep(n), { numRuns: 3 }).data, 3);
    assertEquals(property(fc, [fc.nat()], (n) => n, { numRuns: 3 }).data, 3);
    assertEquals(
      property(fc, [fc.nat()], function* (n) {
        yield* sleep(n);
      }, { numRuns: 3 }).data,
      3,
    );
  });

  test("bad arguments are told at the call, and nothing is run", () => {
    let runs = 0;
    const body = () => void runs++;
    const nat = fc.nat();
    // deno-lint-ignore no-explicit-any
    const check = property as any;
    const bad: [() => unknown, new (...args: never[]) => Error, string][] = [
      [
        () => check(undefined, [nat], body),
        TypeError,
        "property needs the module fast-check first, not undefined",
      ],
      [() => check({}, [nat], body), TypeError, 'import fc from "fast-check"'],
      [() => check([nat], body), TypeError, "property needs the module fast-check first"],
      [() => check(fc, nat, body), TypeError, "property needs an array of arbitraries"],
      [() => check(fc, [], body), TypeError, "property needs an array of arbitraries"],
      [() => check(fc, [nat, 5], body), TypeError, "property's arbitrary 2 must be an arbitrary"],
      [() => check(fc, [nat], 5), TypeError, "property needs a function"],
      [() => check(fc, [nat], body()), TypeError, "property needs a function"],
      [() => check(fc, [nat], body, { numRuns: 0 }), RangeError, "property's numRuns must be a whole number"],
      [() => check(fc, [nat], body, { numRuns: 1.5 }), RangeError, "property's numRuns"],
      [() => check(fc, [nat], body, { path: "1" }), TypeError, "property's path needs the seed"],
      [
        () => check(fc, [nat], body, { simulate: {}, explore: {} }),
        TypeError,
        "simulate or explore, not both",
      ],
      [() => check(fc, [nat], body, { simulate: { runs: 0 } }), RangeError, "simulate's runs"],
      [() => check(fc, [nat], body, { simulate: { strategy: "best" } }), TypeError, "simulate's strategy"],
      [() => check(fc, [nat], body, { explore: { preemptions: -1 } }), RangeError, "explore's preemptions"],
      [() => check(fc, [nat], body, { explore: { maxSteps: 0 } }), RangeError, "property's maxSteps"],
    ];
    runs = 0;
    for (const [call, type, text] of bad) assertThrows(call, type, text);
    assertEquals(runs, 1, "by the line that calls it itself");
  });

  test("a path that leads nowhere is fast-check's error", () => {
    assertThrows(() => property(fc, [fc.nat()], () => {}, { seed: 1, path: "x" }), Error, "invalid path");
  });

  test("not inside of another simulation", () => {
    const inside = () => void property(fc, [fc.nat()], () => {});
    for (const outer of [simulate, explore]) {
      assertThrows(() => outer(inside), SimulationError, "a simulation inside of another's body");
    }
  });

  test("a body that goes by the real world is told so", () => {
    let calls = 0;
    assertThrows(
      () => property(fc, [fc.nat()], () => assert(++calls !== 30)),
      Error,
      "when it was run again",
    );
    assertStrictEquals(calls > 30, true);
  });
});
