// The programs of the tutorials, in AssemblyScript. `tendril build tutorial.ts` has written tutorial.kernel.ts from it.

export function fib(n: i32): i32 {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/** How many primes there are below `sieve.length`, by the sieve of Eratosthenes. */
export function countPrimes(sieve: Out<u8>): i32 {
  const n = sieve.length;
  let found = 0;
  for (let i = 2; i < n; i++) {
    if (sieve[i] !== 0) continue;
    found++;
    for (let k = <i64> i * i; k < n; k += i) sieve[<i32> k] = 1;
  }
  return found;
}

/** Rows of the product of two matrices, both n × n. */
export function multiply(a: In<f64>, b: In<f64>, out: Out<f64>, n: i32, from: i32, to: i32): void {
  for (let i = from; i < to; i++) {
    for (let k = 0; k < n; k++) {
      const x = a[i * n + k];
      for (let j = 0; j < n; j++) out[i * n + j] += x * b[k * n + j];
    }
  }
}
