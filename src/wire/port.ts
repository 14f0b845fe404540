/** A place to post messages, whatever stands behind it: a thread, a process, a socket, or nothing but this realm. */

/** See the top of the file. Messages arrive in the order in which they were posted, each once, never inside of `post`. */
export interface Port<In, Out> {
  /** @throws what the runtime throws for a value that cannot be cloned: then nothing was posted. */
  post(message: Out, transfer?: readonly object[]): void;
  onmessage: ((message: In) => void) | null;
  /** Called once, after the last message, with the reason. */
  onclose: ((reason: unknown) => void) | null;
  close(reason?: unknown): void;
}

class MemoryPort<In, Out> implements Port<In, Out> {
  onmessage: ((message: In) => void) | null = null;
  onclose: ((reason: unknown) => void) | null = null;
  other!: MemoryPort<Out, In>;
  private closed = false;

  post(message: Out, transfer: readonly object[] = []): void {
    if (this.closed) return;
    const copy = structuredClone(message, { transfer: [...transfer] as never[] });
    queueMicrotask(() => this.other.arrive(copy as Out));
  }

  private arrive(message: In): void {
    if (!this.closed) this.onmessage?.(message);
  }

  close(reason?: unknown): void {
    queueMicrotask(() => this.end(reason));
    queueMicrotask(() => this.other.end(reason));
  }

  private end(reason: unknown): void {
    if (this.closed) return;
    this.closed = true;
    this.onclose?.(reason);
  }
}

/** Two ends in one realm that clone as threads do: the protocol is tested over these. */
export function portPair<A, B>(): [Port<A, B>, Port<B, A>] {
  const left = new MemoryPort<A, B>(), right = new MemoryPort<B, A>();
  left.other = right;
  right.other = left;
  return [left, right];
}
