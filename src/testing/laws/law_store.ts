/** The laws of stores: what holds for whatever keeps jobs for workers that may die. */
import { currentTask } from "../../core/mod.ts";
import { type Greenlet, sleep, spawn } from "../../greenlet/mod.ts";
import { ended, type Gen, need, same, upTo } from "./law_kit.ts";
import { type Law, law, type LawOptions, type LawSuite, suiteOf, type Trials } from "./law_suite.ts";
import type { Lease, Store } from "./store.ts";

/** Options of the laws of stores. */
export interface StoreLawOptions extends LawOptions {
  /** It gives up jobs after so many attempts as `make` is told. Default true. */
  deadLetters?: boolean;
}

type Say = (name: string, body: (store: Store<unknown>) => Gen, trials?: Trials) => Law;

/** The attempts that a job gets. */
const ATTEMPTS = 3;
/** The time of most leases, in milliseconds. */
const MS = 10;

function now(): number {
  return currentTask("a law of stores").loop.now();
}

/** A lease that has to be there. */
function* leased(store: Store<unknown>, what: string, ms: number = MS): Gen<Lease<unknown>> {
  const lease = yield* store.lease({ ms });
  if (lease === undefined) throw new Error(`${what}: nothing could be leased`);
  return lease;
}

function* isEmpty(store: Store<unknown>, what: string): Gen {
  const lease = yield* store.lease({ ms: MS });
  need(
    lease === undefined,
    `${what}: ${JSON.stringify(lease?.item)} was leased, and there should be nothing`,
  );
}

/** Does jobs until there are none left. */
function* work(store: Store<unknown>, ms: number, job: (lease: Lease<unknown>) => Gen<boolean>): Gen {
  for (let i = 0; i < 100; i++) {
    const lease = yield* store.lease({ ms });
    if (lease !== undefined) {
      if (yield* job(lease)) yield* store.ack(lease);
    } else if ((yield* store.size()) === 0) return;
    else yield* sleep(3);
  }
  throw new Error(`jobs are left that are never done: ${yield* store.size()}`);
}

function flowLaws(say: Say): Law[] {
  return [
    say("ack is final: a job that is done never comes again", function* (store) {
      yield* store.put(1);
      same(yield* store.size(), 1, "the size with one job");
      const lease = yield* leased(store, "the job");
      same([lease.item, lease.attempt], [1, 1], "item and attempt");
      same(yield* store.size(), 1, "the size with one job that is leased");
      same(yield* store.ack(lease), true, "ack");
      same(yield* store.size(), 0, "the size when it is done");
      same(yield* store.ack(lease), false, "a second ack");
      same(yield* store.nack(lease), false, "a nack after the ack");
      yield* sleep(10 * MS);
      yield* isEmpty(store, "after the ack");
    }),

    say("at least once: every job that was put is done, whoever is killed", function* (store) {
      const accepted: unknown[] = [], done = new Set<unknown>(), offered = new Set<unknown>();
      const producer = function* (first: number): Gen {
        for (const i of upTo(2)) {
          offered.add(first + i);
          yield* store.put(first + i);
          accepted.push(first + i);
          yield* sleep(0);
        }
      };
      const job = function* ({ item }: Lease<unknown>): Gen<boolean> {
        yield* sleep(1);
        done.add(item);
        return true;
      };
      const producers = [10, 20].map((first) => spawn({ name: `put ${first}` }, producer, first));
      const workers = upTo(2).map((i) => spawn({ name: `worker ${i}` }, () => work(store, MS, job)));
      yield* ended([...producers, ...workers]);
      yield* work(store, MS, job); // what the killed have left
      for (const item of accepted) need(done.has(item), `job ${item} was put, and never done`);
      for (const item of done) need(offered.has(item), `job ${item} was done, and never put`);
    }, { kills: 2, small: true }),

    say("one holder: nobody else gets a job while its lease lasts", function* (store) {
      const until = new Map<string, number>();
      for (const i of upTo(3)) yield* store.put(i);
      const job = function* ({ id, attempt }: Lease<unknown>): Gen<boolean> {
        need((until.get(id) ?? -1) <= now(), `job ${id} was leased twice at a time`);
        until.set(id, now() + 5);
        yield* sleep(attempt === 1 ? 7 : 2); // the first one is too slow
        if (attempt > 1) until.delete(id);
        return true;
      };
      yield* ended(upTo(3).map((i) => spawn({ name: `worker ${i}` }, () => work(store, 5, job))));
    }),

    say("an item is a copy: what is done to it later is not in the store", function* (store) {
      const item = { list: [1] };
      yield* store.put(item);
      item.list.push(2);
      const first = yield* leased(store, "the job");
      same(first.item, { list: [1] }, "what was put");
      (first.item as typeof item).list.push(3);
      yield* store.nack(first);
      same((yield* leased(store, "the job again")).item, { list: [1] }, "what was put, the second time");
    }),
  ];
}

