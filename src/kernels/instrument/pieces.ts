/**
 * `memory.fill` and `memory.copy` in pieces, with a check between them, as functions that the pass adds: one
 * instruction over 400 MB would hold a thread up for most of a second.
 *
 * A range that reaches out of the memory must trap before a byte is written, as the instruction would. So the end of
 * the range is tried first, with a size of zero; a range whose end does not fit into 32 bits goes to the instruction
 * whole. Up to one piece is the instruction too, and takes its share of the budget: a loop may hold it.
 */
import { ByteWriter } from "./bytes.ts";
import { type Added, writeCheckAndRefill, writePay } from "./checks.ts";
import { bulk, emptyBlock, op, valueType } from "./opcodes.ts";

/** The parameters of both: to, from (or the value), bytes. */
export const pieceParams: number[] = [valueType.i32, valueType.i32, valueType.i32];
const to = 0, from = 1, size = 2;
/** A unit of the budget is 64 bytes. */
const unitShift = 6;

export function fillBody(added: Added): Uint8Array {
  const code = new Code(added, "fill");
  code.start([to]);
  code.forward([to]);
  return code.finish();
}

export function copyBody(added: Added): Uint8Array {
  const code = new Code(added, "copy");
  code.start([to, from]);
  // Upward where the target is below the source, else downward: a piece must not overwrite what is still to be read.
  code.get(to).get(from).op(op.i32LeU, op.if, emptyBlock);
  code.forward([to, from]);
  code.op(op.else);
  code.downward();
  code.op(op.end);
  return code.finish();
}

class Code {
  readonly #out = new ByteWriter(256);
  readonly #added: Added;
  readonly #kind: "fill" | "copy";

  constructor(added: Added, kind: "fill" | "copy") {
    this.#added = added;
    this.#kind = kind;
    // No locals.
    this.#out.u32(0);
  }

  /** The range that is one piece or cannot be one, and the trial of its end. `moving` are addresses. */
  start(moving: number[]): void {
    const { tuning } = this.#added;
    this.get(size).constant(tuning.piece).op(op.i32LeU);
    for (const address of moving) {
      this.get(address).get(size).op(op.i32Add).get(address).op(op.i32LtU, op.i32Or);
    }
    this.op(op.if, emptyBlock);
    this.get(to).get(from).get(size).instruction();
    if (tuning.weigh) {
      writePay(this.#out, this.#added, () => this.get(size).constant(unitShift).op(op.i32ShrU));
    }
    this.op(op.return, op.end);
    this.get(to).get(size).op(op.i32Add);
    this.get(from);
    if (moving.includes(from)) this.get(size).op(op.i32Add);
    this.constant(0).instruction();
  }

  forward(moving: number[]): void {
    const { piece } = this.#added.tuning;
    this.op(op.loop, emptyBlock);
    this.get(to).get(from).constant(piece).instruction();
    writeCheckAndRefill(this.#out, this.#added);
    for (const address of moving) this.get(address).constant(piece).op(op.i32Add).set(address);
    this.get(size).constant(piece).op(op.i32Sub).tee(size).constant(piece).op(op.i32GtU, op.brIf, 0, op.end);
    this.get(to).get(from).get(size).instruction();
  }

  downward(): void {
    const { piece } = this.#added.tuning;
    this.op(op.loop, emptyBlock);
    this.get(to).get(size).constant(piece).op(op.i32Sub).tee(size).op(op.i32Add);
    this.get(from).get(size).op(op.i32Add).constant(piece).instruction();
    writeCheckAndRefill(this.#out, this.#added);
    this.get(size).constant(piece).op(op.i32GtU, op.brIf, 0, op.end);
    this.get(to).get(from).get(size).instruction();
  }

  finish(): Uint8Array {
    return this.op(op.end).#out.written;
  }

  op(...bytes: number[]): this {
    this.#out.u8(...bytes);
    return this;
  }

  get(local: number): this {
    return this.op(op.localGet, local);
  }

  set(local: number): this {
    return this.op(op.localSet, local);
  }

  tee(local: number): this {
    return this.op(op.localTee, local);
  }

  constant(value: number): this {
    this.#out.u8(op.i32Const).s33(value);
    return this;
  }

  instruction(): this {
    if (this.#kind === "fill") return this.op(op.bulk, bulk.memoryFill, 0);
    return this.op(op.bulk, bulk.memoryCopy, 0, 0);
  }
}
