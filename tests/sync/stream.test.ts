import {
  Broadcast,
  Channel,
  collect,
  forEach,
  joinAll,
  LifoQueue,
  type Op,
  PriorityQueue,
  Queue,
  QueueShutDown,
  run,
  sleep,
  spawn,
  type Stream,
  suspend,
  until,
} from "../../src/mod.ts";
import { settle } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, upTo, virtual } from "../laws/kit.ts";

/** The numbers from 0 up to `n`, each after 1 ms, and how often it was closed. */
class Counting implements Stream<number> {
  closed = 0;
  given = 0;
  readonly #n: number;

  constructor(n: number) {
    this.#n = n;
  }

  next(): Op<IteratorResult<number, undefined>> {
    const step = function* (this: Counting): Generator<unknown, IteratorResult<number, undefined>, unknown> {
      yield* sleep(1);
      return this.given < this.#n ? { done: false, value: this.given++ } : { done: true, value: undefined };
    };
    return { [Symbol.iterator]: () => step.call(this) };
  }

  close(): void {
    this.closed++;
  }

  [Symbol.asyncIterator](): AsyncIterator<number> {
    throw new Error("not in a greenlet");
  }
}

describe("forEach", () => {
  test("calls the body with each value, one after the other, and waits for it", () =>
    virtual(function* () {
      const log: string[] = [], stream = new Counting(3);
      yield* forEach(stream, function* (n) {
        log.push(`${n} in`);
        yield* sleep(5);
        log.push(`${n} out`);
      });
      assertEquals(log, ["0 in", "0 out", "1 in", "1 out", "2 in", "2 out"]);
      assertEquals(stream.closed, 0, "it came to its end by itself");
    }));

  test("takes bodies of every kind, and waits for what they return", () =>
    virtual(function* () {
      const seen: number[] = [];
      yield* forEach(new Counting(2), (n) => void seen.push(n));
      yield* forEach(new Counting(2), async (n) => {
        await Promise.resolve();
        seen.push(n);
      });
      yield* forEach(new Counting(2), (n) => {
        seen.push(n);
        return sleep(1);
      });
      assertEquals(seen, [0, 1, 0, 1, 0, 1]);
      assertThrows(() => forEach(new Counting(1), 5 as unknown as () => void), TypeError);
    }));

  test("S-66: left by false, an error or a kill, it closes the stream, once, and takes no more", () =>
    virtual(function* () {
      const streams = upTo(4).map(() => new Counting(5)), error = new Error("mine");
      yield* forEach(streams[0], (n) => n < 2);
      const thrown = yield* caught(forEach(streams[1], (n) => {
        if (n === 2) throw error;
      }));
      assertStrictEquals(thrown, error);
      const inBody = spawn(() => forEach(streams[2], (n) => n < 2 ? undefined : suspend()));
      const inNext = spawn(() => forEach(streams[3], () => {}));
      yield* sleep(3.5);
      inNext.kill();
      yield* sleep(2);
      inBody.kill();
      yield* joinAll([inBody, inNext]);
      assertEquals(streams.map((s) => [s.closed, s.given]), [[1, 3], [1, 3], [1, 3], [1, 3]]);
    }));

  test("an error of the stream itself is thrown", () =>
    virtual(function* () {
      const error = new Error("mine"), stream = new Counting(5);
      stream.next = () => until(Promise.reject(error));
      assertStrictEquals(yield* caught(forEach(stream, () => {})), error);
      assertStrictEquals(yield* caught(collect(stream)), error);
    }));
});

describe("collect", () => {
  test("gives all values, to the end, and none for an empty one", () =>
    virtual(function* () {
      assertEquals(yield* collect(new Counting(4)), [0, 1, 2, 3]);
      assertEquals(yield* collect(new Counting(0)), []);
    }));

  test("S-66: killed, it closes the stream", () =>
    virtual(function* () {
      const stream = new Counting(9);
      const g = spawn(() => collect(stream));
      yield* sleep(3);
      yield* g.kill();
      assertEquals(stream.closed, 1);
    }));
});

