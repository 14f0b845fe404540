// The same as ../tutorial.ts, in TypeScript, for threads and to compare.

export function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/** How many primes there are below `n`, by the sieve of Eratosthenes. */
export function countPrimes(n: number): number {
  const sieve = new Uint8Array(n);
  let found = 0;
  for (let i = 2; i < n; i++) {
    if (sieve[i] !== 0) continue;
    found++;
    for (let k = i * i; k < n; k += i) sieve[k] = 1;
  }
  return found;
}

/** Some rows of the product of two matrices with n columns each. */
export function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const rows = a.length / n, out = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < n; k++) {
      const x = a[i * n + k];
      for (let j = 0; j < n; j++) out[i * n + j] += x * b[k * n + j];
    }
  }
  return out;
}
