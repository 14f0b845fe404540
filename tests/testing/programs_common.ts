// The statements of which every program has some.

import {
  AsyncResult,
  Barrier,
  cancelScope,
  Channel,
  Condition,
  Event,
  type Greenlet,
  joinAll,
  Lock,
  moveOnAfter,
  Queue,
  select,
  Semaphore,
  shield,
  sleep,
  spawn,
  taskGroup,
  Timeout,
} from "../../src/mod.ts";
import type { Context } from "./programs_kit.ts";
import { perform } from "./programs_families.ts";

/** What the greenlets saw, each for itself: the order between them is no outcome. */
export type Logs = Record<string, unknown[]>;

/** What the greenlets of a program share. */
export type World = {
  cells: { value: number }[];
  queue: Queue<string>;
  semaphore: Semaphore;
  event: Event;
  lock: Lock;
  channel: Channel<string>;
  barrier: Barrier;
  result: AsyncResult<string>;
  greenlets: Greenlet<unknown>[];
  condition: Condition | undefined;
  linked: Logs;
  parts: Record<string, unknown>;
};

class Fail extends Error {
  override name = "Fail";
}

/** Does one statement. */
export function* statement(
  { op, n }: { readonly op: string; readonly n: number },
  world: World,
  log: unknown[],
  me: number,
  run: Context["run"],
): Generator<unknown, unknown, unknown> {
  const { cells, queue, semaphore, event, lock, channel, greenlets } = world;
  const other = greenlets[n % greenlets.length];
  switch (op) {
    case "read":
      return cells[n % 2].value;
    case "write":
      cells[n % 2].value = me + 1;
      return op;
    case "increment": {
      const value = cells[n % 2].value;
      yield* sleep(0);
      cells[n % 2].value = value + 1;
      return value;
    }
    case "turn":
      yield* sleep(0);
      return op;
    case "sleep1":
      yield* sleep(1);
      return op;
    case "sleep2":
      yield* sleep(2);
      return op;
    case "put":
      yield* queue.put(`from ${me}`);
      return op;
    case "get":
      return yield* queue.get();
    case "getNowait":
      return queue.getNowait();
    case "qsize":
      return queue.qsize;
    case "shutdown":
      queue.shutdown();
      return op;
    case "acquire":
      return yield* semaphore.acquire();
    case "release":
      semaphore.release();
      return op;
    case "tryAcquire":
      return semaphore.tryAcquire();
    case "acquireFor1":
      return yield* semaphore.acquire({ timeout: 1 });
    case "available":
      return semaphore.available;
    case "set":
      event.set();
      return op;
    case "clear":
      event.clear();
      return op;
    case "wait":
      return yield* event.wait();
    case "waitFor1":
      return yield* event.wait({ timeout: 1 });
    case "isSet":
      return event.isSet;
    case "kill":
      other.kill();
      return op;
    case "killJoin":
      return yield* other.kill();
    case "join":
      return yield* other.join();
    case "joinFor1":
      return yield* other.join({ timeout: 1 });
    case "dead":
      return other.dead;
    case "started":
      return other.started;
    case "result":
      yield* other;
      return op;
    case "joinAll":
      return (yield* joinAll(greenlets.filter((_, i) => i !== me), { timeout: 2 })).map((g) => g.name).join();
    case "link":
      {
        const name = `link${me}.${log.length}`; // a log of its own: a link runs by itself
        other.link(() => void (world.linked[name] = [`linked to ${n}`]));
      }
      return op;
    case "send":
      yield* channel.put(`sent ${me}`);
      return op;
    case "receive":
      return yield* channel.get();
    case "selectQueueEvent":
      return (yield* select({ item: queue.get(), event: event.wait() })).key;
    case "selectChannelSleep":
      return (yield* select({ sent: channel.get(), late: sleep(1) })).key;
    case "meet":
      return yield* world.barrier.wait({ timeout: 2 });
    case "settle":
      if (!world.result.ready) world.result.set(`by ${me}`);
      return op;
    case "awaitSettled":
      return yield* world.result.get({ timeout: 2 });
    case "fail":
      throw new Fail();
    case "lock":
      yield* lock.withLock(() => run());
      return op;
    case "try":
      try {
        yield* run();
      } finally {
        log.push("finally");
        yield* sleep(0);
        log.push("cleaned");
      }
      return op;
    case "moveOn1":
    case "moveOn2":
      yield* moveOnAfter(op === "moveOn1" ? 1 : 2, () => run());
      return op;
    case "scope":
      return yield* cancelScope({ timeout: 2 }, function* (s) {
        spawn({ name: "canceller" }, () => s.cancel());
        yield* run();
        return s.cancelCalled;
      });
    case "group":
      yield* taskGroup(function* (tg) {
        tg.spawn({ name: "member" }, () => run());
        yield* sleep(0);
        tg.spawn({ name: "member2" }, () => void (cells[0].value += 10));
      });
      return op;
    case "timeout1": {
      const timeout = Timeout.start(1);
      try {
        yield* run();
      } catch (e) {
        if (e !== timeout) throw e;
        return "timed out";
      } finally {
        timeout.cancel();
      }
      return op;
    }
    case "shield":
      yield* shield(() => run());
      return op;
    case "condWait":
      yield* lock.withLock(() => world.condition!.wait({ timeout: 2 }));
      return op;
    case "condNotify":
      yield* lock.withLock(() => world.condition!.notify());
      return op;
    default:
      return yield* perform(op, contextOf(n, me, log, world, run), world.parts);
  }
}

/** What the statements of the families see. */
function contextOf(n: number, me: number, log: unknown[], world: World, run: Context["run"]): Context {
  const { cells, greenlets, linked } = world;
  return {
    n,
    me,
    log,
    cells,
    greenlets,
    run,
    other: greenlets[n % greenlets.length],
    listen: (what) => {
      const name = `${what} of g${me}.${log.length}`;
      return linked[name] = [];
    },
  };
}
