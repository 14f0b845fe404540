/**
 * Descriptors that greenlets have opened by `fs.open`, and closing descriptors.
 *
 * A descriptor is a number that the system gives out again. So before one is closed for a greenlet that is gone, it is
 * compared with the file that was opened: somebody may have closed it by ways that are not seen here. And one on which a
 * call of a killed greenlet is still under way is closed when that call is over: a write that has not begun yet would go
 * to whatever file gets the number next.
 */
import { surface } from "../host/io.ts";
import type { Binding } from "./binding.ts";
import { Opened } from "./fs_opened.ts";
import type { Place } from "./fs_place.ts";
import { bottom, type Callable } from "./layer.ts";

interface Status {
  readonly dev: bigint;
  readonly ino: bigint;
}

interface Fs {
  fstatSync(fd: number, options: { bigint: true }): Status;
  close(fd: number, callback: () => void): void;
}

/** The host's own function. */
function host<K extends keyof Fs>(name: K): Fs[K] {
  return bottom((surface("fs") as Fs)[name]) as Fs[K];
}

function statusOf(fd: number): Status | null {
  try {
    return host("fstatSync")(fd, { bigint: true });
  } catch {
    return null; // it is closed
  }
}

const open = new Map<number, Opened>();
/** On which calls are under way that nobody waits for any more: how many, and who closes it then. */
const left = new Map<number, { calls: number; readonly close: (() => void)[] }>();

function nothing(): void {}

/** Closes it, whatever it says. */
export function closeDescriptor(fd: number): void {
  whenQuiet(fd, () => host("close")(fd, nothing));
}

/** A greenlet has opened it. */
export function openedDescriptor(binding: Binding, fd: number, target: string, place: Place): void {
  forget(fd)?.place?.leave(); // the number is given out again, so that one was closed
  const mine = statusOf(fd);
  const it = new Opened(binding, "open file", target, place, () => {
    if (open.get(fd) !== it) return;
    forget(fd);
    place.leave();
    const now = statusOf(fd);
    if (mine !== null && now?.dev === mine.dev && now.ino === mine.ino) closeDescriptor(fd);
  });
  open.set(fd, it);
}

/** What is known of it, if a greenlet has opened it. */
export function openDescriptor(fd: unknown): Opened | undefined {
  return open.get(fd as number);
}

function forget(fd: number): Opened | undefined {
  const it = open.get(fd);
  open.delete(fd);
  it?.closing();
  return it;
}

/** A call on it is left alone. Gives what is to be called when that is over. */
export function leaveCall(fd: unknown): () => void {
  if (typeof fd !== "number") return nothing;
  const mine = left.get(fd) ?? { calls: 0, close: [] };
  left.set(fd, mine);
  mine.calls++;
  return () => {
    if (--mine.calls > 0) return;
    left.delete(fd);
    for (const close of mine.close) close();
  };
}

function whenQuiet(fd: number, close: () => void): void {
  const calls = left.get(fd);
  if (calls === undefined) close();
  else calls.close.push(close);
}

type Callback = (...results: unknown[]) => void;

/** `fs.close`, by whomever. It is never bound: closing is what a cleanup does. */
export function wrapClose(original: Callable): Callable {
  return function close(this: unknown, ...args: unknown[]): unknown {
    const [fd, callback] = args as [number, Callback | undefined];
    const isOdd = callback !== undefined && typeof callback !== "function";
    if (isOdd || (!open.has(fd) && !left.has(fd))) return Reflect.apply(original, this, args);
    const place = forget(fd)?.place;
    const closed = function (this: unknown, ...results: unknown[]): void {
      place?.leave();
      if (callback !== undefined) Reflect.apply(callback, this, results);
      else if (results[0]) throw results[0]; // as without a callback
    };
    return whenQuiet(fd, () => Reflect.apply(original, this, [fd, closed]));
  };
}

/** `fs.closeSync`. Where it would have to wait it is closed a little later. */
export function wrapCloseSync(original: Callable): Callable {
  return function closeSync(this: unknown, ...args: unknown[]): unknown {
    const [fd] = args as [number];
    if (!open.has(fd) && !left.has(fd)) return Reflect.apply(original, this, args);
    const place = forget(fd)?.place;
    try {
      if (left.has(fd)) return closeDescriptor(fd);
      return Reflect.apply(original, this, args);
    } finally {
      place?.leave();
    }
  };
}

/** `close` of Bun's `fs/promises`. */
export function wrapClosePromise(original: Callable): Callable {
  return function close(this: unknown, ...args: unknown[]): unknown {
    const [fd] = args as [number];
    if (!open.has(fd) && !left.has(fd)) return Reflect.apply(original, this, args);
    const place = forget(fd)?.place;
    return new Promise<void>((resolve, reject) => {
      whenQuiet(fd, () => {
        (Reflect.apply(original, this, args) as Promise<void>).finally(() => place?.leave())
          .then(resolve, reject);
      });
    });
  };
}
