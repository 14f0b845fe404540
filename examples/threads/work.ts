// What the pools of the examples run.
import { cancelled, reportProgress } from "tendril/threads";

export function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

export function fac(n: number): bigint {
  let product = 1n;
  for (let i = 2n; i <= n; i++) product *= i;
  return product;
}

export function sum(n: number): number {
  let total = 0;
  for (let i = 1; i <= n; i++) total += i;
  return total;
}

/** How many primes there are in `from..to`. */
export function countPrimes(from: number, to: number): number {
  let found = 0;
  for (let n = Math.max(from, 2); n < to; n++) {
    let d = 2;
    while (d * d <= n && n % d !== 0) d++;
    if (d * d > n) found++;
  }
  return found;
}

export function parse(text: string): number {
  const n = Number(text);
  if (Number.isNaN(n)) throw new RangeError(`${JSON.stringify(text)} is no number`);
  return n;
}

/** Looks for what is never found, and asks now and then whether it should. */
export function search(): string {
  for (let n = 1;; n++) {
    if (cancelled()) return "gave up";
    if (n % 100_000 === 0) reportProgress((n / 1e9) % 1);
  }
}

/** The same without asking: only the end of its thread ends it. */
export function searchDeaf(): never {
  for (;;);
}
