import * as tendril from "../../src/mod.ts";
import * as testing from "../../src/testing/mod.ts";
import { assert, assertEquals, assertGreaterOrEqual } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { mutants } from "./catalogue.ts";
import { byChance, byExploring } from "./hunt.ts";
import { load, patched } from "./mutate.ts";
import { passes } from "./passes.ts";

/** The most schedules that a seeded bug may take, and the most milliseconds that exploring may. */
const MOST_SCHEDULES = 2_000, MOST_MS = 10_000;

describe("mutants", () => {
  test("each patch fits the source as it is, and each name is there once", () => {
    for (const mutant of mutants) assert(patched(mutant).includes(mutant.replace), mutant.name);
    assertEquals(new Set(mutants.map(({ name }) => name)).size, mutants.length);
    assertGreaterOrEqual(mutants.length, 25);
  });

  test("no kind of mistake is missing", () => {
    const kinds = new Set(mutants.map(({ kind }) => kind));
    for (
      const kind of [
        "lost wake-up",
        "barging",
        "item lost",
        "unlock on the wrong path",
        "timer not withdrawn",
        "lock order inversion",
      ]
    ) assert(kinds.has(kind), kind);
  });

  for (const mutant of mutants) {
    test(`${mutant.name}: found [${mutant.rule}]`, async () => {
      const copy = await load(mutant);
      const body = mutant.program(copy.tendril, copy.testing);
      const byLuck = byChance(copy.testing, body, MOST_SCHEDULES);
      assert(byLuck.schedules !== null, "simulate finds it");
      const bySearch = byExploring(copy.testing, body, 2);
      assert(bySearch.schedules !== null, "explore finds it within two preemptions");
      assert(bySearch.ms < MOST_MS, `exploring took ${bySearch.ms} ms`);
      const reduced = byExploring(copy.testing, body, "reduced");
      assert(reduced.schedules !== null, "reduced exploration leaves no schedule out that matters");
    });

    test(`${mutant.name}: not in ours [${mutant.rule}]`, () =>
      passes(testing, mutant.program(tendril, testing)));
  }
});
