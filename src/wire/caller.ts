/**
 * The caller's end of a port: sends calls in batches, and hands each one its outcome.
 *
 * Group commit: one batch is in flight; what comes meanwhile waits and goes together. A message costs some 20 µs and a call in it
 * 0.2, so this decides the throughput, whatever carries the messages. What bounds a batch is the time that it is likely to take
 * ({@linkcode BATCH_MS}): whoever is in it waits for those before him, and cannot go to another worker unless he is taken back.
 *
 * Every call that was sent ends once: with an outcome, by being taken back before it began, or with the reason for which the port
 * has closed.
 */
import { cloneError, cloneProblem } from "./clone.ts";
import type { ControlBlock } from "./control.ts";
import { type Costly, learn, type Target } from "./cost.ts";
import { decodeError, encodeError } from "./errors.ts";
import type { Port } from "./port.ts";
import { movedWith, Proxies, proxiesIn, readable } from "./proxy.ts";
import {
  type EncodedError,
  type FromWorker,
  isList,
  MODE_BITS,
  OVER,
  PLAIN,
  PROTOCOL_VERSION,
  PROXIES,
  type Results,
  RESULTS_HEAD,
  SHARED,
  TELL,
  type ToWorker,
} from "./protocol.ts";

/** One call, and where its outcome goes. */
export interface Call extends Costly {
  /** Its number at the port that it was sent to last; 0: not sent. */
  seq: number;
  /** Some of its arguments were moved, so it cannot be sent again. */
  moved: boolean;
  /** Handles stand among its arguments. */
  readonly shares: boolean;
  /** It wants to know when it begins; so it goes alone. */
  readonly tells: boolean;
  began(): void;
  returned(value: unknown): void;
  threw(error: unknown): void;
  /** Values that its generator has yielded. */
  items(values: readonly unknown[]): void;
  progressed(value: unknown): void;
}

/** Who hears of what concerns the worker and no call. */
export interface CallerClient {
  ready(): void;
  /** The batch is over. `unstarted` have not begun, though they seemed to (see `control.ts`). */
  free(unstarted: Call[]): void;
  /** `n` calls have ended, which took `ms` together. */
  ran?(n: number, ms: number): void;
  /** The port has closed; `unstarted` have not begun and may go elsewhere. */
  closed(reason: unknown, unstarted: Call[]): void;
}

/** Milliseconds that a batch is likely to take at most. Twice as long gains 5 % of throughput (`bench/pool`) and doubles waits. */
export const BATCH_MS = 1;
/** See the top of the file. */
export class Caller {
  readonly control: ControlBlock;
  /** How many calls have ended here. */
  finished = 0;
  private readonly port: Port<FromWorker, ToWorker>;
  private readonly client: CallerClient;
  private readonly defined: Set<number> = new Set();
  private batch: Call[] = [];
  /** The number of the batch's first call. */
  private first = 1;
  /** How many calls it had when it was sent: numbers are not used twice, also those of calls that were taken back. */
  private sent = 0;
  /** How many of the batch have their outcome. */
  private settled = 0;
  private inFlight = false;
  private isClosed = false;
  private readonly proxies: Proxies = new Proxies();
  /** Results that wait until proxies can be read. */
  private backlog: Results[] | null = null;

  constructor(port: Port<FromWorker, ToWorker>, control: ControlBlock, client: CallerClient) {
    this.port = port;
    this.control = control;
    this.client = client;
    port.onmessage = (message) => this.receive(message);
    port.onclose = (reason) => this.ended(reason);
  }

  get busy(): boolean {
    return this.inFlight;
  }

  /** Calls that were sent and have no outcome yet. */
  get pending(): number {
    return this.batch.length - this.settled;
  }

  /** These calls. */
  get calls(): readonly Call[] {
    return this.batch.slice(this.settled);
  }

  /** Sends `calls` as one batch; none may be in flight. Those that cannot be cloned fail here, and the others go. */
  send(calls: Call[]): void {
    if (calls.length === 0) return;
    const first = this.first += this.sent;
    const flat: [number, number, ...unknown[]] = [first, 0];
    let moved: object[] | null = null, shared = false;
    for (let i = 0; i < calls.length; i++) {
      const { target, mode, args } = calls[i];
      if (!this.defined.has(target.fn)) this.define(target);
      flat.push(target.fn, args.length << MODE_BITS | mode);
      for (const arg of args) flat.push(arg);
      calls[i].seq = first + i;
      if (calls[i].shares) shared = true;
      const own = movedWith(args);
      if (own === null) continue;
      calls[i].moved = true;
      moved = [...moved ?? [], ...own];
    }
    this.batch = calls;
    this.sent = calls.length;
    this.settled = 0;
    this.inFlight = true;
    this.control.open();
    if (calls[0].tells) flat[1] |= TELL;
    if (shared) flat[1] |= SHARED;
    if (moved !== null && proxiesIn(flat) !== null) flat[1] |= PROXIES;
    try {
      this.port.post(flat, moved ?? undefined);
    } catch (error) {
      this.batch = [];
      this.inFlight = false;
      this.sendGood(calls, error);
    }
  }

  private define({ fn, url, name }: Target): void {
    this.defined.add(fn);
    this.port.post({ type: "define", fn, url, name });
  }

