/** The door `tendril/lowlevel`: hooks, the chooser, clocks. Lines and parking are in `tests/lowlevel`. */
import fc from "fast-check";
import { type Clock, Event, getCurrent, run, sleep, spawn, suspend } from "../src/mod.ts";
import { type AlarmClient, type Chooser, type Hooks, SystemClock } from "../src/lowlevel.ts";
import { settle, VirtualClock } from "../src/testing/mod.ts";
import { assert, assertEquals, assertNotStrictEquals, assertStringIncludes } from "./assert.ts";
import { describe, test } from "./harness.ts";
import { upTo } from "./regressions/helpers.ts";

/** Hooks that log "event name", and "parked name: what it waits on". */
function logging(log: string[], only?: string): Hooks {
  const note = (event: string, name: string, rest = "") => {
    if (only === undefined || name === only) log.push(`${event} ${name}${rest}`);
  };
  return {
    spawned: (task) => note("spawned", task.name),
    parked: (task, waiting) => note("parked", task.name, `: ${waiting.describe()}`),
    woken: (task) => note("woken", task.name),
    switched: (task) => note("switched", task.name),
    ended: (task) => note("ended", task.name),
  };
}

describe("lowlevel: hooks", () => {
  test("they are told of a greenlet's whole life, in order", async () => {
    const events: string[] = [];
    const hooks: Hooks = {};
    for (const event of ["spawned", "parked", "woken", "switched", "ended"] as const) {
      hooks[event] = (task) => void (task.name.startsWith("main") || events.push(event));
    }
    await run(function* () {
      yield* spawn(function* () {
        yield* sleep(5);
      });
    }, { clock: new VirtualClock(), hooks });
    assertEquals(events, ["spawned", "switched", "parked", "woken", "switched", "ended"]);
  });

  test("parked says what the greenlet waits on", async () => {
    const log: string[] = [];
    await run(function* () {
      const event = new Event();
      getCurrent().name = "me";
      yield* sleep(5);
      yield* event.wait({ timeout: 1 });
      yield* spawn({ name: "other" }, () => sleep(1));
    }, { clock: new VirtualClock(), hooks: logging(log, "me") });
    const waits = log.filter((line) => line.startsWith("parked")).map((line) =>
      line.slice("parked me: ".length)
    );
    assertEquals(waits.slice(0, 2), ["sleep(5)", "Event.wait"]);
    assertStringIncludes(waits[2], "other");
  });

  test("one that is killed before it began is spawned and ends; a killed one ends after it was switched to", async () => {
    const log: string[] = [];
    await run(function* () {
      const unborn = spawn({ name: "unborn" }, () => suspend());
      unborn.kill();
      const parked = spawn({ name: "parked" }, () => suspend());
      yield* settle();
      yield* parked.kill();
    }, { clock: new VirtualClock(), hooks: logging(log) });
    assertEquals(log.filter((line) => line.includes("unborn")), ["spawned unborn", "ended unborn"]);
    const life = log.filter((line) => line.endsWith(" parked") || line.startsWith("parked parked"));
    assertEquals([life[0], life[1], life.at(-2), life.at(-1)], [
      ...["spawned parked", "switched parked", "switched parked", "ended parked"],
    ]);
  });

  test("what is switched to is the current greenlet's, and each switch ends in a park, a turn or the end", async () => {
    const log: string[] = [];
    await run(function* () {
      for (const name of ["a", "b"]) {
        spawn({ name }, function* () {
          yield* sleep(0);
          yield* sleep(1);
        });
      }
    }, { clock: new VirtualClock(), hooks: logging(log) });
    for (const name of ["a", "b"]) {
      assertEquals(log.filter((line) => line === `switched ${name}`).length, 3);
      assertEquals(log.filter((line) => line === `ended ${name}`).length, 1);
    }
  });

  for (const event of ["spawned", "parked", "woken", "switched", "ended"] as const) {
    test(`S-47: a hook "${event}" that throws stops nobody`, async () => {
      const log: string[] = [];
      let thrown = 0;
      const stderr = muted();
      try {
        const hooks: Hooks = {
          [event]: () => {
            thrown++;
            throw new Error("hook");
          },
        };
        await run(function* () {
          const greenlets = upTo(3).map((i) =>
            spawn(function* () {
              yield* sleep(i);
              log.push(`${i} done`);
            })
          );
          yield* sleep(0);
          for (const g of greenlets) yield* g.join();
        }, { clock: new VirtualClock(), hooks });
      } finally {
        stderr.restore();
      }
      assertEquals(log, ["0 done", "1 done", "2 done"]);
      assert(thrown > 0);
    });
  }
});

