/** What calls cost, as measured: it decides how many go together. */
import { type CallMode, PLAIN } from "./protocol.ts";

/** An export of a module, as callers know it. */
export interface Target {
  readonly fn: number;
  readonly url: string;
  readonly name: string;
  /** Milliseconds that one call takes, as measured; NaN: not known yet. */
  cost: number;
  /** A worker has died in it: nothing else may depend on such a batch. */
  alone: boolean;
}

/** A call, as far as its cost goes. */
export interface Costly {
  readonly target: Target;
  readonly mode: CallMode;
  readonly args: readonly unknown[];
}

/** How fast the estimate of a function's cost follows: up at once, half way, so that what is slow goes alone; down slowly. */
const UP = 0.5, DOWN = 0.2;

/** How many calls of its function it is. */
export function unitsOf(call: Costly): number {
  return call.mode === PLAIN ? 1 : (call.args[0] as unknown[]).length;
}

/** Milliseconds that `call` is likely to take. */
export function estimate(call: Costly): number {
  return call.mode === PLAIN ? call.target.cost : call.target.cost * unitsOf(call);
}

/** Learns what calls cost from `n` outcomes that took `busy` milliseconds together. */
export function learn(batch: readonly Costly[], from: number, n: number, busy: number): void {
  if (n === 0) return;
  const one = batch[from].target;
  let units = 0, isOne = true;
  for (let i = from; i < from + n; i++) {
    const call = batch[i];
    if (call.target !== one) isOne = false;
    units += unitsOf(call);
  }
  if (isOne) return units === 0 ? undefined : follow(one, busy / units);
  // Several: all estimates were wrong by the same part.
  let expected = 0;
  for (let i = from; i < from + n; i++) expected += estimate(batch[i]);
  if (!(expected > 0)) return;
  for (const target of new Set(batch.slice(from, from + n).map((call) => call.target))) {
    follow(target, target.cost * busy / expected);
  }
}

function follow(target: Target, seen: number): void {
  const { cost } = target;
  target.cost = cost !== cost ? seen : cost + (seen - cost) * (seen > cost ? UP : DOWN);
}
