// A kernel, in AssemblyScript: what ../kernels_mine.ts runs. `tendril build mine.ts` has written mine.kernel.ts from it.

/** The mean of each value and its neighbours, `reach` of them on either side. */
export function smooth(values: In<f64>, reach: i32, out: Out<f64>, from: i32, to: i32): void {
  for (let i = from; i < to; i++) {
    const first = max(i - reach, 0), last = min(i + reach, values.length - 1);
    let sum = 0.0;
    for (let k = first; k <= last; k++) sum += values[k];
    out[i] = sum / <f64> (last - first + 1);
  }
}

/** How many values are in each of so many equal parts of the span from `low` to `high`. */
export function histogram(values: In<f64>, low: f64, high: f64, parts: i32): StaticArray<i32> {
  if (high <= low) throw new Error("the span is empty");
  const counts = new StaticArray<i32>(parts);
  const scale = <f64> parts / (high - low);
  for (let i = 0; i < values.length; i++) {
    const part = <i32> ((values[i] - low) * scale);
    if (part >= 0 && part < parts) counts[part]++;
  }
  return counts;
}
