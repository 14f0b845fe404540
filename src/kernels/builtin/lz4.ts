/** LZ4, in frames and in blocks. */
import { count, show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/lz4.ts";
import { embedded, kernel, Run } from "./define.ts";
import {
  type Block,
  BLOCK_SIZES,
  CONTENT_CHECKSUM,
  CONTENT_SIZE,
  corrupt,
  INDEPENDENT,
  MAGIC,
  parse,
  STORED,
  VERSION,
} from "./lz4_frame.ts";

const module = embedded(wasm);

/** Options of {@linkcode lz4Compress}. */
export interface Lz4CompressOptions {
  /** Bytes that are compressed together; threads share the work by blocks. Default 256 KiB, 262,144. */
  blockSize?: 65_536 | 262_144 | 1_048_576 | 4_194_304;
  /** Whether the frame has a checksum of its content. Default true. */
  checksum?: boolean;
}

/** Options of {@linkcode lz4Decompress} and {@linkcode lz4DecompressBlock}. */
export interface Lz4DecompressOptions {
  /** The largest content that is taken. Default: what the memory of kernels has room for. */
  maxBytes?: number;
}

/** What one block may be, and a table of places in it. */
const MAX_BYTES = 2 ** 30, TABLE = 4_096;
/** Bytes of which one piece of a checksum is taken. */
const SUM_PIECE = 1 << 20;
/** Numbers in a block's row, and where two of them are: see asm/kernels/lz4.ts. */
const ROW = 6, OUT = 3, CONTENT = 4;

/** What `n` bytes that cannot be compressed take, and what the kernel may write behind them. */
function roomFor(n: number): number {
  return n + Math.ceil(n / 255) + 32;
}

function checkBytes(data: unknown, what: string): asserts data is Uint8Array {
  if (!(data instanceof Uint8Array)) {
    throw new TypeError(`${what}: data must be a Uint8Array, not ${show(data)}`);
  }
}

/** Compresses blocks of a size. Block i is at place i of `out`. */
function* compressBlocks(
  run: Run,
  data: Uint8Array,
  blockSize: number,
): Generator<unknown, { out: Uint8Array; sizes: Int32Array; room: number }, unknown> {
  const blocks = Math.ceil(data.length / blockSize), room = roomFor(blockSize);
  const out = run.array(Uint8Array, blocks * room), sizes = run.array(Int32Array, blocks);
  const tables = run.array(Uint32Array, TABLE * blocks);
  yield* run.phase(module(), "compress", [data, out, tables, sizes, blockSize, room], blocks);
  return { out, sizes, room };
}

/** XXH32. */
function* checksum(run: Run, data: Uint8Array): Generator<unknown, number, unknown> {
  const lanes = run.array(Uint32Array, [0x24234428, 0x85ebca77, 0, 0x61c8864f]);
  for (let piece = 0; piece < data.length / SUM_PIECE; piece++) {
    yield* run.phase(module(), "sumStripes", [data, lanes], [piece, piece + 1]);
  }
  const [sum] = yield* run.phase(module(), "sumEnd", [data, lanes], 1);
  return sum as number;
}

/** The second byte of the checksum of a frame's descriptor. */
function headerChecksum(descriptor: Uint8Array): number {
  const run = new Run({});
  try {
    const { value } = checksum(run, new Uint8Array(descriptor)).next(); // nothing parks where everything runs here
    return ((value as number) >>> 8) & 0xff;
  } finally {
    run.end();
  }
}

/**
 * Compresses bytes into an LZ4 frame, which any implementation of LZ4 reads (`lz4 -d`). Its blocks do not depend on each other.
 *
 * @throws `TypeError`, `RangeError` for wrong arguments, and where the memory of kernels, 1 GiB, is full.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const data = new Uint8Array(100_000).fill(7);
 * const frame = await kernels.lz4Compress(data);
 * assert(frame.length < 1_000);
 * assertEquals(await kernels.lz4Decompress(frame), data);
 * ```
 */
export const lz4Compress: KernelFunction<[data: Uint8Array, options?: Lz4CompressOptions], Uint8Array> =
  kernel(
    "lz4Compress",
    2,
    (data: Uint8Array, { blockSize = 262_144 }: Lz4CompressOptions = {}) => {
      checkBytes(data, "lz4Compress");
      if (!Object.values(BLOCK_SIZES).includes(blockSize)) {
        const sizes = Object.values(BLOCK_SIZES).join(", ");
        throw new RangeError(`lz4Compress: blockSize must be one of ${sizes}, not ${show(blockSize)}`);
      }
    },
    function* (run, given: Uint8Array, options: Lz4CompressOptions = {}) {
      const { blockSize = 262_144, checksum: summed = true } = options;
      const data = run.held(given);
      const { out, sizes, room } = yield* compressBlocks(run, data, blockSize);
      const parts = Array.from(sizes, (size, block) => {
        const start = block * blockSize, whole = data.subarray(start, start + blockSize);
        return size < whole.length
          ? { header: size, bytes: out.subarray(block * room, block * room + size) }
          : { header: whole.length + STORED, bytes: whole };
      });
      const length = parts.reduce((sum, { bytes }) => sum + 4 + bytes.length, 15 + 4 + (summed ? 4 : 0));
      const frame = new Uint8Array(length), view = new DataView(frame.buffer);
      view.setUint32(0, MAGIC, true);
      frame[4] = VERSION | INDEPENDENT | CONTENT_SIZE | (summed ? CONTENT_CHECKSUM : 0);
      frame[5] = Number(Object.keys(BLOCK_SIZES).find((id) => BLOCK_SIZES[Number(id)] === blockSize)) << 4;
      view.setBigUint64(6, BigInt(data.length), true);
      frame[14] = headerChecksum(frame.subarray(4, 14));
      let at = 15;
      for (const { header, bytes } of parts) {
        view.setUint32(at, header, true);
        frame.set(bytes, at + 4);
        at += 4 + bytes.length;
      }
      if (summed) view.setUint32(at + 4, yield* checksum(run, data), true);
      return frame;
    },
  );

/** What a kernel's number says. */
function wrong(number: number): string {
  if (number === -1) return "a length in it goes beyond its end";
  if (number === -2) return "it refers to what lies before the content";
  return "its content is larger than what is allowed";
}

/** @throws `Error` for a row that holds what is wrong. */
function checkRows(rows: Int32Array): void {
  for (let block = 0; block * ROW < rows.length; block++) {
    const content = rows[block * ROW + CONTENT];
    if (content < 0) throw corrupt(`block ${block} is corrupt: ${wrong(content)}`);
  }
}

function checkBlock(content: number): void {
  if (content < 0) throw new Error(`lz4DecompressBlock: the block is corrupt: ${wrong(content)}`);
}

/** @throws `Error` for a block that does not have its checksum. */
function* checkBlockSums(
  run: Run,
  data: Uint8Array,
  rows: Int32Array,
  blocks: readonly Block[],
): Generator<unknown, void, unknown> {
  if (blocks.every((block) => block.checksum === null)) return;
  const sums = run.array(Uint32Array, blocks.length);
  yield* run.phase(module(), "sumBlocks", [data, rows, sums], blocks.length);
  const odd = blocks.findIndex((block, i) => block.checksum !== null && block.checksum !== sums[i]);
  if (odd >= 0) throw corrupt(`block ${odd} is corrupt: it does not have its checksum`);
}

/**
 * Decompresses LZ4 frames, one or several one behind the other, of any implementation; all checksums in them are compared. Frames that
 * need a dictionary, and those of the format before 2013, are not supported.
 *
 * Data may come from anywhere: what is not valid gives an error and no more.
 *
 * @throws `Error` for data that is truncated, corrupt or no LZ4 frame. `RangeError` where the content is larger than `maxBytes`.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const frame = kernels.lz4Compress.sync(new TextEncoder().encode("to be or not to be"));
 * const bytes = await kernels.lz4Decompress(frame, { maxBytes: 1_000 });
 * assertEquals(new TextDecoder().decode(bytes), "to be or not to be");
 * ```
 */
export const lz4Decompress: KernelFunction<[frames: Uint8Array, options?: Lz4DecompressOptions], Uint8Array> =
  kernel(
    "lz4Decompress",
    2,
    (data: Uint8Array, { maxBytes = MAX_BYTES }: Lz4DecompressOptions = {}) => {
      checkBytes(data, "lz4Decompress");
      count(maxBytes, "lz4Decompress's maxBytes", 0);
    },
    function* (run, given: Uint8Array, { maxBytes = MAX_BYTES }: Lz4DecompressOptions = {}) {
      const { frames, blocks } = parse(given, headerChecksum);
      const data = run.held(given), rows = run.array(Int32Array, ROW * blocks.length);
      blocks.forEach(({ at, size, stored }, i) => rows.set([at, size, stored ? 1 : 0], ROW * i));
      for (const { maxBlock, first, end } of frames) {
        yield* run.phase(module(), "measure", [data, rows, maxBlock], [first, end]);
      }
      checkRows(rows);
      yield* checkBlockSums(run, data, rows, blocks);
      let total = 0;
      const starts = frames.map(({ independent, first, end, contentSize }) => {
        const start = total;
        for (let block = first; block < end; block++) {
          rows.set([total, rows[block * ROW + CONTENT], independent ? total : start], block * ROW + OUT);
          total += rows[block * ROW + CONTENT];
        }
        if (contentSize !== null && contentSize !== BigInt(total - start)) {
          throw corrupt(`the frame has ${total - start} bytes, and says that it has ${contentSize}`);
        }
        return start;
      });
      if (total > maxBytes) {
        throw new RangeError(`lz4Decompress: the content has ${total} bytes, and maxBytes is ${maxBytes}`);
      }
      const out = run.array(Uint8Array, total);
      for (const { independent, first, end } of frames) {
        const step = independent ? Math.max(1, end - first) : 1; // of what depends on each other, one after the other
        for (let block = first; block < end; block += step) {
          yield* run.phase(module(), "decompress", [data, out, rows], [block, block + step]);
        }
      }
      checkRows(rows);
      for (const [i, frame] of frames.entries()) {
        if (frame.checksum === null) continue;
        const content = run.held(out.subarray(starts[i], starts[i + 1] ?? total));
        if ((yield* checksum(run, content)) !== frame.checksum) {
          throw corrupt("the data is corrupt: the content does not have its checksum");
        }
      }
      return out.slice();
    },
  );

/**
 * Compresses bytes into one LZ4 block: for formats that keep the sizes themselves. It runs in one piece; see `lz4Compress` for frames.
 *
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const data = new Uint8Array(5_000).fill(1);
 * const block = await kernels.lz4CompressBlock(data);
 * assertEquals(await kernels.lz4DecompressBlock(block, { maxBytes: 5_000 }), data);
 * ```
 */
export const lz4CompressBlock: KernelFunction<[data: Uint8Array], Uint8Array> = kernel(
  "lz4CompressBlock",
  1,
  (data: Uint8Array) => checkBytes(data, "lz4CompressBlock"),
  function* (run, data: Uint8Array) {
    if (data.length === 0) return new Uint8Array(1); // one sequence, of nothing
    const { out, sizes } = yield* compressBlocks(run, data, data.length);
    return out.slice(0, sizes[0]);
  },
);

/**
 * Decompresses one LZ4 block, which may come from anywhere. It runs in one piece.
 *
 * @throws `Error` for a block that is truncated, corrupt, or has more content than `maxBytes`.
 */
export const lz4DecompressBlock: KernelFunction<
  [block: Uint8Array, options?: Lz4DecompressOptions],
  Uint8Array
> = kernel(
  "lz4DecompressBlock",
  2,
  (block: Uint8Array, { maxBytes = MAX_BYTES }: Lz4DecompressOptions = {}) => {
    checkBytes(block, "lz4DecompressBlock");
    count(maxBytes, "lz4DecompressBlock's maxBytes", 0);
  },
  function* (run, given: Uint8Array, { maxBytes = MAX_BYTES }: Lz4DecompressOptions = {}) {
    const data = run.held(given), rows = run.array(Int32Array, ROW);
    rows[1] = data.length;
    yield* run.phase(module(), "measure", [data, rows, Math.min(maxBytes, MAX_BYTES)], 1);
    checkBlock(rows[CONTENT]);
    const out = run.array(Uint8Array, rows[CONTENT]);
    yield* run.phase(module(), "decompress", [data, out, rows], 1);
    checkBlock(rows[CONTENT]);
    return out.slice();
  },
);
