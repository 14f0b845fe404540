/** What threads do for the data-parallel helpers: one part of an array each, in shared memory. */
import { loadModule } from "../host/io.ts";

/** Arrays of numbers. */
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** Where a function of the user's is. */
export interface Place {
  readonly url: string;
  readonly name: string;
}

type Fn = (a: number, b: number) => number;

async function load({ url, name }: Place): Promise<Fn> {
  const found = (await loadModule(url))[name];
  if (typeof found !== "function") throw new TypeError(`${url} exports no function ${JSON.stringify(name)}`);
  return found as Fn;
}

export async function mapPart(
  place: Place,
  from: NumberArray,
  to: NumberArray,
  start: number,
  end: number,
): Promise<void> {
  const f = await load(place);
  for (let i = start; i < end; i++) to[i] = f(from[i], i);
}

/** The parts are never empty. */
export async function reducePart(
  place: Place,
  from: NumberArray,
  start: number,
  end: number,
): Promise<number> {
  const f = await load(place);
  let result = from[start];
  for (let i = start + 1; i < end; i++) result = f(result, from[i]);
  return result;
}

export async function sortPart(
  place: Place | null,
  array: NumberArray,
  start: number,
  end: number,
): Promise<void> {
  const part = array.subarray(start, end);
  if (place === null) part.sort();
  else part.sort(await load(place));
}

/** One run of numbers in order. */
export type Run = readonly [start: number, end: number];

/** Writes a part of what two neighbouring runs give when they are merged: the places from `start` to `end` of the whole. */
export async function mergePart(
  place: Place | null,
  from: NumberArray,
  to: NumberArray,
  [a, b]: readonly [Run, Run],
  start: number,
  end: number,
): Promise<void> {
  const f = place === null ? null : await load(place);
  // Those of `b` go first only where they are really smaller: merging is stable.
  const isLess = f === null ? before : (x: number, y: number) => f(x, y) < 0;
  let i = a[0] + split(from, a, b, start - a[0], isLess);
  let j = b[0] + (start - i);
  const [endA, endB] = [a[1], b[1]];
  for (let k = start; k < end; k++) {
    if (j >= endB || (i < endA && !isLess(from[j], from[i]))) to[k] = from[i++];
    else to[k] = from[j++];
  }
}

/** How many of the first `n` of the merged come from `a`: binary search along the merge path (Odeh, Green et al., "Merge path"). */
function split(
  array: NumberArray,
  a: Run,
  b: Run,
  n: number,
  isLess: (x: number, y: number) => boolean,
): number {
  let low = Math.max(0, n - (b[1] - b[0])), high = Math.min(n, a[1] - a[0]);
  while (low < high) {
    const i = (low + high) >> 1, j = n - i;
    if (isLess(array[b[0] + j - 1], array[a[0] + i])) high = i;
    else low = i + 1;
  }
  return low;
}

/** The order of `TypedArray.sort`: NaN last, -0 before 0. */
function before(x: number, y: number): boolean {
  if (x < y) return true;
  if (x > y) return false;
  if (x === y) return x === 0 && Object.is(x, -0) && !Object.is(y, -0);
  return x === x; // y is NaN, x is not
}
