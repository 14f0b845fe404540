// The Mandelbrot set as a PNG: one kernel on all threads over one memory, with a progress bar. `kernels_mandelbrot.ts picture.png` says where.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { crc32, deflateSync } from "node:zlib";
import cliProgress from "cli-progress";
import { kernelArray, parallelFor } from "tendril/kernels";
import { ThreadPool } from "tendril/threads";
import { mandelbrot } from "./kernels/mandelbrot.kernel.ts";

const WIDTH = 900, HEIGHT = 720, LIMIT = 1_000;

/** A PNG of 8 bits a pixel, in grey. */
function png(pixels: Uint8Array, width: number, height: number): Buffer {
  const chunk = (name: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
  };
  const rows = new Uint8Array(height * (width + 1)); // each row begins with its filter: 0, none
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  const header = Buffer.concat([uint32(width), uint32(height), Uint8Array.of(8, 0, 0, 0, 0)]);
  return Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array()),
  ]);
}

function uint32(n: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
}

await using pool = new ThreadPool();
using pixels = kernelArray(Uint8Array, WIDTH * HEIGHT); // where all threads write
const bar = process.stdout.isTTY ? new cliProgress.SingleBar({ format: "{bar} {percentage} %" }) : undefined;
bar?.start(1, 0);
const start = performance.now();
const onProgress = (done: number) => bar?.update(done);
await parallelFor(mandelbrot.rows, HEIGHT, { args: [pixels, WIDTH, HEIGHT, LIMIT], pool, onProgress });
const ms = performance.now() - start;
bar?.stop();

const path = process.argv[2]?.endsWith(".png") ? process.argv[2] : join(tmpdir(), "tendril-mandelbrot.png");
writeFileSync(path, png(pixels, WIDTH, HEIGHT));
console.log(`${WIDTH} × ${HEIGHT} in ${ms.toFixed()} ms, in ${path}`);

const alone = new Uint8Array(WIDTH * HEIGHT);
mandelbrot.rows.sync(alone, WIDTH, HEIGHT, LIMIT, 0, HEIGHT);
assert(alone.every((pixel, i) => pixel === pixels[i]) && alone.includes(0));
