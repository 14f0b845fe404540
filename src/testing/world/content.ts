/**
 * Bodies of requests and responses: bytes that are known, handed out in pieces that come one after the other, and that
 * may end in the middle. The real ones are read by native promises, which never settle in a simulation.
 */
import { show } from "../../core/mod.ts";
import { type Deferred, deferred, SimulatedPromise } from "./simulated_promise.ts";

/** Bytes of our own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** What a body is made of. An iterable is sent piece by piece. */
export type BodyContent =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | URLSearchParams
  | Blob
  | Iterable<string | Uint8Array>
  | null
  | undefined;

const encoder = new TextEncoder();

/** What a `Blob` is made of: written out, as the library of the DOM may be missing. */
export type BlobPiece = Blob | ArrayBuffer | ArrayBufferView | string;

/** A `Blob` whose bytes can be read at once. */
export class SimulatedBlob extends Blob {
  readonly #bytes: Bytes;
  readonly #type: string;

  constructor(parts: Iterable<BlobPiece> = [], options?: { type?: string }) {
    const all = [...parts].map((part) => bytesOf(part, "a Blob"));
    super(all, options);
    this.#bytes = joined(all);
    this.#type = String(options?.type ?? "").toLowerCase();
  }

  /** The same on every runtime: Bun would add a character set. */
  override get type(): string {
    return this.#type;
  }

  /** Its bytes; undefined for a blob of the host's. */
  static bytesOf(blob: Blob): Bytes | undefined {
    return blob instanceof SimulatedBlob ? blob.#bytes : undefined;
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return SimulatedPromise.resolve(this.#bytes.slice().buffer);
  }

  override bytes(): Promise<Bytes> {
    return SimulatedPromise.resolve(this.#bytes.slice());
  }

  override text(): Promise<string> {
    return SimulatedPromise.resolve(new TextDecoder().decode(this.#bytes));
  }

  override slice(start?: number, end?: number, type?: string): Blob {
    return new SimulatedBlob([this.#bytes.slice(start, end)], { type });
  }
}

/** The bytes of one piece; a copy. */
export function bytesOf(piece: unknown, what: string): Bytes {
  if (typeof piece === "string") return encoder.encode(piece);
  if (piece instanceof ArrayBuffer) return new Uint8Array(piece.slice(0));
  if (ArrayBuffer.isView(piece)) {
    return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength).slice() as Bytes;
  }
  const bytes = piece instanceof Blob ? SimulatedBlob.bytesOf(piece) : undefined;
  if (bytes !== undefined) return bytes.slice();
  throw new TypeError(
    `${what} takes a string, bytes, URLSearchParams or an iterable of strings and bytes, not ${
      show(piece)
    }:` +
      " a simulation cannot read streams, forms and blobs of the host",
  );
}

/** The pieces of a body, and the content type that goes with it. */
export function piecesOf(body: unknown, what: string): { pieces: Bytes[]; type: string | null } {
  if (body === null || body === undefined) return { pieces: [], type: null };
  if (typeof body === "string") return { pieces: [bytesOf(body, what)], type: "text/plain;charset=UTF-8" };
  if (body instanceof URLSearchParams) {
    const type = "application/x-www-form-urlencoded;charset=UTF-8";
    return { pieces: [bytesOf(String(body), what)], type };
  }
  if (body instanceof Blob) return { pieces: [bytesOf(body, what)], type: body.type || null };
  const isSeries = typeof body === "object" && Symbol.iterator in body && !ArrayBuffer.isView(body);
  if (!isSeries || body instanceof FormData) return { pieces: [bytesOf(body, what)], type: null };
  return { pieces: [...body as Iterable<unknown>].map((piece) => bytesOf(piece, what)), type: null };
}

/** All bytes in one piece. */
export function joined(pieces: readonly Bytes[]): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** How pieces come: `next` calls back when one more is there. */
export interface Delivery {
  /** Calls `then` after the next piece's time; gives a way to take that back. */
  wait(then: () => void): () => void;
  /** After so many pieces it ends with `error`; -1: it does not. */
  readonly cutAfter: number;
  cutError(): unknown;
  /** Nobody reads on: all has come, or it was cancelled or has failed. */
  closed(): void;
}

/** A body as its reader sees it. */
export class Incoming {
  readonly pieces: readonly Bytes[];
  private readonly delivery: Delivery | null;
  /** Somebody reads it, or has read it. */
  used = false;
  private at = 0;
  private over = false;
  private failure: { readonly error: unknown } | null = null;
  private waiting: Deferred<Bytes | null> | null = null;
  private stop: () => void = () => {};

  constructor(pieces: readonly Bytes[], delivery: Delivery | null = null) {
    this.pieces = pieces;
    this.delivery = delivery;
    if (pieces.length === 0 && delivery?.cutAfter !== 0) this.close();
  }

  /** The next piece, null at the end. */
  read(): Promise<Bytes | null> {
    this.used = true;
    if (this.failure !== null) return SimulatedPromise.reject(this.failure.error);
    if (this.over) return SimulatedPromise.resolve(null);
    if (this.delivery === null) return SimulatedPromise.resolve(this.take());
    if (this.waiting !== null) {
      return SimulatedPromise.reject(new TypeError("a body is read by one reader at a time"));
    }
    const { promise } = this.waiting = deferred<Bytes | null>();
    this.stop = this.delivery.wait(() => {
      const { waiting } = this;
      if (this.delivery?.cutAfter === this.at) return this.fail(this.delivery.cutError());
      this.waiting = null;
      waiting?.resolve(this.take());
    });
    return promise;
  }

  private take(): Bytes | null {
    const piece = this.pieces[this.at++];
    if (this.at >= this.pieces.length && this.delivery?.cutAfter !== this.at) this.close();
    return piece ?? null;
  }

  private close(): void {
    if (this.over) return;
    this.over = true;
    this.stop();
    this.delivery?.closed();
  }

  /** What is not read yet never comes. */
  fail(error: unknown): void {
    if (this.over) return;
    this.failure = { error };
    const { waiting } = this;
    this.waiting = null;
    this.close();
    waiting?.reject(error);
  }

  cancel(): void {
    this.used = true;
    const { waiting } = this;
    this.waiting = null;
    this.close();
    this.at = this.pieces.length;
    waiting?.resolve(null);
  }

  /** Everything that is still to come. */
  all(): Promise<Bytes> {
    if (this.used) {
      return SimulatedPromise.reject(new TypeError("Body is unusable: it has been read already"));
    }
    const all: Bytes[] = [];
    const { promise, resolve, reject } = deferred<Bytes>();
    const next = (): void => {
      void this.read().then((piece) => {
        if (piece === null) return resolve(joined(all));
        all.push(piece);
        next();
      }, reject);
    };
    next();
    return promise;
  }
}
