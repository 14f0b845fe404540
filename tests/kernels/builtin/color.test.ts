import fc from "fast-check";
import { kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { colorMatrix as matrixTwin, grayscale as grayTwin } from "../twins/color.ts";
import { everywhere } from "./everywhere.ts";

const { colorMatrix, grayscale } = kernels;

const pictures = fc.nat(70).chain((n) => fc.uint8Array({ minLength: 4 * n, maxLength: 4 * n }));
const large = Uint8Array.from({ length: 4 * 200_003 }, (_, i) => (i * i) >>> 6);

describe("grayscale", () => {
  test("is what whole numbers give, near the exact brightness", () => {
    fc.assert(fc.property(pictures, (pixels) => {
      const gray = grayscale.sync(pixels);
      assertEquals(gray, grayTwin(pixels));
      gray.forEach((y, i) => {
        const [r, g, b] = pixels.subarray(4 * i);
        assert(Math.abs(0.299 * r + 0.587 * g + 0.114 * b - y) < 0.51);
      });
    }));
  });

  test("gives the same here, in slices, on threads, and of parts and clamped bytes", async () => {
    assertEquals(await everywhere(grayscale, large), grayTwin(large));
    assertEquals(grayscale.sync(large.subarray(3, 403)), grayTwin(large.slice(3, 403)));
    const clamped = grayscale.sync(new Uint8ClampedArray([255, 255, 255, 0]));
    assert(clamped instanceof Uint8ClampedArray);
    assertEquals([...clamped], [255]);
  });

  test("says what is wrong", () => {
    assertThrows(() => grayscale.sync("x" as never), TypeError, "pixels must be a Uint8Array");
    assertThrows(() => grayscale.sync(new Uint8Array(5)), RangeError, "pixels has 5 bytes");
  });
});

describe("colorMatrix", () => {
  test("by whole numbers is exact, whatever is cut off", () => {
    const numbers = fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 20, maxLength: 20 });
    fc.assert(fc.property(pictures, numbers, (pixels, matrix) => {
      assertEquals(colorMatrix.sync(pixels, matrix), matrixTwin(pixels, matrix));
    }));
  });

  test("by any numbers differs from doubles by one at most", () => {
    const numbers = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 20, maxLength: 20 });
    fc.assert(fc.property(pictures, numbers, (pixels, matrix) => {
      const got = colorMatrix.sync(pixels, matrix), wanted = matrixTwin(pixels, matrix);
      got.forEach((byte, i) => assert(Math.abs(byte - wanted[i]) <= 1, `${byte}, and ${wanted[i]}`));
    }));
  });

  test("gives the same here, in slices and on threads", async () => {
    const invert = [-1, 0, 0, 0, 255, 0, -1, 0, 0, 255, 0, 0, -1, 0, 255, 0, 0, 0, 1, 0];
    assertEquals(await everywhere(colorMatrix, large, invert), matrixTwin(large, invert));
  });

  test("says what is wrong", () => {
    const pixels = new Uint8Array(4),
      fails = (matrix: unknown, text: string) =>
        assertThrows(() => colorMatrix.sync(pixels, matrix as never), Error, text);
    fails([1], "20 finite numbers");
    fails(Array(20).fill(NaN), "20 finite numbers");
    fails(Array(20).fill(1e6), "too large");
    assertThrows(() => colorMatrix.sync(new Uint8Array(3), Array(20).fill(0)), RangeError, "3 bytes");
  });
});
