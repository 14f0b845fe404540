/**
 * Fourier transforms.
 *
 * Length: six of them, each with its example, over the same few steps.
 */
import { show } from "../../core/mod.ts";
import { kernelArray } from "../arrays.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/fft.ts";
import { embedded, kernel, type Run } from "./define.ts";

/** What a transform is asked for, before where it runs: `fft(values, {}, { pool })`. */
export interface FourierOptions {
  /** Where the result goes; it may be `values` itself. Default: a new array, whose memory takes time as well. */
  out?: Float64Array;
}

/** What a transform in two dimensions is asked for: how many rows and columns of complex numbers there are. */
export interface GridOptions extends FourierOptions {
  rows: number;
  columns: number;
}

const module = embedded(wasm);

/** Rows of a matrix that are transposed together: the kernel has the same. */
const TILE = 16;

function checkNumbers(what: string, values: Float64Array): void {
  if (!(values instanceof Float64Array)) {
    throw new TypeError(`${what}: values must be a Float64Array, not ${show(values)}`);
  }
}

function checkOut(what: string, options: FourierOptions, length: number): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${what}: the second argument must be an object of options, not ${show(options)}`);
  }
  const { out } = options;
  if (out !== undefined && !(out instanceof Float64Array && out.length === length)) {
    throw new TypeError(`${what}: out must be a Float64Array of ${length} elements, not ${show(out)}`);
  }
}

function checkPower(what: string, n: number, of: string): void {
  if (n >= 1 && Number.isInteger(Math.log2(n))) return;
  const next = 2 ** Math.ceil(Math.log2(Math.max(n, 1)));
  throw new RangeError(
    `${what}: there must be a power of two of ${of}, not ${n}: fill up with zeros to ${next}`,
  );
}

function checkComplex(what: string, values: Float64Array, options: FourierOptions = {}): void {
  checkNumbers(what, values);
  checkOut(what, options, values.length);
  if (values.length % 2 !== 0) {
    throw new RangeError(
      `${what}: values has ${values.length} elements, and a complex number is two, real and imaginary part`,
    );
  }
  checkPower(what, values.length / 2, "complex numbers");
}

/** exp(-2πi k / n) for k below 3n/4. Only sines and cosines of the first octant are asked for; the others mirror it, exactly. */
function makeTable(n: number): Float64Array {
  const table = new Float64Array(2 * Math.max(Math.ceil(0.75 * n), 2));
  for (let k = 0; 2 * k < table.length; k++) {
    // An odd octant is seen from its end.
    const octant = Math.floor(8 * k / n), isOdd = octant % 2 === 1;
    const angle = 2 * Math.PI * (isOdd ? (octant + 1) * n / 8 - k : k - octant * n / 8) / n;
    const [near, far] = isOdd ? [Math.sin(angle), Math.cos(angle)] : [Math.cos(angle), Math.sin(angle)];
    const quadrant = octant >> 1;
    table[2 * k] = quadrant === 0 ? near : quadrant === 1 ? -far : quadrant === 2 ? -near : far;
    table[2 * k + 1] = quadrant === 0 ? -far : quadrant === 1 ? -near : quadrant === 2 ? far : near;
  }
  return table;
}

/** Tables up to this size stay in the memory of kernels, together below 4 MiB; of larger ones the last stays outside of it. */
const KEPT = 2 ** 17;
const tables = new Map<number, Float64Array>();
let large: { readonly n: number; readonly table: Float64Array } | undefined;

function tableOf(run: Run, n: number): Float64Array {
  if (n > KEPT) {
    if (large?.n !== n) large = { n, table: makeTable(n) };
    return run.array(Float64Array, large.table);
  }
  let table = tables.get(n);
  if (table === undefined) tables.set(n, table = kernelArray(Float64Array, makeTable(n)));
  return table;
}

/** Up to so many numbers are transformed in one call: some tens of microseconds, which are not worth sharing. */
const ROW = 2 ** 13;

type Steps<T> = Generator<unknown, T, unknown>;

/** A copy of the numbers, and room for as many. */
function twoArrays(run: Run, values: Float64Array): readonly [Float64Array, Float64Array] {
  return [run.array(Float64Array, values), run.array(Float64Array, values.length)];
}

/** Puts the result where it is wanted. */
function put(result: Float64Array, { out = new Float64Array(result.length) }: FourierOptions): Float64Array {
  out.set(result); // four times as fast as `new Float64Array(result)` on V8
  return out;
}

/** Whether so many numbers take an odd number of passes. */
function isSwapped(n: number): boolean {
  return Math.ceil(Math.log2(n) / 2) % 2 === 1;
}

/** Transforms `n` numbers in `x`. The result is in `x` or in `spare`. `step`: of which a table is, for how many times as many. */
function* transform(
  run: Run,
  [x, spare]: readonly [Float64Array, Float64Array],
  n: number,
  table: Float64Array,
  step: number,
  turn: 1 | -1,
): Steps<Float64Array> {
  if (n <= ROW) {
    yield* run.phase(module(), "rows", [x, spare, table, n, step, turn], 1);
    return isSwapped(n) ? spare : x;
  }
  let stride = 1;
  for (; 4 * stride <= n; stride *= 4) {
    yield* run.phase(module(), "pass4", [x, spare, table, n, stride, stride * step, turn], n / 4);
    [x, spare] = [spare, x];
  }
  if (stride === n) return x;
  yield* run.phase(module(), "pass2", [x, spare, n], n / 2);
  return spare;
}

/** Transforms rows, and makes columns of them. */
function* transformRows(
  run: Run,
  [x, spare]: readonly [Float64Array, Float64Array],
  { rows, columns }: Pick<GridOptions, "rows" | "columns">,
  turn: 1 | -1,
): Steps<readonly [Float64Array, Float64Array]> {
  yield* run.phase(module(), "rows", [x, spare, tableOf(run, columns), columns, 1, turn], rows);
  const [done, free] = isSwapped(columns) ? [spare, x] : [x, spare];
  yield* run.phase(module(), "transpose", [done, free, rows, columns], Math.ceil(rows / TILE));
  return [free, done];
}

function* scaled(run: Run, values: Float64Array, factor: number): Steps<Float64Array> {
  yield* run.phase(module(), "scale", [values, factor], values.length / 2);
  return values;
}

function* complex(
  run: Run,
  values: Float64Array,
  options: FourierOptions,
  turn: 1 | -1,
): Steps<Float64Array> {
  const n = values.length / 2;
  const done = yield* transform(run, twoArrays(run, values), n, tableOf(run, n), 1, turn);
  return put(turn === 1 ? done : yield* scaled(run, done, 1 / n), options);
}

function* grid(run: Run, values: Float64Array, shape: GridOptions, turn: 1 | -1): Steps<Float64Array> {
  const { rows, columns } = shape;
  const arrays = yield* transformRows(run, twoArrays(run, values), shape, turn);
  const [done] = yield* transformRows(run, arrays, { rows: columns, columns: rows }, turn);
  return put(turn === 1 ? done : yield* scaled(run, done, 1 / (rows * columns)), shape);
}

function checkGrid(what: string, values: Float64Array, options: GridOptions): void {
  checkNumbers(what, values);
  checkOut(what, options, values.length);
  const { rows, columns } = options;
  for (const [name, n] of Object.entries({ rows, columns })) checkPower(what, n, name);
  if (values.length !== 2 * rows * columns) {
    throw new RangeError(
      `${what}: values has ${values.length} elements, and ${rows} × ${columns} complex numbers have ${
        2 * rows * columns
      }`,
    );
  }
}

/**
 * The discrete Fourier transform of complex numbers: number `k` of the result is the sum over `j` of `x[j] * exp(-2πi jk / n)`, as numpy's
 * `fft.fft` has it. It gains from some thousands of numbers on.
 *
 * @param values n complex numbers, real and imaginary parts in turn; n is a power of two.
 * @returns as many, the same way. Exact to about 1e-15 of the largest.
 * @throws `RangeError` for other lengths: fill up with zeros.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const values = new Float64Array([1, 0, 2, 0, 3, 0, 4, 0]);
 * assertEquals([...await kernels.fft(values)], [10, 0, -2, 2, -2, 0, -2, -2]);
 * ```
 */
