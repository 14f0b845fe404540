/** Rules S-75 and S-76: deadlocks, and what keeps a run going. */
import {
  Channel,
  Event,
  getCurrent,
  type Greenlet,
  joinAll,
  Lock,
  type Op,
  Queue,
  RLock,
  Semaphore,
  sleep,
  spawn,
  until,
} from "../../src/mod.ts";
import { explore, simulate, SimulationError } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../assert.ts";
import { test } from "../harness.ts";
import { complete, rule } from "./kit.ts";

type Gen = Generator<unknown, unknown>;

/** The message of the deadlock in which `body` ends under each of some seeds. */
function* deadlocksOf(body: () => Op<unknown> | Gen, seeds: number): Generator<string> {
  for (let seed = 0; seed < seeds; seed++) {
    const error = assertThrows(() => simulate(body, { seed, runs: 1 }), SimulationError);
    assertEquals(error.kind, "deadlock", error.message);
    yield (error.cause as Error).message;
  }
}

const CYCLE = /cycle: (anna → bert → anna|bert → anna → bert)/;

for (const [kind, make] of Object.entries({ Lock: () => new Lock(), RLock: () => new RLock() })) {
  const philosophers = function* () {
    const [left, right] = [make(), make()];
    const philosopher = (name: string, first: Lock | RLock, second: Lock | RLock) =>
      spawn({ name }, () =>
        first.withLock(function* () {
          yield* sleep(0);
          yield* second.withLock(() => sleep(0));
        }));
    yield* joinAll([philosopher("anna", left, right), philosopher("bert", right, left)]);
  };
  test(`S-75 > ${kind}: two taken crosswise are found, and shown as a cycle`, () => {
    const found = [
      assertThrows(() => explore(philosophers), SimulationError),
      assertThrows(() => explore(philosophers, { preemptions: 0 }), SimulationError),
      assertThrows(() => simulate(philosophers), SimulationError),
    ];
    for (const error of found) {
      assertEquals(error.kind, "deadlock");
      assertMatch(error.message, CYCLE);
      assertMatch(error.message, new RegExp(`anna waits on ${kind}.acquire \\(held by bert\\)`));
      assertMatch(error.message, new RegExp(`bert waits on ${kind}.acquire \\(held by anna\\)`));
      assertMatch(error.message, /main waits on the end of 2 greenlets/);
    }
  });

  rule("S-75", `${kind}: taken in one order there is no deadlock, whoever is killed`, function* () {
    const [left, right] = [make(), make()];
    let ate = 0;
    const philosopher = (name: string) =>
      spawn({ name }, () =>
        left.withLock(function* () {
          yield* sleep(0);
          yield* right.withLock(() => sleep(0));
          ate++;
        }));
    const all = ["anna", "bert"].map(philosopher);
    const killer = spawn({ name: "killer" }, () => void all[0].kill());
    yield* joinAll([...all, killer]);
    return ate;
  }, { kills: 1, reached: [1, 2] });
}

test("S-75 > everybody who is parked is named with what he waits on > 200 seeds", () => {
  const body = function* () {
    const full = new Queue<number>({ maxsize: 1 });
    full.putNowait(1);
    const main = getCurrent();
    const all: [string, () => Op<unknown>][] = [
      ["event", () => new Event().wait()],
      ["empty", () => new Queue<number>().get()],
      ["full", () => full.put(2)],
      ["channel", () => new Channel<number>().put(1)],
      ["permits", () => new Semaphore(0).acquire()],
      ["joiner", () => main.join()],
    ];
    for (const [name, op] of all) spawn({ name }, op);
    spawn({ name: "ended" }, () => sleep(1));
    spawn({ name: "killed" }, () => new Event().wait()).kill();
    yield* sleep(2);
  };
  for (const message of deadlocksOf(body, 200)) {
    for (
      const line of [
        /event waits on Event\.wait/,
        /empty waits on Queue\.get/,
        /full waits on Queue\.put \(full: 1\)/,
        /channel waits on Channel\.put/,
        /permits waits on Semaphore\.acquire \(0 free\)/,
        /joiner waits on the end of main/,
        /main waits on the end of 6 greenlets of its scope/,
        /cycle: (main → joiner → main|joiner → main → joiner)/,
      ]
    ) assertMatch(message, line);
    assert(!/ended|killed/.test(message), message);
  }
});

