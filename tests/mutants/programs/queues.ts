/** Programs around queues, channels, broadcasts and `select`. */
import { expect, type Program } from "../kit.ts";

/** A getter is killed: the item is his, or still in the queue. */
export const getterKilled: Program = ({ Queue, spawn }, { cell }) =>
  function* () {
    const queue = new Queue<number>(), got = cell(0);
    const getter = spawn({ name: "getter" }, function* () {
      got.value = yield* queue.get();
    });
    spawn({ name: "killer" }, () => void getter.kill());
    yield* spawn({ name: "putter" }, () => queue.put(1));
    yield* getter.join();
    if (got.value === 0) expect(!queue.empty && queue.getNowait() === 1, "the item is there");
  };

/** Whoever takes an item makes room for the next putter. */
export const roomForTheNext: Program = ({ Queue, spawn }) =>
  function* () {
    const queue = new Queue<number>({ maxsize: 1 });
    const getter = spawn({ name: "getter" }, function* () {
      for (const n of [1, 2]) expect((yield* queue.get()) === n, `item ${n} comes in its turn`);
    });
    spawn({ name: "putter" }, function* () {
      for (const n of [1, 2]) yield* queue.put(n);
    });
    yield* getter;
  };

/** A peeker that came before the item sees it, though a getter waits, too. */
export const peekFirst: Program = ({ Queue, spawn }, { cell }) =>
  function* () {
    const queue = new Queue<number>(), put = cell(0);
    const putter = spawn({ name: "putter" }, function* () {
      for (const n of [1, 2]) {
        put.value = n;
        yield* queue.put(n);
      }
    });
    const peeker = spawn({ name: "peeker" }, function* () {
      const early = put.value === 0;
      const seen = yield* queue.peek();
      expect(!early || seen === 1, `it sees the first item, not ${seen}`);
    });
    const getter = spawn({ name: "getter" }, () => queue.get());
    yield* putter;
    yield* peeker;
    yield* getter;
    queue.getNowait();
  };

/** A queue that is shut down lets those go who wait for an item. */
export const shutDownGetters: Program = ({ Queue, spawn }) =>
  function* () {
    const queue = new Queue<number>();
    spawn({ name: "producer" }, function* () {
      yield* queue.put(1);
      queue.shutdown();
    });
    for (const name of ["a", "b"]) {
      spawn({ name }, function* () {
        while (!(yield* queue.next()).done);
      });
    }
    yield* spawn({ name: "last" }, function* () {});
  };

/** What is dropped is not waited for. */
export const droppedAtOnce: Program = ({ Queue, spawn }) =>
  function* () {
    const queue = new Queue<number>();
    queue.putNowait(1);
    spawn({ name: "closer" }, () => queue.shutdown({ immediate: true }));
    yield* spawn({ name: "joiner" }, () => queue.join());
  };

/** Every item that was put can be reported as done. */
export const everyItemCounts: Program = ({ Queue, spawn }) =>
  function* () {
    const queue = new Queue<number>();
    spawn({ name: "putter" }, () => queue.put(1));
    yield* spawn({ name: "getter" }, function* () {
      yield* queue.get();
      queue.taskDone();
    });
    yield* queue.join();
  };

/** A channel that is shut down lets those go who wait to hand something over. */
export const shutDownPutters: Program = ({ Channel, QueueShutDown, spawn }) =>
  function* () {
    const channel = new Channel<number>();
    spawn({ name: "closer" }, () => channel.shutdown());
    yield* spawn({ name: "putter" }, function* () {
      try {
        yield* channel.put(1);
      } catch (e) {
        expect(e instanceof QueueShutDown, "it was shut down");
      }
    });
  };

/** What is handed over has one taker. */
export const oneTaker: Program = ({ Channel, QueueEmpty, spawn }, { cell }) =>
  function* () {
    const channel = new Channel<number>(), taken = cell(0);
    const takers = ["a", "b"].map((name) =>
      spawn({ name }, () => {
        try {
          channel.getNowait();
          taken.value++;
        } catch (e) {
          expect(e instanceof QueueEmpty, "nobody is there");
        }
      })
    );
    spawn({ name: "putter" }, () => channel.put(1));
    for (const one of takers) yield* one;
    if (taken.value === 0) yield* channel.get();
    expect(taken.value <= 1, "the item is taken once");
  };

/** Whoever offers both to give and to take finds everybody. */
export const giveOrTake: Program = ({ Channel, select, spawn }) =>
  function* () {
    const channel = new Channel<string>();
    spawn({ name: "putter" }, () => channel.put("x"));
    yield* spawn({ name: "both" }, () => select({ give: channel.put("y"), take: channel.get() }));
  };

/** A slow subscriber that reads lets the writer go on. */
export const slowSubscriber: Program = ({ Broadcast, spawn }) =>
  function* () {
    const news = new Broadcast<number>();
    const subscription = news.subscribe({ maxsize: 1 });
    const reader = spawn({ name: "reader" }, function* () {
      for (const n of [1, 2]) expect((yield* subscription.get()) === n, `item ${n} comes in its turn`);
    });
    yield* spawn({ name: "writer" }, function* () {
      for (const n of [1, 2]) yield* news.put(n);
    });
    yield* reader;
  };

/** A subscriber that leaves holds the writer up no more. */
export const subscriberLeaves: Program = ({ Broadcast, spawn }) =>
  function* () {
    const news = new Broadcast<number>();
    const subscription = news.subscribe({ maxsize: 1 });
    spawn({ name: "reader" }, () => subscription.close());
    yield* spawn({ name: "writer" }, function* () {
      for (const n of [1, 2]) yield* news.put(n);
    });
  };

/** Of two cases one happens. */
export const oneOfTwo: Program = ({ Queue, select, spawn }) =>
  function* () {
    const a = new Queue<number>(), b = new Queue<number>();
    const taker = spawn({ name: "taker" }, () => select({ a, b }));
    const putters = [a, b].map((queue, i) => spawn({ name: `putter ${i}` }, () => queue.put(i)));
    for (const one of putters) yield* one;
    const { key } = yield* taker;
    expect(a.qsize + b.qsize === 1, "one item is left");
    (key === "a" ? b : a).getNowait();
  };

/** A case that loses leaves its line as one who gives up does. */
export const losersLine: Program = ({ Event, select, Semaphore, spawn }) =>
  function* () {
    const permits = new Semaphore(1), stop = new Event();
    const behind = spawn({ name: "behind" }, () => permits.withLock(() => {}));
    const chooser = spawn(
      { name: "chooser" },
      () => select({ both: permits.acquire({ permits: 2 }), stop: stop.wait() }),
    );
    spawn({ name: "stopper" }, () => stop.set());
    yield* behind;
    yield* chooser;
  };
