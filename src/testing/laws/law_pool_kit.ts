/** What a pool is to its laws. */
import type { Op } from "../../core/mod.ts";
import type { Body, Stream } from "../../sync/mod.ts";
import { type Greenlet, sleep, spawn } from "../../greenlet/mod.ts";
import { ended, type Gen, same, upTo } from "./law_kit.ts";
import type { Law, Trials } from "./law_suite.ts";

/** A pool, whatever its name. What it does not have is not checked. */
export interface PoolLike {
  /** Runs `body` in the pool and waits for its result. */
  apply<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Op<T>;
  /** Calls `body` with each item, in the pool; the results are in the order of the items. */
  map<X, T>(body: Body<[X], T>, items: Iterable<X>): Op<T[]>;
  /** Waits for room and starts `body`; throws `PoolFull` when its timeout, in milliseconds, came first. */
  spawn?<A extends readonly unknown[], T>(
    options: { timeout?: number },
    body: Body<A, T>,
    ...args: A
  ): Op<Greenlet<T>>;
  /** How many could be started now. */
  readonly freeCount?: number;
  /** The results as a stream, in the order of the items. */
  imap?<X, T>(body: Body<[X], T>, items: Iterable<X>): Stream<T>;
  /** The same in the order in which the calls end. */
  imapUnordered?<X, T>(body: Body<[X], T>, items: Iterable<X>): Stream<T>;
}

/** Makes a law about a pool. */
export type PoolSay = (name: string, body: (pool: PoolLike) => Gen, trials?: Trials) => Law;

/** The size of the pools that the laws ask for. */
export const SIZE: number = 2;

/** A kill may hit those who look, too; there are fewer than so many. */
const TRIES = 5;

/** No slot is lost: as many as ever run at once. */
export function* isWhole(pool: PoolLike): Gen {
  let inside = 0, most = 0;
  const job = function* (): Gen {
    most = Math.max(most, ++inside);
    try {
      yield* sleep(5);
    } finally {
      inside--;
    }
  };
  for (let i = 0; i < TRIES && most < SIZE; i++) {
    yield* ended(upTo(SIZE).map((k) => spawn({ name: `last ${k}` }, () => pool.apply(job))));
  }
  same(most, SIZE, "how many run at once, at the end");
}
