/** Sorting by comparing. */

type Sortable = Float64Array | Float32Array | Uint32Array;

/** The order of `TypedArray.prototype.sort`: -0 before 0, NaN last. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : Number(Object.is(b, -0)) - Number(Object.is(a, -0));
}

export function sort<S extends Sortable>(values: S): S {
  return values.set([...values].sort(compare)), values;
}

export function argsort(values: Sortable): Uint32Array {
  return Uint32Array.from([...values.keys()].sort((i, j) => compare(values[i], values[j])));
}
