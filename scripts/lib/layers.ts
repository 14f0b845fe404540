// The architecture as data, and the check that the sources keep to it. CONTRIBUTING.md says why.

import { posix } from "node:path";
import { codeOnly, exportsOf, importsOf, tokenize } from "./source.ts";

/** Path from the repository's root, to text. */
export type Sources = Record<string, string>;

/** The files of src/core that know nothing but each other. */
export const leaves: string[] = ["errors", "list", "ring", "heap", "clock"].map((name) =>
  `src/core/${name}.ts`
);

/** Ground up. A file may import from its own layer and from those below it. */
export const layers: { name: string; members: string[] }[] = [
  { name: "core leaves", members: leaves },
  { name: "core", members: ["src/core/"] },
  { name: "sync", members: ["src/sync/"] },
  { name: "greenlet", members: ["src/greenlet/"] },
  { name: "pools", members: ["src/pools/"] },
  { name: "host and wire", members: ["src/host/", "src/wire/"] },
  {
    name: "threads, processes, kernels, monkey, net",
    members: ["src/threads/", "src/processes/", "src/kernels/", "src/monkey/", "src/net/"],
  },
  { name: "cluster, inspect, testing", members: ["src/cluster/", "src/inspect/", "src/testing/"] },
  { name: "doors", members: ["src/mod.ts", "src/lowlevel.ts", "src/run.ts", "src/cli.ts"] },
];

export const maxLines = 300;

/** The one folder that may name a runtime. */
const hostFolder = "src/host/";
const hostNames = /(?<![\w$])(?:Deno|Bun)(?![\w$])|(?<![\w$.])process\s*[.[](?!\.)/g;
/** What src/core may not know: it has no promises, and its only clock is the one that it is given. */
const impureNames =
  /(?<![\w$.])(?:Promise|setTimeout|setInterval|setImmediate|queueMicrotask|MessageChannel|performance|Date)(?![\w$])/g;

/** Height of a file's layer, or -1 when the table does not know it. */
export function layerOf(path: string): number {
  return layers.findIndex(({ members }) =>
    members.some((member) => member.endsWith("/") ? path.startsWith(member) : path === member)
  );
}

/** What is wrong with a set of sources, one line each; nothing when all is well. */
export function violations(sources: Sources): string[] {
  const found: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, text] of Object.entries(sources)) {
    if (layerOf(path) < 0) found.push(`${path}: no layer has this file; see scripts/lib/layers.ts`);
    graph.set(path, []);
    for (const { specifier, line } of importsOf(text)) {
      const problem = specifier.startsWith(".")
        ? inside(sources, graph, path, specifier)
        : outside(path, specifier);
      if (problem !== undefined) found.push(`${path}:${line}: ${problem}`);
    }
    found.push(...fileRules(path, text));
  }
  return [...found, ...cycles(graph)];
}

function inside(
  sources: Sources,
  graph: Map<string, string[]>,
  path: string,
  specifier: string,
): string | undefined {
  const target = posix.join(posix.dirname(path), specifier);
  if (!(target in sources)) return `imports ${target}, which is not in src`;
  graph.get(path)?.push(target);
  if (layerOf(target) > layerOf(path)) {
    return `imports upward: ${layers[layerOf(path)]?.name} from ${layers[layerOf(target)].name} (${target})`;
  }
  const folder = folderOf(target);
  if (folder !== undefined && folder !== folderOf(path) && !isDoor(target, folder)) {
    return `goes around the door: import src/${folder}/mod.ts instead of ${target}`;
  }
  return undefined;
}

/** Besides a folder's `mod.ts`: a door of the package itself, and what only some of the folders above need of the host. */
const secondDoors: readonly string[] = [
  "src/monkey/register.ts",
  "src/host/io.ts",
  "src/kernels/build/build.ts",
  "src/net/io.ts",
];

function isDoor(target: string, folder: string): boolean {
  return target === `src/${folder}/mod.ts` || secondDoors.includes(target);
}

function outside(path: string, specifier: string): string | undefined {
  if (path.startsWith(hostFolder)) return undefined;
  if (specifier.startsWith("node:") || specifier.startsWith("bun")) {
    return `names a host (${specifier}); only ${hostFolder} may`;
  }
  return undefined;
}

/** "core" for src/core/a/b.ts; undefined for a file directly in src. */
function folderOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function fileRules(path: string, text: string): string[] {
  const found: string[] = [];
  const lineOf = (code: string, index: number): number => code.slice(0, index).split("\n").length;
  const code = codeOnly(text);
  if (!path.startsWith(hostFolder)) {
    for (const match of code.matchAll(hostNames)) {
      found.push(`${path}:${lineOf(code, match.index)}: names a host (${match[0]}); only ${hostFolder} may`);
    }
  }
  if (path.startsWith("src/core/")) {
    for (const match of code.matchAll(impureNames)) {
      found.push(
        `${path}:${lineOf(code, match.index)}: ${match[0]} in src/core, which knows no promise and no clock`,
      );
    }
  }
  for (const line of exportsOf(text).stars) {
    found.push(`${path}:${line}: export *; name what is exported`);
  }
  const lines = text.trimEnd().split("\n").length;
  if (lines > maxLines && !/\bLength:\s*\S/.test(topComment(text))) {
    found.push(
      `${path}: ${lines} lines, more than ${maxLines}; split it, or say why in the top comment (\`Length: …\`)`,
    );
  }
  return found;
}

/** The comments before the first line of code. */
function topComment(text: string): string {
  let comment = "";
  for (const token of tokenize(text)) {
    if (token.kind === "comment") comment += token.text;
    else if (token.text.trim() !== "") break;
  }
  return comment;
}

/** Each ring of imports once, by types as well as by values. */
function cycles(graph: Map<string, string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push(`import ring: ${[...path.slice(at), file].join(" -> ")}`);
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return found;
}
