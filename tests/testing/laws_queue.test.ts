/** Queues that are broken on purpose. */
import {
  Channel,
  getCurrent,
  LifoQueue,
  type Op,
  Queue,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  sleep,
  TimeoutError,
} from "../../src/mod.ts";
import { op, WAIT, WaitLine } from "../../src/lowlevel.ts";
import { laws, type QueueLawOptions, type QueueLike } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";
import { test } from "../harness.ts";
import { caught } from "./laws_kit.ts";

type Gen<T> = Generator<unknown, T, unknown>;
type Limit = { timeout?: number } | undefined;
type Step = IteratorResult<number, undefined>;

/** What is wrong with a queue. */
interface Wrong {
  /** Who gave up or was killed stays in the line. */
  forgets?: boolean;
  /** After the wake it takes a turn, in which it may be killed. */
  slow?: boolean;
  /** Who is told looks again, and so does everybody else. */
  barging?: boolean;
  /** Lines are served from their end. */
  lifo?: boolean;
  /** Room for one more. */
  roomy?: boolean;
  /** An item is in it before there is room. */
  hasty?: boolean;
  /** Its timeouts throw something else. */
  otherError?: boolean;
  /** It waits though its time is over. */
  deaf?: boolean;
  /** By this clock it gives up what it was handed at the last moment. */
  watch?: () => number;
  /** When a putter ends, what it put is gone. */
  undoes?: boolean;
  /** A put leaves out these items. */
  drops?: readonly number[];
  peekTakes?: boolean;
  joinsAtOnce?: boolean;
  countsNothing?: boolean;
  /** Shut down, it goes on. */
  shutdownIgnored?: boolean;
  /** Shut down, it wakes nobody. */
  shutdownWakesNobody?: boolean;
  /** Shut down, it drops what is left. */
  shutdownDrops?: boolean;
}

interface Putter {
  item: number;
  entered: WaitLine<true>;
}

/** A queue made by hand, right but for what its flags say. */
class HandMade implements QueueLike {
  readonly items: number[] = [];
  /** For each who waits a line of his own, which is empty once he has left. */
  readonly getters: WaitLine<number | undefined>[] = [];
  readonly putters: Putter[] = [];
  readonly peekers: WaitLine<number> = this.line<number>();
  readonly joiners: WaitLine<boolean> = this.line<boolean>();
  readonly maxsize: number;
  readonly wrong: Wrong;
  unfinished = 0;
  down = false;

  constructor(wrong: Wrong, maxsize: number) {
    this.wrong = wrong;
    this.maxsize = maxsize + (wrong.roomy === true ? 1 : 0);
  }

  get qsize(): number {
    return this.items.length;
  }

  put(item: number, limit?: Limit): Op<void> {
    return op(() => this.doPut(item, limit?.timeout ?? Infinity));
  }

  get(limit?: Limit): Op<number> {
    return op(() => this.doGet(limit?.timeout ?? Infinity));
  }

  putNowait(item: number): void {
    if (this.down) throw new QueueShutDown();
    if (this.items.length >= this.maxsize) throw new QueueFull();
    this.add(item);
  }

  peek(limit?: Limit): Op<number> {
    const peek = function* (this: HandMade): Gen<number> {
      if (this.wrong.peekTakes === true) return yield* this.doGet(limit?.timeout ?? Infinity);
      if (this.items.length > 0) return this.items[0];
      if (limit?.timeout !== undefined) throw new QueueEmpty();
      return yield* this.peekers.wait(undefined);
    };
    return op(() => peek.call(this));
  }

  next(): Op<Step> {
    const next = function* (this: HandMade): Gen<Step> {
      return { done: false, value: yield* this.doGet(Infinity) };
    };
    return op(() => next.call(this));
  }

  taskDone(): void {
    if (this.wrong.countsNothing === true) return;
    if (this.unfinished === 0) throw new RangeError("too many");
    if (--this.unfinished === 0) this.joiners.wake(true);
  }

