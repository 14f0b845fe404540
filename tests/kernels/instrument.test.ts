/** Programs whose loops are counted by hand: the same results with checks, and checks exactly where they must be. */
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { compile, type Side, sides } from "./instrument_kit.ts";
import { PROGRAMS } from "./instrument_programs.ts";

const page = (side: Side): Uint8Array => new Uint8Array(side.memory.buffer, 0, 65_536).slice();

describe("instrument", () => {
  for (const { name, source, cases } of PROGRAMS) {
    test(`${name}: the same results, and a check after exactly STRIP back-edges`, async () => {
      const bytes = await compile(source);
      for (const strip of [1, 2, 7, 100, 1_000_000]) {
        const [plain, kill, slice] = sides(bytes, strip);
        let edges = 0;
        for (const { kernel, values, edges: more } of cases) {
          const expected = plain.exports[kernel](...values);
          assertEquals(kill.exports[kernel](...values), expected, `${kernel} in mode kill`);
          assertEquals(slice.exports[kernel](...values), expected, `${kernel} in mode slice`);
          edges += more;
          // The budget goes on from one call to the next.
          assertEquals(
            slice.checks(),
            Math.floor(edges / strip),
            `checks by the end of ${kernel}(${values})`,
          );
        }
        assertEquals(page(kill), page(plain));
        assertEquals(page(slice), page(plain));
      }
    }, { timeout: 60_000 });
  }
});
