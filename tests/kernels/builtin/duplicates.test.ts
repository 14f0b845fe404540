import fc from "fast-check";
import { commonHeap } from "../../../src/kernels/heap.ts";
import { kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { nearDuplicates as nearTwin, similarPairs as similarTwin } from "../twins/duplicates.ts";
import { everywhere } from "./everywhere.ts";

const { minhash, nearDuplicates, similarPairs, simhash, wordHashes } = kernels;

/** Repeatable numbers of 32 bits. */
function numbers(n: number, seed: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: n }, () => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, seed | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return t ^ t >>> 14;
  });
}

/** Pairs, each with what is said of it. */
function listed(pairs: Uint32Array, values: ArrayLike<number>): number[][] {
  return Array.from(values, (value, i) => [pairs[2 * i], pairs[2 * i + 1], value]);
}

/** All pairs of places below `n`. */
function* all(n: number): Generator<[number, number]> {
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) yield [i, j];
}

describe("nearDuplicates", () => {
  const flips = fc.array(fc.nat(63), { maxLength: 5 });
  const alike = fc.array(fc.tuple(fc.nat(3), flips), { maxLength: 40 }).map((list) =>
    BigUint64Array.from(list, ([base, flips]) => {
      const start = BigInt(base) * 0x5555_aaaa_0f0f_f0f1n;
      return flips.reduce((x, bit) => x ^ 1n << BigInt(bit), start);
    })
  );
  const difference = (a: bigint, b: bigint) => [...(a ^ b).toString(2)].filter((bit) => bit === "1").length;

  test("are all pairs that are near enough", () => {
    const distances = fc.oneof(fc.nat(8), fc.integer({ min: 9, max: 64 }));
    fc.assert(
      fc.property(alike, distances, fc.nat(3), (signatures, distance, start) => {
        const part = signatures.subarray(start), got = nearDuplicates.sync(part, distance);
        const wanted = [...all(part.length)].map(([i, j]) => [i, j, difference(part[i], part[j])])
          .filter(([, , bits]) => bits <= distance);
        assertEquals(listed(got.pairs, got.distances), wanted);
      }),
      { numRuns: 200 },
    );
  });

  test("gives the same here, in slices and on threads", async () => {
    const signatures = new BigUint64Array(numbers(24_000, 3).buffer);
    for (let i = 0; i < 6_000; i += 7) signatures[i + 6_000] = signatures[i] ^ 1n << BigInt(i % 64);
    const before = commonHeap().used;
    for (const distance of [0, 3, 6]) {
      const { pairs, distances } = await everywhere(nearDuplicates, signatures, distance);
      const got = listed(pairs, distances);
      assertEquals(got, nearTwin(signatures, distance));
      assertEquals(got.length >= 858, distance > 0, `${got.length} pairs`);
    }
    assertEquals(commonHeap().used, before);
  });

  test("finds texts that are nearly the same", () => {
    const page = Array.from({ length: 300 }, (_, i) => `word${i * i % 211}`).join(" ");
    const other = Array.from({ length: 300 }, (_, i) => `term${i * i % 199}`).join(" ");
    const signatures = simhash.sync(wordHashes([page, other, page.replace("word4 ", "changed ")]));
    assertEquals([...nearDuplicates.sync(signatures, 3).pairs], [0, 2]);
  });

  test("says what is wrong", () => {
    assertThrows(() => nearDuplicates.sync([1n] as never, 3), TypeError, "must be a BigUint64Array");
    for (const distance of [-1, 65, 1.5, NaN]) {
      assertThrows(
        () => nearDuplicates.sync(new BigUint64Array(1), distance),
        RangeError,
        `from 0 to 64, not ${distance}`,
      );
    }
  });
});

