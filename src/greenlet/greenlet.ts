/**
 * A greenlet: a task with a handle. What most greenlets never need (links, a promise face, an abort signal, locals)
 * stands in one lazy record, so that a parked one stays small.
 */
import {
  current,
  currentNursery,
  currentTask,
  DONE,
  duration,
  type Frame,
  GreenletExit,
  Interrupt,
  type Linked,
  List,
  type Loop,
  NEW,
  type NotYet,
  notYieldable,
  type Op,
  type OpIterator,
  PARKED,
  PENDING,
  READY,
  runLater,
  RUNNING,
  type Scope,
  show,
  stackless,
  Task,
  TimeoutError,
  Timer,
  together,
  turn,
  WAIT,
  Wait,
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

/** Flags above those of a task. `RESTED`: what the body returned has been looked at, it is waited for once. */
const DAEMON = 2, ASKED = 4, BEGAN = 8, RESTED = 16, OWNED = 32;

/** Waiting for the end of a greenlet, or for its outcome. All who wait are woken at once, so there is no rule. */
class Join<T> extends Wait<T | boolean> implements Linked<Join<T>> {
  before: Join<T> | null = null;
  after: Join<T> | null = null;
  readonly target: GreenletTask<T>;
  readonly wantsOutcome: boolean;
  readonly timeout: number;

  constructor(target: GreenletTask<T>, wantsOutcome: boolean, timeout: number) {
    super();
    this.target = target;
    this.wantsOutcome = wantsOutcome;
    this.timeout = timeout;
  }

  attempt(task: Task): T | boolean | NotYet {
    const { target } = this;
    if (target.status === DONE) return this.wantsOutcome ? target.outcome() : true;
    if (task === target) {
      throw new Error(`greenlet ${target.name} cannot wait for its own end: it would wait for ever`);
    }
    return this.timeout <= 0 ? this.lapse() : WAIT;
  }

  enter(task: Task): void {
    this.task = task;
    this.target.joiners.push(this);
    if (this.timeout !== Infinity) task.loop.timers.add(this, task.loop.now() + this.timeout);
  }

  leave(): void {
    this.target.joiners.remove(this);
    if (this.slot >= 0) (this.task as Task).loop.timers.remove(this);
  }

  override fire(): void {
    try {
      this.wake(this.lapse());
    } catch (e) {
      this.fail(e);
    }
  }

  copy(): Join<T> {
    return new Join(this.target, this.wantsOutcome, this.timeout);
  }

  describe(): string {
    return `the end of ${this.target.name}`;
  }

  override blocker(): Task | null {
    return this.target;
  }

  private lapse(): boolean {
    if (!this.wantsOutcome) return false;
    throw new TimeoutError(`greenlet ${this.target.name} did not end within ${this.timeout} ms`);
  }
}

/** The outcome of a greenlet that has ended: nothing to wait for. */
class Ended<T> implements OpIterator<T> {
  private readonly target: GreenletTask<T>;
  private hadTurn = false;

  constructor(target: GreenletTask<T>) {
    this.target = target;
  }

  next(): IteratorResult<unknown, T> {
    const task = current ?? currentTask("a greenlet's result");
    if (this.hadTurn || --task.loop.ticks > 0) return { done: true, value: this.target.outcome() };
    this.hadTurn = true; // always ready, but the others get their turn (S-45)
    task.wake(undefined);
    return PARKED;
  }

  throw(error: unknown): never {
    throw error;
  }
}

/** See the top of the file. The public face is the interface `Greenlet`. */
export class GreenletTask<T> extends Task implements Greenlet<T> {
  declare readonly "~result"?: T;
  private readonly body: (...args: readonly unknown[]) => unknown;
  private spawner: Greenlet<unknown> | undefined;
  private joinerList: List<Join<T>> | null = null;
  private rare: Rare | null = null;

  constructor(
    loop: Loop,
    scope: Scope,
    body: (...args: readonly unknown[]) => unknown,
    args: readonly unknown[],
    options: SpawnOptions | null,
  ) {
    super(loop, scope);
    this.body = body;
    this.inbox = args;
    if (options !== null) {
      if (options.daemon === true) this.bits |= DAEMON;
      if (options.name !== undefined) this.name = options.name;
    }
    const spawner = current instanceof GreenletTask && current.loop === loop ? current : null;
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
    const args = this.inbox as readonly unknown[];
    this.bits |= BEGAN;
    const made = args.length === 0 ? this.body() : this.body(...args);
    if (isFresh(made, this.body)) return made as Frame;
    if (isGenerator(made)) {
      claim(made, this.name);
      return made as Frame;
    }
    this.bits |= RESTED;
    const frame = frameFor(made);
    if (frame === null) this.inbox = made;
    return frame;
  }

  protected rest(value: unknown): Frame | null {
    if ((this.bits & RESTED) !== 0) return null;
    this.bits |= RESTED;
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
    this.settleKill();
    if (this.failing) noteOrigin(this.inbox, this.name);
  }

  protected ended(): void {
    for (let join = this.joinerList?.head ?? null; join !== null; join = join.after) {
      if (join.wantsOutcome) this.asked = true;
    }
    const { rare } = this;
    if (rare?.start !== undefined) this.loop.timers.remove(rare.start);
    // A chain of spawners that have ended must not be kept alive by the last one.
    if (this.spawner?.dead === true) this.spawner = undefined;
    const { home } = this;
    if (rare?.links !== undefined && rare.links.length > 0) this.scheduleLinks(); // before the scope can end
    const dealtWith = home.childEnded(this, this.inbox, this.failing);
    if (this.failing && !dealtWith && !this.asked && this !== (this.loop as Loop).main) {
      (this.loop as Loop).report(this.inbox, this);
    }
  }

  protected announce(): void {
    if (this.joinerList === null) return;
    for (let join = this.joinerList.head; join !== null; join = this.joinerList.head) {
      if (!join.wantsOutcome) join.wake(true);
      else if (this.failing) join.fail(this.inbox);
      else join.wake(this.inbox);
    }
  }

  get joiners(): List<Join<T>> {
    return this.joinerList ??= new List();
  }

  /** Puts a kill into the outcome: an end by `GreenletExit` is a success, an error of cleanup never hides the reason. */
  private settleKill(): void {
    if (this.failing && this.inbox instanceof GreenletExit) this.failing = false;
    const kill = this.interrupts?.find((i) => i.depth === WHOLE_TASK);
    if (kill === undefined || (kill.phase === PENDING && this.started)) return;
    const gentle = kill.error instanceof GreenletExit;
    if (!this.failing) {
      if (!(this.inbox instanceof GreenletExit)) (this.loop as Loop).swallowed++;
    } else if (this.inbox === kill.error) {
      this.asked = true; // whoever killed it with this error knows it
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
    return this.spawner?.dead === true ? undefined : this.spawner;
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
        return this.status === READY && !this.started ? "created" : "suspended";
    }
  }

  get started(): boolean {
    return (this.bits & BEGAN) !== 0;
  }

  get daemon(): boolean {
    return (this.bits & DAEMON) !== 0;
  }

  /** Somebody has asked for the outcome: then a failure is his business. */
  get asked(): boolean {
    return (this.bits & ASKED) !== 0;
  }

  /** Its failure is the business of whoever started it. */
  get owned(): boolean {
    return (this.bits & OWNED) !== 0;
  }

  set owned(on: boolean) {
    this.bits = on ? this.bits | OWNED : this.bits & ~OWNED;
  }

  set asked(on: boolean) {
    this.bits = on ? this.bits | ASKED : this.bits & ~ASKED;
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
    return new Join(this, false, waitTime(options, "join")) as Op<boolean>;
  }

  get(options?: WaitOptions): Op<T> {
    return new Join(this, true, waitTime(options, "get")) as Op<T>;
  }

  [Symbol.iterator](): OpIterator<T> {
    if (this.status === DONE) return new Ended(this);
    return new Join(this, true, Infinity) as OpIterator<T>;
  }

  kill(reason?: unknown, options?: KillOptions): Op<boolean> {
    const timeout = waitTime(options, "kill");
    const loop = this.loop as Loop;
    const grace = options?.grace === undefined ? loop.grace : duration(options.grace, "kill's grace");
    if (this.status !== DONE) {
      this.terminate(new Interrupt(killReason(reason), WHOLE_TASK, grace, 0));
      if (this === (loop.main as unknown)) loop.limitEnd(grace);
    }
    if (current === this) return op(() => afterOwnKill());
    if (timeout === Infinity || this.status === DONE) return new Join(this, false, timeout) as Op<boolean>;
    const end = loop.now() + timeout; // counted from this call, which has acted already
    return op(() => joinUntil(this, end));
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
    runLater(loop, home, `links of ${this.name}`, () => this.runLinks());
  }

  private runLinks(): void {
    const links = this.rare?.links ?? [];
    for (let link = links.shift(); link !== undefined; link = links.shift()) {
      if (link.wants === "value" && this.failing) continue;
      if (link.wants === "exception" && !this.failing) continue;
      try {
        (link.listener as Listener<T>)(this);
      } catch (e) {
        (this.loop as Loop).tell(e, this);
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

  /** Starts after `ms`, if it is not killed before. */
  startLater(ms: number): void {
    const start = new Start(this);
    this.more().start = start;
    this.loop.timers.add(start, this.loop.now() + ms);
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

function* joinUntil(greenlet: GreenletTask<unknown>, end: number): Generator<unknown, boolean, unknown> {
  return yield* greenlet.join({ timeout: end - greenlet.loop.now() });
}

/** Where a greenlet waits that has killed itself: the kill comes at this park; under a shield it goes on. */
function* afterOwnKill(): Generator<unknown, boolean, unknown> {
  yield* turn;
  return false;
}

function newExit(): GreenletExit {
  return new GreenletExit();
}

/** The error that a kill throws: one that is no Error is wrapped (S-18). */
export function killReason(reason: unknown): unknown {
  if (reason === undefined) return stackless(newExit);
  const kind = Object.prototype.toString.call(reason); // errors of another realm are errors, too
  if (reason instanceof Error || kind === "[object Error]" || kind === "[object DOMException]") return reason;
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

/** One for all who have none: a parked greenlet keeps its arguments. */
const NO_ARGS: readonly unknown[] = [];

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
    options,
  );
  return greenlet;
}

/** A plain record: neither a generator, nor an operation, a promise, an array. */
export function isSpawnOptions(value: unknown): value is SpawnOptions {
  if (typeof value !== "object" || value === null || "~op" in value) return false;
  const proto = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

/** `spawn` into a given scope. */
export function spawnInto<T>(scope: Scope, what: string, args: readonly unknown[]): GreenletTask<T> {
  const first = args[0];
  const greenlet = args.length > 1 && isSpawnOptions(first)
    ? create<T>(what, scope, first, args[1], args.slice(2))
    : create<T>(what, scope, null, first, args.slice(1));
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
 * import { assertEquals } from "@std/assert";
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
export function spawn(body: unknown, ...given: readonly unknown[]): Greenlet<unknown> {
  const args = given.length === 0 ? NO_ARGS : given;
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
  return error instanceof GreenletExit || current?.isKilledBy(error) === true ||
    (error instanceof AggregateError && isKill(error.errors[0])); // the main one stands in front
}
