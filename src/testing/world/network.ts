/** A network without a network: servers are functions, and chance says what goes wrong on the way. */
import { probe, reads, show, writes } from "../../core/mod.ts";
import { type Body, needBody } from "../../sync/mod.ts";
import { type Execution, running } from "../schedules/execution.ts";
import { Exchange, type Server, type Wire } from "./exchange.ts";
import type { BodyContent } from "./content.ts";
import { type Dice, type Faults, probability, type Range, range } from "./faults.ts";
import { unresolved } from "./network_errors.ts";
import { SimulatedPromise } from "./simulated_promise.ts";
import { SimulatedRequest } from "./request.ts";
import { type Stage, stageOf } from "./stage.ts";

/** Options of {@linkcode simulatedNetwork}: what can go wrong, each with a probability from 0 to 1 and default 0. */
export interface NetworkOptions extends Faults {
  /** Milliseconds of the way to the server, and again of the way back. Default 0. */
  latency?: Range;
  /** The connection is refused, or breaks before the server has got the request, or after it has dealt with it. */
  failure?: number;
  /** The name of the server cannot be resolved. */
  dns?: number;
  /** The server never answers: only a timeout or a kill ends the wait. */
  silence?: number;
  /** Status 503 or 429 in place of the server's answer, or 500 after it has dealt with the request. */
  overload?: number;
  /** The connection breaks in the middle of the body. */
  cut?: number;
  /** Bytes of the pieces in which a body comes. Default: as the server gives it. */
  chunk?: Range;
  /** Milliseconds between two pieces of a body. Default 0. */
  pace?: Range;
}

/** What a server may answer. A string is the body of a 200. */
export type Answer =
  | Response
  | string
  | {
    readonly status?: number;
    readonly headers?: ConstructorParameters<typeof Headers>[0];
    readonly body?: BodyContent;
    /** A body of JSON. */
    readonly json?: unknown;
  };

/** A request that was made, for a test to look at. */
export interface NetworkRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** The body as text. */
  readonly body: string;
  /** Milliseconds of the run at which it was made. */
  readonly at: number;
  /** `open`: no answer yet. */
  readonly state: "open" | "answered" | "failed" | "aborted";
  /** Undefined without an answer. */
  readonly status: number | undefined;
}

/** Servers, and what has been asked of them. Made by {@linkcode simulatedNetwork}. */
export class SimulatedNetwork {
  readonly #stage: Stage;
  readonly #dice: Dice;
  readonly #wire: Wire;
  readonly #servers: Server[] = [];
  readonly #exchanges: Exchange[] = [];

