/** The `body` of a simulated request or response. */
import type { Bytes, Incoming } from "./content.ts";
import { type Deferred, deferred, SimulatedPromise } from "./simulated_promise.ts";

/** A `ReadableStream` whose pieces come by simulated promises. It has readers and an iterator, and no pipes. */
export class SimulatedStream extends ReadableStream<Bytes> {
  readonly #incoming: Incoming;
  #reader: Reader | null = null;

  constructor(incoming: Incoming) {
    super();
    this.#incoming = incoming;
  }

  override get locked(): boolean {
    return this.#reader !== null;
  }

  override getReader(options?: unknown): never {
    if (options !== undefined && (options as { mode?: unknown }).mode !== undefined) {
      throw refused("a byob reader");
    }
    if (this.locked) throw new TypeError("the stream is locked to another reader");
    return this.#reader = new Reader(this.#incoming, () => this.#reader = null) as Reader as never;
  }

  override cancel(): Promise<void> {
    if (this.locked) return SimulatedPromise.reject(new TypeError("the stream is locked to a reader"));
    this.#incoming.cancel();
    return SimulatedPromise.resolve();
  }

  override values(): ReadableStreamAsyncIterator<Bytes> {
    const reader = this.getReader() as Reader;
    const iterator = {
      next: () => reader.read(),
      return: (value?: unknown) =>
        reader.cancel().then(() => {
          reader.releaseLock();
          return { done: true as const, value };
        }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator as unknown as ReadableStreamAsyncIterator<Bytes>;
  }

  override [Symbol.asyncIterator](): ReadableStreamAsyncIterator<Bytes> {
    return this.values();
  }

  override pipeThrough(): never {
    throw refused("pipeThrough");
  }

  override pipeTo(): never {
    throw refused("pipeTo");
  }

  override tee(): never {
    throw refused("tee");
  }
}

function refused(what: string): TypeError {
  return new TypeError(
    `a simulated body has no ${what}: read it with getReader(), text(), json() or bytes()`,
  );
}

class Reader {
  readonly #incoming: Incoming;
  readonly #release: () => void;
  readonly #closed: Deferred<undefined> = deferred();
  #held = true;

  constructor(incoming: Incoming, release: () => void) {
    this.#incoming = incoming;
    this.#release = release;
    this.#closed.promise.then(undefined, () => {}); // nobody has to look at it
  }

  get closed(): Promise<undefined> {
    return this.#closed.promise;
  }

  read(): Promise<{ done: boolean; value: Bytes | undefined }> {
    if (!this.#held) return SimulatedPromise.reject(new TypeError("the reader has given its lock back"));
    return this.#incoming.read().then((piece) => {
      if (piece === null) this.#closed.resolve(undefined);
      return { done: piece === null, value: piece ?? undefined };
    }, (error) => {
      this.#closed.reject(error);
      throw error;
    });
  }

  cancel(): Promise<void> {
    this.#incoming.cancel();
    this.#closed.resolve(undefined);
    return SimulatedPromise.resolve();
  }

  releaseLock(): void {
    this.#held = false;
    this.#release();
  }
}
