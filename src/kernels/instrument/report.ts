/** What the pass did to a module, for people. */
import { functionName, type WasmModule } from "./module.ts";
import { type FunctionPlan, isFirstMemory, type Mode } from "./plan.ts";

/** What got a check, and what was left alone. */
export interface InstrumentReport {
  mode: Mode;
  /** The functions that have checks, in the module's order. */
  functions: InstrumentedFunction[];
  left: LeftAlone[];
}

export interface InstrumentedFunction {
  /** From the name section or the exports; else `function 12`. */
  name: string;
  /** Loops with a check between strips. */
  loops: number;
  /** Whether each entry counts, because the function may call itself. */
  entry: boolean;
  /** Instructions `memory.fill` and `memory.copy` that are done in pieces. */
  pieces: number;
}

/** Something that may take long and has no check. */
export interface LeftAlone {
  /** The function that it is in. */
  name: string;
  what: string;
  why: string;
}

export function makeReport(
  module: WasmModule,
  plans: FunctionPlan[],
  mode: Mode,
  names: Map<number, string>,
): InstrumentReport {
  const report: InstrumentReport = { mode, functions: [], left: [] };
  module.bodies.forEach((body, i) => {
    const { loops, entry, pieces } = plans[i];
    const name = functionName(module, names, module.imported.functions + i);
    if (loops.size > 0 || entry !== undefined || pieces.size > 0) {
      report.functions.push({ name, loops: loops.size, entry: entry !== undefined, pieces: pieces.size });
    }
    for (const step of body.steps) {
      if (step.kind === "wait") {
        report.left.push({
          name,
          what: "memory.atomic.wait",
          why: "the thread sleeps in it until another thread notifies it or its own timeout ends",
        });
      } else if ((step.kind === "fill" || step.kind === "copy") && !isFirstMemory(step, module)) {
        report.left.push({
          name,
          what: `memory.${step.kind}`,
          why: "only the first memory, with addresses of 32 bits, is filled and copied in pieces",
        });
      }
    }
  });
  return report;
}
