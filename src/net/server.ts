/** A server: a greenlet for each connection. */
import { currentTask, type Loop, type Op } from "../core/mod.ts";
import { type Body, call, needBody, op, type WaitOptions, waitTime } from "../sync/mod.ts";
import { cancelScope, type Greenlet, isKill, spawn } from "../greenlet/mod.ts";
import { Group, Pool } from "../pools/mod.ts";
import { formatAddress, type HostAddress, type ListenAddress, type PathAddress } from "./address.ts";
import { listen, type ListenOptions } from "./listen.ts";
import type { Listener } from "./listener.ts";
import type { Socket } from "./socket.ts";

/** Options of a {@linkcode StreamServer}. */
export interface StreamServerOptions extends Omit<ListenOptions, "timeout"> {
  /** How many connections are served at once; more wait. A pool that is shared counts its other greenlets too. Default: no limit. */
  pool?: Pool | number;
  /** Milliseconds that `stop`, or the end of `serveForever`, gives those who are being served. Default 1,000. */
  stopTimeout?: number;
  /** Told of each error of a handler. Default: the run's `onError`, which reports it. */
  onError?: (error: unknown, socket: Socket) => void;
  /** For dumps. Default: `StreamServer`. */
  name?: string;
}

/** What a connection is served by. The connection is closed when it ends. */
export type ConnectionHandler = Body<[Socket], unknown>;

/** As gevent's. */
const STOP_TIMEOUT = 1_000;
/** Milliseconds until a peer that does not read is cut off, once its handler has ended. */
const CLOSE_LIMIT = 5_000;

/** One time from start to stop. */
interface Serving {
  readonly listener: Listener;
  readonly handlers: Group;
  /** Whoever accepts. */
  acceptor: Greenlet<void> | undefined;
  /** In whose scope they live; it ends when the last of them has. */
  readonly main: Greenlet<unknown>;
}

/**
 * A server: a greenlet for each connection, which is closed when its handler ends. An error of a handler is reported and
 * ends its connection alone. With a `pool`, no more are served at once than it has slots; the others wait to be accepted.
 * (Model: gevent's `StreamServer`.)
 *
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { connect, StreamServer } from "tendril/net";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const server = new StreamServer("127.0.0.1:0", function* (socket) {
 *     for (let line; (line = yield* socket.readLine()) !== null;) yield* socket.write(`${line}!\n`);
 *   }, { pool: 100 });
 *   yield* server.start();
 *   const socket = yield* connect(server.address);
 *   yield* socket.write("hello\n");
 *   assertEquals(yield* socket.readLine(), "hello!");
 *   yield* socket.close();
 *   yield* server.stop();
 * });
 * ```
 */
export class StreamServer {
  readonly #where: ListenAddress;
  readonly #handle: ConnectionHandler;
  readonly #options: StreamServerOptions;
  readonly #pool: Pool | undefined;
  readonly #stopTimeout: number;
  #serving: Serving | undefined;

  /** @throws `TypeError` or `RangeError` for an address, a handler or options that are none. */
  constructor(address: ListenAddress, handle: ConnectionHandler, options: StreamServerOptions = {}) {
    needBody(handle, "StreamServer");
    listen(address, options); // bad ones fail at the call; nothing is begun
    const { pool } = options;
    this.#where = address;
    this.#handle = handle;
    this.#options = options;
    this.#pool = typeof pool === "number" ? new Pool(pool) : pool;
    this.#stopTimeout = waitTime({ timeout: options.stopTimeout ?? STOP_TIMEOUT }, "StreamServer's stop");
  }

