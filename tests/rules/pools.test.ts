/** Rules S-67 to S-69: pools, and maps over them. */
import { collect, type Greenlet, isKill, joinAll, Pool, PoolFull, sleep, spawn } from "../../src/mod.ts";
import { always, settle } from "../../src/testing/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { complete, rule } from "./kit.ts";

rule("S-67", "Pool.spawn parks while it is full, and starts in the order of the line", function* () {
  const pool = new Pool(1), line: string[] = [], started: string[] = [];
  let running = 0;
  always(() => running <= 1 && pool.size <= 1, "never more than its slots");
  const spawner = (name: string) =>
    spawn({ name: `spawner ${name}` }, function* () {
      line.push(name);
      yield* pool.spawn({ name }, function* () {
        started.push(name);
        running++;
        yield* sleep(0);
        running--;
      });
    });
  yield* joinAll(["a", "b", "c"].map(spawner));
  yield* pool.join();
  assertEquals(started, line);
  assertEquals([pool.size, pool.freeCount], [0, 1]);
});

rule(
  "S-67",
  "a slot is free again when the joiners of its greenlet run, whichever way it ended",
  function* () {
    const pool = new Pool(1);
    const ways = [
      () => sleep(0),
      function* () {
        yield* sleep(0);
        throw new Error("failed");
      },
    ];
    const ends: string[] = [];

    const joiner = function* (job: Greenlet<unknown>, isLast: boolean) {
      try {
        yield* job;
        ends.push("well");
      } catch (error) {
        ends.push((error as Error).message);
      }
      assertEquals(pool.has(job), false);
      if (isLast) assertEquals([pool.size, pool.freeCount], [0, 1]);
    };
    const watchers: Greenlet<unknown>[] = [];
    for (const way of ways) {
      const job: Greenlet<unknown> = yield* pool.spawn(way);
      job.linkException(() => {}); // somebody will ask
      const isLast = way === ways[1]; // nobody else wants the slot
      watchers.push(spawn({ name: "watcher" }, () => joiner(job, isLast)));
    }
    yield* joinAll(watchers);
    assertEquals(ends.toSorted(), ["failed", "well"]);
    assertEquals([pool.size, pool.freeCount], [0, 1]);
  },
);

rule("S-67", "a job that is killed frees its slot, and a spawner that is killed takes none", function* () {
  const pool = new Pool(1);
  let running = 0, ran = 0;
  always(() => running <= 1, "one job");
  const job = function* () {
    running++;
    try {
      yield* sleep(0);
      ran++;
    } finally {
      running--;
    }
  };
  const spawner = (name: string) =>
    spawn({ name: `spawner ${name}` }, function* () {
      yield* pool.spawn({ name }, job);
    });
  const first = yield* pool.spawn({ name: "first" }, job);
  const spawners = [spawner("a"), spawner("b")];
  const killer = spawn({ name: "killer" }, () => {
    first.kill();
    spawners[0].kill();
  });
  yield* joinAll([...spawners, killer]);
  yield* pool.join();
  assertEquals([pool.size, pool.freeCount, running], [0, 1, 0]);
  return ran;
}, { kills: 2, reached: [1, 2, 3] });

rule("S-67", "PoolFull after its own timeout, and then nothing was started", function* () {
  const pool = new Pool(1), started: string[] = [];
  let full = 0;
  yield* pool.spawn({ name: "long" }, () => sleep(10));
  const spawner = (name: string, timeout: number) =>
    spawn({ name: `spawner ${name}` }, function* () {
      try {
        yield* pool.spawn({ name, timeout }, () => void started.push(name));
      } catch (error) {
        if (isKill(error)) throw error;
        assert(error instanceof PoolFull, String(error));
        full++;
      }
    });
  yield* joinAll([spawner("hasty", 5), spawner("equal", 10), spawner("patient", 15)]);
  yield* pool.join();
  assertEquals(started.length, 3 - full);
  assertEquals(pool.freeCount, 1);
  return started;
}, { timeouts: 2, reached: [["patient"]] });

rule("S-67", "whatever times out early, the slots are all there and no job runs unasked", function* () {
  const pool = new Pool(1);
  let started = 0, ran = 0;
  always(() => pool.size <= 1, "one slot");
  const spawner = (name: string) =>
    spawn({ name: `spawner ${name}` }, function* () {
      try {
        yield* pool.spawn({ name, timeout: 2 }, function* () {
          yield* sleep(1);
          ran++;
        });
        started++;
      } catch (error) {
        if (isKill(error)) throw error;
        assert(error instanceof PoolFull, String(error));
      }
    });
  yield* joinAll(["a", "b", "c"].map(spawner));
  yield* pool.join();
  assertEquals(ran, started);
  assertEquals(pool.freeCount, 1);
  return started;
}, { timeouts: 3, reached: [2] });

