// Builds dist from src: JavaScript and declarations, file by file, nothing bundled.
//
// For Node and Deno, which do not run TypeScript inside node_modules, and for every compiler. Bun takes src.

import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { list, readDoors, root, runProgram, tool } from "./lib/repo.ts";
import { importsOf } from "./lib/source.ts";

/** The tests build into folders of their own. */
const target = process.argv[2] ?? "dist";
const dist = join(root, target);

rmSync(dist, { recursive: true, force: true });
const done = await runProgram(tool("tsc"), ["-p", "tsconfig.src.json", "--outDir", target]);
process.stdout.write(done.output);
if (done.code !== 0) process.exit(done.code);

const problems: string[] = [];
for (const source of list("src/**/*.ts").filter((path) => !path.endsWith(".d.ts"))) {
  const built = source.replace(/^src\//, "").replace(/\.ts$/, "");
  for (const ending of [".js", ".d.ts"]) {
    if (globSync(built + ending, { cwd: dist }).length === 0) problems.push(`${built}${ending} is missing`);
  }
}
for (const path of globSync("**/*.{js,d.ts}", { cwd: dist })) {
  const text = readFileSync(join(dist, path), "utf8");
  const sources = importsOf(text).filter(({ specifier }) => /^\..*\.ts$/.test(specifier));
  // The compiler rewrites the extensions in what it emits as JavaScript only.
  if (path.endsWith(".d.ts") && sources.length > 0) {
    const rewritten = sources.reduce(
      (all, { specifier }) => all.replaceAll(`"${specifier}"`, `"${specifier.replace(/\.ts$/, ".js")}"`),
      text,
    );
    writeFileSync(join(dist, path), rewritten);
  } else if (sources.length > 0) problems.push(`${path} still imports a .ts file`);
}
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
if (problems.length === 0) console.log(`${target}: ${Object.keys(readDoors()).length} doors built`);
