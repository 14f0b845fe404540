#!/usr/bin/env node
/**
 * The command `tendril`.
 *
 * `tendril run app.ts` runs a program with all I/O patched, on the runtime that runs this file, and needs no flags of it.
 *
 * @module
 */
import { cli, type Command, doorSeenBy, findProgram, startProgram, UsageError } from "./host/io.ts";
import { say } from "./host/mod.ts";

const run: Command = {
  synopsis: "[switches] <file> [arguments]",
  summary: "Runs a program with its I/O bound to greenlets, as by patchAll().",
  switches: {
    "no-patch": "leave everything as it is",
    "coverage": "say on stderr what is patched and what is not",
  },
  async run(switches, [file, ...args]) {
    if (file === undefined) throw new UsageError("say which program to run");
    const program = findProgram(file);
    if (!switches.has("no-patch")) await patch(program, switches.has("coverage"));
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

await cli({ run });
