/** A picture in another size. */
import { kernels } from "../../src/kernels/mod.ts";
import { isNear, resize as twin } from "../../tests/kernels/twins/resize.ts";
import type { KernelCase } from "./types.ts";

const from = { width: 1920, height: 1080 };
const opaque = Uint8Array.from({ length: 4 * 1920 * 1080 }, (_, i) => i % 4 === 3 ? 255 : (i * i) >>> 5);
const seeThrough = opaque.map((byte, i) => i % 4 === 3 ? (i >>> 7) & 255 : byte);

/** Lanczos, from 1080 rows. */
export const cases: readonly KernelCase[] = [
  ["opaque, 1920 × 1080 to 640 × 360", opaque, { width: 640, height: 360 }] as const,
  ["straight alpha, 1920 × 1080 to 640 × 360", seeThrough, { width: 640, height: 360 }] as const,
].map(([title, pixels, to]) => ({
  title,
  sides: {
    tendril: () => kernels.resize.sync(pixels, from, to),
    twin: () => twin(pixels, from, to),
  },
  same: isNear,
}));
