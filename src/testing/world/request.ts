/** Requests whose bodies can be read in a simulation. */
import { giveBody, Reading } from "./body.ts";
import { type Bytes, Incoming, joined, piecesOf } from "./content.ts";

/** `Request` inside of a simulation. */
export class SimulatedRequest extends Request {
  readonly #reading: Reading | null;

  static {
    giveBody(SimulatedRequest, (request) => request.#reading);
  }

  constructor(input: string | URL | Request, init?: RequestInit) {
    const { body, ...rest } = init ?? {};
    // Of another request only the address: the native constructor must not take hold of its body.
    super(
      input instanceof Request ? input.url : input,
      input instanceof Request ? inherit(input, rest) : rest,
    );
    if (input instanceof Request && !(input instanceof SimulatedRequest) && input.body !== null) {
      throw new TypeError(
        "a Request that was made outside of the simulation has a body that cannot be read in it: make it inside, or" +
          " pass url and options",
      );
    }
    const own = body !== null && body !== undefined;
    const inherited = input instanceof SimulatedRequest && !own ? input.#reading : null;
    if (own && (this.method === "GET" || this.method === "HEAD")) {
      throw new TypeError(`Request with GET/HEAD method cannot have body: ${this.method} ${this.url}`);
    }
    const { pieces, type } = piecesOf(body, "fetch");
    this.#reading = own
      ? new Reading(new Incoming(pieces))
      : inherited === null
      ? null
      : new Reading(inherited.copy("Request"));
    if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
  }

  /** All bytes of the body. */
  static bytesOf(request: SimulatedRequest): Bytes {
    return joined(request.#reading?.incoming.pieces ?? []);
  }

  override clone(): SimulatedRequest {
    return new SimulatedRequest(this);
  }
}

function inherit(request: Request, init: RequestInit): RequestInit {
  const { method, headers, signal, redirect } = request;
  return { method, headers, signal, redirect, ...init };
}
