/** Rules S-57 to S-59 and S-61 to S-66: queues. */
import {
  forEach,
  isKill,
  joinAll,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  sleep,
  spawn,
  withTimeout,
} from "../../src/mod.ts";
import { always } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { complete, rule } from "./kit.ts";

type AnyQueue = Queue<string> | LifoQueue<string> | PriorityQueue<string>;

const QUEUES = {
  Queue: (maxsize?: number): AnyQueue => new Queue<string>({ maxsize }),
  LifoQueue: (maxsize?: number): AnyQueue => new LifoQueue<string>({ maxsize }),
  PriorityQueue: (maxsize?: number): AnyQueue => new PriorityQueue<string>({ maxsize }),
} as const;

/** Lets a kill through, and nothing else but an error of `kind`. */
function expect(error: unknown, kind: new (message?: string) => Error): void {
  if (isKill(error)) throw error;
  assert(error instanceof kind, String(error));
}

/** Takes what is left. */
function drain(queue: AnyQueue): string[] {
  const left: string[] = [];
  while (queue.qsize > 0) left.push(queue.getNowait());
  return left;
}

for (const [kind, make] of Object.entries(QUEUES)) {
  rule("S-57", `${kind}: a get that is killed has the item or has left it there`, function* () {
    const queue = make(), got: string[] = [];
    let waits = false, handed = false, went = false, killedWhen = "";
    const getter = spawn({ name: "getter" }, function* () {
      waits = true;
      got.push(yield* queue.get());
      yield* sleep(0);
      went = true;
    });
    const killer = spawn({ name: "killer" }, () => {
      killedWhen = getter.dead || got.length > 0 ? "after" : !waits ? "unborn" : handed ? "woken" : "parked";
      getter.kill();
    });
    yield* sleep(0);
    handed = waits && killedWhen === "";
    queue.putNowait("x");
    assertEquals(queue.qsize, handed ? 0 : 1);
    yield* joinAll([getter, killer]);
    assertEquals(got.length, ["after", "woken"].includes(killedWhen) ? 1 : 0);
    if (killedWhen === "woken") assertEquals(went, false);
    assertEquals([...got, ...drain(queue)], ["x"]);
    return killedWhen;
  }, { reached: ["after", "unborn", "woken", "parked"] });

  rule("S-57", `${kind}: one getter is killed, the others get all, in the order of the line`, function* () {
    const queue = make(), line: string[] = [], served: string[] = [];
    const getter = (name: string) =>
      spawn({ name }, function* () {
        line.push(name);
        const item = yield* queue.get();
        served.push(`${name} ${item}`);
      });
    const getters = ["a", "b", "c"].map(getter);
    const killer = spawn({ name: "killer" }, () => void getters[1].kill());
    yield* sleep(0);
    const items = ["1", "2", "3"];
    for (const item of items) queue.putNowait(item);
    yield* joinAll([...getters, killer]);
    const names = served.map((it) => it.slice(0, 1));
    const left = drain(queue);
    assertEquals([...served.map((it) => it.slice(2)), ...left].toSorted(), items);
    assertEquals(names.length + left.length, 3);
    for (const name of ["a", "c"]) assert(names.includes(name), `${name} has one`);
    return served.length;
  }, { reached: [2, 3] });

  rule("S-57", `${kind}: whatever times out or is killed, each item is there once`, function* () {
    const queue = make(1), accepted: string[] = [], got: string[] = [];
    always(() => queue.qsize <= 1, "bounded");
    const getter = (name: string, timeout: number) =>
      spawn({ name }, function* () {
        try {
          got.push(yield* queue.get({ timeout }));
        } catch (error) {
          expect(error, QueueEmpty);
        }
      });
    const putter = (name: string, timeout: number) =>
      spawn({ name }, function* () {
        try {
          yield* queue.put(name, { timeout });
          accepted.push(name);
        } catch (error) {
          expect(error, QueueFull);
        }
      });
    yield* joinAll([putter("1", 2), getter("a", 1), putter("2", 1), getter("b", 2), putter("3", 1)]);
    assertEquals([...got, ...drain(queue)].toSorted(), accepted.toSorted());
  }, { kills: 2, timeouts: 2 });

  rule(
    "S-57",
    `${kind}: a parked put that is killed takes its item away, an accepted one stays`,
    function* () {
      const queue = make(1);
      queue.putNowait("a");
      let waits = false, took = false, returned = false, killedWhen = "";
      const putter = spawn({ name: "putter" }, function* () {
        waits = true;
        yield* queue.put("b");
        returned = true;
        yield* sleep(0);
      });
      const killer = spawn({ name: "killer" }, () => {
        killedWhen = returned ? "after" : !waits ? "unborn" : took ? "accepted" : "parked";
        putter.kill();
      });
      yield* sleep(0);
      const accepts = waits && killedWhen === "";
      assertEquals(queue.getNowait(), "a");
      took = waits;
      assertEquals(queue.qsize, accepts ? 1 : 0);
      yield* joinAll([putter, killer]);
      assertEquals(returned, ["after", "accepted"].includes(killedWhen));
      assertEquals(drain(queue), returned ? ["b"] : []);
      return killedWhen;
    },
    { reached: ["after", "unborn", "accepted", "parked"] },
  );

  rule(
    "S-58",
    `${kind}: QueueEmpty is the call's own timeout; an outer one and a kill are themselves`,
    function* () {
      const queue = make();
      const ends: string[] = [];
      const inside = function* (timeout: number | undefined) {
        try {
          yield* queue.get({ timeout });
        } catch (error) {
          ends.push((error as Error).name);
          throw error;
        }
      };
      const within = (name: string, outer: number, own: number) =>
        spawn({ name }, function* () {
          try {
            yield* withTimeout(outer, () => inside(own));
          } catch (error) {
            return (error as Error).name;
          }
          return "none";
        });
      const own = within("own", 9, 5), outer = within("outer", 5, 9), both = within("both", 5, 5);
      const killed = spawn({ name: "killed" }, () => inside(9));
      yield* sleep(1);
      killed.kill();
      yield* joinAll([own, outer, both, killed]);
      assertEquals([yield* own, yield* outer, yield* both], ["QueueEmpty", "TimeoutError", "TimeoutError"]);
      assertEquals(ends.filter((name) => name === "QueueEmpty").length, 1);
      assertEquals(killed.successful, true);
    },
  );

  rule("S-58", `${kind}: QueueFull is the call's own timeout, and nothing came in`, function* () {
    const queue = make(1);
    queue.putNowait("a");
    const putter = (name: string, timeout?: number) =>
      spawn({ name }, function* () {
        try {
          yield* queue.put(name, { timeout });
          return true;
        } catch (error) {
          assert(error instanceof QueueFull && timeout !== undefined, String(error));
          return false;
        }
      });
    const hasty = putter("hasty", 5), patient = putter("patient");
    yield* sleep(5);
    // The timer came first: the hasty one is not in the line any more.
    assertEquals(queue.getNowait(), "a");
    assertEquals(yield* patient, true);
    assertEquals(yield* hasty, false);
    assertEquals(drain(queue), ["patient"]);
  });

  rule("S-59", `${kind}: nobody steals what was put for one who waits`, function* () {
    const queue = make();
    let waits = false, handed = false, got = "";
    const getter = spawn({ name: "getter" }, function* () {
      waits = true;
      got = yield* queue.get();
    });
    const thief = spawn({ name: "thief" }, function* () {
      const isHis = !waits; // else the item is the getter's, put or not
      try {
        const item = yield* queue.get({ timeout: 0 });
        assert(isHis, "stole it");
        queue.putNowait(item);
      } catch (error) {
        expect(error, QueueEmpty);
      }
    });
    yield* sleep(0);
    handed = waits;
    queue.putNowait("x");
    if (handed) assertThrows(() => queue.getNowait(), QueueEmpty);
    yield* joinAll([getter, thief]);
    assertEquals(got, "x");
    return handed;
  }, { reached: [true, false] });

  rule(
    "S-61",
    `${kind}: never more than its size, and putters come in in the order of the line`,
    function* () {
      const queue = make(1), line: string[] = [], got: string[] = [];
      always(() => queue.qsize <= 1 && queue.full === (queue.qsize === 1), "bounded");
      const putter = (name: string, rounds: number) =>
        spawn({ name }, function* () {
          for (let i = 0; i < rounds; i++) {
            const item = `${name}${i}`;
            line.push(item);
            yield* queue.put(item);
          }
        });
      const getter = spawn({ name: "getter" }, function* () {
        for (let i = 0; i < 4; i++) {
          got.push(yield* queue.get());
          yield* sleep(0);
        }
      });
      yield* joinAll([putter("again", 2), putter("a", 1), putter("b", 1), getter]);
      // One place only: whatever the order of the buffer, what comes out is what came in.
      assertEquals(got, line);
    },
  );

  rule("S-61", `${kind}: a putter that is killed in the line leaves the order of the rest`, function* () {
    const queue = make(1), line: string[] = [], accepted: string[] = [], got: string[] = [];
    const putter = (name: string) =>
      spawn({ name }, function* () {
        line.push(name);
        yield* queue.put(name);
        accepted.push(name);
      });
    const putters = ["a", "b", "c"].map(putter);
    const killer = spawn({ name: "killer" }, () => void putters[1].kill());
    yield* joinAll([putters[1], killer]);
    const isIn = accepted.includes("b");
    for (let i = isIn ? 0 : 1; i < 3; i++) got.push(yield* queue.get());
    yield* joinAll(putters);
    assertEquals(got, line.filter((name) => name !== "b" || isIn));
    return isIn;
  }, { reached: [true, false] });

  rule(
    "S-62",
    `${kind}: a peek takes nothing and keeps no getter from its item, also when killed`,
    function* () {
      const queue = make();
      let peeked = "", got = "";
      const peeker = spawn({ name: "peeker" }, function* () {
        peeked = yield* queue.peek();
      });
      const getter = spawn({ name: "getter" }, function* () {
        got = yield* queue.get();
      });
      const killer = spawn({ name: "killer" }, () => void peeker.kill());
      yield* sleep(0);
      queue.putNowait("x");
      if (peeked === "") yield* getter;
      // One that comes too late to see the first item sees the next.
      queue.putNowait("y");
      yield* joinAll([peeker, getter, killer]);
      assertEquals(got, "x");
      assertEquals(drain(queue), ["y"]);
      return peeked;
    },
    { reached: ["", "x", "y"] },
  );

  rule(
    "S-63",
    `${kind}: after shutdown puts fail at once, getters drain what is left and then fail`,
    function* () {
      const queue = make(1), accepted: string[] = [], got: string[] = [];
      let refused = 0, ends = 0, down = false;
      const putter = (name: string) =>
        spawn({ name }, function* () {
          try {
            yield* queue.put(name);
            accepted.push(name);
          } catch (error) {
            expect(error, QueueShutDown);
            assert(down);
            refused++;
          }
        });
      const getter = (name: string) =>
        spawn({ name }, function* () {
          for (;;) {
            try {
              got.push(yield* queue.get());
            } catch (error) {
              expect(error, QueueShutDown);
              assert(down);
              assertEquals(queue.qsize, 0, "drained first");
              ends++;
              return;
            }
          }
        });
      const all = [putter("1"), putter("2"), getter("a")];
      const closer = spawn({ name: "closer" }, () => {
        down = true;
        queue.shutdown();
        assertThrows(() => queue.putNowait("late"), QueueShutDown);
      });
      yield* joinAll([...all, closer]);
      assertEquals(accepted.length + refused, 2);
      assertEquals(ends, 1);
      assertEquals(got.toSorted(), accepted.toSorted());
      return refused;
    },
    { reached: [0, 1, 2] },
  );

  rule("S-63", `${kind}: a shutdown fails those who wait for room, at once and for ever`, function* () {
    const queue = make(1);
    let accepted = 0, refused = 0;
    const putter = (name: string) =>
      spawn({ name }, function* () {
        try {
          yield* queue.put(name);
          accepted++;
        } catch (error) {
          expect(error, QueueShutDown);
          refused++;
        }
      });
    const putters = ["a", "b", "c"].map(putter);
    const closer = spawn({ name: "closer" }, () => queue.shutdown());
    yield* joinAll([...putters, closer]); // nobody makes room
    assertEquals([accepted + refused, drain(queue).length], [3, accepted]);
    return refused;
  }, { reached: [2, 3] });

  rule("S-63", `${kind}: shutdown wakes all who are parked, also several getters`, function* () {
    const queue = make();
    let ends = 0;
    const parked = (name: string, op: () => ReturnType<AnyQueue["get"]>) =>
      spawn({ name }, function* () {
        try {
          yield* op();
        } catch (error) {
          expect(error, QueueShutDown);
          ends++;
        }
      });
    const all = [
      parked("getter", () => queue.get()),
      parked("other getter", () => queue.get({ timeout: 5 })),
      parked("peeker", () => queue.peek()),
    ];
    const iterator = spawn({ name: "iterator" }, function* () {
      assertEquals((yield* queue.next()).done, true);
    });
    yield* sleep(0);
    queue.shutdown();
    yield* joinAll([...all, iterator]);
    assertEquals(ends, 3);
  });

  rule(
    "S-63",
    `${kind}: an immediate shutdown drops what is left, and join waits for what was taken`,
    function* () {
      const queue = make();
      for (const item of ["1", "2", "3"]) queue.putNowait(item);
      let working = 0, down = false, joined = false;
      const worker = (name: string) =>
        spawn({ name }, function* () {
          for (;;) {
            try {
              yield* queue.get();
            } catch (error) {
              expect(error, QueueShutDown);
              assert(down);
              return;
            }
            working++;
            yield* sleep(0);
            working--;
            queue.taskDone();
          }
        });
      const workers = [worker("a"), worker("b")];
      const joiner = spawn({ name: "joiner" }, function* () {
        assertEquals(yield* queue.join(), true);
        assertEquals(queue.unfinished, 0);
        joined = true;
      });
      const closer = spawn({ name: "closer" }, () => {
        down = true;
        queue.shutdown({ immediate: true });
        assertEquals(queue.qsize, 0);
        assertEquals(queue.unfinished, working);
      });
      always(() => !joined || working === 0, "joined after the work");
      yield* joinAll([...workers, joiner, closer]);
      assert(joined);
      assertThrows(() => queue.taskDone(), RangeError);
    },
  );

  rule(
    "S-64",
    `${kind}: join returns when all is done, at once on a fresh one; one taskDone more throws`,
    function* () {
      const queue = make();
      assertEquals(yield* queue.join(), true);
      assertThrows(() => queue.taskDone(), RangeError);
      let done = 0;
      always(() => queue.unfinished >= 0 && queue.unfinished <= 2);
      const worker = (name: string) =>
        spawn({ name }, function* () {
          yield* queue.get();
          yield* sleep(0);
          done++;
          queue.taskDone();
        });
      const workers = [worker("a"), worker("b")];
      queue.putNowait("1");
      queue.putNowait("2");
      const joiner = spawn({ name: "joiner" }, () => queue.join());
      yield* queue.join();
      assertEquals(done, 2);
      assertThrows(() => queue.taskDone(), RangeError);
      yield* joinAll([...workers, joiner]);
      assertEquals(yield* joiner, true);
    },
  );

  rule(
    "S-64",
    `${kind}: a worker that is killed before its taskDone keeps join waiting, in its time`,
    function* () {
      const queue = make();
      let working = false, done = false;
      queue.putNowait("1");
      const worker = spawn({ name: "worker" }, function* () {
        yield* queue.get();
        working = true;
        yield* sleep(0);
        done = true;
        queue.taskDone();
      });
      const killer = spawn({ name: "killer" }, () => void worker.kill());
      yield* joinAll([worker, killer]);
      assertEquals(yield* queue.join({ timeout: 5 }), done);
      assertEquals(queue.unfinished, done ? 0 : 1);
      assertEquals(drain(queue).length, working ? 0 : 1);
      return done;
    },
    { reached: [true, false] },
  );

  rule(
    "S-66",
    `${kind}: who leaves an iteration early, or dies in it, leaves the rest in the queue`,
    function* () {
      const queue = make(), seen: string[] = [];
      const reader = spawn({ name: "reader" }, () =>
        forEach(queue, function* (item) {
          seen.push(item);
          yield* sleep(0);
          return seen.length < 2;
        }));
      const writer = spawn({ name: "writer" }, function* () {
        for (const item of ["1", "2", "3"]) {
          queue.putNowait(item);
          yield* sleep(0);
        }
      });
      const killer = spawn({ name: "killer" }, () => void reader.kill());
      yield* joinAll([writer, killer]);
      if (!reader.dead) yield* reader.join(); // killed, it is at its end; else it has two
      assertEquals([...seen, ...drain(queue)].toSorted(), ["1", "2", "3"]);
      return seen.length;
    },
    { reached: [0, 1, 2] },
  );

  rule("S-66", `${kind}: a step that is killed when it has its item gives it`, function* () {
    const queue = make(), seen: string[] = [];
    let handed = false, waits = false, killedWhen = "";
    const reader = spawn({ name: "reader" }, function* () {
      waits = true;
      const step = yield* queue.next();
      if (!step.done) seen.push(step.value);
      yield* sleep(0);
    });
    const killer = spawn({ name: "killer" }, () => {
      killedWhen = reader.dead || seen.length > 0 ? "after" : !waits ? "unborn" : handed ? "woken" : "parked";
      reader.kill();
    });
    yield* sleep(0);
    handed = waits && killedWhen === "";
    yield* queue.put("x");
    yield* joinAll([reader, killer]);
    assertEquals(seen.length, ["after", "woken"].includes(killedWhen) ? 1 : 0);
    assertEquals([...seen, ...drain(queue)], ["x"]);
    return killedWhen;
  }, { reached: ["after", "unborn", "woken", "parked"] });
}

