/** Queries of pg, bound. */
import { ownPromise } from "../../sync/mod.ts";
import { type Binding, bound, Operation } from "../binding.ts";
import { nobodyWaits } from "../call.ts";
import type { Callable } from "../layer.ts";
import { used } from "../owned.ts";
import { asNobody } from "../context.ts";
import { Answer } from "./answer.ts";
import { type Client, type Pg, spoiled, type Submittable, takeOut } from "./pg_types.ts";

/** A call of the pool's that makes this one: whoever stops that one stops it. */
export interface Call {
  stop?: (reason: unknown) => void;
}

/** What is made now is part of this. */
export let outerCall: Call | null = null;

export function during<T>(call: Call | null, f: () => T): T {
  const before = outerCall;
  outerCall = call;
  try {
    return f();
  } finally {
    outerCall = before;
  }
}

/**
 * Asks the server to stop what the client runs. A cancel hits whatever runs when it arrives, so the client sends nothing
 * until the server has taken it.
 */
function cancel(client: Client, make: Pg["Connection"]): void {
  const { host, port, processID, secretKey } = client;
  if (make === undefined || !processID || client.pipeline === true) return;
  if (typeof client._pulseQueryQueue !== "function" || Object.hasOwn(client, "_pulseQueryQueue")) return;
  client._pulseQueryQueue = () => {};
  const goOn = () => {
    Reflect.deleteProperty(client, "_pulseQueryQueue");
    client._pulseQueryQueue?.();
  };
  asNobody(() => {
    const connection = new make({});
    connection.on("error", () => connection.stream.destroy()); // "end" follows
    connection.once("end", goOn);
    connection.once("connect", () => connection.cancel(processID, secretKey));
    if (host?.startsWith("/") === true) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}

/** Takes a query out of its line, or has it cancelled. */
function stop(client: Client, query: Submittable, make: Pg["Connection"]): void {
  if (takeOut(client._queryQueue, query)) return;
  spoiled.add(client);
  if (client._activeQuery === query) cancel(client, make);
}

/** `client.query`. That of a pool gets a client and calls this one. */
export function wrapQuery(pg: Pg): (original: Callable) => Callable {
  return (original) =>
    function query(this: Client, ...args: unknown[]): unknown {
      const binding = bound();
      const [config, values, third] = args as [Submittable | null | undefined, unknown, unknown];
      if (binding === null || config === null || config === undefined) {
        return Reflect.apply(original, this, args);
      }
      used(this, binding);
      if (binding.isOver) spoiled.add(this);
      if (typeof config.submit === "function") return submit(binding, pg, original, this, args);
      const isOdd = [third, config.callback].some((f) => f && typeof f !== "function");
      if (pg.Query === undefined || isOdd) return Reflect.apply(original, this, args);
      const callback = [third, values, config.callback].find((f) => typeof f === "function");
      const made = new pg.Query(config, typeof values === "function" ? undefined : values);
      if (config.query_timeout !== undefined) made.query_timeout = config.query_timeout;
      const send = () => Reflect.apply(original, this, [made]);
      return ask(binding, this, made, new Answer(callback as Callable | undefined), pg.Connection, send);
    };
}

/** Sends a query of ours, and gives its promise. */
function ask(
  binding: Binding,
  client: Client,
  query: Submittable,
  answer: Answer,
  make: Pg["Connection"],
  send: () => unknown,
): Promise<unknown> | undefined {
  const { promise } = answer;
  if (binding.isOver) {
    answer.refuse(binding.reason);
    return promise;
  }
  let isOver = false;
  const abort = (reason: unknown) => {
    operation.done();
    if (isOver) return;
    isOver = true;
    stop(client, query, make);
    answer.refuse(reason);
    if (typeof query.callback === "function") query.callback(reason); // stops its own timer
  };
  const operation = new Operation(binding, "pg query", query.text ?? "", { abort });
  query.callback = (error: unknown, ...results: unknown[]) => {
    isOver = true;
    operation.done();
    answer.give(error, ...results);
  };
  if (outerCall !== null) outerCall.stop = abort;
  send();
  if (promise !== undefined) {
    ownPromise(promise, { waiters: 0, abandoned: () => abort(nobodyWaits("query")) });
  }
  return promise;
}

/** A query that the user has made: a cursor, a stream, or one with listeners. */
function submit(binding: Binding, pg: Pg, original: Callable, client: Client, args: unknown[]): unknown {
  const query = args[0] as Submittable;
  const { handleError, handleReadyForQuery } = query;
  const fail = (reason: unknown) => {
    if (typeof query.destroy === "function") query.destroy(reason);
    else Reflect.apply(handleError, query, [reason, client.connection]);
  };
  if (binding.isOver) {
    queueMicrotask(() => fail(binding.reason));
    return query;
  }
  let isOver = false;
  const operation = new Operation(binding, "pg query", query.text ?? "", {
    abort(reason) {
      isOver = true;
      stop(client, query, pg.Connection);
      queueMicrotask(() => fail(reason));
    },
  });
  // Its end is told to nobody else. Later ones of a query that was stopped are told to nobody at all.
  const note = (event: Callable) => (...results: unknown[]) => {
    operation.done();
    return isOver ? undefined : Reflect.apply(event, query, results);
  };
  query.handleError = note(handleError);
  query.handleReadyForQuery = note(handleReadyForQuery);
  return Reflect.apply(original, client, args);
}
