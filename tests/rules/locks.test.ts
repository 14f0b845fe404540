/** Rules S-50 to S-54: locks and semaphores. */
import {
  BoundedSemaphore,
  BrokenLockError,
  CapacityLimiter,
  type Greenlet,
  joinAll,
  Lock,
  RLock,
  Semaphore,
  sleep,
  spawn,
} from "../../src/mod.ts";
import { always } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { complete, rule } from "./kit.ts";

/** What lets one in at a time. */
const ONE_AT_A_TIME = {
  Lock: () => new Lock(),
  RLock: () => new RLock(),
  Semaphore: () => new Semaphore(1),
  BoundedSemaphore: () => new BoundedSemaphore(1),
  CapacityLimiter: () => new CapacityLimiter(1),
} as const;

/** What lets two in. */
const TWO_AT_A_TIME = {
  Semaphore: () => new Semaphore(2),
  BoundedSemaphore: () => new BoundedSemaphore(2),
  CapacityLimiter: () => new CapacityLimiter(2),
} as const;

/** Each permit was given back, and nobody is in the line. */
function assertFree(lock: ReturnType<typeof ONE_AT_A_TIME[keyof typeof ONE_AT_A_TIME]>): void {
  assert(lock.tryAcquire(), "it is free at the end");
  lock.release();
}

for (const [kind, make] of Object.entries(ONE_AT_A_TIME)) {
  rule(
    "S-50",
    `${kind}: who comes first is served first, though one releases and comes again at once`,
    function* () {
      const lock = make(), line: string[] = [], served: string[] = [];
      let inside = 0;
      always(() => inside <= 1, "one holder");
      const worker = (name: string, rounds: number) =>
        spawn({ name }, function* () {
          for (let i = 0; i < rounds; i++) {
            line.push(name);
            yield* lock.acquire();
            served.push(name);
            inside++;
            yield* sleep(0);
            inside--;
            lock.release();
          }
        });
      yield* joinAll([worker("again", 3), worker("a", 1), worker("b", 1)]);
      assertEquals(served, line);
    },
  );

  rule("S-50", `${kind}: what was released for the line is not there for a newcomer`, function* () {
    const lock = make();
    let asked = false, served = false, refused = false;
    yield* lock.acquire();
    const waiter = spawn({ name: "waiter" }, function* () {
      asked = true;
      yield* lock.acquire();
      served = true;
      lock.release();
    });
    const newcomer = spawn({ name: "newcomer" }, () => {
      if (!lock.tryAcquire()) return;
      assert(!asked || served, "overtook the waiter");
      lock.release();
    });
    yield* sleep(0);
    lock.release();
    // The releaser is a newcomer, too, and still runs.
    if (lock.tryAcquire()) {
      assert(!asked, "the releaser has overtaken the waiter");
      lock.release();
    } else refused = true;
    yield* joinAll([waiter, newcomer]);
    return refused;
  }, { reached: [true, false] });

  rule(
    "S-51",
    `${kind}: what was handed over is the waiter's though it is killed before it runs`,
    function* () {
      const lock = make();
      let asked = false, handed = false, got = false, went = false, killedWhen = "";
      yield* lock.acquire();
      const waiter = spawn({ name: "waiter" }, function* () {
        asked = true;
        yield* lock.acquire();
        got = true;
        try {
          yield* sleep(0);
          went = true;
        } finally {
          lock.release();
        }
      });
      const killer = spawn({ name: "killer" }, () => {
        killedWhen = waiter.dead ? "dead" : !asked ? "unborn" : got ? "inside" : handed ? "woken" : "parked";
        waiter.kill();
      });
      yield* sleep(0);
      handed = asked;
      lock.release();
      yield* joinAll([waiter, killer]);
      assertEquals(got, ["dead", "inside", "woken"].includes(killedWhen));
      assertEquals(went, killedWhen === "dead");
      assertFree(lock);
      return killedWhen;
    },
    { reached: ["dead", "unborn", "inside", "woken", "parked"] },
  );

  rule("S-51", `${kind}: one that is killed in the line leaves the order of the rest`, function* () {
    const lock = make(), line: string[] = [], served: string[] = [];
    let inside = 0;
    always(() => inside <= 1, "one holder");
    const worker = (name: string) =>
      spawn({ name }, function* () {
        line.push(name);
        yield* lock.acquire();
        served.push(name);
        inside++;
        try {
          yield* sleep(0);
        } finally {
          inside--;
          lock.release();
        }
      });
    const workers = ["a", "b", "c"].map(worker);
    const killer = spawn({ name: "killer" }, () => void workers[1].kill());
    yield* joinAll([...workers, killer]);
    assertEquals(served, line.filter((name) => served.includes(name)));
    for (const { name, value } of workers) {
      if (!served.includes(name)) assert(value !== undefined, `${name} was not served, so it was killed`);
    }
    assertFree(lock);
    return served.length;
  }, { kills: 2, reached: [2, 3] });

  rule(
    "S-52",
    `${kind}: a timeout that comes before the release gives false and takes nothing`,
    function* () {
      const lock = make();
      let released = false;
      const holder = spawn({ name: "holder" }, function* () {
        yield* lock.acquire();
        yield* sleep(10);
        released = true;
        lock.release();
      });
      const waiter = (name: string, timeout: number) =>
        spawn({ name }, function* () {
          if (yield* lock.acquire({ timeout })) {
            lock.release();
            return true;
          }
          assert(!released, "the holder had it all the time");
          return false;
        });
      const short = waiter("short", 5), long = waiter("long", 15);
      yield* joinAll([holder, short, long]);
      assertFree(lock);
      return [yield* short, yield* long];
    },
    { reached: [[false, true], [true, true]] },
  );

  rule("S-52", `${kind}: whatever times out early, nothing is consumed and those behind go on`, function* () {
    const lock = make();
    let inside = 0;
    always(() => inside <= 1, "one holder");
    const worker = (name: string, timeout?: number) =>
      spawn({ name }, function* () {
        if (!(yield* lock.acquire(timeout === undefined ? undefined : { timeout }))) return false;
        inside++;
        yield* sleep(3);
        inside--;
        lock.release();
        return true;
      });
    const patient = [worker("first"), worker("patient")];
    const hasty = worker("hasty", 2);
    for (const one of patient) assertEquals(yield* one, true);
    yield* hasty.join();
    assertFree(lock);
    return yield* hasty;
  }, { timeouts: 3, reached: [true, false] });

  rule("S-52", `${kind}: a timeout at the very instant of the release has come first`, function* () {
    const lock = make();
    yield* lock.acquire();
    let asked = false;
    const waiter = spawn({ name: "waiter" }, function* () {
      asked = true;
      const got = yield* lock.acquire({ timeout: 5 });
      if (got) lock.release();
      return got;
    });
    yield* sleep(5);
    assert(asked);
    lock.release();
    assertEquals(yield* waiter, false);
    assertFree(lock);
  });

  rule("S-52", `${kind}: tryAcquire never parks`, function* () {
    const lock = make();
    let steps = 0, got = 0;
    const other = (name: string) =>
      spawn({ name }, function* () {
        for (let i = 0; i < 2; i++) {
          const before = ++steps;
          const has = lock.tryAcquire();
          assertEquals(steps, before, "nobody ran inside of it");
          if (!has) continue;
          got++;
          yield* sleep(0);
          lock.release();
        }
      });
    yield* joinAll([other("a"), other("b")]);
    assertFree(lock);
    return got;
  }, { reached: [4, 2] });
}

