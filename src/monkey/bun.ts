/** `Bun.*`: sleeping, files, sockets, names, and the clients of Redis and S3. Children: bun_process.ts. */
import { surface } from "../host/io.ts";
import { bound } from "./binding.ts";
import { ownSocket } from "./bun_owned.ts";
import { bunProcessTargets } from "./bun_process.ts";
import { boundCall, refused } from "./call.ts";
import { type Methods, patchPrototypeOf } from "./found.ts";
import { gatedCall } from "./fs_place.ts";
import { disowned } from "./owned.ts";
import type { Callable, Wrap } from "./layer.ts";
import type { Gap, Group, Target } from "./target.ts";

/** The timer goes with it; the host's own could not be taken back, and would keep the program alive. */
function wrapSleep(original: Callable): Callable {
  return function sleep(this: unknown, ...args: unknown[]): unknown {
    const binding = bound();
    const [time] = args;
    const ms = time instanceof Date ? time.getTime() - Date.now() : time;
    if (binding === null || typeof ms !== "number") return Reflect.apply(original, this, args);
    let timer: ReturnType<typeof setTimeout> | undefined;
    return boundCall<void>(binding, {
      what: "Bun.sleep",
      target: `${ms} ms`,
      start: () => new Promise((resolve) => timer = setTimeout(() => resolve(), ms)),
      stop: () => clearTimeout(timer),
    });
  };
}

/** A call that is left alone; what gives no promise is passed on. `late` is closed. */
function detached(what: string, dropped?: (late: unknown) => void): Wrap {
  return (original) =>
    function (this: object, ...args: unknown[]): unknown {
      const binding = bound();
      if (binding === null) return Reflect.apply(original, this, args);
      if (binding.isOver) return refused(binding);
      const result = Reflect.apply(original, this, args);
      if (!(result instanceof Promise)) return result;
      return boundCall(binding, { what, target: targetOf(this, args), start: () => result, dropped });
    };
}

/** The path of a file, the key of an entry. */
function targetOf(self: unknown, args: readonly unknown[]): string {
  const { name } = (self ?? {}) as { name?: unknown };
  const shown = typeof name === "string" && name !== "" ? name : args[0];
  return typeof shown === "string" || typeof shown === "number" ? String(shown) : "";
}

/** A call on a file: left alone, and one of those that `maxOpenFiles` counts. */
function fileCall(what: string): Wrap {
  return (original) =>
    function (this: object, ...args: unknown[]): unknown {
      const binding = bound();
      if (binding === null) return Reflect.apply(original, this, args);
      if (binding.isOver) return refused(binding);
      const call = () => Reflect.apply(original, this, args);
      if (this instanceof Blob && targetOf(this, []) === "") return call(); // in memory
      return gatedCall(binding, { what, target: targetOf(this, args), start: async () => await call() });
    };
}

interface Handlers {
  close?: Callable;
}

interface ConnectOptions {
  readonly hostname?: string;
  readonly port?: number;
  readonly unix?: string;
  readonly socket?: Handlers;
}

interface Socket {
  terminate(): void;
}

const SOCKET = {
  closes: ["end", "terminate", "close"],
  uses: ["write"],
};

/** The socket belongs to the greenlet. That it was closed from the other end is told to its handlers only. */
function wrapConnect(original: Callable): Callable {
  return function connect(this: unknown, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    const options = args[0] as ConnectOptions | undefined;
    if (typeof options?.socket !== "object" || options.socket === null) {
      return Reflect.apply(original, this, args);
    }
    const target = options.unix ?? `${options.hostname}:${options.port}`;
    return boundCall<Socket>(binding, {
      what: "connect",
      target,
      start: () => {
        const connected = Reflect.apply(original, this, [noteClose(options)]) as Promise<Socket>;
        return connected.then((socket) => {
          ownSocket(binding, socket, "connection", target, SOCKET, () => socket.terminate());
          return socket;
        });
      },
      dropped: (socket) => socket.terminate(),
    });
  };
}

function noteClose(options: ConnectOptions): ConnectOptions {
  const below = options.socket as Handlers;
  const close = function (this: unknown, socket: object, ...rest: unknown[]): unknown {
    disowned(socket);
    return typeof below.close === "function"
      ? Reflect.apply(below.close, this, [socket, ...rest])
      : undefined;
  };
  const socket = Object.create(below, { close: { value: close, enumerable: true } });
  return { ...options, socket };
}

