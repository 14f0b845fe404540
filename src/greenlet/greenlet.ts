/**
 * A greenlet: a task with a handle. What most greenlets never need (links, a promise face, an abort signal, locals)
 * stands in one lazy record, so that a parked one stays small.
 */
import {
  current,
  currentNursery,
  currentTask,
  DONE,
  type Frame,
  GreenletExit,
  Interrupt,
  type Loop,
  NEW,
  type NotYet,
  notYieldable,
  type Op,
  type OpIterator,
  PENDING,
  READY,
  RUNNING,
  type Scope,
  show,
  Task,
  Timer,
  together,
  turn,
  WAIT,
  type Waiter,
  WaitLine,
  WHOLE_TASK,
} from "../core/mod.ts";
import { type Body, claim, frameFor, Given, isFresh, isGenerator, op, type WaitOptions, waitTime } from "../sync/mod.ts";
import type { Greenlet, GreenletState, KillOptions } from "./types.ts";

/** A callback on the end of a greenlet. */
type Listener<T> = (greenlet: Greenlet<T>) => void;

interface Link {
  listener: Listener<never>;
  /** Which ends it wants to hear of. */
  wants: "any" | "value" | "exception";
}

/** What few greenlets have. */
interface Rare {
  name?: string;
  links?: Link[];
  promise?: Promise<unknown>;
  controller?: AbortController;
  /** The kill's reason, for a signal that is asked for later. */
  reason?: unknown;
  locals?: Map<object, unknown>;
  start?: Timer;
}

/** What a waiter in the line of joiners wants: to know that it ended, or its outcome. */
const JOIN = 0, GET = 1;

class Joiners<T> extends WaitLine<boolean | T, number> {
  private readonly target: GreenletTask<T>;

  constructor(target: GreenletTask<T>) {
    super(NO_OPTIONS);
    this.target = target;
  }

  override get name(): string {
    return `the end of ${this.target.name}`;
  }

  override rule(waiter: Waiter<boolean | T, number>): boolean | T | NotYet {
    const { target } = this;
    if (target.status !== DONE) {
      if (waiter.task === target) {
        throw new Error(`greenlet ${target.name} cannot wait for its own end: it would wait for ever`);
      }
      return WAIT;
    }
    return waiter.payload === JOIN ? true : target.outcome();
  }

  override lapse(waiter: Waiter<boolean | T, number>): boolean | T {
    return waiter.payload === JOIN ? false : super.lapse(waiter);
  }

  override blocker(): Task | null {
    return this.target;
  }
}

const NO_OPTIONS = { name: "", rule: (): NotYet => WAIT } as const;

/** See the top of the file. The public face is the interface `Greenlet`. */
export class GreenletTask<T> extends Task implements Greenlet<T> {
  declare readonly "~result"?: T;
  readonly daemon: boolean;
  asked = false;
  private readonly body: (...args: readonly unknown[]) => unknown;
  private args: readonly unknown[] | null;
  private spawner: Greenlet<unknown> | undefined;
  private joiners: Joiners<T> | null = null;
  private rare: Rare | null = null;
  private began = false;
  /** What the body returned has been looked at: it is waited for once. */
  private rested = false;

  constructor(
    loop: Loop,
    scope: Scope,
    body: (...args: readonly unknown[]) => unknown,
    args: readonly unknown[],
    daemon: boolean,
  ) {
    super(loop, scope);
    this.body = body;
    this.args = args;
    this.daemon = daemon;
    const spawner = current !== null && current.loop === loop ? current as GreenletTask<unknown> : null;
    this.spawner = spawner ?? undefined;
    if (spawner !== null && spawner.rare?.locals !== undefined) this.inherit(spawner.rare.locals);
    scope.add(this);
    if (loop.hooks !== null) loop.hooks.spawned?.(this);
  }

  get "~op"(): true {
    return true;
  }

  // ---- what a task asks of its handle

  protected begin(): Frame | null {
    const args = this.args as readonly unknown[];
    this.args = null;
    this.began = true;
    const made = args.length === 0 ? this.body() : this.body(...args);
    if (isGenerator(made)) {
      if (!isFresh(made, this.body as { prototype?: unknown })) claim(made, this.name);
      return made as Frame;
    }
    this.rested = true;
    const frame = frameFor(made);
    if (frame === null) this.inbox = made;
    return frame;
  }

  protected rest(value: unknown): Frame | null {
    if (this.rested) return null;
    this.rested = true;
    return frameFor(value);
  }