for (const [kind, make] of Object.entries(TWO_AT_A_TIME)) {
  rule("S-50", `${kind}: of two permits each goes to whoever is next in the line`, function* () {
    const permits = make(), line: string[] = [];
    let inside = 0, released = 0;
    always(() => inside <= 2, "two holders");
    const worker = (name: string, rounds: number) =>
      spawn({ name }, function* () {
        for (let i = 0; i < rounds; i++) {
          const place = line.push(name) - 1;
          yield* permits.acquire();
          assert(place < 2 + released, "it has overtaken somebody");
          inside++;
          yield* sleep(0);
          inside--;
          released++;
          permits.release();
        }
      });
    yield* joinAll([worker("again", 2), worker("a", 1), worker("b", 1)]);
    assertEquals(permits.available, 2);
  });

  rule("S-51", `${kind}: whoever is killed, every permit is there at the end`, function* () {
    const permits = make();
    let inside = 0;
    always(() => inside <= 2, "two holders");
    const worker = (name: string) =>
      spawn({ name }, function* () {
        yield* permits.acquire();
        inside++;
        try {
          yield* sleep(0);
        } finally {
          inside--;
          permits.release();
        }
      });
    const workers = ["a", "b", "c"].map(worker);
    const killer = spawn({ name: "killer" }, () => void workers[0].kill());
    yield* joinAll([...workers, killer]);
    assertEquals(permits.available, 2);
  }, { kills: 3 });
}

const SEMAPHORES = {
  Semaphore: (n: number) => new Semaphore(n),
  BoundedSemaphore: (n: number) => new BoundedSemaphore(n),
} as const;

