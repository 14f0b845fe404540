/** The kinds of numbers in shared memory. */

/** By name, as WebAssembly and `DataView` call them. */
export interface NumberArrays {
  int8: Int8Array<SharedArrayBuffer>;
  uint8: Uint8Array<SharedArrayBuffer>;
  int16: Int16Array<SharedArrayBuffer>;
  uint16: Uint16Array<SharedArrayBuffer>;
  int32: Int32Array<SharedArrayBuffer>;
  uint32: Uint32Array<SharedArrayBuffer>;
  int64: BigInt64Array<SharedArrayBuffer>;
  uint64: BigUint64Array<SharedArrayBuffer>;
  float32: Float32Array<SharedArrayBuffer>;
  float64: Float64Array<SharedArrayBuffer>;
}

/** See {@linkcode NumberArrays}. */
export type NumberType = keyof NumberArrays;

/** What a variable of this type holds: 64-bit integers are `bigint`s. */
export type NumberOf<K extends NumberType> = NumberArrays[K][number];

/** Makes the arrays. */
export const ARRAYS: {
  readonly [K in NumberType]: {
    new (buffer: SharedArrayBuffer, offset?: number, length?: number): NumberArrays[K];
    readonly BYTES_PER_ELEMENT: number;
  };
} = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** @throws `TypeError` if there is no such type. */
export function checkType(type: string, what: string): void {
  if (Object.hasOwn(ARRAYS, type)) return;
  throw new TypeError(
    `${what} has no type ${JSON.stringify(type)}: it is one of ${Object.keys(ARRAYS).join(", ")}`,
  );
}
