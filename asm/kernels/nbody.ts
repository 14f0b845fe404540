// How all bodies pull at each: a body is x, y, z and mass, one vector. Eight bodies at a time are pulled by one after the other,
// so each sum is added in the order of the bodies. Blocks of eight are the range.

const BLOCK: i32 = 8;

/** One coordinate of the bodies at `a`, of four whose addresses are so far apart. */
// @ts-ignore: decorator
@inline
function gather(a0: usize, a1: usize, a2: usize, a3: usize): v128 {
  let v = v128.load32_splat(a0);
  v = f32x4.replace_lane(v, 1, load<f32>(a1));
  v = f32x4.replace_lane(v, 2, load<f32>(a2));
  return f32x4.replace_lane(v, 3, load<f32>(a3));
}

/** The pull of a body on four, without the direction: mass / distance³, and nothing on those in the same place. */
// @ts-ignore: decorator
@inline
function pull(mass: v128, square: v128): v128 {
  const zero = f32x4.splat(0);
  return v128.andnot(f32x4.div(mass, f32x4.mul(square, f32x4.sqrt(square))), f32x4.eq(square, zero));
}

/** The accelerations, x, y and z, of blocks `from` up to `to`. `softening` is the square of the length. */
export function accelerations(
  bodies: In<f32>,
  out: InOut<f32>,
  softening: f32,
  gravity: f32,
  from: i32,
  to: i32,
): void {
  const B = changetype<usize>(bodies), many = bodies.length >> 2, end = B + (<usize> many << 4);
  const soft = f32x4.splat(softening), last = many - 1;
  for (let block = from; block < to; block++) {
    const i = block * BLOCK;
    const a0 = B + (<usize> i << 4), a1 = B + (<usize> min(i + 1, last) << 4);
    const a2 = B + (<usize> min(i + 2, last) << 4), a3 = B + (<usize> min(i + 3, last) << 4);
    const a4 = B + (<usize> min(i + 4, last) << 4), a5 = B + (<usize> min(i + 5, last) << 4);
    const a6 = B + (<usize> min(i + 6, last) << 4), a7 = B + (<usize> min(i + 7, last) << 4);
    const x0 = gather(a0, a1, a2, a3), x1 = gather(a4, a5, a6, a7);
    const y0 = gather(a0 + 4, a1 + 4, a2 + 4, a3 + 4), y1 = gather(a4 + 4, a5 + 4, a6 + 4, a7 + 4);
    const z0 = gather(a0 + 8, a1 + 8, a2 + 8, a3 + 8), z1 = gather(a4 + 8, a5 + 8, a6 + 8, a7 + 8);
    let ax0 = f32x4.splat(0), ay0 = ax0, az0 = ax0, ax1 = ax0, ay1 = ax0, az1 = ax0;
    for (let b = B; b < end; b += 16) {
      const x = v128.load32_splat(b), y = v128.load32_splat(b, 4), z = v128.load32_splat(b, 8);
      const mass = v128.load32_splat(b, 12);
      const dx0 = f32x4.sub(x, x0), dy0 = f32x4.sub(y, y0), dz0 = f32x4.sub(z, z0);
      const dx1 = f32x4.sub(x, x1), dy1 = f32x4.sub(y, y1), dz1 = f32x4.sub(z, z1);
      let square = f32x4.add(f32x4.add(f32x4.mul(dx0, dx0), f32x4.mul(dy0, dy0)), f32x4.mul(dz0, dz0));
      let by = pull(mass, f32x4.add(square, soft));
      ax0 = f32x4.add(ax0, f32x4.mul(by, dx0));
      ay0 = f32x4.add(ay0, f32x4.mul(by, dy0));
      az0 = f32x4.add(az0, f32x4.mul(by, dz0));
      square = f32x4.add(f32x4.add(f32x4.mul(dx1, dx1), f32x4.mul(dy1, dy1)), f32x4.mul(dz1, dz1));
      by = pull(mass, f32x4.add(square, soft));
      ax1 = f32x4.add(ax1, f32x4.mul(by, dx1));
      ay1 = f32x4.add(ay1, f32x4.mul(by, dy1));
      az1 = f32x4.add(az1, f32x4.mul(by, dz1));
    }
    const g = f32x4.splat(gravity), n = many - i;
    put(out, i, min(n, 4), f32x4.mul(g, ax0), f32x4.mul(g, ay0), f32x4.mul(g, az0));
    if (n > 4) put(out, i + 4, min(n - 4, 4), f32x4.mul(g, ax1), f32x4.mul(g, ay1), f32x4.mul(g, az1));
  }
}

/** Stores the first `n` lanes of three vectors, x, y and z in turn. */
function put(out: StaticArray<f32>, i: i32, n: i32, x: v128, y: v128, z: v128): void {
  for (let lane = 0; lane < n; lane++) {
    out[3 * (i + lane)] = f32x4.extract_lane(x, 0);
    out[3 * (i + lane) + 1] = f32x4.extract_lane(y, 0);
    out[3 * (i + lane) + 2] = f32x4.extract_lane(z, 0);
    x = v128.shuffle<u32>(x, x, 1, 2, 3, 0);
    y = v128.shuffle<u32>(y, y, 1, 2, 3, 0);
    z = v128.shuffle<u32>(z, z, 1, 2, 3, 0);
  }
}
