/** Stores that are broken on purpose. */
import type { Op } from "../../src/mod.ts";
import { op } from "../../src/lowlevel.ts";
import {
  type DeadLetter,
  laws,
  type Lease,
  MemoryStore,
  type Store,
  type StorePutOptions,
} from "../../src/testing/mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { test } from "../harness.ts";
import { virtual } from "../greenlet/kit.ts";
import { caught } from "./laws_kit.ts";

type Gen<T> = Generator<unknown, T, unknown>;
type Any = Lease<unknown>;
type Options = { maxAttempts: number };

/** Gives `value`, as an operation. */
const give = <T>(value: T): Op<T> =>
  op(function* () {
    return value;
  });

/** Ours, to be changed in one place. */
class Ours implements Store<unknown> {
  readonly inner: MemoryStore<unknown>;
  constructor(options: Options) {
    this.inner = new MemoryStore(options);
  }
  put(item: unknown, options?: StorePutOptions): Op<string> {
    return this.inner.put(item, options);
  }
  lease(options: { ms: number }): Op<Any | undefined> {
    return this.inner.lease(options);
  }
  ack(lease: Any): Op<boolean> {
    return this.inner.ack(lease);
  }
  nack(lease: Any, options?: { delay?: number }): Op<boolean> {
    return this.inner.nack(lease, options);
  }
  extend(lease: Any, ms: number): Op<boolean> {
    return this.inner.extend(lease, ms);
  }
  size(): Op<number> {
    return this.inner.size();
  }
  deadLetters(): Op<readonly DeadLetter<unknown>[]> {
    return this.inner.deadLetters();
  }
}

/** A job is gone as soon as somebody has it. */
class Popping extends Ours {
  override lease(options: { ms: number }): Op<Any | undefined> {
    const lease = function* (this: Popping): Gen<Any | undefined> {
      const got = yield* this.inner.lease(options);
      if (got !== undefined) yield* this.inner.ack(got);
      return got;
    };
    return op(() => lease.call(this));
  }
  override ack(): Op<boolean> {
    return give(true);
  }
}

/** A lease that runs out is forgotten. */
class Forgetting extends Ours {
  override lease(): Op<Any | undefined> {
    return this.inner.lease({ ms: 1e9 });
  }
}

/** A lease hides nothing. */
class Showing extends Ours {
  override lease(): Op<Any | undefined> {
    return this.inner.lease({ ms: 0.001 });
  }
  override ack(lease: Any): Op<boolean> {
    const ack = function* (this: Showing): Gen<boolean> {
      const now = yield* this.inner.lease({ ms: 1 });
      return now?.id === lease.id && (yield* this.inner.ack(now));
    };
    return op(() => ack.call(this));
  }
}

/** A job that was acknowledged comes again. */
class Deaf extends Ours {
  override ack(): Op<boolean> {
    return give(true);
  }
}

/** Whoever has ever had a job may acknowledge it. */
class Trusting extends Ours {
  readonly tokens: Map<string, string> = new Map();
  override lease(options: { ms: number }): Op<Any | undefined> {
    const lease = function* (this: Trusting): Gen<Any | undefined> {
      const got = yield* this.inner.lease(options);
      if (got !== undefined) this.tokens.set(got.id, got.token);
      return got;
    };
    return op(() => lease.call(this));
  }
  override ack(lease: Any): Op<boolean> {
    return this.inner.ack({ ...lease, token: this.tokens.get(lease.id) as string });
  }
}

/** Items are shared with whoever put them. */
class Sharing extends Ours {
  readonly items: Map<string, unknown> = new Map();
  override put(item: unknown, options?: StorePutOptions): Op<string> {
    const put = function* (this: Sharing): Gen<string> {
      const id = yield* this.inner.put(0, options);
      this.items.set(id, item);
      return id;
    };
    return op(() => put.call(this));
  }
  override lease(options: { ms: number }): Op<Any | undefined> {
    const lease = function* (this: Sharing): Gen<Any | undefined> {
      const got = yield* this.inner.lease(options);
      return got && { ...got, item: this.items.get(got.id) };
    };
    return op(() => lease.call(this));
  }
}