interface UdpSocket {
  close(): void;
}

function wrapUdp(original: Callable): Callable {
  return function udpSocket(this: unknown, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    return boundCall<UdpSocket>(binding, {
      what: "udpSocket",
      target: "",
      start: () =>
        (Reflect.apply(original, this, args) as Promise<UdpSocket>).then((socket) => {
          const kind = { closes: ["close"], uses: ["send", "sendMany"] };
          ownSocket(binding, socket, "UDP socket", "", kind, () => socket.close());
          return socket;
        }),
      dropped: (socket) => socket.close(),
    });
  };
}

const table = (group: Group, module: string, names: readonly string[], wrap: (name: string) => Wrap) =>
  names.map((name): Target => ({ group, module, name, wrap: wrap(name) }));

const READS = ["text", "json", "arrayBuffer", "bytes", "formData"];
const FILE = [...READS, "exists", "stat", "write", "delete", "unlink"];
const S3_FILE: Methods = Object.fromEntries(FILE.map((name) => [name, detached(`S3 ${name}`)]));

/** Files of S3 have a prototype without a name. */
function wrapS3File(original: Callable): Callable {
  return function file(this: unknown, ...args: unknown[]): unknown {
    const made = Reflect.apply(original, this, args) as object;
    patchPrototypeOf(made, S3_FILE);
    return made;
  };
}

const DNS = [
  ...[
    "lookup",
    "resolve",
    "resolveSrv",
    "resolveTxt",
    "resolveSoa",
    "resolveNaptr",
    "resolveMx",
    "resolveCaa",
  ],
  ...["resolveNs", "resolvePtr", "resolveCname", "resolveAny", "reverse", "lookupService"],
];

/** Every command of the Redis client that this version of the runtime has. */
function redisCommands(): string[] {
  const prototype = surface("Bun.RedisClient.prototype") ?? {};
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => typeof value === "function" && !["constructor", "close"].includes(name))
    .map(([name]) => name);
}

/** A second client that nobody gets. */
function closeClient(late: unknown): void {
  (late as { close?(): void } | null)?.close?.();
}

/** See the top of the file. */
export const bunTargets: readonly Target[] = [
  { group: "timers", module: "Bun", name: "sleep", wrap: wrapSleep },
  { group: "fs", module: "Bun", name: "write", wrap: fileCall("write") },
  ...table("fs", "Bun.stdin.constructor.prototype", FILE, fileCall),
  { group: "net", module: "Bun", name: "connect", wrap: wrapConnect },
  { group: "net", module: "Bun", name: "udpSocket", wrap: wrapUdp },
  ...table("dns", "Bun.dns", DNS, (name) => detached(`dns ${name}`)),
  ...table(
    "net",
    "Bun.RedisClient.prototype",
    redisCommands(),
    (name) => detached(`Redis ${name}`, name === "duplicate" ? closeClient : undefined),
  ),
  { group: "net", module: "Bun.S3Client.prototype", name: "file", wrap: wrapS3File },
  ...table(
    "net",
    "Bun.S3Client.prototype",
    ["delete", "exists", "size", "stat", "unlink", "write", "list"],
    (name) => detached(`S3 ${name}`),
  ),
  ...bunProcessTargets,
];

/** What is out of reach. */
export const bunGaps: readonly Gap[] = [
  {
    group: "fetch",
    name: "Bun.fetch",
    reason: "the runtime does not let it be changed: use fetch, which is the same function",
  },
  {
    group: "childProcess",
    name: "Bun.$",
    reason:
      "whoever waits for it hears of the kill at once and nothing more is begun, but the commands that " +
      "run already cannot be stopped: use Bun.spawn",
  },
  {
    group: "fs",
    name: "Bun.file(…).stream(), Bun.file(…).writer()",
    reason: "a stream belongs to whoever reads or writes it: close it in a finally",
  },
  {
    group: "net",
    name: "Bun.sql, Bun.SQL",
    reason: "queries are not bound, and those that the server runs go on: use pg with patchPg, or call the " +
      "query's cancel() in a finally",
  },
  {
    group: "net",
    name: "Bun.redis, Bun.RedisClient, Bun.s3",
    reason: "whoever waits for them hears of the kill at once, but what was sent is done by the server",
  },
  {
    group: "childProcess",
    name: 'import { spawn } from "bun"',
    reason: "such imports keep the function that they got: use Bun.spawn, or import after the patch",
  },
];