export const fft: KernelFunction<[values: Float64Array, options?: FourierOptions], Float64Array> = kernel(
  "fft",
  2,
  (values: Float64Array, options?: FourierOptions) => checkComplex("fft", values, options),
  (run, values: Float64Array, options: FourierOptions = {}) => complex(run, values, options, 1),
);

/**
 * The inverse of {@linkcode fft}: the numbers whose transform these are.
 *
 * @param values n complex numbers, real and imaginary parts in turn; n is a power of two.
 * @throws `RangeError` for other lengths.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...await kernels.ifft(new Float64Array([3, 0, -1, 0]))], [1, 0, 2, 0]);
 * ```
 */
export const ifft: KernelFunction<[values: Float64Array, options?: FourierOptions], Float64Array> = kernel(
  "ifft",
  2,
  (values: Float64Array, options?: FourierOptions) => checkComplex("ifft", values, options),
  (run, values: Float64Array, options: FourierOptions = {}) => complex(run, values, options, -1),
);

/**
 * The Fourier transform of real numbers, in half the time of {@linkcode fft}: the first half of the spectrum, of which the other half is the
 * mirror image.
 *
 * @param values n real numbers; n is a power of two from 2.
 * @returns n/2 + 1 complex numbers, real and imaginary parts in turn.
 * @throws `RangeError` for other lengths: fill up with zeros.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...await kernels.rfft(new Float64Array([1, 2, 3, 4]))], [10, 0, -2, 2, -2, 0]);
 * ```
 */
