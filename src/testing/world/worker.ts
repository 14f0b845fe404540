/**
 * Workers without threads: a function or generator with a port, whose messages take their time and which may die.
 *
 * Each message is cloned when it is posted, comes in a turn of the event loop, and never before one that was posted
 * earlier. A worker dies at the moment at which a message has come to it, or a while after: what it had not answered by
 * then, it never answers.
 */
import { DONE, GreenletExit, probe, WAIT, WaitLine, writes } from "../../core/mod.ts";
import type { GreenletTask } from "../../greenlet/mod.ts";
import { type Body, call, needBody } from "../../sync/mod.ts";
import { type Dice, type Faults, probability, type Range, range } from "./faults.ts";
import { Listeners } from "./listeners.ts";
import { type SimulatedPort, WorkerPort } from "./worker_port.ts";
import { SimulatedPromise } from "./simulated_promise.ts";
import { type Stage, stageOf, startApart } from "./stage.ts";

/** Options of {@linkcode simulatedWorker}. */
export interface SimulatedWorkerOptions extends Faults {
  /** For reports. Default: the function's name. */
  name?: string;
  /** Milliseconds that a message is on its way. Default 0. */
  latency?: Range;
  /** How probable it is that the worker dies of a message that it gets, at once or while it deals with it. Default 0. */
  failure?: number;
  /** How probable it is that nobody is told of such a death, as when a runtime runs out of memory. Default 0. */
  silence?: number;
}

/** What `error` and `exit` carry. */
export class WorkerEvent extends Event {
  readonly message: string;
  readonly error: unknown;
  /** 0 after a good end, 1 after a bad one. */
  readonly code: number;

  constructor(type: "error" | "exit", error: unknown, code: number) {
    super(type, { cancelable: true });
    this.error = error;
    this.message = error instanceof Error ? error.message : error === undefined ? "" : String(error);
    this.code = code;
  }
}

const DEATHS = ["out of memory", "terminated by a signal", "a defect of the runtime"] as const;

