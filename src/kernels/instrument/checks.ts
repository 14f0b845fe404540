/** The checks themselves, as instructions, and the budget in its global. */
import type { ByteWriter } from "./bytes.ts";
import { atomic, emptyBlock, op } from "./opcodes.ts";
import type { Mode, Tuning } from "./plan.ts";

/** The numbers of what the pass adds to a module. */
export interface Added {
  mode: Mode;
  tuning: Tuning;
  /** Functions of the module by their new numbers: an import that is added moves them up. */
  moved: (index: number) => number;
  /** The number of a type, which is added where the module does not have it. */
  typeIndex: (params: number[], results: number[]) => number;
  /** Globals: what is left until the next check; where the flag is; the id of the run. */
  budget: number;
  flag: number;
  run: number;
  /** Functions: the host's check (mode "slice"); `memory.fill` and `memory.copy` in pieces. */
  check: number;
  fill: number;
  copy: number;
}

/**
 * What stands between two strips. The flag is loaded atomically, since JavaScriptCore moves a plain load that leads to
 * a trap out of a loop without stores, and such a loop never ends. It holds the id of a run, and not a boolean, so that
 * a kill that comes late does not end the next run.
 */
export function writeCheck(out: ByteWriter, added: Added): void {
  if (added.mode === "slice") {
    out.u8(op.call).u32(added.check);
    return;
  }
  out.u8(op.globalGet).u32(added.flag);
  out.u8(op.atomic, atomic.i32Load, 2, 0);
  out.u8(op.globalGet).u32(added.run);
  out.u8(op.i32Eq, op.if, emptyBlock, op.unreachable, op.end);
}

/** A check, behind which the budget in the global is full. */
export function writeCheckAndRefill(out: ByteWriter, added: Added): void {
  writeCheck(out, added);
  out.u8(op.i32Const).s33(added.tuning.strip).u8(op.globalSet).u32(added.budget);
}

/** Takes what `units` leaves on the stack from the budget in its global, and checks where nothing is left. */
export function writePay(out: ByteWriter, added: Added, units: () => void): void {
  out.u8(op.globalGet).u32(added.budget);
  units();
  out.u8(op.i32Sub, op.globalSet).u32(added.budget);
  out.u8(op.globalGet).u32(added.budget);
  out.u8(op.i32Const, 0, op.i32LeS, op.if, emptyBlock);
  writeCheckAndRefill(out, added);
  out.u8(op.end);
}
