/**
 * Files on Deno. Calls on paths are detached: the promise rejects with the kill, the call itself ends as it may. What
 * `open` and `create` give belongs to the greenlet.
 */
import type { Binding } from "./binding.ts";
import { bound } from "./binding.ts";
import { boundCall } from "./call.ts";
import { gatedCall, gatedOpen, type Place } from "./fs_place.ts";
import { closeQuietly, disowned, hasLate, lossless, own, putBack, takeLate, used } from "./owned.ts";
import type { Callable, Wrap } from "./layer.ts";
import type { Target } from "./target.ts";

/** What is opened. */
interface File {
  close(): void;
}

type Reader = (this: object, buffer: Uint8Array) => Promise<number | null>;

/** A path, for reports. */
function pathOf(path: unknown): string {
  return String(path ?? "");
}

/** A call that is left alone when its greenlet is killed. */
function wrapPathCall(name: string): Wrap {
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const binding = bound();
      if (binding === null) return Reflect.apply(original, this, args);
      return gatedCall(binding, {
        what: name,
        target: pathOf(args[0]),
        start: () => Reflect.apply(original, this, args) as Promise<unknown>,
      });
    };
}

/** `open`, `create`. */
function wrapOpen(name: string): Wrap {
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const binding = bound();
      if (binding === null) return Reflect.apply(original, this, args);
      const target = pathOf(args[0]);
      const start = () => Reflect.apply(original, this, args) as Promise<File>;
      const call = { what: name, target, start, dropped: closeQuietly };
      return gatedOpen<File>(binding, call, (file, place) => opened(binding, file, target, place));
    };
}

/** Of files that are open. */
const places = new WeakMap<File, Place>();

function opened(binding: Binding, file: File, target: string, place: Place): File {
  places.set(file, place);
  if (!binding.isOver) own(binding, file, "open file", target, () => closeQuietly(file));
  return file;
}

/** `file.close()` by whomever. */
function wrapClose(original: Callable): Callable {
  return function close(this: File): unknown {
    disowned(this);
    places.get(this)?.leave();
    return Reflect.apply(original, this, []);
  };
}

/** A method of something that is open. */
export function wrapMethod(what: string): Wrap {
  return (original) =>
    function (this: object, ...args: unknown[]): unknown {
      const binding = bound();
      if (binding === null) return Reflect.apply(original, this, args);
      used(this, binding);
      return boundCall(binding, { what, target: "", start: () => Reflect.apply(original, this, args) });
    };
}

/**
 * `read(buffer)`. It reads into a buffer of our own: an interrupted one must not write into the caller's later, and the
 * next one gets what it has read.
 */
export function wrapRead(what: string): Wrap {
  return (original: Callable) =>
    function (this: object, ...args: unknown[]): unknown {
      const binding = bound();
      const [buffer] = args;
      const isOdd = !(buffer instanceof Uint8Array) || buffer.byteLength === 0;
      if (isOdd || (binding === null && !hasLate(this))) return Reflect.apply(original, this, args);
      if (binding === null) {
        const rest = takeLate<Uint8Array | null>(this) as Promise<Uint8Array | null>;
        return rest.then((bytes) => give(this, bytes, buffer));
      }
      used(this, binding);
      const start = async () => {
        const bytes = new Uint8Array(buffer.byteLength);
        const count = await Reflect.apply(original as Reader, this, [bytes]);
        return count === null ? null : bytes.subarray(0, count);
      };
      const read = lossless<Uint8Array | null>(binding, this, what, "", start);
      const given = read.then((bytes) => give(this, bytes, buffer));
      given.catch(() => {}); // of a kill nobody has to hear
      return given;
    };
}

function give(handle: object, bytes: Uint8Array | null, buffer: Uint8Array): number | null {
  if (bytes === null) return null;
  const count = Math.min(bytes.length, buffer.length);
  buffer.set(bytes.subarray(0, count));
  if (count < bytes.length) putBack(handle, bytes.subarray(count));
  return count;
}

