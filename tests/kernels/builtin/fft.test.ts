import fc from "fast-check";
import { kernelArray, kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { dft, dft2 } from "../twins/fft.ts";
import { everywhere } from "./everywhere.ts";

const { fft, fft2, ifft, ifft2, irfft, rfft } = kernels;

function waves(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => Math.sin(i * i + 0.3 * i));
}

/** Within a bound, seen from the largest. */
function assertNear(got: Float64Array, wanted: ArrayLike<number>, bound = 1e-13): void {
  assertEquals(got.length, wanted.length);
  let largest = 1;
  for (let i = 0; i < got.length; i++) largest = Math.max(largest, Math.abs(wanted[i]));
  for (let i = 0; i < got.length; i++) {
    const gap = Math.abs(got[i] - wanted[i]);
    assert(gap <= bound * largest, `element ${i}: ${got[i]}, and ${wanted[i]}`);
  }
}

/** Real numbers as complex ones. */
function complexOf(values: Float64Array): Float64Array {
  return new Float64Array(2 * values.length).map((_, i) => i % 2 === 0 ? values[i / 2] : 0);
}

const numbers = (n: number) =>
  fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: n, maxLength: n }).map((list) =>
    Float64Array.from(list)
  );
const power = (most: number) => fc.nat(most).map((log) => 2 ** log);

describe("fft", () => {
  test("is the transform as it is defined, and its inverse", () => {
    fc.assert(
      fc.property(power(7).chain((n) => numbers(2 * n)), (values) => {
        const n = values.length / 2;
        assertNear(fft.sync(values), dft(values));
        assertNear(ifft.sync(values), dft(values, 1).map((x) => x / n));
        assertNear(ifft.sync(fft.sync(values)), values);
      }),
      { numRuns: 100 },
    );
  });

  test("sizes beyond: the inverse, linearity, what Parseval says", () => {
    for (const log of [10, 11, 15, 18]) {
      const n = 2 ** log, a = waves(2 * n), b = a.map((x, i) => Math.cos(3 * x + i));
      const A = fft.sync(a), B = fft.sync(b);
      assertNear(ifft.sync(A), a);
      assertNear(fft.sync(a.map((x, i) => 2 * x - 3 * b[i])), A.map((x, i) => 2 * x - 3 * B[i]));
      const energy = (values: Float64Array) => values.reduce((sum, x) => sum + x * x, 0);
      assert(Math.abs(energy(A) / n / energy(a) - 1) < 1e-12);
    }
  });

  test("one wave is one number", () => {
    const n = 1024, wave = new Float64Array(2 * n);
    for (let j = 0; j < n; j++) {
      wave[2 * j] = Math.cos(2 * Math.PI * 37 * j / n);
      wave[2 * j + 1] = Math.sin(2 * Math.PI * 37 * j / n);
    }
    assertNear(fft.sync(wave), new Float64Array(2 * n).fill(n, 74, 75));
  });

  test("gives the same here, in slices and on threads", async () => {
    const n = 2 ** 14, values = waves(2 * n), real = waves(n), shape = { rows: 128, columns: 64 };
    for (const f of [fft, ifft]) await everywhere(f, values, {});
    const spectrum = await everywhere(rfft, real, {});
    assertNear(await everywhere(irfft, spectrum, {}), real);
    const grid = waves(2 * 128 * 64);
    assertNear(await everywhere(ifft2, await everywhere(fft2, grid, shape), shape), grid);
  });

  test("of real numbers", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }).chain((log) => numbers(2 ** log)), (values) => {
        const spectrum = rfft.sync(values);
        assertNear(spectrum, dft(complexOf(values)).subarray(0, values.length + 2));
        assertNear(irfft.sync(spectrum), values);
      }),
      { numRuns: 100 },
    );
    const values = waves(2 ** 18), spectrum = rfft.sync(values);
    assertNear(spectrum, fft.sync(complexOf(values)).subarray(0, values.length + 2));
    assertEquals([spectrum[1], spectrum.at(-1)], [0, 0]);
    assertNear(irfft.sync(spectrum), values);
  });

  test("in two dimensions", () => {
    const shapes = fc.record({ rows: power(5), columns: power(5) });
    fc.assert(
      fc.property(
        shapes.chain((shape) => fc.tuple(fc.constant(shape), numbers(2 * shape.rows * shape.columns))),
        ([shape, values]) => {
          assertNear(fft2.sync(values, shape), dft2(values, shape));
          assertNear(ifft2.sync(fft2.sync(values, shape), shape), values);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("what is no number spreads", () => {
    const values = waves(64);
    values[5] = NaN;
    const got = fft.sync(values);
    for (let i = 0; i < got.length; i += 2) assert(Number.isNaN(got[i] + got[i + 1]), `number ${i / 2}`);
  });

  test("takes parts of buffers and kernel arrays, and leaves them alone", () => {
    const buffer = waves(200), part = buffer.subarray(3, 131), before = buffer.slice();
    const wanted = fft.sync(part.slice());
    assertEquals(fft.sync(part), wanted);
    assertEquals(buffer, before);
    using inside = kernelArray(Float64Array, part);
    const got = fft.sync(inside);
    assertEquals(got, wanted);
    assert(got.buffer instanceof ArrayBuffer);
    assertEquals([...inside], [...part]);
  });

  test("puts the result where it is wanted, in place too", () => {
    const values = waves(64), grid = { rows: 8, columns: 4 };
    for (
      const [f, length] of [[fft, 64], [ifft, 64], [rfft, 66]] as const
    ) {
      const wanted = f.sync(values), out = new Float64Array(length);
      assertStrictEquals(f.sync(values, { out }), out);
      assertEquals(out, wanted);
      if (length === 64) assertEquals(f.sync(values.slice(), { out: values.slice() }), wanted);
    }
    const inPlace = values.slice();
    fft.sync(inPlace, { out: inPlace });
    assertEquals(inPlace, fft.sync(values));
    using inside = kernelArray(Float64Array, values);
    fft2.sync(inside, { ...grid, out: inside });
    assertEquals([...inside], [...fft2.sync(values, grid)]);
    const real = new Float64Array(64);
    assertStrictEquals(irfft.sync(rfft.sync(values), { out: real }), real);
    assertNear(real, values);
  });

  test("says what is wrong", () => {
    assertThrows(() => fft([1] as never), TypeError, "values must be a Float64Array");
    assertThrows(() => fft.sync(new Float64Array(3)), RangeError, "a complex number is two");
    assertThrows(
      () => ifft.sync(new Float64Array(2_000)),
      RangeError,
      "not 1000: fill up with zeros to 1024",
    );
    assertThrows(() => fft.sync(new Float64Array(0)), RangeError, "not 0");
    assertThrows(
      () => fft.sync(new Float64Array(4), { out: new Float64Array(3) }),
      TypeError,
      "of 4 elements",
    );
    assertThrows(() => fft.sync(new Float64Array(4), 5 as never), TypeError, "an object of options, not 5");
    assertThrows(() => rfft.sync(new Float64Array(1)), RangeError, "at least two");
    assertThrows(() => rfft.sync(new Float64Array(12)), RangeError, "to 16");
    assertThrows(() => irfft.sync(new Float64Array(8)), RangeError, "n + 2");
    assertThrows(() => fft2.sync(new Float64Array(8), { rows: 4, columns: 2 }), RangeError, "have 16");
    assertThrows(() => fft2.sync(new Float64Array(8), { rows: 3, columns: 2 }), RangeError, "of rows, not 3");
  });
});
