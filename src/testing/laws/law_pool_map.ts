/** The laws of what a pool does with many items. */
import type { Body, Stream } from "../../sync/mod.ts";
import { isKill, sleep, spawn } from "../../greenlet/mod.ts";
import { type Gen, need, outcome, same, upTo } from "./law_kit.ts";
import { isWhole, type PoolLike, type PoolSay } from "./law_pool_kit.ts";
import type { Law } from "./law_suite.ts";

/** The laws of `map`. */
export function mapLaws(say: PoolSay): Law[] {
  return [
    say("S-69 map keeps the order of the items", function* (pool) {
      const job = function* (n: number): Gen<number> {
        yield* sleep(5 - n);
        return n * n;
      };
      same(yield* pool.map(job, [1, 2, 3, 4]), [1, 4, 9, 16], "the results");
      same(yield* pool.map(job, []), [], "the results for no items");
    }),

    say("S-69 map throws the first failure, once all that it started have ended", function* (pool) {
      let inside = 0;
      const job = function* (n: number): Gen {
        inside++;
        try {
          yield* sleep(n);
          if (n === 1) throw new RangeError("of the item");
        } finally {
          inside--;
        }
      };
      same(yield* outcome(pool.map(job, [5, 1, 5, 5])), "!RangeError", "map");
      same(inside, 0, "jobs that still run");
      yield* isWhole(pool);
    }),

    say("S-69 map that is killed ends what it started", function* (pool) {
      let inside = 0;
      const job = function* (): Gen {
        inside++;
        try {
          yield* sleep(3);
        } finally {
          inside--;
        }
      };
      const caller = spawn({ name: "caller" }, () => pool.map(job, upTo(4)));
      yield* caller.join();
      need(caller.exception === undefined || isKill(caller.exception), `map threw ${caller.exception}`);
      same(inside, 0, "jobs that still run");
      yield* isWhole(pool);
    }, { kills: 1 }),
  ];
}

/** The laws of the streams that there are. */
export function streamLaws(say: PoolSay, has: ReadonlySet<string>): Law[] {
  const laws: Law[] = [];
  if (has.has("imap")) {
    laws.push(say("S-69 imap gives results and errors at their positions, and goes on", function* (pool) {
      const { imap } = pool as Required<PoolLike>;
      same(yield* collectAll(imap.call(pool, slow as Body<[unknown], unknown>, [3, 2, 1])), [
        "3",
        "!RangeError",
        "1",
      ], "the stream");
      yield* isWhole(pool);
    }));
  }
  if (has.has("imapUnordered")) {
    laws.push(say("S-69 imapUnordered gives results as they come", function* (pool) {
      const { imapUnordered } = pool as Required<PoolLike>;
      same(yield* collectAll(imapUnordered.call(pool, slow as Body<[unknown], unknown>, [9, 1, 3])), [
        "1",
        "3",
        "9",
      ], "the stream");
      yield* isWhole(pool);
    }));
  }
  return laws;
}

function* collectAll(stream: Stream<unknown>): Gen<string[]> {
  const log: string[] = [];
  for (;;) {
    try {
      const step = yield* stream.next();
      if (step.done === true) return log;
      log.push(String(step.value));
    } catch (error) {
      if (isKill(error)) throw error;
      log.push(`!${(error as Error).name}`);
    }
  }
}

function* slow(n: number): Gen<number> {
  yield* sleep(n);
  if (n === 2) throw new RangeError("of the item");
  return n;
}
