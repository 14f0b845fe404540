import fc from "fast-check";
import { kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { primes as twin } from "../twins/primes.ts";
import { everywhere } from "./everywhere.ts";

const { countPrimes, primes } = kernels;

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((p, i) => p === b[i]);
}

describe("primes", () => {
  test("are those of the twin, below each number to 1,000", () => {
    const all = twin(1_000);
    for (let n = 0; n <= 1_000; n++) {
      const wanted = all.filter((p) => p < n);
      assert(isSame(primes.sync(n), wanted), `below ${n}`);
      assertEquals(countPrimes.sync(n), wanted.length);
    }
  });

  test("at the ends of segments, and anywhere", () => {
    const all = twin(700_000);
    const check = (n: number) => {
      const wanted = all.filter((p) => p < n);
      assert(isSame(primes.sync(n), wanted), `below ${n}`);
      assertEquals(countPrimes.sync(n), wanted.length);
    };
    for (let i = 1; i <= 3; i++) for (let n = -3; n <= 3; n++) check(65_536 * i + n);
    fc.assert(fc.property(fc.nat(700_000), check), { numRuns: 30 });
  });

  test("gives the same here, in slices and on threads", async () => {
    assert(isSame(await everywhere(primes, 300_000), twin(300_000)));
    assertEquals(await everywhere(countPrimes, 10_000_000), 664_579);
  });

  test("as many as are known", () => {
    assertEquals(countPrimes.sync(100_000_000), 5_761_455);
    const last = primes.sync(10_000_000);
    assertEquals([last.length, last.at(-1)], [664_579, 9_999_991]);
  });

  test("says what is wrong", () => {
    for (const n of [-1, 1.5, NaN, 2 ** 32 + 1, "5" as never]) {
      assertThrows(() => primes(n), RangeError, "primes: n must be a whole number from 0");
      assertThrows(() => countPrimes.sync(n), RangeError, "countPrimes: n must be");
    }
  });
});