/** Ours, with one method replaced. */
function changed(change: (store: Ours) => Partial<Store<unknown>>): (options: Options) => Store<unknown> {
  return (options) => {
    const store = new Ours(options);
    return Object.assign(store, change(store));
  };
}

const ours = (options: Options) => new Ours(options);

caught("stores", laws.store, [[ours, {}]], [
  {
    name: "one that pops",
    make: (o) => new Popping(o),
    breaks: ["at least once", "a lease that runs out", "nack"],
  },
  {
    name: "one that forgets a lease that runs out",
    make: (o) => new Forgetting(o),
    breaks: ["a lease that runs out", "at least once", "a late ack"],
  },
  { name: "one that hides nothing", make: (o) => new Showing(o), breaks: ["one holder"] },
  { name: "one whose acknowledged jobs come again", make: (o) => new Deaf(o), breaks: ["ack is final"] },
  { name: "one that believes late workers", make: (o) => new Trusting(o), breaks: ["a late ack"] },
  { name: "one that shares its items", make: (o) => new Sharing(o), breaks: ["an item is a copy"] },
  {
    name: "an extend that does nothing",
    make: changed(() => ({ extend: () => give(true) })),
    breaks: ["extend"],
  },
  { name: "a nack that does nothing", make: changed(() => ({ nack: () => give(true) })), breaks: ["nack"] },
  {
    name: "a nack without a delay",
    make: changed(({ inner }) => ({ nack: (lease) => inner.nack(lease) })),
    breaks: ["nack"],
  },
  {
    name: "a put without a delay",
    make: changed(({ inner }) => ({ put: (item, o) => inner.put(item, { ...o, delay: 0 }) })),
    breaks: ["delay"],
  },
  {
    name: "one lane for all",
    make: changed(({ inner }) => ({ put: (item, o) => inner.put(item, { ...o, priority: 0 }) })),
    breaks: ["order"],
  },
  {
    name: "one that takes no id for an answer",
    make: changed(({ inner }) => ({ put: (item, o) => inner.put(item, { ...o, id: undefined }) })),
    breaks: ["idempotent"],
  },
  {
    name: "one that forgets an id at once",
    make: () => new MemoryStore({ remember: 0 }),
    breaks: ["idempotent"],
  },
  { name: "one that never gives up", make: () => ours({ maxAttempts: 100 }), breaks: ["dead letters"] },
  {
    name: "one that gives up an attempt too early",
    make: ({ maxAttempts }) => ours({ maxAttempts: maxAttempts - 1 }),
    breaks: ["dead letters", "the last attempt"],
  },
]);

test("a store that gives up nothing is not asked about dead letters", () => {
  const names = laws.store(() => new MemoryStore(), { deadLetters: false });
  assertEquals(names.filter((name) => name.includes("dead") || name.includes("last attempt")), []);
});

test("MemoryStore remembers the ids of jobs that are done for a while", () =>
  virtual(function* () {
    const store = new MemoryStore<string>({ remember: 0, maxAttempts: 1 });
    yield* store.put("a", { id: "one" });
    const lease = yield* store.lease({ ms: 10 });
    assertEquals(lease, { id: "one", item: "a", attempt: 1, token: "one#1" });
    assertEquals(yield* store.ack(lease as Lease<string>), true);
    assertEquals([yield* store.put("b", { id: "one" }), yield* store.size()], ["one", 1]);
    yield* store.nack((yield* store.lease({ ms: 10 })) as Lease<string>);
    assertEquals(yield* store.deadLetters(), [{ id: "one", item: "b", attempts: 1 }]);
    assertEquals(
      [yield* store.put("c", { id: "one" }), yield* store.size()],
      ["one", 0],
      "a dead letter keeps it",
    );
  }));

test("MemoryStore refuses what is no time, number or id", () => {
  const store = new MemoryStore<number>();
  for (const ms of [0, -1, Infinity, NaN, undefined]) {
    assertThrows(() => store.lease({ ms: ms as number }), RangeError);
  }
  assertThrows(() => store.put(1, { delay: NaN }), RangeError);
  assertThrows(() => store.put(1, { priority: "high" as never }), TypeError, '"high"');
  assertThrows(() => store.put(1, { id: 7 as never }), TypeError, "must be a string, not 7");
  assertThrows(() => new MemoryStore({ maxAttempts: 0 }), RangeError);
});
