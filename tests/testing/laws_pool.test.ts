/** Pools that are broken on purpose. */
import {
  type Body,
  call,
  type Greenlet,
  joinAll,
  type Op,
  Pool,
  Semaphore,
  sleep,
  spawn,
  type Stream,
  suspend,
} from "../../src/mod.ts";
import { op } from "../../src/lowlevel.ts";
import { laws, type PoolLike } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";
import { test } from "../harness.ts";
import { caught } from "./laws_kit.ts";

type Gen<T> = Generator<unknown, T, unknown>;

/** What is wrong with a pool. */
interface Wrong {
  /** Everything at once. */
  unlimited?: boolean;
  /** One at a time. */
  narrow?: boolean;
  /** Who waits for room looks again and again, the last one first. */
  barging?: boolean;
  /** A job that fails keeps its slot. */
  leaks?: boolean;
  /** A job is started though nobody waits for it any more. */
  eager?: boolean;
  /** A worker of the pool waits for room as others do. */
  strict?: boolean;
  /** A job runs again. */
  twice?: boolean;
  /** A job goes on though its caller was killed. */
  orphans?: boolean;
  /** The results of a map come as they come. */
  unordered?: boolean;
  /** A map that fails or is killed leaves its jobs alone. */
  careless?: boolean;
}

/** A pool around one of ours, right but for what its flags say. */
class Wrapped implements PoolLike {
  readonly pool: Pool;
  readonly wrong: Wrong;
  private waiting = 0;

  constructor(wrong: Wrong, size: number) {
    this.wrong = wrong;
    this.pool = new Pool(wrong.unlimited === true ? 1_000 : wrong.narrow === true ? 1 : size);
  }

  apply<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Op<T> {
    return op(() => this.doApply(() => call(body, ...args)));
  }

  map<X, T>(body: Body<[X], T>, items: Iterable<X>): Op<T[]> {
    return op(() => this.doMap(body, items));
  }

  private *doApply<T>(job: () => Op<T>): Gen<T> {
    const { pool, wrong } = this;
    if (wrong.eager === true) return yield* spawn({ daemon: true }, () => pool.apply(job)).get();
    if (wrong.orphans === true) return yield* (yield* pool.spawn({ daemon: true }, job)).get();
    if (wrong.strict === true) {
      const other = spawn(() => pool.apply(job)) as Greenlet<T>; // nobody's worker
      try {
        return yield* other.get();
      } finally {
        yield* other.kill();
      }
    }
    if (wrong.barging === true) {
      const patience = 10 - this.waiting++;
      while (pool.freeCount < 1) yield* sleep(0.01 * patience);
      this.waiting--;
    }
    return yield* pool.apply(() => this.within(job));
  }

  private *within<T>(job: () => Op<T>): Gen<T> {
    const { pool, wrong } = this;
    if (wrong.twice === true) yield* job();
    try {
      return yield* job();
    } catch (error) {
      if (wrong.leaks === true) pool.add(spawn({ daemon: true }, () => suspend()));
      throw error;
    }
  }

  private *doMap<X, T>(body: Body<[X], T>, items: Iterable<X>): Gen<T[]> {
    const { pool, wrong } = this;
    if (wrong.careless === true) {
      const all: Greenlet<T>[] = [];
      for (const item of items) all.push(yield* pool.spawn({ daemon: true }, body, item));
      yield* joinAll(all, { raiseError: true });
      return all.map(({ value }) => value as T);
    }
    const log: T[] = [];
    const values = yield* pool.map(function* (item: X) {
      const value = yield* call(body, item);
      log.push(value);
      return value;
    }, items);
    return wrong.unordered === true ? log : values;
  }
}

