/**
 * The package ioredis: bound at the command.
 *
 * A command that was not sent yet is taken out of the offline line. One that was sent cannot be taken back: its promise
 * rejects at once, its reply is dropped, and it is not sent again after a reconnection. A command that blocks (BLPOP, XREAD
 * with BLOCK …) would go on to block the connection, and take what it waits for: where no other greenlet uses that
 * connection, and nothing of others waits in it, it is closed, and ioredis opens a new one.
 *
 * Connections are opened as nobody: their handshakes and what is sent again belong to no greenlet.
 */
import { ownPromise } from "../../sync/mod.ts";
import { type Binding, bound, Operation } from "../binding.ts";
import { boundCall, nobodyWaits, refused } from "../call.ts";
import type { Callable } from "../layer.ts";
import { asNobody } from "../context.ts";
import { install, type Method, prototypeOf } from "./plugin.ts";

interface Command {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly promise: Promise<unknown>;
  readonly isSettled?: boolean;
  readonly isResolved?: boolean;
  reject(reason: unknown): void;
}

interface Line {
  readonly length: number;
  peekAt(index: number): { command: Command } | undefined;
  removeOne?(index: number): unknown;
  remove(index: number, count: number): unknown;
}

interface Redis {
  readonly options?: { readonly enableAutoPipelining?: boolean };
  readonly offlineQueue?: Line;
  readonly commandQueue?: Line;
  disconnect(reconnect: boolean): void;
}

/** Commands that are bound, and those of them that nobody waits for any more. */
const owners = new WeakMap<Command, object>();
const stopped = new WeakSet<Command>();
/** The greenlets that have used a connection. */
const users = new WeakMap<object, Set<Binding["task"]>>();

function noteUser(redis: Redis, task: Binding["task"]): void {
  const known = users.get(redis);
  if (known === undefined) users.set(redis, new Set([task]));
  else if (!known.has(task)) {
    for (const other of known) if (other.dead) known.delete(other);
    known.add(task);
  }
}

const BLOCKING: ReadonlySet<string> = new Set([
  ...[
    "blpop",
    "brpop",
    "brpoplpush",
    "blmove",
    "blmpop",
    "bzpopmin",
    "bzpopmax",
    "bzmpop",
    "wait",
    "waitaof",
  ],
]);

function blocks({ name, args }: Command): boolean {
  const command = name.toLowerCase();
  if (!command.startsWith("xread")) return BLOCKING.has(command);
  return args.some((arg) => typeof arg === "string" && arg.toLowerCase() === "block");
}

function* commandsOf(line: Line | undefined): Generator<[number, Command]> {
  for (let i = 0; i < (line?.length ?? 0); i++) {
    const command = line?.peekAt(i)?.command;
    if (command !== undefined) yield [i, command];
  }
}

/** Takes it out of the line of those that were not sent yet. */
function takeOut(line: Line | undefined, command: Command): boolean {
  for (const [index, other] of commandsOf(line)) {
    if (other !== command) continue;
    line?.remove(index, 1);
    return true;
  }
  return false;
}

/** No other greenlet that lives has used this connection, and nothing of others waits in it. */
function isAlone(redis: Redis, task: object): boolean {
  for (const user of users.get(redis) ?? []) if (user !== task && !user.dead) return false;
  const pending = [...commandsOf(redis.commandQueue), ...commandsOf(redis.offlineQueue)];
  return pending.every(([, command]) => stopped.has(command) || owners.get(command) === task);
}

function stop(redis: Redis, command: Command, task: object, reason: unknown): void {
  stopped.add(command);
  command.promise.catch(() => {});
  command.reject(reason);
  if (takeOut(redis.offlineQueue, command)) return;
  const isSent = [...commandsOf(redis.commandQueue)].some(([, other]) => other === command);
  if (isSent && blocks(command) && isAlone(redis, task)) asNobody(() => redis.disconnect(true));
}

