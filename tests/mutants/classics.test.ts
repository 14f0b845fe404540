import * as tendril from "../../src/mod.ts";
import * as testing from "../../src/testing/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { classics } from "./classics.ts";
import { byChance, byExploring } from "./hunt.ts";
import { passes } from "./passes.ts";

describe("classic mistakes", () => {
  for (const { name, buggy, mended } of classics) {
    test(`${name}: found, and not in plain FIFO order`, () => {
      const body = buggy(tendril, testing);
      assertEquals(byChance(testing, body, 1, 0, "fifo").schedules, null);
      assert(byChance(testing, body, 2_000).schedules !== null, "simulate finds it");
      assert(byExploring(testing, body, "reduced").schedules !== null, "reduced exploration finds it");
      assert(byExploring(testing, body, 2).schedules !== null, "explore finds it within two preemptions");
    });

    test(`${name}: not in the program without it`, () => passes(testing, mended(tendril, testing)));
  }
});
