/**
 * AssemblyScript to WebAssembly, in this process. The compiler's own API is driven here, not its command line `asc`: that one ends
 * the process when the compiler has an error in itself, takes options from files that happen to lie around, and can get another
 * runtime only by a change of its global tables. What it does besides is these steps, in this order:
 *
 *     parse      AssemblyScript's library, our ambient names (asm/ambient.ts), our memory (asm/runtime.ts, in the place of its
 *                smallest runtime), the author's file, and what that imports, until nothing is missing
 *     compile    to a Binaryen module; here the types of the exported functions are known, and read
 *     finish     names of imports and exports, see finish.ts
 *     optimise   -O3 with nothing checked: a bounds check an element costs 2 to 15 times
 *     write      the bytes, and the manifest behind them
 *
 * Each step may find several things wrong; all that one of them finds is told at once. The bytes depend on the texts, the file's
 * name as it was given, and the compiler's version, and on nothing else: no path of this machine, no time.
 */
import type { DiagnosticMessage, File, Program } from "assemblyscript";
import { type KernelManifest, withManifest } from "../manifest.ts";
import { type Toolchain, toolchain } from "./assemblyscript.ts";
import { dataEndOf, finish, hostImports } from "./finish.ts";
import { globalsThatHold } from "./globals.ts";
import { AMBIENT, RUNTIME } from "./library.ts";
import { withoutTexts } from "./library_texts.ts";
import {
  hintFor,
  KernelCompileError,
  type KernelProblem,
  problemAt,
  problemOfAll,
  withoutPaths,
} from "./problems.ts";
import { exportedFunctions } from "./signature.ts";

/** How to compile a kernel. */
export interface CompileOptions {
  /** What the source is called, in messages and in the errors that the kernel throws: `kernel.ts` by default. */
  file?: string;
  /** Gives the text of an imported file, by its path beside `file`, or undefined where there is none. */
  read?: (path: string) => string | undefined;
  /** Whether to keep the checks of array bounds and assertions, to find an error; false by default, and much slower. */
  checked?: boolean;
}

/** A compiled kernel. */
export interface Compiled {
  /** As it was given. */
  readonly file: string;
  /** The WebAssembly module, with the manifest in it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly manifest: KernelManifest;
  /** What the compiler finds odd. */
  readonly warnings: readonly KernelProblem[];
}

/** All memory that a kernel can name: 1 GiB, in pages of 64 KiB. The memory that it is given may be smaller, not larger. */
const MAXIMUM_PAGES = 16_384;
const OPTIMIZE_LEVEL = 3;
const SHRINK_LEVEL = 0;
/** The warning that something would not compile for 64-bit memories, which these kernels never get. */
const ONLY_64_BIT = 201;
/** The file of the smallest runtime that has its memory; ours takes its place. */
const MEMORY = "~lib/rt/stub";
/** Of `SourceKind` and `UncheckedBehavior`, whose values TypeScript keeps for itself. */
const USER_ENTRY = 1;
const BOUNDS_CHECKED = 0;
const BOUNDS_UNCHECKED = 2;

/**
 * Compiles a kernel, a file of AssemblyScript, for `loadKernel`. `tendril build` does it from the command line and writes what
 * comes out into files. Needs the package `assemblyscript`.
 *
 * @param source The text of the file.
 * @throws {KernelCompileError} with all that is wrong in the source.
 * @throws {CompilerMissingError} where `assemblyscript` is not installed.
 * @example
 * ```ts
 * import { compile } from "tendril/kernels/build";
 * import { assertEquals } from "@std/assert";
 *
 * const { manifest } = await compile("export function add(a: i32, b: i32): i32 { return a + b; }");
 * assertEquals(manifest.functions[0].params.map((param) => param.name), ["a", "b"]);
 * ```
 */
export async function compile(source: string, options: CompileOptions = {}): Promise<Compiled> {
  const tools = await toolchain();
  const { file = "kernel.ts", read = () => undefined, checked = false } = options;
  const { api, binaryen } = tools;
  const program = newProgram(tools, checked);
  const warnings: KernelProblem[] = [];
  const check = (more: readonly KernelProblem[] = []): void => {
    const errors: KernelProblem[] = [];
    takeDiagnostics(tools, program, errors, warnings);
    if (errors.length + more.length > 0) throw new KernelCompileError(file, [...errors, ...more]);
  };

  run(tools, program, file, () => parse(tools, program, file, source, read));
  check();
  const compiled = run(tools, program, file, () => {
    api.initializeProgram(program);
    return api.compile(program);
  });
  const module = binaryen.wrapModule(api.getBinaryenModuleRef(compiled));
  try {
    check();
    // Its constructor compiles, and throws.
    const regExp = program.lookup("RegExp");
    if (regExp instanceof api.ClassPrototype && regExp.instances !== null) {
      check([problemOfAll("there is no RegExp", hintFor("'RegExp'", ""))]);
    }
    const files = [...program.filesByName.values()];
    // The runtime is one, too.
    const entry = files.find(({ source: { sourceKind, normalizedPath } }) =>
      sourceKind === USER_ENTRY && !normalizedPath.startsWith("~lib/")
    ) as File;
    const { functions, problems } = exportedFunctions(tools, entry);
    check(problems);
    warnings.push(...globalsThatHold(tools, program));
    if (functions.length === 0) {
      check([problemOfAll("no function is exported", "write `export` before those to call")]);
    }
    finish(tools, module);
    if (!api.validate(compiled)) {
      throw new KernelCompileError(file, [crash("it made a module that is not valid")]);
    }
    run(tools, program, file, () => api.optimize(compiled, OPTIMIZE_LEVEL, SHRINK_LEVEL));
    const { imports, problems: missing } = hostImports(tools, program, module);
    check(missing);
    const bytes = module.emitBinary();
    const manifest: KernelManifest = { version: 1, functions, imports, dataEnd: dataEndOf(bytes) };
    return { file, bytes: withManifest(bytes, manifest), manifest, warnings };
  } finally {
    module.dispose();
  }
}

