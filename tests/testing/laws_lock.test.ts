/** Locks that are broken on purpose. */
import { type Body, call, Lock, type Op, RLock, Semaphore, sleep } from "../../src/mod.ts";
import { op, WAIT, WaitLine } from "../../src/lowlevel.ts";
import { laws, type LockLawOptions, type LockLike } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";
import { test } from "../harness.ts";
import { caught } from "./laws_kit.ts";

type Gen<T> = Generator<unknown, T, unknown>;
type Limit = { timeout?: number } | undefined;

/** A lock made by hand, right but for what its flags say. */
class HandMade implements LockLike {
  held = false;
  /** For each who waits a line of his own, which is empty once he has left. */
  readonly waiting: WaitLine<boolean>[] = [];
  readonly wrong: Wrong;

  constructor(wrong: Wrong) {
    this.wrong = wrong;
  }

  acquire(limit?: Limit): Op<boolean> {
    return op(() => this.take(limit?.timeout ?? Infinity));
  }

  tryAcquire(): boolean {
    if (this.wrong.tryNever === true) return false;
    if (this.held && this.wrong.tryAlways !== true) return false;
    return this.held = true;
  }

  release(): void {
    if (this.wrong.barging === true) this.held = false;
    for (;;) {
      const next = this.wrong.lifo === true ? this.waiting.pop() : this.waiting.shift();
      if (next === undefined) this.held = false;
      else if (next.wake(true) === 0 && this.wrong.forgets !== true) continue;
      return;
    }
  }

  get locked(): boolean {
    return this.wrong.neverLocked === true ? false : this.held;
  }

  withLock<T>(body: Body<[], T>): Op<T> {
    const run = function* (this: HandMade): Gen<T> {
      yield* this.acquire();
      if (this.wrong.noFinally === true) {
        const value = yield* call(body);
        this.release();
        return value;
      }
      try {
        return yield* call(body);
      } finally {
        this.release();
      }
    };
    return op(() => run.call(this));
  }

  private *take(timeout: number): Gen<boolean> {
    const { wrong, waiting } = this;
    while (this.held) {
      if (timeout <= 0) return wrong.late === true;
      const come = new WaitLine<boolean>({ name: "acquire", rule: () => WAIT, lapse: () => false });
      waiting.push(come);
      const got = yield* this.waitFor(come, wrong.deaf === true ? Infinity : timeout);
      if (!got) return wrong.late === true;
      if (wrong.slow === true) yield* sleep(0);
      if (wrong.barging !== true) return true;
    }
    return this.held = true;
  }

  private *waitFor(come: WaitLine<boolean>, timeout: number): Gen<boolean> {
    const { wrong } = this;
    const start = wrong.watch?.() ?? 0;
    try {
      const got = yield* come.wait(undefined, timeout);
      // It was handed over, though the time is over.
      return wrong.watch !== undefined && wrong.watch() - start >= timeout ? false : got;
    } catch (error) {
      if (wrong.swallows === true) return false;
      throw error;
    }
  }
}

/** What is wrong with a lock. */
interface Wrong {
  /** Who is told looks again. */
  barging?: boolean;
  lifo?: boolean;
  /** Who gave up or was killed stays in the line. */
  forgets?: boolean;
  /** After the wake it takes a turn, in which it may be killed. */
  slow?: boolean;
  /** It waits though its time is over. */
  deaf?: boolean;
  /** True when its time is over. */
  late?: boolean;
  /** Kills and timeouts that pass are taken for its own. */
  swallows?: boolean;
  /** By this clock it gives up what it was handed at the last moment. */
  watch?: () => number;
  tryAlways?: boolean;
  tryNever?: boolean;
  neverLocked?: boolean;
  noFinally?: boolean;
}

/** Lets everybody in. */
class Open implements LockLike {
  acquire(): Op<boolean> {
    return op(function* () {
      return true;
    });
  }
  release(): void {}
}

const wrong = (flags: Wrong) => () => new HandMade(flags);
const fits: LockLawOptions = { deadHolder: "keeps", again: "waits", stranger: "releases" };
const owned: LockLawOptions = { deadHolder: "breaks", again: "throws", stranger: "throws" };
const semaphore = () => new Semaphore(1);

caught(
  "locks",
  laws.lock,
  [[() => new Lock(), owned], [semaphore, fits], [() => new RLock(), {
    deadHolder: "frees",
    again: "counts",
  }]],
  [
    {
      name: "one that lets everybody in",
      make: () => new Open(),
      breaks: ["S-50 exclusion", "S-46", "S-52 timeout"],
    },
    { name: "a line that is served from its end", make: wrong({ lifo: true }), breaks: ["S-50 order"] },
    {
      name: "a barging one",
      make: wrong({ barging: true }),
      breaks: ["S-50 no barging", "S-50 fairness", "S-50 to S-52 the model"],
    },
    {
      name: "one that hands over to the dead",
      make: wrong({ forgets: true }),
      breaks: ["S-50 no lost wake-up", "S-51 killed while parked", "S-52 passed over", "S-52 timeout"],
    },
    {
      name: "one that can be killed between the wake and the return",
      make: wrong({ slow: true }),
      breaks: ["S-51 killed after the wake", "S-50 no lost wake-up"],
    },
    {
      name: "one that waits for ever",
      make: wrong({ deaf: true }),
      breaks: ["S-52 timeout", "S-52 passed over"],
    },
    { name: "one that says true when it is late", make: wrong({ late: true }), breaks: ["S-52 timeout"] },
    {
      name: "one that takes foreign timeouts for its own",
      make: wrong({ swallows: true }),
      breaks: ["S-26 an outer timeout"],
    },
    {
      name: "one that looks at the time once more",
      make: () => new HandMade({ watch: () => Date.now() }),
      breaks: ["S-52 the race"],
    },
    {
      name: "a tryAcquire that always succeeds",
      make: wrong({ tryAlways: true }),
      breaks: ["S-52 tryAcquire"],
    },
    {
      name: "a tryAcquire that never succeeds",
      make: wrong({ tryNever: true }),
      breaks: ["S-52 tryAcquire"],
    },
    { name: "one that is never locked", make: wrong({ neverLocked: true }), breaks: ["locked says"] },
    { name: "a withLock without a finally", make: wrong({ noFinally: true }), breaks: ["withLock releases"] },
    {
      name: "a semaphore that is said to know its holder",
      make: semaphore,
      options: owned,
      breaks: [
        "S-54",
        "S-53 acquired again by its holder: it throws",
        "S-53 released by a stranger: it throws",
      ],
    },
    {
      name: "a lock that is said to be a semaphore",
      make: () => new Lock(),
      options: fits,
      breaks: [
        "S-54",
        "S-53 acquired again by its holder: it waits",
        "S-53 released by a stranger: it releases",
      ],
    },
    {
      name: "a lock that is said to be reentrant and free after a death",
      make: () => new Lock(),
      options: { deadHolder: "frees", again: "counts" },
      breaks: ["S-54 a dead holder: the lock frees", "S-53 acquired again by its holder: it counts"],
    },
  ],
);

test("the one made by hand keeps the laws where nothing is wrong with it", () => {
  const names = laws.lock.cases(semaphore, fits).map(({ name }) => name);
  assertEquals(laws.lock(wrong({}), fits), names);
});
