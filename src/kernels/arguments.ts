/** The arguments of a call: checked, put into the kernel's memory, and back out of it. */
import { show } from "../core/mod.ts";
import {
  addressIn,
  allocateArray,
  allocateString,
  CLASSES,
  type KernelArray,
  releaseArray,
  sizeAt,
  stringAt,
  viewAt,
} from "./arrays.ts";
import type { KernelHeap } from "./heap.ts";
import type {
  KernelFunction as Signature,
  NumberType,
  ParamType,
  ResultType,
  ScalarType,
} from "./manifest.ts";
import type { WasmMemory } from "./webassembly.ts";

/** What WebAssembly takes and gives. */
export type Raw = number | bigint;

/** Least and largest of each type of whole numbers. */
const RANGES: Partial<Record<ScalarType, readonly [number, number]>> = {
  i8: [-(2 ** 7), 2 ** 7 - 1],
  u8: [0, 2 ** 8 - 1],
  i16: [-(2 ** 15), 2 ** 15 - 1],
  u16: [0, 2 ** 16 - 1],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
};
const BIG_RANGES: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  u64: [0n, 2n ** 64n - 1n],
};

/** One call's arguments in the memory of a kernel, until `release`. */
export class Arguments {
  /** What the kernel is called with. */
  readonly raw: Raw[] = [];
  private readonly heap: KernelHeap;
  private readonly blocks: number[] = [];
  /** Arrays that lie outside, and where what was written for them is. */
  private readonly out: { array: KernelArray; type: NumberType; at: number }[] = [];

  /** @throws `TypeError`, `RangeError` for what does not fit the signature: then nothing is held. */
  constructor(
    heap: KernelHeap,
    { name, params }: Pick<Signature, "name" | "params">,
    given: readonly unknown[],
  ) {
    this.heap = heap;
    if (given.length !== params.length) {
      const names = params.map((param) => param.name).join(", ");
      throw new TypeError(`${name} takes ${params.length} arguments (${names}), not ${given.length}`);
    }
    try {
      params.forEach((param, i) =>
        this.raw.push(this.put(param, given[i], `${name}: argument ${param.name}`))
      );
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Copies back what the kernel has written. */
  takeOut(): void {
    for (const { array, type, at } of this.out) {
      (array as Uint8Array).set(viewAt(this.heap.memory, type, at, array.length) as Uint8Array);
    }
  }

  release(): void {
    for (const at of this.blocks.splice(0)) releaseArray(this.heap, at);
  }

  private put(param: ParamType, value: unknown, what: string): Raw {
    if (param.kind === "scalar") return rawOf(param.type, value, what);
    if (param.kind === "string") {
      if (typeof value !== "string") throw new TypeError(`${what} must be a string, not ${show(value)}`);
      return this.hold(allocateString(this.heap, value));
    }
    const { type, kind } = param;
    if (!fits(type, value)) throw new TypeError(`${what} must be a ${nameOf(type)}, not ${show(value)}`);
    const inPlace = addressIn(this.heap, value);
    if (inPlace !== undefined) {
      if (kind === "out") this.heap.zero(inPlace, value.byteLength);
      return inPlace;
    }
    const at = this.hold(allocateArray(this.heap, value.byteLength));
    const copy = viewAt(this.heap.memory, type, at, value.length);
    if (kind === "out") this.heap.zero(at, copy.byteLength);
    else (copy as Uint8Array).set(value as Uint8Array);
    if (kind !== "in") this.out.push({ array: value, type, at });
    return at;
  }

  private hold(at: number): number {
    this.blocks.push(at);
    return at;
  }
}

function fits(type: keyof typeof CLASSES, value: unknown): value is KernelArray {
  return value instanceof CLASSES[type] || (type === "u8" && value instanceof Uint8ClampedArray);
}

function nameOf(type: keyof typeof CLASSES): string {
  return type === "u8" ? "Uint8Array or Uint8ClampedArray" : CLASSES[type].name;
}

function rawOf(type: ScalarType, value: unknown, what: string): Raw {
  if (type === "bool") {
    if (typeof value !== "boolean") throw new TypeError(`${what} must be a boolean, not ${show(value)}`);
    return value ? 1 : 0;
  }
  const big = BIG_RANGES[type];
  if (big !== undefined) {
    if (typeof value !== "bigint") throw new TypeError(`${what} must be a bigint, not ${show(value)}`);
    if (value < big[0] || value > big[1]) {
      throw new RangeError(`${what} must be from ${big[0]} to ${big[1]}, not ${value}`);
    }
    return value;
  }
  if (typeof value !== "number") throw new TypeError(`${what} must be a number, not ${show(value)}`);
  const range = RANGES[type];
  if (range === undefined) return value;
  if (!Number.isInteger(value)) throw new TypeError(`${what} must be a whole number, not ${value}`);
  if (value < range[0] || value > range[1]) {
    throw new RangeError(`${what} must be from ${range[0]} to ${range[1]}, not ${value}`);
  }
  return value;
}

/** What a call has given, for its caller. Arrays and strings are copied out. */
export function resultOf(memory: WasmMemory, result: ResultType, raw: Raw | undefined): unknown {
  switch (result.kind) {
    case "void":
      return undefined;
    case "string":
      return stringAt(memory, Number(raw));
    case "array": {
      const at = Number(raw), { BYTES_PER_ELEMENT } = CLASSES[result.type];
      const view = viewAt(memory, result.type, at, sizeAt(memory, at) / BYTES_PER_ELEMENT);
      return ownCopy(view);
    }
    case "scalar":
      return scalarOf(result.type, raw as Raw);
  }
}

/** In memory that is not shared, as everybody expects. */
function ownCopy(view: KernelArray): KernelArray {
  const copy = new (view.constructor as new (length: number) => KernelArray)(view.length);
  (copy as Uint8Array).set(view as Uint8Array);
  return copy;
}

/** WebAssembly knows 32 and 64 bits, with a sign. */
function scalarOf(type: ScalarType, raw: Raw): unknown {
  switch (type) {
    case "bool":
      return raw !== 0;
    case "u64":
      return BigInt.asUintN(64, raw as bigint);
    case "u32":
      return raw as number >>> 0;
    case "i8":
      return raw as number << 24 >> 24;
    case "i16":
      return raw as number << 16 >> 16;
    case "u8":
      return raw as number & 0xff;
    case "u16":
      return raw as number & 0xffff;
    default:
      return raw;
  }
}
