/** Rules S-14 and S-15: a kill and the wait that it ends. */
import {
  AsyncResult,
  Event,
  joinAll,
  Lock,
  Queue,
  select,
  Semaphore,
  sleep,
  spawn,
  suspend,
} from "../../src/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { type Gen } from "../greenlet/kit.ts";
import { gen } from "./helpers.ts";
import { complete, rule } from "./kit.ts";

// ---- S-14, S-15

/** A wait that `serve` ends; `taken` says whether what it gave is gone from where it was. */
interface Case {
  wait(): Gen<unknown>;
  serve(): void;
  /** Only waits that consume something. */
  left?: () => number;
}

const CASES: Record<string, () => Case> = {
  "Event.wait": () => {
    const event = new Event();
    return { wait: () => gen(event.wait()), serve: () => event.set() };
  },
  "AsyncResult.get": () => {
    const result = new AsyncResult<string>();
    return { wait: () => gen(result.get()), serve: () => result.set("stale") };
  },
  "Queue.get": () => {
    const queue = new Queue<string>();
    return {
      wait: () => gen(queue.get()),
      serve: () => queue.putNowait("stale"),
      left: () => queue.qsize,
    };
  },
  "Queue.put": () => {
    const queue = new Queue<string>({ maxsize: 1 });
    queue.putNowait("before");
    let taken = 0;
    return {
      wait: () => gen(queue.put("item")),
      serve: () => {
        queue.getNowait();
        taken++;
      },
      // The item is in the queue, or it is not: `left` counts what did not happen.
      left: () => taken - queue.qsize,
    };
  },
  "Semaphore.acquire": () => {
    const semaphore = new Semaphore(0);
    return {
      wait: () => gen(semaphore.acquire()),
      serve: () => semaphore.release(),
      left: () => semaphore.available,
    };
  },
  "Greenlet.join": () => {
    const end = new Event();
    const target = spawn(() => end.wait());
    return { wait: () => gen(target.join()), serve: () => end.set() };
  },
  "select": () => {
    const queue = new Queue<string>(), event = new Event();
    return {
      wait: () => gen(select([queue, event])),
      serve: () => queue.putNowait("stale"),
      left: () => queue.qsize,
    };
  },
};

for (const [name, make] of Object.entries(CASES)) {
  rule(
    "S-14",
    `a kill ends exactly the wait it is in; what that wait gives later is ignored: ${name}`,
    function* () {
      const { wait, serve } = make();
      const fresh = new AsyncResult<string>();
      let cleanup: unknown = "none";
      const victim = spawn({ name: "victim" }, function* () {
        try {
          yield* wait();
          yield* suspend();
        } finally {
          cleanup = undefined;
          cleanup = yield* fresh.get();
          yield* sleep(1);
        }
      });
      const killer = spawn({ name: "killer" }, () => void victim.kill());
      spawn({ name: "server" }, serve);
      yield* killer;
      yield* sleep(1);
      fresh.set("fresh");
      yield* victim.join();
      assert(cleanup === "none" || cleanup === "fresh", String(cleanup));
      return cleanup;
    },
    { leaks: false, reached: ["none", "fresh"] },
  );

  rule("S-15", `it has happened or was cancelled, never both: ${name}`, function* () {
    const { wait, serve, left } = make();
    let happened = 0, cancelled = 0, unborn = 1;
    const victim = spawn({ name: "victim" }, function* () {
      unborn = 0;
      try {
        yield* wait();
        happened++;
      } catch (e) {
        cancelled++;
        throw e;
      }
      yield* suspend();
    });
    spawn({ name: "killer" }, () => void victim.kill());
    spawn({ name: "server" }, serve);
    yield* victim.join();
    yield* sleep(1);
    assertEquals(happened + cancelled + unborn, 1);
    if (left !== undefined) assertEquals(left(), 1 - happened);
    return [happened, cancelled, unborn];
  }, { leaks: false, reached: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] });
}

rule("S-15", "what is woken and then killed has happened: the kill comes at the next park", function* () {
  const lock = new Lock();
  const log: string[] = [];
  yield* lock.acquire();
  const victim = spawn(function* () {
    yield* lock.acquire();
    log.push("acquired");
    try {
      yield* sleep(0);
      log.push("not reached");
    } finally {
      lock.release();
    }
  });
  const third = spawn(() => lock.withLock(() => void log.push("third")));
  yield* sleep(1);
  lock.release();
  victim.kill();
  yield* joinAll([victim, third]);
  assertEquals(log.at(-1), "third");
  return log;
}, { reached: [["acquired", "third"], ["third"]] });

complete("kill_waits");
