/**
 * A folder with two npm packages, one ESM and one CommonJS, and programs that import builtin modules by name, before and
 * after a change of them. What is run is the loader alone: the change is a stand-in for the patches.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { runtime } from "../harness.ts";
import { before, environment } from "../host/child.ts";

/** A function of each module that can be patched. */
export const CHANGED: Readonly<Record<string, string>> = {
  // First: on Deno, what comes after it in one link shows whether its making has disturbed the link.
  "worker_threads": "Worker",
  "fs": "readFile",
  "fs/promises": "readFile",
  "http": "request",
  "https": "request",
  "http2": "connect",
  "net": "connect",
  "tls": "connect",
  "dns": "lookup",
  "dns/promises": "lookup",
  "dgram": "createSocket",
  "timers/promises": "setTimeout",
  "child_process": "spawn",
};
export const MODULES: string[] = Object.keys(CHANGED);

const entries = Object.entries(CHANGED);
const variable = (module: string) => module.replace(/\W/g, "_");
const table = `{ ${MODULES.map((m) => `"${m}": ${variable(m)}`).join(", ")} }`;
const named = (prefix: string) =>
  entries.map(([m, f]) => `import { ${f} as ${variable(m)} } from "${prefix}${m}";`).join("\n") +
  `\nexport const seen = () => (${table});\n`;
const required = entries.map(([m, f]) => `const { ${f}: ${variable(m)} } = require("${m}");`).join("\n") +
  `\nexports.seen = () => (${table});\n`;

const host = new URL("../../src/host/io.ts", import.meta.url).href;

const files: Readonly<Record<string, string>> = {
  "package.json": '{ "type": "module", "private": true }',
  "node_modules/by-name/package.json": '{ "name": "by-name", "type": "module", "exports": "./index.js" }',
  "node_modules/by-name/index.js": named(""),
  "node_modules/in-common/package.json": '{ "name": "in-common", "main": "./index.js" }',
  "node_modules/in-common/index.js": required,
  "early.mjs": named("node:"),
  "late.mjs": named("node:"),
  // A second instance of each package, for what is imported late.
  "node_modules/by-name-late/package.json":
    '{ "name": "by-name-late", "type": "module", "exports": "./index.js" }',
  "node_modules/by-name-late/index.js": named(""),
  "node_modules/in-common-late/package.json": '{ "name": "in-common-late", "main": "./index.js" }',
  "node_modules/in-common-late/index.js": required,
  "change.mjs": `
    import { builtin, namedImportsKnown, reach, syncNamedImports } from ${JSON.stringify(host)};
    const changed = ${JSON.stringify(CHANGED)};
    const originals = {}, ours = new Set();
    const sync = () => syncNamedImports(new Map(Object.entries(changed).map(([m, f]) => [m, new Set([f])])));
    for (const [module, name] of Object.entries(changed)) {
      const object = builtin(module);
      originals[module] = object[name];
      const replacement = function (...args) { return Reflect.apply(originals[module], this, args); };
      ours.add(object[name] = replacement);
    }
    sync();
    const firstWord = reach("net").imports;
    await namedImportsKnown();
    export const all = (test) => Object.keys(changed).filter(test);
    export const claims = () => Object.fromEntries(Object.keys(changed).map((m) => [m, reach(m).imports]));
    export const reached = ({ seen }) => { const now = seen(); return all((m) => ours.has(now[m])); };
    export const original = ({ seen }) => { const now = seen(); return all((m) => now[m] === originals[m]); };
    export const undo = () => { for (const m in changed) builtin(m)[changed[m]] = originals[m]; sync(); };
    export const report = (found) => console.log(JSON.stringify({ claims: claims(), firstWord, found }));
  `,
  // Everything is imported when the loader has run.
  "loaded.mjs": `
    import * as program from "./early.mjs";
    import * as esm from "by-name";
    import * as cjs from "in-common";
    import { original, reached, report, undo } from "./change.mjs";
    const on = { program: reached(program), esm: reached(esm), cjs: reached(cjs) };
    report(on);
    undo();
    report({ program: original(program), esm: original(esm), late: original(await import("./late.mjs")) });
  `,
  // Everything was imported before, and again after.
  "before.mjs": `
    import * as program from "./early.mjs";
    import * as esm from "by-name";
    import * as cjs from "in-common";
    const { original, reached, report, undo } = await import("./change.mjs");
    const late = { program: await import("./late.mjs"), esm: await import("by-name-late"), cjs: await import("in-common-late") };
    report({
      program: reached(program), esm: reached(esm), cjs: reached(cjs),
      lateProgram: reached(late.program), lateEsm: reached(late.esm), lateCjs: reached(late.cjs),
    });
    undo();
    report({ program: original(program), esm: original(esm), lateProgram: original(late.program), lateEsm: original(late.esm) });
  `,
  // What the documentation says not to rely on: the change is imported first, in the same graph.
  "first.mjs": `
    import { reached, report } from "./change.mjs";
    import * as program from "./early.mjs";
    report({ program: reached(program) });
  `,
  // What the redirection must not disturb.
  "same.mjs": `
    import "./change.mjs";
    import { createRequire } from "node:module";
    const require = createRequire(import.meta.url);
    const different = [];
    for (const name of ${JSON.stringify(MODULES)}) {
      const a = await import("node:" + name), b = await import(name), object = process.getBuiltinModule(name);
      if (a.default !== object || b.default !== object) different.push("default of " + name);
      if (require(name) !== object || require("node:" + name) !== object) different.push("require of " + name);
      const missing = Object.keys(object).filter((key) => !(key in a) && ${
    JSON.stringify("setGlobalProxyFromEnv")
  } !== key);
      if (missing.length > 0) different.push(name + " without " + missing);
      if ("default" in object) different.push("a default in the object of " + name);
    }
    const json = await import("./package.json", { with: { type: "json" } });
    if (json.default.type !== "module" || require("./package.json").type !== "module") different.push("json");
    if (import.meta.resolve("node:fs") !== "node:fs") different.push("import.meta.resolve");
    for (const missing of ["./nowhere.mjs", "no-such-package"]) {
      await import(missing).then(() => different.push(missing), (e) => e.code === "ERR_MODULE_NOT_FOUND" || different.push(e));
    }
    console.log(JSON.stringify({ different }));
  `,
};

