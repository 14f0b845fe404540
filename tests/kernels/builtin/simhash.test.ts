import fc from "fast-check";
import { kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import {
  minhash as minhashTwin,
  simhash as simhashTwin,
  simhashByBytes,
  weightedSimhash as weightedTwin,
} from "../twins/simhash.ts";
import { everywhere } from "./everywhere.ts";

const { minhash, simhash } = kernels;

function setsOf(lists: readonly (readonly bigint[])[]) {
  const offsets = new Int32Array(lists.length + 1);
  lists.forEach((list, i) => offsets[i + 1] = offsets[i] + list.length);
  return { hashes: BigUint64Array.from(lists.flat()), offsets };
}

/** Repeatable hashes, `n` from number `from` on. */
function hashes(n: number, from = 0): bigint[] {
  return Array.from({ length: n }, (_, i) => {
    let x = BigInt.asUintN(64, BigInt(from + i + 1) * 0x9e3779b97f4a7c15n);
    x = BigInt.asUintN(64, (x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
    return x ^ (x >> 27n);
  });
}

const anySets = fc.array(fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { maxLength: 20 }), { maxLength: 6 }).map(
  setsOf,
);

describe("simhash", () => {
  test("is what most hashes have", () => {
    fc.assert(fc.property(anySets, (sets) => assertEquals(simhash.sync(sets), simhashTwin(sets))));
  });

  test("of sets of all sizes near what a byte counts, and of equal hashes", async () => {
    const sets = setsOf([254, 255, 256, 509, 510, 511, 0, 70_000, 1].map((n) => hashes(n)));
    assertEquals(await everywhere(simhash, sets), simhashTwin(sets));
    assertEquals(simhashByBytes(sets), simhashTwin(sets));
    const all = 2n ** 64n - 1n;
    assertEquals([...simhash.sync(setsOf([Array(255).fill(all), Array(256).fill(all)]))], [all, all]);
    assertEquals([...simhash.sync(setsOf([[1n, 2n], []]))], [0n, 0n]);
  });

  test("by weight", async () => {
    const weight = fc.oneof(fc.float(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1, -1));
    const weighted = anySets.chain((sets) =>
      fc.array(weight, { minLength: sets.hashes.length, maxLength: sets.hashes.length }).map((list) => ({
        ...sets,
        weights: Float32Array.from(list),
      }))
    );
    fc.assert(
      fc.property(weighted, (sets) => assertEquals(simhash.sync(sets), weightedTwin(sets, sets.weights))),
    );
    const sets = setsOf(Array.from({ length: 300 }, (_, i) => hashes(i * 37 % 200, i)));
    const weights = Float32Array.from(sets.hashes, (_, i) => Math.sin(i));
    assertEquals(await everywhere(simhash, { ...sets, weights }), weightedTwin(sets, weights));
    weights.fill(1);
    assertEquals(simhash.sync({ ...sets, weights }), simhash.sync(sets));
  });

  test("of a part of larger arrays", () => {
    const all = BigUint64Array.from(hashes(50)), sets = setsOf([hashes(20), hashes(30, 20)]);
    const part = { hashes: all.subarray(10), offsets: new Int32Array([9, 0, 10, 40]).subarray(1) };
    assertEquals(simhash.sync({ hashes: all, offsets: sets.offsets }), simhash.sync(sets));
    assertEquals(simhash.sync(part), simhash.sync(setsOf([hashes(10, 10), hashes(30, 20)])));
  });

  test("says what is wrong", () => {
    const { hashes: some } = setsOf([hashes(3)]);
    assertThrows(() => simhash.sync(3 as never), TypeError, "must be { hashes, offsets }, not 3");
    const offsets = new Int32Array([0, 3]);
    assertThrows(
      () => simhash.sync({ hashes: some, offsets, weights: [1, 1, 1] as never }),
      TypeError,
      "weights must be a Float32Array",
    );
    assertThrows(
      () => simhash.sync({ hashes: some, offsets, weights: new Float32Array(2) }),
      RangeError,
      "as many as there are hashes, 3, not 2",
    );
    assertThrows(
      () => simhash.sync({ hashes: [] as never, offsets: new Int32Array(1) }),
      TypeError,
      "BigUint64Array",
    );
    assertThrows(
      () => simhash.sync({ hashes: some, offsets: new Int32Array(0) }),
      TypeError,
      "at least one number",
    );
    for (const offsets of [[0, 4], [2, 1], [-1, 2]]) {
      assertThrows(
        () => simhash.sync({ hashes: some, offsets: Int32Array.from(offsets) }),
        RangeError,
        "must not fall",
      );
    }
  });
});

describe("minhash", () => {
  test("is the least of each permutation", () => {
    fc.assert(
      fc.property(anySets, fc.integer({ min: 1, max: 40 }), fc.integer(), (sets, size, seed) => {
        assertEquals(minhash.sync(sets, { size, seed }), minhashTwin(sets, size, seed));
      }),
    );
  });

  test("gives the same here, in slices and on threads", async () => {
    const sets = setsOf(Array.from({ length: 600 }, (_, i) => hashes(i, i)));
    assertEquals(await everywhere(minhash, sets, { size: 100 }), minhashTwin(sets, 100, 0));
  });

  test("estimates what sets have in common", () => {
    // 300 of 500 are in both.
    const signatures = minhash.sync(setsOf([hashes(400), hashes(400, 100)]), { size: 1_024 });
    const equal = signatures.subarray(0, 1_024).reduce(
      (n, x, i) => n + (x === signatures[1_024 + i] ? 1 : 0),
      0,
    );
    assert(Math.abs(equal / 1_024 - 0.6) < 0.08, `${equal / 1_024}`);
  });

  test("says what is wrong", () => {
    const sets = setsOf([hashes(3)]);
    for (const size of [0, 1.5, Infinity]) {
      assertThrows(() => minhash.sync(sets, { size }), RangeError, `from 1, not ${size}`);
    }
    assertThrows(() => minhash.sync(sets, { seed: 0.5 }), TypeError, "seed must be a whole number");
  });
});
