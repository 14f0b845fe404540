/** What numbers are like, by their definitions, in two passes. */

type Numbers = Float64Array | Float32Array;

/** A sum that loses nothing worth a word, by Neumaier's correction. */
function exactSum(values: Iterable<number>): number {
  let sum = 0, lost = 0;
  for (const x of values) {
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? (sum - next) + x : (x - next) + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? sum + lost : sum;
}

export function stats(
  values: Numbers,
): { count: number; sum: number; mean: number; variance: number; min: number; max: number } {
  const count = values.length, sum = exactSum(values), mean = sum / count;
  let min = Infinity, max = -Infinity;
  for (const x of values) {
    min = Math.min(min, x);
    max = Math.max(max, x);
  }
  return {
    count,
    sum,
    mean,
    variance: exactSum(Array.from(values, (x) => (x - mean) ** 2)) / count,
    min,
    max,
  };
}
