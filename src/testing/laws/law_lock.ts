/** The laws of locks: what holds for everything that lets one in at a time. */
import { TimeoutError } from "../../core/mod.ts";
import { type Greenlet, isKill, sleep, spawn, withTimeout } from "../../greenlet/mod.ts";
import { always } from "../demands.ts";
import { ended, type Gen, logging, outcome, parked, same, upTo } from "./law_kit.ts";
import { isFree, type LockLawOptions, type LockLike, type LockSay, use } from "./law_lock_kit.ts";
import { lockModelLaw } from "./law_lock_model.ts";
import { optionalLaws, traitLaws } from "./law_lock_more.ts";
import { type Law, law, type LawSuite, membersOf, suiteOf } from "./law_suite.ts";

function basicLaws(say: LockSay): Law[] {
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

function killLaws(say: LockSay): Law[] {
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

function timeLaws(say: LockSay): Law[] {
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

    say("S-52 the race: handed over at the last moment, true means held", function* (lock) {
      for (const ms of [4, 5]) {
        let holders = 1;
        yield* lock.acquire();
        const late = spawn({ name: "late" }, function* () {
          if (!(yield* lock.acquire({ timeout: 5 }))) return;
          same(++holders, 1, "holders");
          yield* sleep(0);
          holders--;
          lock.release();
        });
        const bystander = spawn({ name: "bystander" }, () => sleep(6)); // so that time can pass
        yield* sleep(ms);
        holders--;
        lock.release();
        yield* ended([late, bystander]);
        yield* isFree(lock);
      }
    }, { timeouts: 2, small: true }),

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

function lawsOf(make: () => LockLike, options: LockLawOptions): Law[] {
  const say: LockSay = (name, body, trials) => law(name, options, () => body(make()), trials);
  return [
    ...basicLaws(say),
    ...killLaws(say),
    ...timeLaws(say),
    ...optionalLaws(say, membersOf(make, ["tryAcquire", "locked", "withLock"])),
    ...traitLaws(say, options),
    lockModelLaw(make, options),
  ];
}

/** See `laws`. */
export const lockLaws: LawSuite<() => LockLike, LockLawOptions> = suiteOf("locks", lawsOf, {});