/** Keeps what is reported on stderr out of the way. */
function muted(): { restore(): void } {
  const { error } = console;
  console.error = () => {};
  return {
    restore: () => {
      console.error = error;
    },
  };
}

describe("lowlevel: the chooser", () => {
  const play = async (chooser: Chooser | undefined): Promise<string[]> => {
    const log: string[] = [];
    await run(function* () {
      for (const name of ["a", "b", "c"]) {
        spawn({ name }, function* () {
          for (const i of upTo(2)) {
            log.push(`${i}${name}`);
            yield* sleep(0);
          }
        });
      }
    }, { clock: new VirtualClock(), chooser });
    return log;
  };

  test("without one the first that is ready runs", async () => {
    assertEquals(await play(undefined), ["0a", "0b", "0c", "1a", "1b", "1c"]);
    assertEquals(await play(() => 0), await play(undefined));
  });

  test("it says who runs next, of those who are ready in their order", async () => {
    assertEquals(await play((ready) => ready.length - 1), ["0c", "1c", "0b", "1b", "0a", "1a"]);
    const seen: string[][] = [];
    await play((ready) => {
      seen.push(ready.map((task) => task.name));
      return 0;
    });
    assertEquals(seen[0], ["a", "b", "c"]);
    assert(seen.every((names) => names.length > 1), "with one alone there is nothing to choose");
  });

  test("the same choices give the same run", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), async (choices) => {
        const chooser = (): Chooser => {
          let i = 0;
          return (ready) => choices[i++ % choices.length] % ready.length;
        };
        const first = await play(chooser());
        assertEquals(await play(chooser()), first);
        assertEquals(first.toSorted(), ["0a", "0b", "0c", "1a", "1b", "1c"]);
        for (const name of ["a", "b", "c"]) assert(first.indexOf(`0${name}`) < first.indexOf(`1${name}`));
      }),
      { numRuns: 50 },
    ));

  for (const [name, chooser] of [["gives no place in the queue", () => 99], ["throws", thrower]] as const) {
    test(`one that ${name} is a loud error, not a run that hangs`, async () => {
      const ended = play(chooser).then(() => "went on", (e) => (e as Error).message);
      assertNotStrictEquals(await ended, "went on");
    });
  }
});

function thrower(): never {
  throw new Error("chooser");
}

describe("lowlevel: clocks", () => {
  /** A clock whose time passes when the test says so. */
  class HandClock implements Clock {
    #now = 0;
    readonly alarms: Map<AlarmClient, number> = new Map();

    now(): number {
      return this.#now;
    }

    alarm(client: AlarmClient, deadline: number): void {
      if (deadline === Infinity) this.alarms.delete(client);
      else this.alarms.set(client, deadline);
    }

    pass(ms: number): void {
      this.#now += ms;
      for (const [client, deadline] of [...this.alarms]) {
        if (deadline > this.#now) continue;
        this.alarms.delete(client);
        client.ring();
      }
    }
  }

  test("a run takes its time from any clock", async () => {
    const clock = new HandClock();
    const log: number[] = [];
    const running = run(function* () {
      for (const ms of [10, 20]) {
        spawn(function* () {
          yield* sleep(ms);
          log.push(clock.now());
        });
      }
    }, { clock });
    await turn();
    assertEquals([...clock.alarms.values()], [10]);
    clock.pass(9);
    await turn();
    assertEquals(log, []);
    clock.pass(4);
    await turn();
    assertEquals([log, [...clock.alarms.values()]], [[13], [20]]);
    clock.pass(100);
    await running;
    assertEquals(log, [13, 113]);
    assertEquals(clock.alarms.size, 0, "no alarm is left");
  });

  test("SystemClock is monotonic, rings once at the deadline, and Infinity takes the alarm away", async () => {
    const clock = new SystemClock();
    const before = clock.now();
    let [rings, others] = [0, 0];
    const other = { isIdle: true, ring: () => void others++ };
    clock.alarm(other, clock.now(), true);
    clock.alarm(other, Infinity, true);
    await new Promise<void>((done) => {
      const client = {
        isIdle: true,
        ring: () => {
          rings++;
          done();
        },
      };
      clock.alarm(client, clock.now() + 60_000, true);
      clock.alarm(client, clock.now(), true);
    });
    assert(clock.now() >= before);
    assertEquals([rings, others], [1, 0]);
  });
});

/** Lets promises and macrotasks of the loop have their turn. */
async function turn(): Promise<void> {
  for (const _ of upTo(3)) await new Promise<void>((done) => setTimeout(done, 0));
}
