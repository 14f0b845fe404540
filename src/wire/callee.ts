/**
 * The called end of a port: runs the calls of a batch one after the other and posts their outcomes together.
 *
 * What a function returns at once costs a store and a load of shared memory (see `control.ts`) and a push. A promise, a generator
 * or an operation leaves the loop: the rest of the batch goes on when it has ended, and what is done by then is posted
 * before. A worker is a thread: it runs one call at a time, of whatever kind.
 */
import { makesGenerators } from "../sync/mod.ts";
import { runChunk } from "./chunk.ts";
import type { ControlBlock } from "./control.ts";
import { type Callable, Definitions } from "./definitions.ts";
import { encodeError } from "./errors.ts";
import { Outbox } from "./outbox.ts";
import type { Port } from "./port.ts";
import {
  type Calls,
  CALLS_HEAD,
  type FromWorker,
  isList,
  MODE_BITS,
  PLAIN,
  PROTOCOL_VERSION,
  PROXIES,
  SHARED,
  SPREAD,
  TELL,
  type ToWorker,
} from "./protocol.ts";
import { Proxies, readable } from "./proxy.ts";
import { Running, type Services } from "./running.ts";
import { isWaitedFor } from "./stream.ts";

/** Milliseconds after which outcomes are posted though the batch goes on. */
const FLUSH_MS = 0.5;
/** Calls between two looks at the clock, which costs as much as a quick call. */
const MAX_STRIDE = 16;
/** Milliseconds between two reports of progress. */
const REPORT_MS = 10;

/** See the top of the file. */
export class Callee {
  private readonly port: Port<ToWorker, FromWorker>;
  private readonly control: ControlBlock;
  private readonly services: Services;
  private readonly definitions: Definitions;
  private readonly outbox: Outbox;
  private calls: readonly unknown[] = [];
  private at = 0;
  /** The number of the call that runs, or ran last. */
  private id = 0;
  private running: Running | null = null;
  private isBusy = false;
  /** In a function that was called, or cut off in one. */
  private isInside = false;
  private isClosing = false;
  private reported = -Infinity;
  private readonly proxies: Proxies = new Proxies();

  constructor(port: Port<ToWorker, FromWorker>, control: ControlBlock, services: Services) {
    this.port = port;
    this.control = control;
    this.services = services;
    this.definitions = new Definitions(services.load);
    this.outbox = new Outbox(port, services.now);
    port.onmessage = (message) => this.receive(message);
  }

  /** Tells the caller that calls may come. */
  ready(): void {
    this.port.post({ type: "ready", version: PROTOCOL_VERSION });
  }

  broken(error: unknown): void {
    this.port.post({ type: "broken", error: encodeError(error) });
  }

  /** Whether the running call has been killed. */
  get cancelled(): boolean {
    if (!this.isBusy) return false;
    this.control.listens(this.id);
    return this.control.isCancelled(this.id);
  }

  /** Aborted when the running call is killed; undefined where nothing runs. */
  get signal(): AbortSignal | undefined {
    if (!this.isBusy) return undefined;
    this.control.listens(this.id);
    return this.open().controller.signal;
  }

  /** Says how far the running call is. A number from 0 to 1 can be seen there at any time; other values are sent, not too often. */
  progress(value: unknown): void {
    if (!this.isBusy) return;
    if (typeof value === "number") this.control.progress = value;
    const now = this.services.now();
    if (now - this.reported < REPORT_MS && value !== 1) return;
    this.reported = now;
    this.port.post({ type: "progress", id: this.id, value });
  }

  /**
   * Asked from a timer: true if a call never came back to where it was called from. A runtime has cut it off then, for lack of
   * memory, and says so to nobody.
   */
  get wasCutOff(): boolean {
    return this.isInside;
  }

  /** Posts what is done: the end of the thread is near. */
  flushNow(): void {
    this.outbox.flush(false);
  }

  private receive(message: ToWorker): void {
    if (isList(message)) return this.begin(message);
    switch (message.type) {
      case "define":
        return this.definitions.define(message.fn, message.url, message.name);
      case "cancel":
        if (message.id === this.id && this.isBusy) this.open().controller.abort();
        return;
      case "more":
        if (message.id === this.id && this.isBusy) this.open().outflow?.more(message.n);
        return;
      case "close":
        this.isClosing = true;
        if (!this.isBusy) this.services.end();
    }
  }

