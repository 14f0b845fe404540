/**
 * `node:fs/promises`, and what else of `node:fs` gives a promise.
 *
 * A call on a path cannot be taken back by the host, or not without harm: it is detached. Its promise rejects with the kill
 * at once, the call itself ends as it may, and what it gives then is dropped: an open file is closed, a new temporary
 * directory is removed.
 */
import { surface } from "../host/io.ts";
import type { Binding } from "./binding.ts";
import { boundCall } from "./call.ts";
import { leaveCall, openDescriptor } from "./fs_descriptors.ts";
import { detached, here, inContext, pathOf } from "./fs_here.ts";
import { boundDirectory } from "./fs_directory.ts";
import { type Closable, closeQuietly, closing, opened } from "./fs_opened.ts";
import { gatedCall, gatedOpen } from "./fs_place.ts";
import { patchHandles } from "./fs_handle.ts";
import { bottom, type Callable, dress, type Wrap } from "./layer.ts";

type Dropped = (late: never) => void;

function nothing(): void {}

/** A call of the host's by which something is cleared away. */
function host(name: string): (path: string) => Promise<void> {
  return bottom((surface("fs/promises") as Record<string, unknown>)[name]) as (path: string) => Promise<void>;
}

/** What is to be done with results that come when nobody waits for them any more. */
const DROPPED: Readonly<Record<string, Dropped>> = {
  mkdtemp: (path: string) => void host("rmdir")(path).catch(nothing),
  mkdtempDisposable: (made: { remove(): Promise<void> }) => void made.remove().catch(nothing),
};

/** A call that opens a file for itself. */
const WHOLE_FILE: ReadonlySet<string> = new Set(["readFile", "writeFile", "appendFile", "copyFile"]);

/** Whether the call opens the file that its first argument tells: a path, and nothing that is open already. */
export function opensFile(name: string, [path]: readonly unknown[]): boolean {
  if (!WHOLE_FILE.has(name)) return false;
  return typeof path === "string" || path instanceof URL || path instanceof Uint8Array;
}

/** Any of these but those that open something. */
export function wrapCall(name: string): Wrap {
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const binding = here();
      if (binding === null) return Reflect.apply(original, this, args);
      const sent = name === "cp" ? inContext(args) : args;
      const start = () => detached(original, this, sent) as Promise<unknown>;
      const call = { what: `fs.${name}`, target: pathOf(args[0]), start, dropped: DROPPED[name] };
      if (opensFile(name, args)) return gatedCall(binding, call);
      if (typeof args[0] !== "number") return boundCall(binding, call);
      return onDescriptor(binding, call, args[0]);
    };
}

interface Call {
  what: string;
  target: string;
  start(): Promise<unknown>;
  dropped: Dropped | undefined;
}

/** Bun's `fs/promises` has such calls, too. */
function onDescriptor(binding: Binding, call: Call, fd: number): Promise<unknown> {
  openDescriptor(fd)?.used(binding);
  let over = nothing;
  return boundCall(binding, {
    ...call,
    start() {
      const started = call.start();
      const end = () => over();
      started.then(end, end);
      return started;
    },
    stop() {
      over = leaveCall(fd);
    },
  });
}

/** `open`. */
export function wrapOpen(original: Callable): Callable {
  patchHandles();
  return function open(this: unknown, ...args: unknown[]): unknown {
    const binding = here();
    // The class of file handles has no name: it is learned from the first one.
    if (binding === null) return learning(Reflect.apply(original, this, args));
    const target = pathOf(args[0]);
    const start = () => detached(original, this, args) as Promise<Closable>;
    return gatedOpen<Closable>(
      binding,
      { what: "fs.open", target, start, dropped: closeQuietly },
      (handle, place) => {
        patchHandles(handle);
        coverClose(handle);
        opened(binding, handle, "open file", target, place);
        return handle;
      },
    );
  };
}

/** `result` to the letter as soon as the class is known. */
function learning(result: unknown): unknown {
  if (patchHandles() || !(result instanceof Promise)) return result;
  return result.then((handle) => {
    patchHandles(handle);
    return handle;
  });
}

/** On Node `close` is a property of each handle, and its disposal calls that everywhere: so it is covered there. */
function coverClose(handle: Closable): void {
  const { close } = handle;
  const there = Object.getOwnPropertyDescriptor(handle, "close") ?? { writable: true, configurable: true };
  const cover = function (this: unknown, ...args: unknown[]): unknown {
    const result = Reflect.apply(close, this, args);
    if (this === handle) closing(handle, result);
    return result;
  };
  Object.defineProperty(handle, "close", { ...there, value: dress(cover, close) });
}

/** `opendir`. */
export function wrapOpendir(original: Callable): Callable {
  return function opendir(this: unknown, ...args: unknown[]): unknown {
    const binding = here();
    if (binding === null) return Reflect.apply(original, this, args);
    const target = pathOf(args[0]);
    return boundCall<Closable>(binding, {
      what: "fs.opendir",
      target,
      start: async () => boundDirectory(binding, (await detached(original, this, args)) as Closable, target),
      dropped: closeQuietly,
    });
  };
}
