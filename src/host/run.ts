/** The door from plain JavaScript into greenlets. */
import {
  type Chooser,
  type Clock,
  duration,
  type Hooks,
  Loop,
  type LoopOptions,
  Scope,
  show,
} from "../core/mod.ts";
import { type Body, call, needBody, noteRun } from "../sync/mod.ts";
import { type Greenlet, GreenletTask } from "../greenlet/mod.ts";
import { systemClock } from "./clock.ts";
import { systemHost } from "./host.ts";
import { reportToStderr } from "./report.ts";

/** Options of a run, as far as they concern its loop. */
export interface LaunchOptions {
  /** Where time comes from. Default: the system's monotonic clock. */
  clock?: Clock;
  /** Milliseconds from a kill until it is thrown again at every park, and the limit of the run's own end. Default 5,000. */
  grace?: number;
  /** Told of each error of a greenlet that nobody had asked for when it died. Default: a report on stderr. */
  onError?: (error: unknown, greenlet: Greenlet<unknown>) => void;
  /** Kills the main greenlet, with the signal's reason, when it is aborted. */
  signal?: AbortSignal;
  /** Milliseconds after which the host gets a turn whatever the greenlets do. Default 10. */
  sliceMs?: number;
  /** Listeners of the scheduler; see `tendril/lowlevel`. */
  hooks?: Hooks;
  /** Says which ready greenlet runs next, for simulation; see `tendril/lowlevel`. */
  chooser?: Chooser;
}

/** What {@linkcode launch} gives: the promise and the greenlet that it stands for. */
export interface Launched<T> {
  readonly promise: Promise<T>;
  readonly main: GreenletTask<T>;
  readonly loop: Loop;
}

/** `run` with its inside. */
export function launch<T>(body: Body<[], T>, options: LaunchOptions = {}): Launched<T> {
  needBody(body, "run");
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`run's signal must be an AbortSignal, not ${show(signal)}`);
  }
  const loop = new Loop(loopOptions(options));
  const scope = new Scope(loop.grace);
  const todo = call(body);
  const main = new GreenletTask<T>(loop, loop.root, () => scope.run(todo), [], { name: "main" });
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  noteRun(promise);
  const abort = () => void main.kill(signal?.reason);
  const settle = (deliver: () => void) => {
    signal?.removeEventListener("abort", abort);
    deliver();
  };
  loop.start(
    main,
    scope,
    () => settle(() => main.failing ? reject(main.inbox) : resolve(main.inbox as T)),
    (error) => settle(() => reject(error)),
  );
  if (signal?.aborted === true) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return { promise, main, loop };
}

function loopOptions(options: LaunchOptions): LoopOptions {
  const { onError } = options;
  if (onError !== undefined && typeof onError !== "function") {
    throw new TypeError("run's onError must be a function (error, greenlet) => void");
  }
  const { clock } = options;
  if (clock !== undefined && (typeof clock.now !== "function" || typeof clock.alarm !== "function")) {
    throw new TypeError(`run's clock must be a Clock, with now() and alarm(), not ${show(clock)}`);
  }
  return {
    clock: options.clock ?? systemClock,
    host: systemHost,
    grace: options.grace === undefined ? undefined : duration(options.grace, "run's grace"),
    sliceMs: options.sliceMs === undefined ? undefined : duration(options.sliceMs, "run's sliceMs"),
    hooks: options.hooks,
    chooser: options.chooser,
    onError: (error, task) => {
      if (onError === undefined) reportToStderr(error, task.name);
      else return onError(error, task as GreenletTask<unknown>);
    },
    lastResort: (error) => reportToStderr(error),
  };
}
