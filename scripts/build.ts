// Builds dist from src, for Node and Deno, which do not run TypeScript inside node_modules, and for every compiler. Bun takes src.
//
//   src/**/*.ts ── tsc ──▶ declarations, and JavaScript file by file ── esbuild ──▶ dist/<entry>.js and dist/chunks/*.js
//
// A hundred small files cost a program some 20 ms at its start, and each of its threads as much again. So what several entries
// share stands in common chunks; every module is in one place, and so is its state. Entries are the doors, the command, and what
// threads are started with.

import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import process from "node:process";
import { build } from "esbuild";
import { list, readDoors, root, runProgram, tool } from "./lib/repo.ts";
import { importsOf } from "./lib/source.ts";

/** The tests build into folders of their own. */
const target = process.argv[2] ?? "dist";
const dist = join(root, target);
const problems: string[] = [];
/** Stands for the URL of dist, until it is known in which file the code is. */
const DIST = "__TENDRIL_DIST__";

rmSync(dist, { recursive: true, force: true });
const done = await runProgram(tool("tsc"), ["-p", "tsconfig.src.json", "--outDir", target]);
process.stdout.write(done.output);
if (done.code !== 0) process.exit(done.code);

const sources = list("src/**/*.ts").filter((path) => !path.endsWith(".d.ts"));
for (const built of sources.map(builtFrom)) {
  for (const path of [built, built.replace(/\.js$/, ".d.ts")]) {
    if (!existsSync(join(dist, path))) problems.push(`${path} is missing`);
  }
}
const workers = markWorkers();
await bundle([...Object.values(readDoors()).map(builtFrom), "cli.js", ...workers]);
rewriteDeclarations();

for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
if (problems.length === 0) console.log(`${target}: ${Object.keys(readDoors()).length} doors built`);

/** Where the compiler puts what it makes of a source. */
function builtFrom(source: string): string {
  return source.replace(/^src\//, "").replace(/\.ts$/, ".js");
}

/** Marks what files say of others beside them: what threads are started with, which is given, and the library's own folder. */
function markWorkers(): Set<string> {
  const workers = new Set<string>();
  for (const path of globSync("**/*.js", { cwd: dist })) {
    const text = readFileSync(join(dist, path), "utf8");
    const marked = text.replaceAll(/new URL\("(\.[^"]*)", import\.meta\.url\)/g, (_, file: string) => {
      const beside = posix.join(dirname(path), file).replace(/\.ts$/, ".js");
      if (beside.endsWith(".js")) {
        if (existsSync(join(dist, beside))) workers.add(beside);
        else problems.push(`${path}: ${beside} is missing`);
      }
      return `new URL("./${beside.replace(/^\.\/?$/, "")}", ${DIST})`;
    });
    if (marked !== text) writeFileSync(join(dist, path), marked);
  }
  return workers;
}

/** Puts the JavaScript of dist together, in place. */
async function bundle(entries: readonly string[]): Promise<void> {
  const { outputFiles } = await build({
    absWorkingDir: dist,
    entryPoints: [...new Set(entries)],
    outdir: dist,
    outbase: dist,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    target: "es2024",
    packages: "external",
    external: ["node:*", "bun:*"],
    keepNames: true, // messages and dumps name classes
    sourcemap: true,
    sourcesContent: false, // src is in the package
    write: false,
    logLevel: "warning",
  });
  for (const path of globSync("**/*.{js,js.map}", { cwd: dist })) rmSync(join(dist, path));
  for (const { path, text } of outputFiles) {
    const up = "../".repeat(posix.relative(dist, path).split("/").length - 1) || "./";
    mkdirSync(dirname(path), { recursive: true });
    const code = path.endsWith(".js") ? text.replaceAll(DIST, `new URL("${up}", import.meta.url)`) : text;
    writeFileSync(path, code);
  }
}

/** The compiler rewrites the extensions in what it emits as JavaScript only. */
function rewriteDeclarations(): void {
  for (const path of globSync("**/*.d.ts", { cwd: dist })) {
    const text = readFileSync(join(dist, path), "utf8");
    const wrong = importsOf(text).filter(({ specifier }) => /^\..*\.ts$/.test(specifier));
    if (wrong.length === 0) continue;
    const rewritten = wrong.reduce(
      (all, { specifier }) => all.replaceAll(`"${specifier}"`, `"${specifier.replace(/\.ts$/, ".js")}"`),
      text,
    );
    writeFileSync(join(dist, path), rewritten);
  }
}
