/** The public contract of the door `tendril`: each name, method and getter is there, and is of the right kind. */
import * as tendril from "../src/mod.ts";
import {
  all,
  asCompleted,
  AsyncResult,
  BoundedSemaphore,
  Broadcast,
  call,
  cancelScope,
  CapacityLimiter,
  Channel,
  collect,
  Condition,
  Event,
  failAfter,
  forEach,
  gather,
  getCurrent,
  Group,
  iwait,
  Local,
  Lock,
  moveOnAfter,
  Pool,
  PriorityQueue,
  Queue,
  QueueEmpty,
  QueueShutDown,
  race,
  resource,
  run,
  select,
  Semaphore,
  shield,
  sleep,
  spawn,
  type Stream,
  suspend,
  taskGroup,
  Timeout,
  until,
  withTimeout,
} from "../src/mod.ts";
import { settle, VirtualClock } from "../src/testing/mod.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import { describe, test } from "./harness.ts";
import { caught, virtual } from "./regressions/helpers.ts";

const door = tendril as unknown as Record<string, unknown>;

const functions = [
  ...["run", "main", "spawn", "spawnLater", "getCurrent", "sleep", "suspend", "until", "call"],
  ...["joinAll", "killAll", "wait", "iwait", "all", "race", "gather", "asCompleted", "shield"],
  ...["withTimeout", "moveOnAfter", "failAfter", "cancelScope", "taskGroup", "resource"],
  ...["select", "forEach", "collect", "isKill"],
];

const errors = [
  ...[
    "GreenletExit",
    "TimeoutError",
    "QueueEmpty",
    "QueueFull",
    "QueueShutDown",
    "PoolFull",
    "DeadlockError",
  ],
  ...["BrokenLockError", "EOFError"],
];

const queueMethods = [
  ...["put", "get", "putNowait", "getNowait", "peek", "peekNowait", "taskDone", "join", "shutdown", "next"],
];
const queueGetters = ["qsize", "empty", "full"];
const lockMethods = ["acquire", "release", "withLock", "hold"];
const poolMethods = ["apply", "applyAsync", "map", "imap", "imapUnordered", "starmap", "waitAvailable"];
const groupMethods = ["spawn", "add", "discard", "join", "kill"];

/** Class, methods, getters. */
const classes: [name: string, methods: string[], getters: string[]][] = [
  ["Timeout", ["start", "cancel"], ["pending"]],
  ["Group", groupMethods, ["size"]],
  ["Pool", [...groupMethods, ...poolMethods], ["size", "full", "freeCount"]],
  ["Event", ["set", "clear", "wait"], ["isSet"]],
  ["AsyncResult", ["set", "setException", "get", "getNowait", "link"], ["ready", "successful"]],
  ["Semaphore", [...lockMethods, "tryAcquire"], ["locked", "available"]],
  ["BoundedSemaphore", [...lockMethods, "tryAcquire"], ["locked", "available"]],
  ["Lock", lockMethods, ["locked"]],
  ["RLock", lockMethods, ["locked"]],
  ["Condition", [...lockMethods, "wait", "waitFor", "notify", "notifyAll"], []],
  ["Barrier", ["wait"], []],
  ["CapacityLimiter", lockMethods, ["total"]],
  ["Queue", queueMethods, queueGetters],
  ["LifoQueue", queueMethods, queueGetters],
  ["PriorityQueue", queueMethods, queueGetters],
  ["Channel", ["put", "get"], []],
  ["Broadcast", ["subscribe"], []],
  ["Local", ["get", "set"], []],
];

type Class = { readonly prototype: object; readonly name: string };

