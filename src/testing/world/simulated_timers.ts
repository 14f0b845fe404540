/** `setTimeout` and its relatives on virtual time. Callbacks run in the simulated event loop, in the order of runtimes. */
import { type Loop, probe, show, Timer } from "../../core/mod.ts";
import { type Execution, running } from "../schedules/execution.ts";
import { SimulatedPromise } from "./simulated_promise.ts";
import { setTimer, Turns } from "./turns.ts";

/** Delays beyond this one count as the least, in every runtime. */
const MAX_DELAY = 2 ** 31 - 1;

/** How a runtime takes a delay: at least a millisecond. */
function delayOf(ms: unknown): number {
  const delay = Number(ms);
  return delay >= 1 && delay <= MAX_DELAY ? Math.trunc(delay) : 1;
}

/** The handles of one run by their numbers. */
interface Registry {
  readonly byId: Map<number, Handle>;
  ids: number;
}

const REGISTRY: object = {};

function registryOf(run: Execution): Registry {
  let registry = run.extras.get(REGISTRY) as Registry | undefined;
  if (registry === undefined) run.extras.set(REGISTRY, registry = { byId: new Map(), ids: 0 });
  return registry;
}

/** A deadline that may keep nothing alive. */
class Deadline extends Timer {
  isRef = true;
  private readonly ring: () => void;

  constructor(ring: () => void) {
    super();
    this.ring = ring;
  }

  override fire(): void {
    this.ring();
  }

  override get ref(): boolean {
    return this.isRef;
  }
}

/** What the timers give: an object as in Node, which stands for its number where one is wanted. */
abstract class Handle {
  readonly id: number;
  protected readonly run: Execution;
  protected readonly name: string;
  protected readonly callback: () => void;
  protected live: boolean = true;
  protected counts: boolean = true;

  constructor(run: Execution, name: string, callback: () => void) {
    this.run = run;
    this.name = name;
    this.callback = callback;
    const registry = registryOf(run);
    Turns.of(run).touch();
    this.id = ++registry.ids;
    registry.byId.set(this.id, this);
  }

  /** Takes it back. */
  close(): this {
    Turns.of(this.run).touch();
    this.end();
    return this;
  }

  protected end(): void {
    this.live = false;
    registryOf(this.run).byId.delete(this.id);
  }

  ref(): this {
    Turns.of(this.run).touch();
    this.counts = true;
    return this;
  }

  /** From now on it keeps nothing waiting, and is no leak. */
  unref(): this {
    Turns.of(this.run).touch();
    this.counts = false;
    return this;
  }

  hasRef(): boolean {
    Turns.of(this.run).touch();
    return this.counts;
  }

  [Symbol.toPrimitive](): number {
    return this.id;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

class TimeoutHandle extends Handle {
  private readonly deadline: Deadline = new Deadline(() => this.fire());
  private readonly ms: number;
  private readonly repeats: boolean;
  /** It has fired, and its callback stands in the queue. */
  private due = false;

  constructor(run: Execution, name: string, callback: () => void, ms: number, repeats: boolean) {
    super(run, name, callback);
    this.ms = ms;
    this.repeats = repeats;
    if (probe !== null) {
      probe.made(() => this.live && !this.due && this.counts ? `a ${name} of ${ms} ms` : undefined);
    }
    this.set();
  }

  private get loop(): Loop {
    return this.run.loop;
  }

  private set(): void {
    setTimer(this.loop, this.deadline, this.ms);
  }

  private fire(): void {
    this.due = true;
    Turns.of(this.run).callback(this.name, () => this.ring());
  }

  private ring(): void {
    if (!this.live || !this.due) return;
    this.due = false;
    if (this.repeats) this.set();
    else this.end();
    this.callback();
  }

  protected override end(): void {
    this.loop.timers.remove(this.deadline);
    super.end();
  }

  private keepAlive(on: boolean): void {
    const { slot, deadline } = this.deadline;
    this.loop.timers.remove(this.deadline);
    this.deadline.isRef = on;
    if (slot >= 0) this.loop.timers.add(this.deadline, deadline);
  }

  override ref(): this {
    this.keepAlive(true);
    return super.ref();
  }

  override unref(): this {
    this.keepAlive(false);
    return super.unref();
  }

  /** Begins again. */
  refresh(): this {
    Turns.of(this.run).touch();
    if (!this.live) return this;
    this.loop.timers.remove(this.deadline);
    this.due = false;
    this.set();
    return this;
  }
}

class ImmediateHandle extends Handle {
  constructor(run: Execution, callback: () => void) {
    super(run, "setImmediate", callback);
    Turns.of(run).callback(this.name, () => {
      if (!this.live) return;
      this.end();
      this.callback();
    });
  }
}

/** A callback with its arguments; throws for what cannot be called. */
function callable(callback: unknown, args: readonly unknown[], what: string): () => void {
  if (typeof callback !== "function") throw new TypeError(`${what} needs a function, not ${show(callback)}`);
  return () => void callback(...args);
}

function clear(run: Execution, handle: unknown): boolean {
  const found = handle instanceof Handle ? handle : registryOf(run).byId.get(Number(handle));
  found?.close();
  return found !== undefined;
}

type Timers = "setTimeout" | "setInterval" | "clearTimeout" | "clearInterval";
type AnyFunction = (...args: never[]) => unknown;

/** As Node's `util.promisify` knows it. */
const PROMISIFIED: symbol = Symbol.for("nodejs.util.promisify.custom");

/** A timer of the run's that no code of the user's has set: it passes time, and is no leak. Gives a way to take it back. */
export function quietTimer(run: Execution, name: string, ms: number, callback: () => void): () => void {
  const deadline = new Deadline(() => Turns.of(run).callback(name, callback));
  setTimer(run.loop, deadline, ms);
  return () => run.loop.timers.remove(deadline);
}

/** The functions that stand in for the runtime's, which are called where no simulated run goes on. */
export function simulatedTimers(real: { readonly [name: string]: unknown }): Record<string, AnyFunction> {
  const original = (name: string, args: readonly unknown[]): unknown =>
    (real[name] as (...args: readonly unknown[]) => unknown)(...args);
  const setter = (name: Timers, repeats: boolean): AnyFunction => (...args: readonly unknown[]) => {
    if (running === null) return original(name, args);
    const [callback, ms, ...rest] = args;
    return new TimeoutHandle(running, name, callable(callback, rest, name), delayOf(ms), repeats);
  };
  const clearer = (name: Timers | "clearImmediate"): AnyFunction => (...args: readonly unknown[]) => {
    if (running === null || !clear(running, args[0])) original(name, args);
  };
  const setTimeout = setter("setTimeout", false);
  Object.defineProperty(setTimeout, PROMISIFIED, {
    value: (ms: number, value: unknown) =>
      new SimulatedPromise((resolve) => (setTimeout as (...args: unknown[]) => unknown)(resolve, ms, value)),
  });
  return {
    setTimeout,
    setInterval: setter("setInterval", true),
    clearTimeout: clearer("clearTimeout"),
    clearInterval: clearer("clearInterval"),
    setImmediate: (...args: readonly unknown[]) => {
      if (running === null) return original("setImmediate", args);
      const [callback, ...rest] = args;
      return new ImmediateHandle(running, callable(callback, rest, "setImmediate"));
    },
    clearImmediate: clearer("clearImmediate"),
    queueMicrotask: (...args: readonly unknown[]) => {
      if (running === null) return original("queueMicrotask", args);
      return Turns.of(running).job(callable(args[0], [], "queueMicrotask"));
    },
  };
}
