/**
 * A greenlet: a task with a handle. What most greenlets never need (links, a promise face, an abort signal, locals)
 * stands in one lazy record, so that a parked one stays small.
 *
 * Length: its public face alone is some two hundred lines of one-line methods.
 */
import {
  Alarm,
  binder,
  current,
  DONE,
  duration,
  type Frame,
  GreenletExit,
  Interrupt,
  List,
  type Loop,
  NEW,
  notYieldable,
  type Op,
  type OpIterator,
  PENDING,
  probe,
  reads,
  READY,
  runLater,
  RUNNING,
  type Scope,
  Task,
  Timer,
  together,
  turn,
  WHOLE_TASK,
  writes,
} from "../core/mod.ts";
import {
  claim,
  frameFor,
  isGenerator,
  makesGenerators,
  op,
  type WaitOptions,
  waitTime,
} from "../sync/mod.ts";
import { Ended, Join, type Joinable } from "./join_wait.ts";
import { type LinkListener, Links, type LinkWants, needListener } from "./links.ts";
import { killReason, noteOrigin } from "./reasons.ts";
import type { Greenlet, GreenletState, KillOptions } from "./types.ts";

/** A callback on the end of a greenlet. */
type Listener<T> = LinkListener<Greenlet<T>>;

/** What few greenlets have. */
interface Rare {
  name?: string;
  links?: Links<Greenlet<unknown>>;
  promise?: Promise<unknown>;
  controller?: AbortController;
  locals?: Map<object, unknown>;
  start?: Timer;
}

/** Flags above those of a task. `RESTED`: what the body returned has been looked at, it is waited for once. */
const DAEMON = 16, ASKED = 32, BEGAN = 64, RESTED = 128, OWNED = 256;

/** Options of `spawn`. */
export interface SpawnOptions {
  /** For reports and dumps. Default: the function's name and the id. */
  name?: string;
  /** The scope does not wait for it, and kills it at its end. Default false. */
  daemon?: boolean;
}

/** See the top of the file. The public face is the interface `Greenlet`. */
export class GreenletTask<T> extends Task implements Greenlet<T>, Joinable<T> {
  declare readonly "~result"?: () => T;
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
    if (binder !== null) binder.spawned(this);
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
    if (makesGenerators(this.body)) return made as Frame;
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
    this.rare?.controller?.abort(reason);
  }

  protected settleOutcome(): void {
    if (this.failing || this.interrupts !== null) this.settleKill();
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
    const kill = this.wholeKill();
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

  /** The kill that it was given, if any; known after the end, too. */
  private wholeKill(): Interrupt | undefined {
    return this.interrupts?.find((i) => i.depth === WHOLE_TASK);
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
    reads(this);
    return this.rare?.name ?? `${this.body.name || "greenlet"}-${this.id}`;
  }

  set name(name: string) {
    writes(this);
    this.more().name = name;
  }

  get parent(): Greenlet<unknown> | undefined {
    return this.spawner?.dead === true ? undefined : this.spawner;
  }

  get signal(): AbortSignal {
    this.looked();
    const rare = this.more();
    if (rare.controller === undefined) {
      rare.controller = new AbortController();
      const kill = this.wholeKill();
      if (kill !== undefined) rare.controller.abort(kill.error);
    }
    return rare.controller.signal;
  }

  get state(): GreenletState {
    this.looked();
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
    this.looked();
    return (this.bits & BEGAN) !== 0;
  }

  get daemon(): boolean {
    return (this.bits & DAEMON) !== 0;
  }

  /** Somebody has asked for the outcome: then a failure is his business. */
  get asked(): boolean {
    return (this.bits & ASKED) !== 0;
  }

  set asked(on: boolean) {
    this.bits = on ? this.bits | ASKED : this.bits & ~ASKED;
  }

  /** Its failure is the business of whoever started it. */
  get owned(): boolean {
    return (this.bits & OWNED) !== 0;
  }

  set owned(on: boolean) {
    this.bits = on ? this.bits | OWNED : this.bits & ~OWNED;
  }

  /** Somebody asks how far it is: that depends on its every step. */
  private looked(): void {
    if (probe !== null) probe.stirred(this);
  }

  get ready(): boolean {
    reads(this);
    return this.status === DONE;
  }

  get dead(): boolean {
    reads(this);
    return this.status === DONE;
  }

  get successful(): boolean {
    reads(this);
    return this.status === DONE && !this.failing;
  }

  get value(): T | GreenletExit | undefined {
    return this.successful ? this.inbox as T : undefined;
  }

  get exception(): unknown {
    reads(this);
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
    reads(this);
    if (this.status === DONE) return new Ended(this);
    return new Join(this, true, Infinity) as OpIterator<T>;
  }

  kill(reason?: unknown, options?: KillOptions): Op<boolean> {
    const timeout = waitTime(options, "kill");
    reads(this);
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
    writes(this);
    this.rare?.links?.remove(listener as Listener<unknown>);
  }

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

  private addLink(listener: Listener<T>, wants: LinkWants): void {
    needListener(listener);
    writes(this);
    if (wants !== "value") this.asked = true;
    const links = this.more().links ??= new Links();
    links.add(listener as Listener<unknown>, wants);
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
    this.rare?.links?.run(this.failing, (listener) => {
      (this.loop as Loop).reporter.callBack(() => listener(this), this);
    });
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
    const start = new Alarm(() => {
      if (!this.dead) this.loop.enqueue(this);
    });
    this.more().start = start;
    this.loop.timers.add(start, this.loop.now() + ms);
  }

  private more(): Rare {
    return this.rare ??= {};
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
