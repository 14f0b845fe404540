/**
 * `FileHandle`: each call on one is bound to the greenlet that makes it, whoever has opened the handle.
 *
 * The class has no public name. Node and Bun ask `options.fd instanceof FileHandle` before a stream opens anything, and by
 * what the class inherits from `EventEmitter` it can be asked for itself. On Deno it is known with the first handle.
 */
import { surface } from "../host/io.ts";
import { boundCall } from "./call.ts";
import { patchPrototypeOf } from "./found.ts";
import { detached, here } from "./fs_here.ts";
import { openedHandle } from "./fs_opened.ts";
import { wrapHandleRead, wrapHandleReadv } from "./fs_read.ts";
import { wrapHandleStream } from "./fs_streams.ts";
import { bottom, type Callable, type Wrap } from "./layer.ts";

function wrapMethod(name: string): Wrap {
  return (original) =>
    function (this: object, ...args: unknown[]): unknown {
      const binding = here();
      if (binding === null) return Reflect.apply(original, this, args);
      const it = openedHandle(this);
      it?.used(binding);
      return boundCall(binding, {
        what: `FileHandle.${name}`,
        target: it?.target ?? "",
        start: () => detached(original, this, args) as Promise<unknown>,
      });
    };
}

const CALLS = [
  ...["appendFile", "chmod", "chown", "datasync", "readFile", "stat", "sync", "truncate", "utimes", "write"],
  ...["writeFile", "writev"],
];

const METHODS: Readonly<Record<string, Wrap>> = {
  ...Object.fromEntries(CALLS.map((name) => [name, wrapMethod(name)])),
  read: wrapHandleRead,
  readv: wrapHandleReadv,
  createReadStream: wrapHandleStream,
  createWriteStream: wrapHandleStream,
};

let prototype: object | null = null;

/** Patches the methods of all file handles, as soon as it is known where they are. Says whether it is. */
export function patchHandles(handle?: object): boolean {
  prototype ??= handle === undefined ? findPrototype() : Object.getPrototypeOf(handle) as object;
  if (prototype !== null) patchPrototypeOf(Object.create(prototype), METHODS);
  return prototype !== null;
}

function findPrototype(): object | null {
  const emitter = surface("events") as Callable;
  const createReadStream = bottom((surface("fs") as Record<string, unknown>).createReadStream) as Callable;
  let found: object | null = null;
  if (Object.hasOwn(emitter, Symbol.hasInstance)) return null;
  Object.defineProperty(emitter, Symbol.hasInstance, {
    configurable: true,
    value(this: Callable, value: unknown): boolean {
      if (this.name === "FileHandle") found = this.prototype as object;
      return Reflect.apply(Function.prototype[Symbol.hasInstance], this, [value]);
    },
  });
  try {
    createReadStream("", { fd: {} });
  } catch {
    // That is no file handle.
  } finally {
    Reflect.deleteProperty(emitter, Symbol.hasInstance);
  }
  return found;
}
