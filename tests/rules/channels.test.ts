/** Rules S-57 to S-61, S-63 and S-66: channels, and broadcasts. */
import {
  Broadcast,
  Channel,
  forEach,
  isKill,
  joinAll,
  LifoQueue,
  type Op,
  Queue,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  sleep,
  spawn,
  type Subscription,
  TimeoutError,
  withTimeout,
} from "../../src/mod.ts";
import { always, settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { complete, rule } from "./kit.ts";

/** Lets a kill through, and nothing else but an error of `kind`. */
function expect(error: unknown, kind: new (message?: string) => Error): void {
  if (isKill(error)) throw error;
  assert(error instanceof kind, String(error));
}

/** Takes what is left. */
function drain<T>(subscription: Subscription<T>): T[] {
  const left: T[] = [];
  while (subscription.qsize > 0) left.push(subscription.getNowait());
  return left;
}

// ---- channels

rule(
  "S-60",
  "Channel: a put returns once its item was taken, and items come in the order of the putters",
  function* () {
    const channel = new Channel<string>(), line: string[] = [], got: string[] = [], returned: string[] = [];
    let asked = 0;
    // Nobody holds an item: as many puts as gets are through, give or take those who are woken and have not run.
    always(() => returned.length <= asked, "no put without a getter");
    const putter = (name: string) =>
      spawn({ name }, function* () {
        for (let i = 0; i < 2; i++) {
          const item = `${name}${i}`;
          line.push(item);
          yield* channel.put(item);
          returned.push(item);
        }
      });
    const getter = spawn({ name: "getter" }, function* () {
      for (let i = 0; i < 4; i++) {
        asked++;
        got.push(yield* channel.get());
        yield* sleep(0);
      }
    });
    yield* joinAll([putter("a"), putter("b"), getter]);
    assertEquals(got, line);
    assertEquals([returned.length, channel.qsize], [4, 0]);
  },
);

rule("S-60", "Channel: getters are served in their order", function* () {
  const channel = new Channel<number>(), line: string[] = [], got: [string, number][] = [];
  const getter = (name: string) =>
    spawn({ name }, function* () {
      line.push(name);
      got.push([name, yield* channel.get()]);
    });
  const getters = ["a", "b", "c"].map(getter);
  const putter = spawn({ name: "putter" }, function* () {
    for (let i = 0; i < 3; i++) yield* channel.put(i);
  });
  yield* joinAll([...getters, putter]);
  for (const [name, item] of got) assertEquals(line[item], name);
  assertEquals(got.length, 3);
});

for (const [kind, make] of Object.entries({ Queue, LifoQueue })) {
  rule("S-60", `${kind} of maxsize 0 has no limit: no put parks`, function* () {
    const queue = new make<number>({ maxsize: 0 });
    let others = 0;
    const putter = (name: string) =>
      spawn({ name }, function* () {
        for (let i = 0; i < 4; i++) {
          const before = others;
          yield* queue.put(i);
          assertEquals(others, before, "nobody ran meanwhile");
          others++;
          if (i === 1) yield* sleep(0);
        }
      });
    yield* joinAll([putter("a"), putter("b")]);
    assertEquals([queue.qsize, queue.full], [8, false]);
    while (queue.qsize > 0) queue.getNowait();
  });
}

rule("S-57", "Channel: with one killed on either side, both have done it or neither", function* () {
  const channel = new Channel<string>();
  let put = false, got = false, killedWhen = "";
  const putter = spawn({ name: "putter" }, function* () {
    yield* channel.put("x");
    put = true;
    yield* sleep(0);
  });
  const getter = spawn({ name: "getter" }, function* () {
    assertEquals(yield* channel.get(), "x");
    got = true;
    yield* sleep(0);
  });
  const killer = spawn({ name: "killer" }, () => {
    killedWhen = `${put ? "put" : "-"} ${got ? "got" : "-"}`;
    putter.kill();
  });
  yield* settle();
  assertEquals(got, put);
  if (!got) {
    // The putter was killed: its item is not there, and the getter still waits.
    assertEquals(channel.qsize, 0);
    assertEquals(getter.dead, false);
    channel.putNowait("x");
  }
  yield* joinAll([putter, getter, killer]);
  return killedWhen;
}, { reached: ["put got", "put -", "- got", "- -"] });

rule(
  "S-57",
  "Channel: the getter that is killed has taken the item, or the putter still has it",
  function* () {
    const channel = new Channel<string>();
    let put = false, got = false;
    const putter = spawn({ name: "putter" }, function* () {
      yield* channel.put("x");
      put = true;
    });
    const getter = spawn({ name: "getter" }, function* () {
      yield* channel.get();
      got = true;
      yield* sleep(0);
    });
    const killer = spawn({ name: "killer" }, () => void getter.kill());
    yield* settle();
    assertEquals(put, got);
    assertEquals(channel.qsize, got ? 0 : 1);
    if (!got) assertEquals(channel.getNowait(), "x");
    yield* joinAll([putter, getter, killer]);
    return got;
  },
  { reached: [true, false] },
);

rule("S-57", "Channel: whoever times out or dies, what was put is what was got", function* () {
  const channel = new Channel<string>(), put: string[] = [], got: string[] = [];
  const putter = (name: string, timeout: number) =>
    spawn({ name }, function* () {
      try {
        yield* channel.put(name, { timeout });
        put.push(name);
      } catch (error) {
        expect(error, QueueFull);
      }
    });
  const getter = (name: string, timeout: number) =>
    spawn({ name }, function* () {
      try {
        got.push(yield* channel.get({ timeout }));
      } catch (error) {
        expect(error, QueueEmpty);
      }
    });
  yield* joinAll([putter("1", 1), getter("a", 2), putter("2", 2), getter("b", 1)]);
  assertEquals(put.toSorted(), got.toSorted());
  assertEquals(channel.qsize, 0);
  return got.length;
}, { kills: 1, timeouts: 2, reached: [2] });

rule(
  "S-58",
  "Channel: QueueEmpty and QueueFull are the call's own timeout, an outer one is itself",
  function* () {
    const channel = new Channel<string>(), other = new Channel<string>();
    const ends: string[] = [];
    const inside = (op: () => Op<unknown>) =>
      function* () {
        try {
          yield* op();
        } catch (error) {
          ends.push((error as Error).name);
          throw error;
        }
      };
    const timed = (
      name: string,
      op: () => Op<unknown>,
      kind: new (message?: string) => Error,
    ) =>
      spawn({ name }, function* () {
        try {
          yield* withTimeout(5, inside(op));
          return false;
        } catch (error) {
          expect(error, kind);
          return true;
        }
      });
    const all = [
      timed("own put", () => channel.put("x", { timeout: 3 }), QueueFull),
      timed("own get", () => other.get({ timeout: 3 }), QueueEmpty),
      timed("outer put", () => channel.put("x", { timeout: 5 }), TimeoutError),
      timed("outer get", () => other.get(), TimeoutError),
    ];
    for (const one of all) assertEquals(yield* one, true);
    assertEquals(ends.filter((name) => name === "QueueFull").length, 1);
    assertEquals(ends.filter((name) => name === "QueueEmpty").length, 1);
  },
);

rule("S-59", "Channel: the item for one who waits is his, and nobody else gets it", function* () {
  const channel = new Channel<string>();
  let waits = false, got = "", stolen = "";
  const getter = spawn({ name: "getter" }, function* () {
    waits = true;
    got = yield* channel.get();
  });
  const thief = spawn({ name: "thief" }, () => {
    try {
      stolen = channel.getNowait();
    } catch (error) {
      expect(error, QueueEmpty);
    }
  });
  yield* sleep(0);
  const handed = waits;
  if (handed) {
    channel.putNowait("x");
    assertThrows(() => channel.getNowait(), QueueEmpty);
  } else assertThrows(() => channel.putNowait("x"), QueueFull);
  yield* settle();
  if (!handed) yield* channel.put("x");
  yield* joinAll([getter, thief]);
  assertEquals([got, stolen], ["x", ""]);
  return handed;
}, { reached: [true, false] });

rule(
  "S-63",
  "Channel: after a shutdown puts and gets fail, parked or not, and what went over has gone over",
  function* () {
    const channel = new Channel<string>(), put: string[] = [], got: string[] = [];
    let down = false, failed = 0;
    const fails = (error: unknown) => {
      expect(error, QueueShutDown);
      assert(down);
      failed++;
    };
    const putter = (name: string) =>
      spawn({ name }, function* () {
        try {
          yield* channel.put(name);
          put.push(name);
        } catch (error) {
          fails(error);
        }
      });
    const getter = spawn({ name: "getter" }, function* () {
      try {
        for (;;) got.push(yield* channel.get());
      } catch (error) {
        fails(error);
      }
    });
    const all = [putter("a"), putter("b"), getter];
    const closer = spawn({ name: "closer" }, () => {
      down = true;
      channel.shutdown();
      assertEquals(channel.qsize, 0);
    });
    yield* joinAll([...all, closer]);
    assertEquals(put.toSorted(), got.toSorted());
    assertEquals(failed, 3 - put.length);
    return put.length;
  },
  { reached: [0, 1, 2] },
);

rule("S-66", "Channel: who leaves an iteration early leaves the putters their items", function* () {
  const channel = new Channel<string>(), seen: string[] = [], put: string[] = [];
  const putter = (name: string) =>
    spawn({ name }, function* () {
      yield* channel.put(name);
      put.push(name);
    });
  const putters = ["1", "2"].map(putter);
  const reader = spawn({ name: "reader" }, () =>
    forEach(channel, function* (item) {
      seen.push(item);
      yield* sleep(0);
      return false;
    }));
  const killer = spawn({ name: "killer" }, () => void reader.kill());
  yield* settle();
  assertEquals(put.toSorted(), seen.toSorted());
  assertEquals(channel.qsize, 2 - seen.length);
  while (channel.qsize > 0) channel.getNowait();
  yield* joinAll([...putters, reader, killer]);
  return seen.length;
}, { reached: [0, 1] });

// ---- broadcasts

rule("S-57", "Broadcast: a put that is killed has reached all subscribers or none", function* () {
  const news = new Broadcast<string>();
  const fast = news.subscribe(), slow = news.subscribe({ maxsize: 1 });
  news.putNowait("old");
  let returned = false;
  const putter = spawn({ name: "putter" }, function* () {
    yield* news.put("new");
    returned = true;
    yield* sleep(0);
  });
  const killer = spawn({ name: "killer" }, () => void putter.kill());
  const reader = spawn({ name: "reader" }, function* () {
    assertEquals(yield* slow.get(), "old");
  });
  yield* joinAll([putter, killer, reader]);
  const rest = returned ? ["new"] : [];
  assertEquals(drain(fast), ["old", ...rest]);
  assertEquals(drain(slow), rest);
  return returned;
}, { reached: [true, false] });

rule("S-57", "Broadcast: a subscriber that is killed in its get has the item or leaves it", function* () {
  const news = new Broadcast<string>(), got: string[] = [];
  const a = news.subscribe(), b = news.subscribe();
  const reader = spawn({ name: "reader" }, function* () {
    got.push(yield* a.get());
    yield* sleep(0);
    got.push(yield* a.get());
  });
  const killer = spawn({ name: "killer" }, () => void reader.kill());
  yield* sleep(0);
  news.putNowait("1");
  yield* sleep(0);
  yield* news.put("2");
  yield* joinAll([reader, killer]);
  assertEquals([...got, ...drain(a)], ["1", "2"]);
  assertEquals(drain(b), ["1", "2"]);
  return got.length;
}, { reached: [0, 1, 2] });

rule("S-58", "Broadcast: a put whose time is over has reached nobody, a get leaves its item", function* () {
  const news = new Broadcast<string>();
  const fast = news.subscribe(), slow = news.subscribe({ maxsize: 1 }), got: string[] = [];
  const sent: string[] = [];
  const putter = (name: string, timeout: number) =>
    spawn({ name }, function* () {
      try {
        yield* news.put(name, { timeout });
        sent.push(name);
      } catch (error) {
        expect(error, QueueFull);
      }
    });
  const reader = spawn({ name: "reader" }, function* () {
    try {
      got.push(yield* slow.get({ timeout: 1 }));
    } catch (error) {
      expect(error, QueueEmpty);
    }
  });
  yield* joinAll([putter("1", 1), putter("2", 1), putter("3", 2), reader]);
  assertEquals(drain(fast).toSorted(), sent.toSorted());
  assertEquals([...got, ...drain(slow)].toSorted(), sent.toSorted());
  return sent.length;
}, { timeouts: 2, kills: 1, reached: [2] });

rule(
  "S-61",
  "Broadcast: putters come in in the order of the line, and no subscriber has too many",
  function* () {
    const news = new Broadcast<string>();
    const subscribers = [1, 3].map((maxsize) => news.subscribe({ maxsize }));
    const line: string[] = [];
    always(() => subscribers.every(({ qsize, maxsize }) => qsize <= maxsize), "bounded");
    const putter = (name: string) =>
      spawn({ name }, function* () {
        line.push(name);
        yield* news.put(name);
      });
    const reader = (subscription: Subscription<string>) =>
      spawn({ name: `reader ${subscription.maxsize}` }, function* () {
        const got: string[] = [];
        for (let i = 0; i < 2; i++) got.push(yield* subscription.get());
        return got;
      });
    const readers = subscribers.map(reader);
    yield* joinAll(["a", "b"].map(putter));
    for (const one of readers) assertEquals(yield* one, line);
  },
);

rule("S-59", "Broadcast: what was put for one who waits is his", function* () {
  const news = new Broadcast<string>(), subscription = news.subscribe();
  let waits = false, got = "";
  const reader = spawn({ name: "reader" }, function* () {
    waits = true;
    got = yield* subscription.get();
  });
  const thief = spawn({ name: "thief" }, () => {
    assertThrows(() => subscription.getNowait(), QueueEmpty);
  });
  yield* thief;
  const handed = waits;
  news.putNowait("x");
  assertEquals(subscription.qsize, handed ? 0 : 1);
  if (handed) assertThrows(() => subscription.getNowait(), QueueEmpty);
  yield* reader;
  assertEquals(got, "x");
  return handed;
}, { reached: [true, false] });

rule(
  "S-63",
  "Broadcast: after a shutdown puts fail, and subscribers read what is left to their end",
  function* () {
    const news = new Broadcast<string>();
    const a = news.subscribe({ maxsize: 1 }), sent: string[] = [], seen: string[] = [];
    let down = false, ended = false;
    const putter = spawn({ name: "putter" }, function* () {
      try {
        for (const item of ["1", "2"]) {
          yield* news.put(item);
          sent.push(item);
        }
      } catch (error) {
        expect(error, QueueShutDown);
        assert(down);
      }
    });
    const reader = spawn({ name: "reader" }, function* () {
      yield* forEach(a, (item) => void seen.push(item));
      assert(down);
      ended = true;
    });
    const closer = spawn({ name: "closer" }, () => {
      down = true;
      news.shutdown();
      assertThrows(() => news.putNowait("late"), QueueShutDown);
    });
    yield* joinAll([putter, reader, closer]);
    assertEquals(seen, sent);
    assert(ended);
    return sent.length;
  },
  { reached: [0, 1, 2] },
);

rule("S-66", "Broadcast: one that closes its subscription lets a put that waits for it go on", function* () {
  const news = new Broadcast<string>();
  const slow = news.subscribe({ maxsize: 1 }), other = news.subscribe();
  const putter = spawn({ name: "putter" }, function* () {
    yield* news.put("1");
    yield* news.put("2");
  });
  const closer = spawn({ name: "closer" }, function* () {
    yield* sleep(0);
    slow.close();
  });
  yield* joinAll([putter, closer]);
  assertEquals(drain(other), ["1", "2"]);
  assertEquals([slow.qsize, news.size], [0, 1]);
});

complete("channels");
