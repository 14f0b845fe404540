/**
 * One request and what becomes of it.
 *
 *     fetch ──latency──▶ arrives ──▶ server's greenlet ──latency──▶ answer ──▶ piece ──pace──▶ piece … closed
 *
 * What goes wrong is drawn at the beginning. An abort ends it wherever it is, at once.
 */
import { DONE, GreenletExit, probe, reads, writes } from "../../core/mod.ts";
import type { GreenletTask } from "../../greenlet/mod.ts";
import { type Body, call } from "../../sync/mod.ts";
import { firstBytes, type Message, plain, read, redirected } from "./message.ts";
import { type Bytes, type Delivery, Incoming, joined } from "./content.ts";
import type { Dice, Range } from "./faults.ts";
import { fetchFailed, refused, reset, terminated, unresolved } from "./network_errors.ts";
import { SimulatedRequest } from "./request.ts";
import { SimulatedResponse } from "./response.ts";
import { type Deferred, deferred } from "./simulated_promise.ts";
import { type Stage, startApart } from "./stage.ts";

/** What a network's options say, checked. */
export interface Wire {
  readonly latency: Range;
  readonly failure: number;
  readonly dns: number;
  readonly silence: number;
  readonly overload: number;
  readonly cut: number;
  readonly chunk: Range | null;
  readonly pace: Range;
}

/** Who answers, and where. */
export interface Server {
  readonly origin: string;
  readonly path: string;
  readonly handler: Body<[Request], unknown>;
}

/** What is going to happen. */
type Fate = "answer" | "dns" | "refused" | "reset" | "lost" | "silence" | 429 | 500 | 503;

