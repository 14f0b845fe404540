import fc from "fast-check";
import { kernelArray, kernels } from "../../../src/kernels/mod.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { placesOf as twin } from "../twins/search.ts";
import { everywhere } from "./everywhere.ts";

const { placesOf } = kernels;

describe("placesOf", () => {
  test("is what indexOf finds, in any part of a buffer", () => {
    const bytes = fc.uint8Array({ max: 3, maxLength: 200 });
    fc.assert(fc.property(bytes, fc.nat(20), fc.nat(4), (bytes, skip, byte) => {
      const data = bytes.subarray(skip);
      assertEquals(placesOf.sync(data, byte), twin(data, byte));
    }));
    assertEquals([...placesOf.sync(new Uint8Array([255, 128, 255]), 255)], [0, 2]);
  });

  test("where every byte is one, and near the ends of pieces", () => {
    for (const length of [16_383, 16_384, 16_385, 32_768, 50_000]) {
      const all = new Uint8Array(length).fill(7);
      assertEquals(placesOf.sync(all, 7), Uint32Array.from({ length }, (_, i) => i));
      assertEquals(placesOf.sync(all, 8).length, 0);
    }
  });

  test("gives the same here, in slices, on threads, and of a kernel array", async () => {
    const data = Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * i) >>> 7);
    const wanted = twin(data, 10);
    assertEquals(await everywhere(placesOf, data, 10), wanted);
    using inside = kernelArray(Uint8Array, data);
    assertEquals(placesOf.sync(inside, 10), wanted);
    assertEquals((await everywhere(placesOf, new Uint8Array(0), 0)).length, 0);
  });

  test("says what is wrong", () => {
    assertThrows(() => placesOf.sync("a" as never, 1), TypeError, "data must be a Uint8Array");
    for (const byte of [256, -1, 0.5, "\n" as never]) {
      assertThrows(() => placesOf.sync(new Uint8Array(1), byte), RangeError, "from 0 to 255");
    }
  });
});
