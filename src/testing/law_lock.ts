/** The laws of locks: what holds for everything that lets one in at a time. */
import { BrokenLockError, type Op, TimeoutError } from "../core/mod.ts";
import type { Body } from "../sync/mod.ts";
import { type Greenlet, isKill, sleep, spawn, withTimeout } from "../greenlet/mod.ts";
import { always } from "./demands.ts";
import { ended, type Gen, logging, need, outcome, outcomeOf, parked, same, upTo } from "./law_kit.ts";
import {
  type Law,
  law,
  type LawOptions,
  type LawSuite,
  membersOf,
  suiteOf,
  type Trials,
} from "./law_suite.ts";
import { BLOCKED } from "./linearizable.ts";
import { modelTest, type ModelTestOptions } from "./model_test.ts";

/** A lock, whatever its name. What it does not have is not checked. */
export interface LockLike {
  /** True: held. False: the timeout, in milliseconds, came first. */
  acquire(options?: { timeout?: number }): Op<boolean>;
  /** Gives it back, at the call. */
  release(): void;
  /** Takes it if that needs no waiting. */
  tryAcquire?(): boolean;
  readonly locked?: boolean;
  /** Runs `body` while it is held. */
  withLock?<T>(body: Body<[], T>): Op<T>;
}

/** What is different from lock to lock; what is left out is not checked. */
export interface LockLawOptions extends LawOptions {
  /** When a greenlet ends that holds it, it breaks, is free again, or stays taken. */
  deadHolder?: "breaks" | "frees" | "keeps";
  /** Who holds it and acquires it again gets an error, holds it twice, or waits. */
  again?: "throws" | "counts" | "waits";
  /** Who does not hold it and releases it gets an error, or does release it. */
  stranger?: "throws" | "releases";
}

/** Makes a law about a lock. */
type Say = (name: string, body: (lock: LockLike) => Gen, trials?: Trials) => Law;

/** Takes it, notes that, gives the others a turn, releases. */
function* use(lock: LockLike, note: () => void): Gen {
  yield* lock.acquire();
  try {
    note();
    yield* sleep(0);
  } finally {
    lock.release();
  }
}

function* isFree(lock: LockLike): Gen {
  same(yield* lock.acquire({ timeout: 0 }), true, "acquire({ timeout: 0 }) of a lock that nobody holds");
  lock.release();
}

function basicLaws(say: Say): Law[] {
  return [
    say("S-50 exclusion: one holder at a time, whoever is killed", function* (lock) {
      let inside = 0;
      always(() => inside <= 1, "one holder at a time");
      const worker = function* (): Gen {
        for (let i = 0; i < 2; i++) {
          yield* lock.acquire();
          inside++;
          try {
            yield* sleep(0);
          } finally {
            inside--;
            lock.release();
          }
        }
      };
      yield* ended(["a", "b", "c"].map((name) => spawn({ name }, worker)));
    }, { kills: 2, small: true }),

    say("S-50 order: the line is served in the order of arrival", function* (lock) {
      const log: number[] = [];
      yield* lock.acquire();
      const all: Greenlet<void>[] = [];
      for (const i of upTo(4)) all.push(yield* parked(`${i}`, () => use(lock, () => log.push(i))));
      same(log, [], "who got it while it was held");
      lock.release();
      yield* ended(all);
      same(log, [0, 1, 2, 3], "who got it");
    }),

    say("S-50 no barging: a newcomer does not overtake one who waits", function* (lock) {
      const log: string[] = [];
      yield* lock.acquire();
      const waiter = yield* parked("waiter", () => use(lock, () => log.push("waiter")));
      lock.release();
      if (lock.tryAcquire !== undefined) {
        same(lock.tryAcquire(), false, "tryAcquire before the one who waits");
      }
      same(yield* lock.acquire({ timeout: 0 }), false, "acquire({ timeout: 0 }) before the one who waits");
      yield* use(lock, () => log.push("newcomer"));
      same(log, ["waiter", "newcomer"], "who got it");
      yield* waiter;
    }),

    say("S-50 fairness: who comes back in a loop starves nobody", function* (lock) {
      const log: string[] = [], arrivals: string[] = [];
      const loop = (name: string, times: number) =>
        function* (): Gen {
          for (let i = 0; i < times; i++) {
            arrivals.push(name);
            yield* use(lock, () => void log.push(name));
          }
        };
      yield* ended([spawn({ name: "a" }, loop("a", 4)), spawn({ name: "b" }, loop("b", 4))]);
      same(log, arrivals, "who got it, and who came");
    }),

    say("S-50 no lost wake-up: it goes on to the next, whoever is killed", function* (lock) {
      yield* ended(upTo(4).map((i) => spawn({ name: `${i}` }, () => use(lock, () => {}))));
      yield* isFree(lock);
    }, { kills: 3 }),

    say("S-46 release: it runs nobody", function* (lock) {
      const log: string[] = [];
      yield* lock.acquire();
      const waiter = yield* parked("waiter", () => use(lock, () => log.push("waiter")));
      lock.release();
      log.push("released");
      yield* waiter;
      same(log, ["released", "waiter"], "what happened");
    }),
  ];
}