/** A worker as its maker sees it, in the form of the web's. Made by {@linkcode simulatedWorker}. */
export class SimulatedWorker {
  onmessage: ((event: MessageEvent) => unknown) | null = null;
  onmessageerror: ((event: MessageEvent) => unknown) | null = null;
  onerror: ((event: WorkerEvent) => unknown) | null = null;
  onexit: ((event: WorkerEvent) => unknown) | null = null;
  readonly name: string;
  readonly #stage: Stage;
  readonly #dice: Dice;
  readonly #latency: Range;
  readonly #failure: number;
  readonly #silence: number;
  readonly #listeners: Listeners;
  readonly #inbox: unknown[] = [];
  readonly #receivers: WaitLine<unknown> = new WaitLine<unknown>({
    name: () => `a message to worker ${this.name}`,
    rule: () => this.#inbox.length > 0 ? this.#inbox.shift() : WAIT,
  });
  readonly #port: WorkerPort;
  readonly #body: GreenletTask<unknown>;
  #counts = true;
  #reason: unknown = undefined;
  #code: number | undefined = undefined;
  /** When the last message on each way comes: later ones come no earlier. */
  #inDue = 0;
  #outDue = 0;

  constructor(worker: Body<[SimulatedPort], unknown>, options: SimulatedWorkerOptions = {}) {
    needBody(worker, "simulatedWorker");
    const stage = this.#stage = stageOf("simulatedWorker()");
    this.name = options.name ?? (worker.name || "worker");
    this.#dice = stage.dice(options.seed);
    this.#latency = range(options.latency, "simulatedWorker's latency");
    this.#failure = probability(options.failure, "simulatedWorker's failure");
    this.#silence = probability(options.silence, "simulatedWorker's silence");
    this.#listeners = new Listeners((error) => stage.unhandled(error, `a listener of worker ${this.name}`));
    if (probe !== null) {
      probe.born(this);
      probe.made(() => this.alive && this.#counts ? `a worker, ${this.name}` : undefined);
    }
    const port = this.#port = new WorkerPort(
      (message, transfer) => this.#send(message, transfer),
      () => this.#receivers.wait(undefined),
      () => this.#end(0, undefined),
      () => stage.after(0, `worker ${this.name}`, () => this.#deal()),
    );
    let failure: { error: unknown } | null = null;
    this.#body = startApart(stage, `worker ${this.name}`, function* () {
      try {
        yield* call(worker, port);
      } catch (error) {
        if (error instanceof GreenletExit) throw error;
        failure = { error };
      }
    });
    this.#body.watch({
      taskEnded: () => {
        if (failure !== null) this.#end(1, (failure as { error: unknown }).error);
        else if (port.onmessage === null) this.#end(0, undefined); // else it lives on for its messages
      },
    });
  }

  /** It has not ended. */
  get alive(): boolean {
    return this.#code === undefined;
  }

  /** What it died of; undefined while it lives, and after a good end. */
  get reason(): unknown {
    return this.#reason;
  }

  /** @throws `DataCloneError` for what cannot be cloned. */
  postMessage(message: unknown, transfer?: readonly object[] | { transfer?: readonly object[] }): void {
    this.#stage.check("this worker");
    const data = cloned(
      message,
      Array.isArray(transfer)
        ? transfer
        : (transfer as { transfer?: readonly object[] } | undefined)?.transfer,
    );
    writes(this);
    if (!this.alive) return; // lost
    this.#inDue = this.#later(this.#inDue, () => this.#arrive(data));
  }

  #send(message: unknown, transfer?: readonly object[]): void {
    const data = cloned(message, transfer);
    writes(this);
    if (!this.alive) return;
    this.#outDue = this.#later(this.#outDue, () => {
      if (this.#code !== 1) this.#listeners.emit(this, this.onmessage, new MessageEvent("message", { data }));
    });
  }

  /** Calls back after the latency, and not before the one of `due`. Gives when that is. */
  #later(due: number, callback: () => void): number {
    const now = this.#stage.loop.now();
    const at = Math.max(due, now + this.#dice.in(this.#latency));
    this.#stage.after(at - now, `worker ${this.name}`, callback);
    return at;
  }

  #arrive(data: unknown): void {
    if (!this.alive) return;
    writes(this);
    if (this.#dice.chance(this.#failure)) {
      const error = new Error(`worker ${this.name} died: ${this.#dice.pick(DEATHS)}`);
      if (this.#dice.below(2) === 0) return this.#end(1, error);
      this.#stage.after(this.#dice.in(this.#latency), `worker ${this.name}`, () => this.#end(1, error));
    }
    this.#inbox.push(data);
    if (this.#port.onmessage === null) this.#receivers.serve();
    else this.#deal();
  }

  /** Gives its messages to `onmessage`. */
  #deal(): void {
    while (this.alive && this.#port.onmessage !== null && this.#inbox.length > 0) {
      try {
        this.#port.onmessage(new MessageEvent("message", { data: this.#inbox.shift() }));
      } catch (error) {
        this.#end(1, error);
      }
    }
  }

  /** Ends it, for a reason of the test's own. */
  die(reason: unknown = new Error(`worker ${this.name} died`)): void {
    this.#end(1, reason);
  }

  /** Ends it; what it has sent and is on its way is lost. Gives the exit code. */
  terminate(): Promise<number> {
    this.#end(1, undefined);
    return SimulatedPromise.resolve(this.#code as number);
  }

  #end(code: number, reason: unknown): void {
    writes(this);
    if (!this.alive) return;
    this.#code = code;
    this.#reason = reason;
    if (this.#body.status !== DONE) void this.#body.kill();
    const isSilent = reason !== undefined && this.#dice.chance(this.#silence);
    if (isSilent) return;
    // What a worker has sent before it leaves of its own will still comes, and before its exit.
    const waits = code === 0 ? this.#outDue - this.#stage.loop.now() : 0;
    this.#stage.after(waits, `worker ${this.name}`, () => {
      if (reason !== undefined) {
        const isHeard = this.#listeners.emit(this, this.onerror, new WorkerEvent("error", reason, code));
        if (!isHeard) this.#stage.unhandled(reason, `worker ${this.name}`);
      }
      this.#listeners.emit(this, this.onexit, new WorkerEvent("exit", reason, code));
    });
  }

  addEventListener(
    type: "message" | "messageerror" | "error" | "exit",
    listener: ((event: never) => unknown) | { handleEvent(event: never): unknown } | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    this.#listeners.add(type, listener, options);
  }

  removeEventListener(
    type: "message" | "messageerror" | "error" | "exit",
    listener: ((event: never) => unknown) | { handleEvent(event: never): unknown } | null,
  ): void {
    this.#listeners.remove(type, listener);
  }

  /** From now on it is no leak. */
  unref(): this {
    this.#counts = false;
    return this;
  }

  ref(): this {
    this.#counts = true;
    return this;
  }

  [Symbol.dispose](): void {
    this.#end(1, undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.terminate().then(() => {});
  }
}

/**
 * A worker for the body of a simulation, in the form of the web's `Worker`. Its code runs as a greenlet of the same run,
 * with nothing in common but messages. It may die, by chance or by `die`: then there is an `error` event and an `exit`
 * event, and all that it had not answered is lost. A worker that lives at the end of the run is a leak. Outside of
 * simulations, in a `run` on a virtual clock, it works as well: give it a `seed` there.
 *
 * @param worker its code: a generator function that calls `port.receive()`, or a function that sets `port.onmessage`.
 * @throws `TypeError` for what is no function, `RangeError` for bad options, `Error` outside of greenlets.
 * @example
 * ```ts
 * import { AsyncResult } from "tendril";
 * import { simulate, simulatedWorker } from "tendril/testing";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const body = (failure: number) => function* () {
 *   const worker = simulatedWorker(function* (port) {
 *     for (;;) port.postMessage((yield* port.receive<number>()) * 2);
 *   }, { failure, latency: [1, 10] });
 *   const answer = new AsyncResult<number>();
 *   worker.onmessage = ({ data }) => answer.set(data);
 *   worker.onerror = ({ error }) => answer.setException(error);
 *   worker.postMessage(21);
 *   assertEquals(yield* answer.get(), 42);
 *   worker.terminate();
 * };
 * simulate(body(0));
 * assertThrows(() => simulate(body(0.2)), Error, "died");
 * ```
 */
export function simulatedWorker(
  worker: Body<[SimulatedPort], unknown>,
  options?: SimulatedWorkerOptions,
): SimulatedWorker {
  return new SimulatedWorker(worker, options);
}

function cloned(message: unknown, transfer: readonly object[] | undefined): unknown {
  return structuredClone(message, { transfer: transfer as Transferable[] | undefined });
}
