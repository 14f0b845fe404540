import fc from "fast-check";
import { kernelArray, kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { dot as dotTwin, topk as twin } from "../twins/topk.ts";
import { everywhere } from "./everywhere.ts";

const { dot, topk } = kernels;

/** Small whole numbers: their sums are exact in any order, and many are the same. */
function whole(n: number): fc.Arbitrary<Float32Array> {
  return fc.array(fc.integer({ min: -3, max: 3 }), { minLength: n, maxLength: n }).map((list) =>
    Float32Array.from(list)
  );
}

function waves(n: number, seed: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => Math.sin(i * i * seed + i));
}

describe("topk", () => {
  test("is the twin where sums are exact, and of equal scores the first comes first", () => {
    const problem = fc.tuple(fc.integer({ min: 1, max: 41 }), fc.nat(3), fc.nat(30)).chain((
      [dimension, many, count],
    ) =>
      fc.tuple(
        whole(many * dimension),
        whole(count * dimension),
        fc.record({
          dimension: fc.constant(dimension),
          k: fc.integer({ min: 1, max: 35 }),
          metric: fc.constantFrom("cosine" as const, "dot" as const),
        }),
      )
    );
    fc.assert(
      fc.property(problem, ([queries, vectors, options]) => {
        assertEquals(topk.sync(queries, vectors, options), twin(queries, vectors, options));
      }),
      { numRuns: 300 },
    );
  });

  test("products of any numbers are right to a few units of Float32", () => {
    for (const dimension of [1, 3, 16, 31, 384]) {
      const query = waves(dimension, 1), vectors = waves(dimension * 50, 2);
      const got = dot.sync(query, vectors), wanted = dotTwin(query, vectors);
      assertEquals(got.length, 50);
      got.forEach((x, i) => assert(Math.abs(x - wanted[i]) <= dimension * 2 ** -24, `${dimension}: ${i}`));
    }
  });

  test("gives the same here, in slices and on threads", async () => {
    const queries = waves(3 * 50, 1), vectors = waves(4_000 * 50, 2);
    const { indices, scores } = await everywhere(topk, queries, vectors, { dimension: 50, k: 20 });
    const wanted = twin(queries, vectors, { dimension: 50, k: 20 });
    assertEquals(indices, wanted.indices);
    scores.forEach((x, i) => assert(Math.abs(x - wanted.scores[i]) < 1e-6));
    await everywhere(dot, queries.subarray(50, 100), vectors);
  });

  test("no number is less than any, and the infinite ones are in their places", () => {
    const vectors = new Float32Array([NaN, -Infinity, 3, Infinity, NaN, 3, -1]),
      query = new Float32Array([1]);
    const { indices, scores } = topk.sync(query, vectors, { k: 7, metric: "dot" });
    assertEquals([...indices], [3, 2, 5, 6, 1, 0, 4]);
    assertEquals([...scores], [Infinity, 3, 3, -1, -Infinity, NaN, NaN]);
    assertEquals([...topk.sync(query, vectors, { k: 6, metric: "dot" }).indices], [3, 2, 5, 6, 1, 0]);
  });

  test("a cosine is 1 in the same direction, -1 in the other, 0 beside nothing", () => {
    const query = new Float32Array([3, 4]), vectors = new Float32Array([-6, -8, 30, 40, 0, 0, -4, 3]);
    const { indices, scores } = topk.sync(query, vectors, { k: 4 });
    assertEquals([...indices], [1, 2, 3, 0]);
    assertEquals([...scores], [1, 0, 0, -1]);
  });

  test("nothing in it", () => {
    const none = new Float32Array(0), query = new Float32Array(2);
    assertEquals(topk.sync(query, none, { k: 3 }), { indices: new Uint32Array(0), scores: none });
    assertEquals(topk.sync(none, query, { k: 3, dimension: 2 }).indices.length, 0);
    assertEquals(dot.sync(query, none), none);
  });

  test("takes parts of buffers and kernel arrays", () => {
    const buffer = waves(500, 3), query = buffer.subarray(1, 34), vectors = buffer.subarray(35, 35 + 33 * 14);
    const wanted = topk.sync(query.slice(), vectors.slice(), { k: 5 });
    assertEquals(topk.sync(query, vectors, { k: 5 }), wanted);
    using inside = kernelArray(Float32Array, vectors);
    assertEquals(topk.sync(query, inside, { k: 5 }), wanted);
    assertEquals([...inside], [...vectors]);
  });

  test("says what is wrong", () => {
    const two = new Float32Array(2);
    assertThrows(() => topk.sync([1] as never, two, { k: 1 }), TypeError, "queries must be a Float32Array");
    assertThrows(() => topk.sync(two, two, undefined as never), TypeError, "{ k }");
    assertThrows(() => topk(two, two, { k: 0 }), RangeError, "k must be");
    assertThrows(() => topk.sync(two, new Float32Array(3), { k: 1 }), RangeError, "no multiple of");
    assertThrows(() => topk.sync(two, two, { k: 1, metric: "x" as never }), TypeError, '"cosine" or "dot"');
    assertThrows(() => dot.sync(new Float32Array(0), two), RangeError, "dimension must be");
  });
});
