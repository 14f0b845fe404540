/** The laws of pools: what holds for whatever runs jobs, some at a time. */
import { type Op, PoolFull } from "../../core/mod.ts";
import { type Greenlet, sleep, spawn } from "../../greenlet/mod.ts";
import { always, eventually } from "../demands.ts";
import { ended, type Gen, logging, outcome, parked, same, upTo } from "./law_kit.ts";
import { isWhole, type PoolLike, type PoolSay, SIZE } from "./law_pool_kit.ts";
import { mapLaws, streamLaws } from "./law_pool_map.ts";
import { type Law, law, type LawOptions, type LawSuite, membersOf, suiteOf } from "./law_suite.ts";

/** What is different from pool to pool. */
export interface PoolLawOptions extends LawOptions {
  /** It runs everything at once. Default false. */
  unlimited?: boolean;
}

type Spawning = Required<Pick<PoolLike, "spawn" | "freeCount">>;

function limitLaws(say: PoolSay): Law[] {
  return [
    say("S-67 limit: no more than its size run at once, whoever is killed", function* (pool) {
      let inside = 0;
      always(() => inside <= SIZE, `${SIZE} at once`);
      const job = function* (): Gen {
        inside++;
        try {
          yield* sleep(1);
        } finally {
          inside--;
        }
      };
      yield* ended(upTo(4).map((i) => spawn({ name: `caller ${i}` }, () => pool.apply(job))));
      yield* isWhole(pool);
    }, { kills: 2, small: true }),

    say("S-67 room: as many as its size do run at once", function* (pool) {
      let inside = 0;
      eventually(() => inside === SIZE, `${SIZE} at once`);
      const job = function* (): Gen {
        inside++;
        yield* sleep(1);
        inside--;
      };
      yield* ended(upTo(3).map((i) => spawn({ name: `caller ${i}` }, () => pool.apply(job))));
    }),

    say("S-67 order: who waits for room gets it in the order of arrival", function* (pool) {
      const log: string[] = [];
      const job = (name: string) =>
        function* (): Gen {
          log.push(name);
          yield* sleep(5);
        };
      const all: Greenlet<void>[] = [];
      for (const name of ["a", "b", "c", "d", "e"]) {
        all.push(yield* parked(`caller ${name}`, () => pool.apply(job(name))));
        yield* sleep(1);
      }
      yield* ended(all);
      same(log, ["a", "b", "c", "d", "e"], "what was started");
    }),

    say("S-67 killed while it waits for room: its job never starts", function* (pool) {
      const log: string[] = [];
      const job = (name: string) =>
        function* (): Gen {
          log.push(name);
          yield* sleep(5);
        };
      const all: Greenlet<void>[] = [];
      for (const name of ["a", "b", "killed", "c"]) {
        all.push(yield* parked(`caller ${name}`, () => pool.apply(job(name))));
      }
      all[2].kill();
      yield* ended(all);
      same(log.toSorted(), ["a", "b", "c"], "what was started");
      yield* isWhole(pool);
    }),

    say("S-68 apply from inside of a full pool's own worker does not deadlock", function* (pool) {
      const job = (): Op<number> => pool.apply(() => 7);
      const all = upTo(SIZE).map((i) => spawn({ name: `caller ${i}` }, () => pool.apply(job)));
      for (const caller of all) same(yield* caller, 7, "the value of the inner job");
      yield* isWhole(pool);
    }),
  ];
}

function jobLaws(say: PoolSay): Law[] {
  return [
    say("S-67 every job settles exactly once, and its caller gets its value", function* (pool) {
      const starts = [0, 0, 0, 0], ends = [0, 0, 0, 0];
      const job = function* (i: number): Gen<number> {
        starts[i]++;
        yield* sleep(i % 2);
        ends[i]++;
        return i * 10;
      };
      const callers = upTo(4).map((i) => spawn({ name: `caller ${i}` }, () => pool.apply(job, i)));
      for (const i of upTo(4)) same(yield* callers[i], i * 10, `the value of job ${i}`);
      same([starts, ends], [[1, 1, 1, 1], [1, 1, 1, 1]], "starts and ends");
    }),

    say("S-67 a job that fails throws in its caller, and its slot is free again", function* (pool) {
      const failing = function* (): Gen {
        yield* sleep(0);
        throw new RangeError("of the job");
      };
      for (const i of upTo(SIZE + 1)) same(yield* outcome(pool.apply(failing)), "!RangeError", `job ${i}`);
      same(
        yield* outcome(pool.apply(() => {
          throw new RangeError("at once");
        })),
        "!RangeError",
        "a job that fails at once",
      );
      yield* isWhole(pool);
    }),

    say("S-67 killed in apply: the job ends with its caller, and its slot is free again", function* (pool) {
      const log: string[] = [];
      const job = function* (): Gen {
        try {
          yield* sleep(1_000);
          log.push("it went on");
        } finally {
          log.push("cleaned up");
        }
      };
      const caller = yield* parked("caller", () => pool.apply(job));
      caller.kill();
      yield* ended([caller]);
      yield* sleep(1);
      same(log, ["cleaned up"], "what the job did");
      yield* isWhole(pool);
    }),
  ];
}

function spawnLaws(say: PoolSay): Law[] {
  return [
    say("S-67 spawn whose time is over throws PoolFull, and nothing is started", function* (some) {
      const pool = some as Spawning;
      const log: string[] = [];
      const all: Greenlet<unknown>[] = [];
      for (const _ of upTo(SIZE)) all.push(yield* pool.spawn({}, () => sleep(10)));
      for (const ms of [0, 5]) {
        const late = yield* logging(
          log,
          `${ms} ms`,
          () => pool.spawn({ timeout: ms }, () => log.push("started")),
        );
        yield* ended([late]);
      }
      same(log, [0, 5].map((ms) => `${ms} ms !${PoolFull.name}`), "what happened");
      yield* ended(all);
      yield* isWhole(some);
    }),

    say("S-67 a job that is killed frees its slot", function* (some) {
      const pool = some as Spawning;
      for (const _ of upTo(SIZE + 1)) {
        const job = yield* pool.spawn({ timeout: 5 }, () => sleep(1_000));
        yield* sleep(0);
        yield* job.kill();
      }
      yield* (yield* pool.spawn({ timeout: 5 }, () => sleep(1))).kill(); // before it begins
      yield* isWhole(some);
    }),

    say("S-67 a slot is free again when the joiners of its greenlet run", function* (some) {
      const pool = some as Spawning;
      const job = yield* pool.spawn({}, () => sleep(1));
      const before = pool.freeCount;
      yield* job.join();
      same([before, pool.freeCount], [SIZE - 1, SIZE], "free slots before and after");
    }),
  ];
}

function lawsOf(make: (size: number) => PoolLike, options: PoolLawOptions): Law[] {
  const say: PoolSay = (name, body, trials) => law(name, options, () => body(make(SIZE)), trials);
  const has = membersOf(() => make(SIZE), ["spawn", "freeCount", "imap", "imapUnordered"]);
  const isLimited = options.unlimited !== true;
  return [
    ...(isLimited ? limitLaws(say) : []),
    ...jobLaws(say),
    ...mapLaws(say),
    ...streamLaws(say, has),
    ...(isLimited && has.has("spawn") && has.has("freeCount") ? spawnLaws(say) : []),
  ];
}

/** See `laws`. */
export const poolLaws: LawSuite<(size: number) => PoolLike, PoolLawOptions> = suiteOf("pools", lawsOf, {});