for (const [kind, make] of Object.entries(SEMAPHORES)) {
  rule(
    "S-50",
    `${kind}: one who wants a single permit does not overtake one who waits for two`,
    function* () {
      const permits = make(2);
      let asked = false, served = false, refused = false;
      yield* permits.acquire();
      const big = spawn({ name: "big" }, function* () {
        asked = true;
        yield* permits.acquire({ permits: 2 });
        served = true;
        permits.release(2);
      });
      const small = spawn({ name: "small" }, () => {
        const waits = asked && !served;
        if (permits.tryAcquire()) {
          assert(!waits, "it has overtaken the big one");
          permits.release();
        } else refused = true;
      });
      yield* sleep(0);
      permits.release();
      yield* joinAll([big, small]);
      assertEquals(permits.available, 2);
      return refused;
    },
    { reached: [true, false] },
  );

  rule("S-50", `${kind}: nor does one who waits behind it, though there is a permit for him`, function* () {
    const permits = make(2), line: string[] = [], served: string[] = [];
    yield* permits.acquire();
    const worker = (name: string, n: number) =>
      spawn({ name }, function* () {
        line.push(name);
        yield* permits.acquire({ permits: n });
        served.push(name);
        yield* sleep(0);
        permits.release(n);
      });
    const all = [worker("big", 2), worker("small", 1)];
    yield* sleep(0);
    // Nobody has given anything back: only the small one may have it, and only if he came first.
    if (line[0] === "big") assertEquals(served, []);
    yield* sleep(0);
    permits.release();
    yield* joinAll(all);
    assertEquals(served, line);
    return line;
  }, { reached: [["big", "small"], ["small", "big"]] });

  rule("S-51", `${kind}: several permits are taken all at once or not at all`, function* () {
    const permits = make(3);
    let held = 0;
    always(() => held <= 3, "no more than there are");
    // What is free plus what was taken by those who run or are woken is always three: no half of a pair is gone.
    always(() => [0, 1, 2, 3].includes(permits.available) && permits.available + held <= 3);
    const worker = (name: string, n: number, timeout: number) =>
      spawn({ name }, function* () {
        if (!(yield* permits.acquire({ permits: n, timeout }))) return;
        held += n;
        try {
          yield* sleep(2);
        } finally {
          held -= n;
          permits.release(n);
        }
      });
    const workers = [worker("pair", 2, 1), worker("other pair", 2, 3), worker("single", 1, 3)];
    const killer = spawn({ name: "killer" }, () => void workers[1].kill());
    yield* joinAll([...workers, killer]);
    assertEquals(permits.available, 3);
  }, { kills: 2, timeouts: 2 });

  for (const way of ["killed", "over its time"] as const) {
    rule("S-51", `${kind}: when the head of the line is ${way}, the next gets what is there`, function* () {
      const permits = make(2);
      yield* permits.acquire();
      let behind = false;
      const line: string[] = [];
      const big = spawn({ name: "big" }, function* () {
        line.push("big");
        const got = yield* permits.acquire({ permits: 2, timeout: way === "killed" ? undefined : 5 });
        assertEquals(got, false); // main holds the other one to the end
      });
      const small = spawn({ name: "small" }, function* () {
        line.push("small");
        behind = line[0] === "big" && !big.dead;
        yield* permits.acquire();
        permits.release();
      });
      if (way === "killed") spawn({ name: "killer" }, () => void big.kill());
      yield* joinAll([big, small]);
      permits.release();
      assertEquals(permits.available, 2);
      return behind;
    }, { reached: [true, false] });
  }
}

rule("S-53", "BoundedSemaphore: a release too many throws and changes nothing", function* () {
  const permits = new BoundedSemaphore(2);
  let held = 0, refused = 0;
  const worker = (name: string) =>
    spawn({ name }, function* () {
      yield* permits.acquire();
      held++;
      yield* sleep(0);
      held--;
      permits.release();
    });
  const workers = ["a", "b", "c"].map(worker);
  const rogue = spawn({ name: "rogue" }, function* () {
    for (let i = 0; i < 2; i++) {
      const free = permits.available;
      if (free === 2) {
        assertThrows(() => permits.release(), RangeError);
        refused++;
      } else assertThrows(() => permits.release(3), RangeError);
      assertEquals(permits.available, free);
      yield* sleep(0);
    }
  });
  yield* joinAll([...workers, rogue]);
  assertEquals([permits.available, held], [2, 0]);
  return refused;
}, { reached: [0, 1, 2] });

const OWNED = { Lock: () => new Lock(), RLock: () => new RLock() } as const;