rule("S-67", "waitAvailable says that there was a slot, and takes none", function* () {
  const pool = new Pool(1);
  const job = yield* pool.spawn(() => sleep(0));
  const waiter = (name: string) => spawn({ name }, () => pool.waitAvailable());
  const waiters = [waiter("a"), waiter("b")];
  const killer = spawn({ name: "killer" }, () => void waiters[0].kill());
  yield* joinAll([job, ...waiters, killer]);
  assertEquals([pool.freeCount, yield* waiters[1]], [1, true]);
});

rule("S-68", "apply inside a full pool's own worker runs there and does not deadlock", function* () {
  const pool = new Pool(1), log: string[] = [];
  const outer = (name: string) =>
    spawn({ name: `caller ${name}` }, () =>
      pool.apply(function* () {
        yield* sleep(0);
        const inner = yield* pool.apply(function* () {
          assertEquals(pool.size, 1);
          yield* sleep(0);
          return `${name} inner`;
        });
        log.push(inner);
        return `${name} outer`;
      }));
  const callers = [outer("a"), outer("b")];
  const got: string[] = [];
  for (const caller of callers) got.push(yield* caller);
  assertEquals(got, ["a outer", "b outer"]);
  assertEquals(log.toSorted(), ["a inner", "b inner"]);
  assertEquals(pool.freeCount, 1);
});

rule("S-68", "map inside a full pool's own worker does not deadlock either", function* () {
  const pool = new Pool(1);
  const other = spawn({ name: "other" }, () => pool.apply(() => sleep(0)));
  const sum = yield* pool.apply(function* () {
    const squares = yield* pool.map(function* (n: number) {
      yield* sleep(0);
      return n * n;
    }, [1, 2, 3]);
    return squares.join();
  });
  assertEquals(sum, "1,4,9");
  yield* other;
  assertEquals(pool.freeCount, 1);
});

rule("S-68", "an apply whose caller is killed kills its job and frees its slot", function* () {
  const pool = new Pool(1);
  let ended = 0, cleaned = 0;
  const job = function* () {
    try {
      yield* sleep(1);
      ended++;
    } finally {
      cleaned++;
    }
  };
  const caller = spawn({ name: "caller" }, () => pool.apply(job));
  const other = spawn({ name: "other" }, () => pool.apply(job));
  const killer = spawn({ name: "killer" }, () => void caller.kill());
  yield* joinAll([caller, other, killer]);
  yield* pool.join();
  assertEquals([pool.size, pool.freeCount], [0, 1]);
  assertEquals(ended, 1, "the caller's was killed before its time");
  return cleaned;
}, { reached: [1, 2] });

const SIZES = [1, 2];

for (const size of SIZES) {
  rule("S-69", `map keeps the order of the input, in a pool of ${size}`, function* () {
    const pool = new Pool(size), ends: number[] = [];
    let running = 0;
    always(() => running <= size, "within its slots");
    spawn({ name: "other" }, () => sleep(0));
    const values = yield* pool.map(function* (n: number) {
      running++;
      for (let i = n; i < 2; i++) yield* sleep(0);
      running--;
      ends.push(n);
      return n;
    }, [0, 1, 2]);
    assertEquals(values, [0, 1, 2]);
    return ends;
  }, { reached: [[0, 1, 2]] });

  rule("S-69", `imap keeps the order and goes on after an error, in a pool of ${size}`, function* () {
    const pool = new Pool(size), log: unknown[] = [];
    const stream = pool.imap(function* (n: number) {
      if (n !== 1) yield* sleep(0);
      if (n === 1) throw new Error("one");
      return n;
    }, [0, 1, 2]);
    for (;;) {
      try {
        const step = yield* stream.next();
        if (step.done) break;
        log.push(step.value);
      } catch (error) {
        log.push((error as Error).message);
      }
    }
    assertEquals(log, [0, "one", 2]);
    assertEquals(pool.size, 0);
  });

  rule("S-69", `imapUnordered gives them in the order of their ends, in a pool of ${size}`, function* () {
    const pool = new Pool(size), ends: number[] = [];
    const stream = pool.imapUnordered(function* (n: number) {
      if (n === 0) yield* sleep(0);
      ends.push(n);
      return n;
    }, [0, 1, 2]);
    const values = yield* collect(stream);
    assertEquals(values, ends);
    assertEquals(values.toSorted(), [0, 1, 2]);
    return values;
  }, { reached: size === 1 ? [[0, 1, 2]] : [[0, 1, 2], [1, 0, 2]] });

  rule(
    "S-69",
    `imap: what is neither consumed nor running is bounded by maxsize, in a pool of ${size}`,
    function* () {
      const pool = new Pool(size);
      let begun = 0, asked = 0, consumed = 0;
      // A result that was handed to the reader is consumed, though he has not run yet.
      always(() => begun - asked <= 1, "one ahead");
      const stream = pool.imap(
        function* (n: number) {
          begun++;
          yield* sleep(0);
          return n;
        },
        [0, 1, 2],
        { maxsize: 1 },
      );
      for (;;) {
        asked++;
        const step = yield* stream.next();
        if (step.done) break;
        assertEquals(step.value, consumed);
        consumed++;
        yield* sleep(0);
      }
      assertEquals([begun, consumed], [3, 3]);
    },
  );
}