/** Everything that can be iterated, with a way to put into it and to end it. */
function streams(): [name: string, stream: Stream<number>, put: (n: number) => Op<void>, end: () => void][] {
  const queues = [
    new Queue<number>(),
    new Queue<number>({ maxsize: 1 }),
    new LifoQueue<number>({ maxsize: 1 }),
  ];
  const all = [...queues, new PriorityQueue<number>(), new Channel<number>()];
  const news = new Broadcast<number>();
  return [
    ...all.map((q): ReturnType<typeof streams>[number] => [
      q.constructor.name,
      q,
      (n) => q.put(n),
      () => q.shutdown(),
    ]),
    ["Broadcast", news.subscribe(), (n) => news.put(n), () => news.shutdown()],
  ];
}

describe("for await", () => {
  test("S-66: in an async function of a greenlet it gives each item once, and ends at the shutdown", () =>
    virtual(function* () {
      for (const [name, stream, put, end] of streams()) {
        const reader = spawn(async () => {
          const seen: number[] = [];
          for await (const n of stream) seen.push(n);
          return seen;
        });
        for (const n of upTo(5)) {
          yield* put(n);
          yield* sleep(n % 2);
        }
        end();
        assertEquals(yield* reader, upTo(5), name);
      }
    }));

  test("outside of every run: it reads what greenlets put", async () => {
    for (const [name, stream, put, end] of streams()) {
      const seen: number[] = [];
      const reading = (async () => {
        for await (const n of stream) seen.push(n);
      })();
      await run(function* () {
        for (const n of upTo(5)) yield* put(n);
        end();
      });
      await reading;
      assertEquals(seen, upTo(5), name);
    }
  });

  test("S-59: steps that are asked for before there is an item are served in their order", async () => {
    const queue = new Queue<number>(), iterator = queue[Symbol.asyncIterator]();
    const steps = upTo(3).map(() => iterator.next());
    for (const n of upTo(2)) queue.putNowait(n);
    assertEquals(
      await Promise.all(steps.slice(0, 2)),
      upTo(2).map((value) => ({ done: false as const, value })),
    );
    queue.shutdown();
    assertEquals(await steps[2], { done: true, value: undefined });
    assertEquals(await iterator.next(), { done: true, value: undefined });
  });

  test("S-66: return gives up the steps that still wait; the items go to others", () =>
    virtual(function* () {
      for (const [name, stream, put] of streams()) {
        if (name === "Broadcast") continue;
        const iterator = stream[Symbol.asyncIterator]();
        const steps = [iterator.next(), iterator.next()];
        const end = { done: true, value: undefined } as const;
        assertEquals(yield* until(Promise.resolve(iterator.return?.())), end);
        assertEquals(yield* until(Promise.all(steps)), [end, end]);
        const putter = spawn(() => put(1));
        assertEquals(yield* stream.next(), { done: false, value: 1 }, name);
        yield* putter;
      }
    }));

  test("S-66: leaving a subscription's loop closes the subscription", () =>
    virtual(function* () {
      const news = new Broadcast<number>(), subscription = news.subscribe();
      for (const n of upTo(3)) yield* news.put(n);
      yield* until((async () => {
        for await (const _ of subscription) break;
      })());
      assertEquals([subscription.closed, news.size], [true, 0]);
    }));

  test("a rejection is what the greenlet would have had thrown", async () => {
    const queue = new Queue<number>();
    queue.shutdown();
    await assertRejects(() => run(() => queue.get()), QueueShutDown);
    for await (const _ of queue) assert(false);
  });

  test("S-62: a reader that waits by promise and one that waits in a greenlet stand in one line", () =>
    virtual(function* () {
      const queue = new Queue<number>(), log: string[] = [];
      const iterator = queue[Symbol.asyncIterator]();
      const first = iterator.next().then(({ value }) => log.push(`promise ${value}`));
      const second = spawn(function* () {
        log.push(`greenlet ${yield* queue.get()}`);
      });
      yield* settle();
      queue.putNowait(1);
      assertEquals(queue.qsize, 0);
      queue.putNowait(2);
      yield* second;
      yield* until(first);
      assertEquals(log.toSorted(), ["greenlet 2", "promise 1"]);
    }));
});
