import fc from "fast-check";
import { kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { blur as blurTwin, convolve as convolveTwin } from "../twins/convolve.ts";
import { everywhere } from "./everywhere.ts";

const { blur, convolve } = kernels;

function assertNear(got: ArrayLike<number>, wanted: ArrayLike<number>): void {
  assertEquals(got.length, wanted.length);
  for (let i = 0; i < got.length; i++) {
    assert(Math.abs(got[i] - wanted[i]) <= 1, `byte ${i}: ${got[i]}, and ${wanted[i]}`);
  }
}

const pictures = fc.tuple(fc.integer({ min: 1, max: 21 }), fc.integer({ min: 1, max: 9 })).chain(
  ([width, height]) =>
    fc.tuple(
      fc.constant({ width, height }),
      fc.uint8Array({ minLength: 4 * width * height, maxLength: 4 * width * height }),
    ),
);

function noise(n: number): Uint8Array {
  let seed = 7;
  return Uint8Array.from({ length: n }, () => (seed = Math.imul(seed, 1_103_515_245) + 12_345) >>> 24);
}

describe("blur", () => {
  test("differs from doubles by one at most", () => {
    const options = fc.record({
      sigma: fc.double({ min: 0.3, max: 4, noNaN: true }),
      radius: fc.integer({ min: 0, max: 12 }),
    }, { requiredKeys: ["sigma"] });
    fc.assert(
      fc.property(pictures, options, fc.boolean(), ([size, pixels], blurred, opaque) => {
        if (opaque) { for (let i = 3; i < pixels.length; i += 4) pixels[i] = 255; }
        const how = { ...blurred, alpha: opaque ? "straight" : "independent" } as const;
        assertNear(blur.sync(pixels, size, how), blurTwin(pixels, size, how));
      }),
      { numRuns: 150 },
    );
  });

  test("what is transparent lends no colour", () => {
    const pixels = new Uint8Array([200, 0, 0, 255, 0, 255, 0, 0, 200, 0, 0, 255]),
      size = { width: 3, height: 1 };
    const [r, g, b, a] = blur.sync(pixels, size, { sigma: 1 }).subarray(4);
    assertEquals([r, g, b], [200, 0, 0]);
    assert(a > 0 && a < 255);
  });

  test("gives the same here, in slices and on threads", async () => {
    const pixels = noise(4 * 303 * 200), size = { width: 303, height: 200 };
    const how = { sigma: 2.5, alpha: "independent" } as const;
    assertNear(await everywhere(blur, pixels, size, how), blurTwin(pixels, size, how));
  });

  test("says what is wrong", () => {
    const pixels = new Uint8Array(16), size = { width: 2, height: 2 };
    for (const sigma of [0, NaN, Infinity, -1]) {
      assertThrows(() => blur.sync(pixels, size, { sigma }), RangeError, "blur: sigma must be");
    }
    assertThrows(
      () => blur.sync(pixels, size, { sigma: 1, radius: 0.5 }),
      RangeError,
      "blur: radius must be",
    );
    assertThrows(
      () => blur.sync(pixels, { width: 1, height: 1 }, { sigma: 1 }),
      RangeError,
      "blur: pixels has 16",
    );
  });
});

describe("convolve", () => {
  test("by whole weights is what whole numbers give, in every byte", () => {
    const squares = fc.constantFrom(1, 3, 5).chain((side) =>
      fc.array(fc.integer({ min: -9, max: 9 }), { minLength: side * side, maxLength: side * side })
    );
    const rest = fc.record({
      divisor: fc.constantFrom(1, 2, 16),
      bias: fc.constantFrom(0, 128, -3),
      alpha: fc.constantFrom("keep", "filter"),
    }, { requiredKeys: ["divisor"] });
    fc.assert(
      fc.property(pictures, squares, rest, ([size, pixels], weights, how) => {
        const options = { weights, ...how };
        assertEquals([...convolve.sync(pixels, size, options)], [...convolveTwin(pixels, size, options)]);
      }),
      { numRuns: 200 },
    );
  });

  test("by any weights differs from doubles by one at most", () => {
    const weights = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(pictures, weights, ([size, pixels], weights) => {
        const options = { weights, divisor: 1.5, bias: 0.25 };
        assertNear(convolve.sync(pixels, size, options), convolveTwin(pixels, size, options));
      }),
      { numRuns: 100 },
    );
  });

  test("large weights and large sums are cut off, not wrapped", () => {
    const pixels = new Uint8Array(4 * 49).fill(255), size = { width: 7, height: 7 };
    for (const weight of [32_000, -32_000]) {
      const weights = Array<number>(25).fill(weight), options = { weights, divisor: 1 };
      assertEquals([...convolve.sync(pixels, size, options)], [...convolveTwin(pixels, size, options)]);
    }
  });

  test("gives the same here, in slices and on threads", async () => {
    const pixels = noise(4 * 303 * 200), size = { width: 303, height: 200 };
    const options = { weights: [0, -1, 0, -1, 5, -1, 0, -1, 0] };
    assertEquals([...await everywhere(convolve, pixels, size, options)], [
      ...convolveTwin(pixels, size, options),
    ]);
  });

  test("says what is wrong", () => {
    const pixels = new Uint8Array(16), size = { width: 2, height: 2 };
    const fails = (options: unknown, text: string) =>
      assertThrows(() => convolve.sync(pixels, size, options as never), Error, text);
    fails({ weights: "x" }, "weights must be an array");
    fails({ weights: [1, 2, 3, 4] }, "odd side");
    fails({ weights: [null] }, "finite");
    fails({ weights: [] }, "odd side");
    fails({ weights: [NaN] }, "weights must be finite numbers, not NaN");
    fails({ weights: [1], divisor: 0 }, "divisor must be");
    fails({ weights: [1], bias: Infinity }, "bias must be");
    fails({ weights: [1e6], divisor: 1 }, "too large");
    fails({ weights: [1], alpha: "x" }, "alpha must be");
  });
});
