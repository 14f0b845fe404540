/** A picture in another size, by doubles: what the kernel's whole numbers come near to. */

const lanczos = (x: number, radius: number): number =>
  x === 0 ? 1 : radius * Math.sin(Math.PI * x) * Math.sin(Math.PI * x / radius) / (Math.PI * x) ** 2;

const filters = {
  lanczos3: (x: number): number => Math.abs(x) < 3 ? lanczos(x, 3) : 0,
  bilinear: (x: number): number => Math.max(0, 1 - Math.abs(x)),
} as const;
type Filter = keyof typeof filters | "box";

interface Tap {
  readonly start: number;
  readonly weights: Float64Array;
}

function taps(from: number, to: number, filter: Filter): Tap[] {
  const ratio = from / to, scale = Math.max(1, ratio);
  return Array.from({ length: to }, (_, x) => {
    const weightOf = (i: number): number =>
      filter === "box"
        ? Math.max(0, Math.min(i + 1, (x + 1) * ratio) - Math.max(i, x * ratio))
        : filters[filter]((i + 0.5 - (x + 0.5) * ratio) / scale);
    const all = Float64Array.from({ length: from }, (_, i) => weightOf(i));
    const start = all.findIndex((weight) => weight !== 0);
    const weights = all.subarray(start, all.findLastIndex((weight) => weight !== 0) + 1);
    const sum = weights.reduce((a, b) => a + b);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}

export function resize(
  pixels: Uint8Array | Uint8ClampedArray,
  from: { width: number; height: number },
  to: {
    width: number;
    height: number;
    filter?: Filter;
    alpha?: "straight" | "independent";
  },
): Uint8ClampedArray {
  const { filter = "lanczos3", alpha = "straight" } = to;
  return sums(pixels, from, taps(from.width, to.width, filter), taps(from.height, to.height, filter), alpha);
}

/** Weighted sums along the rows, then along the columns. */
export function sums(
  pixels: Uint8Array | Uint8ClampedArray,
  { width, height }: { width: number; height: number },
  across: readonly Tap[],
  down: readonly Tap[],
  alpha: "straight" | "independent",
): Uint8ClampedArray {
  const straight = alpha === "straight";
  const source = Float32Array.from(pixels);
  if (straight) {
    for (let i = 0; i < source.length; i += 4) {
      for (let c = 0; c < 3; c++) source[i + c] *= source[i + 3] / 255;
    }
  }
  const columns = across.length, between = new Float32Array(4 * columns * height);
  for (let y = 0, o = 0; y < height; y++) {
    for (const { start, weights } of across) {
      let r = 0, g = 0, b = 0, a = 0;
      for (let i = 0, p = 4 * (y * width + start); i < weights.length; i++, p += 4) {
        const weight = weights[i];
        r += weight * source[p];
        g += weight * source[p + 1];
        b += weight * source[p + 2];
        a += weight * source[p + 3];
      }
      between[o++] = r;
      between[o++] = g;
      between[o++] = b;
      between[o++] = a;
    }
  }
  const out = new Uint8ClampedArray(4 * columns * down.length), row = new Float64Array(4 * columns);
  down.forEach(({ start, weights }, y) => {
    row.fill(0);
    weights.forEach((weight, i) => {
      for (let x = 0, p = 4 * columns * (start + i); x < row.length; x++) row[x] += weight * between[p++];
    });
    for (let x = 0; x < row.length; x += 4) {
      const by = straight && row[x + 3] !== 0 ? 255 / row[x + 3] : 1;
      for (let c = 0; c < 4; c++) out[4 * columns * y + x + c] = row[x + c] * (c < 3 ? by : 1);
    }
  });
  return out;
}

/** Whether two pictures are the same but for rounding; colours count as much as they can be seen. */
export function isNear(ours: unknown, theirs: unknown): boolean {
  const a = ours as Uint8Array, b = theirs as Uint8Array;
  return a.length === b.length &&
    a.every((byte, i) => Math.abs(byte - b[i]) * (i % 4 === 3 ? 255 : b[i | 3]) <= 2 * 255);
}
