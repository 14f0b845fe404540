/** Pools lose no error: what fails while it is killed is told to somebody, too. */
import { collect, Event, forEach, Pool, run, sleep, spawn, suspend, taskGroup } from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, errorsIn, upTo } from "../regressions/helpers.ts";

const lost = new Error("of cleanup");

/** Waits until it is killed; its cleanup fails. */
function* failingCleanup(): Generator<unknown, number> {
  try {
    yield* suspend();
  } catch {
    yield* sleep(1);
    throw lost;
  }
  return 0;
}

/** All that anybody gets to hear of `body`: what it gives or throws, and what is told to `onError`. */
async function heard(body: () => Generator<unknown, unknown>): Promise<unknown[]> {
  const reports: unknown[] = [];
  const clock = new VirtualClock();
  const end = await run(body, { clock, onError: (e) => void reports.push(e) }).then(
    (value) => [value],
    (e) => [e],
  );
  return [...end, ...reports].flatMap(errorsIn);
}

describe("a pool loses no error", () => {
  test("S-69: map: the first failure in front, behind it those of the cleanup of the others", async () => {
    const first = new Error("first");
    const errors = await heard(() =>
      caught(new Pool(2).map(function* (n: number) {
        if (n === 0) return yield* failingCleanup();
        yield* sleep(1);
        throw first;
      }, [0, 1]))
    );
    assertEquals(errors, [first, lost]);
  });

  for (
    const [name, use] of Object.entries<(pool: Pool) => Generator<unknown, unknown>>({
      *apply(pool) {
        return yield* pool.apply(failingCleanup);
      },
      *map(pool) {
        return yield* pool.map(failingCleanup, [1]);
      },
      *applyAsync(pool) {
        pool.add(spawn({ daemon: true }, () => suspend()));
        pool.add(spawn({ daemon: true }, () => suspend()));
        const g = pool.applyAsync(failingCleanup);
        yield* settle();
        for (const other of pool) other.kill();
        yield* settle();
        try {
          return yield* g;
        } finally {
          g.kill();
        }
      },
      *imap(pool) {
        return yield* collect(pool.imap(failingCleanup, [1]));
      },
      *imapUnordered(pool) {
        return yield* collect(pool.imapUnordered(failingCleanup, [1]));
      },
    })
  ) {
    test(`${name}: who waits is killed, and the call's cleanup fails: somebody is told`, async () => {
      const errors = await heard(function* () {
        const client = spawn(() => use(new Pool(2)));
        yield* settle();
        yield* sleep(1);
        yield* client.kill();
        yield* sleep(5);
        return client.exception;
      });
      assert(errors.includes(lost), `heard of ${errors.map(String)}`);
    });
  }

  test("imap: an error of the cleanup of an abandoned call is told", async () => {
    const errors = await heard(function* () {
      const stream = new Pool(1).imap(failingCleanup, [1, 2]);
      yield* settle();
      stream.close?.();
      yield* sleep(5);
    });
    assert(errors.includes(lost));
  });

  test("S-69: a consumer that is killed, or whose body fails, abandons the iteration", async () => {
    for (const how of ["killed", "fails"] as const) {
      let killed = 0;
      const errors = await heard(function* () {
        const pool = new Pool(2);
        const consumer = spawn(() =>
          forEach(
            pool.imap(function* (n: number) {
              try {
                yield* sleep(n);
              } catch (e) {
                killed++;
                throw e;
              }
            }, [1, 1_000, 1_000, 1_000]),
            function* () {
              if (how === "fails") throw new Error("body");
              yield* suspend();
            },
          )
        );
        const asker = spawn(() => consumer.join());
        consumer.link(() => {});
        yield* sleep(10);
        if (how === "killed") yield* consumer.kill();
        yield* asker;
        yield* settle();
        assert(killed > 0);
        assertEquals(pool.freeCount, 2);
      });
      assertEquals(errors, [undefined]);
    }
  });

  test("S-70: three hundred failures of one turn are all kept", async () => {
    const errors = await heard(function* () {
      const go = new Event();
      return yield* caught(taskGroup(function* (tg) {
        for (const i of upTo(300)) {
          tg.spawn(function* () {
            yield* go.wait();
            throw new Error(`${i}`);
          });
        }
        yield* settle();
        go.set();
      }));
    });
    assertEquals(errors.map((e) => (e as Error).message), upTo(300).map(String));
  });
});
