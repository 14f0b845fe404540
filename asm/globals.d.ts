// For editors: the names of ambient.ts, which is what the compiler reads.

/** An array that the kernel only reads. */
declare type In<T> = StaticArray<T>;
/** An array that the kernel only writes: it begins with zeros, and goes back to the caller. */
declare type Out<T> = StaticArray<T>;
/** An array that the kernel reads and writes: it goes in, and back to the caller. */
declare type InOut<T> = StaticArray<T>;
/** Waits for `ms` milliseconds. */
declare function sleep(ms: f64): void;
