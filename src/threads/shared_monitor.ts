/**
 * What all shared primitives are made of: a state, some lines of waiters, all in shared memory and under one guard, and
 * two rules, which a primitive gives:
 *
 *     attempt(line, wish)   does it for this thread and gives the result, or gives NOT_YET
 *     offer(line, payload)  says of a waiter of any thread whether its turn has come
 *
 * Nobody overtakes: a newcomer attempts only where nobody stands before it. Whoever changes the state calls `serve`, which
 * goes down the line. A waiter's turn comes in one of two ways. Most are *called*: they keep their place, and when they
 * wake they attempt it themselves. Nothing was given to them, so nothing is lost when they die, time out or are killed
 * meanwhile: they leave, and the next is called. Where the state may have changed back by then (an event that is cleared
 * at once), the waiter is *granted* its result by whoever serves, and only fetches it.
 *
 * When a thread has died, whoever comes next, and everybody who waits, buries it: takes its places out of the lines, does
 * what the primitive does about it (`mourn`), and serves.
 */
import {
  BURIED,
  CALLED,
  GRANTED,
  IDLE,
  Lines,
  NEXT,
  PAYLOAD,
  RESULT,
  STAGE,
  THREAD,
  WAITING,
  WHERE,
} from "./shared_lines.ts";

/** "Not yet", as a result. Results are whole numbers. */
export const NOT_YET: number = -0x8000_0000;
/** The waiter is called, as an offer. */
export const GO: number = -0x7fff_ffff;
/** What it needs is broken, as a result. */
export const BROKEN: number = -1;

/** What somebody wants. */
export interface Wish {
  /** What `offer` knows of it: permits, bytes. At least 1. */
  readonly payload: number;
  /** The greenlet that wants it; 0: none does, but the thread itself. */
  task: number;
}

/** See the top of the file. Methods that say "inside" are called under the guard. */
export abstract class Monitor<W extends Wish = Wish> extends Lines {
  /** How many lines are served. */
  protected readonly lines: number = 1;

  /** Inside. See the top of the file. */
  protected abstract attempt(line: number, wish: W): number;

  /** Inside. GO, a result, or NOT_YET. `ahead`: the payloads of those before it that were called and have not come yet. */
  protected abstract offer(line: number, payload: number, ahead: number): number;

  /** Inside. Whether a newcomer attempts although others wait. */
  protected overtakes(_line: number, _wish: W): boolean {
    return false;
  }

  /** Inside. A thread has died. */
  protected mourn(): void {}

  /** Inside. What was granted is not fetched any more: the waiter was withdrawn, or its thread died. */
  protected unfetched(_line: number): void {}

  /** Inside. A thread died that waited in a line, or held something in a list. */
  protected bereaved(_line: number, _thread: number, _payload: number): void {}

  // ---- from outside

  /** Buries who has died: what is looked at next is as if they had never been. */
  tend(): void {
    if (this.memory.load(BURIED) !== this.seat.table.deaths) this.inside(() => {});
  }

  /** Runs `change` inside, and serves. */
  inside<T>(change: () => T): T {
    this.enter();
    let result: T;
    try {
      result = change();
      this.serve();
    } catch (error) {
      this.guard.cancel();
      throw error;
    }
    this.guard.exit();
    return result;
  }

  /** Does it without waiting: the result, or NOT_YET. */
  tryNow(line: number, wish: W): number {
    return this.inside(() => this.newcomer(line, wish));
  }

  /**
   * Does it, blocking this thread until it can be done: the result, or NOT_YET when the time is over.
   *
   * @param mayBlock called before it waits; it may throw.
   * @param waits called when it stands in the line.
   */
  waitSync(line: number, wish: W, timeout: number, mayBlock?: () => void, waits?: () => void): number {
    let node = 0;
    const now = this.inside(() => {
      const got = this.newcomer(line, wish);
      if (got === NOT_YET && timeout > 0) {
        mayBlock?.();
        node = this.join(line, wish.payload);
      }
      return got;
    });
    if (node === 0) return now;
    waits?.();
    const { memory, seat: { table, id } } = this;
    const deadline = timeout === Infinity ? Infinity : memory.now() + timeout;
    for (;;) {
      const heard = table.heard(id); // before the look: a ring after it ends the sleep
      const got = this.collect(node, line, wish);
      if (got !== NOT_YET) return got;
      const left = deadline === Infinity ? Infinity : deadline - memory.now();
      if (left <= 0) {
        this.withdraw(node, line);
        return NOT_YET;
      }
      table.sleep(id, heard, left);
    }
  }

