/** Rules S-44 to S-47: order and fairness. */
import {
  AsyncResult,
  Barrier,
  Channel,
  Condition,
  Event,
  type Greenlet,
  joinAll,
  Lock,
  type Op,
  Queue,
  Semaphore,
  sleep,
  spawn,
} from "../../src/mod.ts";
import { always, settle, simulate, SimulationError } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { test } from "../harness.ts";
import { complete, rule } from "./kit.ts";

rule("S-44", "sleep(0) gives every other ready greenlet one turn", function* () {
  const log: string[] = [];
  const body = (name: string) =>
    spawn({ name }, function* () {
      for (const i of [1, 2, 3]) {
        log.push(`${i}${name}`);
        yield* sleep(0);
      }
    });
  yield* joinAll([body("A"), body("B"), body("C")]);
  assertEquals(log.join(" "), "1A 1B 1C 2A 2B 2C 3A 3B 3C");
}, { strategy: "fifo" });

rule("S-44", "a turn takes no time, and those who are born or woken in it come after it", function* () {
  const log: string[] = [], event = new Event();
  const waiter = spawn({ name: "waiter" }, function* () {
    yield* event.wait();
    log.push("woken");
  });
  const first = spawn({ name: "first" }, function* () {
    log.push("first");
    event.set();
    spawn(() => void log.push("born"));
    yield* sleep(0);
    log.push("first again");
  });
  const second = spawn({ name: "second" }, function* () {
    log.push("second");
    yield* sleep(0);
    log.push("second again");
  });
  yield* joinAll([waiter, first, second]);
  assertEquals(log, ["first", "second", "woken", "born", "first again", "second again"]);
}, { strategy: "fifo" });

rule("S-44", "whoever comes first, no time passes while somebody gives turns", function* () {
  let late = false;
  const sleeper = spawn({ name: "sleeper" }, function* () {
    yield* sleep(1);
    late = true;
  });
  const turns = (name: string) =>
    spawn({ name }, function* () {
      for (let i = 0; i < 3; i++) {
        yield* sleep(0);
        assertEquals(late, false);
      }
    });
  yield* joinAll([turns("a"), turns("b")]);
  assertEquals(late, false);
  yield* sleeper;
});

rule("S-44", "one that is killed in its turn does not go on behind it", function* () {
  let before = 0, after = 0, killedWhen = "";
  const victim = spawn({ name: "victim" }, function* () {
    before++;
    try {
      yield* sleep(0);
      after++;
    } finally {
      before--;
    }
  });
  const killer = spawn({ name: "killer" }, () => {
    killedWhen = victim.dead ? "dead" : before === 1 ? "turn" : "unborn";
    victim.kill();
  });
  yield* joinAll([victim, killer]);
  assertEquals(before, 0);
  assertEquals(after, killedWhen === "dead" ? 1 : 0);
  return killedWhen;
}, { reached: ["dead", "turn", "unborn"] });

/** Ready operations until the slice of a simulation is over: it counts them, as its clock stands still. */
const SLICE = 40_000;

rule(
  "S-45",
  "operations that are always ready let the others on, and nothing has happened yet when they do",
  function* () {
    const queue = new Queue<number>();
    let puts = 0, gets = 0, sawOther = false, other = false;
    // Somebody else sees the queue only between two operations.
    always(() => puts - gets === queue.qsize, "between two operations");
    const busy = spawn({ name: "busy" }, function* () {
      for (let i = 0; i < SLICE; i++) {
        yield* queue.put(i);
        puts++;
        sawOther ||= other;
        yield* queue.get();
        gets++;
      }
    });
    const polite = spawn({ name: "polite" }, () => {
      assertEquals(puts - gets, queue.qsize);
      other = true;
    });
    yield* joinAll([busy, polite]);
    assert(sawOther || puts === SLICE);
    return sawOther;
  },
  { seeds: 10, reached: [true] },
);

rule("S-45", "one that is killed in such a turn has not begun its operation", function* () {
  const queue = new Queue<number>();
  let puts = 0;
  const busy: Greenlet<unknown> = spawn({ name: "busy" }, function* () {
    for (let i = 0; i < SLICE; i++) {
      yield* queue.put(i);
      puts++;
    }
  });
  const killer = spawn({ name: "killer" }, () => void busy.kill());
  yield* joinAll([busy, killer]);
  assertEquals(queue.qsize, puts);
  queue.shutdown({ immediate: true });
  return puts === 0 ? "before" : puts < SLICE ? "in a turn" : "after";
}, { seeds: 20, reached: ["before", "in a turn", "after"] });

rule("S-45", "a loop of turns that waits for a timer is not for ever", function* () {
  let rang = false;
  const sleeper = spawn({ name: "sleeper" }, function* () {
    yield* sleep(1);
    rang = true;
  });
  while (!rang) yield* sleep(0);
  yield* sleeper;
}, { seeds: 20, explore: false });

