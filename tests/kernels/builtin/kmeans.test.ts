import fc from "fast-check";
import { kernelArray, kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { kmeans as twin, nearest as nearestTwin } from "../twins/kmeans.ts";
import { everywhere } from "./everywhere.ts";

const { kmeans, nearest } = kernels;

/** Points around a few places. */
function clouds(n: number, dimension: number): Float32Array {
  return Float32Array.from({ length: n * dimension }, (_, i) => {
    const point = Math.floor(i / dimension);
    return (point % 5) * 3 + Math.sin(point * point + i) * 2;
  });
}

const content = (n: number) => fc.float32Array({ minLength: n, maxLength: n });
const problem = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(25), fc.integer({ min: 1, max: 19 })).chain((
  [dimension, n, k],
) => fc.tuple(content(n * dimension), content(k * dimension), fc.constant({ dimension })));

describe("kmeans", () => {
  test("the nearest center is that of the twin, whatever the numbers", () => {
    fc.assert(
      fc.property(problem, ([points, centers, options]) => {
        assertEquals(nearest.sync(points, centers, options), nearestTwin(points, centers, options));
      }),
      { numRuns: 200 },
    );
  });

  test("of equally near centers the first", () => {
    const points = new Float32Array([0, 5]), centers = new Float32Array(30).fill(7, 1).fill(-1, 0, 1);
    centers.set([1, 3], 12);
    assertEquals([...nearest.sync(points, centers, { dimension: 1 }).labels], [0, 1]);
  });

  test("the rounds are those of the twin", () => {
    const numbers = (n: number) =>
      fc.array(fc.integer({ min: -50, max: 50 }).map((x) => x / 4), { minLength: n, maxLength: n });
    const rounds = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.nat(60), fc.integer({ min: 1, max: 11 }))
      .chain((
        [dimension, n, k],
      ) =>
        fc.tuple(
          numbers(n * dimension).map((list) => Float32Array.from(list)),
          numbers(k * dimension).map((list) => Float32Array.from(list)),
          fc.record({ dimension: fc.constant(dimension), iterations: fc.integer({ min: 1, max: 20 }) }),
        )
      );
    fc.assert(
      fc.property(rounds, ([points, centers, options]) => {
        const before = centers.slice();
        assertEquals(kmeans.sync(points, centers, options), twin(points, centers, options));
        assertEquals(centers, before);
      }),
      { numRuns: 150 },
    );
  });

  test("gives the same here, in slices and on threads", async () => {
    const points = clouds(2_000, 13), start = points.slice(0, 13 * 5), options = { dimension: 13 };
    const found = await everywhere(kmeans, points, start, options);
    assertEquals(found, twin(points, start, options));
    assertEquals(await everywhere(nearest, points, start, options), nearestTwin(points, start, options));
  });

  test("takes parts of buffers and kernel arrays, and leaves them alone", () => {
    const buffer = clouds(100, 3), points = buffer.subarray(3, 273), start = buffer.subarray(30, 42);
    const wanted = twin(points, start, { dimension: 3 });
    using inside = kernelArray(Float32Array, points);
    assertEquals(kmeans.sync(points, start, { dimension: 3 }), wanted);
    const found = kmeans.sync(inside, start, { dimension: 3 });
    assertEquals(found, wanted);
    assert(found.labels.buffer instanceof ArrayBuffer);
    assertEquals([...inside], [...points]);
  });

  test("says what is wrong", () => {
    const two = new Float32Array(2), dimension = 2;
    assertThrows(() => nearest.sync([1] as never, two, { dimension }), TypeError, "points must be");
    assertThrows(() => nearest.sync(two, two, { dimension: 0 }), RangeError, "dimension must be");
    assertThrows(() => kmeans(two, two, undefined as never), TypeError, "{ dimension }");
    assertThrows(() => kmeans.sync(two, new Float32Array(3), { dimension }), RangeError, "no multiple of");
    assertThrows(() => kmeans.sync(two, new Float32Array(0), { dimension }), RangeError, "a center at least");
    assertThrows(() => kmeans.sync(two, two, { dimension, iterations: 0 }), RangeError, "iterations must be");
  });
});