/** As in the fetch standard. */
const MAX_REDIRECTS = 20;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** See the top of the file. It is what the network shows of it, too. */
export class Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly at: number;
  private outcome: "open" | "answered" | "failed" | "aborted" = "open";
  private answered: number | undefined = undefined;
  private connected = true;
  private readonly stage: Stage;
  private readonly dice: Dice;
  private readonly wire: Wire;
  private readonly find: (url: URL) => Server | "unknown host" | "unknown path";
  private readonly signal: AbortSignal;
  private readonly redirect: RequestRedirect;
  private readonly reply: Deferred<Response> = deferred();
  private hops = 0;
  private server: GreenletTask<unknown> | null = null;
  private incoming: Incoming | null = null;
  private take: () => void = () => {};
  private readonly abort: () => void = () => this.aborted();

  constructor(
    stage: Stage,
    dice: Dice,
    wire: Wire,
    request: SimulatedRequest,
    find: (url: URL) => Server | "unknown host" | "unknown path",
  ) {
    this.stage = stage;
    this.dice = dice;
    this.wire = wire;
    this.find = find;
    this.method = request.method;
    this.url = request.url;
    this.headers = request.headers;
    this.body = new TextDecoder().decode(SimulatedRequest.bytesOf(request));
    this.at = stage.loop.now();
    this.signal = request.signal;
    this.redirect = request.redirect;
    if (probe !== null) {
      probe.born(this);
      probe.made(() => this.outcome === "open" ? `a fetch of ${this.url}` : undefined);
    }
    if (this.signal.aborted) this.aborted();
    else {
      this.signal.addEventListener("abort", this.abort, { once: true });
      this.send(request);
    }
  }

  get promise(): Promise<Response> {
    return this.reply.promise;
  }

  get state(): "open" | "answered" | "failed" | "aborted" {
    reads(this);
    return this.outcome;
  }

  get status(): number | undefined {
    reads(this);
    return this.answered;
  }

  get isConnected(): boolean {
    reads(this);
    return this.connected;
  }

  // ---- on the way

  private after(range: Range, then: () => void): void {
    this.take = this.stage.after(this.dice.in(range), `fetch of ${this.url}`, then);
  }

  private fate(): Fate {
    const { dice, wire } = this;
    if (dice.chance(wire.dns)) return "dns";
    if (dice.chance(wire.failure)) return dice.pick(["refused", "reset", "lost"]);
    if (dice.chance(wire.silence)) return "silence";
    if (dice.chance(wire.overload)) return dice.pick([503, 429, 500]);
    return "answer";
  }

  private send(request: SimulatedRequest): void {
    const url = new URL(request.url);
    const server = this.find(url);
    if (server === "unknown host") {
      return this.after(this.wire.latency, () => this.fail(unresolved(url, "ENOTFOUND")));
    }
    const fate = this.fate();
    this.after(this.wire.latency, () => {
      if (fate === "dns") this.fail(unresolved(url, "EAI_AGAIN"));
      else if (fate === "refused") this.fail(refused(url));
      else if (fate === "reset") this.fail(reset());
      else if (fate === 503 || fate === 429) this.reject(fate, url);
      else if (fate === "silence") this.take = () => {};
      else if (server === "unknown path") {
        this.deliver(plain(404, `no server for ${url.pathname}`), url, request);
      } else this.serve(server, request, url, fate);
    });
  }

  private reject(status: 503 | 429, url: URL): void {
    const message = plain(status, status === 503 ? "Service Unavailable" : "Too Many Requests");
    message.headers.set("retry-after", "1");
    this.deliver(message, url, null);
  }

  private serve(server: Server, request: SimulatedRequest, url: URL, fate: Fate): void {
    let message: Message | null = null;
    let failure: unknown = null;
    const name = `server of ${server.origin}${server.path}`;
    const greenlet = this.server = startApart(this.stage, name, function* () {
      try {
        message = yield* read(yield* call(server.handler, request));
      } catch (error) {
        if (error instanceof GreenletExit) throw error;
        failure = error;
      }
    });
    const ended = () => {
      if (this.server !== greenlet) return;
      this.server = null;
      if (failure !== null) {
        this.stage.unhandled(failure, name);
        this.fail(fetchFailed(failure));
      } else if (message === null || fate === "lost") this.fail(reset()); // somebody killed it
      else this.deliver(fate === 500 ? plain(500, "Internal Server Error") : message, url, request);
    };
    greenlet.watch({
      taskEnded: () => {
        if (this.server === greenlet) this.after(this.wire.latency, ended);
      },
    });
  }

  private deliver(message: Message, url: URL, request: SimulatedRequest | null): void {
    const location = message.headers.get("location");
    if (
      location !== null && REDIRECTS.has(message.status) && request !== null && this.redirect !== "manual"
    ) {
      if (this.redirect === "error") return this.fail(fetchFailed(new Error("unexpected redirect")));
      if (++this.hops > MAX_REDIRECTS) return this.fail(fetchFailed(new Error("redirect count exceeded")));
      return this.send(redirected(request, new URL(location, url), message.status));
    }
    writes(this);
    this.outcome = "answered";
    const { status, statusText, headers } = message;
    this.answered = status;
    const pieces = message.pieces === null || this.method === "HEAD" ? null : this.cutUp(message.pieces);
    this.incoming = pieces === null ? null : this.receive(pieces);
    if (pieces === null) this.close();
    this.reply.resolve(
      SimulatedResponse.received(this.incoming, { status, statusText, headers }, {
        url: url.href,
        redirected: this.hops > 0,
      }),
    );
  }

  private cutUp(pieces: readonly Bytes[]): readonly Bytes[] {
    const { chunk } = this.wire;
    if (chunk === null) return pieces.filter(({ length }) => length > 0);
    const all = joined(pieces), parts: Bytes[] = [];
    for (let at = 0; at < all.length;) {
      const end = at + this.dice.in(chunk);
      parts.push(all.slice(at, end));
      at = end;
    }
    return parts;
  }

  private receive(pieces: readonly Bytes[]): Incoming {
    const total = pieces.reduce((sum, { length }) => sum + length, 0);
    const isCut = total > 0 && this.dice.chance(this.wire.cut);
    const some = isCut ? firstBytes(pieces, this.dice.below(total)) : pieces;
    const delivery: Delivery = {
      cutAfter: isCut ? some.length : -1,
      cutError: terminated,
      wait: (then) => this.stage.after(this.dice.in(this.wire.pace), `body of ${this.url}`, then),
      closed: () => this.close(),
    };
    return new Incoming(some, delivery);
  }

  // ---- the end

  private fail(error: unknown): void {
    writes(this);
    this.outcome = "failed";
    this.close();
    this.reply.reject(error);
  }

  private aborted(): void {
    writes(this);
    const { server, incoming } = this;
    if (this.outcome === "failed" || this.outcome === "aborted") return;
    this.outcome = "aborted";
    const { reason } = this.signal;
    this.server = null;
    this.close();
    if (server !== null && server.status !== DONE) void server.kill();
    incoming?.fail(reason);
    this.reply.reject(reason);
  }

  private close(): void {
    writes(this);
    this.connected = false;
    this.take();
    this.take = () => {};
    this.signal.removeEventListener("abort", this.abort);
  }
}
