/**
 * What a module imports and exports, made ours: the compiler's names for what its library asks of the host become functions of the
 * module `tendril`, and what the host needs of the kernel is exported.
 *
 *     import   env.abort, env.console.log, …       ->  tendril.abort, tendril.log, …     the table below
 *     import   my.thing                                stays, and is listed in the manifest
 *     export   __arena, __arenaEnd                     where the kernel allocates; see asm/runtime.ts
 *     export   __start                                 where there are globals that code has to fill, instead of a start section:
 *                                                      that code may allocate, and before it runs the host has to give an arena
 */
import type { Program } from "assemblyscript";
import { ByteReader } from "../instrument/bytes.ts";
import { readSections, sectionId } from "../instrument/module.ts";
import type { KernelImport } from "../manifest.ts";
import type { Toolchain } from "./assemblyscript.ts";
import { type KernelProblem, problemOfAll } from "./problems.ts";
import { importedFunction } from "./signature.ts";

type Module = ReturnType<Toolchain["binaryen"]["wrapModule"]>;
type Type = Toolchain["binaryen"]["none"];

/** What the host gives to every kernel, by what AssemblyScript's library calls it. */
const HOST: ReadonlyMap<string, string> = new Map([
  ["abort", "abort"],
  ["seed", "seed"],
  ["console.log", "log"],
  ["console.debug", "log"],
  ["console.info", "log"],
  ["console.warn", "logError"],
  ["console.error", "logError"],
  ["Date.now", "now"],
  ["performance.now", "performanceNow"],
]);
/** And by what the files in `asm` call it. */
const OWN: ReadonlySet<string> = new Set([...HOST.values(), "arenaFull", "libraryError", "sleep"]);
const GIVEN =
  "what there is of the host: console.log, Date.now, performance.now, Math.random, sleep(ms), and functions that you " +
  "declare with @external";
const PASS_IT = "pass its value as a parameter, or declare a function that gives it";
const I32_CONST = 0x41;
const END = 0x0b;
const LIBRARY = "~lib/";
const ARENA = "~lib/rt/stub/arena";

interface ImportedName {
  /** The compiler's own. */
  readonly internal: string;
  readonly module: string;
  readonly name: string;
  readonly params: Type;
  readonly results: Type;
}

function importsOf({ binaryen }: Toolchain, module: Module): ImportedName[] {
  const found: ImportedName[] = [];
  for (let i = 0; i < module.getNumFunctions(); i++) {
    const info = binaryen.getFunctionInfo(module.getFunctionByIndex(i));
    const { name: internal, module: from, base, params, results } = info;
    if (!from || base === null) continue;
    found.push({ internal, module: from, name: base, params, results });
  }
  return found;
}

/** Before the optimiser, which leaves out what is not exported. */
export function finish(tools: Toolchain, module: Module): void {
  const { binaryen } = tools;
  for (const { internal, module: from, name, params, results } of importsOf(tools, module)) {
    const ours = from === "env" && internal.startsWith(LIBRARY) ? HOST.get(name) : undefined;
    if (ours === undefined) continue;
    module.removeFunction(internal);
    module.addFunctionImport(internal, "tendril", ours, params, results);
  }
  for (let i = 0; i < module.getNumGlobals(); i++) {
    const { name } = binaryen.getGlobalInfo(module.getGlobalByIndex(i));
    if (name === ARENA) module.addGlobalExport(name, "__arena");
    else if (name === `${ARENA}End`) module.addGlobalExport(name, "__arenaEnd");
  }
  const start = module.getStart();
  if (start !== 0) {
    module.addFunctionExport(binaryen.getFunctionInfo(start).name, "__start");
    module.setStart(0);
  }
}

/** The first byte after what an instance writes into its memory as it starts; 0 where it writes nothing. */
export function dataEndOf(module: Uint8Array): number {
  const section = readSections(module).find(({ id }) => id === sectionId.data);
  if (section === undefined) return 0;
  const reader = new ByteReader(module, section.start, section.end);
  let last = 0;
  for (let left = reader.u32(); left > 0; left--) {
    // As the compiler writes them: active, in the first memory, at `i32.const n`.
    const [form, opcode, offset, end, size] = [
      reader.u32(),
      reader.u8(),
      reader.s33(),
      reader.u8(),
      reader.u32(),
    ];
    if (form !== 0 || opcode !== I32_CONST || end !== END) {
      reader.fail("a data segment of another form", reader.at);
    }
    reader.skip(size);
    last = Math.max(last, offset + size);
  }
  return last;
}

/** What the optimised module still asks of the host besides what every kernel gets. */
export function hostImports(
  tools: Toolchain,
  program: Program,
  module: Module,
): { imports: KernelImport[]; problems: KernelProblem[] } {
  const imports: KernelImport[] = [];
  const problems: KernelProblem[] = [];
  for (const { internal, module: from, name } of importsOf(tools, module)) {
    if (from === "tendril" && OWN.has(name)) continue;
    if (internal.startsWith(LIBRARY)) problems.push(problemOfAll(`a kernel has no ${name}`, GIVEN));
    else {
      const found = importedFunction(program, internal, from, name, problems);
      if (found !== undefined) imports.push(found);
    }
  }
  for (let i = 0; i < module.getNumGlobals(); i++) {
    const { module: from, base } = tools.binaryen.getGlobalInfo(module.getGlobalByIndex(i));
    if (!from) continue;
    problems.push(problemOfAll(`the constant '${from}.${base}' is declared as one of the host's`, PASS_IT));
  }
  return { imports, problems };
}
