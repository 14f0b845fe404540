/** The pass over a whole module: plans, what is added, and the sections with it. */
import { WasmFormatError } from "./bytes.ts";
import { readModule, type WasmModule } from "./module.ts";
import { readFunctionNames } from "./names.ts";
import { makePlans, type Mode, type Tuning, tuningOf } from "./plan.ts";
import { type InstrumentReport, makeReport } from "./report.ts";
import { checkImport, exportName, writeInstrumented } from "./write.ts";

/** What `instrument` gives. */
export interface Instrumented {
  /** The module with checks. */
  bytes: Uint8Array<ArrayBuffer>;
  /** What got a check, and what was left alone. */
  report: InstrumentReport;
}

/**
 * Puts checks into a compiled kernel, so that it can be stopped or can give its thread a turn, wherever it is.
 *
 * - `mode: "kill"`, for a worker. The module exports two more globals, `__flag` and `__run`. Before a call the host
 *   writes the address of a flag (four bytes, aligned, in the module's memory) and the id of the run into them; when
 *   somebody writes that id into the flag, the call ends with a trap (`WebAssembly.RuntimeError`), and the instance can
 *   be called again. A module without a memory gets one as an import, `env.memory`.
 * - `mode: "slice"`, for a thread that has other work. The module imports `tendril.check`, a function without
 *   parameters and results, and calls it at each check: a `WebAssembly.Suspending` there gives others a turn, and what
 *   it throws ends the kernel.
 *
 * A check comes at the latest when a fixed number of loop iterations and of entries into recursive functions are done,
 * wherever in the program they are, and after each MiB that `memory.fill` and `memory.copy` move.
 *
 * @throws {WasmFormatError} The bytes are no module, are instrumented already, or use a feature that is not supported.
 */
export function instrument(bytes: Uint8Array, options: { mode: Mode }): Instrumented {
  return instrumentWith(bytes, options.mode, tuningOf(options.mode));
}

/** `instrument` with other numbers, for tests and measurements. */
export function instrumentWith(bytes: Uint8Array, mode: Mode, tuning: Tuning): Instrumented {
  const module = readModule(bytes);
  refuseTwice(module);
  const plans = makePlans(module, tuning);
  const report = makeReport(module, plans, mode, readFunctionNames(module));
  return { bytes: writeInstrumented(module, plans, mode, tuning), report };
}

function refuseTwice(module: WasmModule): void {
  const found = [...module.exports.map(({ name }) => name), ...module.importNames]
    .find((name) => name === exportName.flag || name === exportName.run || name === checkImport.join("."));
  if (found === undefined) return;
  throw new WasmFormatError(
    `cannot instrument the WASM module: it has "${found}" already; give the module as the compiler wrote it`,
  );
}
