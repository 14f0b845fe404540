/** Pictures from the surroundings of their pixels, by doubles. */
import { sums } from "./resize.ts";

interface Size {
  width: number;
  height: number;
}

/** Each pixel from the square around it. */
export function convolve(
  pixels: Uint8Array | Uint8ClampedArray,
  { width, height }: Size,
  options: {
    weights: readonly number[];
    divisor?: number;
    bias?: number;
    alpha?: "keep" | "filter";
  },
): Uint8ClampedArray {
  const { weights, bias = 0, alpha = "keep" } = options;
  const { divisor = weights.reduce((a, b) => a + b) || 1 } = options;
  const side = Math.sqrt(weights.length), radius = side >> 1;
  const out = new Uint8ClampedArray(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let r = 0, g = 0, b = 0, a = 0;
      for (let dy = 0, i = 0; dy < side; dy++) {
        const row = width * Math.max(0, Math.min(height - 1, y + dy - radius));
        for (let dx = 0; dx < side; dx++, i++) {
          const p = 4 * (row + Math.max(0, Math.min(width - 1, x + dx - radius))), weight = weights[i];
          r += weight * pixels[p];
          g += weight * pixels[p + 1];
          b += weight * pixels[p + 2];
          a += weight * pixels[p + 3];
        }
      }
      const o = 4 * (y * width + x);
      out[o] = Math.floor(r / divisor + bias + 0.5);
      out[o + 1] = Math.floor(g / divisor + bias + 0.5);
      out[o + 2] = Math.floor(b / divisor + bias + 0.5);
      out[o + 3] = alpha === "keep" ? pixels[o + 3] : Math.floor(a / divisor + bias + 0.5);
    }
  }
  return out;
}

/** A Gaussian blur in two passes. */
export function blur(
  pixels: Uint8Array | Uint8ClampedArray,
  size: Size,
  options: { sigma: number; radius?: number; alpha?: "straight" | "independent" },
): Uint8ClampedArray {
  const { sigma, radius = Math.ceil(3 * sigma), alpha = "straight" } = options;
  const bell = Float64Array.from(
    { length: 2 * radius + 1 },
    (_, i) => Math.exp(-(((i - radius) / sigma) ** 2) / 2),
  );
  const sum = bell.reduce((a, b) => a + b);
  const taps = (n: number) =>
    Array.from({ length: n }, (_, place) => {
      const start = Math.max(0, place - radius), end = Math.min(n - 1, place + radius);
      const weights = new Float64Array(end - start + 1);
      bell.forEach((weight, i) => {
        weights[Math.max(start, Math.min(end, place + i - radius)) - start] += weight / sum;
      });
      return { start, weights };
    });
  return sums(pixels, size, taps(size.width), taps(size.height), alpha);
}