  /** Begins to wait, for somebody who must not block; gives the node. */
  begin(line: number, wish: W): number {
    // It only joins: if it could be done by now, it is called. Nothing may be taken for a wait that can be withdrawn.
    return this.inside(() => this.join(line, wish.payload));
  }

  /** Whether a look at the node is worth it. */
  isCalled(node: number): boolean {
    return this.memory.load(node + STAGE) !== WAITING || this.memory.load(BURIED) !== this.seat.table.deaths;
  }

  /** The result of a wait if it has come to its end, and then the node is gone; else NOT_YET. */
  collect(node: number, line: number, wish: W): number {
    const { memory } = this;
    // First: the nodes of a dead thread are others' already.
    this.guard.refuseDead();
    this.tend();
    const stage = memory.load(node + STAGE);
    if (stage === GRANTED) {
      const got = memory.load(node + RESULT);
      this.keep(node);
      if (this.keepsMany) this.inside(() => this.giveBackNodes());
      return got;
    }
    if (stage !== CALLED) return NOT_YET;
    return this.inside(() => {
      const got = this.attempt(line, wish);
      if (got === NOT_YET) this.guard.set(node + STAGE, WAITING);
      else {
        this.unlink(line, node);
        this.release(node);
      }
      return got;
    });
  }

  /** Ends a wait that comes to nothing: a timeout, a kill. The next may have what this one was called for. */
  withdraw(node: number, line: number): void {
    this.inside(() => {
      if (this.memory.load(node + STAGE) === GRANTED) this.unfetched(line);
      else this.unlink(line, node);
      this.release(node);
    });
  }

  // ---- inside

  protected serve(): void {
    this.guard.commit();
    for (let line = 0; line < this.lines; line++) this.serveLine(line);
  }

  private serveLine(line: number): void {
    const { memory, guard } = this;
    let ahead = 0;
    for (let node = this.head(line), next = 0; node !== 0; node = next) {
      next = memory.load(node + NEXT);
      const payload = memory.load(node + PAYLOAD);
      if (memory.load(node + STAGE) === WAITING) {
        const got = this.offer(line, payload, ahead);
        if (got === NOT_YET) return;
        guard.call(memory.load(node + THREAD));
        if (got === GO) guard.set(node + STAGE, CALLED);
        else {
          memory.store(node + RESULT, got);
          this.unlink(line, node, GRANTED);
        }
        guard.commit();
        if (got !== GO) continue;
      }
      ahead += payload;
    }
  }

  private enter(): void {
    this.guard.enter();
    try {
      if (this.memory.load(BURIED) !== this.seat.table.deaths) this.bury();
    } catch (error) {
      this.guard.cancel();
      throw error;
    }
  }

  private bury(): void {
    const { memory, guard, seat: { table } } = this;
    const { deaths } = table; // before the look: who dies meanwhile is buried once more
    guard.refuseDead(); // nobody buries himself and goes on
    this.buryNodes((node, thread) => {
      const stage = memory.load(node + STAGE), line = memory.load(node + WHERE);
      if (stage === GRANTED) this.unfetched(line);
      else if (stage !== IDLE) {
        this.unlink(line, node);
        this.bereaved(line, thread, memory.load(node + PAYLOAD));
      }
    });
    this.mourn();
    guard.commit();
    memory.store(BURIED, deaths);
    this.serve();
  }

  private newcomer(line: number, wish: W): number {
    const isFirst = this.head(line) === 0;
    return isFirst || this.overtakes(line, wish) ? this.attempt(line, wish) : NOT_YET;
  }
}