rule("S-69", "map throws the first failure, after all its calls have ended", function* () {
  const pool = new Pool(2);
  let running = 0;
  const failures: string[] = [];
  let message = "";
  try {
    yield* pool.map(function* (n: number) {
      running++;
      try {
        yield* sleep(0);
        if (n === 2) return n;
        failures.push(`${n}`);
        throw new Error(`${n}`);
      } finally {
        running--;
      }
    }, [0, 1, 2]);
  } catch (error) {
    message = (error instanceof AggregateError ? error.errors[0] : error).message;
  }
  assertEquals(running, 0);
  assertEquals([message, pool.size], [failures[0], 0]);
  return message;
}, { reached: ["0", "1"] });

rule(
  "S-69",
  "an error of the input comes once, after what was started, and ends the iteration",
  function* () {
    const pool = new Pool(2), log: unknown[] = [];
    const stream = pool.imap(
      function* (n: number) {
        yield* sleep(0);
        return n;
      },
      (function* () {
        yield 0;
        yield 1;
        throw new Error("input");
      })(),
    );
    for (let i = 0; i < 5; i++) {
      try {
        const step = yield* stream.next();
        log.push(step.done ? "end" : step.value);
      } catch (error) {
        log.push((error as Error).message);
      }
    }
    assertEquals(log, [0, 1, "input", "end", "end"]);
  },
);

rule("S-69", "an abandoned iteration stops its feeder and kills what is in flight", function* () {
  const pool = new Pool(2);
  let fed = 0, running = 0, begun = 0;
  let closed = false;
  const input = function* () {
    try {
      for (let n = 0;; n++) {
        fed++;
        yield n;
      }
    } finally {
      closed = true;
    }
  };
  const stream = pool.imap(
    function* (n: number) {
      begun++;
      running++;
      try {
        yield* sleep(1);
        return n;
      } finally {
        running--;
      }
    },
    input(),
    { maxsize: 2 },
  );
  yield* sleep(0);
  const first = spawn({ name: "reader" }, () => stream.next());
  const closer = spawn({ name: "closer" }, () => stream.close?.());
  yield* joinAll([first, closer]);
  yield* settle();
  assertEquals([running, pool.size], [0, 0]);
  assert(closed || fed === 0, "the input was told");
  const before = [fed, begun];
  yield* sleep(10);
  assertEquals([fed, begun], before, "nothing more is taken or begun");
  assertEquals((yield* stream.next()).done, true);
});

rule("S-69", "a reader that is killed loses no result", function* () {
  const pool = new Pool(2), got: number[] = [];
  const stream = pool.imap((n: number) => n, [0, 1, 2]);
  const reader = spawn({ name: "reader" }, function* () {
    for (;;) {
      const step = yield* stream.next();
      if (step.done) return;
      got.push(step.value);
      yield* sleep(0);
    }
  });
  const killer = spawn({ name: "killer" }, () => void reader.kill());
  yield* joinAll([reader, killer]);
  const seen = got.length;
  got.push(...yield* collect(stream));
  assertEquals(got, [0, 1, 2]);
  return seen;
}, { reached: [0, 1, 3] });

complete("pools");
