// What a kill does to I/O that libraries do, as the servers see it: every library of world/libraries.ts at every moment,
// in generators and in async functions, ended by a kill and by a timeout. One program makes all cells (world/matrix_main.ts);
// the tests read what it says. docs/limits.md shows the outcome: scripts/matrix.ts writes it.
import { readFileSync } from "node:fs";
import process from "node:process";
import { assert, assertEquals } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { knownOf, reasonsFor } from "./world/cannot.ts";
import type { CellResult } from "./world/cell.ts";
import { postgresUrl, redisUrl } from "./world/databases.ts";
import { libraries } from "./world/libraries.ts";
import type { Moment } from "./world/library.ts";
import { END_WITHIN, MatrixRun } from "./world/matrix_run.ts";
import { matrixTable, withMatrix } from "./world/table.ts";

let made: MatrixRun | undefined;

/** The program, started by the first who asks. */
function matrix(): MatrixRun {
  if (made !== undefined) return made;
  postgresUrl(); // fail here, and say what to do
  redisUrl();
  return made = new MatrixRun(process.execPath, runtime);
}

function problems(cells: readonly CellResult[]): string {
  return cells.filter((cell) => cell.problem !== undefined)
    .map(({ form, end, problem, seen }) =>
      `${form}, ${end}: ${problem}; the client saw: ${seen || "nothing"}`
    )
    .join("\n");
}

const options = { timeout: 120_000 };

describe("matrix", () => {
  for (const { name, moments, runtimes } of libraries) {
    if (runtimes?.includes(runtime) === false) continue;

    for (const moment of Object.keys(moments) as Moment[]) {
      const known = knownOf(runtime, name, moment);
      const claim = known === undefined ? "stops" : known.sometimes ? "may stop" : "is known not to stop";
      test(`${name} > ${claim} at ${moment}`, async () => {
        const cells = await matrix().at(name, moment);
        assertEquals(cells.length, 4, "both forms, by kill and by timeout");
        if (known === undefined) assertEquals(problems(cells), "");
        else if (known.sometimes !== true) {
          const message = `it does stop, so it need not stand in world/cannot.ts: ${known.why}`;
          assert(problems(cells) !== "", message);
        }
      }, options);
    }

    test(`${name} > leaves nothing behind`, async () => {
      const { left, strays } = await matrix().library(name);
      assertEquals(strays, [], "errors that nobody caught");
      if (reasonsFor(runtime, name).length === 0) assertEquals(left, "");
    }, options);
  }

  test("the program ends by itself", async () => {
    const { code, output } = await matrix().end();
    assertEquals(code, "0", `something kept it for ${END_WITHIN} ms:\n${output}`);
  }, options);

  test("docs/limits.md shows this matrix", () => {
    const page = readFileSync(new URL("../../docs/limits.md", import.meta.url), "utf8");
    assert(
      page === withMatrix(page, matrixTable(libraries)),
      "it is not up to date: node scripts/setup.mjs scripts/matrix.ts",
    );
  });
});
