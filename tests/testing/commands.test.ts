/** commands: drawn and shrunk by fast-check, done by several greenlets at once, compared with a sequential model. */
import fc from "fast-check";
import { Lock, Queue, QueueEmpty, run, sleep, spawn } from "../../src/mod.ts";
import {
  arbitraries,
  BLOCKED,
  type Command,
  type Commands,
  commands,
  property,
  simulate,
  SimulationError,
} from "../../src/testing/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../assert.ts";
import { describe, test } from "../harness.ts";

/** A queue that looks, lets others go on, and takes. */
class Careless {
  readonly items: number[] = [];

  put(n: number): void {
    this.items.push(n);
  }

  *take(): Generator<unknown, number, unknown> {
    if (this.items.length === 0) throw new QueueEmpty("nothing there");
    const item = this.items[0];
    yield* sleep(0);
    this.items.splice(0, 1);
    return item;
  }
}

class Put implements Command<number[], Careless> {
  readonly n: number;

  constructor(n: number) {
    this.n = n;
  }

  run(queue: Careless): void {
    queue.put(this.n);
  }

  model(items: number[]): void {
    items.push(this.n);
  }
}

class Take implements Command<number[], Careless> {
  run(queue: Careless): unknown {
    return queue.take();
  }

  model(items: number[]): number | undefined {
    if (items.length === 0) throw new QueueEmpty("as in the model");
    return items.shift();
  }

  toString(): string {
    return "take()";
  }
}

const puts = fc.nat(9).map((n) => new Put(n));
const takes = fc.constant(new Take());

/** A queue of at most two, as commands. */
const queueCommands = [
  fc.nat(9).map((n): Command<number[], Queue<number>> => ({
    run: (queue) => queue.put(n),
    model: (items) => items.length < 2 ? void items.push(n) : BLOCKED,
    line: "putters",
    toString: () => `put(${n})`,
  })),
  fc.constant<Command<number[], Queue<number>>>({
    run: (queue) => queue.get(),
    model: (items) => items.length > 0 ? items.shift() : BLOCKED,
    line: "getters",
    toString: () => "get()",
  }),
];

function failureOf(check: () => unknown): SimulationError {
  return assertThrows(check, SimulationError);
}

/** The commands that a failure tells, whoever does them. */
function commandsOf(message: string): string[] {
  return (/With all = (.*)/.exec(message)?.[1] ?? "").match(/\w+\(\d*\)/g)?.sort() ?? [];
}

/** One drawn value, as it would come to a body. */
function some<M, R>(
  arbitrary: fc.Arbitrary<Commands<M, R>>,
  which: (all: Commands<M, R>) => boolean,
): Commands<M, R> {
  const found = fc.sample(arbitrary, { numRuns: 5_000, seed: 1 }).find(which);
  assert(found !== undefined);
  return found;
}

