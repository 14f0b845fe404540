import * as testing from "../../src/testing/mod.ts";
import { assert } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { byChance, byExploring } from "../mutants/hunt.ts";
import { passes } from "../mutants/passes.ts";
import { bugs } from "./bugs.ts";

describe("bugs of peers", () => {
  for (const { name, title, rule, peer, ours } of bugs) {
    test(`${name}, ${title}: found in a model of the peer`, () => {
      assert(byChance(testing, peer, 2_000).schedules !== null, "simulate finds it");
      assert(byExploring(testing, peer, 2).schedules !== null, "explore finds it within two preemptions");
    });

    test(`${name}, ${title}: not in ours [${rule}]`, () => passes(testing, ours));
  }
});
