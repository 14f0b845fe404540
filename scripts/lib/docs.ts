// Takes the examples out of the documentation, so that they can be run: every block marked `ts` in README.md and in
// docs, and every block after @example in the sources.
//
// A block is a module of its own. It shows what it does: by an assertion (of "@std/assert" or "node:assert"), or by
// console.log with the output in a comment: `console.log(a); // prints 1`. A block that cannot run (it starts a
// server, or ends the process) is marked `ts no-run`, and only has its types checked. One that continues the block
// above it is marked `ts continue`: it is run with it, as one module.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { list, readText, root } from "./repo.ts";
import { comments, lineAt } from "./source.ts";

export interface Block {
  /** File and line of the block's first line: "README.md:12". */
  place: string;
  code: string;
  run: boolean;
}

export const outputFolder = ".tmp/docs";

const fence = /^[ \t]*(`{3,})[ \t]*(?:ts|typescript)\b([^\n]*)\n([^]*?)^[ \t]*\1[ \t]*$/gm;

export function blocksOfMarkdown(path: string, text: string): Block[] {
  return blocksAt(path, text, (offset) => lineAt(text, offset));
}

/** The @example blocks of the doc comments of a source file. */
export function blocksOfSource(path: string, text: string): Block[] {
  const found: Block[] = [];
  for (const comment of comments(text)) {
    if (!comment.text.startsWith("/**") || !comment.text.includes("@example")) continue;
    const first = lineAt(text, comment.start);
    const plain = comment.text.replace(/^[ \t]*\* ?/gm, "").replace(/\*\/$/, "");
    const start = plain.indexOf("@example");
    const blanked = plain.slice(0, start).replace(/[^\n]/g, " ") + plain.slice(start);
    found.push(...blocksAt(path, blanked, (offset) => first + lineAt(blanked, offset) - 1));
  }
  return found;
}

function blocksAt(path: string, text: string, lineOf: (offset: number) => number): Block[] {
  const found: Block[] = [];
  for (const match of text.matchAll(fence)) {
    const [whole, , marks, body] = match;
    const indent = /^[ \t]*/.exec(whole)?.[0] ?? "";
    const code = indent === "" ? body : body.replaceAll(new RegExp(`^${indent}`, "gm"), "");
    const last = found.at(-1);
    if (/\bcontinue\b/.test(marks) && last !== undefined) last.code += "\n" + code;
    else found.push({ place: `${path}:${lineOf(match.index) + 1}`, code, run: !/\bno-run\b/.test(marks) });
  }
  return found;
}

export function allBlocks(): Block[] {
  return [
    ...list("README.md", "docs/**/*.md").flatMap((path) => blocksOfMarkdown(path, readText(path))),
    ...list("src/**/*.ts").flatMap((path) => blocksOfSource(path, readText(path))),
  ];
}

/** The lines that the block's comments say it prints. */
export function expectedOutput(code: string): string[] {
  return comments(code).flatMap(({ text }) => /^\/\/\s*prints:?\s+(.*)$/.exec(text)?.[1].trim() ?? []);
}

/** Whether the block shows what it does. */
export function shows(code: string): boolean {
  return /\bassert\w*\s*[.(]/.test(code) || expectedOutput(code).length > 0;
}

/** Writes a block as a module inside the repository, so that `import "tendril"` means these sources. */
export function writeBlock(block: Block, folder: string = outputFolder): string {
  const name = block.place.replaceAll(/[^\w]+/g, "_") + ".ts";
  const code = block.code.replaceAll(
    /(["'])@std\/assert\1/g,
    `"${"../".repeat(folder.split("/").length)}tests/assert.ts"`,
  );
  mkdirSync(join(root, folder), { recursive: true });
  const path = join(root, folder, name);
  // A module even without imports, so that its names stay its own.
  writeFileSync(path, `// ${block.place}\n${code}\nexport {};\n`);
  return path;
}

export function clearBlocks(folder: string = outputFolder): void {
  rmSync(join(root, folder), { recursive: true, force: true });
}
