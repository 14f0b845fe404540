// The Mandelbrot set, in AssemblyScript. `tendril build mandelbrot.ts` has written mandelbrot.kernel.ts from it.

/** Rows of a picture with 8 bits a pixel: how soon each point escapes, and 0 for those that stay for `limit` steps. */
export function rows(pixels: Out<u8>, width: i32, height: i32, limit: i32, from: i32, to: i32): void {
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) pixels[y * width + x] = shade(x, y, width, height, limit);
  }
}

function shade(x: i32, y: i32, width: i32, height: i32, limit: i32): u8 {
  const cr = 3.0 * <f64> x / <f64> width - 2.2, ci = 2.4 * <f64> y / <f64> height - 1.2;
  let r = 0.0, i = 0.0, steps = 0;
  while (steps < limit && r * r + i * i < 4) {
    const next = r * r - i * i + cr;
    i = 2 * r * i + ci;
    r = next;
    steps++;
  }
  return steps === limit ? 0 : <u8> (255 - min(steps * 4, 254));
}
