/** All pairs of bodies, each step rounded as Float32. */

const { fround, sqrt } = Math;

export function nbody(
  bodies: Float32Array,
  { softening = 0, gravity = 1 }: { softening?: number; gravity?: number },
): Float32Array {
  const many = bodies.length / 4, out = new Float32Array(3 * many);
  const soft = fround(softening ** 2), g = fround(gravity);
  for (let i = 0; i < many; i++) {
    let ax = 0, ay = 0, az = 0;
    for (let j = 0; j < many; j++) {
      const dx = fround(bodies[4 * j] - bodies[4 * i]), dy = fround(bodies[4 * j + 1] - bodies[4 * i + 1]);
      const dz = fround(bodies[4 * j + 2] - bodies[4 * i + 2]);
      const square = fround(
        fround(fround(fround(dx * dx) + fround(dy * dy)) + fround(dz * dz)) + soft,
      );
      const by = square === 0 ? 0 : fround(bodies[4 * j + 3] / fround(square * fround(sqrt(square))));
      ax = fround(ax + fround(by * dx));
      ay = fround(ay + fround(by * dy));
      az = fround(az + fround(by * dz));
    }
    out[3 * i] = g * ax;
    out[3 * i + 1] = g * ay;
    out[3 * i + 2] = g * az;
  }
  return out;
}
