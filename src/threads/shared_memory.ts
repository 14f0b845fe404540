/**
 * What the shared primitives need of shared memory, and no more: words of 32 bits, atomic, and bytes that only the holder
 * of a guard touches. Their algorithms are written against this, so that a test can run the very same code over a memory
 * that stops before each access and tries all orders.
 */

/** See the top of the file. Word `at` is the four bytes from `4 * at`. */
export interface Memory {
  load(at: number): number;
  store(at: number, value: number): void;
  /** Gives what was there before. */
  add(at: number, by: number): number;
  /** Puts `value` where `expected` was; gives what was there before. */
  compareExchange(at: number, expected: number, value: number): number;
  /** Blocks this thread while the word is `value`, at most `ms` milliseconds. It may come back for no reason. */
  wait(at: number, value: number, ms: number): void;
  /** Lets `n` of those go on that wait on the word. */
  notify(at: number, n: number): void;
  /** Copies `bytes` to the byte `at`. */
  write(at: number, bytes: Uint8Array): void;
  /** Copies from the byte `at` until `into` is full. */
  read(at: number, into: Uint8Array): void;
  /** Milliseconds, for timeouts. */
  now(): number;
}

/** The real one. */
export class SharedMemory implements Memory {
  readonly buffer: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
    this.bytes = new Uint8Array(buffer);
  }

  load(at: number): number {
    return Atomics.load(this.words, at);
  }

  store(at: number, value: number): void {
    Atomics.store(this.words, at, value);
  }

  add(at: number, by: number): number {
    return Atomics.add(this.words, at, by);
  }

  compareExchange(at: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.words, at, expected, value);
  }

  wait(at: number, value: number, ms: number): void {
    Atomics.wait(this.words, at, value, ms);
  }

  notify(at: number, n: number): void {
    Atomics.notify(this.words, at, n);
  }

  write(at: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, at);
  }

  read(at: number, into: Uint8Array): void {
    into.set(this.bytes.subarray(at, at + into.length));
  }

  now(): number {
    return performance.now();
  }
}
