/** XXH64 of many messages. */
import xxhash from "xxhash-wasm";
import { kernels } from "../../src/kernels/mod.ts";
import type { KernelCase } from "./types.ts";

const { h64, h64Raw } = await xxhash();
const { Bun } = globalThis as { Bun?: { hash: { xxHash64(data: string | Uint8Array): bigint } } };
const words = Array.from(
  { length: 100_000 },
  (_, i) => Math.imul(i, 0x9e3779b1).toString(36).repeat(1 + i % 3),
);
const messages = words.slice(0, 20_000).map((word) => new TextEncoder().encode(word.repeat(5)));

function each<T>(list: readonly T[], hash: (one: T) => bigint): BigUint64Array {
  const out = new BigUint64Array(list.length);
  for (let i = 0; i < list.length; i++) out[i] = hash(list[i]);
  return out;
}

/** What the runtime has. */
function native(list: readonly (string | Uint8Array)[]): Record<string, () => unknown> {
  return Bun === undefined ? {} : { "Bun.hash.xxHash64": () => each(list, (one) => Bun.hash.xxHash64(one)) };
}

/** Strings and bytes. */
export const cases: readonly KernelCase[] = [
  {
    title: "XXH64 of 100,000 words",
    sides: {
      tendril: () => kernels.xxh64.sync(words),
      "xxhash-wasm": () => each(words, (word) => h64(word)),
      ...native(words),
    },
  },
  {
    title: "XXH64 of 20,000 messages of 30 to 100 bytes",
    sides: {
      tendril: () => kernels.xxh64.sync(messages),
      "xxhash-wasm": () => each(messages, (message) => h64Raw(message)),
      ...native(messages),
    },
  },
];
