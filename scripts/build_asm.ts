// Compiles the kernels of asm/kernels (`npm run build:asm`), or with --check says whether what is checked in is what
// the compiler gives: the bytes depend on nothing but the sources and the compiler's version.
//
//   asm/runtime.ts, asm/ambient.ts   ->  src/kernels/build/library.ts   their texts, for the compiler
//   asm/kernels/<name>.ts            ->  asm/wasm/<name>.wasm           to look at
//                                        src/kernels/wasm/<name>.ts     the same bytes, the manifest and the types

import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { readText, root } from "./lib/repo.ts";

type Outputs = Map<string, string | Uint8Array>;

const library = "src/kernels/build/library.ts";

function librarySource(): string {
  return [
    "// Written by `npm run build:asm` from asm/ambient.ts and asm/runtime.ts: change these.",
    "// deno-fmt-ignore-file",
    "",
    "/** The names that every kernel can use. */",
    `export const AMBIENT: string = ${JSON.stringify(readText("asm/ambient.ts"))};`,
    "",
    "/** The memory of a call. */",
    `export const RUNTIME: string = ${JSON.stringify(readText("asm/runtime.ts"))};`,
    "",
  ].join("\n");
}

async function kernelOutputs(): Promise<Outputs> {
  // Only now: the compiler imports what was just written.
  const { compile } = await import("../src/kernels/build/compile.ts");
  const { variableName, writeEmbedded } = await import("../src/kernels/build/binding.ts");
  const outputs: Outputs = new Map();
  for (
    const file of globSync("asm/kernels/*.ts", { cwd: root }).map((path) => path.replaceAll("\\", "/")).sort()
  ) {
    const read = (path: string): string | undefined =>
      existsSync(join(root, path)) ? readText(path) : undefined;
    const compiled = await compile(readText(file), { file, read });
    const name = basename(file, ".ts");
    outputs.set(`asm/wasm/${name}.wasm`, compiled.bytes);
    outputs.set(`src/kernels/wasm/${name}.ts`, writeEmbedded(compiled, variableName(name)));
  }
  return outputs;
}

function isThere(path: string, wanted: string | Uint8Array): boolean {
  const place = join(root, path);
  return existsSync(place) && readFileSync(place).equals(Buffer.from(wanted as Uint8Array));
}

/** The paths of what is not as it should be: other, missing, or left from a kernel that is gone. */
export async function staleOutputs(): Promise<string[]> {
  if (!isThere(library, librarySource())) return [library];
  const outputs = await kernelOutputs();
  const stale = [...outputs].filter(([path, wanted]) => !isThere(path, wanted)).map(([path]) => path);
  const present = globSync(["asm/wasm/*.wasm", "src/kernels/wasm/*.ts"], { cwd: root });
  return [
    ...stale,
    ...present.map((path) => path.replaceAll("\\", "/")).filter((path) => !outputs.has(path)),
  ];
}

if (import.meta.main) {
  if (process.argv.includes("--check")) {
    const stale = await staleOutputs();
    if (stale.length > 0) console.log(`run \`npm run build:asm\`: ${stale.join(", ")} is not what asm gives`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    writeFileSync(join(root, library), librarySource());
    const outputs = await kernelOutputs();
    for (const path of await staleOutputs()) {
      const wanted = outputs.get(path);
      mkdirSync(dirname(join(root, path)), { recursive: true });
      if (wanted === undefined) rmSync(join(root, path));
      else writeFileSync(join(root, path), wanted);
      console.log(`${wanted === undefined ? "removed" : "written"}: ${path}`);
    }
  }
}