test("S-75 > two that join each other are a cycle, and one that stands by is not in it > 200 seeds", () => {
  const body = function* () {
    const anna: Greenlet<unknown> = spawn({ name: "anna" }, () => bert.join());
    const bert = spawn({ name: "bert" }, () => anna.join());
    const bystander = spawn({ name: "bystander" }, () => anna.join());
    yield* joinAll([anna, bert, bystander]);
  };
  for (const message of deadlocksOf(body, 200)) {
    assertMatch(message, CYCLE);
    assertMatch(message, /bystander waits on the end of anna/);
  }
});

test("S-75 > a wait that a promise may end is outstanding: no deadlock, and told as the host's > 200 seeds", () => {
  const body = function* () {
    spawn({ name: "waiter" }, () => new Event().wait());
    yield* until(new Promise<void>(() => {}));
  };
  for (let seed = 0; seed < 200; seed++) {
    const error = assertThrows(() => simulate(body, { seed, runs: 1 }), SimulationError);
    assertEquals(error.kind, "host", error.message);
  }
});

rule("S-75", "a wait that a timer still ends is no deadlock, though all are parked", function* () {
  const event = new Event(), queue = new Queue<number>();
  const waiter = spawn({ name: "waiter" }, () => event.wait());
  const getter = spawn({ name: "getter" }, () => queue.get());
  const helper = spawn({ name: "helper" }, function* () {
    yield* sleep(3_600_000);
    event.set();
    queue.putNowait(1);
  });
  yield* joinAll([waiter, getter, helper]);
  assertEquals([yield* waiter, yield* getter], [true, 1]);
}, { timeouts: 2 });

rule("S-75", "daemons that are parked for ever are no deadlock: they end with their scope", function* () {
  const ended: string[] = [];
  const daemon = (name: string) =>
    spawn({ name, daemon: true }, function* () {
      try {
        yield* new Event().wait();
      } finally {
        ended.push(name);
      }
    });
  const all = [daemon("a"), daemon("b")];
  yield* sleep(0);
  const worker = spawn({ name: "worker" }, () => sleep(1));
  yield* worker;
  assertEquals(ended, []);
  assertEquals(all.map((one) => one.dead), [false, false]);
});

rule(
  "S-76",
  "a daemon's sleep that keeps nothing alive is over when its time comes, and else it ends with the run",
  function* () {
    const log: string[] = [];
    const daemon = (ms: number) =>
      spawn({ name: `daemon ${ms}`, daemon: true }, function* () {
        yield* sleep(ms, { ref: false });
        log.push(`${ms}`);
      });
    const all = [daemon(1), daemon(3)];
    yield* sleep(2);
    yield* sleep(0);
    assertEquals(log, ["1"]);
    assertEquals(all.map((one) => one.dead), [true, false]);
  },
);

test("S-76 > a sleep with ref: false keeps nobody waiting: alone it is a deadlock > 200 seeds", () => {
  const body = function* () {
    const event = new Event();
    spawn({ name: "helper" }, function* () {
      yield* sleep(1, { ref: false });
      event.set();
    });
    spawn({ name: "other" }, () => sleep(0));
    yield* event.wait();
  };
  for (const message of deadlocksOf(body, 200)) {
    assertMatch(message, /helper waits on sleep\(1\)/);
    assertMatch(message, /main waits on Event\.wait/);
  }
});

rule("S-76", "it wakes in its time while somebody else's timer keeps the run going", function* () {
  const log: string[] = [];
  const background = spawn({ name: "background" }, function* () {
    yield* sleep(2, { ref: false });
    log.push("background");
  });
  const foreground = spawn({ name: "foreground" }, function* () {
    yield* sleep(1);
    log.push("foreground");
    yield* sleep(2);
    log.push("foreground again");
  });
  yield* joinAll([background, foreground]);
  assertEquals(log, ["foreground", "background", "foreground again"]);
});

complete("deadlock");