function leaseLaws(say: Say): Law[] {
  return [
    say("a lease that runs out: its job comes back, and not before", function* (store) {
      yield* store.put(1);
      yield* leased(store, "the job");
      yield* sleep(MS - 1);
      yield* isEmpty(store, "before the lease is over");
      yield* sleep(1);
      const again = yield* leased(store, "after the lease is over");
      same([again.item, again.attempt], [1, 2], "item and attempt");
    }),

    say("a late ack is refused: the job is no longer that worker's", function* (store) {
      yield* store.put(1);
      const late = yield* leased(store, "the job");
      yield* sleep(MS);
      same(yield* store.ack(late), false, "an ack after the lease is over");
      same(yield* store.extend(late, MS), false, "an extend after the lease is over");
      const next = yield* leased(store, "the job after a late ack");
      same(yield* store.ack(late), false, "an ack of the earlier lease");
      same(yield* store.nack(late), false, "a nack of the earlier lease");
      same(yield* store.extend(late, 10 * MS), false, "an extend of the earlier lease");
      yield* isEmpty(store, "after a late nack");
      same(yield* store.ack(next), true, "the ack of who has it");
      same(yield* store.size(), 0, "the size");
    }),

    say("extend: the lease is over later", function* (store) {
      yield* store.put(1);
      const lease = yield* leased(store, "the job");
      yield* sleep(MS - 1);
      same(yield* store.extend(lease, MS), true, "extend");
      yield* sleep(MS - 1);
      yield* isEmpty(store, "in the time that was added");
      same(yield* store.extend(lease, MS), true, "extend again");
      yield* sleep(MS);
      same((yield* leased(store, "after the time that was added")).attempt, 2, "attempt");
    }),

    say("nack: the job comes back at once, or after its delay", function* (store) {
      yield* store.put(1);
      same(yield* store.nack(yield* leased(store, "the job")), true, "nack");
      const again = yield* leased(store, "after the nack");
      same(again.attempt, 2, "attempt");
      same(yield* store.nack(again, { delay: 5 }), true, "nack with a delay");
      yield* sleep(4);
      yield* isEmpty(store, "before the delay is over");
      yield* sleep(1);
      same((yield* leased(store, "after the delay")).attempt, 3, "attempt");
    }),
  ];
}

function orderLaws(say: Say): Law[] {
  return [
    say("order: a lower priority number first, in a lane first in, first out", function* (store) {
      for (const [item, priority] of [[1, 5], [2, 0], [3, 5], [4, -1], [5, undefined]] as const) {
        yield* store.put(item, { priority });
      }
      const items: unknown[] = [];
      for (const _ of upTo(5)) items.push((yield* leased(store, "the next")).item);
      same(items, [4, 2, 5, 1, 3], "what was leased");
    }),

    say("delay: a job is not leased before its time", function* (store) {
      yield* store.put(1, { delay: 5, priority: -1 });
      yield* store.put(2);
      same(yield* store.size(), 2, "the size");
      same((yield* leased(store, "the other")).item, 2, "what can be leased at once");
      yield* isEmpty(store, "before its time");
      yield* sleep(5);
      same((yield* leased(store, "after its time")).item, 1, "what can be leased then");
    }),

    say("idempotent: a job that is put twice under one id is there once", function* (store) {
      const putters: Greenlet<string>[] = upTo(2).map(() =>
        spawn({ name: "putter" }, () => store.put(1, { id: "one" })) as Greenlet<string>
      );
      for (const putter of putters) same(yield* putter, "one", "the id");
      same(yield* store.size(), 1, "the size");
      const lease = yield* leased(store, "the job");
      same([yield* store.put(1, { id: "one" }), lease.id], ["one", "one"], "the ids while it is leased");
      yield* isEmpty(store, "put again while it is leased");
      same(yield* store.ack(lease), true, "ack");
      same(yield* store.put(1, { id: "one" }), "one", "the id just after it is done");
      yield* isEmpty(store, "put again just after it is done");
      need((yield* store.put(2)) !== (yield* store.put(2)), "two jobs without an id got the same one");
      same(yield* store.size(), 2, "the size with two jobs of the same content");
    }),
  ];
}

function deadLaws(say: Say): Law[] {
  return [
    say("dead letters: after the last attempt a job is given up, and kept", function* (store) {
      yield* store.put(1, { id: "nacked" });
      for (const _ of upTo(ATTEMPTS)) yield* store.nack(yield* leased(store, "the job"));
      yield* isEmpty(store, "after the last nack");
      yield* store.put(2, { id: "late" });
      for (const _ of upTo(ATTEMPTS)) {
        yield* leased(store, "the job that is always late");
        yield* sleep(MS);
      }
      yield* isEmpty(store, "after the last lease");
      same(yield* store.size(), 0, "the size");
      const letters = (yield* store.deadLetters()).map(({ id, item, attempts }) => [id, item, attempts]);
      same(letters, [["nacked", 1, ATTEMPTS], ["late", 2, ATTEMPTS]], "the dead letters");
    }),

    say("the last attempt counts: acknowledged, it is no dead letter", function* (store) {
      yield* store.put(1);
      for (const _ of upTo(ATTEMPTS - 1)) yield* store.nack(yield* leased(store, "the job"));
      same(yield* store.ack(yield* leased(store, "the last attempt")), true, "ack");
      same(yield* store.deadLetters(), [], "the dead letters");
    }),
  ];
}

/** Makes a store that gives up a job after so many attempts. */
export type MakeStore = (options: { maxAttempts: number }) => Store<unknown>;

function lawsOf(make: MakeStore, options: StoreLawOptions): Law[] {
  const sayWith = (maxAttempts: number): Say => (name, body, trials) =>
    law(name, options, () => body(make({ maxAttempts })), trials);
  const say = sayWith(100);
  return [
    ...flowLaws(say),
    ...leaseLaws(say),
    ...orderLaws(say),
    ...(options.deadLetters === false ? [] : deadLaws(sayWith(ATTEMPTS))),
  ];
}

/** See `laws`. */
export const storeLaws: LawSuite<MakeStore, StoreLawOptions> = suiteOf("stores", lawsOf, {});
