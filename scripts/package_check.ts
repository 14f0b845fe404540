// Packs the package, installs it in an empty folder, and uses it there as a stranger would: every door on the three
// runtimes, and its types from two kinds of module resolution.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { readDoors, readText, root, runProgram, tool } from "./lib/repo.ts";
import { publicNames } from "./public_names.ts";

const folder = mkdtempSync(join(tmpdir(), "tendril-package-"));
const user = join(folder, "user");
mkdirSync(user);
const problems: string[] = [];

async function must(what: string, command: string, args: string[], cwd?: string): Promise<string> {
  const done = await runProgram(command, args, { timeout: 120_000, ...(cwd ? { cwd } : {}) });
  if (done.code !== 0) problems.push(`${what} failed:\n${done.output.trimEnd()}`);
  return done.output;
}

const { version } = JSON.parse(readText("package.json")) as { version: string };
const names = publicNames();
const doors = Object.keys(readDoors()).filter((door) => door in names);
const specifier = (door: string): string => door.replace(/^\./, "tendril");

await must("npm pack", "npm", ["pack", "--silent", "--pack-destination", folder]);
writeFileSync(join(user, "package.json"), '{ "type": "module", "private": true }\n');
await must(
  "npm install",
  "npm",
  ["install", "--offline", "--silent", join(folder, `tendril-${version}.tgz`)],
  user,
);

const imports = doors.map((door, i) => `import * as door${i} from "${specifier(door)}";`);
const uses = doors.map((door, i) => `print(${JSON.stringify(door)}, door${i});`);
const print =
  "function print(door: string, names: object) { console.log(door, Object.keys(names).sort().join()); }";
writeFileSync(join(user, "values.ts"), [...imports, ...uses, print].join("\n") + "\n");
const typeImports = doors.flatMap((door, i) =>
  names[door].types.map((name, j) => `export type { ${name} as T${i}_${j} } from "${specifier(door)}";`)
);
writeFileSync(join(user, "types.ts"), [...typeImports, "export {};"].join("\n") + "\n");

const expected = doors.map((door) => `${door} ${names[door].values.join()}`).join("\n");
const commands: [string, string[]][] = [["deno", ["run", "-A"]], ["bun", []], ["node", []]];
for (const [runtime, args] of commands) {
  const output = await must(runtime, tool(runtime), [...args, "values.ts"], user);
  if (!output.includes(expected)) problems.push(`${runtime} sees other names:\n${output.trimEnd()}`);
}
const options = ["--noEmit", "--strict", "--target", "esnext"];
// With the library of the DOM, and without it but with Node's types.
const worlds = [
  ["--lib", "esnext,dom", "--types", ""],
  ["--lib", "esnext", "--types", "node", "--typeRoots", join(root, "node_modules/@types")],
];
for (const world of worlds) {
  for (const kind of [["--module", "nodenext"], ["--module", "esnext", "--moduleResolution", "bundler"]]) {
    const what = `tsc ${kind.join(" ")} ${world.join(" ")}`;
    await must(what, tool("tsc"), [...options, ...world, ...kind, "values.ts", "types.ts"], user);
  }
}
rmSync(folder, { recursive: true, force: true });

for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
if (problems.length === 0) console.log(`the package works: ${doors.join(" ")}`);
