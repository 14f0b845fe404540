/**
 * Typed arrays in a kernel's memory, laid out as AssemblyScript's `StaticArray`:
 *
 *     | mmInfo | gcInfo | gcInfo2 | rtId | rtSize |  payload ...
 *     ^ block + 44                                ^ block + 64, which is what a kernel gets
 *
 * `rtSize` is the payload's size in bytes; of the other words no kernel asks. A string is laid out the same, in UTF-16.
 */
import { count, show } from "../core/mod.ts";
import { commonHeap, type KernelHeap } from "./heap.ts";
import type { NumberType } from "./manifest.ts";
import type { WasmMemory } from "./webassembly.ts";

/** Any typed array that a kernel can take or give. */
export type KernelArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

interface ArrayClass<A extends KernelArray = KernelArray> {
  new (buffer: ArrayBufferLike, at: number, length: number): A;
  new (length: number): A;
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
}

/** Which class holds which elements. */
export const CLASSES: Readonly<Record<NumberType, ArrayClass>> = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** Before the payload stands the header; a whole cache line is set aside for it. */
const HEAD = 64;
const RT_ID = 8, RT_SIZE = 4;
/** AssemblyScript's number for `String`. */
const STRING_ID = 2;

/** Makes room for an array of `bytes` bytes. Gives the address of its payload. */
export function allocateArray(heap: KernelHeap, bytes: number, id = 0): number {
  const at = heap.allocate(HEAD + bytes) + HEAD;
  const words = new Uint32Array(heap.memory.buffer, at - RT_ID, 2);
  words[0] = id;
  words[1] = bytes;
  return at;
}

export function releaseArray(heap: KernelHeap, at: number): void {
  heap.release(at - HEAD);
}

/** The size in bytes of the array or string whose payload is at this address. */
export function sizeAt(memory: WasmMemory, at: number): number {
  return new Uint32Array(memory.buffer, at - RT_SIZE, 1)[0];
}

/** A view of the array at this address. */
export function viewAt(
  memory: WasmMemory,
  type: NumberType,
  at: number,
  length: number,
): KernelArray {
  return new CLASSES[type](memory.buffer, at, length);
}

/** Puts a string there; gives its address. */
export function allocateString(heap: KernelHeap, text: string): number {
  const at = allocateArray(heap, 2 * text.length, STRING_ID);
  const units = new Uint16Array(heap.memory.buffer, at, text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return at;
}

const STRING_PIECE = 8_192;

/** The string at this address. */
export function stringAt(memory: WasmMemory, at: number): string {
  const units = new Uint16Array(memory.buffer, at, sizeAt(memory, at) / 2);
  let text = "";
  for (let i = 0; i < units.length; i += STRING_PIECE) {
    text += String.fromCharCode(...units.subarray(i, i + STRING_PIECE));
  }
  return text;
}

/** The same kind of array, in shared memory. */
export type InShared<A extends KernelArray> = A extends Int8Array ? Int8Array<SharedArrayBuffer>
  : A extends Uint8Array ? Uint8Array<SharedArrayBuffer>
  : A extends Uint8ClampedArray ? Uint8ClampedArray<SharedArrayBuffer>
  : A extends Int16Array ? Int16Array<SharedArrayBuffer>
  : A extends Uint16Array ? Uint16Array<SharedArrayBuffer>
  : A extends Int32Array ? Int32Array<SharedArrayBuffer>
  : A extends Uint32Array ? Uint32Array<SharedArrayBuffer>
  : A extends BigInt64Array ? BigInt64Array<SharedArrayBuffer>
  : A extends BigUint64Array ? BigUint64Array<SharedArrayBuffer>
  : A extends Float32Array ? Float32Array<SharedArrayBuffer>
  : Float64Array<SharedArrayBuffer>;

/** Where arrays of {@linkcode kernelArray} lie, by the arrays. */
const placed = new WeakMap<object, number>();

/**
 * A typed array in the memory of kernels, all zeros: kernels read and write it where it is, on every thread, and nothing is copied. Any
 * other typed array is copied in before a call and back after it.
 *
 * It is never freed by itself, since a part of it (`subarray`) may outlive it unseen: dispose of it, or write `using`.
 *
 * @param type the class, `Float32Array`.
 * @param content how many elements, or the elements.
 * @throws `RangeError` where the memory of kernels, 1 GiB, is full.
 * @example
 * ```ts
 * import { kernelArray } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * using numbers = kernelArray(Float64Array, [1, 2, 3]);
 * assertEquals(numbers.length, 3);
 * ```
 */
export function kernelArray<A extends KernelArray>(
  type: { new (length: number): A; readonly BYTES_PER_ELEMENT: number },
  content: number | ArrayLike<A[number]>,
): InShared<A> & Disposable {
  if (typeof type !== "function" || typeof type.BYTES_PER_ELEMENT !== "number") {
    throw new TypeError(
      `kernelArray: the first argument must be a class such as Float32Array, not ${show(type)}`,
    );
  }
  const length = typeof content === "number"
    ? count(content, "the length of a kernelArray", 0)
    : content?.length;
  if (!Number.isSafeInteger(length)) {
    throw new TypeError(
      `kernelArray: the second argument must be a length or elements, not ${show(content)}`,
    );
  }
  const heap = commonHeap();
  const at = allocateArray(heap, length * type.BYTES_PER_ELEMENT);
  const array = new (type as unknown as ArrayClass)(heap.memory.buffer, at, length) as A;
  if (typeof content === "number") heap.zero(at, array.byteLength);
  else (array as Float64Array).set(content as ArrayLike<number>);
  placed.set(array, at);
  const dispose = () => {
    if (placed.delete(array)) releaseArray(heap, at);
  };
  return Object.defineProperty(array, Symbol.dispose, { value: dispose }) as unknown as
    & InShared<A>
    & Disposable;
}

/** The address of an array that lies in this heap already; undefined for any other. */
export function addressIn(heap: KernelHeap, array: KernelArray): number | undefined {
  return heap === commonHeap() ? placed.get(array) : undefined;
}
