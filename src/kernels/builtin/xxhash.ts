/** XXH64 of many messages. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/xxhash.ts";
import { embedded, kernel } from "./define.ts";

const module = embedded(wasm);

/** Options of {@linkcode xxh64}. */
export interface Xxh64Options {
  /** From 0 to 2^64 - 1; default 0n. */
  seed?: bigint;
}

/** Bytes that a UTF-16 unit is in UTF-8, at most. */
const UTF8 = 3;
const utf8 = new TextEncoder();

/** The messages one behind the other; strings in UTF-8. */
function pack(messages: readonly (Uint8Array | string)[]): { data: Uint8Array; offsets: Int32Array } {
  let most = 0;
  for (const message of messages) {
    most += typeof message === "string" ? UTF8 * message.length : message.length;
  }
  const data = new Uint8Array(most), offsets = new Int32Array(messages.length + 1);
  let at = 0;
  messages.forEach((message, i) => {
    if (typeof message === "string") at += write(message, data, at);
    else {
      data.set(message, at);
      at += message.length;
    }
    offsets[i + 1] = at;
  });
  return { data: data.subarray(0, at), offsets };
}

/** Writes a string in UTF-8. Gives how many bytes that were. */
function write(text: string, out: Uint8Array, at: number): number {
  // A short one in ASCII takes less time than a call of the encoder.
  const end = text.length;
  for (let i = 0; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return utf8.encodeInto(text, out.subarray(at)).written;
    out[at + i] = unit;
  }
  return end;
}

/**
 * XXH64 of many messages: 64-bit hashes that differ well, and are no secret. It is for many short ones on Deno and Node;
 * Bun's own `Bun.hash.xxHash64` is about as fast.
 *
 * @param messages bytes, or strings, which are taken as UTF-8.
 * @returns a hash for each message: the number that `xxhsum -H1` prints in hexadecimal.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const [hash] = await kernels.xxh64(["abc"]);
 * assertEquals(hash.toString(16), "44bc2cf5ad770999");
 * ```
 */
export const xxh64: KernelFunction<
  [messages: readonly (Uint8Array | string)[], options?: Xxh64Options],
  BigUint64Array
> = kernel(
  "xxh64",
  2,
  (messages: readonly (Uint8Array | string)[], { seed = 0n }: Xxh64Options = {}) => {
    if (!Array.isArray(messages)) {
      throw new TypeError(`xxh64: messages must be an array, not ${show(messages)}`);
    }
    const odd = messages.findIndex((each) => typeof each !== "string" && !(each instanceof Uint8Array));
    if (odd >= 0) {
      throw new TypeError(
        `xxh64: messages[${odd}] must be a Uint8Array or a string, not ${show(messages[odd])}`,
      );
    }
    if (typeof seed !== "bigint" || BigInt.asUintN(64, seed) !== seed) {
      throw new RangeError(`xxh64: seed must be a bigint from 0 to 2^64 - 1, not ${show(seed)}`);
    }
  },
  function* (run, messages: readonly (Uint8Array | string)[], { seed = 0n }: Xxh64Options = {}) {
    const out = new BigUint64Array(messages.length);
    const { data, offsets } = pack(messages);
    yield* run.phase(module(), "xxh64", [data, offsets, seed, out], messages.length);
    return out;
  },
);
