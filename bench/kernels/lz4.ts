/** LZ4, of text. */
import * as zlib from "node:zlib";
import * as lz4js from "lz4js";
import { kernels } from "../../src/kernels/mod.ts";
import type { KernelCase } from "./types.ts";

let seed = 1;
function random(n: number): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) / 2 ** 32 * n;
}
const letters = (n: number) =>
  Array.from({ length: n }, () => "etaoinshrdlu"[Math.floor(random(12))]).join("");
const words = Array.from({ length: 20_000 }, () => letters(2 + random(8)));
// As in a language: few words are most of a text.
const text = Array.from({ length: 150_000 }, () => words[Math.floor(20_000 * random(1) ** 4)]).join(" ");
const data = new TextEncoder().encode(text).subarray(0, 600_000);
const frame = kernels.lz4Compress.sync(data), deflated = zlib.deflateRawSync(data);

/** Both ways. */
export const cases: readonly KernelCase[] = [
  {
    title: "LZ4 decompress, 600 KB of text",
    sides: {
      tendril: () => kernels.lz4Decompress.sync(frame),
      lz4js: () => lz4js.decompress(frame),
      "zlib.inflateRaw": () => new Uint8Array(zlib.inflateRawSync(deflated)),
    },
  },
  {
    title: "LZ4 compress, 600 KB of text",
    sides: {
      tendril: () => kernels.lz4Compress.sync(data),
      lz4js: () => lz4js.compress(data),
      "zlib.deflateRaw, level 1": () => zlib.deflateRawSync(data, { level: 1 }),
    },
    same: (_, theirs) => (theirs as Uint8Array).length > 0, // each its own format, or its own choice of matches
  },
];
