/** The programs, each for any world and whatever is tried in it. */
import { cell, track } from "../../src/testing/mod.ts";
import { expect, type Gen, type Items, type Permits, type World } from "./world.ts";

/** A holder, a line of others, one of whom is cancelled at any time: all others get their turn, one at a time. */
export function* takingTurns<M>(
  { start, sleep }: World<M>,
  permits: Permits<M>,
  others: number = 2,
): Gen {
  const inside = cell(0);
  const visit = function* (me: M): Gen {
    yield* permits.acquire(me);
    try {
      expect(++inside.value === 1, "one at a time");
      yield* sleep(me, 0);
    } finally {
      inside.value--;
      permits.release(me);
    }
  };
  const holder = start("holder", visit);
  const victim = start("victim", visit);
  const rest = Array.from({ length: others - 1 }, (_, i) => start(`other ${i + 1}`, visit));
  const canceller = start("canceller", function* () {
    victim.cancel();
  });
  for (const one of [holder, victim, ...rest, canceller]) yield* one.end();
}

/** One is cancelled as he gets what he waits for: the next can have it. */
export function* passedOn<M>({ start, sleep }: World<M>, permits: Permits<M>): Gen {
  const visit = function* (me: M): Gen {
    yield* permits.acquire(me);
    try {
      yield* sleep(me, 0);
    } finally {
      permits.release(me);
    }
  };
  const victim = start("victim", visit);
  const canceller = start("canceller", function* () {
    victim.cancel();
  });
  for (const one of [canceller, victim]) yield* one.end();
  yield* start("next", visit).end();
}

/** Nobody is served before those who came before him. */
export function* inOrder<M>({ start, sleep }: World<M>, permits: Permits<M>): Gen {
  const came: string[] = track([]), served: string[] = track([]);
  const all = ["a", "b", "c"].map((name) =>
    start(name, function* (me) {
      for (let round = 0; round < 2; round++) {
        came.push(name);
        yield* permits.acquire(me);
        served.push(name);
        yield* sleep(me, 0);
        permits.release(me);
      }
    })
  );
  for (const one of all) yield* one.end();
  expect(served.join() === came.join(), `${came.join()} are served in this order, not as ${served.join()}`);
}

/** A permit that is on its way to somebody is not there for a third. */
export function* onItsWay<M>(
  { start, sleep }: World<M>,
  permits: Permits<M> & { tryAcquire(me: M): boolean },
): Gen {
  const inside = cell(0);
  const use = function* (me: M): Gen {
    expect(++inside.value === 1, "one at a time");
    yield* sleep(me, 0);
    inside.value--;
    permits.release(me);
  };
  const patient = ["a", "b"].map((name) =>
    start(name, function* (me) {
      yield* permits.acquire(me);
      yield* use(me);
    })
  );
  const hasty = start("hasty", function* (me) {
    if (permits.tryAcquire(me)) yield* use(me);
  });
  for (const one of [...patient, hasty]) yield* one.end();
}

/** A getter is cancelled: the item is his, or still there. */
export function* nothingLost<M>({ start }: World<M>, items: Items<M>): Gen {
  const got = cell(0);
  const getter = start("getter", function* (me) {
    got.value = yield* items.get(me);
  });
  const canceller = start("canceller", function* () {
    getter.cancel();
  });
  const putter = start("putter", function* () {
    items.put(1);
  });
  for (const one of [canceller, putter]) yield* one.end();
  yield* getter.end();
  expect(got.value === 1 || items.size === 1, "the item is somewhere");
}

/** A getter with a timeout, and an item that comes in just that moment. */
export function* inThatMoment<M>(
  { start, sleep }: World<M>,
  items: Items<M> & { getWithin(me: M, ms: number): Gen<number | undefined> },
): Gen {
  const got = cell<number | undefined>(undefined);
  const getter = start("getter", function* (me) {
    got.value = yield* items.getWithin(me, 10);
  });
  const putter = start("putter", function* (me) {
    yield* sleep(me, 10);
    items.put(1);
  });
  for (const one of [getter, putter]) yield* one.end();
  expect(got.value === 1 || items.size === 1, "the item is somewhere");
}

/** Whoever is asked to leave before his last wait leaves. */
export function* heardOf<M>(
  { start, sleep }: World<M>,
  waiting: { finish(): void; waitFor(me: M): Gen<unknown> },
): Gen {
  const asked = cell(false);
  const victim = start("victim", function* (me) {
    yield* waiting.waitFor(me);
    yield* sleep(me, 0);
  });
  const canceller = start("canceller", function* () {
    asked.value = !victim.done;
    victim.cancel();
  });
  const finisher = start("finisher", function* () {
    waiting.finish();
  });
  for (const one of [canceller, finisher]) yield* one.end();
  yield* victim.end();
  expect(victim.cancelled === asked.value, "whoever is asked to leave leaves");
}

/** What a condition offers. */
export interface Changed<M> extends Permits<M> {
  wait(me: M): Gen<unknown>;
  notify(me: M): void;
  holds(me: M): boolean;
}

/** A notify wakes somebody who makes use of it, though another is cancelled just then. */
export function* notified<M>({ start, sleep }: World<M>, changed: Changed<M>): Gen {
  const stock = cell(0);
  const buy = function* (me: M): Gen {
    yield* changed.acquire(me);
    try {
      while (stock.value === 0) yield* changed.wait(me);
      stock.value--;
    } finally {
      changed.release(me);
    }
  };
  const victim = start("victim", buy), other = start("other", buy);
  const seller = start("seller", function* (me) {
    for (let i = 0; i < 2; i++) {
      yield* sleep(me, 1);
      yield* changed.acquire(me);
      stock.value++;
      changed.notify(me);
      changed.release(me);
      yield* sleep(me, 1);
      if (i === 0) expect(stock.value === 0, "one of those who wait buys it");
    }
  });
  const canceller = start("canceller", function* (me) {
    yield* sleep(me, 1);
    victim.cancel();
  });
  for (const one of [victim, other, seller, canceller]) yield* one.end();
}

/** However a wait for a condition ends, the lock is held. */
export function* comesBack<M>({ start, sleep }: World<M>, changed: Changed<M>): Gen {
  const victim = start("victim", function* (me) {
    yield* changed.acquire(me);
    try {
      yield* changed.wait(me);
    } finally {
      expect(changed.holds(me), "the lock is held again");
      changed.release(me);
    }
  });
  const notifier = start("notifier", function* (me) {
    yield* changed.acquire(me);
    changed.notify(me);
    yield* sleep(me, 0);
    changed.release(me);
  });
  const canceller = start("canceller", function* () {
    victim.cancel();
  });
  for (const one of [notifier, canceller]) yield* one.end();
  yield* victim.end();
}

/** Those who pass a barrier together have different places. */
export function* places<M>({ start }: World<M>, barrier: { wait(me: M): Gen<number> }): Gen {
  const taken: number[] = track([]);
  const pass = function* (me: M): Gen {
    taken.push(yield* barrier.wait(me));
  };
  const victim = start("victim", pass), b = start("b", pass);
  const canceller = start("canceller", function* () {
    victim.cancel();
  });
  yield* canceller.end();
  yield* victim.end();
  const rest = ["c", "d"].map((name) => start(name, pass));
  for (const one of [b, ...rest]) yield* one.end();
  expect(taken.toSorted().join() === "0,1,2", `the places are 0, 1 and 2, not ${taken.toSorted().join()}`);
}
