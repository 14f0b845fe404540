// Builds dist from src: JavaScript and declarations, file by file, nothing bundled.
//
// For Node and Deno, which do not run TypeScript inside node_modules, and for every compiler. Bun takes src.

import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
/** The entry of a worker, named where the worker is started. */
const entry = /new URL\("(\.[^"]*)\.ts", import\.meta\.url\)/g;
for (const path of globSync("**/*.{js,d.ts}", { cwd: dist })) {
  let text = readFileSync(join(dist, path), "utf8");
  if (path.endsWith(".js") && text.search(entry) >= 0) {
    text = text.replaceAll(entry, (_, file: string) => {
      if (!existsSync(join(dist, dirname(path), `${file}.js`))) {
        problems.push(`${path}: ${file}.js is missing`);
      }
      return `new URL("${file}.js", import.meta.url)`;
    });
    writeFileSync(join(dist, path), text);
  }
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
