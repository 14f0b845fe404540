/**
 * A request and its response, bound to a block from the call until the body is read.
 *
 * The exchange is bound at the request, by a signal of its own, and so pools of connections are never hurt. How far the body
 * is we learn from the methods of the response, or of its stream; of one that nobody reads, only that it was collected.
 */
import { ownPromise, type PromiseOwner } from "../sync/mod.ts";
import { type Binding, Operation } from "./binding.ts";
import { nobodyWaits } from "./call.ts";
import { watchStream } from "./fetch_body.ts";
import { fetchGate, type Gate, hostGate } from "./limits.ts";

/** On a response that is bound. No weak map, no weak reference: these make a request a tenth more expensive. */
export const EXCHANGE: unique symbol = Symbol("tendril.exchange");
/** On its stream. */
const SOURCE: unique symbol = Symbol("tendril.source");
export type Bound = object & { [EXCHANGE]?: Exchange };

/** Of bodies that nobody has read to the end; only where it matters when they are given up. */
const dropped = new FinalizationRegistry<Exchange>((exchange) => exchange.collected());
/** Responses whose bodies are not read yet. From so many on, those that come are watched, as long as there are. */
let unread = 0;
const MANY = 1_000;
/** Those whose streams were collected last: they still end with their greenlets. */
const lingering: Exchange[] = [];

/** The statuses without a body (Fetch standard, "null body status"). */
const BODILESS: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** A promise of ours that somebody has. */
type Promised<T> = Pick<PromiseWithResolvers<T>, "promise" | "reject">;

/** One request and its response. It must not lead to the response: that is to be collected when the user drops it. */
export class Exchange implements PromiseOwner {
  waiters = 0;
  private readonly controller: AbortController = new AbortController();
  private readonly operation: Operation;
  /** Until there is an answer. */
  private asker: PromiseWithResolvers<Response> | null = Promise.withResolvers<Response>();
  private signal: AbortSignal | undefined;
  private readonly follow: () => void = () => {
    const reason = this.signal?.reason;
    const isSent = this.leaveLine === null;
    this.controller.abort(reason);
    if (!isSent || this.asker === null) this.failed(reason); // else the host says it
  };
  private gates: Gate[] = [];
  private readonly url: string;
  private readonly isHead: boolean;
  private leaveLine: (() => void) | null = null;
  private isUnread = false;
  /** Whether what holds the body is watched, and how many objects do. */
  private isWatched = false;
  private holders = 0;
  private isCloned = false;
  /** Somebody has asked for the stream. */
  private isTaken = false;
  /** The body's readers, who hear of an abort at once. */
  private readers: Set<Promised<unknown>> | null = null;

  constructor(binding: Binding, url: string, method: string) {
    this.url = url;
    this.isHead = method.toUpperCase() === "HEAD";
    this.operation = new Operation(binding, `fetch ${method}`, url, {
      abort: (reason) => this.abort(reason),
      disown: () => this.disowned(),
    });
  }

  /** Sends it when there is room, with a signal that this aborts, and that follows the user's. */
  start(send: (signal: AbortSignal) => unknown, signal: AbortSignal | undefined): Promise<Response> {
    const { promise } = this.asker as PromiseWithResolvers<Response>;
    ownPromise(promise, this);
    this.signal = signal;
    signal?.addEventListener("abort", this.follow, { once: true });
    const sendNow = () => {
      // What stands there may be somebody's mock: it may throw, and give what is no promise and no response.
      try {
        const sent = Promise.resolve(send(this.controller.signal)) as Promise<Response>;
        sent.then((response) => this.answered(response), (error) => this.failed(error));
      } catch (error) {
        this.failed(error);
      }
    };
    // The host first: whoever waits there takes no place away from requests to others.
    this.pass([hostGate(this.url), fetchGate], sendNow);
    return promise;
  }

  /** Through the gates one after the other, at once where they are open. */
  private pass(gates: (Gate | null)[], send: () => void): void {
    const [gate, ...rest] = gates;
    if (gate === undefined) return send();
    if (gate === null) return this.pass(rest, send);
    const enter = () => {
      this.leaveLine = null;
      this.gates.push(gate);
      this.pass(rest, send);
    };
    if (gate.tryEnter()) return enter();
    this.leaveLine = gate.wait(enter);
  }

  private answered(response: Response): void {
    const { asker } = this;
    if (asker === null) return; // stopped in the meantime
    this.asker = null;
    if (!this.hasBody(response)) this.done();
    else {
      this.operation.what += ", body";
      this.isUnread = true;
      unread++;
      this.isWatched = unread >= MANY || this.isLimited || this.signal !== undefined;
      this.attend(response);
    }
    asker.resolve(response);
  }

