/** Pools of pg: who waits for a client, and who has one. Also clients that a greenlet connects by itself. */
import { type Binding, bound, Operation } from "../binding.ts";
import { boundCall, refused } from "../call.ts";
import type { Callable } from "../layer.ts";
import { disowned, own } from "../owned.ts";
import { asNobody } from "../context.ts";
import { Answer } from "./answer.ts";
import { during, outerCall } from "./pg_query.ts";
import type { Call } from "./pg_query.ts";
import { type Client, type Pool, type Release, spoiled, takeOut } from "./pg_types.ts";
import { inThisContext } from "./plugin.ts";

/** `pool.connect`: waits for a client, in the pool's line or while one connects. */
export function wrapPoolConnect(original: Callable): Callable {
  return function connect(this: Pool, ...args: unknown[]): unknown {
    const binding = bound();
    const [callback] = args;
    if (binding === null || (callback && typeof callback !== "function")) {
      return Reflect.apply(original, this, args);
    }
    const answer = new Answer(callback ? callback as Callable : undefined);
    if (binding.isOver) answer.refuse(binding.reason);
    else waitForClient(binding, this, original, answer);
    return answer.promise;
  };
}

function waitForClient(binding: Binding, pool: Pool, original: Callable, answer: Answer): void {
  const call = outerCall;
  const length = pool._pendingQueue?.length ?? 0;
  let item: unknown;
  let isOver = false;
  const abort = (reason: unknown) => {
    operation.done();
    if (isOver) return;
    isOver = true;
    takeOut(pool._pendingQueue, item);
    answer.refuse(reason);
  };
  const operation = new Operation(binding, "pg client of a pool", "", { abort });
  if (call !== null) call.stop = abort;
  Reflect.apply(original, pool, [(error: unknown, client: Client | undefined, release: Release) => {
    operation.done();
    if (client === undefined || error) return answer.give(error, client, release);
    if (isOver) return release(); // it is as good as new
    isOver = true;
    const ours = lend(binding, client, release);
    during(call, () => answer.give(undefined, client, ours));
  }]);
  const line = pool._pendingQueue;
  if (line !== undefined && line.length > length) item = line[line.length - 1];
}

/** The greenlet has it until it is released. */
function lend(binding: Binding, client: Client, release: Release): Release {
  const operation = new Operation(binding, "pg client", "", { release: () => ours(true) });
  const ours = (error?: unknown) => {
    operation.done();
    const isBad = spoiled.delete(client) || (binding.isOver && client.getTransactionStatus?.() !== "I");
    release(error || isBad);
  };
  client.release = ours;
  return ours;
}

/** `pool.query` by promise: one call, whose parts are bound each by itself. */
export function wrapPoolQuery(original: Callable): Callable {
  return function query(this: Pool, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null || args.some((arg) => typeof arg === "function")) {
      return Reflect.apply(original, this, args);
    }
    const call: Call = {};
    const [config] = args as [string | { text?: string } | undefined];
    return boundCall(binding, {
      what: "pg query of a pool",
      target: (typeof config === "string" ? config : config?.text) ?? "",
      start: () => during(call, () => Reflect.apply(original, this, args) as Promise<unknown>),
      stop: (reason) => call.stop?.(reason),
    });
  };
}

/** A pool's own connections are everybody's. */
export function wrapNewClient(original: Callable): Callable {
  return function newClient(this: object, ...args: unknown[]): unknown {
    return bound() === null
      ? Reflect.apply(original, this, args)
      : asNobody(() => Reflect.apply(original, this, args));
  };
}

/** `client.connect` by a greenlet: a client of its own, ended after it. */
export function wrapConnect(original: Callable): Callable {
  return function connect(this: Client, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    const [callback] = args;
    const target = `${this.host}:${this.port}`;
    this.once("end", () => disowned(this));
    own(binding, this, "pg client", target, () => void this.end().catch(() => {}));
    if (typeof callback === "function") {
      const inside = inThisContext();
      const told = (...results: unknown[]) => inside(() => Reflect.apply(callback, undefined, results));
      return asNobody(() => Reflect.apply(original, this, [told]));
    }
    if (binding.isOver) return refused(binding);
    return boundCall(binding, {
      what: "pg connect",
      target,
      start: () => asNobody(() => Reflect.apply(original, this, []) as Promise<unknown>),
      stop: () => this.connection?.stream.destroy(),
    });
  };
}