function killLaws(say: Say): Law[] {
  return [
    say("S-51 killed while parked: it leaves nothing behind, and the order of the rest", function* (lock) {
      const log: number[] = [];
      yield* lock.acquire();
      const all: Greenlet<void>[] = [];
      for (const i of upTo(4)) all.push(yield* parked(`${i}`, () => use(lock, () => log.push(i))));
      all[1].kill();
      all[0].kill();
      lock.release();
      yield* ended(all);
      same(log, [2, 3], "who got it");
      yield* isFree(lock);
    }),

    say("S-51 killed after the wake: it is the holder, and releases in its finally", function* (lock) {
      const log: string[] = [];
      yield* lock.acquire();
      const killed = yield* parked("killed", function* () {
        const got = yield* lock.acquire();
        try {
          log.push(`killed got ${got}`);
          yield* sleep(0);
          log.push("it went on");
        } catch (error) {
          log.push(isKill(error) ? "the kill came" : `it threw ${error}`);
          throw error;
        } finally {
          lock.release();
        }
      });
      const next = yield* parked("next", () => use(lock, () => log.push("next")));
      lock.release();
      killed.kill();
      yield* ended([killed, next]);
      same(log, ["killed got true", "the kill came", "next"], "what happened");
      yield* isFree(lock);
    }),
  ];
}

function timeLaws(say: Say): Law[] {
  return [
    say("S-52 timeout: acquire gives false, consumes nothing, and not before its time", function* (lock) {
      yield* lock.acquire();
      const log: string[] = [];
      const all: Greenlet<void>[] = [];
      for (const ms of [0, -1, 5]) {
        all.push(yield* logging(log, `${ms} ms`, () => lock.acquire({ timeout: ms })));
      }
      same(log, ["0 ms false", "-1 ms false"], "who gave up at once");
      yield* ended(all);
      same(log.slice(2), ["5 ms false"], "who gave up later");
      lock.release();
      yield* isFree(lock);
    }),

    say("S-52 passed over: who gave up is left out, and the order of the rest stays", function* (lock) {
      const log: string[] = [];
      yield* lock.acquire();
      const all = [
        yield* logging(log, "late", () => lock.acquire({ timeout: 5 })),
        yield* parked("first", () => use(lock, () => log.push("first"))),
        yield* parked("second", () => use(lock, () => log.push("second"))),
      ];
      yield* sleep(10);
      lock.release();
      yield* ended(all);
      same(log, ["late false", "first", "second"], "what happened");
    }),

    say(
      "S-52 the race: handed over at the last moment, true means held and false means not",
      function* (lock) {
        let holders = 1;
        yield* lock.acquire();
        const late = spawn({ name: "late" }, function* () {
          if (!(yield* lock.acquire({ timeout: 5 }))) return;
          same(++holders, 1, "holders");
          yield* sleep(0);
          holders--;
          lock.release();
        });
        yield* sleep(5);
        holders--;
        lock.release();
        yield* ended([late]);
        yield* isFree(lock);
      },
      { timeouts: 1, small: true },
    ),

    say("S-26 an outer timeout is thrown as itself, and nothing is consumed", function* (lock) {
      yield* lock.acquire();
      const waiter = spawn({ name: "waiter" }, function* () {
        const how = yield* outcome(withTimeout(5, lock.acquire({ timeout: 10 })));
        same(how, `!${TimeoutError.name}`, "an acquire in withTimeout");
      });
      yield* ended([waiter]);
      lock.release();
      yield* isFree(lock);
    }),
  ];
}

/** What a lock may have besides. */
function optionalLaws(say: Say, has: ReadonlySet<string>): Law[] {
  const laws: Law[] = [];
  if (has.has("tryAcquire")) {
    laws.push(say("S-52 tryAcquire: it takes what is free, and never parks", function* (lock) {
      let ran = false;
      const other = spawn({ name: "other" }, () => void (ran = true));
      same(lock.tryAcquire?.(), true, "tryAcquire of a free lock");
      need(!ran, "tryAcquire gave a turn to another greenlet");
      const refused = spawn({ name: "refused" }, () => same(lock.tryAcquire?.(), false, "of a held one"));
      yield* ended([other, refused]);
      lock.release();
      yield* isFree(lock);
    }));
  }
  if (has.has("locked")) {
    laws.push(say("locked says whether it is held", function* (lock) {
      same(lock.locked, false, "locked at first");
      yield* lock.acquire();
      same(lock.locked, true, "locked while held");
      const waiter = yield* parked("waiter", () => use(lock, () => same(lock.locked, true, "locked")));
      lock.release();
      same(lock.locked, true, "locked when it was handed over");
      yield* ended([waiter]);
      same(lock.locked, false, "locked at the end");
    }));
  }
  if (has.has("withLock")) {
    laws.push(say("withLock releases however its body ends", function* (lock) {
      const block = <T>(body: Body<[], T>): Op<T> => (lock as Required<LockLike>).withLock(body);
      same(yield* block(() => 7), 7, "the value of withLock");
      yield* isFree(lock);
      const how = yield* outcome(block(function* () {
        yield* sleep(0);
        throw new RangeError("of the body");
      }));
      same(how, "!RangeError", "withLock of a body that throws");
      yield* isFree(lock);
      const killed = yield* parked("killed", () => block(() => sleep(1_000)));
      const waiting = yield* parked("waiting", () => block(() => sleep(1_000)));
      killed.kill();
      waiting.kill();
      yield* ended([killed, waiting]);
      yield* isFree(lock);
    }));
  }
  return laws;
}

