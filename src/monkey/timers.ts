/**
 * `timers/promises`: sleeps that end with the greenlet. Its callback timers are never touched: libraries share them.
 *
 * Each call gets a signal of its own, which follows the user's and is aborted by the kill, so that no timer is left.
 */
import { surface } from "../host/io.ts";
import { type Binding, bound, Operation } from "./binding.ts";
import { boundCall, refused } from "./call.ts";
import type { Callable } from "./layer.ts";
import type { Target } from "./target.ts";

interface Options {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}

/** What is passed on in the place of the user's options. */
class Follower {
  private readonly controller: AbortController = new AbortController();
  private readonly signal: AbortSignal | undefined;
  readonly options: Options;
  private readonly follow: () => void = () => this.controller.abort(this.signal?.reason);

  constructor(options: Options | undefined) {
    this.signal = options?.signal;
    this.options = { signal: this.controller.signal, ref: options?.ref ?? true };
    this.signal?.addEventListener("abort", this.follow, { once: true });
  }

  stop(reason: unknown): void {
    this.controller.abort(reason);
    this.done();
  }

  done(): void {
    this.signal?.removeEventListener("abort", this.follow);
  }
}

/** Whether the host would refuse them, or has nothing to wait for: it says best itself what is wrong. */
function isOdd(options: unknown): boolean {
  if (options === undefined) return false;
  if (typeof options !== "object" || options === null || Array.isArray(options)) return true;
  const { signal, ref } = options as Options;
  if (ref !== undefined && typeof ref !== "boolean") return true;
  return signal !== undefined && (!(signal instanceof AbortSignal) || signal.aborted);
}

function wrapWait(what: string, optionsAt: number): (original: Callable) => Callable {
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const binding = bound();
      const options = args[optionsAt];
      if (binding === null || isOdd(options)) return Reflect.apply(original, this, args);
      const follower = new Follower(options as Options | undefined);
      const passed = args.slice(0, optionsAt);
      passed[optionsAt] = follower.options;
      const target = optionsAt === 1 && what !== "scheduler.wait" ? "" : `${args[0] ?? 1} ms`;
      const start = () => {
        const started = Reflect.apply(original, this, passed) as Promise<unknown>;
        started.then(() => follower.done(), () => follower.done());
        return started;
      };
      return boundCall(binding, { what, target, start, stop: (reason) => follower.stop(reason) });
    };
}

/** Nothing to stop: it is over in the next turn. */
function wrapYield(original: Callable): Callable {
  return function (this: unknown, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    const start = () => Reflect.apply(original, this, args) as Promise<unknown>;
    return boundCall(binding, { what: "scheduler.yield", target: "", start });
  };
}

type Ticks = AsyncGenerator<unknown, unknown>;

/** The ticks of an interval, which end with the block that has asked for them. */
class BoundTicks implements AsyncIterableIterator<unknown> {
  private readonly ticks: Ticks;
  private readonly binding: Binding;
  private readonly operation: Operation;
  private readonly follower: Follower;
  private readonly waiting: Set<PromiseWithResolvers<IteratorResult<unknown>>> = new Set();

  constructor(ticks: Ticks, binding: Binding, follower: Follower, target: string) {
    this.ticks = ticks;
    this.binding = binding;
    this.follower = follower;
    this.operation = new Operation(binding, "timers/promises.setInterval", target, {
      abort: (reason) => {
        for (const { promise, reject } of this.waiting) {
          promise.catch(() => {}); // perhaps nobody waits for it any more
          reject(reason);
        }
        follower.stop(reason);
        this.ticks.return(undefined).then(undefined, () => {});
      },
    });
  }

  next(): Promise<IteratorResult<unknown>> {
    return this.pass(() => this.ticks.next());
  }

  return(value?: unknown): Promise<IteratorResult<unknown>> {
    this.end();
    return this.ticks.return(value);
  }

  throw(error?: unknown): Promise<IteratorResult<unknown>> {
    this.end();
    // Bun's has none.
    return this.ticks.throw?.(error) ?? this.ticks.return(undefined).then(() => Promise.reject(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  private end(): void {
    this.operation.done();
    this.follower.done();
  }

  private pass(step: () => Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    if (this.binding.isOver) return refused(this.binding);
    const next = Promise.withResolvers<IteratorResult<unknown>>();
    this.waiting.add(next);
    step().then((result) => {
      this.waiting.delete(next);
      if (result.done === true) this.end();
      next.resolve(result);
    }, (error) => {
      this.waiting.delete(next);
      this.end();
      next.reject(error);
    });
    return next.promise;
  }
}

function wrapInterval(original: Callable): Callable {
  return function setInterval(this: unknown, ...args: unknown[]): unknown {
    const binding = bound();
    const [delay, value, options] = args;
    if (binding === null || isOdd(options) || (delay !== undefined && typeof delay !== "number")) {
      return Reflect.apply(original, this, args);
    }
    const follower = new Follower(options as Options | undefined);
    const ticks = Reflect.apply(original, this, [delay, value, follower.options]) as Ticks;
    if (binding.isOver) ticks.return(undefined).then(undefined, () => {}); // Bun's timer runs already
    return new BoundTicks(ticks, binding, follower, `${delay ?? 1} ms`);
  };
}

/** Where the methods of a scheduler are: Bun's has them itself. */
function schedulerOf(module: string): string {
  const own = `${module}.scheduler`;
  return Object.hasOwn(surface(own) ?? {}, "wait") ? own : `${own}.constructor.prototype`;
}

/** Deno has a second object of them. */
const modules = surface("timers.promises") === surface("timers/promises")
  ? ["timers/promises"]
  : ["timers/promises", "timers.promises"];

/** See the top of the file. */
export const timersTargets: readonly Target[] = modules.flatMap((module): Target[] => {
  const scheduler = schedulerOf(module);
  return [
    { group: "timers", module, name: "setTimeout", wrap: wrapWait("timers/promises.setTimeout", 2) },
    { group: "timers", module, name: "setImmediate", wrap: wrapWait("timers/promises.setImmediate", 1) },
    { group: "timers", module, name: "setInterval", wrap: wrapInterval },
    { group: "timers", module: scheduler, name: "wait", wrap: wrapWait("scheduler.wait", 1) },
    { group: "timers", module: scheduler, name: "yield", wrap: wrapYield },
  ];
});
