/**
 * The rewriting of one function.
 *
 * A loop becomes two, so that the inner one is what the compilers of the engines know: a natural loop without a call in
 * it, whose only new work is to count down a local. That is *strip mining*; LLVM places the safepoints of Java's
 * compilers so, and HotSpot those of its own long loops. A check in every iteration would cost up to 1.7 times.
 *
 *     loop $outer
 *       loop $inner
 *         …                        the body
 *         br $inner                becomes   n -= weight
 *         …                                  br_if $inner (n > 0)
 *                                            check
 *                                            n = STRIP
 *                                            br $outer
 *       end
 *     end
 *
 * The path from the check leads to `$outer`, hence it belongs to no cycle of `$inner`. Both have the type of the loop
 * that was there, so values that a branch carries to the loop's head pass through both branches as they are.
 *
 * The budget `n` is one for the whole program. It lives in a local of each function that has loops, which takes it from
 * a global at its entry, and gives it back where it leaves: at its end, at a `return`, around a call of whatever
 * counts, too. So between two checks there are never more than STRIP units of back-edges, however they are spread over
 * functions. A trap leaves the global as it was last written: positive, at most STRIP.
 *
 * Loops that only count a local up to a limit are cheaper still: `counted.ts`.
 *
 * What else moves:
 * - A branch out of an instrumented loop crosses one label more. Depths are computed from the labels' new places.
 * - The body of a function with loops stands in a block whose label takes the place of the function's own. So a branch
 *   to the function's end needs no change, and there is one place behind the block which gives the budget back.
 * - `br_if` to a loop becomes an `if` around the back-edge. `br_table` to loops branches to new blocks around it, one
 *   for each loop, behind which the back-edges stand.
 * - In unreachable code everything above is valid as well: each part takes and gives what the branch did.
 *
 * Length: one walk over a body; its parts share the open labels and the added locals.
 */
import { ByteReader, ByteWriter } from "./bytes.ts";
import { type Added, writeCheck, writePay } from "./checks.ts";
import type { CountedLoop, Limit } from "./counted.ts";
import type { BlockType, FunctionBody, Step } from "./code.ts";
import type { FunctionType, WasmModule } from "./module.ts";
import { emptyBlock, op, valueType } from "./opcodes.ts";
import type { FunctionPlan, LoopPlan } from "./plan.ts";

/** Whether a branch is mostly taken; `offset` is that of its opcode in the function's entry. */
export interface BranchHint {
  offset: number;
  isLikely: boolean;
}

/** The new body of the function, without its size, and what its new branches mostly do. */
export function rewriteBody(
  module: WasmModule,
  index: number,
  plan: FunctionPlan,
  added: Added,
): { code: Uint8Array; hints: BranchHint[] } {
  const body = module.bodies[index];
  const type = module.types[module.functionTypes[module.imported.functions + index]];
  const out = new ByteWriter(body.end - body.start + 64);
  const hints = new Rewriter(module, body, type, plan, added, out).run();
  return { code: out.written, hints };
}

/** A label that is open. `place` counts the labels around it. */
interface Label {
  place: number;
  /** Of an instrumented loop. */
  loop: LoopPlan | undefined;
  type: BlockType;
}

/** Those of `Rewriter`; engines drop the ones that a function does not use. */
const addedLocals = 4;

class Rewriter {
  readonly #module: WasmModule;
  readonly #body: FunctionBody;
  readonly #type: FunctionType;
  readonly #plan: FunctionPlan;
  readonly #added: Added;
  readonly #out: ByteWriter;
  /** Locals of a function with loops: the budget; the operand of a `br_table`; two for counted loops. */
  readonly #budget: number;
  readonly #selector: number;
  readonly #start: number;
  readonly #stop: number;
  readonly #labels: Label[] = [];
  readonly #hints: BranchHint[] = [];
  /** Labels open in the new code. Where the block stands in for the function's label, that one is not counted. */
  #open = 0;

  constructor(
    module: WasmModule,
    body: FunctionBody,
    type: FunctionType,
    plan: FunctionPlan,
    added: Added,
    out: ByteWriter,
  ) {
    this.#module = module;
    this.#body = body;
    this.#type = type;
    this.#plan = plan;
    this.#added = added;
    this.#out = out;
    this.#budget = type.params.length + body.locals;
    this.#selector = this.#budget + 1;
    this.#start = this.#budget + 2;
    this.#stop = this.#budget + 3;
  }

  run(): BranchHint[] {
    const { steps, codeStart } = this.#body;
    this.#writeLocals();
    this.#writeEntry();
    this.#push(undefined, { kind: "empty" });
    let copied = codeStart;
    for (let at = 0; at < steps.length; at++) {
      const head = this.#plan.loops.get(at - 1)?.counted;
      if (head === undefined) this.#out.bytes(this.#module.bytes.subarray(copied, steps[at].start));
      else this.#writeCondition(head.counter, head.compare, () => this.#out.u8(op.localGet).u32(this.#stop));
      this.#writeStep(steps[at], at);
      copied = steps[at].end;
    }
    return this.#hints;
  }

