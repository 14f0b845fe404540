/** The public laws over all of ours. */
import {
  BoundedSemaphore,
  Broadcast,
  call,
  CapacityLimiter,
  Channel,
  Condition,
  type Greenlet,
  Group,
  joinAll,
  killAll,
  LifoQueue,
  Lock,
  Pool,
  PriorityQueue,
  Queue,
  RLock,
  Semaphore,
} from "../../src/mod.ts";
import { SystemClock } from "../../src/lowlevel.ts";
import {
  type Law,
  laws,
  memoryPorts,
  MemoryStore,
  type PoolLike,
  type QueueLawOptions,
  type QueueLike,
  VirtualClock,
} from "../../src/testing/mod.ts";
import { assert, assertEquals, assertGreater, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";

/** A test for each law. */
function each(name: string, cases: readonly Law[]): void {
  describe(name, () => {
    for (const { name, check } of cases) {
      test(name, () => {
        check();
        assert(true, "it has not thrown");
      });
    }
  });
}

describe("locks", () => {
  const { lock } = laws;
  const semaphore = { deadHolder: "keeps", again: "waits", stranger: "releases" } as const;
  const owned = { deadHolder: "breaks", again: "throws", stranger: "throws" } as const;
  each("Lock", lock.cases(() => new Lock(), owned));
  each("RLock", lock.cases(() => new RLock(), { ...owned, again: "counts" }));
  each("Semaphore(1)", lock.cases(() => new Semaphore(1), semaphore));
  each("BoundedSemaphore(1)", lock.cases(() => new BoundedSemaphore(1), semaphore));
  each("CapacityLimiter(1)", lock.cases(() => new CapacityLimiter(1), { ...owned, deadHolder: "frees" }));
  each("Condition", lock.cases(() => new Condition(), owned));
  each("Condition of an RLock", lock.cases(() => new Condition(new RLock()), { ...owned, again: "counts" }));
});

/** The way from a broadcast's put to its only subscriber is a queue. */
function oneSubscription(options: { maxsize: number } | undefined): QueueLike {
  const broadcast = new Broadcast<number>();
  const subscription = broadcast.subscribe(options);
  return {
    put: (item, o) => broadcast.put(item, o),
    putNowait: (item) => broadcast.putNowait(item),
    shutdown: () => broadcast.shutdown(),
    get: (o) => subscription.get(o),
    next: () => subscription.next(),
    get qsize() {
      return subscription.qsize;
    },
  };
}

describe("queues", () => {
  for (const maxsize of [1, 2, Infinity]) {
    const options = maxsize === Infinity ? undefined : { maxsize };
    const size = maxsize === Infinity ? "unlimited" : `maxsize ${maxsize}`;
    const over = (name: string, make: () => QueueLike, order: QueueLawOptions["order"]) =>
      each(`${name}, ${size}`, laws.queue.cases(make, { maxsize, order }));
    over("Queue", () => new Queue<number>(options), "fifo");
    over("LifoQueue", () => new LifoQueue<number>(options), "lifo");
    over("PriorityQueue", () => new PriorityQueue<number>(options), "priority");
    over("Broadcast with one subscription", () => oneSubscription(options), "fifo");
    over("a queue of which nobody knows the order", () => new LifoQueue<number>(options), "none");
  }
  each("Channel", laws.queue.cases(() => new Channel<number>(), { maxsize: 0 }));
});

/** A group takes everything at once. */
function groupAsPool(): PoolLike {
  const group = new Group();
  const finish = function* <T>(greenlets: Greenlet<T>[]): Generator<unknown, T[], unknown> {
    try {
      yield* joinAll(greenlets, { raiseError: true });
      return greenlets.map(({ value }) => value as T);
    } finally {
      yield* killAll(greenlets);
    }
  };
  return {
    apply: (body, ...args) =>
      call(function* () {
        const [value] = yield* finish([group.spawn(body, ...args)]);
        return value;
      }),
    map: (body, items) => call(() => finish([...items].map((item) => group.spawn(body, item)))),
  };
}

describe("pools", () => {
  each("Pool", laws.pool.cases((size) => new Pool(size)));
  each("Group", laws.pool.cases(groupAsPool, { unlimited: true }));
  each("Pool without a limit", laws.pool.cases(() => new Pool(), { unlimited: true }));
});

describe("stores", () => each("MemoryStore", laws.store.cases((options) => new MemoryStore(options))));

describe("ports", () => each("memoryPorts", laws.port.cases(() => memoryPorts())));

describe("clocks", () => {
  each("VirtualClock", laws.clock.cases(() => new VirtualClock()));
  each("VirtualClock that begins later", laws.clock.cases(() => new VirtualClock(1_700_000_000_000)));

  test("SystemClock", async () => {
    assertEquals((await laws.clock.real(() => new SystemClock())).length, 5);
  });
});

describe("a suite", () => {
  test("gives the names of all laws that hold, which are those of its cases", () => {
    const held = laws.lock(() => new Lock(), { runs: 2, maxSchedules: 2 });
    assertEquals(held, laws.lock.cases(() => new Lock()).map(({ name }) => name));
    assertGreater(held.length, 12);
    assertEquals(new Set(held).size, held.length);
  });

  test("leaves out the laws of members that are not there", () => {
    const bare = () => {
      const lock = new Lock();
      return { acquire: (o?: { timeout?: number }) => lock.acquire(o), release: () => lock.release() };
    };
    const names = laws.lock.cases(bare).map(({ name }) => name).join("\n");
    for (const member of ["tryAcquire", "withLock", "locked"]) assert(!names.includes(member), member);
    assertGreater(laws.lock(bare, { runs: 5, maxSchedules: 5 }).length, 9);
  });

  test("refuses what makes nothing, and passes on what making throws", () => {
    assertThrows(() => laws.lock(new Lock() as never), TypeError, "laws of locks need a function that makes");
    const failing = () => {
      throw new RangeError("no such lock");
    };
    assertThrows(() => laws.lock(failing), RangeError, "no such lock");
  });
});
