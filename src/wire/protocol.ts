/**
 * What the two ends of a port say to each other, all of it: types, and the numbers in them. It is the same for a thread, a process and a socket.
 *
 * Calls go in batches, one in flight per worker, and are numbered on. A worker runs one at a time, in order, so results need
 * no numbers either: `first` and the place in the list say which call it is. Batches and outcomes are flat lists: a
 * key of an object costs as much as a call. Everything else is an object with a `type`.
 */

/** Both ends must speak the same. Changes with every change of the unions below. */
export const PROTOCOL_VERSION = 1;

/** How the arguments of a call are meant: as they are; one list of items, each for one call; the same with lists of arguments. */
export const PLAIN = 0, EACH = 1, SPREAD = 2;
/** See {@linkcode PLAIN}. */
export type CallMode = typeof PLAIN | typeof EACH | typeof SPREAD;
/** Bits that the mode takes in a call's header; the number of arguments stands above them. */
export const MODE_BITS = 2;

/** Bits of the flags of a list. Somebody among the values stands for what stays on its side (`proxy.ts`), or is a handle (`passing.ts`). */
export const PROXIES = 1, SHARED = 2;
/** Of a batch: say when its first call begins. Of outcomes: the batch is over, and calls of it that have no outcome have not begun. */
export const TELL = 4, OVER = 8;

/** A batch: for each call `fn`, `count << MODE_BITS | mode`, and `count` arguments. */
export type Calls = readonly [first: number, flags: number, ...calls: unknown[]];
/** Where the calls begin. */
export const CALLS_HEAD = 2;

/** Outcomes of the calls from `first` on. `busy`: milliseconds that they took. `failed`: places of those values that are errors. */
export type Results = readonly [
  first: number,
  flags: number,
  busy: number,
  failed: readonly number[] | null,
  ...values: unknown[],
];
/** Where the values begin. */
export const RESULTS_HEAD = 4;

/** From the one who calls. */
export type ToWorker =
  /** From now on `fn` is the export `name` of the module at `url`. */
  | { readonly type: "define"; readonly fn: number; readonly url: string; readonly name: string }
  | Calls
  /** The call is to end; the control block says it as well. */
  | { readonly type: "cancel"; readonly id: number }
  /** The reader of the call's values has room for `n` more; 0: nobody reads them. */
  | { readonly type: "more"; readonly id: number; readonly n: number }
  /** End when nothing runs. */
  | { readonly type: "close" };

/** From the one who is called. */
export type FromWorker =
  | { readonly type: "ready"; readonly version: number }
  /** It cannot begin. */
  | { readonly type: "broken"; readonly error: EncodedError }
  | { readonly type: "began"; readonly id: number }
  | Results
  /** What a generator has yielded. */
  | { readonly type: "items"; readonly id: number; readonly values: readonly unknown[] }
  | { readonly type: "progress"; readonly id: number; readonly value: unknown };

/** An error in a form that every runtime clones; see `errors.ts`. */
export interface EncodedError {
  /** All errors in it, the first one first; those inside others are named by their places. */
  readonly errors: readonly ErrorRecord[];
}

/** One error. */
export interface ErrorRecord {
  /** The class that it is an instance of. */
  readonly kind: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Own properties that are no errors. */
  readonly own: Readonly<Record<string, unknown>>;
  /** Own properties that are errors, `cause` among them: places in the list. */
  readonly links: Readonly<Record<string, number>>;
  /** Parts of an AggregateError: places in the list, or values that are none. */
  readonly parts: readonly ErrorPart[] | null;
}

/** See {@linkcode ErrorRecord.parts}. */
export type ErrorPart = { readonly error: number } | { readonly value: unknown };

/** What of a map's chunk failed: the place of the item, and its error; the items after it were not called. */
export interface ChunkFailure {
  readonly at: number;
  readonly error: EncodedError;
}

/** The result of a call with mode {@linkcode EACH} or {@linkcode SPREAD}. */
export interface ChunkResult {
  readonly values: readonly unknown[];
  /** Errors by their places in `values`, or null. */
  readonly failed: readonly ChunkFailure[] | null;
}

/** Batches and outcomes are lists, and nothing else is. */
export function isList<M extends ToWorker | FromWorker>(
  message: M,
): message is Extract<M, readonly unknown[]> {
  return Array.isArray(message);
}