function bindCommand(binding: Binding, redis: Redis, command: Command): () => void {
  const { task } = binding;
  owners.set(command, task);
  noteUser(redis, task);
  const abort = (reason: unknown) => stop(redis, command, task, reason);
  const operation = new Operation(binding, "redis command", command.name, { abort });
  const done = () => operation.done();
  command.promise.then(done, done);
  return () => {
    operation.done();
    abort(nobodyWaits(`redis ${command.name}`));
  };
}

/** All commands pass here, also those that are sent again. */
function wrapSend(original: Callable): Callable {
  return function sendCommand(this: Redis, ...args: unknown[]): unknown {
    const [command, stream] = args as [Command, { isPipeline?: boolean } | undefined];
    if (stopped.has(command)) return command.promise; // again, after a reconnection
    const binding = bound();
    // A pipeline that ioredis makes by itself holds commands of several greenlets.
    const isMixed = stream?.isPipeline === true && this.options?.enableAutoPipelining === true;
    if (binding === null || owners.has(command) || isMixed) return Reflect.apply(original, this, args);
    if (binding.isOver) {
      stopped.add(command);
      command.promise.catch(() => {});
      command.reject(binding.reason);
      return command.promise;
    }
    const abandon = bindCommand(binding, this, command);
    const sent = Reflect.apply(original, this, args);
    if (typeof sent === "object" && sent !== null) ownPromise(sent, { waiters: 0, abandoned: abandon });
    return sent;
  };
}

function wrapConnect(original: Callable): Callable {
  return function connect(this: object, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    const start = () => asNobody(() => Reflect.apply(original, this, args) as Promise<unknown>);
    if (args.length > 0) return start();
    return boundCall(binding, { what: "redis connect", target: "", start });
  };
}

/** `pipeline.exec()` and `multi().exec()`: whoever waits for all of the replies. */
function wrapExec(original: Callable): Callable {
  return function exec(this: object, ...args: unknown[]): unknown {
    const binding = bound();
    const { redis } = this as { redis?: Redis };
    if (binding === null || args.length > 0 || redis?.options?.enableAutoPipelining === true) {
      return Reflect.apply(original, this, args);
    }
    if (binding.isOver) return refused(binding);
    const replies = Reflect.apply(original, this, args) as unknown;
    if (!(replies instanceof Promise)) return replies; // a transaction that is not sent as a whole
    return boundCall(binding, { what: "redis pipeline", target: "", start: () => replies });
  };
}

function methodsOf(module: object): Method[] {
  const named = module as { Redis?: unknown; Cluster?: unknown; Pipeline?: unknown; default?: unknown };
  const redis = prototypeOf(named.Redis ?? named.default ?? module);
  const cluster = prototypeOf(named.Cluster);
  return [
    [redis, "sendCommand", wrapSend],
    [redis, "connect", wrapConnect],
    [cluster, "sendCommand", wrapSend],
    [cluster, "connect", wrapConnect],
    [prototypeOf(named.Pipeline), "exec", wrapExec],
  ];
}

/**
 * Binds the commands of the package ioredis to the greenlets that give them: a kill or a timeout rejects them at once, takes
 * those that were not sent out of their line, and lets none be sent again after a reconnection. A command that blocks, as
 * BLPOP, is ended by closing the connection, if no other greenlet uses it: give a greenlet that blocks a connection of its
 * own (`redis.duplicate()`). On a connection that others use, what was sent is done by the server, and its reply is
 * dropped. It acts while something is patched by `patchAll`.
 *
 * Not bound: commands under `enableAutoPipelining`, and subscriptions, which belong to their connection.
 *
 * @param ioredis the class `Redis`, or the module, as its default import gives it: `import Redis from "ioredis"`.
 * @returns disposing it undoes the patch.
 * @throws `TypeError` if that is not ioredis.
 * @example
 * ```ts no-run
 * import { patchIoredis } from "tendril/monkey";
 * import ioredis from "ioredis";
 *
 * patchIoredis(ioredis); // once, where the program begins
 * ```
 */
export function patchIoredis(ioredis: object): Disposable {
  return install("patchIoredis", ioredis, methodsOf);
}
