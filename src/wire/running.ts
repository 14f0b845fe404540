/** A call that takes longer than its function's return: a promise, a greenlet, a generator. */
import { isGenerator } from "../sync/mod.ts";
import type { ControlBlock } from "./control.ts";
import type { Port } from "./port.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import { drain, Outflow, Streamed } from "./stream.ts";

/** What the worker's runtime gives. */
export interface Services {
  load(url: string): Promise<Readonly<Record<string, unknown>>>;
  /** Runs `body` as a greenlet, which is killed when the signal is aborted. */
  run(body: () => unknown, signal: AbortSignal): Promise<unknown>;
  /** Milliseconds. */
  now(): number;
  /** Calls back after the host had a turn. */
  macrotask(callback: () => void): void;
  /** Nothing runs, and nothing more is to. */
  end(): void;
}

/** The call that runs, as far as more is known of it than its number. */
export class Running {
  readonly id: number;
  /** Aborted when it is killed. */
  readonly controller: AbortController = new AbortController();
  /** Of the values that it yields. */
  outflow: Outflow | null = null;
  private readonly port: Port<ToWorker, FromWorker>;
  private readonly control: ControlBlock;
  private readonly services: Services;

  constructor(id: number, port: Port<ToWorker, FromWorker>, control: ControlBlock, services: Services) {
    this.id = id;
    this.port = port;
    this.control = control;
    this.services = services;
    if (control.isCancelled(id)) this.controller.abort();
  }

  /** What comes of `value`, which its function has returned, or a promise of it. */
  outcome(value: object): unknown {
    if (typeof (value as { then?: unknown }).then === "function") return value;
    const { signal } = this.controller;
    this.control.listens(this.id);
    if (Symbol.asyncIterator in value && typeof (value as { next?: unknown }).next === "function") {
      return drain(value as unknown as AsyncIterator<unknown>, this.flow(), signal);
    }
    if (!isGenerator(value)) return this.services.run(() => value, signal);
    const outflow = this.flow();
    return this.services.run(() => new Streamed(value, outflow), signal).finally(() => outflow.flush());
  }

  /** The same for one of many items: what it yields is nobody's. */
  outcomeOnly(value: object): unknown {
    const outcome = this.outcome(value);
    this.outflow?.more(0);
    return outcome;
  }

  private flow(): Outflow {
    const { id } = this;
    return this.outflow = new Outflow(
      (values) => this.port.post({ type: "items", id, values }),
      () => this.control.isCancelled(id),
      () => this.services.now(),
    );
  }
}
