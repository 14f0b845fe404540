// Writes the doors of scripts/doors.json into package.json and deno.json (`npm run doors`), or with --check says
// whether they are there already. To open a new door: add a line to doors.json and run this.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type Doors, readDoors, readText, root } from "./lib/repo.ts";

type Json = Record<string, unknown>;

/**
 * The package's `exports`. Bun runs the sources also inside node_modules, so it gets them: better stack traces.
 * Deno refuses to strip types there, so it gets the build, like Node. `tendril-source` is for this repository.
 */
export function packageExports(doors: Doors): Json {
  const entries = Object.entries(doors).map(([door, source]) => {
    const built = source.replace(/^src\//, "./dist/").replace(/\.ts$/, ".js");
    return [door, {
      "tendril-source": `./${source}`,
      types: built.replace(/\.js$/, ".d.ts"),
      bun: `./${source}`,
      deno: built,
      import: built,
    }];
  });
  return Object.fromEntries([...entries, ["./package.json", "./package.json"]]);
}

export function denoExports(doors: Doors): Json {
  return Object.fromEntries(Object.entries(doors).map(([door, source]) => [door, `./${source}`]));
}

/** Import map of deno.json: the names that examples and documentation use. */
export function denoImports(doors: Doors): Json {
  const entries = Object.entries(doors).map((
    [door, source],
  ) => [door.replace(/^\./, "tendril"), `./${source}`]);
  return Object.fromEntries([...entries, ["@std/assert", "./tests/assert.ts"]]);
}

/** The two files as they should be. */
export function filesWithDoors(doors: Doors): Record<string, string> {
  const forNpm = JSON.parse(readText("package.json")) as Json;
  forNpm.exports = packageExports(doors);
  const forDeno = JSON.parse(readText("deno.json")) as Json;
  forDeno.exports = denoExports(doors);
  forDeno.imports = denoImports(doors);
  forDeno.version = forNpm.version;
  const text = (json: Json): string => JSON.stringify(json, null, 2) + "\n";
  return { "package.json": text(forNpm), "deno.json": text(forDeno) };
}

/** The files that do not say what doors.json says. */
export function staleFiles(): string[] {
  const wanted = filesWithDoors(readDoors());
  return Object.keys(wanted).filter((path) => wanted[path] !== readText(path));
}

if (import.meta.main) {
  const stale = staleFiles();
  if (process.argv.includes("--check")) {
    if (stale.length > 0) {
      console.log(`run \`npm run doors\`: ${stale.join(", ")} do not match scripts/doors.json`);
    }
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    const wanted = filesWithDoors(readDoors());
    for (const path of stale) writeFileSync(join(root, path), wanted[path]);
    console.log(stale.length > 0 ? `written: ${stale.join(", ")}` : "nothing to do");
  }
}
