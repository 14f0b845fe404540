/**
 * Loops that count a local up to a limit, and do nothing else that matters to the budget. Their checks cost nothing in
 * the loop: it runs to an earlier limit, and what it took from the budget is computed behind it.
 *
 *     loop                                       loop $outer
 *       i < limit                                  start = i
 *       if                                         stop = i + what the budget allows, or limit if that is nearer
 *         …                                        loop
 *         i += step                                  i < stop
 *         br                                         if … i += step, br, end
 *       end                                        end
 *     end                                          budget -= (i - start) / step * weight, and a check if it is used up
 *                                                  br_if $outer (i < limit)
 *                                                end
 *
 * That is how AssemblyScript compiles a `for`. Where a loop looks another way, can be left from within, or might pass its
 * limit by an overflow, it counts its back-edges one by one (`rewrite.ts`), which costs up to a third where the body is
 * a handful of instructions.
 */
import { ByteReader } from "./bytes.ts";
import type { Step } from "./code.ts";
import { op } from "./opcodes.ts";

export interface CountedLoop {
  /** The local that counts. */
  counter: number;
  /** Added by each round, above 0. */
  step: number;
  limit: Limit;
  /** The comparison `counter ? limit`: one of `i32LtS`, `i32LtU`, `i32LeS`, `i32LeU`. */
  compare: number;
}

export type Limit = { kind: "local"; local: number } | { kind: "constant"; value: number };

/** So that what a full budget allows, times the step, fits into 31 bits. */
const largestStep = 1_024;

/** The comparisons by whether the counter is on the left; each gives the one with the counter on the left. */
const counterLeft = new Map<number, number>(
  [op.i32LtS, op.i32LtU, op.i32LeS, op.i32LeU].map((code) => [code, code]),
);
const counterRight = new Map<number, number>([
  [op.i32GtS, op.i32LtS],
  [op.i32GtU, op.i32LtU],
  [op.i32GeS, op.i32LeS],
  [op.i32GeU, op.i32LeU],
]);

/**
 * Looks at the loop at `steps[at]`. `counts` tells of a step whether it may change the budget: a call, another loop.
 */
export function countedLoop(
  bytes: Uint8Array,
  steps: Step[],
  at: number,
  counts: (step: number) => boolean,
): CountedLoop | undefined {
  const end = endOf(steps, at);
  const [loop, head] = [steps[at], steps[at + 1]];
  // The last four: set, br, the end of the `if`, the end of the loop.
  if (end - at < 5 || loop.kind !== "loop" || head.kind !== "if") return undefined;
  if (loop.type.kind !== "empty" || head.type.kind !== "empty" || endOf(steps, at + 1) !== end - 1) {
    return undefined;
  }
  const [increment, back, endOfIf] = [steps[end - 3], steps[end - 2], steps[end - 1]];
  if (increment.kind !== "set" || back.kind !== "br" || back.depth !== 1) return undefined;
  if (back.plain + endOfIf.plain + steps[end].plain > 0) return undefined;
  const step = readIncrement(bytes, increment);
  const condition = head.plain === 3
    ? readCondition(bytes, loop.end, head.start, increment.local)
    : undefined;
  if (step === undefined || condition === undefined) return undefined;
  const { limit } = condition;
  if (mayPass(limit, condition.compare, step)) return undefined;
  const assigned = steps.slice(at + 2, end - 3).flatMap((other) => other.kind === "set" ? [other.local] : []);
  if (assigned.includes(increment.local)) return undefined;
  if (limit.kind === "local" && [...assigned, increment.local].includes(limit.local)) return undefined;
  for (let i = at + 2; i < end - 3; i++) if (counts(i)) return undefined;
  if (leaves(steps, at + 2, end - 3)) return undefined;
  return { counter: increment.local, step, ...condition };
}

/**
 * Whether the counter may jump over the largest number instead of reaching the limit. Such a loop goes on, and its stop
 * would not stop it: `i <= n` where n is the largest number, say, because it was `length - 1` of nothing.
 */
function mayPass(limit: Limit, compare: number, step: number): boolean {
  const isStrict = compare === op.i32LtS || compare === op.i32LtU;
  if (limit.kind === "local") return !isStrict || step > 1;
  const isUnsigned = compare === op.i32LtU || compare === op.i32LeU;
  const last = (isUnsigned ? limit.value >>> 0 : limit.value) - (isStrict ? 1 : 0);
  return last + step > (isUnsigned ? 0xffffffff : 0x7fffffff);
}

function endOf(steps: Step[], at: number): number {
  let open = 0;
  for (let i = at;; i++) {
    const { kind } = steps[i];
    if (kind === "block" || kind === "loop" || kind === "if") open++;
    else if (kind === "end" && --open === 0) return i;
  }
}

/** `local.get i`, `i32.const step`, `i32.add`, before `local.set i`. */
function readIncrement(
  bytes: Uint8Array,
  { plain, from, start, local }: Step & { kind: "set" },
): number | undefined {
  if (plain < 3 || bytes[start] !== op.localSet) return undefined;
  const reader = new ByteReader(bytes, from, start);
  if (reader.u8() !== op.localGet || reader.u32() !== local || reader.u8() !== op.i32Const) return undefined;
  const step = reader.s33();
  return reader.u8() === op.i32Add && step > 0 && step <= largestStep ? step : undefined;
}

/** Three instructions: the counter and the limit in either order, and what compares them. */
function readCondition(
  bytes: Uint8Array,
  start: number,
  end: number,
  counter: number,
): { limit: Limit; compare: number } | undefined {
  const reader = new ByteReader(bytes, start, end);
  const left = readOperand(reader);
  const right = left && readOperand(reader);
  if (left === undefined || right === undefined) return undefined;
  const isCounter = (operand: Limit) => operand.kind === "local" && operand.local === counter;
  const compare = (isCounter(left) ? counterLeft : counterRight).get(reader.u8());
  if (compare === undefined || isCounter(left) === isCounter(right)) return undefined;
  return { limit: isCounter(left) ? right : left, compare };
}

function readOperand(reader: ByteReader): Limit | undefined {
  const opcode = reader.u8();
  if (opcode === op.localGet) return { kind: "local", local: reader.u32() };
  return opcode === op.i32Const ? { kind: "constant", value: reader.s33() } : undefined;
}

/** Whether one of the steps, which stand in the loop's `if`, branches to that, to the loop or out of it. */
function leaves(steps: Step[], from: number, to: number): boolean {
  let open = 0;
  for (const step of steps.slice(from, to)) {
    if (step.kind === "block" || step.kind === "loop" || step.kind === "if") open++;
    else if (step.kind === "end") open--;
    else if (step.kind === "return") return true;
    else if ((step.kind === "call" || step.kind === "callIndirect") && step.tail) return true;
    else if ((step.kind === "br" || step.kind === "brIf") && step.depth >= open) return true;
    else if (step.kind === "brTable" && step.depths.some((depth) => depth >= open)) return true;
    else if (step.kind === "else" && open === 0) return true;
  }
  return false;
}
