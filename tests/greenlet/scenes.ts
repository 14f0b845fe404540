/**
 * Every kind of wait, set up so that a greenlet can be killed in it, and so that somebody can grant it what it waits for
 * without parking: between the grant and the victim's next run lies the moment in which it is woken and has not run.
 * Length: one table, a few lines for each kind of wait.
 */
import {
  AsyncResult,
  Barrier,
  Broadcast,
  call,
  cancelScope,
  CapacityLimiter,
  Channel,
  Condition,
  Event,
  failAfter,
  forEach,
  gather,
  getCurrent,
  type Greenlet,
  Group,
  iwait,
  joinAll,
  LifoQueue,
  Lock,
  moveOnAfter,
  type Op,
  Pool,
  PriorityQueue,
  Queue,
  QueueFull,
  race,
  resource,
  RLock,
  select,
  Semaphore,
  shield,
  sleep,
  spawn,
  suspend,
  taskGroup,
  until,
  wait,
  withTimeout,
} from "../../src/mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import type { Gen } from "./kit.ts";

/** One wait, ready to be entered. */
export interface Staged {
  wait(): Op<unknown> | Gen<unknown>;
  /** Wakes who waits; called by the main greenlet, which must not park in it. */
  grant?(): void;
  /** Turns until a grant has woken the victim; default 0. */
  turns?: number;
  /** What the wait gives. */
  gives?: unknown;
  /** Called after the victim was killed while parked: what must be as if it had never waited. */
  untouched?(): void;
}

/** See the top of the file. */
export interface Scene {
  name: string;
  /** Nothing but time or a kill ends it: there is no grant. */
  endless?: true;
  stage(): Staged | Gen<Staged>;
}

const idle = () => spawn({ daemon: true }, suspend);

/** Something that ends when the event is set. */
function target(): { go: Event; g: Greenlet<number> } {
  const go = new Event();
  const g = spawn({ daemon: true, name: "target" }, function* () {
    yield* go.wait();
    return 7;
  });
  return { go, g };
}

/** A wait on a queue, wrapped in something. */
function wrapped(
  name: string,
  wrap: (inner: Op<number>) => Op<unknown> | Gen<unknown>,
  gives: unknown = 1,
): Scene {
  return {
    name,
    stage() {
      const q = new Queue<number>();
      return {
        wait: () => wrap(q.get()),
        grant: () => q.putNowait(1),
        gives,
        untouched() {
          q.putNowait(2);
          assertEquals(q.qsize, 1, "a killed getter takes nothing");
        },
      };
    },
  };
}

function* native(depth: number, op: Op<number>): Gen<number> {
  return depth === 0 ? yield* op : yield* native(depth - 1, op);
}

function* framed(depth: number, op: Op<number>): Gen<number> {
  return depth === 0 ? yield* op : yield* call(framed, depth - 1, op);
}

function* mixed(depth: number, op: Op<number>): Gen<number> {
  if (depth === 0) return yield* op;
  return depth % 2 === 0 ? yield* call(mixed, depth - 1, op) : yield* mixed(depth - 1, op);
}

/** A wait for a lock or permit that main holds. */
function held(
  name: string,
  make: () => { acquire(): Op<boolean>; release(): void },
  free: (lock: never) => boolean,
): Scene {
  return {
    name,
    *stage() {
      const lock = make();
      yield* lock.acquire();
      return {
        wait: () => lock.acquire(),
        grant: () => lock.release(),
        gives: true,
        untouched() {
          lock.release();
          assertEquals(free(lock as never), true, "what a killed waiter did not get is free");
        },
      };
    },
  };
}

/** A wait for a greenlet's end. */
function ending(name: string, waiting: (g: Greenlet<number>) => Op<unknown>, gives?: unknown): Scene {
  return {
    name,
    stage() {
      const { go, g } = target();
      return {
        wait: () => waiting(g),
        grant: () => go.set(),
        turns: 1,
        gives,
        untouched: () => assertEquals(g.dead, false, "killing a joiner does not touch the joined (S-25)"),
      };
    },
  };
}

