/** asyncio's primitives as they were before each mend, over the model of its tasks. */
import { type Greenlet, sleep, spawn } from "../../src/mod.ts";
import { AioTask, CancelledError, Future, remove, wakeFirst } from "./asyncio.ts";
import type { Changed } from "./programs.ts";
import type { Gen, Items, Permits } from "./world.ts";

/** 3.6.0: a waiter that is cancelled after its wake wakes nobody else. */
export class Lock360 implements Permits<AioTask> {
  protected locked = false;
  protected readonly waiters: Future<void>[] = [];

  *acquire(me: AioTask): Gen {
    if (!this.locked && this.waiters.every((waiter) => waiter.cancelled)) return void (this.locked = true);
    const waiter = new Future<void>();
    this.waiters.push(waiter);
    yield* this.wait(me, waiter);
    this.locked = true;
  }

  release(): void {
    this.locked = false;
    wakeFirst(this.waiters);
  }

  protected *wait(me: AioTask, waiter: Future<void>): Gen {
    try {
      yield* me.await(waiter);
    } finally {
      remove(this.waiters, waiter);
    }
  }
}

/** 3.6.4, the first mend: whoever is cancelled while the lock is free wakes one, though another is woken already. */
export class Lock364 extends Lock360 {
  protected override *wait(me: AioTask, waiter: Future<void>): Gen {
    try {
      yield* me.await(waiter);
    } catch (error) {
      if (!this.locked) wakeFirst(this.waiters);
      throw error;
    } finally {
      remove(this.waiters, waiter);
    }
  }
}

/** 3.7 and later, the second: only the very first is woken, and nobody where he is woken already. */
export class Lock37 extends Lock360 {
  override release(): void {
    this.locked = false;
    this.wakeHead();
  }

  protected override *wait(me: AioTask, waiter: Future<void>): Gen {
    try {
      yield* super.wait(me, waiter);
    } catch (error) {
      if (!this.locked) this.wakeHead();
      throw error;
    }
  }

  private wakeHead(): void {
    const [head] = this.waiters;
    if (head !== undefined && !head.done) head.set();
  }
}

/** 3.5.0: as the lock of 3.6.0, with a number. */
export class Semaphore350 implements Permits<AioTask> {
  private readonly waiters: Future<void>[] = [];
  private value = 1;

  *acquire(me: AioTask): Gen {
    if (this.waiters.length === 0 && this.value > 0) return void this.value--;
    const waiter = new Future<void>();
    this.waiters.push(waiter);
    try {
      yield* me.await(waiter);
      this.value--;
    } finally {
      remove(this.waiters, waiter);
    }
  }

  release(): void {
    this.value++;
    wakeFirst(this.waiters);
  }
}

/** 3.10.0: whoever comes at the right moment takes the permit, and whoever was woken goes to the end of the line. */
export class Semaphore3100 implements Permits<AioTask> {
  private readonly waiters: Future<void>[] = [];
  private value = 1;

  *acquire(me: AioTask): Gen {
    while (this.value <= 0) {
      const waiter = new Future<void>();
      this.waiters.push(waiter);
      try {
        yield* me.await(waiter);
      } catch (error) {
        waiter.cancel();
        if (this.value > 0 && !waiter.cancelled) this.wakeNext();
        throw error;
      }
    }
    this.value--;
  }

  release(): void {
    this.value++;
    this.wakeNext();
  }

  private wakeNext(): void {
    for (let waiter = this.waiters.shift(); waiter !== undefined; waiter = this.waiters.shift()) {
      if (!waiter.done) return waiter.set();
    }
  }
}

/** 3.4.2: an item is the result of the getter's future. */
export class Queue342 implements Items<AioTask> {
  private readonly items: number[] = [];
  private getters: Future<number>[] = [];

  get size(): number {
    return this.items.length;
  }

  put(item: number): void {
    this.getters = this.getters.filter((getter) => !getter.done);
    const getter = this.getters.shift();
    if (getter === undefined) this.items.push(item);
    else getter.set(item);
  }

  *get(me: AioTask): Gen<number> {
    if (this.items.length > 0) return this.items.shift() as number;
    const getter = new Future<number>();
    this.getters.push(getter);
    return yield* me.await(getter);
  }

