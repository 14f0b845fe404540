/** The Mandelbrot set, point by point. */
export function mandelbrot(
  { width, height, left, top, step, limit }: {
    width: number;
    height: number;
    left: number;
    top: number;
    step: number;
    limit: number;
  },
): Uint16Array | Uint32Array {
  const out = limit < 2 ** 16 ? new Uint16Array(width * height) : new Uint32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const cr = left + step * x, ci = top - step * y;
      let zr = 0, zi = 0, n = 0;
      for (; n < limit; n++) {
        const rr = zr * zr, ii = zi * zi;
        if (!(rr + ii <= 4)) break;
        zi = 2 * zr * zi + ci;
        zr = rr - ii + cr;
      }
      out[i] = n;
    }
  }
  return out;
}
