/**
 * What of fast-check is used here. It is written out, and the module itself is handed in, so that neither this library's
 * code nor its types need fast-check installed; and so that data are drawn by the very copy that made the arbitraries.
 */
import { show } from "../../core/mod.ts";

/** The module: `import fc from "fast-check"`, version 4. */
export interface FastCheck {
  check(property: never, parameters?: never): unknown;
  property(...parts: never[]): unknown;
  stringify(value: unknown): string;
}

/** Something that draws values: any `fc.Arbitrary`. */
export interface ArbitraryLike<T> {
  generate(random: never, bias: number | undefined): { readonly value: T };
}

/** What fast-check's own functions take for an `fc.Arbitrary`, with the methods that it has. */
export interface Arbitrary<T> extends ArbitraryLike<T> {
  generate(
    random: never,
    bias: number | undefined,
  ): { readonly value: T; readonly value_: T; readonly context: unknown; readonly hasToBeCloned: boolean };
  canShrinkWithoutContext(value: unknown): value is T;
  /** fast-check's business: its streams have a type that nobody else can write down. */
  shrink(value: T, context: unknown): never;
  filter<U extends T>(refinement: (value: T) => value is U): Arbitrary<U>;
  filter(predicate: (value: T) => boolean): Arbitrary<T>;
  map<U>(mapper: (value: T) => U, unmapper?: (value: unknown) => T): Arbitrary<U>;
  chain<U>(chainer: (value: T) => ArbitraryLike<U>): Arbitrary<U>;
}

/** What a check says. */
export interface Details {
  readonly failed: boolean;
  readonly interrupted: boolean;
  readonly numRuns: number;
  readonly numSkips: number;
  readonly numShrinks: number;
  readonly seed: number;
  readonly counterexamplePath: string | null;
}

/** The same module as {@linkcode FastCheck}, as it is used. */
export interface Fc {
  check(property: unknown, parameters: Record<string, unknown>): Details;
  property<T>(arbitrary: ArbitraryLike<T>, predicate: (value: T) => void): unknown;
  stringify(value: unknown): string;
  readonly PreconditionFailure: { isFailure(error: unknown): boolean };
  readonly cloneMethod: symbol;
  readonly toStringMethod: symbol;
  tuple(...arbitraries: readonly ArbitraryLike<unknown>[]): Arbitrary<unknown[]>;
  record<T>(parts: { readonly [K in keyof T]: ArbitraryLike<T[K]> }): Arbitrary<T>;
  array<T>(arbitrary: ArbitraryLike<T>, limits: { minLength?: number; maxLength: number }): Arbitrary<T[]>;
  integer(limits: { min: number; max: number }): Arbitrary<number>;
  oneof<T>(...arbitraries: readonly ArbitraryLike<T>[]): Arbitrary<T>;
  option<T, N>(arbitrary: ArbitraryLike<T>, options: { nil: N; freq?: number }): Arbitrary<T | N>;
}

/** What is called on the module: older and newer ones that lack a part are told apart here, not in the middle of a check. */
const USED: readonly (keyof Fc)[] = [
  "check",
  "property",
  "stringify",
  "PreconditionFailure",
  "cloneMethod",
  "toStringMethod",
  "tuple",
  "record",
  "array",
  "integer",
  "oneof",
  "option",
];

/** @throws `TypeError` for what is not the module. */
export function needFastCheck(fc: unknown, what: string): Fc {
  const parts = (typeof fc === "object" && fc !== null) || typeof fc === "function" ? fc as Fc : undefined;
  const missing = parts === undefined ? [] : USED.filter((name) => parts[name] === undefined);
  if (parts === undefined || missing.length > 0) {
    const but = missing.length > 0 ? `one without ${missing.slice(0, 3).join(", ")}` : show(fc);
    throw new TypeError(
      `${what} needs the module fast-check first, not ${but}: import fc from "fast-check" (version 4)`,
    );
  }
  return parts;
}

/** @throws `TypeError` for what draws no values. */
export function needArbitrary(arbitrary: unknown, what: string): void {
  if (typeof (arbitrary as { generate?: unknown } | null | undefined)?.generate !== "function") {
    throw new TypeError(`${what} must be an arbitrary, as fc.nat() is one, not ${show(arbitrary)}`);
  }
}
