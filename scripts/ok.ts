// The one command that says yes: `npm run ok`, or some of its steps: `npm run ok -- format lint`.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { allBlocks, clearBlocks, outputFolder, writeBlock } from "./lib/docs.ts";
import { violations } from "./lib/layers.ts";
import { type Finished, list, readText, root, runProgram, tool } from "./lib/repo.ts";
import { namesFile, publicNames } from "./public_names.ts";
import { staleFiles } from "./doors.ts";

/** Gives what is wrong, or nothing. */
type Step = () => Promise<string>;

const complaint = ({ code, output }: Finished): string =>
  code === 0 ? "" : output || `ended with code ${code}`;
const runs = (name: string, ...args: string[]): Step => async () =>
  complaint(await runProgram(tool(name), args));
const script = (file: string): Step => runs("node", join(root, "scripts", file));

/** Runs these one after the other, and gives what any of them finds. */
function both(...steps: Step[]): Step {
  return async () => {
    const found: string[] = [];
    for (const step of steps) found.push(await step());
    return found.filter((text) => text !== "").join("\n");
  };
}

/** Only the names: `npm run fmt` mends them all. */
const format: Step = async () => {
  const { code, output } = await runProgram(tool("deno"), ["fmt", "--check"]);
  const files = output.split("\n").filter((line) => line.startsWith("from "));
  return code === 0 ? "" : files.length > 0 ? ["npm run fmt", ...files].join("\n") : output;
};

const layers: Step = () => {
  const sources = Object.fromEntries(list("src/**/*.ts").map((path) => [path, readText(path)]));
  return Promise.resolve(violations(sources).join("\n"));
};

const names: Step = () => {
  const now = JSON.stringify(publicNames(), null, 2) + "\n";
  const stale = staleFiles().map((path) => `${path} has other doors than scripts/doors.json: npm run doors`);
  if (now !== readText(namesFile)) stale.push(`${namesFile} is not what the doors export: npm run names`);
  return Promise.resolve(stale.join("\n"));
};

/** The examples of the documentation have to compile; the tests run them. */
const docTypes: Step = async () => {
  clearBlocks();
  for (const block of allBlocks()) writeBlock(block);
  const config = {
    extends: "../../tsconfig.json",
    include: [".", "../../tests/deno_std.d.ts"],
    exclude: [],
  };
  writeBlock({ place: "none", code: "", run: false });
  writeFileSync(join(root, outputFolder, "tsconfig.json"), JSON.stringify(config));
  return await runs("tsc", "--noEmit", "--pretty", "false", "-p", outputFolder)();
};

const tests: Step = async () => {
  const done = await runProgram(tool("node"), ["scripts/test.ts"]);
  return done.code === 0 ? "" : done.output;
};

const steps: Record<string, Step> = {
  format,
  lint: runs("deno", "lint", "--quiet"),
  layers,
  names,
  types: both(
    runs("tsc", "--noEmit", "--pretty", "false", "-p", "tsconfig.json"),
    runs("tsc", "--noEmit", "--pretty", "false", "-p", "tsconfig.src.json"),
  ),
  docs: docTypes,
  package: script("package_check.ts"),
  tests,
};

process.env.NO_COLOR = "1";
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
let allWell = true;
for (const name of chosen) {
  if (!(name in steps)) throw new Error(`no step ${name}; the steps are ${Object.keys(steps).join(", ")}`);
  const start = performance.now();
  const found = (await steps[name]()).trim();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (found !== "") allWell = false;
  console.log(`${found === "" ? "yes" : "NO "}  ${name.padEnd(8)} ${seconds} s`);
  if (found !== "") console.log(found.replace(/^/gm, "       "));
}
process.exitCode = allWell ? 0 : 1;