  private hasBody(response: Response): boolean {
    if (this.isHead || BODILESS.has(response?.status)) return false;
    // Not `body === null`: to ask for the body makes a stream, and `text()` then takes the long way through it.
    if (isOurs(response)) return !this.isLimited || response.headers.get("content-length") !== "0";
    return isStream(response?.body); // of somebody's mock, or of another copy of undici
  }

  private get isLimited(): boolean {
    return this.gates.some((gate) => gate.max !== Infinity);
  }

  private attend(response: Response & Bound): void {
    if (isOurs(response)) {
      response[EXCHANGE]?.done(); // a mock gives the same one again
      Object.defineProperty(response, EXCHANGE, { value: this, configurable: true });
      Object.defineProperty(response, "body", BODY);
      this.hold(response);
    } else {
      this.isWatched = true;
      this.streamed(response.body as object);
    }
  }

  private hold(body: object): void {
    if (!this.isWatched) return;
    this.holders++;
    dropped.register(body, this);
  }

  /** One of those that could be read was dropped. Whoever reads by a method of the response need not hold it. */
  collected(): void {
    if (--this.holders > 0 || (this.readers?.size ?? 0) > 0) return;
    if (!this.isTaken) return this.done();
    // A host may go on reading what nobody in here holds: Deno does, in `new Response(body).text()`.
    this.disowned();
    if (lingering.push(this) > MANY) lingering.shift()?.done();
  }

  /** Both have new streams, whose bodies come by it. */
  cloned(response: Response, copy: Response): void {
    this.isCloned = true;
    Object.defineProperty(response, "body", BODY);
    this.attend(copy);
  }

  /** Somebody takes the body as a stream. */
  streamed(body: object): void {
    if (!this.isUnread) return;
    this.isTaken = true;
    this.hold(body);
    watchStream(body, (wasCancelled) => {
      if (!wasCancelled || !this.isCloned) this.done();
    });
  }

  private failed(error: unknown): void {
    this.done();
    this.asker?.reject(error);
    this.asker = null;
  }

  /** Somebody reads the body by one of the response's methods: in the name of another block, perhaps. */
  read<T>(body: Promise<T>, binding: Binding | null): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const reader = { promise, reject };
    (this.readers ??= new Set()).add(reader);
    const stop = (reason: unknown) => this.stopReading(reader, reason);
    const operation = binding === null || binding === this.operation.binding
      ? null
      : new Operation(binding, "reading of a response", this.url, { abort: stop });
    ownPromise(promise, { waiters: 0, abandoned: () => stop(nobodyWaits("reading of a response")) });
    body.then((value) => {
      operation?.done();
      this.done();
      resolve(value);
    }, (error) => {
      operation?.done();
      this.readers?.delete(reader);
      if ((this.readers?.size ?? 0) === 0) this.done(); // else it was a second reader's mistake
      reject(error);
    });
    return promise;
  }

  /** With the body, unless somebody else has a clone of it. */
  private stopReading(reader: Promised<unknown>, reason: unknown): void {
    if (!this.isCloned) this.abort(reason);
    reader.promise.catch(() => {});
    reader.reject(reason);
  }

  get refusal(): Binding | null {
    return this.operation.binding.isOver ? this.operation.binding : null;
  }

  private abort(reason: unknown): void {
    // Perhaps nobody waits for these any more.
    for (const { promise, reject } of [...this.readers ?? [], ...this.asker === null ? [] : [this.asker]]) {
      promise.catch(() => {});
      reject(reason);
    }
    this.asker = null;
    this.controller.abort(reason);
    this.done();
  }

  /** A greenlet that waited for the response was killed, or timed out, and nobody else waits. */
  abandoned(): void {
    this.abort(nobodyWaits(this.operation.what));
  }

  /** Body and all. */
  done(): void {
    this.operation.done();
    this.readers = null;
    this.leaveLine?.();
    this.leaveLine = null;
    this.signal?.removeEventListener("abort", this.follow);
    this.disowned();
  }

  /** It counts no more. */
  private disowned(): void {
    for (const gate of this.gates.splice(0)) gate.leave();
    if (this.isUnread) unread--;
    this.isUnread = false;
  }
}

/** On each response that is bound, until it is asked for the first time. */
const BODY: PropertyDescriptor = {
  configurable: true,
  get(this: Bound & { readonly body?: object | null }): unknown {
    Reflect.deleteProperty(this, "body");
    const { body } = this;
    if (typeof body === "object" && body !== null) {
      // Deno does not hear an abort any more when the response is collected before its stream.
      Object.defineProperty(body, SOURCE, { value: this, configurable: true });
      this[EXCHANGE]?.streamed(body);
    }
    return body;
  },
};

/** Whether it is one whose methods are patched. */
function isOurs(response: unknown): boolean {
  return response instanceof Response && Object.isExtensible(response);
}

function isStream(body: unknown): boolean {
  return typeof (body as { getReader?: unknown } | null | undefined)?.getReader === "function" &&
    Object.isExtensible(body);
}
