#!/usr/bin/env node
/**
 * The command `tendril`.
 *
 * `tendril run app.ts` runs a program with all I/O patched, on the runtime that runs this file, and needs no flags of it.
 * `tendril build asm/mine.ts` compiles a kernel.
 *
 * @module
 */
import { cli, type Command, doorSeenBy, Failure, findProgram, startProgram, UsageError } from "./host/io.ts";
import { say } from "./host/mod.ts";

const run: Command = {
  synopsis: "[switches] <file> [arguments]",
  summary: "Runs a program with its I/O bound to greenlets, as by patchAll().",
  options: {
    "no-patch": { summary: "leave everything as it is" },
    "coverage": { summary: "say on stderr what is patched and what is not" },
  },
  forwards: true,
  async run(options, [file, ...args]) {
    if (file === undefined) throw new UsageError("say which program to run");
    const program = findProgram(file);
    if (!options.has("no-patch")) await patch(program, options.has("coverage"));
    await startProgram(program, args);
  },
};

/** In the copy of this library that the program uses, if it has one. Each command loads its own part of the library. */
async function patch(program: string, isToSay: boolean): Promise<void> {
  const entry = doorSeenBy(program, "./monkey/register");
  await (entry === undefined ? import("./monkey/register.ts") : import(entry));
  if (!isToSay) return;
  const door = entry && doorSeenBy(program, "./monkey");
  const { coverage } = await (door === undefined ? import("./monkey/mod.ts") : import(door));
  say(String(coverage()));
}

const build: Command = {
  synopsis: "[options] <file.ts…>",
  summary:
    "Compiles kernels, written in AssemblyScript, each to <file>.wasm and a typed module, <file>.kernel.ts.",
  options: {
    "out": { value: "folder", short: "o", summary: "where to write to; beside the source by default" },
    "name": { value: "name", summary: "what the module exports; after the file by default" },
    "checked": { summary: "keep the checks of array bounds and assertions, to find an error" },
  },
  async run(options, files) {
    if (files.length === 0) throw new UsageError("say which file to compile");
    if (options.has("name") && files.length > 1) throw new UsageError("--name is for one file");
    const { buildKernel, isExpected } = await import("./kernels/build/build.ts");
    const [out, name] = ["out", "name"].map((key) => options.get(key) as string | undefined);
    try {
      for (const file of files) {
        console.log(await buildKernel(file, { out, name, checked: options.has("checked") }));
      }
    } catch (error) {
      if (isExpected(error)) throw new Failure(error.message, { cause: error });
      throw error;
    }
  },
};

await cli({ run, build });
