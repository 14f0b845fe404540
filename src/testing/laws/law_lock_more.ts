/** The laws of what a lock may have besides, and of what differs from lock to lock. */
import { BrokenLockError, type Op } from "../../core/mod.ts";
import type { Body } from "../../sync/mod.ts";
import { type Greenlet, sleep, spawn } from "../../greenlet/mod.ts";
import { ended, type Gen, need, outcome, outcomeOf, parked, same, upTo } from "./law_kit.ts";
import { isFree, type LockLawOptions, type LockLike, type LockSay, use } from "./law_lock_kit.ts";
import type { Law } from "./law_suite.ts";

/** What a lock may have besides. */
export function optionalLaws(say: LockSay, has: ReadonlySet<string>): Law[] {
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

/** The laws that the options choose. */
export function traitLaws(say: LockSay, { deadHolder, again, stranger }: LockLawOptions): Law[] {
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