interface Iterator_ {
  next(): Promise<unknown>;
  return?(value?: unknown): Promise<unknown>;
}

/** `readDir`: each step is a call. */
function wrapReadDir(original: Callable): Callable {
  return function readDir(this: unknown, ...args: unknown[]): unknown {
    const entries = Reflect.apply(original, this, args) as { [Symbol.asyncIterator](): Iterator_ };
    if (bound() === null) return entries;
    const target = pathOf(args[0]);
    return { [Symbol.asyncIterator]: () => boundSteps(entries[Symbol.asyncIterator](), "readDir", target) };
  };
}

function boundSteps(steps: Iterator_, what: string, target: string): Iterator_ {
  const bind = (start: () => Promise<unknown>) => {
    const binding = bound();
    return binding === null ? start() : boundCall(binding, { what, target, start });
  };
  return {
    next: () => bind(() => steps.next()),
    return: (value) => steps.return?.(value) ?? Promise.resolve({ value, done: true }),
  };
}

interface Watcher {
  next(): Promise<unknown>;
  close(): void;
  return?(value?: unknown): Promise<unknown>;
}

/** `watchFs`: the watcher belongs to the greenlet. Its prototype has no name, so its own methods are covered. */
function wrapWatch(original: Callable): Callable {
  return function watchFs(this: unknown, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    if (binding.isOver) throw binding.reason;
    const watcher = Reflect.apply(original, this, args) as Watcher;
    const { next, close } = watcher;
    const target = pathOf(args[0]);
    own(binding, watcher, "watchFs", target, () => closeQuietly(watcher));
    const methods = {
      next() {
        const reader = bound();
        const start = () => Reflect.apply(next, watcher, []) as Promise<unknown>;
        if (reader === null) return takeLate(watcher) ?? start();
        used(watcher, reader);
        return lossless(reader, watcher, "watchFs", target, start);
      },
      close() {
        disowned(watcher);
        return Reflect.apply(close, watcher, []);
      },
    };
    for (const [name, value] of Object.entries(methods)) {
      Object.defineProperty(watcher, name, { value, configurable: true, writable: true });
    }
    return watcher;
  };
}

const PATH_CALLS = [
  ...[
    "readFile",
    "readTextFile",
    "writeFile",
    "writeTextFile",
    "stat",
    "lstat",
    "copyFile",
    "remove",
    "mkdir",
  ],
  ...[
    "rename",
    "makeTempFile",
    "makeTempDir",
    "readLink",
    "realPath",
    "link",
    "symlink",
    "truncate",
    "chmod",
  ],
  ...["chown", "utime"],
];

const FILE_CALLS = [
  ...["write", "truncate", "seek", "stat", "sync", "syncData", "utime", "lock", "tryLock", "unlock"],
];

/** See the top of the file. */
export const denoFileTargets: readonly Target[] = [
  ...PATH_CALLS.map((name): Target => ({ group: "fs", module: "Deno", name, wrap: wrapPathCall(name) })),
  ...["open", "create"].map((name): Target => ({ group: "fs", module: "Deno", name, wrap: wrapOpen(name) })),
  { group: "fs", module: "Deno", name: "readDir", wrap: wrapReadDir },
  { group: "fs", module: "Deno", name: "watchFs", wrap: wrapWatch },
  { group: "fs", module: "Deno.FsFile.prototype", name: "close", wrap: wrapClose },
  { group: "fs", module: "Deno.FsFile.prototype", name: "read", wrap: wrapRead("read") },
  { group: "fs", module: "Deno.stdin.constructor.prototype", name: "read", wrap: wrapRead("stdin") },
  ...FILE_CALLS.map((name): Target => ({
    group: "fs",
    module: "Deno.FsFile.prototype",
    name,
    wrap: wrapMethod(name),
  })),
];