/** A wait inside a block that is cancelled with it. */
const blocks: Scene[] = [
  {
    name: "taskGroup's exit",
    stage() {
      const go = new Event();
      let child: Greenlet<unknown> | undefined;
      return {
        wait: () => taskGroup((tg) => void (child = tg.spawn(() => go.wait()))),
        grant: () => go.set(),
        turns: 1,
        untouched: () => assertEquals(child?.dead, true, "the children of a killed body are dead"),
      };
    },
  },
  {
    name: "cancelScope's exit",
    stage() {
      const go = new Event();
      let child: Greenlet<unknown> | undefined;
      return {
        wait: () => cancelScope({}, () => void (child = spawn(() => go.wait()))),
        grant: () => go.set(),
        turns: 1,
        untouched: () => assertEquals(child?.dead, true, "the children of a killed body are dead"),
      };
    },
  },
  {
    name: "taskGroup's start",
    endless: true,
    stage() {
      let child: Greenlet<unknown> | undefined;
      return {
        wait: () =>
          taskGroup(function* (tg) {
            yield* tg.start(function* () {
              child = getCurrent();
              yield* suspend();
            });
          }),
        untouched: () => assertEquals(child?.dead, true),
      };
    },
  },
  {
    name: "a resource that is being acquired",
    endless: true,
    stage() {
      let released = false;
      return {
        wait: () =>
          resource<number>(function* () {
            try {
              yield* suspend();
            } finally {
              released = true;
            }
          }),
        untouched: () => assertEquals(released, true),
      };
    },
  },
];