  /** Something among the arguments cannot be cloned: whoever's it is fails. */
  private sendGood(calls: Call[], error: unknown): void {
    const good: Call[] = [], bad: [Call, unknown][] = [];
    for (const call of calls) {
      call.seq = 0;
      call.moved = false;
      const problem = argumentProblem(call);
      if (problem === undefined) good.push(call);
      else bad.push([call, problem]);
    }
    // Nobody was found: it is the list of what is moved that is wrong, or one of us.
    if (bad.length === 0) { for (const call of good.splice(0)) bad.push([call, error]); }
    if (good.length > 0) this.send(good);
    for (const [call, problem] of bad) call.threw(problem);
    if (good.length === 0) this.client.free([]);
  }

  /** Takes back what has surely not begun: it never will, here. */
  takeBack(): Call[] {
    if (!this.inFlight) return [];
    const begun = this.control.stop() - this.first + 1;
    const back = this.batch.splice(Math.max(begun, this.settled));
    for (const call of back) call.seq = 0;
    return back;
  }

  /** Whether `call`, which is in flight, has begun. */
  hasBegun(call: Call): boolean {
    return call.seq !== 0 && this.control.current >= call.seq;
  }

  /** Asks a call that has begun to end. */
  cancel(call: Call): void {
    this.control.cancel(call.seq);
    this.post({ type: "cancel", id: call.seq });
  }

  /** Room for `n` more values of the call's generator; 0: they are not wanted. */
  more(call: Call, n: number): void {
    if (call.seq !== 0) this.post({ type: "more", id: call.seq, n });
  }

  /** The worker ends when nothing runs. */
  close(): void {
    this.post({ type: "close" });
  }

  private post(message: ToWorker): void {
    if (!this.isClosed) this.port.post(message);
  }

  private receive(message: FromWorker): void {
    if (isList(message)) return this.results(message);
    switch (message.type) {
      case "items":
        return this.batch[message.id - this.first]?.items(message.values);
      case "progress":
        return this.batch[message.id - this.first]?.progressed(message.value);
      case "began":
        return this.batch[message.id - this.first]?.began();
      case "broken":
        return this.port.close(decodeError(message.error));
      case "ready":
        if (message.version === PROTOCOL_VERSION) return this.client.ready();
        return this.port.close(
          new Error(`the worker speaks version ${message.version} of the protocol, not ${PROTOCOL_VERSION}`),
        );
    }
  }

  private results(message: Results): void {
    if (this.backlog !== null) return void this.backlog.push(message);
    if ((message[1] & (PROXIES | SHARED)) === 0) return this.settle(message, message[3]);
    const wait = readable(message[1]);
    if (wait === null) {
      this.proxies.revive(message);
      return this.settle(message, message[3]);
    }
    this.backlog = [message];
    const goOn = () => {
      const backlog = this.backlog ?? [];
      this.backlog = null;
      if (!this.isClosed) { for (const each of backlog) this.results(each); }
    };
    wait.then(goOn, (error) => {
      const [first, flags, busy, , ...values] = this.backlog?.shift() as Results;
      const errors = values.map(() => encodeError(error));
      this.settle([first, flags, busy, null, ...errors], errors.map((_, at) => at));
      goOn();
    });
  }

  private settle(message: Results, failed: readonly number[] | null): void {
    const [first, flags, busy] = message;
    const { batch } = this;
    const from = first - this.first, n = message.length - RESULTS_HEAD;
    learn(batch, from, n, busy);
    this.client.ran?.(n, busy);
    this.settled = from + n;
    this.finished += n;
    if ((flags & OVER) !== 0) {
      this.inFlight = false;
      this.batch = [];
      this.settled = 0;
      const unstarted = batch.slice(from + n);
      for (const call of unstarted) call.seq = 0;
      this.client.free(unstarted); // first: the worker goes on while the outcomes are handed out
    }
    let next = 0;
    for (let i = 0; i < n; i++) {
      const call = batch[from + i];
      if (failed !== null && failed[next] === i) {
        next++;
        call.threw(decodeError(message[RESULTS_HEAD + i] as EncodedError));
      } else call.returned(message[RESULTS_HEAD + i]);
    }
  }

  private ended(reason: unknown): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.proxies.fail(reason);
    const begun = this.control.current - this.first + 1;
    const { batch, settled } = this;
    const from = Math.max(begun, settled);
    const lost = batch.slice(settled, from), unstarted = batch.slice(from);
    this.batch = [];
    this.inFlight = false;
    for (const call of unstarted) call.seq = 0;
    for (const call of lost) {
      call.target.alone = true;
      call.threw(reason);
    }
    for (const call of unstarted.filter((each) => each.moved)) call.threw(reason);
    this.client.closed(reason, unstarted.filter((each) => !each.moved));
  }
}

function argumentProblem({ mode, args, target }: Call): unknown {
  const what = `${target.name}()`;
  if (mode !== PLAIN) {
    for (const [n, item] of (args[0] as unknown[]).entries()) {
      const problem = cloneProblem(item);
      if (problem !== undefined) return cloneError(`${what}: item ${n} of the chunk`, problem);
    }
    return undefined;
  }
  for (const [n, arg] of args.entries()) {
    const problem = cloneProblem(arg);
    if (problem !== undefined) return cloneError(`${what}: argument ${n + 1}`, problem);
  }
  return undefined;
}