  protected yielded(value: unknown): Frame {
    if (value === undefined) return turn;
    const frame = frameFor(value);
    if (frame === null) throw notYieldable(value);
    return frame;
  }

  protected told(reason: unknown): void {
    const { rare } = this;
    if (rare === null) this.rare = { reason };
    else {
      rare.reason ??= reason;
      rare.controller?.abort(reason);
    }
  }

  protected settleOutcome(): void {
    this.args = null;
    this.settleKill();
    if (this.failing) noteOrigin(this.inbox, this.name);
  }

  protected ended(): void {
    const { rare } = this;
    if (rare?.start !== undefined) this.loop.timers.remove(rare.start);
    // A chain of spawners that have ended must not be kept alive by the last one.
    while (this.spawner?.dead === true) this.spawner = this.spawner.parent;
    if (this.joiners !== null) this.joiners.advance();
    const { home } = this;
    if (rare?.links !== undefined && rare.links.length > 0) this.scheduleLinks();
    const dealtWith = home.childEnded(this, this.inbox, this.failing);
    if (this.failing && !dealtWith && !this.asked && this !== (this.loop as Loop).main) {
      (this.loop as Loop).report(this.inbox, this);
    }
  }

  /** Puts a kill into the outcome: an end by `GreenletExit` is a success, an error of cleanup never hides the reason. */
  private settleKill(): void {
    const kill = this.interrupts?.find((i) => i.depth === WHOLE_TASK);
    if (kill === undefined || (kill.phase === PENDING && this.began)) return;
    const gentle = kill.error instanceof GreenletExit;
    if (!this.failing) {
      (this.loop as Loop).swallowed++;
    } else if (this.inbox === kill.error) {
      if (gentle) this.failing = false;
      else this.asked = true; // whoever killed it with this error knows it
    } else if (this.inbox instanceof AggregateError && this.inbox.errors[0] === kill.error) {
      if (gentle) this.inbox = together(this.inbox.errors.slice(1));
    } else if (!gentle) {
      this.inbox = together([kill.error, this.inbox]);
    }
  }

  /** The scope that it lives in. */
  get home(): Scope {
    let scope = this.scope as Scope;
    while (scope.owner === this) scope = scope.parent as Scope;
    return scope;
  }

  outcome(): T {
    this.asked = true;
    if (this.failing) throw this.inbox;
    return this.inbox as T;
  }

  // ---- the public face

  get name(): string {
    return this.rare?.name ?? `${this.body.name || "greenlet"}-${this.id}`;
  }

  set name(name: string) {
    this.more().name = name;
  }

  get parent(): Greenlet<unknown> | undefined {
    return this.spawner;
  }

  get signal(): AbortSignal {
    const rare = this.more();
    if (rare.controller === undefined) {
      rare.controller = new AbortController();
      if ("reason" in rare) rare.controller.abort(rare.reason);
    }
    return rare.controller.signal;
  }

  get state(): GreenletState {
    switch (this.status) {
      case NEW:
        return "created";
      case RUNNING:
        return "running";
      case DONE:
        return "closed";
      default:
        return this.status === READY && !this.began ? "created" : "suspended";
    }
  }

  get started(): boolean {
    return this.began;
  }

  get ready(): boolean {
    return this.status === DONE;
  }

  get dead(): boolean {
    return this.status === DONE;
  }

  get successful(): boolean {
    return this.status === DONE && !this.failing;
  }

  get value(): T | GreenletExit | undefined {
    return this.successful ? this.inbox as T : undefined;
  }

  get exception(): unknown {
    if (this.status !== DONE || !this.failing) return undefined;
    this.asked = true;
    return this.inbox;
  }

  join(options?: WaitOptions): Op<boolean> {
    return this.line().wait(JOIN, waitTime(options, "join")) as Op<boolean>;
  }

  get(options?: WaitOptions): Op<T> {
    return this.line().wait(GET, waitTime(options, "get")) as Op<T>;
  }

  [Symbol.iterator](): OpIterator<T> {
    return this.line().wait(GET) as OpIterator<T>;
  }

  kill(reason?: unknown, options?: KillOptions): Op<boolean> {
    const timeout = waitTime(options, "kill");
    const loop = this.loop as Loop;
    const grace = waitTime({ timeout: options?.grace ?? loop.grace }, "kill's grace");
    if (this.status !== DONE) {
      const earlier = this.interrupts?.find((i) => i.depth === WHOLE_TASK);
      if (earlier === undefined) this.terminate(new Interrupt(killReason(reason), WHOLE_TASK, grace));
      else if (options?.grace !== undefined) this.shorten(earlier, grace);
      if (this === (loop.main as unknown)) loop.limitEnd(grace);
    }
    if (current === this) return op(() => afterOwnKill());
    return this.line().wait(JOIN, timeout) as Op<boolean>;
  }

