/**
 * Reads into the caller's memory.
 *
 * A read that is left alone goes on at the host. It must not write into memory whose owner is gone, for others may have got
 * it meanwhile; so a greenlet's read fills memory of our own, which is copied when the greenlet hears of it. And one that
 * reads on from where the last one ended has moved that place: what it gives late is kept for the next one on that handle,
 * for an interrupted operation has not happened.
 */
import { surface } from "../host/io.ts";
import type { Binding } from "./binding.ts";
import { boundCall } from "./call.ts";
import { hasLate, lossless, putBack, takeLate } from "./owned.ts";
import { detached, here } from "./fs_here.ts";
import { openedHandle } from "./fs_opened.ts";
import type { Callable } from "./layer.ts";

/** A part of somebody's memory that is to be filled, and where the bytes come from. */
export interface Plan {
  readonly buffer: ArrayBufferView;
  readonly offset: number;
  readonly length: number;
  readonly position: unknown;
}

interface Options {
  readonly buffer?: unknown;
  readonly offset?: unknown;
  readonly length?: unknown;
  readonly position?: unknown;
}

function isObject(value: unknown): value is Options {
  return typeof value === "object" && value !== null;
}

function isPlace(position: unknown): boolean {
  if (position === null || position === undefined) return true;
  return typeof position === "bigint"
    ? position >= -1n
    : Number.isInteger(position) && Number(position) >= -1;
}

/** What `read(…args)` is to do; null where the host is to say what is wrong with it, or brings the memory itself. */
export function planOf(args: readonly unknown[]): Plan | null {
  const [first, second] = args;
  const isView = ArrayBuffer.isView(first);
  const options: Options | null = isView
    ? (isObject(second) ? second : null)
    : isObject(first)
    ? first
    : null;
  const buffer = isView ? first : options?.buffer;
  if (!ArrayBuffer.isView(buffer)) return null;
  const [offset, length, position] = options === null
    ? args.slice(1)
    : [options.offset, options.length, options.position];
  const start = offset ?? 0, count = length ?? buffer.byteLength - Number(start);
  const isFine = Number.isInteger(start) && Number.isInteger(count) && isPlace(position);
  if (!isFine || Number(start) < 0 || Number(count) < 1) return null;
  if (Number(start) + Number(count) > buffer.byteLength) return null;
  return { buffer, offset: Number(start), length: Number(count), position: position ?? null };
}

/** Copies what has come into the caller's memory. */
export function fill({ buffer, offset }: Plan, bytes: Uint8Array): void {
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).set(bytes, offset);
}

/** Stand-ins for pieces of the caller's memory, and the way to copy the first `count` bytes of them. */
export function standIns(views: readonly ArrayBufferView[]): {
  own: Uint8Array[];
  copy(count: number): void;
} {
  const own = views.map((view) => new Uint8Array(view.byteLength));
  return {
    own,
    copy(count) {
      let rest = count;
      views.forEach((view, i) => {
        const bytes = own[i].subarray(0, rest);
        new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
        rest -= bytes.length;
      });
    },
  };
}

/** Whether these are pieces of memory. */
export function areViews(value: unknown): value is ArrayBufferView[] {
  return Array.isArray(value) && value.every((view) => ArrayBuffer.isView(view));
}

interface ReadResult {
  bytesRead: number;
  buffer: ArrayBufferView;
}

/** As the hosts do where they are given no memory. */
const DEFAULT_SIZE = 16_384;

function withBuffer(args: readonly unknown[]): readonly unknown[] {
  const [options] = args;
  if (ArrayBuffer.isView(options) || (isObject(options) && options.buffer !== undefined)) return args;
  if (options !== undefined && options !== null && !isObject(options)) return args;
  const { Buffer } = surface("buffer") as { Buffer: { alloc(size: number): Uint8Array } };
  return [{ ...options, buffer: Buffer.alloc(DEFAULT_SIZE) }];
}

/** `FileHandle.read`. */
export function wrapHandleRead(original: Callable): Callable {
  return function read(this: object, ...args: unknown[]): unknown {
    const binding = here();
    if (binding === null && !hasLate(this)) return Reflect.apply(original, this, args);
    const it = openedHandle(this);
    if (binding !== null) it?.used(binding);
    const what = "FileHandle.read", target = it?.target ?? "";
    const plan = planOf(withBuffer(args));
    if (plan === null) {
      const start = () => detached(original, this, args) as Promise<unknown>;
      return binding === null ? start() : boundCall(binding, { what, target, start });
    }
    const start = async (): Promise<Uint8Array> => {
      const own = new Uint8Array(plan.length);
      const call = detached(original, this, [own, 0, plan.length, plan.position]) as Promise<ReadResult>;
      return own.subarray(0, (await call).bytesRead);
    };
    const give = (bytes: Uint8Array): ReadResult => {
      fill(plan, bytes);
      return { bytesRead: bytes.length, buffer: plan.buffer };
    };
    if (plan.position !== null && Number(plan.position) >= 0) {
      return binding === null
        ? start().then(give)
        : given(binding, boundCall(binding, { what, target, start }), give);
    }
    const next = (): Promise<ReadResult> => {
      const isLate = hasLate(this);
      const take = (bytes: Uint8Array): ReadResult | Promise<ReadResult> => {
        if (isLate && bytes.length === 0) return next(); // the end may have moved on since
        if (bytes.length > plan.length) putBack(this, bytes.subarray(plan.length));
        return give(bytes.subarray(0, plan.length));
      };
      if (binding === null) return (takeLate<Uint8Array>(this) ?? start()).then(take);
      return given(binding, lossless(binding, this, what, target, start), take);
    };
    return next();
  };
}

function nothing(): void {}

/** `promise.then(give)`, where of a kill nobody has to hear. */
function given<T, R>(binding: Binding, promise: Promise<T>, give: (value: T) => R | Promise<R>): Promise<R> {
  const result = promise.then(give);
  promise.catch(() => {
    if (binding.isOver) result.catch(nothing);
  });
  return result;
}

interface ReadvResult {
  bytesRead: number;
  buffers: readonly ArrayBufferView[];
}

/** `FileHandle.readv`. */
export function wrapHandleReadv(original: Callable): Callable {
  return function readv(this: object, ...args: unknown[]): unknown {
    const binding = here();
    if (binding === null) return Reflect.apply(original, this, args);
    const it = openedHandle(this);
    it?.used(binding);
    const what = "FileHandle.readv", target = it?.target ?? "";
    const [buffers, ...rest] = args;
    if (!areViews(buffers)) {
      return boundCall(binding, {
        what,
        target,
        start: () => detached(original, this, args) as Promise<unknown>,
      });
    }
    const { own, copy } = standIns(buffers);
    const start = () => detached(original, this, [own, ...rest]) as Promise<ReadvResult>;
    return given(binding, boundCall(binding, { what, target, start }), ({ bytesRead }) => {
      copy(bytesRead);
      return { bytesRead, buffers };
    });
  };
}
