/**
 * Objects and functions that stay on their side, by Comlink: what is passed is the end of a channel, and what arrives is a Comlink
 * proxy, whose calls are promises. What Comlink does not do is done here: a proxy whose other side has died rejects what is pending, and
 * everything after, with the reason.
 *
 * Comlink is an optional peer, loaded when somebody has something to stay at home. Since that takes a moment, a call with a proxy is
 * sent when it is over; and since a channel's end can be passed once, it goes alone and is not taken back.
 */
import { show } from "../core/mod.ts";
import { transferOf, transferOfAll } from "./clone.ts";
import { decodeError, encodeError } from "./errors.ts";
import { isPlain, passingLoaded, reviveOne } from "./passing.ts";
import { type EncodedError, PROXIES, SHARED } from "./protocol.ts";

type Comlink = typeof import("comlink");

/** The property by which the other side knows it. */
const MARK = "tendril:proxy";

interface Channel extends EventTarget {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  start(): void;
  close(): void;
  ref?(): void;
  unref?(): void;
}

/** What stands for a value that stays: it is cloned with the port in it. */
class Marker {
  readonly [MARK]: Channel;

  constructor(port: Channel) {
    this[MARK] = port;
  }
}

let comlink: Comlink | null = null;
let loading: Promise<Comlink> | null = null;
let used = false;

async function load(): Promise<Comlink> {
  try {
    const found = await import("comlink");
    passErrors(found);
    return comlink = found;
  } catch (error) {
    throw new Error("proxy() needs the package comlink, which is not there: npm install comlink", {
      cause: error,
    });
  }
}

/** What Comlink sends for something that was thrown: of errors it keeps name, message and stack. */
interface Thrown {
  readonly isError: boolean;
  /** All of it, which a Comlink without this library ignores. */
  readonly encoded?: EncodedError;
}

function passErrors({ transferHandlers }: Comlink): void {
  type Handler = import("comlink").TransferHandler<unknown, Thrown>;
  const plain = transferHandlers.get("throw") as Handler;
  transferHandlers.set("throw", {
    canHandle: plain.canHandle,
    serialize(thrown: { value: unknown }) {
      const [sent, moved] = plain.serialize(thrown);
      return [sent.isError ? { ...sent, encoded: encodeError(thrown.value) } : sent, moved];
    },
    deserialize(sent: Thrown) {
      if (sent.encoded !== undefined) throw decodeError(sent.encoded);
      return plain.deserialize(sent);
    },
  } as Handler as never);
}

/** Whether a proxy could be sent now; else what to wait for. */
export function proxiesLoaded(): Promise<unknown> | null {
  return comlink !== null ? null : loading ??= load();
}

/**
 * Passes `value` (a function, an object with methods) to another thread, or returns it from one, without copying it: there it is a
 * Comlink proxy, whose calls run here and give promises. When this side dies, they fail with the reason. Needs the package `comlink`.
 *
 * What it gives stands for `value` in one call: make another one for the next.
 *
 * @example
 * ```ts
 * import { ThreadPool, proxy } from "tendril/threads";
 * import { assertEquals } from "@std/assert";
 *
 * const url = new URL("data:text/javascript,export async function work(tell) { await tell(50); return 1 }");
 * await using pool = new ThreadPool({ size: 1 });
 * const seen: number[] = [];
 * const { work } = pool.module<{ work(tell: (percent: number) => unknown): Promise<number> }>(url);
 * await work(proxy((percent: number) => seen.push(percent)));
 * assertEquals(seen, [50]);
 * ```
 * @throws `TypeError` for what is neither an object nor a function.
 */
export function proxy<T extends object>(value: T): T {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) {
    throw new TypeError(
      `proxy needs a function or an object with methods, not ${show(value)}: pass data as it is`,
    );
  }
  used = true;
  const { port1, port2 } = new MessageChannel();
  const here = port1 as unknown as Channel;
  const expose = ({ expose }: Comlink) => {
    expose(value, here as never);
    here.unref?.();
  };
  if (comlink !== null) expose(comlink);
  else (proxiesLoaded() as Promise<Comlink>).then(expose, () => here.close()); // whoever sends it tells
  return new Marker(port2 as unknown as Channel) as unknown as T;
}

