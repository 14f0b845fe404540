/**
 * Context that follows awaits: `AsyncLocalStorage`, entered at every switch at the least cost that a runtime has for it.
 *
 * `als.run` makes a new frame at each call: 160 ns on Deno and Node. A frame that was made once for a greenlet and is
 * entered again costs 5-12 ns: on Node and Bun an `AsyncResource` that was made inside of it, on Deno the frame itself,
 * which its core lets one take and set. Where that is missing, `als.run` it is.
 */
import type { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

interface DenoCore {
  getAsyncContext?(): unknown;
  setAsyncContext?(frame: unknown): void;
}

interface Runtime {
  process?: { getBuiltinModule?(name: string): unknown };
  Deno?: { internal?: symbol; [internal: symbol]: { core?: DenoCore } | undefined };
}

/** A place in which some value is current, to be entered again and again. */
export type ContextFrame = { readonly frame: unknown };

/** See the top of the file. */
export interface AsyncContext<T> {
  /** The value of the code that runs, also after its awaits. */
  get(): T | undefined;
  /** A frame like the present one, in which `value` is current. */
  frame(value: T | undefined): ContextFrame;
  /** Calls `f.call(self)` in `frame`; afterwards the present one is current again. It must not be nested in itself deeper than the stack allows. */
  enter<S>(frame: ContextFrame, f: (this: S) => void, self: S): void;
  /** Changes the value for the rest of the `enter` that runs, and for the awaits that begin there. Never called outside of one. */
  change(value: T): void;
  /** Whether {@linkcode change} also changes the frame that was entered, so that it cannot be entered again. */
  readonly changeSpoilsFrame: boolean;
  /** Nobody needs it any more: awaits cost what they did. */
  stop(): void;
}

interface AsyncHooks {
  AsyncLocalStorage: typeof AsyncLocalStorage;
  AsyncResource: typeof AsyncResource;
}

/** A new storage of the kind that costs least here; undefined where the runtime has none. */
export function asyncContext<T>(): AsyncContext<T> | undefined {
  return asyncContexts<T>()[0];
}

/** One of each kind that works here, the one that costs least first. */
export function asyncContexts<T>(): AsyncContext<T>[] {
  const runtime = globalThis as Runtime;
  const hooks = runtime.process?.getBuiltinModule?.("node:async_hooks") as AsyncHooks | undefined;
  if (hooks === undefined) return [];
  const always = new RunContext<T>(hooks);
  const { Deno } = runtime;
  if (Deno === undefined) return [new ResourceContext<T>(hooks), always];
  const core = Deno.internal === undefined ? undefined : Deno[Deno.internal]?.core;
  if (core?.getAsyncContext === undefined || core.setAsyncContext === undefined) return [always];
  const frames = new FrameContext<T>(hooks, core as Required<DenoCore>);
  return frames.works() ? [frames, always] : [always];
}

/** What all have in common: the storage. */
abstract class StorageContext<T> implements AsyncContext<T> {
  protected readonly storage: AsyncLocalStorage<T | undefined>;
  abstract readonly changeSpoilsFrame: boolean;

  constructor(hooks: AsyncHooks) {
    this.storage = new hooks.AsyncLocalStorage<T | undefined>();
  }

  abstract frame(value: T | undefined): ContextFrame;
  abstract enter<S>(frame: ContextFrame, f: (this: S) => void, self: S): void;

  get(): T | undefined {
    return this.storage.getStore();
  }

  change(value: T): void {
    this.storage.enterWith(value);
  }

  stop(): void {
    this.storage.disable();
  }
}

/** Node and Bun: a resource that was made in the frame. */
class ResourceContext<T> extends StorageContext<T> {
  private readonly Resource: typeof AsyncResource;
  readonly changeSpoilsFrame: boolean;

  constructor(hooks: AsyncHooks) {
    super(hooks);
    this.Resource = hooks.AsyncResource;
    // Before Node 24 the value is kept in the resource itself.
    const probe = new hooks.AsyncLocalStorage<number>();
    const resource = probe.run(1, () => new hooks.AsyncResource("tendril"));
    resource.runInAsyncScope(() => probe.enterWith(2));
    this.changeSpoilsFrame = resource.runInAsyncScope(() => probe.getStore()) !== 1;
    probe.disable();
  }

  frame(value: T | undefined): ContextFrame {
    return { frame: this.storage.run(value, () => new this.Resource("tendril")) };
  }

  enter<S>(frame: ContextFrame, f: (this: S) => void, self: S): void {
    (frame.frame as AsyncResource).runInAsyncScope(f, self);
  }
}

/** Deno: the frame itself. */
class FrameContext<T> extends StorageContext<T> {
  private readonly core: Required<DenoCore>;
  readonly changeSpoilsFrame = false;

  constructor(hooks: AsyncHooks, core: Required<DenoCore>) {
    super(hooks);
    this.core = core;
  }

  /** These are no documented functions: they do what is expected of them, or are not used. */
  works(): boolean {
    try {
      const value = {} as T;
      const frame = this.frame(value);
      let seen: unknown;
      this.enter(frame, () => seen = this.get(), null);
      return seen === value && this.get() === undefined;
    } catch {
      return false;
    }
  }

  frame(value: T | undefined): ContextFrame {
    return { frame: this.storage.run(value, this.core.getAsyncContext) };
  }

  enter<S>(frame: ContextFrame, f: (this: S) => void, self: S): void {
    const { core } = this;
    const before = core.getAsyncContext();
    core.setAsyncContext(frame.frame);
    try {
      f.call(self);
    } finally {
      core.setAsyncContext(before);
    }
  }
}

/** The documented way that every runtime has. */
class RunContext<T> extends StorageContext<T> {
  readonly changeSpoilsFrame = false;

  frame(value: T | undefined): ContextFrame {
    return { frame: value };
  }

  enter<S>(frame: ContextFrame, f: (this: S) => void, self: S): void {
    this.storage.run(frame.frame as T | undefined, () => f.call(self));
  }
}
