import fc from "fast-check";
import { kernelArray, kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { nbody as twin } from "../twins/nbody.ts";
import { everywhere } from "./everywhere.ts";

const { nbody } = kernels;

function cloud(n: number): Float32Array {
  return Float32Array.from({ length: 4 * n }, (_, i) => i % 4 === 3 ? 1 + i % 7 : Math.sin(i * i) * 10);
}

describe("nbody", () => {
  test("is the twin, bit for bit, whatever the numbers", () => {
    const bodies = fc.nat(20).chain((n) => fc.float32Array({ minLength: 4 * n, maxLength: 4 * n }));
    const options = fc.record(
      { softening: fc.double({ min: 0, max: 10, noNaN: true }), gravity: fc.double({ noNaN: true }) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(bodies, options, (given, how) => {
        assertEquals(nbody.sync(given, how), twin(given, how));
      }),
      { numRuns: 200 },
    );
  });

  test("gives the same here, in slices and on threads", async () => {
    const bodies = cloud(701), options = { softening: 0.1, gravity: 6.674e-11 };
    assertEquals(await everywhere(nbody, bodies, options), twin(bodies, options));
  });

  test("what pulls is pulled: the momentum of all stays", () => {
    const bodies = cloud(300), pulls = nbody.sync(bodies, { softening: 0.5 });
    for (let axis = 0; axis < 3; axis++) {
      let momentum = 0, size = 0;
      for (let i = 0; i < 300; i++) {
        momentum += bodies[4 * i + 3] * pulls[3 * i + axis];
        size += Math.abs(bodies[4 * i + 3] * pulls[3 * i + axis]);
      }
      assert(Math.abs(momentum) < 1e-5 * size, `${momentum} of ${size}`);
    }
  });

  test("bodies in one place, one body and none", () => {
    assertEquals([...nbody.sync(new Float32Array([1, 2, 3, 5, 1, 2, 3, 7]), {})], [0, 0, 0, 0, 0, 0]);
    assertEquals([...nbody.sync(new Float32Array([1, 2, 3, 5]), {})], [0, 0, 0]);
    assertEquals(nbody.sync(new Float32Array(0)).length, 0);
  });

  test("takes parts of buffers and kernel arrays", () => {
    const buffer = cloud(40), part = buffer.subarray(5, 5 + 4 * 21), wanted = twin(part, {});
    assertEquals(nbody.sync(part, {}), wanted);
    using inside = kernelArray(Float32Array, part);
    assertEquals(nbody.sync(inside, {}), wanted);
  });

  test("says what is wrong", () => {
    const bodies = new Float32Array(8);
    assertThrows(() => nbody([1] as never, {}), TypeError, "bodies must be a Float32Array");
    assertThrows(() => nbody.sync(new Float32Array(6), {}), RangeError, "x, y, z, mass");
    assertThrows(() => nbody.sync(bodies, null as never), TypeError, "{ softening }");
    assertThrows(() => nbody.sync(bodies, { gravity: "1" as never }), TypeError, "gravity must be");
  });
});
