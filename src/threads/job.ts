/**
 * A job: one call in a worker, and its outcome, under the same handle as a greenlet.
 *
 * Millions of them are made a second, so a job is one object with the fields of the common case; what few have stands in one lazy
 * record, and there is a promise only where somebody awaits it. Who runs it, and what a kill has to do, is its owner's business.
 *
 * Length: its public face alone is some two hundred lines of one-line methods.
 */
import {
  current,
  duration,
  type GreenletExit,
  List,
  type Loop,
  type Op,
  type OpIterator,
  show,
  type Task,
} from "../core/mod.ts";
import {
  type Greenlet,
  type GreenletState,
  type KillOptions,
  killReason,
  type LinkListener,
  Links,
  type LinkWants,
  needListener,
} from "../greenlet/mod.ts";
import { asyncIterator, type Stream, type WaitOptions, waitTime } from "../sync/mod.ts";
import { keepAlive } from "../host/io.ts";
import { reportToStderr } from "../host/mod.ts";
import type { Call, CallMode, Target } from "../wire/mod.ts";
import { type Awaitable, both } from "../host/mod.ts";
import { Inflow } from "./inflow.ts";
import { JobWait } from "./job_wait.ts";
import { isGentle, withCallSite } from "./site.ts";

/** Where a job is. `HELD`: in front of a queue that is full. `LOADING`: before that, its arguments need something. */
export const HELD = 0, QUEUED = 1, SENT = 2, DONE = 3, LOADING = 4;

/** Options of one job. */
export interface JobOptions {
  /** For reports. Default: the function's name and the id. */
  name?: string;
  /**
   * Milliseconds that its function may run; it then fails with a `TimeoutError`. They are counted from the function's start: neither the
   * time in the queue nor that in which a thread starts and loads the module. Default: no limit.
   */
  timeout?: number;
  /** Higher goes first. Default 0. */
  priority?: number;
  /** Milliseconds from a kill, or the end of its time, until its thread is ended. Default: that of the pool. */
  grace?: number;
}

/** The pool, as far as its jobs know it. */
export interface JobOwner {
  kill(job: AnyJob, grace: number | undefined): void;
  hasBegun(job: AnyJob): boolean;
  began(job: AnyJob): void;
  more(job: AnyJob, n: number): void;
  progressOf(job: AnyJob): number;
  ended(job: AnyJob, failing: boolean): void;
  /** Its threads keep no program alive. */
  readonly daemon: boolean;
}

type Listener<T> = LinkListener<Greenlet<T>>;

/** What few jobs have. */
interface Rare {
  name?: string;
  timeout?: number;
  grace?: number;
  controller?: AbortController;
  links?: Links<Greenlet<unknown>>;
  progress?: unknown;
  listeners?: ((value: unknown) => void)[];
  inflow?: Inflow<unknown>;
  /** Its values are dropped. */
  discards?: boolean;
  /** Called at the end, whichever way. */
  whenDone?: (() => void)[];
  /** Why it was killed. */
  kill?: { reason: unknown };
}

let ids = 0;

/** See the top of the file. `T` is its result, `Y` what its generator yields. */
export class Job<T, Y = never> implements Greenlet<T>, Stream<Y>, Call {
  declare readonly "~result"?: () => T;
  readonly id: number = ++ids;
  readonly target: Target;
  readonly mode: CallMode;
  args: readonly unknown[];
  readonly priority: number;
  seq = 0;
  moved = false;
  shares = false;
  place: number = QUEUED;
  /** When it was submitted, in milliseconds. */
  since = 0;
  /** Where it was called, if somebody has looked. */
  site: Error | null = null;
  /** Killed when the only one who waits for it is. */
  isOwned = false;
  /** Who runs it. */
  worker: unknown = null;
  private readonly owner: JobOwner;
  private readonly spawner: Task | null = current;
  private result: unknown = undefined;
  private failing = false;
  private asked = false;
  private waitList: List<JobWait<unknown>> | null = null;
  private promise: Promise<unknown> | null = null;
  private resolve: ((value: unknown) => void) | null = null;
  private reject: ((error: unknown) => void) | null = null;
  private endIsWanted = false;
  private rare: Rare | null = null;

  constructor(
    owner: JobOwner,
    target: Target,
    mode: CallMode,
    args: readonly unknown[],
    options: JobOptions | null,
  ) {
    this.owner = owner;
    this.target = target;
    this.mode = mode;
    this.args = args;
    this.priority = options === null ? 0 : options.priority ?? 0;
    if (options !== null) this.take(options);
  }

  private take({ name, timeout, grace, priority }: JobOptions): void {
    const rare = this.extras();
    if (priority !== undefined && (typeof priority !== "number" || priority !== priority)) {
      throw new TypeError(`a job's priority must be a number, not ${show(priority)}`);
    }
    if (name !== undefined) rare.name = name;
    if (timeout !== undefined) rare.timeout = duration(timeout, "a job's timeout");
    if (grace !== undefined) rare.grace = duration(grace, "a job's grace");
  }

  get "~op"(): true {
    return true;
  }

  // ---- what its worker tells

