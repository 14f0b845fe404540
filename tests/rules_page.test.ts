// Whoever reads a rule's number in a comment, a message or the name of a law finds it in docs/rules.md.

import { list, readText } from "../scripts/lib/repo.ts";
import { assert, assertEquals } from "./assert.ts";
import { describe, test } from "./harness.ts";

/** What is built. */
const BUILT: readonly number[] = range(1, 88);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The numbers of the rules that stand in the page, in its order. */
function rulesOf(page: string): number[] {
  return [...page.matchAll(/^- \*\*S-(\d+)\*\* /gm)].map(([, number]) => Number(number));
}

/** The numbers that a source cites. */
function citedIn(source: string): number[] {
  return [...source.matchAll(/\bS-(\d+)\b/g)].map(([, number]) => Number(number));
}

describe("the page of rules", () => {
  const rules = rulesOf(readText("docs/rules.md"));

  test("has every rule that a source cites", () => {
    const sources = list("src/**/*.ts").map((path) => ({ path, cited: citedIn(readText(path)) }));
    assert(sources.some(({ cited }) => cited.length > 0), "no source cites a rule: is the search wrong?");
    const missing = sources.flatMap(({ path, cited }) =>
      cited.filter((number) => BUILT.includes(number) && !rules.includes(number)).map((number) =>
        `${path}: S-${number}`
      )
    );
    assertEquals(missing, []);
  });

  test("has each rule once, in order, and none of what is planned", () => {
    assertEquals(rules, BUILT);
  });

  test("is read as it is written", () => {
    assertEquals(rulesOf("- **S-7** One.\n- **S-8** Two, as S-7.\nS-9\n"), [7, 8]);
    assertEquals(citedIn('// S-50 to S-52 (S-9)\nsay("S-3 no"); XS-4'), [50, 52, 9, 3]);
  });
});
