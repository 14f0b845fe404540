/** The colours of pictures, by doubles. */

export function grayscale(pixels: Uint8Array): Uint8Array {
  const out = new Uint8Array(pixels.length / 4);
  for (let i = 0, p = 0; i < out.length; i++, p += 4) {
    out[i] = (4899 * pixels[p] + 9617 * pixels[p + 1] + 1868 * pixels[p + 2] + 8192) >> 14;
  }
  return out;
}

export function colorMatrix(pixels: Uint8Array, matrix: readonly number[]): Uint8Array {
  const [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t] = matrix;
  const out = new Uint8ClampedArray(pixels.length);
  for (let at = 0; at < out.length; at += 4) {
    const red = pixels[at], green = pixels[at + 1], blue = pixels[at + 2], alpha = pixels[at + 3];
    out[at] = Math.floor(a * red + b * green + c * blue + d * alpha + e + 0.5);
    out[at + 1] = Math.floor(f * red + g * green + h * blue + i * alpha + j + 0.5);
    out[at + 2] = Math.floor(k * red + l * green + m * blue + n * alpha + o + 0.5);
    out[at + 3] = Math.floor(p * red + q * green + r * blue + s * alpha + t + 0.5);
  }
  return new Uint8Array(out.buffer);
}
