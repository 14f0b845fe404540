/**
 * Calls that hold the loop, found where they are made: inside a greenlet a synchronous read stops all the others.
 *
 * The replacement is the original to the letter as long as no greenlet runs, for a few nanoseconds. Inside of one the call
 * is timed and reported, once for each place, or refused. A call that an original makes itself (`fs.writeFileSync`
 * calls `fs.openSync`) is part of it. What the runtime itself does, its module loader for a `require()`, is nobody's fault:
 * the frame that has called tells it.
 *
 * Taking a stack costs 2–10 µs, so it is taken after the call, and only where the call was long enough.
 */
import { say, type SyncMode, systemHost } from "../host/mod.ts";
import { bound } from "./binding.ts";
import { type BlockingCall, blockingCalls } from "./blocking_calls.ts";
import { type Callable, dress } from "./layer.ts";
import type { Target } from "./target.ts";

/** A greenlet has made a call that would have held the loop, where that was forbidden. Nothing has happened. */
export class BlockingCallError extends Error {
  override name: string = "BlockingCallError";
  /** The call: `fs.readFileSync`. */
  readonly call: string;
  /** What to use instead: `fs.promises.readFile`. */
  readonly twin: string;
  /** The name of the greenlet. */
  readonly greenlet: string;

  constructor(call: string, twin: string, greenlet: string) {
    super(`${call} would block the loop in greenlet ${greenlet}: use ${twin}`);
    this.call = call;
    this.twin = twin;
    this.greenlet = greenlet;
  }
}

/** What {@linkcode blockingWrapper} asks when a call is made. */
export interface BlockingRules {
  mode(): SyncMode;
  /** The name of the greenlet that runs; null outside of greenlets. */
  inGreenlet(): string | null;
  /** Calls that took fewer milliseconds are not reported; without it, all are. They are refused in any case. */
  reportMs?(): number;
}

let mode: SyncMode = "off", reportMs = 0;

/**
 * What the {@linkcode blockingTargets} do from here on, with every place reported anew. `least`: calls that took fewer
 * milliseconds are not reported. It is 0 by default: a read that takes microseconds from a warm disk takes a second from a
 * cold or a remote one, and each place is named only once.
 */
export function setBlockingMode(next: SyncMode, least: number = 0): void {
  mode = next;
  reportMs = least;
  reported.clear();
}

/** Frames of this file above the caller: the one that takes the stack, and the replacement. */
const OWN_FRAMES = 2;
/**
 * Node's inner code, which reads modules and source maps and writes a console that is a file; what it calls back for the user
 * is not meant. Deno's and Bun's inner code calls nothing that can be patched.
 */
const INNER = /^node:internal\/(?!timers|process\/task_queues|event_target)/;
/** A frame of the runtime's, in which nobody can mend anything. */
const RUNTIME = /^(?:node|ext|deno|bun|internal|native|\[native code\]|<anonymous>)(?::|$)/;

/** A call that is going on, or its report: what is called inside belongs to it. */
let isInside = false;
/** Where blocking calls have been reported. */
const reported = new Set<string>();

/** `module` as people write it. */
function shownName({ module, name }: Pick<BlockingCall, "module" | "name">): string {
  return module === "globalThis" ? name : `${module.replace(/\.prototype$/, "")}.${name}`;
}

/** See the top of the file. */
export function blockingWrapper(original: Callable, what: BlockingCall, rules: BlockingRules): Callable {
  const call = shownName(what);
  const replacement = {
    replacement(this: unknown, ...args: unknown[]): unknown {
      const greenlet = isInside ? null : rules.inGreenlet();
      if (greenlet === null) return Reflect.apply(original, this, args);
      const asked = rules.mode();
      if (asked === "off") return Reflect.apply(original, this, args);
      if (asked === "throw" && caller() !== NOBODY) throw new BlockingCallError(call, what.twin, greenlet);
      isInside = true;
      const start = systemHost.now();
      try {
        return Reflect.apply(original, this, args);
      } finally {
        const ms = systemHost.now() - start;
        isInside = false;
        if (asked === "report" && ms >= (rules.reportMs?.() ?? 0)) {
          report(call, what.twin, greenlet, ms, caller());
        }
      }
    },
  }.replacement;
  // `fs.realpathSync.native`
  const native: unknown = Object.getOwnPropertyDescriptor(original, "native")?.value;
  if (typeof native === "function") {
    const inner = { ...what, name: `${what.name}.native` };
    Object.defineProperty(replacement, "native", {
      ...Object.getOwnPropertyDescriptor(original, "native"),
      value: dress(blockingWrapper(native, inner, rules), native),
    });
  }
  return dress(replacement, original);
}

function report(call: string, twin: string, greenlet: string, ms: number, place: string): void {
  if (place === NOBODY) return;
  const key = `${call} ${place}`;
  if (reported.has(key)) return;
  reported.add(key);
  const time = ms.toFixed(ms < 1 ? 3 : 1);
  say(`${call} blocked the loop for ${time} ms in greenlet ${greenlet} at ${place}; use ${twin}`);
}

const NOBODY = "the runtime itself";

/** Where the user's code has made the call: `file:///app.ts:12:5`; {@linkcode NOBODY} where nobody's code has. */
function caller(): string {
  isInside = true; // a source map may be read for the stack
  let stack: unknown;
  try {
    stack = new Error().stack;
  } finally {
    isInside = false;
  }
  const lines = typeof stack === "string" ? stack.split("\n") : [];
  // The message is a line of its own, and on some runtimes empty.
  const frames = lines.filter((line) => /^\s*at /.test(line)).slice(OWN_FRAMES);
  let isFirst = true;
  for (const frame of frames) {
    const place = /^\s*at (?:.*? \()?(?:async )?(.*?)\)?$/.exec(frame)?.[1] ?? "";
    if (isFirst && INNER.test(place)) return NOBODY;
    if (place.startsWith("native") || place === "<anonymous>") continue; // files.map(fs.readFileSync)
    isFirst = false;
    if (!RUNTIME.test(place)) return place;
  }
  return "an unknown place";
}

const rules: BlockingRules = {
  mode: () => mode,
  // Also after an await in somebody else's async function.
  inGreenlet: () => bound()?.task.name ?? null,
  reportMs: () => reportMs,
};

/** What is put over the {@linkcode blockingCalls}. */
export const blockingTargets: readonly Target[] = blockingCalls.map((call) => ({
  group: "sync",
  module: call.module,
  name: call.name,
  wrap: (original) => blockingWrapper(original, call, rules),
}));