/** What `name` is on a class, wherever it is inherited from. */
function member(cls: Class, name: PropertyKey): PropertyDescriptor | undefined {
  for (let at: object | null = cls.prototype; at !== null; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe("api: names", () => {
  for (const name of functions) {
    test(`${name} is a function`, () => {
      assertEquals(typeof door[name], "function");
      assert(!/^class\b/.test(String(door[name])));
    });
  }

  for (const [name, methods, getters] of classes) {
    test(`${name} is a class with its methods and getters`, () => {
      const cls = door[name] as Class;
      assertEquals([typeof cls, cls.name], ["function", name]);
      for (const method of methods) {
        assertEquals([method, typeof member(cls, method)?.value], [method, "function"]);
      }
      for (const getter of getters) {
        assertEquals([getter, typeof member(cls, getter)?.get], [getter, "function"]);
      }
    });
  }

  for (const name of errors) {
    test(`${name} is an Error that says its name`, () => {
      const made = new (door[name] as new (message?: string, options?: ErrorOptions) => Error)("why", {
        cause: 5,
      });
      assertInstanceOf(made, Error);
      assertEquals([made.name, made.message, made.cause], [name, "why", 5]);
      assertStringIncludes(String(made.stack), "why");
    });
  }

  test("the errors are told apart: none is a kind of another", () => {
    for (const a of errors) {
      for (const b of errors) {
        const made = new (door[a] as new () => Error)();
        assertEquals([a, b, made instanceof (door[b] as new () => Error)], [a, b, a === b]);
      }
    }
  });

  test("classes are kinds of each other as their names say", () => {
    assertInstanceOf(new Pool(1), Group);
    assertInstanceOf(new BoundedSemaphore(1), Semaphore);
    assertInstanceOf(new Timeout(1), Error);
    assertEquals(typeof Timeout.start, "function");
    assertEquals(typeof member(Timeout, Symbol.dispose)?.value, "function");
    assertEquals(typeof member(Group, Symbol.iterator)?.value, "function");
    assertEquals(typeof member(CapacityLimiter, "total")?.set, "function");
  });
});

describe("api: a greenlet", () => {
  test("has its state as properties and its calls as methods", () =>
    virtual(function* () {
      const g = spawn({ name: "named" }, function* () {
        yield* sleep(5);
        return "value";
      });
      assertEquals(typeof g.id, "number");
      assertEquals(g.name, "named");
      g.name = "renamed";
      assertEquals(g.name, "renamed");
      assertInstanceOf(g.signal, AbortSignal);
      assertStrictEquals(g.parent, getCurrent());
      assertEquals([g.started, g.ready, g.dead, g.successful], [false, false, false, false]);
      assertEquals([g.value, g.exception], [undefined, undefined]);
      for (
        const method of [
          "join",
          "get",
          "kill",
          "link",
          "linkValue",
          "linkException",
          "unlink",
          "then",
        ] as const
      ) {
        assertEquals([method, typeof g[method]], [method, "function"]);
      }
      assertEquals(yield* g, "value");
      assertEquals([g.started, g.ready, g.dead, g.successful, g.value], [true, true, true, true, "value"]);
    }));

  test("is awaited like a promise, and getCurrent throws outside of one", async () => {
    const value = await virtual(function* () {
      const g = spawn(() => 42);
      return yield* until(async () => await g);
    });
    assertEquals(value, 42);
    assertThrows(() => getCurrent(), Error);
  });
});

describe("api: what gives an operation acts when it is delegated to", () => {
  test("an operation that nobody delegates to does nothing", () =>
    virtual(function* () {
      const [queue, lock, channel] = [new Queue<number>(), new Lock(), new Channel<number>()];
      const [pool, broadcast] = [new Pool(1), new Broadcast<number>()];
      const subscription = broadcast.subscribe();
      const other = new Queue<number>();
      other.putNowait(1);
      let ran = 0;
      const body = () => void ran++;
      const ops = [
        ...[
          queue.put(1),
          other.get(),
          other.next(),
          other.peek(),
          lock.acquire(),
          lock.hold(),
          lock.withLock(body),
        ],
        ...[channel.put(1), broadcast.put(1), pool.spawn(body), pool.apply(body), pool.map(body, [1])],
        ...[call(body), all([call(body)]), race([call(body)]), gather([call(body)]), shield(body)],
        ...[
          withTimeout(5, body),
          moveOnAfter(5, body),
          failAfter(5, body),
          cancelScope({}, body),
          taskGroup(body),
        ],
        ...[
          resource(body),
          until(() => Promise.resolve(body())),
          forEach(other, body),
          collect(other),
          sleep(5),
        ],
        ...[
          select({ a: other.get() }),
          pool.join(),
          pool.waitAvailable(),
          new Condition().waitFor(() => true),
        ],
      ];
      yield* settle();
      for (const op of ops) {
        assertEquals(typeof op[Symbol.iterator], "function");
        assertEquals("then" in op, false);
      }
      assertEquals([ran, queue.qsize, other.qsize, lock.locked, pool.size], [0, 0, 1, false, 0]);
      assertEquals(subscription.qsize, 0);
      assertEquals(getCurrent().dead, false);
    }));

  test("kill, cancel, release, set, shutdown and their like act at the call", () =>
    virtual(function* () {
      const victim = spawn(() => suspend());
      victim.kill();
      assertEquals(victim.dead, true);

      const event = new Event();
      assertEquals(event.set(), undefined);
      assertEquals(event.isSet, true);
      assertEquals(event.clear(), undefined);
      assertEquals(event.isSet, false);

      const result = new AsyncResult<number>();
      assertEquals(result.set(5), undefined);
      assertEquals([result.ready, result.successful, result.getNowait()], [true, true, 5]);

      const semaphore = new Semaphore(2);
      assertEquals([semaphore.tryAcquire(2), semaphore.available, semaphore.locked], [true, 0, true]);
      assertEquals(semaphore.release(2), undefined);
      assertEquals([semaphore.available, semaphore.locked], [2, false]);
      const lock = new Lock();
      yield* lock.acquire();
      assertEquals([lock.locked, lock.release(), lock.locked], [true, undefined, false]);

      const queue = new Queue<number>({ maxsize: 1 });
      assertEquals([queue.putNowait(1), queue.full, queue.empty, queue.qsize], [undefined, true, false, 1]);
      assertEquals([queue.peekNowait(), queue.getNowait(), queue.taskDone()], [1, 1, undefined]);
      assertEquals(queue.shutdown({ immediate: true }), undefined);
      assertInstanceOf(yield* caught(queue.put(1)), QueueShutDown);

      const timeout = new Timeout(5);
      assertEquals([timeout.start(), timeout.pending, timeout.cancel(), timeout.pending], [
        undefined,
        true,
        undefined,
        false,
      ]);

      yield* cancelScope({}, function* (scope) {
        assertEquals([scope.cancel(), scope.cancelCalled], [undefined, true]);
        yield* sleep(1);
      });
      yield* taskGroup((tg) => {
        const child = tg.spawn(() => suspend());
        assertEquals([tg.cancel(), child.dead], [undefined, true]);
      });
      const local = new Local<number>();
      assertEquals([local.set(5), local.get()], [undefined, 5]);
      const applied = new Pool(1).applyAsync(() => 5);
      assertEquals(yield* applied, 5);
    }));

  test("imap, imapUnordered, iwait and asCompleted give a stream at the call", () =>
    virtual(function* () {
      const pool = new Pool(1);
      const streams = [
        pool.imap((n: number) => n, [1]),
        pool.imapUnordered((n: number) => n, [1]),
        iwait([spawn(() => 1)]),
        asCompleted([call(() => 1)]),
        new Queue<number>(),
      ] as const;
      for (const stream of streams) {
        assertEquals(typeof stream.next, "function");
        assertEquals(typeof stream[Symbol.asyncIterator], "function");
      }
      for (const stream of streams.slice(0, 4)) {
        assertEquals((yield* collect(stream as Stream<unknown>)).length, 1);
      }
    }));
});

describe("api: options", () => {
  test("run takes clock, grace, onError, signal and sliceMs", async () => {
    const reports: unknown[] = [];
    const controller = new AbortController();
    const options = { clock: new VirtualClock(), grace: 10, sliceMs: 5, signal: controller.signal };
    const running = run(function* () {
      spawn(() => {
        throw new Error("told");
      }).link(() => controller.abort(new Error("aborted")));
      yield* suspend();
    }, { ...options, onError: (error, greenlet) => void reports.push(error, greenlet.name) });
    await assertRejects(() => running, Error, "aborted");
    assert(reports.length <= 2);
  });

  test("sleep takes { ref }, spawn { name, daemon }, PriorityQueue { compare }, Queue { maxsize }", () =>
    virtual(function* () {
      spawn({ name: "background", daemon: true }, () => sleep(1_000_000, { ref: false }));
      const queue = new PriorityQueue<string>({ maxsize: 2, compare: (a, b) => b.length - a.length });
      queue.putNowait("a");
      queue.putNowait("long");
      assertEquals([queue.full, queue.getNowait(), queue.getNowait()], [true, "long", "a"]);
      assertInstanceOf(yield* caught(call(() => new Queue<number>().getNowait())), QueueEmpty);
    }));
});
