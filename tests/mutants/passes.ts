/** What a program without a bug has to pass. */
import { assert, assertEquals } from "../assert.ts";
import { byChance, byExploring } from "./hunt.ts";
import type { Gen, Testing } from "./kit.ts";

/** Fails for a program that has a failing schedule: 200 by chance, all within two preemptions, or all that make a difference. */
export function passes(testing: Testing, body: () => Gen<unknown>, most: number = 5_000): void {
  const byLuck = byChance(testing, body, 200);
  assertEquals(byLuck.schedules, null, String(byLuck.error));
  let all = byExploring(testing, body, 2, most);
  assertEquals(all.schedules, null, String(all.error));
  if (all.exhausted) return;
  all = byExploring(testing, body, "reduced");
  assertEquals(all.schedules, null, String(all.error));
  assert(all.exhausted, "too many schedules: the program is too large");
}
