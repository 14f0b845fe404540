/** Two ends between threads: what one sends the other receives. */
import { EOFError, type Op, QueueShutDown } from "../core/mod.ts";
import { op, type WaitOptions, waitTime } from "../sync/mod.ts";
import { type Place, revive, settleIn, type Shared, type SharedHandle } from "./shared_handle.ts";
import { NOT_YET } from "./shared_monitor.ts";
import type { SharedOptions } from "./shared_options.ts";
import { ringOf, SharedQueue } from "./shared_queue.ts";
import { getWish, PEEKERS, RECEIVES, type RingMonitor, type RingWish, SENDS } from "./shared_ring.ts";
import { asker, GreenletLine, mayBlock, SharedWait } from "./shared_wait.ts";

/** Options of {@linkcode pipe}. */
export interface PipeOptions extends SharedOptions {
  /** Whether both ends send and receive. Default true; else the first end receives and the second sends. */
  duplex?: boolean;
  /** Bytes that are on their way, in each direction. Default 1,048,576. */
  bytes?: number;
}

/** The queues of an end that is being made. */
let making: { readonly parts: readonly SharedHandle[]; readonly detail: string } | null = null;

/** Makes an end: the constructor is private. */
let makeEnd: (parts: readonly SharedHandle[], detail: string) => PipeEnd;

/** One direction, as one of the two ends sees it. */
interface Way {
  readonly queue: SharedQueue;
  readonly ring: RingMonitor;
  readonly line: GreenletLine<RingWish>;
  /** What this end does there. */
  readonly side: number;
  used: boolean;
}

/**
 * One end of a {@linkcode pipe}. It is closed by `close`, in whatever thread, and when all threads have ended that used it.
 * Pass each end to the thread that is to use it: whoever takes it from its handle counts as a user.
 */
export class PipeEnd<Sent = unknown, Received = Sent> implements Shared {
  readonly #place: Place;
  readonly #in: Way | null;
  readonly #out: Way | null;

  /** Ends come in pairs, from {@linkcode pipe}, or out of a handle. */
  private constructor() {
    const place = this.#place = settleIn(this, "PipeEnd", () => ({ bytes: 0, ...making }));
    const { parts, detail } = place.handle;
    const way = (handle: SharedHandle, side: number): Way => {
      const queue = SharedQueue.from(handle);
      const ring = ringOf(queue);
      if (!place.isNew) ring.use(side);
      return { queue, ring, side, line: new GreenletLine(ring, place.seat), used: !place.isNew };
    };
    this.#in = detail === "out" ? null : way(parts[0], RECEIVES);
    this.#out = detail === "in" ? null : way(parts[parts.length - 1], SENDS);
  }

  static {
    makeEnd = (parts, detail) => {
      making = { parts, detail };
      try {
        return new PipeEnd();
      } finally {
        making = null;
      }
    };
  }

  /** The end that another thread posted by its `handle`. */
  static from<Sent = unknown, Received = Sent>(handle: SharedHandle): PipeEnd<Sent, Received> {
    return revive(handle, "PipeEnd", () => new PipeEnd<Sent, Received>());
  }

  get handle(): SharedHandle {
    return this.#place.handle;
  }

  /** One of the two ends is closed. */
  get closed(): boolean {
    const { ring } = this.#in ?? this.#out as Way;
    ring.tend();
    return ring.isDown;
  }

  /**
   * Sends a value, waiting for room; it is copied as an item of a {@linkcode SharedQueue} is.
   *
   * @throws `EOFError` if an end is closed, `QueueFull` on its own timeout, `TypeError` if this end only receives.
   */
  send(value: Sent, options?: WaitOptions): Op<void> {
    const put = this.#sends().put(value, options);
    return op(function* () {
      try {
        yield* put;
      } catch (error) {
        throw ended(error, "send");
      }
    });
  }

  /** `send`, blocking this thread. */
  sendSync(value: Sent, options?: WaitOptions): void {
    const queue = this.#sends();
    try {
      queue.putSync(value, options);
    } catch (error) {
      throw ended(error, "sendSync");
    }
  }

  /**
   * Receives the next value, waiting for one. After an end was closed it gives what is left (S-84).
   *
   * @throws `EOFError` after the last one, `QueueEmpty` on its own timeout, `TypeError` if this end only sends.
   */
  recv(options?: WaitOptions): Op<Received> {
    const get = this.#receives("recv").queue.get(options);
    return op(function* () {
      try {
        return (yield* get) as Received;
      } catch (error) {
        throw ended(error, "recv");
      }
    });
  }

  /** `recv`, blocking this thread. */
  recvSync(options?: WaitOptions): Received {
    const { queue } = this.#receives("recvSync");
    try {
      return queue.getSync(options) as Received;
    } catch (error) {
      throw ended(error, "recvSync");
    }
  }

  /** Whether a `recv` would not wait: there is something, or the end. Waits for that as long as `timeout`, by default 0. */
  poll(options: WaitOptions = { timeout: 0 }): Op<boolean> {
    return new SharedWait(this.#receives("poll").line, {
      line: PEEKERS,
      name: "PipeEnd.poll",
      wish: () => getWish(0),
      finish: () => true,
      lapse: () => false,
    }, waitTime(options, "poll"));
  }

  /** `poll`, blocking this thread. */
  pollSync(options: WaitOptions = { timeout: 0 }): boolean {
    const what = "PipeEnd.pollSync";
    const { ring } = this.#receives("pollSync");
    return ring.waitSync(PEEKERS, getWish(asker()), waitTime(options, what), mayBlock(what)) !== NOT_YET;
  }

  /** Closes this end for all threads. The other one may still receive what was sent, and sends nothing more. */
  close(): void {
    this.#out?.queue.shutdown();
    this.#in?.queue.shutdown();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #sends(): SharedQueue {
    if (this.#out === null) {
      throw new TypeError("this end of the pipe only receives: send through the second one");
    }
    return used(this.#out).queue;
  }

  #receives(what: string): Way {
    if (this.#in !== null) return used(this.#in);
    throw new TypeError(`this end of the pipe only sends, ${what} is for the first one`);
  }
}

function used(way: Way): Way {
  if (!way.used) way.ring.use(way.side);
  way.used = true;
  return way;
}

function ended(error: unknown, what: string): unknown {
  if (!(error instanceof QueueShutDown)) return error;
  return new EOFError(
    `PipeEnd.${what}: an end of the pipe is closed${what.startsWith("recv") ? ", and nothing is left" : ""}`,
  );
}

/**
 * Two ends, each to be used by a thread: what one sends the other receives.
 *
 * @example
 * ```ts
 * import { EOFError, run } from "tendril";
 * import { pipe } from "tendril/threads";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const [here, there] = pipe<string>();
 * there.sendSync("hello"); // or another thread does, which got there.handle and called PipeEnd.from
 * there.close();
 * await run(function* () {
 *   assertEquals(yield* here.recv(), "hello");
 * });
 * assertThrows(() => here.recvSync(), EOFError);
 * ```
 */
export function pipe<First = unknown, Second = First>(
  options?: PipeOptions,
): [PipeEnd<First, Second>, PipeEnd<Second, First>] {
  const queue = () => new SharedQueue({ bytes: options?.bytes, maxWaiters: options?.maxWaiters }).handle;
  const toFirst = queue();
  if (options?.duplex === false) return [makeEnd([toFirst], "in"), makeEnd([toFirst], "out")] as never;
  const toSecond = queue();
  return [makeEnd([toFirst, toSecond], "both"), makeEnd([toSecond, toFirst], "both")] as never;
}