  link(listener: Listener<T>): void {
    this.addLink(listener, "any");
  }

  linkValue(listener: Listener<T>): void {
    this.addLink(listener, "value");
  }

  linkException(listener: Listener<T>): void {
    this.addLink(listener, "exception");
  }

  unlink(listener: Listener<T>): void {
    const links = this.rare?.links;
    const at = links?.findIndex((l) => l.listener === listener) ?? -1;
    if (at >= 0) links?.splice(at, 1);
  }

  // deno-lint-ignore no-thenable
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const rare = this.more();
    rare.promise ??= new Promise<T>((resolve, reject) => {
      this.link(() => this.failing ? reject(this.inbox) : resolve(this.inbox as T));
    });
    return (rare.promise as Promise<T>).then(onValue, onError);
  }

  // ---- links

  private addLink(listener: Listener<T>, wants: Link["wants"]): void {
    if (typeof listener !== "function") {
      throw new TypeError(`a link needs a function, not ${show(listener)}`);
    }
    if (wants !== "value") this.asked = true;
    const links = this.more().links ??= [];
    links.push({ listener, wants });
    if (this.status === DONE && links.length === 1) this.scheduleLinks();
  }

  /** Links run in a task of their own: not inside the dying greenlet, and before its scope can end. */
  private scheduleLinks(): void {
    const loop = this.loop as Loop;
    const { home } = this;
    if (loop.isOver || this === (loop.main as unknown) || home.status === "closed") {
      return queueMicrotask(() => this.runLinks());
    }
    const runner = new GreenletTask<void>(loop, home, () => this.runLinks(), [], false);
    runner.spawner = undefined;
    runner.name = `links of ${this.name}`;
    loop.enqueue(runner);
  }

  private runLinks(): void {
    const links = this.rare?.links ?? [];
    for (let link = links.shift(); link !== undefined; link = links.shift()) {
      if (link.wants === "value" && this.failing) continue;
      if (link.wants === "exception" && !this.failing) continue;
      try {
        (link.listener as Listener<T>)(this);
      } catch (e) {
        (this.loop as Loop).report(e, this);
      }
    }
  }

  // ---- the rest

  /** Values of `Local`s. */
  get locals(): Map<object, unknown> {
    return this.more().locals ??= new Map();
  }

  private inherit(from: Map<object, unknown>): void {
    for (const [local, value] of from) {
      if ((local as { inherited?: boolean }).inherited === true) this.locals.set(local, value);
    }
  }

  private shorten(interrupt: Interrupt, grace: number): void {
    if (grace >= interrupt.grace) return;
    interrupt.grace = grace;
    if (interrupt.timer === null) return;
    this.loop.timers.remove(interrupt.timer);
    interrupt.timer = null;
    this.deliver(); // starts the shorter one
  }

  /** Starts after `ms`, if it is not killed before. */
  startLater(ms: number): void {
    const start = new Start(this);
    this.more().start = start;
    this.loop.timers.add(start, this.loop.now() + ms);
  }

  private line(): Joiners<T> {
    return this.joiners ??= new Joiners(this);
  }

  private more(): Rare {
    return this.rare ??= {};
  }
}

/** In which greenlet an error first ended something: for reports. */
const origins = new WeakMap<object, string>();

function noteOrigin(error: unknown, name: string): void {
  if (typeof error === "object" && error !== null && !origins.has(error)) origins.set(error, name);
}

/** The name of the greenlet that `error` came from, if it ended one. */
export function originOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null ? origins.get(error) : undefined;
}

class Start extends Timer {
  private readonly greenlet: GreenletTask<unknown>;

  constructor(greenlet: GreenletTask<unknown>) {
    super();
    this.greenlet = greenlet;
  }

  override fire(): void {
    if (!this.greenlet.dead) this.greenlet.loop.enqueue(this.greenlet);
  }
}

/** Where a greenlet waits that has killed itself: the kill comes at this park; under a shield it goes on. */
function* afterOwnKill(): Generator<unknown, boolean, unknown> {
  yield* turn;
  return false;
}