  constructor(options: NetworkOptions = {}) {
    const stage = this.#stage = stageOf("simulatedNetwork()");
    if (probe !== null) probe.born(this);
    const what = (name: string) => `simulatedNetwork's ${name}`;
    this.#dice = stage.dice(options.seed);
    this.#wire = {
      latency: range(options.latency, what("latency")),
      failure: probability(options.failure, what("failure")),
      dns: probability(options.dns, what("dns")),
      silence: probability(options.silence, what("silence")),
      overload: probability(options.overload, what("overload")),
      cut: probability(options.cut, what("cut")),
      chunk: options.chunk === undefined ? null : range(options.chunk, what("chunk"), 1, 1),
      pace: range(options.pace, what("pace")),
    };
    if (running !== null) running.extras.set(NETWORK, this);
  }

  /**
   * Says who answers below `address`. The longest address that fits counts; below none of a known server it is a 404.
   *
   * @param address `https://host/`, with a path if it is meant for a part of the server.
   * @param server called with each request, in a greenlet of its own, which is killed when the request is aborted. What it
   *   throws fails the run.
   * @throws `TypeError` for what is no address or no function.
   */
  on(address: string | URL, server: Body<[Request], Answer>): this {
    needBody(server, "network.on");
    if (!URL.canParse(String(address))) {
      throw new TypeError(`network.on needs an address such as https://host/, not ${show(address)}`);
    }
    const { origin, pathname } = new URL(address);
    this.#servers.push({ origin, path: pathname, handler: server });
    return this;
  }

  /** As the global `fetch`, which is this one inside of a simulation. */
  readonly fetch: typeof globalThis.fetch = (input, init) => {
    this.#stage.check("this network");
    let request;
    try {
      request = new SimulatedRequest(input as string | URL | Request, init);
      if (!/^https?:$/.test(new URL(request.url).protocol)) {
        throw new TypeError(`fetch of ${request.url}: a simulated network knows http: and https: only`);
      }
    } catch (error) {
      return SimulatedPromise.reject(error);
    }
    writes(this);
    const exchange = new Exchange(this.#stage, this.#dice, this.#wire, request, (url) => this.#find(url));
    this.#exchanges.push(exchange);
    return exchange.promise;
  };

  #find(url: URL): Server | "unknown host" | "unknown path" {
    const here = this.#servers.filter(({ origin }) => origin === url.origin);
    if (here.length === 0) return "unknown host";
    const fits = here.filter(({ path }) => isBelow(url.pathname, path));
    return fits.sort((a, b) => b.path.length - a.path.length)[0] ?? "unknown path";
  }

  /** All requests, in the order in which they were made. */
  get requests(): readonly NetworkRequest[] {
    reads(this);
    return this.#exchanges;
  }

  /** How many connections there are: of requests without an answer, and of answers whose body was not read to its end. */
  get open(): number {
    reads(this);
    return this.#exchanges.filter(({ isConnected }) => isConnected).length;
  }
}

const NETWORK: object = {};

/** The global `fetch` of a simulation. */
export function fetchIn(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const network = (running as Execution).extras.get(NETWORK) as SimulatedNetwork | undefined;
  if (network !== undefined) return network.fetch(input, init);
  let url;
  try {
    url = new URL(new SimulatedRequest(input, init).url);
  } catch (error) {
    return SimulatedPromise.reject(error);
  }
  const hint = ": this body has no simulated network, make one with simulatedNetwork()";
  return SimulatedPromise.reject(unresolved(url, "ENOTFOUND", hint));
}

/**
 * A network for the body of a simulation, in which `fetch` is answered by functions, and fails as often as you say. Outside
 * of simulations, in a `run` on a virtual clock, it works as well: there use its own `fetch`, and give it a `seed`.
 *
 * Errors are as in Node: a `TypeError` "fetch failed" whose `cause.code` is `ECONNREFUSED`, `ECONNRESET`, `ENOTFOUND` or
 * `EAI_AGAIN`; "terminated" for a body that breaks off; the signal's reason for a request that is aborted. A request
 * without an answer is a leak at the end of the run.
 *
 * @param options what goes wrong, and how often. Default: nothing, in no time.
 * @throws `RangeError` for bad options, `Error` outside of greenlets.
 * @example
 * ```ts
 * import { until } from "tendril";
 * import { simulate, simulatedNetwork } from "tendril/testing";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * function* order(retries: number): Generator<unknown, string> {
 *   try {
 *     const response = (yield until((signal) => fetch("https://shop.example/orders", { method: "POST", signal }))) as Response;
 *     return (yield until(response.text())) as string;
 *   } catch (error) {
 *     if (retries === 0) throw error;
 *     return yield* order(retries - 1);
 *   }
 * }
 * const body = (failure: number) => function* () {
 *   let orders = 0;
 *   simulatedNetwork({ failure, latency: [5, 50] }).on("https://shop.example/", () => `order ${++orders}`);
 *   assertEquals(yield* order(10), "order 1");
 * };
 * simulate(body(0));
 * assertThrows(() => simulate(body(0.3)), Error, "order 2"); // the answer to the first one was lost
 * ```
 */
export function simulatedNetwork(options?: NetworkOptions): SimulatedNetwork {
  return new SimulatedNetwork(options);
}

/** `/api` and what is below it, but not `/apix`. */
function isBelow(path: string, base: string): boolean {
  return path.startsWith(base) &&
    (base.endsWith("/") || path.length === base.length || path[base.length] === "/");
}
