/**
 * Random numbers from a seed, the same on every runtime: whole 32-bit steps only.
 *
 * Source: xoshiro128** of D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators" (2018), seeded by
 * splitmix32.
 */

/** See the top of the file. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** @param seed any number; its integer part counts. `stream` tells several generators of one seed apart. */
  constructor(seed: number, stream: number = 0) {
    let state = (Math.trunc(seed) ^ Math.imul(stream + 1, 0x9e3779b9) ^ Math.trunc(seed / 2 ** 32)) | 0;
    const mix = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.a = mix();
    this.b = mix();
    this.c = mix();
    this.d = mix() | 1; // never all zero
  }

  /** 32 random bits, as an unsigned number. */
  bits(): number {
    const rotated = Math.imul(this.b, 5);
    const result = Math.imul((rotated << 7) | (rotated >>> 25), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** A whole number from 0 to `n - 1`. */
  below(n: number): number {
    return Math.floor((this.bits() / 2 ** 32) * n);
  }

  /** From 0 up to but not including 1, with 53 random bits. */
  fraction(): number {
    return ((this.bits() >>> 5) * 2 ** 26 + (this.bits() >>> 6)) / 2 ** 53;
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return p > 0 && this.fraction() < p;
  }

  /** One of `items`. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}
