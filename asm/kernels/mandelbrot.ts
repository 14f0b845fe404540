// How long each point of a picture stays near: the Mandelbrot set. The range is rows; four points of a row at a time, two vectors,
// go on until the last of them has left.

/** Steps of the points of rows `from` up to `to`, in 16 bits. */
export function mandelbrot16(
  out: Out<u16>,
  width: i32,
  left: f64,
  top: f64,
  step: f64,
  limit: i32,
  from: i32,
  to: i32,
): void {
  rows<u16>(changetype<usize>(out), width, left, top, step, limit, from, to);
}

/** The same in 32 bits. */
export function mandelbrot32(
  out: Out<u32>,
  width: i32,
  left: f64,
  top: f64,
  step: f64,
  limit: i32,
  from: i32,
  to: i32,
): void {
  rows<u32>(changetype<usize>(out), width, left, top, step, limit, from, to);
}

// @ts-ignore: decorator
@inline
function pair(left: f64, step: f64, x: i32): v128 {
  return f64x2.replace_lane(f64x2.splat(left + step * <f64> x), 1, left + step * <f64> (x + 1));
}

function rows<T>(out: usize, width: i32, left: f64, top: f64, step: f64, limit: i32, from: i32, to: i32): void {
  const four = f64x2.splat(4);
  for (let y = from; y < to; y++) {
    const ci = f64x2.splat(top - step * <f64> y);
    for (let x = 0; x < width; x += 4) {
      const cr0 = pair(left, step, x), cr1 = pair(left, step, x + 2);
      let zr0 = f64x2.splat(0), zi0 = zr0, zr1 = zr0, zi1 = zr0;
      let here0 = i64x2.splat(-1), here1 = here0, steps0 = i64x2.splat(0), steps1 = steps0;
      for (let n = 0; n < limit; n++) {
        const rr0 = f64x2.mul(zr0, zr0), ii0 = f64x2.mul(zi0, zi0);
        const rr1 = f64x2.mul(zr1, zr1), ii1 = f64x2.mul(zi1, zi1);
        here0 = v128.and(here0, f64x2.le(f64x2.add(rr0, ii0), four));
        here1 = v128.and(here1, f64x2.le(f64x2.add(rr1, ii1), four));
        if (!v128.any_true(v128.or(here0, here1))) break;
        steps0 = i64x2.sub(steps0, here0);
        steps1 = i64x2.sub(steps1, here1);
        const ri0 = f64x2.mul(zr0, zi0), ri1 = f64x2.mul(zr1, zi1);
        zi0 = f64x2.add(f64x2.add(ri0, ri0), ci);
        zi1 = f64x2.add(f64x2.add(ri1, ri1), ci);
        zr0 = f64x2.add(f64x2.sub(rr0, ii0), cr0);
        zr1 = f64x2.add(f64x2.sub(rr1, ii1), cr1);
      }
      const at = out + <usize> (y * width + x) * sizeof<T>();
      store<T>(at, <T> i64x2.extract_lane(steps0, 0));
      if (x + 1 < width) store<T>(at + sizeof<T>(), <T> i64x2.extract_lane(steps0, 1));
      if (x + 2 < width) store<T>(at + 2 * sizeof<T>(), <T> i64x2.extract_lane(steps1, 0));
      if (x + 3 < width) store<T>(at + 3 * sizeof<T>(), <T> i64x2.extract_lane(steps1, 1));
    }
  }
}
