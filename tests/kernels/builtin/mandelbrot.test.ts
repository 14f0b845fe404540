import fc from "fast-check";
import { kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { mandelbrot as twin } from "../twins/mandelbrot.ts";
import { everywhere } from "./everywhere.ts";

const { mandelbrot } = kernels;

describe("mandelbrot", () => {
  test("is the twin, step for step", () => {
    const options = fc.record({
      width: fc.integer({ min: 0, max: 23 }),
      height: fc.integer({ min: 0, max: 9 }),
      left: fc.double({ min: -3, max: 1, noNaN: true }),
      top: fc.double({ min: -2, max: 2, noNaN: true }),
      step: fc.double({ min: 0, max: 0.5, noNaN: true }),
      limit: fc.oneof(fc.nat(300), fc.constant(70_000)),
    });
    fc.assert(
      fc.property(options, (given) => {
        const few = given.limit === 70_000 ? { ...given, width: 3, height: 2 } : given;
        assertEquals(mandelbrot.sync(few), twin(few));
      }),
      { numRuns: 150 },
    );
  });

  test("gives the same here, in slices and on threads", async () => {
    const options = { width: 101, height: 77, left: -2.25, top: 1.5, step: 0.03, limit: 500 };
    assertEquals(await everywhere(mandelbrot, options), twin(options));
  });

  test("shows the whole set, if nothing else is said", () => {
    const steps = mandelbrot.sync({ width: 60, height: 60 });
    assertEquals(steps, twin({ width: 60, height: 60, left: -2.25, top: 1.5, step: 0.05, limit: 256 }));
    assertEquals([steps[0], steps[30 * 60 + 45]], [1, 256]); // the corner, and 0
    assert(steps instanceof Uint16Array);
    assert(mandelbrot.sync({ width: 1, height: 1, limit: 65_536 }) instanceof Uint32Array);
  });

  test("infinite and missing numbers are nowhere near", () => {
    for (const left of [NaN, Infinity, -Infinity, 1e308]) {
      const options = { width: 3, height: 1, left, top: 0, step: 0.1, limit: 9 };
      assertEquals(mandelbrot.sync(options), twin(options));
    }
  });

  test("says what is wrong", () => {
    assertThrows(() => mandelbrot.sync(undefined as never), TypeError, "{ width, height }");
    assertThrows(() => mandelbrot.sync({ width: 1.5, height: 2 }), RangeError, "width must be");
    assertThrows(() => mandelbrot({ width: 1, height: 2, limit: -1 }), RangeError, "limit must be");
    assertThrows(
      () => mandelbrot.sync({ width: 1, height: 2, left: "0" as never }),
      TypeError,
      "left must be",
    );
  });
});
