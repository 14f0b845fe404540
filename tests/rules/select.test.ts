/** Rules S-51, S-57 and S-59 for a select: one case happens, the others do not. */
import {
  Channel,
  Event,
  isKill,
  joinAll,
  LifoQueue,
  Lock,
  type Op,
  PriorityQueue,
  Queue,
  QueueEmpty,
  RLock,
  select,
  Semaphore,
  sleep,
  spawn,
} from "../../src/mod.ts";
import { always, settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { complete, rule } from "./kit.ts";

const QUEUES = {
  Queue: () => new Queue<string>(),
  LifoQueue: () => new LifoQueue<string>(),
  PriorityQueue: () => new PriorityQueue<string>(),
} as const;

for (const [kind, make] of Object.entries(QUEUES)) {
  rule(
    "S-57",
    `${kind}: a select over two takes from one, also when it is killed or its time is over`,
    function* () {
      const a = make(), b = make(), got: string[] = [];
      const chooser = spawn({ name: "chooser" }, function* () {
        const { key, value } = yield* select({ a, b, late: sleep(1) });
        if (key !== "late") got.push(value as string);
        assertEquals(key === "late" ? undefined : key, value?.slice(0, 1));
        yield* sleep(0);
      });
      const putter = (name: string, queue: ReturnType<typeof make>) =>
        spawn({ name }, function* () {
          yield* sleep(0);
          queue.putNowait(`${name} item`);
        });
      const putters = [putter("a", a), putter("b", b)];
      const killer = spawn({ name: "killer" }, () => void chooser.kill());
      yield* joinAll([chooser, ...putters, killer]);
      assert(got.length <= 1);
      const left = [a, b].flatMap((queue) => queue.qsize > 0 ? [queue.getNowait()] : []);
      assertEquals([...got, ...left].toSorted(), ["a item", "b item"]);
      return got[0];
    },
    { timeouts: 1, reached: [undefined, "a item", "b item"] },
  );

  rule("S-59", `${kind}: what wins a select is its own though it is killed before it runs`, function* () {
    const a = make(), b = make(), got: string[] = [];
    let waits = false, handed = false, killedWhen = "";
    const chooser = spawn({ name: "chooser" }, function* () {
      waits = true;
      got.push((yield* select([a, b])).value);
      yield* sleep(0);
      got.push("went on");
    });
    const killer = spawn({ name: "killer" }, () => {
      killedWhen = chooser.dead || got.length > 0 ? "after" : !waits ? "unborn" : handed ? "woken" : "parked";
      chooser.kill();
    });
    yield* sleep(0);
    handed = waits && killedWhen === "";
    a.putNowait("x");
    if (handed) assertThrows(() => a.getNowait(), QueueEmpty);
    b.putNowait("y"); // it stands in this line no more
    assertEquals(b.qsize, 1);
    yield* joinAll([chooser, killer]);
    if (killedWhen === "woken") assertEquals(got, ["x"]);
    if (killedWhen === "unborn" || killedWhen === "parked") assertEquals(got, []);
    const left = [a, b].flatMap((queue) => queue.qsize > 0 ? [queue.getNowait()] : []);
    assertEquals(left, got[0] === undefined ? ["x", "y"] : ["y"]);
    return killedWhen;
  }, { reached: ["after", "unborn", "woken", "parked"] });
}

rule(
  "S-59",
  "a select that waits is in the line as anybody else, and leaves it for those behind",
  function* () {
    const a = new Queue<number>(),
      b = new Queue<number>(),
      line: string[] = [],
      got = new Map<string, number>();
    const getter = (name: string, op: () => Op<number> | Generator<unknown, number>) =>
      spawn({ name }, function* () {
        line.push(name);
        got.set(name, yield* op());
      });
    const both = function* () {
      return (yield* select([a.get(), b.get()])).value;
    };
    const getters = [getter("plain", () => a.get()), getter("both", both), getter("other", () => a.get())];
    yield* settle();
    b.putNowait(10); // "both" leaves the line of a
    a.putNowait(0);
    a.putNowait(1);
    yield* joinAll(getters);
    const inA = line.filter((name) => name !== "both");
    assertEquals(got.get("both"), 10);
    assertEquals(inA.map((name) => got.get(name)), [0, 1]);
  },
);

rule("S-57", "of a put and a get on two channels one happens on both sides", function* () {
  const out = new Channel<string>(), back = new Channel<string>();
  let sent = "", received = "";
  const chooser = spawn({ name: "chooser" }, function* () {
    const { key, value } = yield* select({ out: out.put("out"), back: back.get() });
    sent = key === "out" ? "out" : value as string;
    yield* sleep(0);
  });
  const taker = spawn({ name: "taker" }, function* () {
    try {
      received = yield* out.get({ timeout: 1 });
    } catch (error) {
      if (isKill(error)) throw error;
      assert(error instanceof QueueEmpty);
    }
  });
  let put = false;
  const giver = spawn({ name: "giver" }, function* () {
    yield* back.put("back");
    put = true;
  });
  const killer = spawn({ name: "killer" }, () => void chooser.kill());
  yield* joinAll([chooser, taker, killer]);
  yield* settle();
  assertEquals(received, sent === "out" ? "out" : "");
  assertEquals(put, sent === "back");
  giver.kill();
  yield* giver.join();
  assertEquals([out.qsize, back.qsize], [0, 0]);
  return sent;
}, { reached: ["", "out", "back"] });

rule("S-57", "two selects that offer to each other meet once", function* () {
  const channel = new Channel<string>(), log: string[] = [];
  const peer = (name: string) =>
    spawn({ name }, function* () {
      const { key, value } = yield* select({ put: channel.put(name), get: channel.get() });
      log.push(`${name} ${key === "put" ? "put" : `got ${value}`}`);
    });
  yield* joinAll([peer("a"), peer("b")]);
  assertEquals(channel.qsize, 0);
  assert(["a got b,b put", "a put,b got a"].includes(log.toSorted().join()), log.join());
  return log.toSorted()[0];
}, { reached: ["a got b", "a put"] });

const LOCKS = {
  Lock: () => new Lock(),
  RLock: () => new RLock(),
  Semaphore: () => new Semaphore(1),
} as const;

for (const [kind, make] of Object.entries(LOCKS)) {
  rule(
    "S-51",
    `${kind}: a select that loses an acquire holds nothing, one that wins it holds it, killed or not`,
    function* () {
      const lock = make(), event = new Event();
      let inside = 0;
      always(() => inside <= 1, "one holder");
      const chooser = spawn({ name: "chooser" }, function* () {
        const { key } = yield* select({ lock: lock.acquire(), event: event.wait() });
        if (key === "event") return key;
        inside++;
        try {
          yield* sleep(0);
        } finally {
          inside--;
          lock.release();
        }
        return key;
      });
      const worker = spawn({ name: "worker" }, () =>
        lock.withLock(function* () {
          inside++;
          yield* sleep(0);
          inside--;
        }));
      const setter = spawn({ name: "setter" }, () => event.set());
      const killer = spawn({ name: "killer" }, () => void chooser.kill());
      yield* joinAll([chooser, worker, setter, killer]);
      assert(lock.tryAcquire(), "free at the end");
      lock.release();
      return typeof chooser.value === "string" ? chooser.value : "killed";
    },
    { reached: ["lock", "event", "killed"] },
  );
}

rule(
  "S-51",
  "Semaphore: a select at the head that goes another way lets the next on",
  function* () {
    const permits = new Semaphore(2), event = new Event();
    yield* permits.acquire();
    let behind = false, waits = false;
    const big = spawn({ name: "big" }, function* () {
      waits = true;
      const { key } = yield* select({ permits: permits.acquire({ permits: 2 }), event });
      assertEquals(key, "event"); // main holds the other one to the end
    });
    const small = spawn({ name: "small" }, function* () {
      behind = waits && !event.isSet;
      yield* permits.acquire();
      permits.release();
    });
    const setter = spawn({ name: "setter" }, () => event.set());
    yield* joinAll([big, small, setter]);
    permits.release();
    assertEquals(permits.available, 2);
    return behind;
  },
  { reached: [true, false] },
);

complete("select");
