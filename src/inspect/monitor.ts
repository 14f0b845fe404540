/** Who holds the loop: a thread of its own watches how long each greenlet runs, and says so while it still does. */
import { setWatch, show, watch } from "../core/mod.ts";
import { type Block, Watchdog } from "../host/io.ts";
import { reportToStderr } from "../host/mod.ts";

/** A stretch in which nobody else could run. */
export interface BlockedReport {
  /** The name of the greenlet that held the loop, or `"code outside greenlets"`. */
  readonly greenlet: string;
  /** The greenlet's id; 0 for code outside greenlets. */
  readonly id: number;
  /** Milliseconds, to about a fifth of `blockedMs`. */
  readonly ms: number;
  /** Where the main thread was, a line each call, as far as the runtime says: Node does. */
  readonly stack: string | undefined;
  /** False: the program ends, and nobody knows how much longer it would have taken. */
  readonly ended: boolean;
}

/** Options of {@linkcode monitor}. */
export interface MonitorOptions {
  /** Milliseconds for which the loop may be held. Default 100, at least 5. What is up to a fifth longer may pass unseen. */
  blockedMs?: number;
  /**
   * Called when the loop runs again, once for each block. With it, nothing is written to stderr, except about blocks of more
   * than 10 × `blockedMs`, while they last: they may be endless.
   */
  onBlocked?: (report: BlockedReport) => void;
}

/** A monitor that runs. It keeps no program alive. */
export interface Monitor {
  /** Ends it; may be called twice. A block that has not been reported is not reported any more. */
  stop(): void;
  [Symbol.dispose](): void;
}

const DEFAULT_BLOCKED = 100;
/** Milliseconds: below, the timers of the runtimes are too coarse. */
const LEAST_BLOCKED = 5;
/** With `onBlocked`, the worker is silent about what is not so many times as long. */
const LONG = 10;

/** There is one program to watch. */
let isRunning = false;

/**
 * Watches for greenlets that hold the loop: a long computation without a park, a synchronous read, an endless loop. While
 * one holds it for longer than `blockedMs`, a thread of the monitor's own writes its name to stderr, on Node with the stack
 * of where it is, and its whole time when it is over. Time that goes to code outside greenlets is reported as
 * such.
 *
 * It costs a nanosecond or a few a switch, a thread (2–11 MB), and a timer on either side that fires five times in `blockedMs`:
 * about 1 % of a core where that is 100. A program that gets no time from the machine looks like one that blocks. A greenlet that is renamed while it runs may
 * be reported by its first name.
 *
 * @throws `RangeError` or `TypeError` for bad options; `Error` when a monitor runs already in this thread.
 * @example
 * ```ts
 * import { run, sleep, spawn } from "tendril";
 * import { type BlockedReport, monitor } from "tendril/inspect";
 * import { assert } from "@std/assert";
 *
 * const reports: BlockedReport[] = [];
 * const watching = monitor({ blockedMs: 50, onBlocked: (report) => reports.push(report) });
 *
 * await run(function* () {
 *   yield* sleep(100); // the monitor's thread has started
 *   spawn({ name: "hog" }, function* () {
 *     const end = performance.now() + 300;
 *     while (performance.now() < end);
 *   });
 *   yield* sleep(400);
 * });
 *
 * watching.stop();
 * assert(reports.some((report) => report.greenlet === "hog"));
 * ```
 */
export function monitor(options: MonitorOptions = {}): Monitor {
  const { blockedMs = DEFAULT_BLOCKED, onBlocked } = options;
  if (typeof blockedMs !== "number") {
    throw new TypeError(`monitor's blockedMs must be a number of milliseconds, not ${show(blockedMs)}`);
  }
  if (!(blockedMs >= LEAST_BLOCKED && blockedMs < Infinity)) {
    throw new RangeError(
      `monitor's blockedMs must be a number of milliseconds from ${LEAST_BLOCKED} on, not ${blockedMs}`,
    );
  }
  if (onBlocked !== undefined && typeof onBlocked !== "function") {
    throw new TypeError(`monitor's onBlocked must be a function (report) => void, not ${show(onBlocked)}`);
  }
  if (isRunning) throw new Error("a monitor runs already in this thread: stop() it before you start another");
  const watchdog = new Watchdog({
    blockedMs,
    sayAfter: onBlocked === undefined ? blockedMs : LONG * blockedMs,
    onBlock: (block: Block) => {
      const { name: greenlet, id, ms, stack, ended } = block;
      onBlocked?.({ greenlet, id, ms, stack, ended });
    },
    onFailure: (error) => {
      stop();
      const message = "the monitor has stopped: its thread failed" +
        " (a bundle needs tendril's host/monitor_worker beside it, as an entry point of its own)";
      reportToStderr(new Error(message, { cause: error }));
    },
  });
  const { table } = watchdog;
  const before = setWatch(table);
  isRunning = true;
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    isRunning = false;
    if (watch === table) setWatch(before);
    watchdog.stop();
  };
  return { stop, [Symbol.dispose]: stop };
}
