/**
 * `node:fs` with callbacks. The callback of a call that is bound hears of the kill at once, though never inside of whoever
 * kills, and then nothing more. The call itself ends as it may; what it gives then is dropped.
 */
import { surface } from "../host/io.ts";
import { type Binding, Operation } from "./binding.ts";
import { type Inside, keepContext } from "./context.ts";
import { closeDescriptor, leaveCall, openDescriptor, openedDescriptor } from "./fs_descriptors.ts";
import { boundDirectory } from "./fs_directory.ts";
import { detached, here, inContext, pathOf } from "./fs_here.ts";
import { type Closable, closeQuietly } from "./fs_opened.ts";
import { Place } from "./fs_place.ts";
import { opensFile } from "./fs_promises.ts";
import { areViews, fill, planOf, standIns } from "./fs_read.ts";
import { bottom, type Callable, dress, type Wrap } from "./layer.ts";

type Callback = (...results: unknown[]) => void;

/** What is special about a call. */
interface Special {
  /** What its callback gets when it is refused or given up. */
  refusal(reason: unknown): unknown[];
  /** Goes over its results before its callback gets them. */
  results?(results: unknown[]): unknown[];
  /** It has given something, and nobody waits for it. */
  dropped?(value: unknown): void;
  /** A place that it waits for, and gives back at its end, or hands on with its results. */
  readonly place: Place | null;
  readonly handsOn?: boolean;
  /** The descriptor that it uses. */
  readonly fd: unknown;
}

function nothing(): void {}

/** A call that is under way. */
class Pending {
  private readonly callback: Callback;
  private readonly special: Special;
  private readonly inside: Inside = keepContext();
  private operation: Operation | null = null;
  private isOver = false;
  private isDropped = false;
  private left: () => void = nothing;

  constructor(callback: Callback, special: Special) {
    this.callback = callback;
    this.special = special;
  }

  /** Later, as callbacks are called, and by the code that asked: if it asks again it is refused again. */
  refuse(reason: unknown): void {
    const refusal = this.special.refusal(reason);
    queueMicrotask(() => this.inside(() => this.callback(...refusal)));
  }

  /** `send` makes the call; what it throws at once is thrown at the call. */
  begin(binding: Binding, what: string, target: string, send: () => unknown): unknown {
    const { place } = this.special;
    let result: unknown;
    if (place === null || place.take()) {
      try {
        result = send();
      } catch (error) {
        place?.leave();
        throw error;
      }
    } else {
      place.wait(() => {
        try {
          send();
        } catch (error) {
          this.ended(undefined, this.special.refusal(error));
        }
      });
    }
    // Some call back at once when the path makes no sense.
    if (!this.isOver) {
      this.operation = new Operation(binding, what, target, { abort: (reason) => this.abort(reason) });
    }
    return result;
  }

  private abort(reason: unknown): void {
    const { place, fd } = this.special;
    this.isDropped = true;
    if (place?.isWaiting) {
      this.isOver = true;
      place.leave();
    } else {
      this.left = leaveCall(fd);
    }
    this.refuse(reason);
  }

  /** The host calls back. */
  ended(self: unknown, results: unknown[]): void {
    if (this.isOver) return;
    this.isOver = true;
    this.operation?.done();
    this.left();
    const { special } = this;
    if (this.isDropped) {
      special.place?.leave();
      if (!results[0]) special.dropped?.(results[1]);
      return;
    }
    if (special.handsOn !== true) special.place?.leave();
    const given = special.results?.(results) ?? results;
    this.inside(() => Reflect.apply(this.callback, self, given));
  }
}

/** Takes apart what a call is given; null where its callback is missing. */
function callbackOf(args: readonly unknown[]): number {
  return args.findLastIndex((arg) => typeof arg === "function");
}

type Specialist = (binding: Binding, args: unknown[]) => Partial<Special> & { args?: readonly unknown[] };

function wrap(name: string, specialist: Specialist): Wrap {
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const binding = here();
      const at = callbackOf(args);
      if (binding === null || at === -1) return Reflect.apply(original, this, args);
      const { args: sent = args, ...special } = specialist(binding, args);
      const fd = typeof args[0] === "number" ? args[0] : undefined;
      const refusal = (reason: unknown) => [reason];
      const call = new Pending(args[at] as Callback, { refusal, place: null, fd, ...special });
      if (binding.isOver) return call.refuse(binding.reason);
      openDescriptor(fd)?.used(binding);
      const heard = dress(function (this: unknown, ...results: unknown[]): void {
        call.ended(this, results);
      }, args[at] as Callable);
      const send = () => detached(original, this, sent.with(callbackOf(sent), heard));
      return call.begin(binding, `fs.${name}`, pathOf(args[0]), send);
    };
}

/** A call of the host's by which something is cleared away. */
function host(name: string): Callable {
  return bottom((surface("fs") as Record<string, unknown>)[name]) as Callable;
}

const SPECIAL: Readonly<Record<string, Specialist>> = {
  cp: (_, args) => ({ args: inContext(args) }),
  glob: (_, args) => ({ args: inContext(args) }),
  // Its callback takes no error.
  exists: () => ({ refusal: () => [false] }),
  mkdtemp: () => ({ dropped: (path) => void host("rmdir")(path, nothing) }),
  open(binding, args) {
    const place = new Place();
    return {
      place,
      handsOn: true,
      results(results) {
        const [error, fd] = results;
        if (error || typeof fd !== "number") place.leave();
        else openedDescriptor(binding, fd, pathOf(args[0]), place);
        return results;
      },
      dropped: (fd) => closeDescriptor(fd as number),
    };
  },
  opendir: (binding, args) => ({
    results([error, directory]) {
      return error ? [error] : [error, boundDirectory(binding, directory as Closable, pathOf(args[0]))];
    },
    dropped: (directory) => closeQuietly(directory as Closable),
  }),
  read(_binding, args) {
    const callback = callbackOf(args);
    const [fd, ...rest] = args.slice(0, callback);
    // Four arguments in a row, or an object of options: what the host takes to be wrong it shall say.
    const isKnown = rest.length === 4 || rest.length === 1 ||
      (rest.length === 2 && typeof rest[1] === "object" && rest[1] !== null);
    const plan = isKnown && callback === args.length - 1 ? planOf(rest) : null;
    if (plan === null) return {};
    const own = new Uint8Array(plan.length);
    return {
      args: [fd, own, 0, plan.length, plan.position, args[callback]],
      results([error, count, ...others]) {
        if (error) return [error, count, ...others];
        fill(plan, own.subarray(0, count as number));
        return [error, count, plan.buffer];
      },
    };
  },
  readv(_binding, args) {
    const [fd, buffers, ...rest] = args;
    if (!areViews(buffers)) return {};
    const { own, copy } = standIns(buffers);
    return {
      args: [fd, own, ...rest],
      results([error, count]) {
        if (!error) copy(count as number);
        return [error, count, buffers];
      },
    };
  },
};

/** `fs[name]`. */
export function wrapCallback(name: string): Wrap {
  return wrap(name, SPECIAL[name] ?? ((_, args) => opensFile(name, args) ? { place: new Place() } : {}));
}
