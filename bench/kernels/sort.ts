import { kernels } from "tendril/kernels";
import type { KernelCase } from "./types.ts";

const N = 1_000_000;
let seed = 1;
const random = () => (seed = Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;

type Sortable = Float64Array | Float32Array | Uint32Array;

function caseOf(name: string, values: Sortable): KernelCase {
  const given = values.slice();
  const fresh = () => (given.set(values), given);
  return {
    title: `sort ${name}, ${N.toLocaleString("en-US")}`,
    sides: {
      tendril: () => kernels.sort.sync(fresh()).slice(-10),
      "TypedArray.sort": () => fresh().sort().slice(-10),
    },
  };
}

function argsort(values: Float64Array): Uint32Array {
  return Uint32Array.from({ length: values.length }, (_, i) => i).sort((i, j) =>
    values[i] - values[j] || i - j
  );
}

const doubles = Float64Array.from({ length: N }, () => random() / 2 ** 32 - 0.5);

export const cases: readonly KernelCase[] = [
  caseOf("f64", doubles),
  caseOf("f32", Float32Array.from(doubles)),
  caseOf("u32", Uint32Array.from(doubles, random)),
  {
    title: `argsort f64, ${(N / 10).toLocaleString("en-US")}`,
    sides: {
      tendril: () => kernels.argsort.sync(doubles.subarray(0, N / 10)),
      "Uint32Array.sort with a comparer": () => argsort(doubles.subarray(0, N / 10)),
    },
  },
];