export const rfft: KernelFunction<[values: Float64Array, options?: FourierOptions], Float64Array> = kernel(
  "rfft",
  2,
  (values: Float64Array, options: FourierOptions = {}) => {
    checkNumbers("rfft", values);
    checkOut("rfft", options, values.length + 2);
    checkPower("rfft", values.length === 1 ? 1.5 : values.length, "real numbers, at least two");
  },
  function* (run, values: Float64Array, options: FourierOptions = {}) {
    const h = values.length / 2, table = tableOf(run, 2 * h);
    const z = yield* transform(run, twoArrays(run, values), h, table, 2, 1);
    const { out = new Float64Array(2 * h + 2) } = options;
    yield* run.phase(module(), "split", [z, out, table, h], h + 1);
    return out;
  },
);

/**
 * The inverse of {@linkcode rfft}: n real numbers.
 *
 * @param values n/2 + 1 complex numbers, real and imaginary parts in turn; n is a power of two from 2.
 * @throws `RangeError` for other lengths.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...await kernels.irfft(new Float64Array([10, 0, -2, 2, -2, 0]))], [1, 2, 3, 4]);
 * ```
 */
export const irfft: KernelFunction<[values: Float64Array, options?: FourierOptions], Float64Array> = kernel(
  "irfft",
  2,
  (values: Float64Array, options: FourierOptions = {}) => {
    checkNumbers("irfft", values);
    const h = values.length / 2 - 1;
    if (h < 1 || !Number.isInteger(Math.log2(h))) {
      throw new RangeError(
        `irfft: values has ${values.length} elements, which is not n + 2 for a power of two n from 2`,
      );
    }
    checkOut("irfft", options, 2 * h);
  },
  function* (run, values: Float64Array, options: FourierOptions = {}) {
    const h = values.length / 2 - 1, table = tableOf(run, 2 * h);
    const arrays = [run.array(Float64Array, 2 * h), run.array(Float64Array, 2 * h)] as const;
    yield* run.phase(module(), "join", [values, arrays[0], table, h], h);
    const z = yield* transform(run, arrays, h, table, 2, -1);
    return put(yield* scaled(run, z, 1 / h), options);
  },
);

/**
 * The Fourier transform in two dimensions: of each row, then of each column, as numpy's `fft.fft2`.
 *
 * @param values rows × columns complex numbers, row by row, real and imaginary parts in turn; both are powers of two.
 * @throws `RangeError` for other shapes, and lengths that do not fit.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const values = new Float64Array([1, 0, 2, 0, 3, 0, 4, 0]);
 * assertEquals([...await kernels.fft2(values, { rows: 2, columns: 2 })], [10, 0, -2, 0, -4, 0, 0, 0]);
 * ```
 */
export const fft2: KernelFunction<[values: Float64Array, shape: GridOptions], Float64Array> = kernel(
  "fft2",
  2,
  (values: Float64Array, shape: GridOptions) => checkGrid("fft2", values, shape),
  (run, values: Float64Array, shape: GridOptions) => grid(run, values, shape, 1),
);

/**
 * The inverse of {@linkcode fft2}.
 *
 * @param values rows × columns complex numbers, row by row, real and imaginary parts in turn; both are powers of two.
 * @throws `RangeError` for other shapes, and lengths that do not fit.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const spectrum = new Float64Array([10, 0, -2, 0, -4, 0, 0, 0]);
 * assertEquals([...await kernels.ifft2(spectrum, { rows: 2, columns: 2 })], [1, 0, 2, 0, 3, 0, 4, 0]);
 * ```
 */
export const ifft2: KernelFunction<[values: Float64Array, shape: GridOptions], Float64Array> = kernel(
  "ifft2",
  2,
  (values: Float64Array, shape: GridOptions) => checkGrid("ifft2", values, shape),
  (run, values: Float64Array, shape: GridOptions) => grid(run, values, shape, -1),
);
