/**
 * Parts of concurrent programs as data that fast-check draws and shrinks: towards FIFO, no bound, one permit, no scope, no
 * kill, no delay. What has an identity is drawn as the way to make it, and made anew inside of each run.
 */
import type { Op } from "../../core/mod.ts";
import { cancelScope, moveOnAfter, shield, taskGroup, Timeout, withTimeout } from "../../greenlet/mod.ts";
import {
  type Body,
  BoundedSemaphore,
  call,
  LifoQueue,
  Lock,
  needBody,
  op,
  PriorityQueue,
  Queue,
  RLock,
  Semaphore,
} from "../../sync/mod.ts";
import { type Arbitrary, type FastCheck, type Fc, needFastCheck } from "./fast_check.ts";
import type { KillPoint } from "./kill_at.ts";

/** A kind of queue; calling it makes one. */
export interface QueueMaker {
  <T>(): Queue<T> | LifoQueue<T> | PriorityQueue<T>;
  readonly kind: "Queue" | "LifoQueue" | "PriorityQueue";
  /** `Infinity` for no bound. */
  readonly maxsize: number;
}

/** A kind of lock; calling it makes one. */
export interface LockMaker {
  (): Lock | RLock;
  readonly kind: "Lock" | "RLock";
}

/** A kind of semaphore; calling it makes one. */
export interface SemaphoreMaker {
  (): Semaphore;
  readonly kind: "Semaphore" | "BoundedSemaphore";
  readonly permits: number;
}

/** A block around a body. */
export type ScopeLayer =
  | { readonly kind: "taskGroup" | "cancelScope" | "shield" }
  | {
    readonly kind: "moveOnAfter" | "withTimeout" | "Timeout";
    /** Milliseconds from the entry. */
    readonly ms: number;
  };

/** Blocks inside of each other; calling it runs a body in the innermost, and gives undefined when a deadline ended it. */
export interface ScopeShape {
  <T>(body: Body<[], T>): Op<T | undefined>;
  /** The outermost first. */
  readonly layers: readonly ScopeLayer[];
}

/** What {@linkcode arbitraries} gives. */
export interface Arbitraries {
  /** First in first out without a bound, down from other orders and bounds from 1 to 4. */
  readonly queue: Arbitrary<QueueMaker>;
  readonly lock: Arbitrary<LockMaker>;
  /** With one permit to three. */
  readonly semaphore: Arbitrary<SemaphoreMaker>;
  /** Up to three blocks around a body. */
  readonly scope: Arbitrary<ScopeShape>;
  /** One kill, or none, for {@linkcode killAt}. */
  readonly killPoint: Arbitrary<KillPoint>;
  /** Milliseconds from 0 to 20. */
  readonly delay: Arbitrary<number>;
  /** Up to five of them. */
  readonly delays: Arbitrary<number[]>;
}

const MAX_SIZE = 4, MAX_PERMITS = 3, MAX_LAYERS = 3, MAX_MS = 20, MAX_DELAYS = 5;
/** Greenlets beyond these are counted around. */
const MAX_VICTIM = 7, MAX_PARKS = 5;

/**
 * Arbitraries for the parts of concurrent programs. Together with `fc`'s own, for {@linkcode property}.
 *
 * @param fc the module: `import fc from "fast-check"`.
 * @throws `TypeError` for what is not the module.
 * @example
 * ```ts
 * import { spawn } from "tendril";
 * import { arbitraries, killAt, property } from "tendril/testing";
 * import { assert, assertThrows } from "@std/assert";
 * import fc from "fast-check";
 *
 * const { queue, killPoint } = arbitraries(fc);
 * const items = fc.array(fc.nat(), { maxLength: 4 });
 * const error = assertThrows(() =>
 *   property(fc, [queue, items, killPoint], function* (make, items, point) {
 *     const jobs = make<number>();
 *     const done: number[] = [];
 *     const worker = spawn(function* () {
 *       for (const _ of items) done.push(yield* jobs.get());
 *     });
 *     killAt(point, [worker]);
 *     for (const item of items) spawn(() => jobs.put(item));
 *     yield* worker.join();
 *     assert(done.length === items.length);
 *   })
 * ) as Error;
 * assert(/With make = new Queue\(\), items = \[0\], point = kill 0 before it begins/.test(error.message));
 * ```
 */