  *getWithin(me: AioTask, ms: number): Gen<number | undefined> {
    return yield* waitFor351(me, (inner) => this.get(inner), ms);
  }
}

/** Starts what is waited for, and a waiter that its end or the timeout releases. */
function begin<T>(body: (me: AioTask) => Gen<T>, ms: number): Waiting<T> {
  const waiter = new Future<void>();
  const release = () => {
    if (!waiter.done) waiter.set();
  };
  const timer = spawn({ name: "timer", daemon: true }, function* () {
    yield* sleep(ms);
    release();
  });
  const inner = new AioTask<T>("inner", body);
  inner.whenDone(release);
  return { inner, waiter, timer };
}

interface Waiting<T> {
  readonly inner: AioTask<T>;
  readonly waiter: Future<void>;
  readonly timer: Greenlet<void>;
}

/** 3.5.1 to 3.8: whoever is cancelled cancels what he waits for, be it done or not. Undefined: a timeout. */
export function* waitFor351<T>(me: AioTask, body: (me: AioTask) => Gen<T>, ms: number): Gen<T | undefined> {
  const { inner, waiter, timer } = begin(body, ms);
  try {
    yield* me.await(waiter);
    if (inner.done) return inner.result();
    inner.cancel();
    return undefined;
  } catch (error) {
    inner.cancel();
    throw error;
  } finally {
    timer.kill();
  }
}

/** 3.9 to 3.11: where what is waited for is done, its result counts and the cancel does not. */
export function* waitFor39<T>(me: AioTask, body: (me: AioTask) => Gen<T>, ms: number): Gen<T | undefined> {
  const { inner, waiter, timer } = begin(body, ms);
  try {
    try {
      yield* me.await(waiter);
    } catch (error) {
      if (inner.done) return inner.result();
      inner.cancel();
      yield* inner.end();
      throw error;
    }
    if (inner.done) return inner.result();
    inner.cancel();
    yield* inner.end();
    return inner.cancelled ? undefined : inner.result();
  } finally {
    timer.kill();
  }
}

/** A condition over a lock, as in 3.4 to 3.12; `firm`: the way back to the lock goes on through a cancel. */
export class Condition implements Changed<AioTask> {
  private readonly lock: Lock37 = new Lock37();
  private readonly waiters: Future<void>[] = [];
  private owner: AioTask | null = null;
  private readonly firm: boolean;

  constructor(firm: boolean) {
    this.firm = firm;
  }

  *acquire(me: AioTask): Gen {
    yield* this.lock.acquire(me);
    this.owner = me;
  }

  release(): void {
    this.owner = null;
    this.lock.release();
  }

  holds(me: AioTask): boolean {
    return this.owner === me;
  }

  notify(): void {
    wakeFirst(this.waiters);
  }

  *wait(me: AioTask): Gen {
    this.release();
    try {
      const waiter = new Future<void>();
      this.waiters.push(waiter);
      try {
        yield* me.await(waiter);
      } finally {
        remove(this.waiters, waiter);
      }
    } finally {
      yield* this.comeBack(me);
    }
  }

  private *comeBack(me: AioTask): Gen {
    let cancelled: unknown;
    for (;;) {
      try {
        yield* this.acquire(me);
        break;
      } catch (error) {
        if (!this.firm || !(error instanceof CancelledError)) throw error;
        cancelled = error;
      }
    }
    if (cancelled !== undefined) throw cancelled;
  }
}

/** 3.11 and later: the place is the number of those who wait. */
export class Barrier {
  private readonly parties: number;
  private readonly opened: Future<void>[] = [];
  private count = 0;

  constructor(parties: number) {
    this.parties = parties;
  }

  *wait(me: AioTask): Gen<number> {
    const place = this.count++;
    try {
      if (place + 1 === this.parties) {
        for (const waiter of this.opened.splice(0)) if (!waiter.done) waiter.set();
      } else {
        const waiter = new Future<void>();
        this.opened.push(waiter);
        yield* me.await(waiter);
      }
      return place;
    } finally {
      this.count--;
    }
  }
}
