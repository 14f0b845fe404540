/** Where checks go, and what each back-edge takes from the budget. */
import type { FunctionBody, Step } from "./code.ts";
import { type CountedLoop, countedLoop } from "./counted.ts";
import { type CallGraph, callGraph } from "./graph.ts";
import type { WasmModule } from "./module.ts";

export type Mode = "kill" | "slice";

/** How often checks come. Only tests and measurements have other numbers than `tuningOf`. */
export interface Tuning {
  /** The budget between two checks, in units. */
  strip: number;
  /** Whether a back-edge takes more where the loop's body is longer; else each takes one unit. */
  weigh: boolean;
  /** Bytes that `memory.fill` and `memory.copy` do between two checks. */
  piece: number;
}

/**
 * A unit is about eight instructions or 64 bytes moved: 0.1 to 1 ns where the caches are warm. So a check comes about
 * each 5 µs where it is a load of the flag, and each 20 to 100 µs where it is a call of the host, which costs up to
 * 0.5 µs (`bench/kernel_checks.ts`).
 */
const strips: Record<Mode, number> = { kill: 32_768, slice: 131_072 };
const instructionsPerUnit = 8;
const bytesPerInstruction = 8;
/** A call of the host, in instructions. */
const hostCallCost = 32;
/** Bodies count every branch, of which one is taken: without a limit a large `switch` would check all the time. */
const longestBody = 2_048;

export function tuningOf(mode: Mode): Tuning {
  return { strip: strips[mode], weigh: true, piece: 1 << 20 };
}

export interface LoopPlan {
  /** What a back-edge takes from the budget. */
  units: number;
  counted: CountedLoop | undefined;
}

export interface FunctionPlan {
  /** The steps that are loops with a back-edge. */
  loops: Map<number, LoopPlan>;
  /** The units that an entry takes, if entries are checked, because the function may call itself. */
  entry: number | undefined;
  /** The steps that are done piece by piece. */
  pieces: Map<number, "fill" | "copy">;
  /** The calls that may change the budget. */
  countingCalls: Set<number>;
}

/** The plan of each body, in the module's order. */
export function makePlans(module: WasmModule, tuning: Tuning): FunctionPlan[] {
  const graph = callGraph(module);
  const { functions: imported } = module.imported;
  const shapes = module.bodies.map((body) => shapeOf(module, body, tuning));
  const counts: boolean[] = new Array(imported).fill(true);
  const costs: number[] = new Array(imported).fill(hostCallCost);
  // Callees come first, so what a call costs is known, but for the calls within a group: those entries are checked.
  for (const group of graph.groups) {
    const defined = group.filter((index) => index >= imported);
    const counting = defined.some((index) => {
      const { loops, pieces } = shapes[index - imported];
      return loops.size > 0 || pieces.size > 0 || graph.recursive[index] ||
        module.bodies[index - imported].steps.some((step) =>
          graph.leaves(step) || graph.targets(step).some((target) => counts[target])
        );
    });
    for (const index of defined) counts[index] = counting;
    for (const index of defined) {
      const shape = shapes[index - imported];
      addCalls(shape, module.bodies[index - imported].steps, graph, costs);
      costs[index] = Math.min(shape.own, longestBody);
    }
  }
  const units = (instructions: number): number => {
    if (!tuning.weigh) return 1;
    return Math.max(1, Math.round(Math.min(instructions, longestBody) / instructionsPerUnit));
  };
  return shapes.map(({ loops, own, pieces }, i) => {
    const { steps } = module.bodies[i];
    const countingCalls = new Set<number>();
    steps.forEach((step, at) => {
      if (graph.leaves(step) || graph.targets(step).some((target) => counts[target])) countingCalls.add(at);
    });
    const isCounting = (at: number) => countingCalls.has(at) || loops.has(at) || pieces.has(at);
    const plans = [...loops].map(([at, cost]): [number, LoopPlan] => {
      const counted = countedLoop(module.bytes, steps, at, isCounting);
      // A power of two where the budget is divided by it.
      return [at, { units: counted ? 2 ** Math.ceil(Math.log2(units(cost))) : units(cost), counted }];
    });
    const entry = graph.recursive[i + imported] ? units(own) : undefined;
    return { loops: new Map(plans), entry, pieces, countingCalls };
  });
}

type MemoryStep = Step & { kind: "fill" | "copy" };

/** Instructions by the innermost loop around them; `own` are those in no loop. */
interface Shape {
  loops: Map<number, number>;
  own: number;
  pieces: Map<number, "fill" | "copy">;
  /** The innermost loop around each step, -1 for none. */
  around: number[];
}

function shapeOf(module: WasmModule, body: FunctionBody, tuning: Tuning): Shape {
  const shape: Shape = { loops: new Map(), own: 0, pieces: new Map(), around: [] };
  for (const loop of loopsWithBackEdge(body.steps)) shape.loops.set(loop, 0);
  const loops: number[] = [];
  // Each open block: whether it is one of the loops.
  const open: boolean[] = [];
  body.steps.forEach((step, at) => {
    shape.around[at] = loops.at(-1) ?? -1;
    let cost = step.plain + 1;
    if (step.kind === "fill" || step.kind === "copy") {
      if (isLong(step, module, tuning)) shape.pieces.set(at, step.kind);
      else cost += (step.size ?? 0) / bytesPerInstruction;
    }
    addCost(shape, at, cost);
    if (step.kind === "block" || step.kind === "loop" || step.kind === "if") {
      open.push(shape.loops.has(at));
      if (shape.loops.has(at)) loops.push(at);
    } else if (step.kind === "end" && open.pop()) loops.pop();
  });
  return shape;
}

function isLong(step: MemoryStep, module: WasmModule, tuning: Tuning): boolean {
  return (step.size ?? Infinity) > tuning.piece && isFirstMemory(step, module);
}

/** Whether a `memory.fill` or `memory.copy` is of the memory which the pieces know. */
export function isFirstMemory({ memories }: MemoryStep, module: WasmModule): boolean {
  return memories.every((memory) => memory === 0) && module.memories[0]?.is64 === false;
}

function addCalls(shape: Shape, steps: Step[], graph: CallGraph, costs: number[]): void {
  steps.forEach((step, at) => {
    const called = Math.max(0, ...graph.targets(step).map((target) => costs[target] ?? 0));
    if (called > 0) addCost(shape, at, called);
  });
}

function addCost(shape: Shape, at: number, cost: number): void {
  const loop = shape.around[at];
  if (loop < 0) shape.own += cost;
  else shape.loops.set(loop, (shape.loops.get(loop) ?? 0) + cost);
}

/** The steps that are loops which a branch leads back to. */
function loopsWithBackEdge(steps: Step[]): Set<number> {
  const found = new Set<number>();
  const labels: number[] = [];
  const branch = (depth: number): void => {
    const at = labels[labels.length - 1 - depth];
    if (at !== undefined && steps[at].kind === "loop") found.add(at);
  };
  steps.forEach((step, at) => {
    if (step.kind === "block" || step.kind === "loop" || step.kind === "if") labels.push(at);
    else if (step.kind === "end") labels.pop();
    else if (step.kind === "br" || step.kind === "brIf") branch(step.depth);
    else if (step.kind === "brTable") step.depths.forEach(branch);
  });
  return found;
}