  get #hasLoops(): boolean {
    return this.#plan.loops.size > 0;
  }

  #writeLocals(): void {
    const { bytes } = this.#module;
    const { groups, groupsStart, codeStart } = this.#body;
    if (!this.#hasLoops) {
      this.#out.bytes(bytes.subarray(this.#body.start, codeStart));
      return;
    }
    this.#out.u32(groups + 1).bytes(bytes.subarray(groupsStart, codeStart));
    this.#out.u32(addedLocals).u8(valueType.i32);
  }

  #writeEntry(): void {
    const { entry } = this.#plan;
    // Counted in both modes: a load of the flag here costs JavaScriptCore three times a recursive function's own work.
    if (entry !== undefined) writePay(this.#out, this.#added, () => this.#out.u8(op.i32Const).s33(entry));
    if (!this.#hasLoops) return;
    this.#loadBudget();
    const { results } = this.#type;
    this.#out.u8(op.block);
    if (results.length === 0) this.#out.u8(emptyBlock);
    else if (results.length === 1) this.#out.u8(results[0]);
    else this.#out.s33(this.#added.typeIndex([], results));
  }

  #writeStep(step: Step, at: number): void {
    switch (step.kind) {
      case "loop":
        return this.#writeLoop(step, step.type, this.#plan.loops.get(at));
      case "block":
      case "if":
        this.#push(undefined, step.type);
        return this.#copy(step);
      case "end":
        return this.#writeEnd();
      case "br":
        return this.#writeBranch(step.depth);
      case "brIf":
        return this.#writeBranchIf(step.depth);
      case "brTable":
        return this.#writeBranchTable(step.depths);
      case "return":
        if (this.#hasLoops) this.#saveBudget();
        return this.#copy(step);
      case "call":
      case "callIndirect":
        return this.#writeCall(step, at);
      case "refFunc":
        this.#out.u8(op.refFunc).u32(this.#added.moved(step.target));
        return;
      case "fill":
      case "copy":
        if (!this.#plan.pieces.has(at)) return this.#copy(step);
        return this.#aroundCall(() => this.#out.u8(op.call).u32(this.#added[step.kind]));
      case "else":
      case "set":
      case "wait":
        return this.#copy(step);
    }
  }

  #writeLoop(step: Step, type: BlockType, loop: LoopPlan | undefined): void {
    if (loop !== undefined) {
      this.#copy(step);
      this.#open++;
    }
    if (loop?.counted !== undefined) this.#writeStop(loop.counted, loop.units);
    this.#push(loop, type);
    this.#copy(step);
  }

  /** Of the branch that is written next. */
  #hint(isLikely: boolean): void {
    this.#hints.push({ offset: this.#out.length, isLikely });
  }

  #copy(step: Step): void {
    this.#out.bytes(this.#module.bytes.subarray(step.start, step.end));
  }

  #push(loop: LoopPlan | undefined, type: BlockType): void {
    this.#labels.push({ place: this.#open++, loop, type });
  }

  #writeEnd(): void {
    const label = this.#labels.pop() as Label;
    this.#open--;
    this.#out.u8(op.end);
    if (label.loop !== undefined) {
      if (label.loop.counted !== undefined) this.#writeSettlement(label.loop.counted, label.loop.units);
      this.#open--;
      this.#out.u8(op.end);
    }
    if (this.#labels.length > 0 || !this.#hasLoops) return;
    this.#saveBudget();
    this.#out.u8(op.end);
  }

  #label(depth: number): Label {
    const label = this.#labels[this.#labels.length - 1 - depth];
    // Only code that no engine would take has such a branch.
    if (label === undefined) {
      new ByteReader(this.#module.bytes).fail(`a branch of depth ${depth}`, this.#body.start);
    }
    return label;
  }

  #depth(label: Label): number {
    return this.#open - 1 - label.place;
  }

  #writeBranch(depth: number): void {
    const label = this.#label(depth);
    if (label.loop !== undefined && label.loop.counted === undefined) this.#writeBackEdge(label, label.loop);
    else this.#out.u8(op.br).u32(this.#depth(label));
  }

  #writeBranchIf(depth: number): void {
    const label = this.#label(depth);
    if (label.loop === undefined) {
      this.#out.u8(op.brIf).u32(this.#depth(label));
      return;
    }
    this.#out.u8(op.if);
    this.#writePassingType(label);
    this.#open++;
    this.#writeBackEdge(label, label.loop);
    this.#open--;
    this.#out.u8(op.end);
  }

  #writeBranchTable(depths: number[]): void {
    const targets = depths.map((depth) => this.#label(depth));
    const loops = [...new Set(targets.filter(({ loop }) => loop !== undefined))];
    if (loops.length > 0) this.#out.u8(op.localSet).u32(this.#selector);
    const landings = new Map<Label, number>();
    for (const loop of loops) {
      landings.set(loop, this.#open++);
      this.#out.u8(op.block);
      this.#writePassingType(loop);
    }
    if (loops.length > 0) this.#out.u8(op.localGet).u32(this.#selector);
    this.#out.u8(op.brTable).u32(depths.length - 1);
    for (const target of targets) this.#out.u32(this.#open - 1 - (landings.get(target) ?? target.place));
    for (const loop of loops.reverse()) {
      this.#open--;
      this.#out.u8(op.end);
      this.#writeBackEdge(loop, loop.loop as LoopPlan);
    }
  }

  /** The type of a block that lets through what a branch to the loop carries. */
  #writePassingType({ type }: Label): void {
    const params = type.kind === "index" ? this.#module.types[type.index].params : [];
    if (params.length === 0) this.#out.u8(emptyBlock);
    else this.#out.s33(this.#added.typeIndex(params, params));
  }

  #writeBackEdge(label: Label, { units }: LoopPlan): void {
    const out = this.#out;
    const depth = this.#depth(label);
    out.u8(op.localGet).u32(this.#budget);
    out.u8(op.i32Const).s33(units).u8(op.i32Sub, op.localTee).u32(this.#budget);
    out.u8(op.i32Const, 0, op.i32GtS);
    this.#hint(true);
    out.u8(op.brIf).u32(depth);
    writeCheck(out, this.#added);
    out.u8(op.i32Const).s33(this.#added.tuning.strip).u8(op.localSet).u32(this.#budget);
    out.u8(op.br).u32(depth + 1);
  }

  /** Before a counted loop's own: where it was, and where it must stop. */
  #writeStop({ counter, step, limit, compare }: CountedLoop, units: number): void {
    const out = this.#out;
    out.u8(op.localGet).u32(counter).u8(op.localSet).u32(this.#start);
    // How far the counter may go: the rounds after which the budget is used up, times the step. With `<=` as the
    // comparison the stop is one less.
    out.u8(op.localGet).u32(this.#budget).u8(op.i32Const).s33(units - 1).u8(op.i32Add);
    out.u8(op.i32Const).s33(Math.log2(units)).u8(op.i32ShrU, op.i32Const).s33(step).u8(op.i32Mul);
    if (compare === op.i32LeS || compare === op.i32LeU) out.u8(op.i32Const, 1, op.i32Sub);
    out.u8(op.localSet).u32(this.#stop);
    out.u8(op.localGet).u32(counter).u8(op.localGet).u32(this.#stop).u8(op.i32Add);
    this.#writeLimit(limit);
    // The distance to the limit has a meaning only where the limit is not reached.
    this.#writeCondition(counter, compare, () => this.#writeLimit(limit));
    out.u8(op.localGet).u32(this.#stop);
    this.#writeLimit(limit);
    out.u8(op.localGet).u32(counter).u8(op.i32Sub, op.i32LtU, op.i32And, op.select);
    out.u8(op.localSet).u32(this.#stop);
  }

  /** Behind a counted loop's own: the budget, a check if it is used up, and on to the limit. */
  #writeSettlement({ counter, step, limit, compare }: CountedLoop, units: number): void {
    const out = this.#out;
    out.u8(op.localGet).u32(this.#budget).u8(op.localGet).u32(counter).u8(op.localGet).u32(this.#start);
    out.u8(op.i32Sub);
    if (step > 1) out.u8(op.i32Const).s33(step).u8(op.i32DivU);
    out.u8(op.i32Const).s33(units).u8(op.i32Mul, op.i32Sub, op.localTee).u32(this.#budget);
    out.u8(op.i32Const, 0, op.i32LeS);
    this.#hint(false);
    out.u8(op.if, emptyBlock);
    writeCheck(out, this.#added);
    out.u8(op.i32Const).s33(this.#added.tuning.strip).u8(op.localSet).u32(this.#budget).u8(op.end);
    this.#writeCondition(counter, compare, () => this.#writeLimit(limit));
    out.u8(op.brIf, 0);
  }

  #writeLimit(limit: Limit): void {
    if (limit.kind === "local") this.#out.u8(op.localGet).u32(limit.local);
    else this.#out.u8(op.i32Const).s33(limit.value);
  }

  #writeCondition(counter: number, compare: number, writeLimit: () => void): void {
    this.#out.u8(op.localGet).u32(counter);
    writeLimit();
    this.#out.u8(compare);
  }

  #writeCall(step: Step & { kind: "call" | "callIndirect" }, at: number): void {
    const write = () => {
      if (step.kind === "callIndirect") this.#copy(step);
      else this.#out.u8(step.tail ? op.returnCall : op.call).u32(this.#added.moved(step.target));
    };
    if (step.tail && this.#hasLoops) {
      this.#saveBudget();
      write();
    } else if (this.#plan.countingCalls.has(at)) this.#aroundCall(write);
    else write();
  }

  /** Gives the budget to what is called, and takes it back. */
  #aroundCall(write: () => void): void {
    if (this.#hasLoops) this.#saveBudget();
    write();
    if (this.#hasLoops) this.#loadBudget();
  }

  #saveBudget(): void {
    this.#out.u8(op.localGet).u32(this.#budget).u8(op.globalSet).u32(this.#added.budget);
  }

  #loadBudget(): void {
    this.#out.u8(op.globalGet).u32(this.#added.budget).u8(op.localSet).u32(this.#budget);
  }
}
