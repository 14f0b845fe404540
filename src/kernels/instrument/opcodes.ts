/**
 * The instruction set as the binary encodes it: which immediates follow an opcode. WebAssembly 2.0 (MVP, sign
 * extension, saturating conversions, bulk memory, reference types, multi-value, SIMD) with threads, tail calls and
 * relaxed SIMD. Not here, and so refused: exceptions, garbage collection, typed function references.
 */
import type { ByteReader } from "./bytes.ts";

/** The opcodes that the instrumentation looks at or writes. */
export const op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtS: 0x4a,
  i32GtU: 0x4b,
  i32LeS: 0x4c,
  i32LeU: 0x4d,
  i32GeS: 0x4e,
  i32GeU: 0x4f,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivU: 0x6e,
  i32And: 0x71,
  i32Or: 0x72,
  i32ShrU: 0x76,
  refFunc: 0xd2,
  bulk: 0xfc,
  simd: 0xfd,
  atomic: 0xfe,
} as const;

/** The second numbers of `op.bulk`. */
export const bulk = { memoryCopy: 10, memoryFill: 11 } as const;
/** The second numbers of `op.atomic`. */
export const atomic = { wait32: 1, wait64: 2, i32Load: 0x10 } as const;

export const valueType = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
} as const;
const valueTypes = new Set<number>(Object.values(valueType));

/** The type of a block that takes and gives nothing. */
export const emptyBlock = 0x40;

export function readValueType(reader: ByteReader): number {
  const at = reader.at;
  const type = reader.u8();
  if (!valueTypes.has(type)) reader.fail(`a value type that is not supported (0x${type.toString(16)})`, at);
  return type;
}

/** Passes over the immediates of a plain instruction: one that neither branches nor calls. */
export function skipImmediates(reader: ByteReader, opcode: number, at: number): void {
  if (opcode <= 0x01 || opcode === 0x1a || opcode === 0x1b || (opcode >= 0x45 && opcode <= 0xc4)) return;
  // local.*, global.*, table.get and table.set, memory.size and memory.grow: an index.
  if ((opcode >= 0x20 && opcode <= 0x26) || opcode === 0x3f || opcode === 0x40) reader.u32();
  else if (opcode >= 0x28 && opcode <= 0x3e) skipMemoryArgument(reader);
  else if (opcode === 0x41) reader.s33();
  else if (opcode === 0x42) reader.skipLeb();
  else if (opcode === 0x43) reader.skip(4);
  else if (opcode === 0x44) reader.skip(8);
  else if (opcode === 0x1c) { for (let count = reader.u32(); count > 0; count--) readValueType(reader); }
  else if (opcode === 0xd0) readValueType(reader);
  else if (opcode !== 0xd1) unknown(reader, opcode, at);
}

/** Passes over the immediates of `op.bulk`, `op.simd` or `op.atomic` with this second number. */
export function skipPrefixedImmediates(reader: ByteReader, opcode: number, sub: number, at: number): void {
  if (opcode === op.bulk) skipBulk(reader, sub, at);
  else if (opcode === op.simd) skipSimd(reader, sub, at);
  else if (sub === 3) reader.skip(1);
  else if (sub <= 2 || (sub >= 0x10 && sub <= 0x4e)) skipMemoryArgument(reader);
  else unknown(reader, opcode, at, sub);
}

function skipBulk(reader: ByteReader, sub: number, at: number): void {
  if (sub > 17) unknown(reader, op.bulk, at, sub);
  // Two indices: memory.init, memory.copy, table.init, table.copy. None: the saturating conversions.
  if (sub >= 8) reader.u32();
  if (sub === 8 || sub === 10 || sub === 12 || sub === 14) reader.u32();
}

/** Numbers below 0x100 that no SIMD instruction has. */
const simdHoles = new Set([
  ...[0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb],
  ...[0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee],
]);

function skipSimd(reader: ByteReader, sub: number, at: number): void {
  if (sub > 0x113 || simdHoles.has(sub)) unknown(reader, op.simd, at, sub);
  if (sub <= 11 || (sub >= 84 && sub <= 93)) skipMemoryArgument(reader);
  // A constant or a shuffle's lanes; then a lane, also after the address of a lane's load or store.
  if (sub === 12 || sub === 13) reader.skip(16);
  if ((sub >= 21 && sub <= 34) || (sub >= 84 && sub <= 91)) reader.skip(1);
}

function skipMemoryArgument(reader: ByteReader): void {
  // Bit 6 of the alignment says that the number of a memory follows.
  if ((reader.u32() & 0x40) !== 0) reader.u32();
  reader.skipLeb();
}

export function unknown(reader: ByteReader, opcode: number, at: number, sub?: number): never {
  const feature = (opcode >= 0x06 && opcode <= 0x0a) || opcode === 0x18 || opcode === 0x19 || opcode === 0x1f
    ? " (exception handling)"
    : opcode === 0xfb
    ? " (garbage collection)"
    : "";
  const number = sub === undefined ? "" : ` 0x${sub.toString(16)}`;
  return reader.fail(`an instruction that is not supported: 0x${opcode.toString(16)}${number}${feature}`, at);
}
