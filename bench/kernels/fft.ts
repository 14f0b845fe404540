import FFT from "fft.js";
import { kernels } from "tendril/kernels";
import type { KernelCase } from "./types.ts";

const waves = (n: number) => Float64Array.from({ length: n }, (_, i) => Math.sin(i * i + 0.3 * i));

/** Of the size of the numbers, which are summed in another order. */
function near(ours: unknown, theirs: unknown): boolean {
  const a = ours as Float64Array, b = theirs as Float64Array;
  return a.every((x, i) => Math.abs(x - b[i]) < 1e-9);
}

function complexCase(n: number): KernelCase {
  const values = waves(2 * n),
    other = new FFT(n),
    [out, own] = [new Float64Array(2 * n), new Float64Array(2 * n)];
  return {
    title: `fft, ${n.toLocaleString("en-US")} complex numbers`,
    sides: {
      tendril: () => kernels.fft.sync(values, { out: own }),
      "fft.js": () => (other.transform(out, values), out),
    },
    same: near,
  };
}

function realCase(n: number): KernelCase {
  const values = waves(n),
    other = new FFT(n),
    [out, own] = [new Float64Array(2 * n), new Float64Array(n + 2)];
  return {
    title: `rfft, ${n.toLocaleString("en-US")} real numbers`,
    sides: {
      tendril: () => kernels.rfft.sync(values, { out: own }),
      "fft.js": () => (other.realTransform(out, values), out),
    },
    same: near,
  };
}

export const cases: readonly KernelCase[] = [
  complexCase(1024),
  complexCase(65_536),
  complexCase(2 ** 19),
  realCase(65_536),
];
