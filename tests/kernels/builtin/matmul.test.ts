import fc from "fast-check";
import { kernelArray, kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { matmul as twin } from "../twins/matmul.ts";
import { everywhere } from "./everywhere.ts";

const { matmul } = kernels;

type Matrix = Float32Array | Float64Array;

/** Repeatable numbers of either sign with digits to round. */
function numbers(type: Float32ArrayConstructor | Float64ArrayConstructor, n: number): Matrix {
  return new type(n).map((_: number, i: number) => Math.sin(i * i + n) * 10);
}

describe("matmul", () => {
  test("is the twin, bit for bit, whatever the numbers and the shape", () => {
    const side = fc.integer({ min: 0, max: 19 });
    const content = (n: number) => ({ minLength: n, maxLength: n });
    const problem = fc.tuple(side, side, side).chain(([rows, inner, columns]) =>
      fc.oneof(
        fc.tuple(fc.float32Array(content(rows * inner)), fc.float32Array(content(inner * columns))),
        fc.tuple(fc.float64Array(content(rows * inner)), fc.float64Array(content(inner * columns))),
      ).map(([a, b]) => ({ a, b, shape: { rows, inner, columns } }))
    );
    fc.assert(
      fc.property(problem, ({ a, b, shape }) => {
        assertEquals(matmul.sync(a, b, shape), twin(a, b, shape));
      }),
      { numRuns: 200 },
    );
  });

  test("gives the same here, in slices and on threads", async () => {
    for (const type of [Float32Array, Float64Array]) {
      const shape = { rows: 117, inner: 130, columns: 75 };
      const a = numbers(type, 117 * 130), b = numbers(type, 130 * 75);
      assertEquals(await everywhere(matmul, a, b, shape), twin(a, b, shape));
    }
  });

  test("shapes without rows, columns or terms", () => {
    const none = new Float64Array(0), three = new Float64Array(3);
    assertEquals(matmul.sync(none, three, { rows: 0, inner: 1, columns: 3 }).length, 0);
    assertEquals(matmul.sync(three, none, { rows: 3, inner: 1, columns: 0 }).length, 0);
    assertEquals([...matmul.sync(none, none, { rows: 2, inner: 0, columns: 2 })], [0, 0, 0, 0]);
  });

  test("takes parts of buffers and kernel arrays, and leaves them alone", () => {
    const shape = { rows: 5, inner: 6, columns: 7 };
    const a = numbers(Float32Array, 30), b = numbers(Float32Array, 42), wanted = twin(a, b, shape);
    const buffer = new Float32Array(100);
    buffer.set(a, 3);
    buffer.set(b, 40);
    assertEquals(matmul.sync(buffer.subarray(3, 33), buffer.subarray(40, 82), shape), wanted);
    using inside = kernelArray(Float32Array, a);
    const product = matmul.sync(inside, b, shape);
    assertEquals(product, wanted);
    assert(product.buffer instanceof ArrayBuffer);
    assertEquals([...inside], [...a]);
  });

  test("says what is wrong", () => {
    const a = new Float32Array(4), shape = { rows: 2, inner: 2, columns: 2 };
    assertThrows(() => matmul([1] as never, a, shape), TypeError, "a must be a Float32Array");
    assertThrows(() => matmul.sync(a, new Float64Array(4), shape), TypeError, "both must be the same");
    assertThrows(() => matmul.sync(a, a, { ...shape, rows: -1 }), RangeError, "rows must be");
    assertThrows(() => matmul.sync(a, a, { ...shape, inner: 3 }), RangeError, "2 × 3 has 6");
  });
});
