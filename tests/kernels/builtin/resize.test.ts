import { Buffer } from "node:buffer";
import fc from "fast-check";
import { kernelArray, kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { resize as twin } from "../twins/resize.ts";
import { everywhere } from "./everywhere.ts";

const { resize } = kernels;

/** Repeatable pixels; `alpha` is of all, or `undefined` for any. */
function noise(width: number, height: number, alpha?: number): Uint8Array {
  let seed = 12_345 + width;
  return Uint8Array.from({ length: 4 * width * height }, (_, i) => {
    seed = Math.imul(seed, 1_103_515_245) + 12_345;
    return i % 4 === 3 && alpha !== undefined ? alpha : seed >>> 24;
  });
}

/** Colours count as much as they can be seen: with little alpha, one step of it is many steps of a colour. */
function assertNear(got: ArrayLike<number>, wanted: ArrayLike<number>, straight: boolean): void {
  assertEquals(got.length, wanted.length);
  for (let i = 0; i < got.length; i++) {
    const alpha = straight ? wanted[i | 3] : 255;
    const bound = i % 4 === 3 || alpha === 255 ? 1 : 1 + 255 / Math.max(alpha, 1);
    assert(Math.abs(got[i] - wanted[i]) <= bound, `byte ${i}: ${got[i]}, and ${wanted[i]} (alpha ${alpha})`);
  }
}

describe("resize", () => {
  test("differs from doubles by one at most", () => {
    const side = fc.integer({ min: 1, max: 23 });
    const options = fc.record({
      width: side,
      height: side,
      filter: fc.constantFrom("lanczos3", "bilinear", "box"),
      alpha: fc.constantFrom("straight", "independent"),
    }, { requiredKeys: ["width", "height"] });
    const picture = fc.tuple(side, side).chain(([width, height]) =>
      fc.tuple(
        fc.constant({ width, height }),
        fc.uint8Array({ minLength: 4 * width * height, maxLength: 4 * width * height }),
        fc.boolean(),
      )
    );
    fc.assert(
      fc.property(picture, options, ([size, pixels, opaque], to) => {
        if (opaque) { for (let i = 3; i < pixels.length; i += 4) pixels[i] = 255; }
        assertNear(resize.sync(pixels, size, to), twin(pixels, size, to), to.alpha !== "independent");
      }),
      { numRuns: 200 },
    );
  });

  test("gives the same here, in slices and on threads", async () => {
    const size = { width: 301, height: 211 };
    for (const pixels of [noise(301, 211, 255), noise(301, 211)]) {
      const to = { width: 77, height: 155 };
      const here = await everywhere(resize, pixels, size, to);
      assertNear(here, twin(pixels, size, to), pixels[3] !== 255);
    }
  });

  test("the same size is the same picture, and one colour stays one colour", () => {
    const pixels = noise(31, 17, 255), size = { width: 31, height: 17 };
    assertEquals(resize.sync(pixels, size, size), pixels);
    const one = Uint8Array.from({ length: 4 * 31 * 17 }, (_, i) => [200, 3, 77, 90][i % 4]);
    const wanted = Uint8Array.from({ length: 4 * 5 * 40 }, (_, i) => [200, 3, 77, 90][i % 4]);
    for (const alpha of ["straight", "independent"] as const) {
      assertEquals(resize.sync(one, size, { width: 5, height: 40, alpha }), wanted);
    }
  });

  test("what is transparent lends no colour, unless alpha is a channel like the others", () => {
    const pixels = new Uint8Array([255, 0, 0, 255, 0, 255, 0, 0]), size = { width: 2, height: 1 };
    const to = { width: 1, height: 1, filter: "box" } as const;
    assertEquals([...resize.sync(pixels, size, to)], [255, 0, 0, 127]);
    assertEquals([...resize.sync(pixels, size, { ...to, alpha: "independent" })], [128, 128, 0, 128]);
    assertEquals([...resize.sync(new Uint8Array(8).fill(9, 0, 3), size, to)], [0, 0, 0, 0]);
  });

  test("overshoot of an edge is cut off, at both ends", () => {
    const pixels = Uint8Array.from({ length: 4 * 16 }, (_, i) => i % 4 === 3 || i >= 32 ? 255 : 0);
    const wide = resize.sync(pixels, { width: 16, height: 1 }, { width: 64, height: 1 });
    assertNear(wide, twin(pixels, { width: 16, height: 1 }, { width: 64, height: 1 }), true);
    assertEquals([Math.min(...wide), Math.max(...wide)], [0, 255]);
  });

  test("takes parts of buffers, clamped bytes and kernel arrays", () => {
    const pixels = noise(6, 4), size = { width: 6, height: 4 }, to = { width: 3, height: 3 };
    const wanted = resize.sync(pixels, size, to);
    const buffer = new Uint8Array(100);
    buffer.set(pixels, 3);
    assertEquals(resize.sync(buffer.subarray(3, 99), size, to), wanted);
    const clamped = resize.sync(new Uint8ClampedArray(pixels), size, to);
    assert(clamped instanceof Uint8ClampedArray);
    assertEquals([...clamped], [...wanted]);
    const ofBuffer = resize.sync(Buffer.from(pixels), size, to);
    assertEquals(ofBuffer, wanted);
    assertEquals(ofBuffer.constructor, Uint8Array);
    using inside = kernelArray(Uint8Array, pixels);
    assertEquals(resize.sync(inside, size, to), wanted);
    assertEquals([...inside], [...pixels]);
  });

  test("says what is wrong", () => {
    const pixels = new Uint8Array(16), size = { width: 2, height: 2 };
    assertThrows(() => resize.sync([1] as never, size, size), TypeError, "pixels must be a Uint8Array");
    assertThrows(() => resize.sync(pixels, { width: 3, height: 2 }, size), RangeError, "3 × 2 has 24");
    assertThrows(() => resize.sync(pixels, size, { width: 0, height: 2 }), RangeError, "width must be");
    assertThrows(
      () => resize(pixels, size, { ...size, filter: "x" as never }),
      TypeError,
      "lanczos3",
    );
    assertThrows(() => resize.sync(pixels, size, { ...size, alpha: 1 as never }), TypeError, "alpha must be");
  });
});
