export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const high = sorted[sorted.length >> 1];
  const low = sorted[(sorted.length - 1) >> 1];
  if (high === undefined || low === undefined) throw new RangeError("the median of nothing");
  return (high + low) / 2;
}

/** The least-squares slope of log(y) over log(x): the exponent of growth. */
export function exponent(xs: readonly number[], ys: readonly number[]): number {
  const points = xs.map((x, i) => [Math.log(x), Math.log(ys[i] ?? NaN)] as const);
  const mean = (at: 0 | 1) => points.reduce((sum, p) => sum + p[at], 0) / points.length;
  const [mx, my] = [mean(0), mean(1)];
  let over = 0;
  let under = 0;
  for (const [x, y] of points) {
    over += (x - mx) * (y - my);
    under += (x - mx) ** 2;
  }
  return over / under;
}
