// What the families of statements for random programs are made of.

import type { Greenlet } from "../../src/mod.ts";

/** What a statement sees. */
export interface Context {
  /** Chance's choice: which object, which greenlet. */
  readonly n: number;
  /** Which greenlet this is. */
  readonly me: number;
  readonly log: unknown[];
  readonly cells: { value: number }[];
  readonly greenlets: readonly Greenlet<unknown>[];
  readonly other: Greenlet<unknown>;
  /** The statements of the block; with a log of their own where they run beside this greenlet. */
  run(log?: unknown[]): Generator<unknown, void, unknown>;
  /** A log of its own for what runs by itself: what several greenlets write to would be shared state. */
  listen(what: string): unknown[];
}

/** What a statement does; what it gives is logged. A generator is run. */
export type Act<P> = (context: Context, parts: P) => unknown;

/** Statements with the objects that they share. */
export interface Family<P> {
  readonly make: () => P;
  readonly acts: Readonly<Record<string, Act<P>>>;
  /** Those of `acts` that have a block. */
  readonly blocks: readonly string[];
}

/** Of the greenlets, those that a statement may wait for. */
export function others({ greenlets, me }: Context): readonly Greenlet<unknown>[] {
  return greenlets.filter((_, i) => i !== me);
}

/** Something that a log can hold, the same in every schedule that is the same to the program. */
export function shown(value: unknown): unknown {
  if (value instanceof Error) return value.name;
  if (Array.isArray(value)) return `[${value.map(shown).join(";")}]`;
  return typeof value === "object" && value !== null ? "object" : value;
}
