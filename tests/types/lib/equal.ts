/** Exact comparison of types, for tests that only have to compile. */

/** True for the same type only: `any` equals nothing but itself. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** `same<A, B>()` compiles only where the two types are the same. */
export declare function same<A, B>(...differ: Equal<A, B> extends true ? [] : [actual: A, expected: B]): void;

/** `is<B>()(value)` compiles only where the value's type is exactly `B`. */
export declare function is<B>(): <A>(
  value: A,
  ...differ: Equal<A, B> extends true ? [] : [actual: A]
) => void;

/** What `yield*` gives for an operation. */
export type Gives<O> = O extends { [Symbol.iterator](): { next(...args: infer _): infer R } }
  ? R extends IteratorReturnResult<infer T> ? T : never
  : never;