rule(
  "S-65",
  "PriorityQueue: equals come out in the order in which they came in, also those that waited",
  function* () {
    const queue = new PriorityQueue<[number, string]>({ maxsize: 2, compare: ([a], [b]) => a - b });
    const line: string[] = [], got: [number, string][] = [];
    const putter = (name: string, rank: number) =>
      spawn({ name }, function* () {
        for (let i = 0; i < 2; i++) {
          line.push(`${name}${i}`);
          yield* queue.put([rank, `${name}${i}`]);
        }
      });
    const putters = [putter("a", 1), putter("b", 1), putter("c", 1)];
    const getter = spawn({ name: "getter" }, function* () {
      for (let i = 0; i < 6; i++) got.push(yield* queue.get());
    });
    yield* joinAll([...putters, getter]);
    assertEquals(got.map(([, name]) => name), line);
  },
);

rule("S-65", "PriorityQueue: the least of what is there, and of equals the first", function* () {
  const queue = new PriorityQueue<[number, string]>({ compare: ([a], [b]) => a - b });
  const model: [number, string][] = [];
  const putter = (name: string, ranks: number[]) =>
    spawn({ name }, function* () {
      for (const rank of ranks) {
        queue.putNowait([rank, name]);
        model.push([rank, name]);
        yield* sleep(0);
      }
    });
  const getter = spawn({ name: "getter" }, function* () {
    for (let i = 0; i < 3; i++) {
      if (queue.qsize > 0) {
        const least = Math.min(...model.map(([rank]) => rank));
        const [first] = model.splice(model.findIndex(([rank]) => rank === least), 1);
        assertEquals(queue.getNowait(), first);
      }
      yield* sleep(0);
    }
  });
  yield* joinAll([putter("a", [2, 1]), putter("b", [1, 2]), getter]);
  while (queue.qsize > 0) queue.getNowait();
});

complete("queues");