for (const [kind, make] of Object.entries({ ...OWNED, CapacityLimiter: ONE_AT_A_TIME.CapacityLimiter })) {
  rule("S-53", `${kind}: a release by somebody else throws and changes nothing`, function* () {
    const lock = make(), line: string[] = [], served: string[] = [];
    let inside = 0;
    always(() => inside <= 1, "one holder");
    const worker = (name: string) =>
      spawn({ name }, function* () {
        line.push(name);
        yield* lock.acquire();
        served.push(name);
        inside++;
        yield* sleep(0);
        inside--;
        lock.release();
      });
    const workers = ["a", "b"].map(worker);
    const rogue = spawn({ name: "rogue" }, function* () {
      for (let i = 0; i < 2; i++) {
        const { locked } = lock;
        assertThrows(() => lock.release(), Error, "rogue");
        assertEquals(lock.locked, locked);
        yield* sleep(0);
      }
    });
    yield* joinAll([...workers, rogue]);
    assertEquals(served, line);
  });
}

for (
  const [kind, make] of Object.entries({ Lock: OWNED.Lock, CapacityLimiter: ONE_AT_A_TIME.CapacityLimiter })
) {
  rule(
    "S-53",
    `${kind}: to take it twice throws, also with others in the line, and it is held once`,
    function* () {
      const lock = make(), line: string[] = [], served: string[] = [];
      const worker = (name: string) =>
        spawn({ name }, function* () {
          line.push(name);
          yield* lock.acquire();
          served.push(name);
          yield* sleep(0);
          let error: unknown;
          try {
            yield* lock.acquire();
          } catch (e) {
            error = e;
          }
          assert(error instanceof Error && error.message.includes(name), String(error));
          lock.release();
        });
      yield* joinAll(["a", "b"].map(worker));
      assertEquals(served, line);
      assertEquals(lock.locked, false);
    },
  );
}

rule(
  "S-53",
  "RLock: its holder takes it again past the line, and it is free after as many releases",
  function* () {
    const lock = new RLock(), line: string[] = [], served: string[] = [];
    let inside = 0;
    always(() => inside <= 1, "one holder");
    const worker = (name: string) =>
      spawn({ name }, function* () {
        line.push(name);
        yield* lock.acquire();
        served.push(name);
        inside++;
        yield* sleep(0);
        yield* lock.acquire();
        assert(lock.tryAcquire());
        lock.release();
        lock.release();
        yield* sleep(0);
        assertEquals(lock.owner, name);
        inside--;
        lock.release();
        assert(lock.owner !== name);
      });
    yield* joinAll(["a", "b"].map(worker));
    assertEquals(served, line);
  },
);

for (const [kind, make] of Object.entries(OWNED)) {
  rule(
    "S-54",
    `${kind}: whoever waits for one whose holder died gets BrokenLockError and does not hang`,
    function* () {
      const lock = make();
      let took = false, gaveBack = false, came = 0, failed = 0;
      const owner: Greenlet<unknown> = spawn({ name: "owner" }, function* () {
        yield* lock.acquire();
        took = true;
        yield* sleep(0);
        gaveBack = true;
        lock.release();
      });
      const isBroken = () => owner.dead && took && !gaveBack;
      const worker = (name: string) =>
        spawn({ name }, function* () {
          try {
            yield* lock.acquire();
          } catch (error) {
            assert(error instanceof BrokenLockError, String(error));
            assert(isBroken());
            failed++;
            return;
          }
          came++;
          lock.release();
        });
      const workers = [worker("a"), worker("b")];
      const killer = spawn({ name: "killer" }, () => void owner.kill());
      yield* joinAll([owner, ...workers, killer]);
      assertEquals(came + failed, 2);
      if (isBroken()) {
        assertThrows(() => lock.tryAcquire(), BrokenLockError);
        lock.reset();
      } else assertEquals(failed, 0);
      assertFree(lock);
      return [isBroken(), failed];
    },
    { reached: [[false, 0], [true, 0], [true, 1], [true, 2]] },
  );
}

rule("S-54", "CapacityLimiter: what a dead holder had goes to the next", function* () {
  const limiter = new CapacityLimiter(1);
  let came = 0;
  const owner = spawn({ name: "owner" }, function* () {
    yield* limiter.acquire();
    yield* sleep(0);
    yield* sleep(0);
    // and never gives it back
  });
  const next = spawn({ name: "next" }, function* () {
    yield* limiter.acquire();
    came++;
    limiter.release();
  });
  const killer = spawn({ name: "killer" }, () => void owner.kill());
  yield* joinAll([owner, next, killer]);
  assertEquals([came, limiter.borrowed], [1, 0]);
});

complete("locks");
