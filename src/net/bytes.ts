/** Bytes that have come and that nobody has taken: the chunks as they came, never copied before somebody asks. */
import { Ring } from "../core/mod.ts";

const NOTHING = new Uint8Array(0);

/** See the top of the file. */
export class Bytes {
  size = 0;
  readonly #chunks: Ring<Uint8Array> = new Ring();
  /** How much of the first chunk is taken. */
  #offset = 0;
  /** Up to here `find` knows that `#sought` does not begin: a line that trickles in is looked at once, not once a chunk. */
  #searched = 0;
  #sought: Uint8Array = NOTHING;

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.size += chunk.length;
  }

  /** What is left of the first chunk, at most `max` bytes of it. There is one. */
  takeSome(max: number): Uint8Array {
    const first = this.#chunks.at(0) as Uint8Array;
    const got = first.subarray(this.#offset, Math.min(first.length, this.#offset + max));
    this.#advance(got.length);
    return got;
  }

  /** Exactly `n` bytes, of which there are enough. */
  take(n: number): Uint8Array {
    if (n === 0) return NOTHING;
    const first = this.#chunks.at(0) as Uint8Array;
    if (first.length - this.#offset >= n) return this.takeSome(n);
    const all = new Uint8Array(n);
    for (let at = 0; at < n;) {
      const part = this.takeSome(n - at);
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  clear(): void {
    while (this.#chunks.shift() !== undefined);
    this.size = this.#offset = this.#searched = 0;
  }

  /** Where `delimiter` first begins; -1 where it is not (yet). */
  find(delimiter: Uint8Array): number {
    if (delimiter !== this.#sought) {
      this.#sought = delimiter;
      this.#searched = 0;
    }
    let before = -this.#offset; // where the chunk begins
    for (let i = 0; i < this.#chunks.size; i++) {
      const chunk = this.#chunks.at(i) as Uint8Array;
      let at = Math.max(this.#searched - before, 0);
      while (at < chunk.length && (at = chunk.indexOf(delimiter[0], at)) >= 0) {
        const found = this.#compare(delimiter, i, at);
        if (found === "here") return before + at;
        if (found === "maybe") {
          this.#searched = before + at;
          return -1;
        }
        at++;
      }
      before += chunk.length;
    }
    this.#searched = this.size;
    return -1;
  }

  /** Whether `delimiter` stands at `at` of the `i`-th chunk, on into the next ones; maybe: as far as there are bytes. */
  #compare(delimiter: Uint8Array, i: number, at: number): "here" | "maybe" | "no" {
    let chunk = this.#chunks.at(i) as Uint8Array;
    for (const byte of delimiter) {
      while (at === chunk.length) {
        const next = this.#chunks.at(++i);
        if (next === undefined) return "maybe";
        chunk = next;
        at = 0;
      }
      if (chunk[at++] !== byte) return "no";
    }
    return "here";
  }

  #advance(n: number): void {
    this.size -= n;
    this.#offset += n;
    this.#searched = 0;
    if (this.#offset < (this.#chunks.at(0) as Uint8Array).length) return;
    this.#chunks.shift();
    this.#offset = 0;
  }
}

const encoder = new TextEncoder();

/** Text as UTF-8. */
export function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8 as text; what is none becomes U+FFFD. */
export function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
