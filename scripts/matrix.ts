// Makes the matrix of patched I/O on all three runtimes, and writes it into docs/limits.md, between its markers.
//
//   node scripts/setup.mjs scripts/matrix.ts
//
// It writes if every cell is as tests/monkey/world/cannot.ts says; else it says which is not.
//
// The databases that it needs are started meanwhile: see scripts/servers.ts.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Runtime } from "../tests/harness.ts";
import { reasonFor } from "../tests/monkey/world/cannot.ts";
import { libraries } from "../tests/monkey/world/libraries.ts";
import { MatrixRun } from "../tests/monkey/world/matrix_run.ts";
import { matrixTable, withMatrix } from "../tests/monkey/world/table.ts";
import { readText, root, tool } from "./lib/repo.ts";
import { startServers } from "./lib/servers.ts";

/** What is not as expected, in words. */
async function differences(runtime: Runtime): Promise<string[]> {
  const run = new MatrixRun(tool(runtime), runtime);
  const { code, output } = await run.end();
  const found = code === "0" ? [] : [`it ended with ${code}: ${output}`];
  for (const { library, moment, form, end, problem } of run.cells) {
    if (problem === undefined || reasonFor(runtime, library, moment) !== undefined) continue;
    found.push(`${library}, ${moment}, ${form}, ${end}: ${problem}`);
  }
  const slowest = Math.max(0, ...run.cells.filter((cell) => cell.problem === undefined).map(({ ms }) => ms));
  console.log(
    `${
      runtime.padEnd(5)
    } ${run.cells.length} cells, ${found.length} not as listed, the slowest close ${slowest} ms`,
  );
  return found.map((text) => `${runtime}: ${text}`);
}

const servers = await startServers();
Object.assign(process.env, servers.env);
const found: string[] = [];
for (const runtime of ["deno", "bun", "node"] as const) found.push(...await differences(runtime));
await servers.stop();
if (found.length > 0) {
  console.log(found.join("\n"));
  process.exitCode = 1;
} else {
  const page = readText("docs/limits.md");
  writeFileSync(join(root, "docs/limits.md"), withMatrix(page, matrixTable(libraries)));
}