export const scenes: Scene[] = [
  { name: "sleep", endless: true, stage: () => ({ wait: () => sleep(1_000) }) },
  { name: "sleep without ref", endless: true, stage: () => ({ wait: () => sleep(1_000, { ref: false }) }) },
  { name: "suspend", endless: true, stage: () => ({ wait: () => suspend() }) },
  wrapped("Queue.get", (get) => get),
  wrapped("Queue.get, 40 native frames deep", (get) => native(40, get)),
  wrapped("Queue.get, 40 call frames deep", (get) => call(framed, 40, get)),
  wrapped("Queue.get, 40 mixed frames deep", (get) => mixed(40, get)),
  wrapped("Queue.get in select", (get) => select({ get, late: sleep(1_000) }), {
    index: 0,
    key: "get",
    value: 1,
  }),
  wrapped("Queue.get in withTimeout", (get) => withTimeout(1_000, get)),
  wrapped("Queue.get in moveOnAfter", (get) => moveOnAfter(1_000, () => get)),
  wrapped("Queue.get in failAfter", (get) => failAfter(1_000, () => get)),
  wrapped("Queue.get in cancelScope", (get) => cancelScope({}, () => get)),
  wrapped("Queue.get in taskGroup", (get) => taskGroup(() => get)),
  wrapped("Queue.get with a timeout of its own", (get) => withTimeout(2_000, withTimeout(1_000, get))),
  {
    name: "LifoQueue.get",
    stage() {
      const q = new LifoQueue<number>();
      return { wait: () => q.get(), grant: () => q.putNowait(1), gives: 1 };
    },
  },
  {
    name: "PriorityQueue.get",
    stage() {
      const q = new PriorityQueue<number>();
      return { wait: () => q.get(), grant: () => q.putNowait(1), gives: 1 };
    },
  },
  {
    name: "Queue.peek",
    stage() {
      const q = new Queue<number>();
      return { wait: () => q.peek(), grant: () => q.putNowait(1), gives: 1 };
    },
  },
  {
    name: "Queue.put",
    stage() {
      const q = new Queue<number>({ maxsize: 1 });
      q.putNowait(1);
      return {
        wait: () => q.put(2),
        grant: () => void q.getNowait(),
        untouched() {
          assertEquals([q.getNowait(), q.qsize], [1, 0], "a killed put puts nothing");
        },
      };
    },
  },
  {
    name: "Queue.join",
    stage() {
      const q = new Queue<number>();
      q.putNowait(1);
      q.getNowait();
      return { wait: () => q.join(), grant: () => q.taskDone(), gives: true };
    },
  },
  {
    name: "forEach over a queue",
    endless: true,
    stage() {
      const q = new Queue<number>();
      return {
        wait: () => forEach(q, () => {}),
        untouched: () => assertEquals((q.putNowait(1), q.qsize), 1),
      };
    },
  },
  {
    name: "Channel.get",
    stage() {
      const channel = new Channel<number>();
      return {
        wait: () => channel.get(),
        grant: () => channel.putNowait(1),
        gives: 1,
        untouched: () => void assertThrows(() => channel.putNowait(1), QueueFull),
      };
    },
  },
  {
    name: "Channel.put",
    stage() {
      const channel = new Channel<number>();
      return {
        wait: () => channel.put(1),
        grant: () => void channel.getNowait(),
        untouched: () => assertEquals(channel.qsize, 0),
      };
    },
  },
  {
    name: "Subscription.get",
    stage() {
      const broadcast = new Broadcast<number>();
      const subscription = broadcast.subscribe();
      return {
        wait: () => subscription.get(),
        grant: () => broadcast.putNowait(1),
        gives: 1,
        untouched: () => assertEquals((broadcast.putNowait(2), subscription.qsize), 1),
      };
    },
  },
  held("Lock.acquire", () => new Lock(), (lock: Lock) => !lock.locked),
  held("RLock.acquire", () => new RLock(), (lock: RLock) => !lock.locked),
  held("Semaphore.acquire", () => new Semaphore(1), (semaphore: Semaphore) => semaphore.available === 1),
  held(
    "CapacityLimiter.acquire",
    () => new CapacityLimiter(1),
    (limiter: CapacityLimiter) => !limiter.locked,
  ),
  {
    name: "Lock.withLock",
    *stage() {
      const lock = new Lock();
      yield* lock.acquire();
      return {
        wait: () => lock.withLock(() => 3),
        grant: () => lock.release(),
        gives: 3,
        untouched: () => assertEquals((lock.release(), lock.locked), false),
      };
    },
  },
  {
    name: "Event.wait",
    stage() {
      const event = new Event();
      return { wait: () => event.wait(), grant: () => event.set(), gives: true };
    },
  },
  {
    name: "AsyncResult.get",
    stage() {
      const result = new AsyncResult<number>();
      return { wait: () => result.get(), grant: () => result.set(4), gives: 4 };
    },
  },
  {
    name: "Condition.wait",
    stage() {
      const condition = new Condition();
      return {
        *wait() {
          yield* condition.acquire();
          try {
            return yield* condition.wait();
          } finally {
            condition.release();
          }
        },
        grant() {
          assertEquals(condition.tryAcquire(), true);
          condition.notify();
          condition.release();
        },
        gives: true,
        untouched: () => assertEquals(condition.locked, false),
      };
    },
  },
  {
    name: "Barrier.wait",
    stage() {
      const barrier = new Barrier(2);
      return {
        wait: () => barrier.wait(),
        grant: () => void spawn({ daemon: true }, () => barrier.wait()),
        turns: 1,
        untouched: () => assertEquals(barrier.waiting, 0),
      };
    },
  },
  ending("Greenlet.join", (g) => g.join(), true),
  ending("Greenlet.get", (g) => g.get(), 7),
  ending("yield* of a greenlet", (g) => g, 7),
  ending("joinAll", (g) => joinAll([g, g])),
  ending("wait", (g) => wait([g, new Event()], { count: 1 })),
  ending("iwait", (g) => iwait([g]).next()),
  ending("shield of a greenlet", (g) => shield(g), 7),
  {
    name: "kill of another",
    stage() {
      const go = new Event();
      const stubborn = spawn({ daemon: true }, function* () {
        try {
          yield* suspend();
        } finally {
          yield* go.wait();
        }
      });
      return {
        wait: () => stubborn.kill(undefined, { grace: Infinity }),
        grant: () => go.set(),
        turns: 1,
        gives: true,
        untouched: () => assertEquals(stubborn.dead, false, "a killer's death changes nothing (S-20)"),
      };
    },
  },
  {
    name: "Group.join",
    stage() {
      const group = new Group(), { go, g } = target();
      group.add(g);
      return { wait: () => group.join(), grant: () => go.set(), turns: 1, gives: true };
    },
  },
  {
    name: "Pool.spawn",
    *stage() {
      const pool = new Pool(1), go = new Event();
      let runs = 0;
      yield* pool.spawn({ daemon: true }, () => go.wait());
      return {
        wait: () => pool.spawn(() => runs++),
        grant: () => go.set(),
        turns: 1,
        untouched() {
          go.set();
          assertEquals(runs, 0);
        },
      };
    },
  },
  {
    name: "a promise that never settles",
    endless: true,
    stage: () => ({ wait: () => until(new Promise<never>(() => {})) }),
  },
  {
    name: "a promise that can be aborted",
    endless: true,
    stage() {
      let aborted = false;
      return {
        wait: () =>
          until((signal) => new Promise<never>(() => signal.addEventListener("abort", () => aborted = true))),
        untouched: () => assertEquals(aborted, true),
      };
    },
  },
  {
    name: "a bare yield of a promise",
    endless: true,
    stage: () => ({
      *wait() {
        return yield new Promise<never>(() => {});
      },
    }),
  },
  {
    name: "race",
    endless: true,
    stage() {
      const arms = [idle(), idle()];
      return { wait: () => race([shield(arms[0]), suspend()]) };
    },
  },
  { name: "gather", endless: true, stage: () => ({ wait: () => gather([suspend(), sleep(1_000)]) }) },
  ...blocks,
];
