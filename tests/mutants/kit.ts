/** What the catalogue of seeded bugs is made of. */
import type * as tendril from "../../src/mod.ts";
import type * as testing from "../../src/testing/mod.ts";

export type Tendril = typeof tendril;
export type Testing = typeof testing;
export type Gen<T = void> = Generator<unknown, T, unknown>;

/** A small program. It is given the library, so that it runs over ours and over each mutant of it. */
export type Program = (tendril: Tendril, testing: Testing) => () => Gen<unknown>;

/** One wrong line in one of our own sources. */
export interface Mutant {
  /** Names the test and the row of the table. */
  readonly name: string;
  /** The rule that it breaks. */
  readonly rule: string;
  /** What kind of mistake it is, in a few words. */
  readonly kind: string;
  /** From the repository's root. */
  readonly file: string;
  /** Stands in `file` exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Passes in every schedule over ours; fails in some over the mutant. */
  readonly program: Program;
}

/** A mistake in a program, and the program without it. */
export interface Classic {
  readonly name: string;
  readonly kind: string;
  readonly buggy: Program;
  readonly mended: Program;
}

/** Fails the greenlet that finds `what` not to hold. */
export function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected: ${what}`);
}