export function arbitraries(fc: FastCheck): Arbitraries {
  const f = needFastCheck(fc, "arbitraries");
  const delay = f.integer({ min: 0, max: MAX_MS });
  return {
    queue: queues(f),
    lock: oneOf(f, ["Lock", "RLock"]).map((kind) => {
      const make = () => kind === "Lock" ? new Lock() : new RLock();
      return said(f, make, { kind }, `new ${kind}()`);
    }),
    semaphore: f.record({
      kind: oneOf(f, ["Semaphore", "BoundedSemaphore"]),
      permits: f.integer({ min: 1, max: MAX_PERMITS }),
    }).map(({ kind, permits }) => {
      const make = () => kind === "Semaphore" ? new Semaphore(permits) : new BoundedSemaphore(permits);
      return said(f, make, { kind, permits }, `new ${kind}(${permits})`);
    }),
    scope: scopes(f, delay),
    killPoint: killPoints(f),
    delay,
    delays: f.array(delay, { maxLength: MAX_DELAYS }),
  };
}

/** One of `values`; it shrinks to those before it, where `fc.constantFrom` shrinks to the first alone. */
function oneOf<const T>(fc: Fc, values: readonly T[]): Arbitrary<T> {
  return fc.integer({ min: 0, max: values.length - 1 }).map((i) => values[i]);
}

/** A function with properties, and the text that a failure shows for it. */
function said<F extends object, P extends object>(fc: Fc, f: F, properties: P, text: string): F & P {
  return Object.assign(f, properties, { [fc.toStringMethod]: () => text, toString: () => text });
}

function queues(fc: Fc): Arbitrary<QueueMaker> {
  return fc.record({
    kind: oneOf(fc, ["Queue", "LifoQueue", "PriorityQueue"]),
    maxsize: fc.option(fc.integer({ min: 1, max: MAX_SIZE }), { nil: Infinity, freq: 2 }),
  }).map(({ kind, maxsize }): QueueMaker => {
    const make = <T>() => {
      const options = { maxsize };
      switch (kind) {
        case "Queue":
          return new Queue<T>(options);
        case "LifoQueue":
          return new LifoQueue<T>(options);
        case "PriorityQueue":
          return new PriorityQueue<T>(options);
      }
    };
    const text = `new ${kind}(${maxsize === Infinity ? "" : `{ maxsize: ${maxsize} }`})`;
    return said(fc, make, { kind, maxsize }, text);
  });
}

const PLAIN = ["taskGroup", "cancelScope", "shield"] as const;
const TIMED = ["moveOnAfter", "withTimeout", "Timeout"] as const;

function isTimed(kind: ScopeLayer["kind"]): kind is (typeof TIMED)[number] {
  return (TIMED as readonly string[]).includes(kind);
}

function scopes(fc: Fc, ms: Arbitrary<number>): Arbitrary<ScopeShape> {
  const layer = fc.record({ kind: oneOf(fc, [...PLAIN, ...TIMED]), ms })
    .map(({ kind, ms }): ScopeLayer => isTimed(kind) ? { kind, ms } : { kind });
  return fc.array(layer, { maxLength: MAX_LAYERS }).map((layers): ScopeShape => {
    const inAll = <T>(body: Body<[], T>): Op<T | undefined> => {
      needBody(body, "a scope");
      return layers.reduceRight<Op<T | undefined>>((inner, layer) => within(layer, inner), call(body));
    };
    const text = layers.map((layer) => "ms" in layer ? `${layer.kind}(${layer.ms})` : layer.kind);
    return said(fc, inAll, { layers }, text.length === 0 ? "no scope" : text.join(" > "));
  });
}

/** `inner` inside of one more block. */
function within<T>(layer: ScopeLayer, inner: Op<T | undefined>): Op<T | undefined> {
  switch (layer.kind) {
    case "taskGroup":
      return taskGroup(() => inner);
    case "cancelScope":
      return cancelScope({}, () => inner);
    case "shield":
      return shield(() => inner);
    case "moveOnAfter":
      return moveOnAfter(layer.ms, () => inner);
    case "withTimeout":
      return withTimeout(layer.ms, inner, { value: undefined });
    case "Timeout":
      return op(() => beforeTimeout(layer.ms, inner));
  }
}

function* beforeTimeout<T>(ms: number, inner: Op<T | undefined>): Generator<unknown, T | undefined, unknown> {
  const timeout = Timeout.start(ms);
  try {
    return yield* inner;
  } catch (e) {
    if (e !== timeout) throw e;
    return undefined;
  } finally {
    timeout.cancel();
  }
}

function killPoints(fc: Fc): Arbitrary<KillPoint> {
  const kill = fc.record({
    victim: fc.integer({ min: 0, max: MAX_VICTIM }),
    parks: fc.integer({ min: 0, max: MAX_PARKS }),
  });
  return fc.option(kill, { nil: null, freq: 4 }).map((point): KillPoint => {
    const { victim, parks } = point ?? { victim: null, parks: 0 };
    const when = parks === 0 ? "before it begins" : `at its park ${parks}`;
    return Object.defineProperty({ victim, parks }, fc.toStringMethod, {
      value: () => victim === null ? "no kill" : `kill ${victim} ${when}`,
    });
  });
}
