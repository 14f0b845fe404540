/** Traps of the language: depth, and loops over generators. */
import { call, collect, forEach, isKill, type Op, Queue, sleep, spawn, suspend } from "../../src/mod.ts";
import { isGenerator } from "../../src/lowlevel.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, type Gen, outcomeOf, virtual } from "./kit.ts";

describe("depth", () => {
  const DEPTH = 20_000;
  function* down(n: number, bottom: () => Op<unknown> | Gen<unknown>, log?: number[]): Gen<number> {
    if (n === 0) {
      yield* bottom();
      return 0;
    }
    try {
      return 1 + (yield* call(down, n - 1, bottom, log));
    } finally {
      log?.push(n);
    }
  }

  test("trap: call goes 20,000 deep, parks there, and comes back with a value or an error", async () => {
    const e = new Error("from the bottom");
    await virtual(function* () {
      assertEquals(yield* call(down, DEPTH, () => sleep(1)), DEPTH);
      assertStrictEquals(
        yield* caught(call(down, DEPTH, function* () {
          yield* sleep(1);
          throw e;
        })),
        e,
      );
    });
  });

  test("trap: killed 20,000 calls deep, every finally runs once, from the inside out", () =>
    virtual(function* () {
      const log: number[] = [];
      const g = spawn(() => down(DEPTH, suspend, log));
      yield* settle();
      yield* g.kill();
      assertEquals(log.length, DEPTH);
      assert(log.every((n, i) => n === i + 1));
    }));

  test("trap: cleanups that suspend in all of 5,000 frames", () =>
    virtual(function* () {
      let cleaned = 0;
      const nest = function* (n: number): Gen {
        try {
          if (n === 0) yield* suspend();
          else yield* call(nest, n - 1);
        } finally {
          yield* sleep(0);
          cleaned++;
        }
      };
      const g = spawn(() => nest(4_999));
      yield* settle();
      yield* g.kill();
      assertEquals(cleaned, 5_000);
    }));

  test("trap: a resume does not pass through the frames that wait: it costs the same at any depth", () =>
    virtual(function* () {
      let resumes = 0;
      /** A generator whose resumes are counted. */
      const counted = (inner: Generator<unknown, unknown, unknown>) => ({
        [Symbol.toStringTag]: "Generator",
        next: (value?: unknown) => (resumes++, inner.next(value)),
        throw: (error: unknown) => (resumes++, inner.throw(error)),
        return: (value: unknown) => inner.return(value),
        [Symbol.iterator]: () => inner,
      });
      assert(isGenerator(counted(down(0, suspend))));
      const frame = (n: number): unknown =>
        counted((function* () {
          if (n === 0) { for (let i = 0; i < 1_000; i++) yield* sleep(0); }
          else yield* call(() => frame(n - 1) as Gen);
        })());
      yield* call(() => frame(100) as Gen);
      assertEquals(resumes - 1_000 < 3 * 101, true, `${resumes} resumes`);
    }));

  test("trap: native yield* works 1,000 deep, parked and killed", () =>
    virtual(function* () {
      let cleaned = 0;
      const nest = function* (n: number): Gen<number> {
        try {
          if (n > 0) return 1 + (yield* nest(n - 1));
          yield* suspend();
          return 0;
        } finally {
          cleaned++;
        }
      };
      const g = spawn(() => nest(1_000));
      yield* settle();
      yield* g.kill();
      assertEquals([cleaned, isKill(g.value)], [1_001, true]);
    }));

  test("trap: native yield* that overflows is a RangeError of its own greenlet, whose finallys run as far as they can", async () => {
    const outcome = await outcomeOf(function* () {
      const nest = function* (n: number): Gen {
        yield* nest(n + 1);
      };
      assertInstanceOf(yield* caught(spawn(() => nest(0))), RangeError);
      assertEquals(yield* spawn(() => call(down, 10, () => sleep(1))), 10);
    });
    assertEquals(outcome.error, undefined);
  });
});

describe("for…of", () => {
  test("S-24: the language discards what a finally of a looped-over generator waits for; forEach over a stream does not", () =>
    virtual(function* () {
      const log: string[] = [];
      const items = function* (): Gen {
        try {
          yield 1;
          yield 2;
        } finally {
          log.push("cleanup begins");
          yield* sleep(1);
          log.push("cleanup ends");
        }
      };
      const looped = items();
      for (const _ of looped) break;
      yield* sleep(10);
      assertEquals(log, ["cleanup begins"]);

      log.length = 0;
      const q = new Queue<number>();
      q.putNowait(1);
      const g = spawn(() =>
        forEach(q, function* () {
          try {
            yield* suspend();
          } finally {
            log.push("cleanup begins");
            yield* sleep(1);
            log.push("cleanup ends");
          }
        })
      );
      yield* settle();
      yield* g.kill();
      assertEquals(log, ["cleanup begins", "cleanup ends"]);
      q.putNowait(2);
      q.shutdown();
      assertEquals(yield* collect(q), [2]);
    }));
});
