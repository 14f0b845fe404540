// What every kernel can name without importing it, beside AssemblyScript's standard library.

/** An array that the kernel only reads. From JavaScript: the typed array of `T`. */
export type In<T> = StaticArray<T>;

/** An array that the kernel only writes: it begins with zeros, and goes back to the caller. */
export type Out<T> = StaticArray<T>;

/** An array that the kernel reads and writes: it goes in, and back to the caller. */
export type InOut<T> = StaticArray<T>;

/** Waits for `ms` milliseconds. */
// @ts-ignore: decorator
@external("tendril", "sleep")
export declare function sleep(ms: f64): void;

/** What AssemblyScript's library does instead of `throw`; src/kernels/library_errors.ts has the texts. */
// @ts-ignore: decorator
@external("tendril", "libraryError")
export declare function libraryError(code: i32): void;