/** The error that a kill throws: one that is no Error is wrapped (S-18). */
export function killReason(reason: unknown): unknown {
  if (reason === undefined) return new GreenletExit();
  if (reason instanceof Error) return reason;
  if (typeof reason === "object" && reason !== null && "name" in reason && "message" in reason) return reason;
  return new Error(`killed: ${show(reason)}`, { cause: reason });
}

/** The running greenlet; throws outside of one. */
export function getCurrent(): Greenlet<unknown> {
  return currentTask("getCurrent()") as GreenletTask<unknown>;
}

/** The running greenlet with its inner face. */
export function currentGreenlet(what: string): GreenletTask<unknown> {
  return currentTask(what) as GreenletTask<unknown>;
}

/** Options of `spawn`. */
export interface SpawnOptions {
  /** For reports and dumps. Default: the function's name and the id. */
  name?: string;
  /** The scope does not wait for it, and kills it at its end. Default false. */
  daemon?: boolean;
}

/** Puts a new greenlet into `scope`, without starting it. */
export function create<T>(
  what: string,
  scope: Scope,
  options: SpawnOptions | null,
  body: unknown,
  args: readonly unknown[],
): GreenletTask<T> {
  const loop = currentTask(what).loop as Loop;
  let callable = body;
  if (typeof body !== "function") {
    if (!isGenerator(body)) {
      throw new TypeError(`${what} needs a function or a generator, not ${show(body)}`);
    }
    claim(body, what);
    const given = new Given<T>(body);
    callable = () => given;
  }
  const greenlet = new GreenletTask<T>(
    loop,
    scope,
    callable as (...args: readonly unknown[]) => unknown,
    args,
    options?.daemon ?? false,
  );
  if (options?.name !== undefined) greenlet.name = options.name;
  return greenlet;
}

/** `spawn` into a given scope. */
export function spawnInto<T>(scope: Scope, what: string, args: readonly unknown[]): GreenletTask<T> {
  const first = args[0];
  const plain = typeof first === "function" || args.length < 2 || isGenerator(first) || typeof first !== "object";
  const greenlet = plain
    ? create<T>(what, scope, null, first, args.slice(1))
    : create<T>(what, scope, first as SpawnOptions, args[1], args.slice(2));
  greenlet.loop.enqueue(greenlet);
  return greenlet;
}

/**
 * Starts `body` as a new greenlet of the innermost scope; it first runs when the spawner parks.
 *
 * @param body a generator function (or one of its generators), an async function or a plain function.
 * @param args what the body is called with.
 * @throws `TypeError` at the call for anything that cannot run; `Error` outside of a greenlet.
 * @example
 * ```ts
 * import { run, sleep, spawn } from "tendril";
 * import { assertEquals } from "deno-std/assert";
 *
 * const sum = await run(function* () {
 *   const two = spawn(function* () {
 *     yield* sleep(1);
 *     return 2;
 *   });
 *   return 1 + (yield* two);
 * });
 * assertEquals(sum, 3);
 * ```
 */
export function spawn<T>(generator: Generator<unknown, T, unknown>): Greenlet<T>;
export function spawn<A extends readonly unknown[], T>(body: Body<A, T>, ...args: A): Greenlet<T>;
export function spawn<A extends readonly unknown[], T>(
  options: SpawnOptions,
  body: Body<A, T>,
  ...args: A
): Greenlet<T>;
export function spawn(body: unknown, ...args: readonly unknown[]): Greenlet<unknown> {
  if (typeof body !== "function") return spawnInto(currentNursery("spawn"), "spawn", [body, ...args]);
  const greenlet = create<unknown>("spawn", currentNursery("spawn"), null, body, args);
  greenlet.loop.enqueue(greenlet);
  return greenlet;
}

/**
 * `spawn` after `ms` milliseconds. Killed before, it never runs.
 *
 * @throws `RangeError` for `NaN`, `TypeError` for a body that cannot run.
 */
export function spawnLater<A extends readonly unknown[], T>(
  ms: number,
  body: Body<A, T>,
  ...args: A
): Greenlet<T> {
  const delay = waitTime({ timeout: ms }, "spawnLater");
  const greenlet = create<T>("spawnLater", currentNursery("spawnLater"), null, body, args);
  greenlet.startLater(delay);
  return greenlet;
}

/**
 * Whether `error` is a kill: a `GreenletExit`, or the reason that the running greenlet or a scope around it was told to
 * leave for. A `catch` that handles errors lets these through: `if (isKill(e)) throw e;`.
 */
export function isKill(error: unknown): boolean {
  return error instanceof GreenletExit || current?.isKilledBy(error) === true;
}