  join(): Op<boolean> {
    const join = function* (this: HandMade): Gen<boolean> {
      if (this.unfinished === 0 || this.wrong.joinsAtOnce === true) return true;
      return yield* this.joiners.wait(undefined);
    };
    return op(() => join.call(this));
  }

  shutdown(): void {
    const { wrong } = this;
    if (wrong.shutdownIgnored === true) return;
    this.down = true;
    if (wrong.shutdownDrops === true) this.items.length = 0;
    if (wrong.shutdownWakesNobody === true) return;
    for (const getter of this.getters.splice(0)) getter.failAll(new QueueShutDown());
    for (const { entered } of this.putters.splice(0)) entered.failAll(new QueueShutDown());
  }

  private line<T>(late: () => Error = () => new TimeoutError()): WaitLine<T> {
    const lapse = () => {
      throw this.wrong.otherError === true ? new TimeoutError() : late();
    };
    return new WaitLine<T>({ name: "a queue made by hand", rule: () => WAIT, lapse });
  }

  /** The next who waits. */
  private first<T>(all: T[], lineOf: (one: T) => WaitLine<never>): T | undefined {
    for (;;) {
      const next = this.wrong.lifo === true ? all.pop() : all.shift();
      if (next === undefined || this.wrong.forgets === true || lineOf(next).size > 0) return next;
    }
  }

  private *doPut(item: number, timeout: number): Gen<void> {
    const { wrong, putters } = this;
    if (wrong.drops?.includes(item) === true) return;
    if (this.down) throw new QueueShutDown();
    if (wrong.undoes === true) getCurrent().link(() => void this.items.splice(this.items.indexOf(item), 1));
    if (this.items.length >= this.maxsize) {
      if (timeout <= 0) throw wrong.otherError === true ? new TimeoutError() : new QueueFull();
      if (wrong.hasty === true) this.items.push(item);
      const entered = this.line<true>(() => new QueueFull());
      putters.push({ item, entered });
      yield* entered.wait(undefined, wrong.deaf === true ? Infinity : timeout);
      return;
    }
    this.add(item);
  }

  private add(item: number): void {
    this.unfinished++;
    this.peekers.wake(item);
    const getter = this.first(this.getters, (line) => line as WaitLine<never>);
    if (this.wrong.barging === true || getter === undefined) this.items.push(item);
    getter?.wake(this.wrong.barging === true ? undefined : item);
  }

  private *doGet(timeout: number): Gen<number> {
    const { wrong, getters } = this;
    for (;;) {
      if (this.items.length > 0) {
        const item = this.items.shift() as number;
        const putter = this.first(this.putters, ({ entered }) => entered as WaitLine<never>);
        if (putter !== undefined) {
          if (wrong.hasty !== true) this.add(putter.item);
          putter.entered.wake(true);
        }
        return item;
      }
      if (this.down) throw new QueueShutDown();
      if (timeout <= 0) throw wrong.otherError === true ? new TimeoutError() : new QueueEmpty();
      const come = this.line<number | undefined>(() => new QueueEmpty());
      getters.push(come);
      const start = wrong.watch?.() ?? 0;
      const item = yield* come.wait(undefined, wrong.deaf === true ? Infinity : timeout);
      if (wrong.slow === true) yield* sleep(0);
      if (wrong.watch !== undefined && wrong.watch() - start >= timeout) throw new QueueEmpty();
      if (item !== undefined) return item;
    }
  }
}

/** A rendezvous that does not wait. */
class Loose implements QueueLike {
  readonly queue: Queue<number> = new Queue<number>();
  put(item: number): Op<void> {
    return this.queue.put(item);
  }
  get(limit?: Limit): Op<number> {
    return this.queue.get(limit);
  }
}

/** Gives what was never put. */
class Inventing extends Queue<number> {
  override get(): Op<number> {
    return op(function* () {
      return 1;
    });
  }
}

const SIZE = 2;
const wrong = (flags: Wrong, maxsize: number = SIZE) => () => new HandMade(flags, maxsize);
const bounded: QueueLawOptions = { maxsize: SIZE };
const made = () => new Queue<number>(bounded);

