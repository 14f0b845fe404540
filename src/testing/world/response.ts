/** Responses whose bodies can be read in a simulation. */
import { type Bytes, Incoming, piecesOf, SimulatedBlob } from "./content.ts";
import { SimulatedPromise } from "./simulated_promise.ts";
import { SimulatedStream } from "./simulated_stream.ts";

/** What requests and responses read their bodies by. */
export class Reading {
  readonly incoming: Incoming;
  private stream: SimulatedStream | null = null;

  constructor(incoming: Incoming) {
    this.incoming = incoming;
  }

  get body(): SimulatedStream {
    return this.stream ??= new SimulatedStream(this.incoming);
  }

  get used(): boolean {
    return this.incoming.used;
  }

  bytes(): Promise<Bytes> {
    if (this.stream?.locked === true) {
      return SimulatedPromise.reject(new TypeError("Body is unusable: its stream is locked to a reader"));
    }
    return this.incoming.all();
  }

  text(): Promise<string> {
    return this.bytes().then((bytes) => new TextDecoder().decode(bytes));
  }

  blob(type: string): Promise<Blob> {
    return this.bytes().then((bytes) => new SimulatedBlob([bytes], { type }));
  }

  form(type: string): Promise<FormData> {
    return this.text().then((text) => {
      if (!type.startsWith("application/x-www-form-urlencoded")) {
        throw new TypeError(
          `formData() reads application/x-www-form-urlencoded in a simulation, not ${type}`,
        );
      }
      const form = new FormData();
      for (const [name, value] of new URLSearchParams(text)) form.append(name, value);
      return form;
    });
  }

  /** A copy of what nobody has begun to read. */
  copy(what: string): Incoming {
    if (this.used) throw new TypeError(`${what}.clone: its body is read already`);
    return new Incoming(this.incoming.pieces);
  }
}

/** What only a network sets. */
export interface Provenance {
  readonly url: string;
  readonly redirected: boolean;
}

/** Statuses that have no body. */
const BODILESS: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** `Response` inside of a simulation; made outside of one, it can be used all the same. */
export class SimulatedResponse extends Response {
  readonly #reading: Reading | null;
  #from: Provenance = { url: "", redirected: false };

  constructor(body?: unknown, init?: ResponseInit) {
    super(null, init);
    const isIncoming = body instanceof Incoming;
    const { pieces, type } = isIncoming ? { pieces: [], type: null } : piecesOf(body, "new Response");
    const hasBody = body !== null && body !== undefined;
    if (hasBody && !isIncoming && BODILESS.has(this.status)) {
      throw new TypeError(`a Response with status ${this.status} has no body`);
    }
    this.#reading = hasBody ? new Reading(isIncoming ? body : new Incoming(pieces)) : null;
    if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
  }

  /** As it comes from a network. */
  static received(incoming: Incoming | null, init: ResponseInit, from: Provenance): SimulatedResponse {
    const response = new SimulatedResponse(incoming, init);
    response.#from = from;
    return response;
  }

  /** The body's pieces; undefined where it was read already. */
  static piecesOf(response: SimulatedResponse): readonly Bytes[] | undefined {
    const reading = response.#reading;
    return reading === null ? [] : reading.used ? undefined : reading.incoming.pieces;
  }

  static override json(data: unknown, init?: ResponseInit): SimulatedResponse {
    const headers = new Headers(init?.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new SimulatedResponse(JSON.stringify(data), { ...init, headers });
  }

  static override redirect(url: string | URL, status: number = 302): SimulatedResponse {
    return new SimulatedResponse(null, { status, headers: { location: String(url) } });
  }

  override get url(): string {
    return this.#from.url;
  }

  override get redirected(): boolean {
    return this.#from.redirected;
  }

  override get body(): SimulatedStream | null {
    return this.#reading?.body ?? null;
  }

  override get bodyUsed(): boolean {
    return this.#reading?.used ?? false;
  }

  #read(): Reading {
    return this.#reading ?? new Reading(new Incoming([]));
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.bytes().then(({ buffer }) => buffer);
  }

  override bytes(): Promise<Bytes> {
    return this.#read().bytes();
  }

  override text(): Promise<string> {
    return this.#read().text();
  }

  override json(): Promise<never> {
    return this.text().then(JSON.parse) as Promise<never>;
  }

  override blob(): Promise<Blob> {
    return this.#read().blob(this.headers.get("content-type") ?? "");
  }

  override formData(): Promise<FormData> {
    return this.#read().form(this.headers.get("content-type") ?? "");
  }

  /** A body that comes from a network is copied in full: the copy has it at once. */
  override clone(): SimulatedResponse {
    const { status, statusText, headers } = this;
    const copy = this.#reading === null ? null : this.#reading.copy("Response");
    return SimulatedResponse.received(copy, { status, statusText, headers }, this.#from);
  }
}