  /**
   * Listens, and serves from now on. It ends with the innermost scope around this call, if nobody stops it before: those
   * who are being served are killed then.
   *
   * @throws `NetError` as `listen`; `Error` if it runs already.
   */
  start(): Op<void> {
    return op(() => this.#start());
  }

  /** Starts if need be, and serves until it is stopped or this greenlet is killed; stops with `stopTimeout` then. */
  serveForever(): Op<void> {
    return op(() => this.#serveForever());
  }

  /**
   * Stops accepting at the call. The operation waits for those who are being served; those who have not ended within
   * `timeout` milliseconds (default: `stopTimeout`) are killed. Gives whether all ended by themselves.
   */
  stop(options?: WaitOptions): Op<boolean> {
    const timeout = options?.timeout === undefined
      ? this.#stopTimeout
      : waitTime(options, "StreamServer.stop");
    const serving = this.#serving;
    if (serving === undefined) {
      return op(function* () {
        return true;
      });
    }
    serving.listener.close();
    serving.acceptor?.kill();
    return op(() => finish(serving, timeout));
  }

  /** Where it listens, with the port that the system has chosen; throws before it does. */
  get address(): HostAddress | PathAddress {
    return this.#running("address").listener.address;
  }

  /** The port; 0 for a Unix domain socket. */
  get port(): number {
    return this.#running("port").listener.port;
  }

  /** Whether it listens. */
  get started(): boolean {
    return this.#serving !== undefined && !this.#serving.listener.closed;
  }

  /** How many connections are being served. */
  get size(): number {
    return this.#serving?.handlers.size ?? 0;
  }

  #running(what: string): Serving {
    if (this.#serving === undefined) {
      throw new Error(`StreamServer.${what}: it has not been started yet, yield* start() first`);
    }
    return this.#serving;
  }

  *#start(): Generator<unknown, void, unknown> {
    if (this.#serving !== undefined && !this.#serving.main.dead) {
      throw new Error(
        "StreamServer.start: it runs already, or is about to stop: yield* stop() waits for its end",
      );
    }
    const listener = yield* listen(this.#where, this.#options);
    // A daemon: a scope that is told to end leaves it time to finish until those who are no daemons have.
    const name = this.#options.name ?? "StreamServer";
    const handlers = new Group();
    const main = spawn({ name, daemon: true }, () => cancelScope({}, () => this.#serve(serving)));
    const serving: Serving = { listener, handlers, main, acceptor: undefined };
    main.link(() => listener.close()); // also where it was killed before it began
    this.#serving = serving;
  }

  *#serveForever(): Generator<unknown, void, unknown> {
    if (!this.started) yield* this.#start();
    const { main } = this.#running("serveForever");
    try {
      yield* main;
    } finally {
      yield* this.stop();
    }
  }

  *#serve(serving: Serving): Generator<unknown, void, unknown> {
    serving.acceptor = spawn({ name: "accept" }, () => this.#accept(serving));
    if (serving.listener.closed) serving.acceptor.kill();
    yield* serving.acceptor;
  }

  *#accept({ listener, handlers }: Serving): Generator<unknown, void, unknown> {
    const pool = this.#pool;
    for (;;) {
      if (pool !== undefined) yield* pool.waitAvailable();
      const step = yield* listener.next();
      if (step.done === true) return;
      const socket = step.value;
      const options = { name: `${this.#handle.name || "connection"} ${formatPeer(socket)}` };
      const body = () => this.#handleOne(socket);
      try {
        const greenlet = pool === undefined ? spawn(options, body) : yield* pool.spawn(options, body);
        handlers.add(greenlet);
        greenlet.link(() => socket.closed || socket.abort()); // one that was killed before it began, too
      } catch (error) {
        socket.abort();
        throw error;
      }
    }
  }

  *#handleOne(socket: Socket): Generator<unknown, void, unknown> {
    try {
      yield* call(this.#handle, socket);
    } catch (error) {
      if (isKill(error)) {
        socket.abort();
        throw error;
      }
      this.#report(error, socket);
    }
    yield* socket.close({ timeout: CLOSE_LIMIT });
  }

  #report(error: unknown, socket: Socket): void {
    const task = currentTask("StreamServer");
    const loop = task.loop as Loop;
    const { onError } = this.#options;
    if (onError === undefined) loop.report(error, task);
    else loop.reporter.callBack(() => onError(error, socket), task);
  }
}

/** Those who are still there when the time is over are killed. */
function* finish({ handlers, main }: Serving, timeout: number): Generator<unknown, boolean, unknown> {
  const inTime = yield* handlers.join({ timeout });
  if (!inTime) yield* handlers.kill();
  yield* main.join();
  return inTime;
}

function formatPeer(socket: Socket): string {
  return formatAddress(socket.remoteAddress ?? { path: "" });
}