  get tells(): boolean {
    return this.rare?.timeout !== undefined && this.rare.timeout !== Infinity;
  }

  began(): void {
    this.owner.began(this as never);
  }

  returned(value: unknown): void {
    if (this.rare?.kill === undefined) this.settle(value, false);
    else this.killed();
  }

  threw(error: unknown): void {
    if (this.rare?.kill === undefined) this.settle(withCallSite(error, this.site), true);
    else this.killed();
  }

  items(values: readonly unknown[]): void {
    const rare = this.extras();
    if (rare.discards === true) return;
    this.inflow().push(values);
    if (this.endIsWanted) this.discard();
  }

  progressed(value: unknown): void {
    const rare = this.extras();
    rare.progress = value;
    for (const listener of rare.listeners ?? []) this.callBack(() => listener(value));
  }

  // ---- what its pool tells

  /** It ends as killed: at once if it has not begun. */
  killed(): void {
    const reason = this.rare?.kill?.reason;
    this.settle(reason, !isGentle(reason));
  }

  get killReason(): unknown {
    return this.rare?.kill?.reason;
  }

  /** Notes why it is to end. False: there is a reason already. */
  condemn(reason: unknown, asked: boolean): boolean {
    const rare = this.extras();
    if (rare.kill !== undefined) return false;
    rare.kill = { reason };
    if (asked) this.asked = true; // whoever killed it knows
    rare.controller?.abort(reason);
    return true;
  }

  /** `call` is called at once when it ends, and must not throw. */
  whenDone(call: () => void): void {
    (this.extras().whenDone ??= []).push(call);
  }

  /** Whoever calls this deals with its failure. */
  own(): this {
    this.asked = true;
    return this;
  }

  get timeLimit(): number {
    return this.rare?.timeout ?? Infinity;
  }

  get ownGrace(): number | undefined {
    return this.rare?.grace;
  }

  private settle(result: unknown, failing: boolean): void {
    if (this.place === DONE) return;
    this.owner.ended(this as never, failing); // first: it looks where the job was
    this.place = DONE;
    this.result = result;
    this.failing = failing;
    this.args = NO_ARGS; // what was sent is not kept
    this.site = null;
    this.worker = null;
    if (this.waitList !== null) this.announce(this.waitList);
    if (this.resolve !== null) {
      if (failing) this.reject?.(result);
      else this.resolve(result);
      this.resolve = this.reject = null;
    }
    if (this.rare !== null) {
      this.rare.inflow?.ended();
      for (const call of this.rare.whenDone ?? []) call();
      if (this.rare.links !== undefined) queueMicrotask(() => this.runLinks());
    }
    if (failing && !this.asked) this.report(result);
  }

  private announce(waits: List<JobWait<unknown>>): void {
    for (let wait = waits.head; wait !== null; wait = waits.head) {
      if (!wait.wantsOutcome) wait.wake(true);
      else {
        this.asked = true;
        if (this.failing) wait.fail(this.result);
        else wait.wake(this.result);
      }
    }
  }

  private report(error: unknown): void {
    const loop = this.spawner?.loop as Loop | undefined;
    if (loop === undefined || loop.isOver) reportToStderr(error, this.name);
    else loop.report(error, this.spawner as Task);
  }

  private callBack(call: () => unknown): void {
    try {
      call();
    } catch (error) {
      this.report(error);
    }
  }

  // ---- the face of a greenlet

  get name(): string {
    return this.rare?.name ?? `${this.target.name}-${this.id}`;
  }

  set name(name: string) {
    this.extras().name = name;
  }

  get signal(): AbortSignal {
    const rare = this.extras();
    if (rare.controller === undefined) {
      rare.controller = new AbortController();
      if (rare.kill !== undefined) rare.controller.abort(rare.kill.reason);
    }
    return rare.controller.signal;
  }

  get parent(): Greenlet<unknown> | undefined {
    const { spawner } = this;
    return spawner === null || spawner.isDone ? undefined : spawner as unknown as Greenlet<unknown>;
  }

  /** The program does not wait for it, but while somebody waits for it. */
  get daemon(): boolean {
    return this.owner.daemon;
  }

  get state(): GreenletState {
    if (this.place === DONE) return "closed";
    return this.started ? "running" : "created";
  }

  get started(): boolean {
    if (this.place === DONE) return this.seq !== 0;
    return this.place === SENT && this.owner.hasBegun(this as never);
  }

  get ready(): boolean {
    return this.place === DONE;
  }

  get dead(): boolean {
    return this.place === DONE;
  }

  get successful(): boolean {
    return this.place === DONE && !this.failing;
  }

  get value(): T | GreenletExit | undefined {
    return this.successful ? this.result as T : undefined;
  }

  get exception(): unknown {
    if (this.place !== DONE || !this.failing) return undefined;
    this.asked = true;
    return this.result;
  }

  /** The last that it has said of how far it is: from 0 to 1, or whatever it has reported. */
  get progress(): unknown {
    const said = this.rare?.progress;
    if (said !== undefined && typeof said !== "number") return said;
    if (this.place === DONE) return this.failing ? said ?? 0 : 1;
    return this.started ? this.owner.progressOf(this as never) : 0;
  }

