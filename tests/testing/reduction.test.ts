// The reduced search against the full one on random programs: it must see every outcome. TENDRIL_PROGRAMS=10000 for more.

import process from "node:process";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { difference } from "./outcomes.ts";
import { randomProgram } from "./programs.ts";

const PROGRAMS = Number(process.env.TENDRIL_PROGRAMS ?? 400);
/** Schedules of the full search, above which a program is too large to compare. */
const MOST = 3_000;

describe("the reduced search", () => {
  test(`sees every outcome of ${PROGRAMS} random programs`, () => {
    let compared = 0, all = 0, less = 0;
    for (let seed = 0; compared < PROGRAMS; seed++) {
      const found = difference(randomProgram(seed, 2 + seed % 2, 2 + seed % 3), MOST);
      if (found === null) continue;
      compared++;
      all += found.full.schedules;
      less += found.less.schedules;
      assertEquals(found.missed, [], `program ${seed}`);
      assert(!found.less.cut, `program ${seed} takes more schedules reduced than whole`);
    }
    assert(less * 5 < all, `${less} schedules instead of ${all} are no reduction`);
  }, { timeout: 600_000 });
});
