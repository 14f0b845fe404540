/** Multiplies the numbers from `from` up to `to` (excluded) by `factor`, where they are. */
export function scale(values: InOut<f64>, factor: f64, from: i32, to: i32): void {
  for (let i = from; i < to; i++) values[i] *= factor;
}