caught(
  "queues",
  laws.queue,
  [
    [made, bounded],
    [() => new Queue<number>(), {}],
    [() => new Channel<number>(), { maxsize: 0 }],
    [made, { ...bounded, order: "lifo" }],
    [made, { ...bounded, order: "priority" }],
  ],
  [
    {
      name: "one that gives items to the dead",
      breaks: [
        "S-15",
        "S-57 a get that is killed while parked",
        "S-57 a put that is killed while parked",
        "S-66",
      ],
      make: wrong({ forgets: true }),
    },
    {
      name: "one that can be killed between the wake and the return",
      breaks: ["S-57 a get that is woken and then killed", "S-15"],
      make: wrong({ slow: true }),
    },
    {
      name: "one where whoever comes takes",
      breaks: ["S-59 an item is that of the getter"],
      make: wrong({ barging: true }),
    },
    {
      name: "lines that are served from their ends",
      breaks: ["S-59 the line of getters", "S-61 putters that wait", "S-57 to S-61 the model"],
      make: wrong({ lifo: true }),
    },
    { name: "one with room for one more", breaks: ["S-61 it holds"], make: wrong({ roomy: true }) },
    {
      name: "one that takes items before there is room",
      breaks: ["S-57 a put that is killed while parked", "S-61 it holds"],
      make: wrong({ hasty: true }),
    },
    {
      name: "one whose timeouts are other errors",
      breaks: ["S-58 a get", "S-58 a put", "S-62"],
      make: wrong({ otherError: true, peekTakes: true }),
    },
    { name: "one that waits for ever", breaks: ["S-58 a get", "S-58 a put"], make: wrong({ deaf: true }) },
    {
      name: "one that looks at the time once more",
      breaks: ["S-57 the race"],
      make: () => new HandMade({ watch: () => Date.now() }, SIZE),
    },
    {
      name: "one that undoes the puts of the dead",
      breaks: ["S-57 a put that was accepted"],
      make: wrong({ undoes: true }),
    },
    {
      name: "one that loses an item",
      breaks: ["S-15", "S-65"],
      make: wrong({ drops: [9, 11] }, Infinity),
      options: {},
    },
    { name: "a peek that takes", breaks: ["S-62"], make: wrong({ peekTakes: true }) },
    { name: "a join that does not wait", breaks: ["S-64"], make: wrong({ joinsAtOnce: true }) },
    { name: "a taskDone that counts nothing", breaks: ["S-64"], make: wrong({ countsNothing: true }) },
    {
      name: "a shutdown that nobody hears of",
      breaks: ["S-63 shutdown: puts fail", "S-63 shutdown wakes", "S-63 shutdown fails"],
      make: wrong({ shutdownIgnored: true }),
    },
    {
      name: "a shutdown that wakes nobody",
      breaks: ["S-63 shutdown wakes", "S-63 shutdown fails"],
      make: wrong({ shutdownWakesNobody: true }),
    },
    {
      name: "a shutdown that drops items",
      breaks: ["S-63 shutdown: puts"],
      make: wrong({ shutdownDrops: true }),
    },
    {
      name: "a rendezvous that does not wait",
      breaks: ["S-60"],
      make: () => new Loose(),
      options: { maxsize: 0 },
    },
    { name: "one that gives what was never put", breaks: ["S-15", "S-46"], make: () => new Inventing() },
    ...(["fifo", "priority"] as const).map((order) => ({
      name: `a stack that is said to be ${order}`,
      breaks: ["S-65", "S-57 to S-61 the model"],
      make: () => new LifoQueue<number>(bounded),
      options: { ...bounded, order },
    })),
    {
      name: "a queue that is said to be a stack",
      breaks: ["S-65 order: last in"],
      make: made,
      options: { ...bounded, order: "lifo" as const },
    },
  ].map((broken) => ({ options: bounded, ...broken })),
);

test("the one made by hand keeps the laws where nothing is wrong with it", () => {
  const names = laws.queue.cases(made, bounded).map(({ name }) => name);
  assertEquals(laws.queue(wrong({}), bounded), names);
});
