/**
 * Permits that unrelated programs share, by files.
 *
 * Each permit is a file, and who holds the kernel's lock on it has the permit; see `src/host/file_lock.ts`. So there is no
 * state that could be stale: nobody writes down who has what, the kernel takes a lock back when its holder dies, however
 * that comes about, and two can never have the same lock, whatever they do at the same time. That rules out what locks made
 * of files suffer from:
 *
 *     a dead holder's file that two take over at once      there is no takeover: the lock is free when its holder is gone
 *     a number of a process that was given to another one  no numbers are kept
 *     a holder that dies between two steps                 taking and giving back is one step of the kernel
 *     a holder that stands still, and is taken for dead    nothing expires
 *
 * Nobody is told when such a lock is free, so those who wait try again and again. They first take another lock, the door:
 * the one who has it stands in front, and alone tries for a permit, in short intervals; the others try for the door, in
 * longer ones. Whoever gives a permit back and wants it again finds the door taken. So the one in front is overtaken by
 * nobody, but which of the others is the next in front is chance. Within one object it is first come, first served.
 */
import { count, show } from "../core/mod.ts";
import {
  type Body,
  Event,
  type Held,
  Lockable,
  op,
  Semaphore,
  type WaitOptions,
  waitTime,
} from "../sync/mod.ts";
import { type Awaitable, bothOf } from "../host/mod.ts";
import { FileLock } from "../host/io.ts";
import { currentGreenlet } from "../greenlet/mod.ts";

/** Milliseconds between two tries: of the one in front, and of the others. A try costs 5 to 40 µs. */
const PERMIT_PAUSE = 2, DOOR_PAUSE = 10;

/**
 * A semaphore that unrelated programs share: at most `n` of them are inside. A permit whose holder dies, by SIGKILL too, is
 * free again at once.
 *
 * Every program has to give the same `path` and `n`. Beside `path` there are files that begin with it. They belong to the
 * semaphore: nobody may read, write or delete them while it is used; and they must be on a disk of this machine.
 *
 * @example
 * ```ts no-run
 * import { main } from "tendril";
 * import { ProcessSemaphore } from "tendril/processes";
 *
 * await main(function* () {
 *   const licences = new ProcessSemaphore("/tmp/licences", 3);
 *   yield* licences.withLock(function* () {
 *     // at most three programs at once
 *   });
 * });
 * ```
 */
export class ProcessSemaphore extends Lockable {
  readonly path: string;
  readonly #permits: readonly FileLock[];
  readonly #door: FileLock;
  readonly #held: FileLock[] = [];
  /** Of the greenlets here one tries. */
  readonly #turn: Semaphore = new Semaphore(1);
  readonly #released: Event = new Event();

  /** @throws `TypeError`, `RangeError` for arguments that make no sense. */
  constructor(path: string, n: number) {
    super();
    if (typeof path !== "string" || path === "" || path.includes("\0")) {
      throw new TypeError(`a lock between processes needs the path of a file, not ${show(path)}`);
    }
    if (count(n, "the permits of a ProcessSemaphore", 1) === Infinity) {
      throw new RangeError("a ProcessSemaphore needs a finite number of permits");
    }
    this.path = path;
    const name = (i: number) => i === 0 ? path : `${path}.${i}`;
    this.#permits = Array.from({ length: n }, (_, i) => new FileLock(name(i)));
    this.#door = new FileLock(`${path}.door`);
  }

  /** How many permits this object holds. */
  get held(): number {
    return this.#held.length;
  }

  /**
   * Waits for a permit; false when the timeout came first. Killed while it waits, it has taken nothing.
   *
   * @throws `Error` where the files cannot be used.
   */
  override acquire(options?: WaitOptions): Awaitable<boolean> {
    const timeout = waitTime(options, `${this.constructor.name}.acquire`);
    return bothOf(op(() => this.#acquire(timeout)));
  }

  /** Takes a permit if there is one and nobody waits for it. @throws `Error` where the files cannot be used. */
  override tryAcquire(): boolean {
    if (this.#turn.locked) return false;
    try {
      return this.#door.tryLock() && this.#take();
    } finally {
      this.#leave();
    }
  }

  /** Gives a permit back; acts at the call. @throws `Error` where this object holds none. */
  override release(): void {
    const permit = this.#held.pop();
    if (permit === undefined) {
      throw new Error(`${this.constructor.name}.release: no permit of ${this.path} is held by this object`);
    }
    permit.unlock();
    this.#released.set();
    this.#released.clear();
  }

  override withLock<T>(body: Body<[], T>): Awaitable<T> {
    return bothOf(super.withLock(body));
  }

  override hold(): Awaitable<Held> {
    return bothOf(super.hold());
  }

  *#acquire(timeout: number): Generator<unknown, boolean, unknown> {
    const { loop } = currentGreenlet("acquire");
    const end = loop.now() + timeout;
    if (!(yield* this.#turn.acquire({ timeout }))) return false;
    try {
      let isInFront = false;
      for (;;) {
        isInFront ||= this.#door.tryLock();
        if (isInFront && this.#take()) return true;
        const left = end - loop.now();
        if (left <= 0) return false;
        yield* this.#released.wait({ timeout: Math.min(left, isInFront ? PERMIT_PAUSE : DOOR_PAUSE) });
      }
    } finally {
      this.#leave();
      this.#turn.release();
    }
  }

  /** Takes a permit that is free. */
  #take(): boolean {
    for (const permit of this.#permits) {
      if (this.#held.includes(permit)) continue;
      if (!permit.tryLock()) continue;
      this.#held.push(permit);
      return true;
    }
    return false;
  }

  /** Nobody here tries any more. */
  #leave(): void {
    this.#door.unlock();
    for (const permit of this.#permits) {
      if (!this.#held.includes(permit)) permit.unlock();
    }
  }
}
