/**
 * Streams over files. One that a greenlet has made is destroyed with the kill; one that it only reads, writes or pipes
 * belongs to whoever made it, and goes on: see `asHost`.
 *
 * A stream holds a place behind `maxOpenFiles` until it is closed. When there is none its file is opened later, and when the
 * block is over already, never: the stream fails as if the file could not be opened, which every user of streams expects.
 */
import { surface } from "../host/io.ts";
import { type Binding, Operation } from "./binding.ts";
import { keepContext } from "./context.ts";
import { asHost, here, pathOf } from "./fs_here.ts";
import { openedHandle } from "./fs_opened.ts";
import { Place } from "./fs_place.ts";
import type { Callable, Wrap } from "./layer.ts";

interface Stream {
  on(event: string, listener: () => void): unknown;
  once(event: string, listener: () => void): unknown;
  destroy(reason: unknown): unknown;
}

interface Options {
  readonly fd?: unknown;
  readonly fs?: object;
  readonly emitClose?: boolean;
}

type Opener = (this: unknown, ...args: unknown[]) => unknown;

function nothing(): void {}

/** Whatever is told, nobody dies of a kill that nobody listens to. */
function stop(stream: Stream, reason: unknown): void {
  stream.on("error", nothing);
  stream.destroy(reason);
}

function watch(binding: Binding, stream: Stream, what: string, target: string, turn?: Turn): void {
  const inside = keepContext();
  const operation = new Operation(binding, what, target, {
    abort: (reason) =>
      inside(() => {
        turn?.giveUp(reason);
        stop(stream, reason);
      }),
  });
  stream.once("close", () => {
    operation.done();
    turn?.place.leave();
  });
}

/** The same options, where the file is opened by `open`. */
function openedBy(options: unknown, open: Opener): object {
  const given: Options = typeof options === "string"
    ? { encoding: options } as Options
    : { ...(options as Options | null) };
  const fs = given.fs ?? surface("fs") as object;
  return { ...given, fs: Object.create(fs, { open: { value: open } }) };
}

/** Fails what waits for a file. */
function refuseOpening(args: readonly unknown[], reason: unknown): void {
  const callback = args.at(-1) as (error: unknown) => void;
  queueMicrotask(() => callback(reason));
}

/** The opening of a stream's file, when it has to wait for a place. */
class Turn {
  readonly place: Place = new Place();
  private args: readonly unknown[] | null = null;

  /** What is put in the place of `fs.open`. */
  opener(options: unknown): Opener {
    const fs = ((options as Options | null | undefined)?.fs ?? surface("fs")) as { open: Callable };
    return (...args) => {
      this.args = args;
      this.place.wait(() => {
        this.args = null;
        try {
          asHost(fs.open, fs, args);
        } catch (error) {
          refuseOpening(args, error);
        }
      });
    };
  }

  /** Its stream is destroyed: it waits no more. */
  giveUp(reason: unknown): void {
    if (this.args === null) return;
    refuseOpening(this.args, reason);
    this.args = null;
    this.place.leave();
  }
}

/** `createReadStream`, `createWriteStream`. */
export function wrapCreate(name: string): Wrap {
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const binding = here();
      if (binding === null) return Reflect.apply(original, this, args);
      const [path, options] = args;
      const given = (typeof options === "object" ? options : null) as Options | null;
      const opens = given?.fd === undefined || given.fd === null;
      const make = (o: unknown = options) => asHost(original, this, [path, o]) as Stream;
      if (binding.isOver) {
        const { reason } = binding;
        const stream = make(opens ? openedBy(options, (...a) => refuseOpening(a, reason)) : options);
        stop(stream, reason);
        return stream;
      }
      const turn = new Turn();
      // Without the event nobody hears when it is closed.
      const counts = opens && given?.emitClose !== false;
      const isIn = !counts || turn.place.take();
      let stream: Stream;
      try {
        stream = make(isIn ? options : openedBy(options, turn.opener(options)));
      } catch (error) {
        turn.place.leave();
        throw error;
      }
      watch(binding, stream, `fs.${name}`, pathOf(path), turn);
      return stream;
    };
}

/** The same of a file handle. */
export function wrapHandleStream(original: Callable): Callable {
  return function (this: object, ...args: unknown[]): unknown {
    const binding = here();
    if (binding === null) return Reflect.apply(original, this, args);
    const it = openedHandle(this);
    it?.used(binding);
    const stream = asHost(original, this, args) as Stream;
    if (binding.isOver) stop(stream, binding.reason);
    else watch(binding, stream, `FileHandle.${original.name}`, it?.target ?? "");
    return stream;
  };
}
