import { kernels } from "tendril/kernels";
import type { KernelCase } from "./types.ts";

const N = 20_000_000, SEGMENT = 2 ** 16;

/** The odd numbers in segments, as the kernel has them, without its pattern: the best of TypeScript. */
function segmented(n: number, take: (i: number) => void): void {
  const size = n >> 1, root = Math.ceil(Math.sqrt(n)), base: number[] = [], next: number[] = [];
  const small = new Uint8Array(root + 1);
  for (let p = 3; p <= root; p += 2) {
    if (small[p] === 1) continue;
    base.push(p);
    next.push((p * p) >> 1);
    for (let i = p * p; i <= root; i += 2 * p) small[i] = 1;
  }
  const bytes = new Uint8Array(SEGMENT);
  for (let low = 0; low < size; low += SEGMENT) {
    bytes.fill(0);
    for (let k = 0; k < base.length; k++) {
      const p = base[k];
      let i = next[k] - low;
      for (; i < SEGMENT; i += p) bytes[i] = 1;
      next[k] = i + low;
    }
    const end = Math.min(SEGMENT, size - low);
    for (let i = low === 0 ? 1 : 0; i < end; i++) if (bytes[i] === 0) take(low + i);
  }
}

function count(n: number): number {
  let found = 1;
  segmented(n, () => found++);
  return found;
}

function list(n: number): Uint32Array {
  const out = new Uint32Array(Math.ceil(1.26 * n / Math.log(n)));
  out[0] = 2;
  let at = 1;
  segmented(n, (i) => out[at++] = 2 * i + 1);
  return out.slice(0, at);
}

export const cases: readonly KernelCase[] = [
  {
    title: "count of the primes below 20,000,000",
    sides: { tendril: () => kernels.countPrimes.sync(N), "TypeScript, segments": () => count(N) },
  },
  {
    title: "list of the primes below 20,000,000",
    sides: { tendril: () => kernels.primes.sync(N), "TypeScript, segments": () => list(N) },
    same: (ours, theirs) => {
      const a = ours as Uint32Array, b = theirs as Uint32Array;
      return a.length === b.length && a.every((p, i) => p === b[i]);
    },
  },
];
