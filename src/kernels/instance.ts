/**
 * Kernels that can be called: an instance of a compiled module over a memory that is given, on whatever thread.
 *
 * An instance that allocates does so in an arena, which its host has to give it before each call; see `asm/runtime.ts`. One that has
 * globals that code fills allocates for them too, once, at the beginning of its arena.
 */
import { show } from "../core/mod.ts";
import type { Raw } from "./arguments.ts";
import { stringAt } from "./arrays.ts";
import { KernelError } from "./errors.ts";
import { libraryError } from "./library_errors.ts";
import {
  wasm,
  type WasmGlobal,
  type WasmImport,
  type WasmImports,
  type WasmMemory,
  type WasmModule,
} from "./webassembly.ts";

/** Functions that a module imports, by module and name. */
export type HostFunctions = WasmImports;

/** Where a call may allocate: from the first address up to the second. */
export type Arena = readonly [from: number, to: number];

/** What is exported besides the functions. */
interface Globals {
  readonly __arena?: WasmGlobal;
  readonly __arenaEnd?: WasmGlobal;
  readonly __start?: () => void;
  /** Of a module that can be stopped: at which address to look, and for what. */
  readonly __flag?: WasmGlobal;
  readonly __run?: WasmGlobal;
}

/** See the top of the file. */
export class KernelInstance {
  readonly functions: Readonly<Record<string, (...raw: Raw[]) => Raw | undefined>>;
  readonly memory: WasmMemory;
  private readonly globals: Globals;
  /** The start of the arena belongs to the module's globals, which live as long as the instance. */
  private started = false;
  private free = 0;

  constructor(module: WasmModule, memory: WasmMemory, host: HostFunctions) {
    this.memory = memory;
    const { exports } = new wasm.Instance(module, importsFor(module, memory, host));
    this.functions = exports as KernelInstance["functions"];
    this.globals = exports as Globals;
  }

  /** Before each call. An instance with globals of its own must get the same arena each time. */
  prepare(arena: Arena | null): void {
    const { __arena, __arenaEnd, __start } = this.globals;
    if (__arena === undefined || __arenaEnd === undefined || arena === null) {
      if (!this.started) __start?.();
      this.started = true;
      return;
    }
    __arenaEnd.value = arena[1];
    __arena.value = this.started ? Math.max(this.free, arena[0]) : arena[0];
    if (this.started) return;
    this.started = true;
    if (__start === undefined) return;
    __start();
    this.free = __arena.value;
  }

  /** From now on it stops itself when the word at `address` is `run`. */
  stopAt(address: number, run: number): void {
    const { __flag, __run } = this.globals;
    if (__flag !== undefined) __flag.value = address;
    if (__run !== undefined) __run.value = run;
  }
}

/** Whether a module allocates, and whether its instances have a state that begins with code. */
export function needsOf(module: WasmModule): { arena: boolean; start: boolean } {
  const names = new Set(wasm.Module.exports(module).map(({ name }) => name));
  return { arena: names.has("__arena"), start: names.has("__start") };
}

/** @throws `TypeError` for a function that the module imports and nobody gives. */
function importsFor(
  module: WasmModule,
  memory: WasmMemory,
  host: HostFunctions,
): WasmImports {
  const imports: Record<string, Record<string, WasmImport>> = {};
  for (const { module: from, name, kind } of wasm.Module.imports(module)) {
    const given = kind === "memory" ? memory : host[from]?.[name] ?? ownImports(memory)[`${from}.${name}`];
    if (given === undefined) {
      throw new TypeError(
        `loadKernel: the kernel imports ${from}.${name}, which is not given: pass { imports: { ${from}: { ${name} } } }`,
      );
    }
    (imports[from] ??= {})[name] = given;
  }
  return imports;
}

/** What every kernel can import. */
function ownImports(memory: WasmMemory): Record<string, WasmImport> {
  const text = (at: number) => at === 0 ? "" : stringAt(memory, at);
  return {
    "tendril.abort": (message: number, file: number, line: number, column: number) => {
      throw new KernelError(`${text(message) || "the kernel gave up"} (${text(file)}:${line}:${column})`);
    },
    "tendril.arenaFull": (wanted: number, left: number) => {
      throw new KernelError(
        `the kernel's memory is full: it wants ${wanted >>> 0} bytes and has ${
          left >>> 0
        } left: pass a larger { arena }, in bytes`,
      );
    },
    "tendril.libraryError": (code: number) => {
      throw libraryError(code);
    },
    "tendril.seed": () => Math.random(),
    "tendril.log": (at: number) => globalThis.console.log(text(at)),
    "tendril.logError": (at: number) => globalThis.console.error(text(at)),
    "tendril.now": () => Date.now(),
    "tendril.performanceNow": () => performance.now(),
    "tendril.sleep": () => {
      throw new KernelError(
        "sleep: a kernel that waits cannot run on the loop's thread in one piece: run it in a pool, or by timeSlice",
      );
    },
  };
}

/** What a call threw, for its caller: WebAssembly's own errors get the kernel's name. */
export function kernelError(name: string, error: unknown): unknown {
  if (error instanceof wasm.RuntimeError || error instanceof RangeError) {
    return new KernelError(`${name} failed: ${error.message}`, { cause: error });
  }
  if (error instanceof KernelError) {
    error.message = `${name} failed: ${error.message}`;
    return error;
  }
  return error instanceof Error ? error : new KernelError(`${name} failed: ${show(error)}`, { cause: error });
}
