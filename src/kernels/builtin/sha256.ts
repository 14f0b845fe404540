/** SHA-256 of many messages. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/sha256.ts";
import { embedded, kernel } from "./define.ts";

const module = embedded(wasm);

const BLOCK = 64, DIGEST = 32, LANES = 4;

/** The first 32 bits of what is behind the point of roots of the first primes: cubic ones for the rounds, then square ones. */
function constants(): Uint32Array {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  // By whole numbers: doubles have 53 bits, and cubes of what has 35 need more.
  const root = (n: number, power: bigint): number => {
    const target = BigInt(n) << (32n * power);
    let low = 0n, high = 1n << 40n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** power <= target) low = middle;
      else high = middle;
    }
    return Number(low & 0xffff_ffffn);
  };
  return Uint32Array.from([...primes.map((n) => root(n, 3n)), ...primes.slice(0, 8).map((n) => root(n, 2n))]);
}

let known: Uint32Array | null = null;

/** How many blocks a message has, with its end and its length. */
function blocksOf(message: Uint8Array): number {
  return Math.ceil((message.length + 9) / BLOCK);
}

/** Which messages are in the lanes, group by group; -1 is none. Messages of a group take as long as its longest, so they go by length. */
function byBlocks(messages: readonly Uint8Array[]): Int32Array {
  const places = new Int32Array(LANES * Math.ceil(messages.length / LANES)).fill(-1);
  const byCount = new Map<number, number[]>();
  messages.forEach((message, i) => {
    const blocks = blocksOf(message), list = byCount.get(blocks);
    if (list === undefined) byCount.set(blocks, [i]);
    else list.push(i);
  });
  let at = 0;
  for (const blocks of [...byCount.keys()].sort((a, b) => a - b)) {
    const list = byCount.get(blocks) as number[];
    places.set(list, at);
    at += list.length;
  }
  return places;
}

/**
 * SHA-256 of many messages, four at a time. It is for many short ones, where a call of `node:crypto` costs more than its work: on Deno
 * and Node. For a few long ones, and on Bun, the runtime's own is faster.
 *
 * @returns the digests, 32 bytes each, in the order of the messages.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const digests = await kernels.sha256(["", "abc"].map((text) => new TextEncoder().encode(text)));
 * assertEquals(digests.length, 64);
 * assertEquals([...digests.subarray(32, 36)], [0xba, 0x78, 0x16, 0xbf]);
 * ```
 */
export const sha256: KernelFunction<[messages: readonly Uint8Array[]], Uint8Array> = kernel(
  "sha256",
  1,
  (messages: readonly Uint8Array[]) => {
    if (!Array.isArray(messages)) {
      throw new TypeError(`sha256: messages must be an array of Uint8Arrays, not ${show(messages)}`);
    }
    const odd = messages.findIndex((message) => !(message instanceof Uint8Array));
    if (odd >= 0) {
      throw new TypeError(`sha256: messages[${odd}] must be a Uint8Array, not ${show(messages[odd])}`);
    }
  },
  function* (run, messages: readonly Uint8Array[]) {
    const groups = Math.ceil(messages.length / LANES);
    const starts = new Int32Array(groups + 1), counts = new Int32Array(LANES * groups);
    const places = byBlocks(messages);
    places.forEach((place, slot) => {
      counts[slot] = place < 0 ? 0 : blocksOf(messages[place]);
      const group = Math.floor(slot / LANES);
      starts[group + 1] = Math.max(starts[group + 1], starts[group] + counts[slot]);
    });
    const laid = run.array(Uint8Array, BLOCK * LANES * starts[groups]);
    places.forEach((place, slot) => {
      if (place < 0) return;
      const first = BLOCK * (LANES * starts[Math.floor(slot / LANES)] + slot % LANES);
      layOut(messages[place], laid, first, counts[slot]);
    });
    const out = run.array(Uint8Array, DIGEST * messages.length);
    yield* run.phase(module(), "sha256", [laid, starts, counts, places, known ??= constants(), out], groups);
    return out.slice();
  },
);

/** Writes a padded message into every fourth block. */
function layOut(message: Uint8Array, out: Uint8Array, first: number, count: number): void {
  const step = BLOCK * LANES;
  for (let from = 0, at = first; from < message.length; from += BLOCK, at += step) {
    const end = Math.min(BLOCK, message.length - from);
    for (let i = 0; i < end; i++) out[at + i] = message[from + i];
  }
  out[first + step * Math.floor(message.length / BLOCK) + message.length % BLOCK] = 0x80;
  const last = first + step * (count - 1) + BLOCK - 8, bits = 8 * message.length;
  for (let i = 7, rest = bits; rest > 0; i--, rest = Math.floor(rest / 256)) out[last + i] = rest % 256;
}