function traitLaws(say: Say, { deadHolder, again, stranger }: LockLawOptions): Law[] {
  const laws: Law[] = [];
  if (deadHolder !== undefined) {
    laws.push(say(`S-54 a dead holder: the lock ${deadHolder}, and nobody hangs`, function* (lock) {
      const dying = yield* parked("dying", () => lock.acquire());
      const all: Greenlet<void>[] = [];
      const log: string[] = [];
      for (const i of upTo(2)) {
        all.push(
          yield* parked(`${i}`, function* () {
            const how = yield* outcome(lock.acquire({ timeout: 5 }));
            log.push(how);
            if (how === "true") lock.release();
          }),
        );
      }
      yield* ended([dying, ...all]);
      const each = { breaks: `!${BrokenLockError.name}`, frees: "true", keeps: "false" }[deadHolder];
      same(log, [each, each], "what those got who came after");
    }));
  }
  if (again !== undefined) {
    laws.push(say(`S-53 acquired again by its holder: it ${again}`, function* (lock) {
      yield* lock.acquire();
      const how = yield* outcome(lock.acquire({ timeout: 5 }));
      same(how, { throws: "!Error", counts: "true", waits: "false" }[again], "the second acquire");
      if (again === "counts") {
        lock.release();
        const other = spawn({ name: "other" }, () => lock.acquire({ timeout: 5 }));
        same(yield* other, false, "what another gets after the first of two releases");
      }
      lock.release();
      yield* isFree(lock);
    }));
  }
  if (stranger !== undefined) {
    laws.push(say(`S-53 released by a stranger: it ${stranger}`, function* (lock) {
      yield* lock.acquire();
      const other = spawn({ name: "stranger" }, () => outcomeOf(() => lock.release()) !== "ok");
      same(yield* other, stranger === "throws", "whether the release throws");
      same(yield* spawn({ name: "next" }, () => free(lock)), stranger === "releases", "whether it is free");
      if (stranger === "throws") lock.release();
      yield* isFree(lock);
    }));
  }
  return laws;
}

function* free(lock: LockLike): Gen<boolean> {
  const got = yield* lock.acquire({ timeout: 0 });
  if (got) lock.release();
  return got;
}

/** A lock is a flag and a line. What a holder gets who acquires it again is another matter. */
function modelLaw(make: () => LockLike, { runs = 30, seed = 0 }: LockLawOptions): Law {
  const take = (state: { held: boolean }): unknown => state.held ? BLOCKED : state.held = true;
  const takes = ["acquire", "acquire within 5 ms", "acquire at once"];
  const timed = (timeout: number) => ({
    run: (lock: LockLike) => lock.acquire({ timeout }),
    model: take,
    lapses: () => false,
    line: "acquire",
    unless: takes,
  });
  const check = (more: ModelTestOptions) =>
    modelTest({
      make,
      model: () => ({ held: false }),
      operations: {
        acquire: {
          run: (lock: LockLike) => lock.acquire(),
          model: take,
          line: "acquire",
          unless: takes,
          weight: 2,
        },
        "acquire within 5 ms": timed(5),
        "acquire at once": timed(0),
        "hold it for a while": { run: () => sleep(5), model: () => undefined },
        release: {
          run: (lock: LockLike) => lock.release(),
          model: (state) => void (state.held = false),
          releases: takes,
          weight: 2,
        },
      },
    }, { seed, ...more });
  return {
    name: "S-50 to S-52 the model: a flag and a line, whoever gives up or is killed",
    check() {
      check({ runs: runs * 5, kills: 2, timeouts: 1 });
      check({ runs: 4, preemptions: 2, kills: 1, maxSchedules: 200 });
    },
  };
}

function lawsOf(make: () => LockLike, options: LockLawOptions): Law[] {
  const say: Say = (name, body, trials) => law(name, options, () => body(make()), trials);
  return [
    ...basicLaws(say),
    ...killLaws(say),
    ...timeLaws(say),
    ...optionalLaws(say, membersOf(make, ["tryAcquire", "locked", "withLock"])),
    ...traitLaws(say, options),
    modelLaw(make, options),
  ];
}

/** See `laws`. */
export const lockLaws: LawSuite<() => LockLike, LockLawOptions> = suiteOf("locks", lawsOf, {});