/** Waits, and what ends each at once. Each is ended by whoever calls the second. */
function waits(): [name: string, wait: () => Op<unknown>, end: () => void][] {
  const event = new Event(), result = new AsyncResult<number>(), queue = new Queue<number>();
  const channel = new Channel<number>(), semaphore = new Semaphore(0), lock = new Lock();
  const condition = new Condition();
  assert(lock.tryAcquire());
  return [
    ["event", () => event.wait(), () => event.set()],
    ["result", () => result.get(), () => result.set(1)],
    ["queue", () => queue.get(), () => queue.putNowait(1)],
    ["channel", () => channel.get(), () => channel.putNowait(1)],
    ["semaphore", () => semaphore.acquire(), () => semaphore.release()],
    ["lock", () => lock.withLock(() => {}), () => lock.release()],
    ["condition", () => condition.withLock(() => condition.wait()), () => {
      assert(condition.tryAcquire());
      condition.notify();
      condition.release();
    }],
  ];
}

rule(
  "S-46",
  "those who are woken in one pass run in the order of the wakes, whatever woke them",
  function* () {
    const log: string[] = [], all = waits();
    const gs = all.map(([name, wait]) =>
      spawn({ name }, function* () {
        yield* wait();
        log.push(name);
      })
    );
    yield* settle();
    const order = [3, 0, 6, 1, 5, 2, 4];
    for (const i of order) all[i][2]();
    log.push("main");
    yield* joinAll(gs);
    assertEquals(log, ["main", ...order.map((i) => all[i][0])]);
  },
  { strategy: "fifo", leaks: false },
);

for (
  const [i, [name]] of Object.entries(
    ["event", "result", "queue", "channel", "semaphore", "lock", "condition"].map((name) => [name]),
  )
) {
  rule("S-46", `whoever is woken never runs inside of the waker: ${name}`, function* () {
    const [, wait, end] = waits()[Number(i)];
    let ran = 0;
    const waiter = spawn({ name: "waiter" }, function* () {
      yield* wait();
      ran++;
    });
    const other = spawn({ name: "other" }, function* () {
      yield* sleep(0);
      ran++;
    });
    yield* settle();
    assertEquals(ran, 1);
    spawn(() => void ran++);
    end();
    waiter.kill(); // nor by a kill
    assertEquals(ran, 1);
    yield* joinAll([waiter, other]);
    // It was woken before it was killed: its operation has happened.
    assert(waiter.dead);
  }, { leaks: false });
}

rule("S-46", "joiners, links and a barrier's parties do not run inside of the waker either", function* () {
  const barrier = new Barrier(2), log: string[] = [];
  const job = spawn({ name: "job" }, function* () {
    yield* sleep(0);
    log.push("job");
  });
  const joiner = spawn({ name: "joiner" }, function* () {
    yield* job;
    log.push("joiner");
  });
  job.link(() => void log.push("link"));
  const party = (name: string) =>
    spawn({ name }, function* () {
      const place = yield* barrier.wait();
      log.push(`${name}${place}`);
      return log.length;
    });
  const parties = [party("a"), party("b")];
  yield* joinAll([joiner, ...parties]);
  yield* settle(); // nobody has to wait for the link
  assert(log.indexOf("job") < log.indexOf("joiner"));
  assert(log.indexOf("job") < log.indexOf("link"));
  return log.indexOf("link") < log.indexOf("joiner");
}, { reached: [true] });

// What is reported fails a simulation: so these look at the failure, once for each seed.
test("S-47 > a link that throws stops nobody else > 200 seeds", () => {
  let log: string[] = [];
  const body = function* () {
    log = [];
    const result = new AsyncResult<number>();
    const job = spawn({ name: "job" }, () => sleep(0));
    for (const it of [job, result] as const) {
      it.link(() => void log.push("before"));
      it.link(() => {
        throw new Error("in a link");
      });
      it.link(() => void log.push("after"));
    }
    const joiner = spawn({ name: "joiner" }, function* () {
      yield* job;
      log.push("joiner");
    });
    yield* joinAll([job, joiner]);
    result.set(1);
    yield* sleep(1);
  };
  for (let seed = 0; seed < 200; seed++) {
    const error = assertThrows(() => simulate(body, { seed, runs: 1 }), SimulationError, "in a link");
    assertEquals(error.kind, "unhandled");
    assertEquals(log.toSorted(), ["after", "after", "before", "before", "joiner"]);
  }
});

rule("S-47", "one that fails with an error that somebody asks for stops nobody else", function* () {
  const event = new Event();
  let went = 0;
  const failing = spawn({ name: "failing" }, function* () {
    yield* event.wait();
    throw new Error("failed");
  });
  const other = (name: string) =>
    spawn({ name }, function* () {
      yield* event.wait();
      went++;
    });
  const others = [other("a"), other("b")];
  const seen: string[] = [];
  failing.linkException((g) => void seen.push((g.exception as Error).message));
  failing.link(() => void seen.push("link"));
  yield* sleep(0);
  event.set();
  yield* joinAll([failing, ...others]);
  yield* settle();
  assertEquals(went, 2);
  assertEquals(seen, ["failed", "link"]);
});

complete("order");
