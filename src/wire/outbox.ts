/** Outcomes on their way to the caller: they are collected, and go in one message. */
import { cloneError, cloneProblem } from "./clone.ts";
import { encodeError } from "./errors.ts";
import { encodePassed } from "./passing.ts";
import type { Port } from "./port.ts";
import {
  type ChunkResult,
  type FromWorker,
  OVER,
  PROXIES,
  RESULTS_HEAD,
  SHARED,
  type ToWorker,
} from "./protocol.ts";
import { movedWithOne, proxiesIn } from "./proxy.ts";

/** See the top of the file. */
export class Outbox {
  /** Since when what comes next is counted as busy, in milliseconds. */
  since = 0;
  private readonly port: Port<ToWorker, FromWorker>;
  private readonly now: () => number;
  /** The number of the first call whose outcome was not posted yet. */
  private first = 1;
  /** The next message, whose head is filled in when it goes. */
  private values: Message = [0, 0, 0, null];
  private failed: number[] | null = null;
  /** What is moved with the only value there is: it goes alone, for the other side may have to wait for what it takes to read it. */
  private moved: object[] | null = null;
  private shared = false;
  /** Results of chunks among the values. */
  private chunks: Set<unknown> | null = null;

  constructor(port: Port<ToWorker, FromWorker>, now: () => number) {
    this.port = port;
    this.now = now;
  }

  /** A new batch, whose first call has this number. */
  begin(first: number): void {
    this.first = first;
    this.since = this.now();
  }

  get isEmpty(): boolean {
    return this.values.length === RESULTS_HEAD;
  }

  /** Milliseconds since the last message. */
  get age(): number {
    return this.now() - this.since;
  }

  returned(result: unknown): void {
    if (this.moved !== null) this.flush(false);
    if (typeof result !== "object" || result === null) {
      this.values.push(result);
      return;
    }
    const [value] = encodePassed([result]);
    const moved = movedWithOne(value);
    if (moved.length > 0) {
      this.flush(false);
      this.moved = [...moved];
    }
    if (value !== result) this.shared = true;
    this.values.push(value);
  }

  /** The values and errors of a chunk. */
  chunk(result: ChunkResult): void {
    (this.chunks ??= new Set()).add(result);
    this.returned(result);
  }

  threw(error: unknown): void {
    if (this.moved !== null) this.flush(false);
    (this.failed ??= []).push(this.values.length - RESULTS_HEAD);
    this.values.push(encodeError(error));
  }

  /** Posts what is there. `done`: the batch is over. */
  flush(done: boolean): void {
    if (!done && this.isEmpty) return;
    const now = this.now();
    const { values, failed, moved, chunks } = this;
    const proxies = moved !== null && proxiesIn(values) !== null;
    values[0] = this.first;
    values[1] = (done ? OVER : 0) | (this.shared ? SHARED : 0) | (proxies ? PROXIES : 0);
    values[2] = now - this.since;
    values[3] = failed;
    this.since = now;
    this.first += values.length - RESULTS_HEAD;
    this.values = [0, 0, 0, null];
    this.failed = this.moved = this.chunks = null;
    this.shared = false;
    try {
      this.port.post(values, moved ?? undefined);
    } catch {
      this.port.post(onlyCloneable(values, chunks), moved ?? undefined);
    }
  }
}

type Message = [first: number, flags: number, busy: number, failed: number[] | null, ...values: unknown[]];

/** Some result cannot be cloned: whose it is gets the error. */
function onlyCloneable(
  [first, flags, busy, failed, ...values]: Message,
  chunks: Set<unknown> | null,
): Message {
  const bad = new Set(failed ?? []);
  const good = values.map((value, at) => {
    if (bad.has(at)) return value;
    if (chunks?.has(value)) return cloneableChunk(value as ChunkResult);
    const problem = cloneProblem(value);
    if (problem === undefined) return value;
    bad.add(at);
    return encodeError(cloneError("the result", problem));
  });
  return [first, flags, busy, [...bad].sort((a, b) => a - b), ...good];
}

function cloneableChunk({ values, failed }: ChunkResult): ChunkResult {
  const failures = [...failed ?? []];
  const good = values.map((value, at) => {
    const problem = cloneProblem(value);
    if (problem === undefined) return value;
    failures.push({ at, error: encodeError(cloneError("the result", problem)) });
    return undefined;
  });
  return { values: good, failed: failures.sort((a, b) => a.at - b.at) };
}