/** Its `spawn` starts the job whatever the timeout says. */
class Overfull implements PoolLike {
  readonly pool: Pool;
  constructor(size: number) {
    this.pool = new Pool(size);
  }
  apply<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Op<T> {
    return this.pool.apply(body, ...args);
  }
  map<X, T>(body: Body<[X], T>, items: Iterable<X>): Op<T[]> {
    return this.pool.map(body, items);
  }
  spawn<A extends readonly unknown[], T>(_options: object, body: Body<A, T>, ...args: A): Op<Greenlet<T>> {
    const start = function* (this: Overfull): Gen<Greenlet<T>> {
      const greenlet = spawn(body, ...args) as Greenlet<T>;
      this.pool.add(greenlet);
      return greenlet;
    };
    return op(() => start.call(this));
  }
  get freeCount(): number {
    return this.pool.freeCount;
  }
}

/** Its slots are free again a turn late, and those of the killed never. */
class Late extends Overfull {
  readonly slots: Semaphore;
  constructor(size: number) {
    super(size);
    this.slots = new Semaphore(size);
  }
  override apply<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Op<T> {
    return this.slots.withLock(() => call(body, ...args));
  }
  override spawn<A extends readonly unknown[], T>(
    _options: object,
    body: Body<A, T>,
    ...args: A
  ): Op<Greenlet<T>> {
    const start = function* (this: Late): Gen<Greenlet<T>> {
      yield* this.slots.acquire({ timeout: 5 });
      const greenlet = spawn(body, ...args) as Greenlet<T>;
      greenlet.linkValue((g) => {
        if (g.value === undefined) spawn(() => this.slots.release());
      });
      return greenlet;
    };
    return op(() => start.call(this));
  }
  override get freeCount(): number {
    return this.slots.available;
  }
}

/** Its streams mix up what they should not. */
class Mixed extends Pool {
  override imap<X, T>(body: Body<[X], T>, items: Iterable<X>): Stream<T> & Disposable {
    return super.imapUnordered(body, items);
  }
  override imapUnordered<X, T>(body: Body<[X], T>, items: Iterable<X>): Stream<T> & Disposable {
    return super.imap(body, items);
  }
}

const wrong = (flags: Wrong) => (size: number) => new Wrapped(flags, size);

caught("pools", laws.pool, [[(size) => new Pool(size), {}]], [
  { name: "one without a limit", make: wrong({ unlimited: true }), breaks: ["S-67 limit"] },
  { name: "one that runs one at a time", make: wrong({ narrow: true }), breaks: ["S-67 room"] },
  { name: "one where who waits looks again", make: wrong({ barging: true }), breaks: ["S-67 order"] },
  {
    name: "one that leaks the slots of failures",
    make: wrong({ leaks: true }),
    breaks: ["S-67 a job that fails"],
  },
  {
    name: "one that starts what nobody waits for",
    make: wrong({ eager: true }),
    breaks: ["S-67 killed while it waits", "S-67 killed in apply"],
  },
  { name: "one that is strict with its own workers", make: wrong({ strict: true }), breaks: ["S-68"] },
  { name: "one that runs jobs twice", make: wrong({ twice: true }), breaks: ["S-67 every job settles"] },
  {
    name: "one that leaves the jobs of the killed running",
    make: wrong({ orphans: true }),
    breaks: ["S-67 killed in apply"],
  },
  { name: "a map in the order of the ends", make: wrong({ unordered: true }), breaks: ["S-69 map keeps"] },
  {
    name: "a map that leaves its jobs alone",
    make: wrong({ careless: true }),
    breaks: ["S-69 map throws", "S-69 map that is killed"],
  },
  {
    name: "a spawn that does not wait for room",
    make: (size) => new Overfull(size),
    breaks: ["S-67 spawn whose time is over"],
  },
  {
    name: "slots that are free too late, or never",
    make: (size) => new Late(size),
    breaks: ["S-67 a slot is free again when", "S-67 a job that is killed"],
  },
  {
    name: "streams that are mixed up",
    make: (size) => new Mixed(size),
    breaks: ["S-69 imap ", "S-69 imapUnordered"],
  },
]);

test("the one around ours keeps the laws where nothing is wrong with it", () => {
  assertEquals(laws.pool(wrong({})).length, laws.pool.cases(wrong({})).length);
});
