/**
 * A function's body as the steps that matter here: control, calls, references to functions, large memory operations.
 * All other instructions are only counted; whoever rewrites a body copies the bytes between two steps.
 */
import { ByteReader } from "./bytes.ts";
import {
  atomic,
  bulk,
  emptyBlock,
  op,
  readValueType,
  skipImmediates,
  skipPrefixedImmediates,
} from "./opcodes.ts";

/** `plain` instructions stand between this step and the one before; `start` and `end` are offsets in the module. */
export type Step = { start: number; end: number; plain: number } & StepKind;

type StepKind =
  | { kind: "block" | "loop" | "if"; type: BlockType }
  | { kind: "else" | "end" | "return" }
  | { kind: "br" | "brIf"; depth: number }
  /** The last depth is the default. */
  | { kind: "brTable"; depths: number[] }
  | { kind: "call"; target: number; tail: boolean }
  | { kind: "refFunc"; target: number }
  | { kind: "callIndirect"; type: number; table: number; tail: boolean }
  /** `local.set` or `local.tee`. The three instructions before it, if no step is among them, start at `from`. */
  | { kind: "set"; local: number; from: number }
  /** `size` in bytes where it is a constant. */
  | { kind: "fill" | "copy"; memories: number[]; size: number | undefined }
  | { kind: "wait" };

/** Nothing, one result, or an index of the types. */
export type BlockType = { kind: "empty" } | { kind: "result"; type: number } | {
  kind: "index";
  index: number;
};

export interface FunctionBody {
  /** Of the whole entry, behind its size. */
  start: number;
  end: number;
  /** Behind the groups of locals. */
  codeStart: number;
  groupsStart: number;
  groups: number;
  /** Without the parameters. */
  locals: number;
  steps: Step[];
}

export function readBody(reader: ByteReader): FunctionBody {
  const start = reader.at;
  const groups = reader.u32();
  const groupsStart = reader.at;
  let locals = 0;
  for (let i = 0; i < groups; i++) {
    locals += reader.u32();
    readValueType(reader);
  }
  const codeStart = reader.at;
  const steps = readExpression(reader);
  if (!reader.done) reader.fail("a function with bytes behind its end", reader.at);
  return { start, end: reader.end, codeStart, groupsStart, groups, locals, steps };
}

/** Reads up to the `end` that belongs to it: a body, or the constant that starts a global or a segment. */
export function readExpression(reader: ByteReader): Step[] {
  const steps: Step[] = [];
  let open = 1;
  let plain = 0;
  // The i32.const right before the instruction; where the last three instructions start.
  let constant: number | undefined;
  let recent = [0, 0, 0];
  while (open > 0) {
    const start = reader.at;
    const opcode = reader.u8();
    const before = constant;
    const [from] = recent;
    constant = undefined;
    recent = [recent[1], recent[2], start];
    if (opcode === op.i32Const) {
      constant = reader.s33() >>> 0;
      plain++;
      continue;
    }
    const kind: StepKind | undefined = opcode === op.localSet || opcode === op.localTee
      ? { kind: "set", local: reader.u32(), from }
      : readStep(reader, opcode, start, before);
    if (kind === undefined) {
      plain++;
      continue;
    }
    if (kind.kind === "block" || kind.kind === "loop" || kind.kind === "if") open++;
    if (kind.kind === "end") open--;
    steps.push({ ...kind, start, end: reader.at, plain });
    plain = 0;
  }
  return steps;
}

/** Reads an instruction's immediates; undefined where the instruction is no step. */
function readStep(
  reader: ByteReader,
  opcode: number,
  at: number,
  size: number | undefined,
): StepKind | undefined {
  switch (opcode) {
    case op.block:
      return { kind: "block", type: readBlockType(reader) };
    case op.loop:
      return { kind: "loop", type: readBlockType(reader) };
    case op.if:
      return { kind: "if", type: readBlockType(reader) };
    case op.else:
      return { kind: "else" };
    case op.end:
      return { kind: "end" };
    case op.return:
      return { kind: "return" };
    case op.br:
      return { kind: "br", depth: reader.u32() };
    case op.brIf:
      return { kind: "brIf", depth: reader.u32() };
    case op.brTable:
      return { kind: "brTable", depths: readDepths(reader) };
    case op.call:
    case op.returnCall:
      return { kind: "call", target: reader.u32(), tail: opcode === op.returnCall };
    case op.refFunc:
      return { kind: "refFunc", target: reader.u32() };
    case op.callIndirect:
    case op.returnCallIndirect: {
      const type = reader.u32();
      return { kind: "callIndirect", type, table: reader.u32(), tail: opcode === op.returnCallIndirect };
    }
    case op.bulk:
    case op.simd:
    case op.atomic:
      return readPrefixed(reader, opcode, at, size);
    default:
      skipImmediates(reader, opcode, at);
      return undefined;
  }
}

function readPrefixed(
  reader: ByteReader,
  opcode: number,
  at: number,
  size: number | undefined,
): StepKind | undefined {
  const sub = reader.u32();
  if (opcode === op.bulk && sub === bulk.memoryCopy) {
    return { kind: "copy", memories: [reader.u32(), reader.u32()], size };
  }
  if (opcode === op.bulk && sub === bulk.memoryFill) return { kind: "fill", memories: [reader.u32()], size };
  skipPrefixedImmediates(reader, opcode, sub, at);
  return opcode === op.atomic && (sub === atomic.wait32 || sub === atomic.wait64)
    ? { kind: "wait" }
    : undefined;
}

function readDepths(reader: ByteReader): number[] {
  const depths: number[] = [];
  for (let left = reader.u32(); left >= 0; left--) depths.push(reader.u32());
  return depths;
}

function readBlockType(reader: ByteReader): BlockType {
  const at = reader.at;
  const index = reader.s33();
  if (index >= 0) return { kind: "index", index };
  // A negative number is one byte: nothing, or a value type.
  const type = index + 0x80;
  if (type === emptyBlock) return { kind: "empty" };
  reader.at = at;
  return { kind: "result", type: readValueType(reader) };
}