/** What a program has printed: each line as JSON. */
export interface Seen {
  readonly lines: Readonly<Record<string, never>>[];
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** See the top of the file. */
export class LoaderWorld {
  readonly folder: string = mkdtempSync(join(tmpdir(), "tendril-loader-"));

  constructor(more: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries({ ...files, ...more })) {
      const file = join(this.folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  /** Runs a program of the folder, after the loader entry `entry`, if one is given. */
  start(program: string, entry?: string): Promise<Seen> {
    const loader = entry === undefined
      ? []
      : [{ deno: "--preload", bun: "--preload", node: "--import" }[runtime], entry];
    return execute([...loader, program], this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Does something in a folder of its own, with more files in it, which is removed afterwards. */
export async function inWorld<T>(
  body: (world: LoaderWorld) => Promise<T>,
  more?: Readonly<Record<string, string>>,
): Promise<T> {
  const world = new LoaderWorld(more);
  try {
    return await body(world);
  } finally {
    world.remove();
  }
}

/** Runs this runtime with these arguments, those that every program here needs before them. */
export async function execute(args: readonly string[], cwd: string): Promise<Seen> {
  const child = spawn(process.execPath, [...before, ...args], {
    cwd,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Whatever a test does, no program stays behind.
  const bound = setTimeout(() => child.kill("SIGKILL"), 50_000);
  let stdout = "", stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  const code = await new Promise<number | null>((resolve, reject) =>
    child.on("error", reject).on("close", resolve)
  );
  clearTimeout(bound);
  const lines = stdout.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  return { lines, code, stdout, stderr };
}