  private begin(calls: Calls): void {
    const [first, flags] = calls;
    if ((flags & (PROXIES | SHARED)) !== 0) {
      const wait = readable(flags);
      if (wait !== null) {
        return void wait.then(() => this.begin(calls), (error) => this.cannotBegin(first, error));
      }
      this.proxies.revive(calls);
    }
    this.calls = calls;
    this.at = CALLS_HEAD;
    this.id = first - 1;
    this.isBusy = true;
    this.outbox.begin(first);
    if ((flags & TELL) !== 0) void this.beginAndTell(first);
    else this.go();
  }

  /** It has come alone. */
  private cannotBegin(first: number, error: unknown): void {
    this.control.begin(this.id = first);
    this.outbox.begin(first);
    this.outbox.threw(error);
    this.over();
  }

  private async beginAndTell(first: number): Promise<void> {
    if (!this.control.begin(++this.id)) return this.over();
    await this.definitions.get(this.calls[CALLS_HEAD] as number).loading; // it can hang in there: it has begun
    this.outbox.since = this.services.now();
    this.port.post({ type: "began", id: first });
    this.go(true);
  }

  private go(hasBegun = false): void {
    this.isInside = true;
    this.runOn(hasBegun);
    this.isInside = false;
  }

  /** Runs on, until the batch is over or something has to be waited for. `hasBegun`: the next call has begun. */
  private runOn(hasBegun: boolean): void {
    const { calls, control, outbox } = this;
    let stride = 1, left = 1;
    while (this.at < calls.length) {
      // A call whose module is loaded has begun: it can hang in there.
      if (hasBegun) hasBegun = false;
      else if (!control.begin(++this.id)) break;
      const definition = this.definitions.get(calls[this.at] as number);
      if (definition.loading !== undefined) return void this.afterLoading(definition.loading);
      const header = calls[this.at + 1] as number;
      const from = this.at + 2, n = header >> MODE_BITS;
      this.at = from + n;
      const mode = header & (1 << MODE_BITS) - 1;
      const { call } = definition;
      if (call === undefined) {
        outbox.threw(definition.error);
        continue;
      }
      if (mode !== PLAIN) return void this.chunk(call, calls[from] as unknown[], mode === SPREAD);
      try {
        let value: unknown;
        if (n === 0) value = call();
        else if (n === 1) value = call(calls[from]);
        else value = call(...calls.slice(from, from + n));
        if (typeof value === "object" && value !== null && (makesGenerators(call) || isWaitedFor(value))) {
          return void this.wait(value);
        }
        outbox.returned(value);
      } catch (error) {
        outbox.threw(error);
      }
      if (--left > 0) continue;
      const late = outbox.age;
      if (late >= FLUSH_MS) outbox.flush(false);
      stride = late * 2 > FLUSH_MS ? 1 : Math.min(stride * 2, MAX_STRIDE);
      left = stride;
    }
    this.over();
  }

  private over(): void {
    this.outbox.flush(true);
    this.isBusy = false;
    this.running = null;
    if (this.isClosing) this.services.end();
  }

  private async afterLoading(loading: Promise<void>): Promise<void> {
    await loading;
    this.outbox.since = this.services.now(); // loading is no cost of the function's
    this.go(true);
  }

  /** Waits for what a function has returned, and goes on with the batch. */
  private async wait(value: unknown): Promise<void> {
    const id = this.id;
    if (!this.outbox.isEmpty) {
      this.services.macrotask(() => {
        if (this.id === id && this.isBusy) this.flushNow();
      });
    }
    try {
      this.outbox.returned(await this.open().outcome(value as object));
    } catch (error) {
      this.outbox.threw(error);
    }
    this.running = null;
    if (this.at < this.calls.length && this.outbox.age >= FLUSH_MS) this.outbox.flush(false);
    this.go();
  }

  private async chunk(call: Callable, items: readonly unknown[], spread: boolean): Promise<void> {
    const result = await runChunk(call, items, spread, {
      goOn: (part) => {
        this.control.progress = part;
        return !this.control.isCancelled(this.id);
      },
      wait: (value) => this.open().outcomeOnly(value),
    });
    this.outbox.chunk(result);
    this.running = null;
    this.go();
  }

  private open(): Running {
    if (this.running?.id !== this.id) {
      this.running = new Running(this.id, this.port, this.control, this.services);
    }
    return this.running as Running;
  }
}