  /** Calls `listener` with what the job reports by `reportProgress`. Gives a way to stop that. */
  onProgress(listener: (value: unknown) => void): () => void {
    if (typeof listener !== "function") {
      throw new TypeError(`onProgress needs a function, not ${show(listener)}`);
    }
    const listeners = this.extras().listeners ??= [];
    listeners.push(listener);
    return () => void listeners.splice(listeners.indexOf(listener), 1);
  }

  join(options?: WaitOptions): Awaitable<boolean> {
    this.wantEnd();
    return new JobWait<T>(this, false, waitTime(options, "join")) as Awaitable<boolean>;
  }

  get(options?: WaitOptions): Awaitable<T> {
    this.wantEnd();
    return new JobWait<T>(this, true, waitTime(options, "get")) as Awaitable<T>;
  }

  [Symbol.iterator](): OpIterator<T> {
    this.wantEnd();
    return new JobWait<T>(this, true, Infinity) as OpIterator<T>;
  }

  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.asked = true;
    this.promise ??= this.place === DONE ? this.settledPromise() : new Promise<unknown>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.wantEnd();
      if (this.daemon) this.whenDone(keepAlive());
    });
    return (this.promise as Promise<T>).then(onValue, onError);
  }

  private settledPromise(): Promise<unknown> {
    return this.failing ? Promise.reject(this.result) : Promise.resolve(this.result);
  }

  /**
   * Ends the job. One that waits in the queue never starts. One that runs is asked to end (`cancelled()`, a kill of its
   * greenlet), and its thread is ended after `grace` milliseconds, much sooner if nothing in it listens.
   */
  kill(reason?: unknown, options?: KillOptions): Awaitable<boolean> {
    const timeout = waitTime(options, "kill");
    const grace = options?.grace === undefined ? undefined : duration(options.grace, "kill's grace");
    if (this.place !== DONE) {
      this.condemn(killReason(reason), true);
      this.owner.kill(this as never, grace);
    }
    if (timeout === Infinity || this.place === DONE) return this.join({ timeout });
    const end = performance.now() + timeout; // counted from this call, which has acted already
    return both(() => this.joinUntil(end));
  }

  private *joinUntil(end: number): Generator<unknown, boolean, unknown> {
    return yield* this.join({ timeout: end - performance.now() });
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
    this.rare?.links?.remove(listener as Listener<unknown>);
  }

  private addLink(listener: Listener<T>, wants: LinkWants): void {
    needListener(listener);
    if (wants !== "value") this.asked = true;
    const links = this.extras().links ??= new Links();
    links.add(listener as Listener<unknown>, wants);
    if (this.place === DONE && links.length === 1) queueMicrotask(() => this.runLinks());
  }

  private runLinks(): void {
    this.rare?.links?.run(this.failing, (listener) => this.callBack(() => listener(this)));
  }

  // ---- the face of a stream

  /** The next value that its generator yields. Throws its error where it ends by one. */
  next(): Op<IteratorResult<Y, undefined>> {
    return this.open().next() as Op<IteratorResult<Y, undefined>>;
  }

  [Symbol.asyncIterator](): AsyncIterator<Y, undefined> {
    const inflow = this.open();
    return asyncIterator(() => inflow.next(), () => this.close()) as AsyncIterator<Y, undefined>;
  }

  /** Nobody wants the rest of its values: it is killed. */
  close(): void {
    this.rare?.inflow?.close();
    if (this.place !== DONE) void this.kill();
  }

  private open(): Inflow<unknown> {
    const rare = this.extras();
    if (rare.discards === true) {
      throw new Error(
        `the values of job ${this.name} are gone: somebody has waited for its end, and nobody read them.` +
          ` Read first (forEach, collect, for await), then ask for the result`,
      );
    }
    const inflow = this.inflow();
    inflow.isOpen = true;
    return inflow;
  }

  private inflow(): Inflow<unknown> {
    return this.extras().inflow ??= new Inflow<unknown>(this);
  }

  /** Whoever waits for the end of a generator that nobody reads does not want its values. */
  private wantEnd(): void {
    if (this.rare?.inflow !== undefined) this.discard();
    this.endIsWanted = true;
  }

  private discard(): void {
    const rare = this.extras();
    if (rare.inflow?.isOpen === true || rare.discards === true || this.place === DONE) return;
    rare.discards = true;
    rare.inflow = undefined;
    this.more(0);
  }

  // ---- for those who wait

  get waits(): List<JobWait<unknown>> {
    return this.waitList ??= new List();
  }

  /** Its reader has room for `n` more values. */
  more(n: number): void {
    this.owner.more(this as never, n);
  }

  outcome(): T {
    this.asked = true;
    if (this.failing) throw this.result;
    return this.result as T;
  }

  abandoned(): void {
    if (this.isOwned && this.promise === null && this.place !== DONE) void this.kill();
  }

  private extras(): Rare {
    return this.rare ??= {};
  }
}

const NO_ARGS: readonly unknown[] = [];

/** Whatever its result. */
export type AnyJob = Job<unknown, unknown>;
