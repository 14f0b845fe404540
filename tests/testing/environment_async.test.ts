/** Simulations of bodies with async functions. */
import { Lock, sleep, spawn, suspend, until } from "../../src/mod.ts";
import { settle, simulate, simulateAsync, simulatedNetwork, SimulationError } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../assert.ts";
import { describe, test } from "../harness.ts";

type Gen<T = void> = Generator<unknown, T>;

/** Two deposits whose middle is in an async function. */
function* deposits(lock?: Lock): Gen<number> {
  let balance = 0;
  const later = async (amount: number) => {
    await new Promise((done) => setTimeout(done, 5));
    return amount;
  };
  function* deposit(): Gen {
    const read = balance;
    balance = read + (yield* until(later(10)));
  }
  const both = [1, 2].map(() => spawn(() => lock === undefined ? deposit() : lock.withLock(deposit)));
  for (const one of both) yield* one;
  if (balance !== 20) throw new Error(`a lost update: ${balance}`);
  return performance.now();
}

describe("environment_async: simulateAsync", () => {
  test("promises of async functions settle, and take virtual time only", async () => {
    const seen = await simulateAsync(() => deposits(new Lock()), { runs: 20 });
    assertEquals(seen.runs, 20);
    assertEquals(new Set(seen.values), new Set([10]));
    const { kind } = await assertRejects(
      () => simulateAsync(() => deposits()),
      SimulationError,
      "a lost update: 10",
    );
    assertEquals(kind, "error");
  });

  test("an async function as the body, with awaits of simulated and of native promises", async () => {
    const { values } = await simulateAsync(async () => {
      const start = Date.now();
      await new Promise((done) => setTimeout(done, 1_000));
      await (async () => {})();
      const all = await Promise.all([1, 2].map(async (n) => {
        await new Promise((done) => setTimeout(done, n * 100));
        return n;
      }));
      return [Date.now() - start, ...all].join();
    }, { runs: 5 });
    assertEquals(new Set(values), new Set(["1200,1,2"]));
  });

  test("fetch in async functions, with faults by seed, the same each time", async () => {
    const tries = async (): Promise<string> => {
      const log: string[] = [];
      for (let i = 0; i < 5; i++) {
        try {
          const response = await fetch(`https://api.example/${i}`);
          log.push(await response.text());
        } catch (error) {
          log.push((error as { cause: { code: string } }).cause.code);
        }
      }
      return log.join();
    };
    const body = function* (): Gen<string> {
      simulatedNetwork({ failure: 0.3, cut: 0.2, latency: [1, 9] }).on(
        "https://api.example/",
        ({ url }) => url.slice(-1),
      );
      return yield* until(tries());
    };
    const first = await simulateAsync(body, { runs: 20 });
    assertEquals(await simulateAsync(body, { runs: 20 }), first);
    assertEquals(first.values[0], ASYNC);
    assert(new Set(first.values).size > 10);
  });

  test("the globals are simulated for its duration, and put back", async () => {
    const before = [Date, Promise, setTimeout, fetch, Math.random];
    const running = simulateAsync(async () => await new Promise((done) => setTimeout(done, 10)), { runs: 3 });
    await running;
    assertEquals([Date, Promise, setTimeout, fetch, Math.random].every((f, i) => f === before[i]), true);
    await assertRejects(() => simulateAsync(() => Promise.reject(new Error("on purpose"))), SimulationError);
    assertEquals([Date, Promise, setTimeout, fetch, Math.random].every((f, i) => f === before[i]), true);
    assertEquals(simulate(() => 1, { runs: 2 }).values, [1, 1]);
  });

  test("another simulation inside is refused", async () => {
    await assertRejects(
      () => simulateAsync(async () => void simulate(() => {})),
      SimulationError,
      "a simulation inside of another's body",
    );
  });

  test("a promise that never ends, a deadlock, an endless run and a leak are told", async () => {
    const kindOf = async (body: () => Gen<unknown>, options = {}) => {
      const error = await assertRejects(() => simulateAsync(body, options), SimulationError);
      assertStringIncludes(error.message, "To repeat it: { seed: 0, runs: 1 } as options");
      return error.kind;
    };
    const never = (async () => {
      await new Promise(() => {});
    })();
    assertEquals(await kindOf(() => until(never) as unknown as Gen), "host");
    assertEquals(await kindOf(() => suspend() as unknown as Gen), "deadlock");
    assertEquals(
      await kindOf(function* () {
        for (;;) yield* sleep(0);
      }),
      "endless",
    );
    assertEquals(
      await kindOf(function* () {
        setTimeout(() => {}, 100);
        yield* until((async () => {})());
      }),
      "leak",
    );
  });

  test("settle lets promises settle first", async () => {
    const { values } = await simulateAsync(function* () {
      let n = 0;
      spawn(function* () {
        for (let i = 0; i < 5; i++) n += yield* until((async () => 1)());
        yield* sleep(1_000);
        n = 100;
      });
      yield* settle();
      return n;
    }, { runs: 5 });
    assertEquals(new Set(values), new Set([5]));
  });

  test("bad options reject", async () => {
    await assertRejects(() => simulateAsync(3 as never), TypeError, "simulateAsync needs a function");
    await assertRejects(() => simulateAsync(() => {}, { runs: 0 }), RangeError);
  });
});

const ASYNC = "ECONNREFUSED,ECONNREFUSED,ECONNRESET,3,4";