describe("similarPairs", () => {
  test("are all pairs that have enough in common", () => {
    const problem = fc.integer({ min: 1, max: 21 }).chain((size) =>
      fc.tuple(
        fc.array(fc.array(fc.nat(2), { minLength: size, maxLength: size }), { maxLength: 20 }),
        fc.constant(size),
        fc.oneof(fc.nat(size).map((same) => same / size), fc.double({ min: 0, max: 1, noNaN: true })),
      )
    );
    fc.assert(
      fc.property(problem, ([rows, size, threshold]) => {
        const got = similarPairs.sync(Uint32Array.from(rows.flat()), { size, threshold });
        const wanted = [...all(rows.length)]
          .map(([i, j]) => [i, j, rows[i].filter((x, at) => x === rows[j][at]).length / size])
          .filter(([, , similarity]) => similarity >= threshold);
        assertEquals(listed(got.pairs, got.similarities), wanted);
      }),
      { numRuns: 300 },
    );
    // 0.55 * 100 is more than 55
    const signatures = new Uint32Array(200).fill(1, 155);
    assertEquals(
      similarPairs.sync(signatures, { size: 100, threshold: 0.55 }).similarities,
      Float64Array.of(0.55),
    );
  });

  test("gives the same here, in slices and on threads", async () => {
    const size = 64, signatures = numbers(4_000 * size, 9);
    for (let i = 0; i < 2_000; i += 3) {
      signatures.copyWithin((i + 2_000) * size, i * size, i * size + size - i % 20);
    }
    const before = commonHeap().used;
    for (const threshold of [0.8, 1]) {
      const { pairs, similarities } = await everywhere(similarPairs, signatures, { size, threshold });
      const most = Math.floor(size * (1 - threshold) + 1e-9);
      const wanted = similarTwin(signatures, size, most).map(([i, j, differ]) => [i, j, 1 - differ / size]);
      assertEquals(listed(pairs, similarities), wanted);
      assert(wanted.length >= 33, `${wanted.length} pairs`);
    }
    assertEquals(commonHeap().used, before);
  });

  test("finds texts that have much in common", async () => {
    const words = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `w${from + i}`);
    const texts = [words(0, 200), words(10, 210), words(300, 500)].map((list) => list.join(" "));
    const signatures = await minhash(wordHashes(texts));
    const { pairs, similarities } = await similarPairs(signatures, { threshold: 0.7 });
    assertEquals([...pairs], [0, 1]);
    assert(Math.abs(similarities[0] - 190 / 210) < 0.12, `${similarities[0]}`);
  });

  test("says what is wrong", () => {
    const some = new Uint32Array(32);
    assertThrows(() => similarPairs.sync([1] as never, { threshold: 1 }), TypeError, "must be a Uint32Array");
    assertThrows(() => similarPairs.sync(some, 0.5 as never), TypeError, "{ threshold }, not 0.5");
    assertThrows(() => similarPairs.sync(some, { threshold: 1.1 }), RangeError, "from 0 to 1, not 1.1");
    assertThrows(() => similarPairs.sync(some, {} as never), RangeError, "from 0 to 1, not undefined");
    assertThrows(() => similarPairs.sync(some, { threshold: 1 }), RangeError, "multiple of the size, 128");
    for (const size of [0, 1.5, Infinity]) {
      assertThrows(() => similarPairs.sync(some, { threshold: 1, size }), RangeError, `from 1, not ${size}`);
    }
  });
});

describe("wordHashes", () => {
  test("are of words, in lower case, of any letters", () => {
    const { hashes, offsets } = wordHashes(["Über-Öl, 3 Öl", "", "--", "öl\nüber"]);
    assertEquals([...offsets], [0, 4, 4, 4, 6]);
    assertEquals([hashes[1], hashes[0]], [hashes[4], hashes[5]]);
    assertEquals(hashes[1], hashes[3]);
    assertEquals(new Set(hashes).size, 3);
  });

  test("of several in a row", () => {
    const { hashes, offsets } = wordHashes(["a b a b", "b a", "a"], { shingle: 2 });
    assertEquals([...offsets], [0, 3, 4, 5]);
    assertEquals(hashes[0], hashes[2]);
    assertEquals(hashes[1], hashes[3]);
    assertEquals(hashes[4], wordHashes(["a"]).hashes[0]);
  });

  test("have each bit set in half of them", () => {
    const { hashes } = wordHashes([Array.from({ length: 4_000 }, (_, i) => `word${i}`).join(" ")]);
    for (let bit = 0n; bit < 64n; bit++) {
      const set = hashes.reduce((sum, hash) => sum + Number(hash >> bit & 1n), 0);
      assert(Math.abs(set - 2_000) < 160, `bit ${bit} is set in ${set} of 4,000`);
    }
  });

  test("says what is wrong", () => {
    assertThrows(() => wordHashes("a" as never), TypeError, "texts must be an array of strings");
    assertThrows(() => wordHashes(["a", 1 as never]), TypeError, "texts[1] must be a string, not 1");
    assertThrows(() => wordHashes([], { shingle: 0 }), RangeError, "wordHashes: shingle");
  });
});