describe("commands", () => {
  for (const seed of [1, 2, 3]) {
    test(`finds what fits in no order, with the fewest commands (seed ${seed})`, () => {
      const { message } = failureOf(() =>
        property(fc, [commands(fc, [puts, takes])], (all) => all.run(new Careless(), []), { seed })
      );
      assertEquals(commandsOf(message), ["Put(0)", "take()", "take()"]);
      assertStringIncludes(message, "NotLinearizable: the operations fit the model in no order");
      assertMatch(message, /take\(\) of \w gave 0, and in the model it throws QueueEmpty/);
    });
  }

  test("with every schedule, too", () => {
    const { message } = failureOf(() =>
      property(fc, [commands(fc, [puts, takes], { maxCommands: 4 })], (all) => all.run(new Careless(), []), {
        seed: 1,
        explore: { preemptions: 1 },
      })
    );
    assertEquals(commandsOf(message), ["Put(0)", "take()", "take()"]);
  });

  test("the library's own queue fits, also where greenlets are killed in it", () => {
    const { data, schedules } = property(
      fc,
      [commands(fc, queueCommands), arbitraries(fc).killPoint],
      (all, kill) => all.run(new Queue<number>({ maxsize: 2 }), [], { kill }),
      { seed: 1, simulate: { leaks: false, runs: 10 } },
    );
    assertEquals([data, schedules], [100, 1_000]);
  });

  test("a model that is wrong about the bound is found", () => {
    const { message } = failureOf(() =>
      property(fc, [commands(fc, queueCommands)], (all) => all.run(new Queue<number>({ maxsize: 3 }), []), {
        seed: 1,
        simulate: { leaks: false },
      })
    );
    assertMatch(message, /With all = a: put\(0\)(, put\(0\)){2}\n/);
  });

  test("who waits and need not is a lost wake-up", () => {
    class Deaf extends Queue<number> {
      /** Nobody hears of it. */
      quiet(n: number): unknown {
        return this.empty ? this.put(n, { timeout: 0 }) : sleep(0);
      }
    }
    const { message } = failureOf(() =>
      property(
        fc,
        [commands<{ n: number }, Deaf>(fc, [
          fc.constant<Command<{ n: number }, Deaf>>({
            run: (queue) => queue.get(),
            model: (state) => state.n > 0 ? state.n-- : BLOCKED,
            toString: () => "get()",
          }),
          fc.constant<Command<{ n: number }, Deaf>>({
            run: () => {},
            model: (state) => void state.n++,
            toString: () => "add()",
          }),
        ])],
        (all) => all.run(new Deaf(), { n: 0 }),
        { seed: 1 },
      )
    );
    assertStringIncludes(message, "LostWakeUp: somebody waits at the end");
    assertMatch(message, /With all = a: (add\(\), get\(\)|get\(\); b: add\(\)|add\(\); b: get\(\))\n/);
  });

  test("those who wait as in the model may wait, and are ended", () => {
    const tried = property(
      fc,
      [commands(fc, [queueCommands[1]])],
      function* (all) {
        const queue = new Queue<number>();
        yield* all.run(queue, []);
        queue.putNowait(7);
        assertEquals(queue.getNowait(), 7); // nobody stands in the line any more
      },
      { seed: 1 },
    );
    assertEquals(tried.data, 100);
  });

  test("time passes while commands wait", () => {
    const late = fc.integer({ min: 1, max: 20 }).map((ms): Command<null, Queue<number>> => ({
      run: (queue) => queue.get({ timeout: ms }),
      model: () => BLOCKED,
      lapses: () => {
        throw new QueueEmpty("late");
      },
      toString: () => `get(${ms})`,
    }));
    const one: [commands: fc.Arbitrary<Commands<null, Queue<number>>>] = [commands(fc, [late])];
    const tried = property(fc, one, (all) => all.run(new Queue(), null), {
      seed: 1,
      simulate: { timeouts: 2 },
    });
    assertEquals(tried.data, 100);
    const { message } = failureOf(() =>
      property(
        fc,
        [commands(fc, [late.map((one): Command<null, Queue<number>> => ({ ...one, lapses: undefined }))])],
        (all) => all.run(new Queue(), null),
        { seed: 1 },
      )
    );
    assertMatch(message, /With all = a: get\(1\)\n/);
    assertStringIncludes(message, "threw QueueEmpty");
  });

  test("waiting for the end takes no time, and whatever else goes on does not keep it up", () => {
    const ends: number[] = [];
    const one = commands<number[], Queue<number>>(fc, [queueCommands[1]], { greenlets: 1, maxCommands: 1 });
    const waiting = some(one, ({ programs }) => programs.length === 1);
    const nap = some(
      commands<null, null>(fc, [fc.constant({ run: () => sleep(70), model: () => undefined })], {
        greenlets: 1,
        maxCommands: 1,
      }),
      ({ programs }) => programs.length === 1,
    );
    simulate(function* () {
      const start = Date.now();
      yield* waiting.run(new Queue(), []);
      ends.push(Date.now() - start);
      spawn({ daemon: true }, function* () {
        for (;;) yield* sleep(20);
      });
      yield* nap.run(null, null);
      ends.push(Date.now() - start);
    }, { runs: 20 });
    assertEquals([...new Set(ends)], [0, 70]);
  });

  test("check leaves out what is of no use after the commands before", () => {
    const ran: string[] = [];
    const open = fc.constant<Command<{ open: boolean }, null>>({
      run: () => void ran.push("open"),
      model: (state) => void (state.open = true),
      check: (state) => !state.open,
      toString: () => "open()",
    });
    const close = fc.constant<Command<{ open: boolean }, null>>({
      run: () => void ran.push("close"),
      model: (state) => void (state.open = false),
      check: (state) => state.open,
      toString: () => "close()",
    });
    const logs = new Set<string>();
    property(fc, [commands(fc, [open, close], { greenlets: 1 })], function* (all) {
      ran.length = 0;
      yield* all.run(null, { open: false });
      logs.add(ran.join());
    }, { seed: 1 });
    assert(logs.has("open,close,open"));
    for (const log of logs) assert(!/open,open|close,close|^close/.test(log), log);
  });

  test("as many greenlets and commands as wanted, at most", () => {
    const lengths = new Set<number>(), crews = new Set<number>();
    for (const { programs } of fc.sample(commands(fc, [puts, takes]), { numRuns: 500, seed: 1 })) {
      crews.add(programs.length);
      lengths.add(programs.flat().length);
    }
    assertEquals([Math.max(...crews), Math.max(...lengths), Math.min(...lengths)], [3, 8, 0]);
    const small = commands(fc, [puts], { greenlets: 2, maxCommands: 3 });
    for (const { programs } of fc.sample(small, { numRuns: 200, seed: 1 })) {
      assert(programs.length <= 2 && programs.flat().length <= 3);
    }
  });

  test("they are told by their own text, or by class and content", () => {
    const nothing = some(commands(fc, [puts]), ({ programs }) => programs.length === 0);
    assertEquals(`${nothing}`, "no commands");
    assertEquals(fc.stringify(nothing), "no commands");
    const two = some(
      commands(fc, [puts, takes], { greenlets: 1 }),
      ({ programs: [first = []] }) =>
        first.length === 2 && first[0] instanceof Put && first[1] instanceof Take,
    );
    assertMatch(fc.stringify(two), /^a: Put\(\d\), take\(\)$/);
    const plain = some(
      commands(fc, [fc.constant({ run: () => 1, model: () => 1 })], { maxCommands: 1 }),
      ({ programs }) => programs.length === 1,
    );
    assertEquals(fc.stringify(plain), "a: command()");
  });

  test("arguments that are no plain values are shown as they are", () => {
    const odd = fc.constant<Command<null, null>>({
      run: () => 1,
      model: () => 2,
      toString: () => "set(Infinity, x)",
    });
    const { message } = failureOf(() =>
      property(fc, [commands(fc, [odd])], (all) => all.run(null, null), { seed: 1 })
    );
    assertStringIncludes(message, "With all = a: set(Infinity, x)\n");
    assertStringIncludes(message, "gave 1, and in the model it gives 2");
  });

  test("the real thing and the model are those of one run each", () => {
    let made = 0;
    property(fc, [commands(fc, [puts])], (all) => {
      made++;
      return all.run(new Careless(), []);
    }, { seed: 1, numRuns: 5, simulate: { runs: 3 } });
    assertEquals(made, 5 * 4);
  });

  test("a lock: one holder at a time, whatever the order", () => {
    const acquire = fc.constant<Command<{ held: number }, { lock: Lock; inside: number }>>({
      run: function* (real) {
        yield* real.lock.acquire();
        try {
          const inside = ++real.inside;
          yield* sleep(1);
          return inside;
        } finally {
          real.inside--;
          real.lock.release();
        }
      },
      model: () => 1,
      toString: () => "locked()",
    });
    const { data } = property(
      fc,
      [commands(fc, [acquire]), arbitraries(fc).killPoint],
      (all, kill) => all.run({ lock: new Lock(), inside: 0 }, { held: 0 }, { kill }),
      { seed: 1, numRuns: 50 },
    );
    assertEquals(data, 50);
  });

  test("bad arguments", async () => {
    // deno-lint-ignore no-explicit-any
    const make = commands as any;
    assertThrows(() => make(undefined, [puts]), TypeError, "commands needs the module fast-check first");
    assertThrows(() => make(fc, puts), TypeError, "commands needs an array of arbitraries");
    assertThrows(() => make(fc, []), TypeError, "commands needs an array of arbitraries");
    assertThrows(
      () => make(fc, [puts, new Put(1)]),
      TypeError,
      "commands' arbitrary 2 must be an arbitrary",
    );
    assertThrows(() => make(fc, [puts], { greenlets: 0 }), RangeError, "commands' greenlets");
    assertThrows(() => make(fc, [puts], { maxCommands: 0.5 }), RangeError, "commands' maxCommands");
    assertThrows(
      () => fc.sample(make(fc, [fc.constant({ run: () => 1 })]), { numRuns: 50, seed: 1 }),
      TypeError,
      "a command needs run(real) and model(state)",
    );
    const all = some(commands(fc, [puts]), ({ programs }) => programs.length > 0);
    assertThrows(() => all.run(new Careless(), []), Error, "commands run inside the body of property");
    await assertRejects(() => run(() => all.run(new Careless(), [])), Error, "commands run inside the body");
    assertEquals(simulate(() => all.run(new Careless(), []), { runs: 3 }).runs, 3);
  });
});
