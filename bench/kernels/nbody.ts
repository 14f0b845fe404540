import { kernels } from "tendril/kernels";
import type { KernelCase } from "./types.ts";

const N = 2_000, SOFTENING = 0.1;

const bodies = Float32Array.from({ length: 4 * N }, (_, i) => i % 4 === 3 ? 1 + i % 7 : Math.sin(i * i) * 10);

/** In doubles, each coordinate in an array of its own. */
const x = new Float64Array(N), y = new Float64Array(N), z = new Float64Array(N), mass = new Float64Array(N);
for (let i = 0; i < N; i++) [x[i], y[i], z[i], mass[i]] = bodies.subarray(4 * i, 4 * i + 4);

function accelerations(): Float32Array {
  const out = new Float32Array(3 * N);
  for (let i = 0; i < N; i++) {
    const xi = x[i], yi = y[i], zi = z[i];
    let ax = 0, ay = 0, az = 0;
    for (let j = 0; j < N; j++) {
      const dx = x[j] - xi, dy = y[j] - yi, dz = z[j] - zi;
      const square = dx * dx + dy * dy + dz * dz + SOFTENING * SOFTENING;
      const by = mass[j] / (square * Math.sqrt(square));
      ax += by * dx;
      ay += by * dy;
      az += by * dz;
    }
    out[3 * i] = ax;
    out[3 * i + 1] = ay;
    out[3 * i + 2] = az;
  }
  return out;
}

export const cases: readonly KernelCase[] = [{
  title: "nbody, 2,000² pairs",
  sides: {
    tendril: () => kernels.nbody.sync(bodies, { softening: SOFTENING }),
    "TypeScript, f64": accelerations,
  },
  same: (ours, theirs) => {
    const a = ours as Float32Array, b = theirs as Float32Array;
    return a.every((v, i) => Math.abs(v - b[i]) < 1e-3 * (10 + Math.abs(b[i])));
  },
}];
