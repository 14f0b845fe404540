/** Signatures of sets of hashes. */
import { kernels } from "../../src/kernels/mod.ts";
import { minhash, simhash, simhashByBytes, weightedSimhash } from "../../tests/kernels/twins/simhash.ts";
import type { KernelCase } from "./types.ts";

const sets = {
  hashes: new BigUint64Array(400_000),
  offsets: Int32Array.from({ length: 2_001 }, (_, i) => 200 * i),
};
const halves = new Uint32Array(sets.hashes.buffer);
for (let i = 0; i < halves.length; i++) halves[i] = Math.imul(i ^ (i >>> 7), 0x9e3779b1);

const weights = Float32Array.from(sets.hashes, (_, i) => 1 + i % 7);

/** Of 2,000 sets. */
export const cases: readonly KernelCase[] = [
  {
    title: "SimHash of 2,000 sets of 200 hashes",
    sides: {
      tendril: () => kernels.simhash.sync(sets),
      "counters of bytes": () => simhashByBytes(sets),
      twin: () => simhash(sets),
    },
  },
  {
    title: "the same with weights",
    sides: {
      tendril: () => kernels.simhash.sync({ ...sets, weights }),
      twin: () => weightedSimhash(sets, weights),
    },
  },
  {
    title: "MinHash by 128 of 2,000 sets of 200 hashes",
    sides: { tendril: () => kernels.minhash.sync(sets), twin: () => minhash(sets, 128, 0) },
  },
];