/** Ends of channels in `values`; null for none, which is the rule. Looks into plain objects and lists. */
export function proxiesIn(values: readonly unknown[]): object[] | null {
  if (!used) return null;
  const found: object[] = [];
  const seen = new Set<object>();
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (value instanceof Marker) found.push(value[MARK]);
    else if (isPlain(value)) { for (const inner of Object.values(value)) look(inner); }
  };
  values.forEach(look);
  return found.length === 0 ? null : found;
}

/** All that is moved with these values; null for nothing. */
export function movedWith(values: readonly unknown[]): object[] | null {
  const moved = transferOfAll(values), proxies = proxiesIn(values);
  return moved === null || proxies === null ? moved ?? proxies : [...moved, ...proxies];
}

/** The same for one value. */
export function movedWithOne(value: unknown): readonly object[] {
  const proxies = proxiesIn([value]);
  return proxies === null ? transferOf(value) : [...transferOf(value), ...proxies];
}

/** The proxies that this end has of things at the other one. */
export class Proxies {
  private readonly ends: Set<FailingEnd> = new Set();
  private reason: { error: unknown } | null = null;

  /** The same value with proxies, and what else stood for something, in it. What that takes must be loaded. */
  revive(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (MARK in value) return this.wrap((value as Marker)[MARK]);
    const revived = reviveOne(value);
    if (revived !== undefined) return revived;
    if (isPlain(value)) {
      const all = value as Record<string, unknown>;
      for (const key of Object.keys(all)) {
        const inner = all[key];
        if (typeof inner === "object" && inner !== null) all[key] = this.revive(inner);
      }
    }
    return value;
  }

  private wrap(port: Channel): unknown {
    const end = new FailingEnd(port);
    this.ends.add(end);
    if (this.reason !== null) end.fail(this.reason.error);
    return (comlink as Comlink).wrap(end as never);
  }

  /** The other side has died. */
  fail(error: unknown): void {
    this.reason = { error };
    for (const end of this.ends) end.fail(error);
    this.ends.clear();
  }
}

type Listener = (event: { data: unknown }) => void;

/** A channel's end that answers by itself when the other side cannot. Keeps the program alive while an answer is due. */
class FailingEnd {
  private readonly port: Channel;
  private readonly due: Set<string> = new Set();
  private readonly listeners: Set<Listener> = new Set();
  private reason: { error: unknown } | null = null;

  constructor(port: Channel) {
    this.port = port;
    port.addEventListener("message", (event) => {
      const { data } = event as MessageEvent<{ id?: string }>;
      if (data?.id !== undefined && this.due.delete(data.id) && this.due.size === 0) port.unref?.();
      this.tell({ data });
    });
    port.start();
    port.unref?.();
  }

  postMessage(message: { id: string }, transfer: Transferable[] = []): void {
    if (this.reason !== null) return this.answer(message.id);
    this.due.add(message.id);
    if (this.due.size === 1) this.port.ref?.();
    this.port.postMessage(message, transfer);
  }

  addEventListener(_: string, listener: Listener): void {
    this.listeners.add(listener);
  }

  removeEventListener(_: string, listener: Listener): void {
    this.listeners.delete(listener);
  }

  fail(error: unknown): void {
    this.reason = { error };
    for (const id of this.due) this.answer(id);
    this.due.clear();
    this.port.close();
  }

  /** As Comlink would send what was thrown. */
  private answer(id: string): void {
    const value = { isError: false, value: this.reason?.error };
    queueMicrotask(() => this.tell({ data: { id, type: "HANDLER", name: "throw", value } }));
  }

  private tell(event: { data: unknown }): void {
    for (const listener of [...this.listeners]) listener(event);
  }
}

/** What to wait for before a list with these flags can be read; null: nothing. */
export function readable(flags: number): Promise<unknown> | null {
  return ((flags & PROXIES) !== 0 ? proxiesLoaded() : null) ??
    ((flags & SHARED) !== 0 ? passingLoaded() : null);
}
