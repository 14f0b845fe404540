/** Pairs of signatures that are alike. */
import { kernels } from "../../src/kernels/mod.ts";
import { nearDuplicates, type Pair, similarPairs } from "../../tests/kernels/twins/duplicates.ts";
import type { KernelCase } from "./types.ts";

let seed = 1;
const random = (): number => {
  seed = seed + 0x9e3779b9 | 0;
  const x = Math.imul(seed ^ seed >>> 16, 0x21f0aaad);
  return x ^ x >>> 15;
};
const placesOf = (pairs: readonly Pair[]) => Uint32Array.from(pairs.flatMap(([i, j]) => [i, j]));

const signatures = new BigUint64Array(Uint32Array.from({ length: 100_000 }, random).buffer);
for (let i = 0; i < 25_000; i += 10) signatures[i + 25_000] = signatures[i] ^ 1n << BigInt(i % 64);

const SIZE = 128, SETS = 4_000, THRESHOLD = 0.8;
const minima = Uint32Array.from({ length: SETS * SIZE }, random);
for (let i = 0; i < SETS; i += 2) minima.copyWithin((i + 1) * SIZE, i * SIZE, i * SIZE + SIZE - i % 30);

const near = (distance: number): KernelCase => ({
  title: `pairs of 50,000 signatures that differ in up to ${distance} bits`,
  sides: {
    tendril: () => kernels.nearDuplicates.sync(signatures, distance).pairs,
    twin: () => placesOf(nearDuplicates(signatures, distance)),
  },
});

/** The usual distance, and one that has to look at many more; sets by their MinHash. */
export const cases: readonly KernelCase[] = [
  near(3),
  near(7),
  {
    title: "pairs of 4,000 sets that have 80 % in common",
    sides: {
      tendril: () => kernels.similarPairs.sync(minima, { threshold: THRESHOLD }).pairs,
      twin: () => placesOf(similarPairs(minima, SIZE, Math.floor(SIZE * (1 - THRESHOLD)))),
    },
  },
];
