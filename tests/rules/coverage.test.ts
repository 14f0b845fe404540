/** Nothing is left out: each file of rules says at its end which rules it has to cover. See kit.ts. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "../assert.ts";
import { test } from "../harness.ts";
import { FILES } from "./kit.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));

test("each file of rules stands in the list of kit.ts, and checks its part of it", () => {
  const files = readdirSync(folder).filter((name) =>
    name.endsWith(".test.ts") && name !== "coverage.test.ts"
  );
  assertEquals(files.map((name) => name.replace(/\.test\.ts$/, "")).sort(), Object.keys(FILES).sort());
  for (const name of Object.keys(FILES)) {
    assertMatch(
      readFileSync(`${folder}${name}.test.ts`, "utf8"),
      new RegExp(`^complete\\("${name}"\\);$`, "m"),
    );
  }
});

/** They say nothing of order, hand-off or cancellation; the tops of the files give the reasons. */
const ELSEWHERE = [3, 7, 8, 24];
const LAST = 76;

test("every rule is in the list, but for those that say nothing of order, hand-off or cancellation", () => {
  const covered = new Set(Object.values(FILES).flat().map((number) => Number(number.slice(2))));
  const wanted = Array.from({ length: LAST }, (_, i) => i + 1).filter((n) => !ELSEWHERE.includes(n));
  assertEquals([...covered].sort((a, b) => a - b), wanted);
});
