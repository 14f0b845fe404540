/** Implementations that are broken on purpose: each law has to catch one, by name. */
import { type LawOptions, LawsBroken, type LawSuite } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";

/** One that is broken. */
export interface Broken<Make, Options> {
  /** What is wrong with it. */
  name: string;
  make: Make;
  options?: Options;
  /** How the names of laws begin that have to catch it. */
  breaks: readonly string[];
}

/** Checks that each of `broken` is caught, and that together they break every law of `whole`. */
export function caught<Make, Options extends LawOptions>(
  what: string,
  suite: LawSuite<Make, Options>,
  whole: readonly (readonly [Make, Options])[],
  broken: readonly Broken<Make, Options>[],
): void {
  const seen = new Set<string>();
  describe(`laws of ${what} catch`, () => {
    for (const { name, make, options, breaks } of broken) {
      test(name, () => {
        const few = { runs: 20, maxSchedules: 60, ...options } as Options;
        const error = assertThrows(() => suite(make, few), LawsBroken);
        for (const law of error.broken) seen.add(law);
        for (const law of breaks) {
          assert(
            error.broken.some((one) => one.startsWith(law)),
            `${law} is not among\n${error.broken.join("\n")}`,
          );
        }
        assertEquals(error.errors.length, error.broken.length);
        assertMatch(error.message, /^\d+ of \d+ laws of \w+ do not hold:\n/);
        for (const law of error.broken) assert(error.message.includes(`\n${law}\n`), law);
      }, { timeout: 60_000 });
    }

    test("something by every law", () => {
      const names = whole.flatMap(([make, options]) => suite.cases(make, options).map(({ name }) => name));
      assertEquals([...new Set(names)].filter((name) => !seen.has(name)), [], "laws that nothing breaks");
    });
  });
}
