import fc from "fast-check";
import { Ring } from "../../src/core/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { sequences, upTo } from "../laws/kit.ts";

type Step = readonly ["push" | "shift" | "pop" | "take" | "at", number];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constant("push" as const), fc.nat({ max: 40 })) },
    {
      weight: 4,
      arbitrary: fc.tuple(
        fc.constantFrom("shift" as const, "pop" as const, "take" as const, "at" as const),
        fc.integer({ min: -2, max: 45 }),
      ),
    },
  ),
  { maxLength: 120, size: "max" },
);

describe("Ring", () => {
  test("behaves as an array, through growing and wrapping", () =>
    sequences(steps, (program) => {
      const ring = new Ring<number>(), array: number[] = [];
      let items = 0;
      for (const [what, n] of program) {
        if (what === "push") {
          for (let i = 0; i < n; i++) {
            ring.push(items);
            array.push(items++);
          }
        } else if (what === "shift") assertEquals(ring.shift(), array.shift());
        else if (what === "pop") assertEquals(ring.pop(), array.pop());
        else if (what === "at") assertEquals(ring.at(n), n < 0 ? undefined : array[n]);
        else assertEquals(ring.take(n), n < 0 ? undefined : array.splice(n, 1)[0]);
        assertEquals(ring.size, array.length);
      }
      assertEquals(ring.toArray(), array);
    }));

  test("keeps what is pushed while it is emptied", () => {
    const ring = new Ring<number>();
    for (let i = 0; i < 1000; i++) {
      ring.push(2 * i);
      ring.push(2 * i + 1);
      assertEquals(ring.shift(), i);
    }
    assertEquals(ring.toArray(), upTo(2000).slice(1000));
  });

  test("goes on after a burst that made it large, emptied from either end", () => {
    const ring = new Ring<number>(), burst = 70_000;
    for (const empty of [() => ring.shift(), () => ring.pop()]) {
      for (let i = 0; i < burst; i++) ring.push(i);
      let sum = 0;
      for (let i = 0; i < burst; i++) sum += empty() as number;
      assertEquals([sum, ring.size, empty()], [burst * (burst - 1) / 2, 0, undefined]);
      ring.push(7);
      ring.push(8);
      assertEquals([ring.at(0), ring.at(1), ring.at(2), ring.toArray()], [7, 8, undefined, [7, 8]]);
      ring.shift();
      ring.shift();
    }
  });

  test("holds undefined as any other item", () => {
    const ring = new Ring<undefined | number>();
    ring.push(undefined);
    ring.push(1);
    assertEquals([ring.size, ring.shift(), ring.size, ring.shift(), ring.size], [2, undefined, 1, 1, 0]);
  });
});