function newProgram({ api, libraryFiles }: Toolchain, checked: boolean): Program {
  const options = api.newOptions();
  // Not only where our own memory comes from: for this runtime alone the library clears what it allocates; see asm/runtime.ts.
  api.setRuntime(options, api.Runtime.Stub);
  api.setNoAssert(options, !checked);
  api.setUncheckedBehavior(options, checked ? BOUNDS_CHECKED : BOUNDS_UNCHECKED);
  api.setImportMemory(options, true);
  api.setExportMemory(options, false);
  api.setSharedMemory(options, true);
  api.setMaximumMemory(options, MAXIMUM_PAGES);
  api.setFeature(options, api.FEATURE_SIMD, true);
  api.setFeature(options, api.FEATURE_THREADS, true);
  api.setOptimizeLevelHints(options, OPTIMIZE_LEVEL, SHRINK_LEVEL);
  const program = api.newProgram(options);
  for (const [path, text] of Object.entries(libraryFiles)) {
    // Files at the top declare what is global; the others are parsed where something needs them.
    if (!path.includes("/")) api.parse(program, withoutTexts(text), `~lib/${path}.ts`);
  }
  api.parse(program, AMBIENT, "~lib/tendril.ts");
  api.parse(program, libraryFiles["rt/index-stub"], "~lib/rt/index-stub.ts", true);
  return program;
}

function parse(
  { api, libraryFiles }: Toolchain,
  program: Program,
  file: string,
  source: string,
  read: (path: string) => string | undefined,
): void {
  api.parse(program, source, file, true);
  const text = (path: string): string | undefined => {
    if (path === MEMORY) return RUNTIME;
    if (!path.startsWith("~lib/")) return read(`${path}.ts`);
    const text = libraryFiles[path.slice("~lib/".length)];
    return text === undefined ? undefined : withoutTexts(text);
  };
  for (let path = api.nextFile(program); path !== null; path = api.nextFile(program)) {
    const found = [path, `${path}/index`].find((place) => text(place) !== undefined);
    if (found === undefined) api.parse(program, null, `${path}.ts`);
    else api.parse(program, text(found) as string, `${found}.ts`);
  }
}

/** A step in which the compiler may fail by an error of its own. */
function run<T>(tools: Toolchain, program: Program, file: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    const problems: KernelProblem[] = [];
    takeDiagnostics(tools, program, problems, []);
    // What it has found until then is likely the reason.
    throw new KernelCompileError(file, problems.length > 0 ? problems : [crash(String(cause))], { cause });
  }
}

function crash(what: string): KernelProblem {
  return problemOfAll(
    `AssemblyScript's compiler failed: ${what}`,
    "this is an error in the compiler: leave out parts of the kernel to find what it does not take",
  );
}

function takeDiagnostics(
  { api }: Toolchain,
  program: Program,
  errors: KernelProblem[],
  warnings: KernelProblem[],
): void {
  for (let found = api.nextDiagnostic(program); found !== null; found = api.nextDiagnostic(program)) {
    const problem = problemOf(found);
    const isNoise = found.code === ONLY_64_BIT || problem.file.startsWith("~lib/");
    if (api.isWarning(found) && !isNoise) warnings.push(problem);
    if (!api.isError(found)) continue;
    // The compiler may say two things of one place, and then the second is the reason for the first.
    const last = errors.at(-1);
    const isSamePlace = problem.file !== "" && last !== undefined && last.file === problem.file &&
      last.line === problem.line && last.column === problem.column;
    if (isSamePlace) errors.pop();
    errors.push(problem);
  }
}

/** At the author's line, where one is known: what goes wrong inside of the library does so because of a call from there. */
function problemOf({ message, range, relatedRange }: DiagnosticMessage): KernelProblem {
  const isTheirs = (place: typeof range): boolean =>
    place !== null && !place.source.normalizedPath.startsWith("~lib/");
  const place = !isTheirs(range) && isTheirs(relatedRange) ? relatedRange : range;
  const text = message.startsWith("File ") ? message : withoutPaths(message);
  if (place === null) return problemOfAll(text, hintFor(text, ""));
  const problem = problemAt(place.source.normalizedPath, place.source.text, place.start, place.end, text);
  return { ...problem, hint: hintFor(text, problem.source) };
}
