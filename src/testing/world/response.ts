/** Responses whose bodies can be read in a simulation. */
import { giveBody, Reading } from "./body.ts";
import { type Bytes, Incoming, piecesOf } from "./content.ts";

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

  static {
    giveBody(SimulatedResponse, (response) => response.#reading);
  }

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

  /** A body that comes from a network is copied in full: the copy has it at once. */
  override clone(): SimulatedResponse {
    const { status, statusText, headers } = this;
    const copy = this.#reading === null ? null : this.#reading.copy("Response");
    return SimulatedResponse.received(copy, { status, statusText, headers }, this.#from);
  }
}
