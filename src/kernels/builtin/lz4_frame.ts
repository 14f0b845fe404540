/**
 * Where frames of LZ4, and the blocks in them, lie.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */

export const MAGIC = 0x184d2204;
const LEGACY_MAGIC = 0x184c2102, SKIPPABLE_MAGIC = 0x184d2a50;

// Bits of a descriptor's first byte, and those of its second one that are 0.
export const VERSION = 0x40, INDEPENDENT = 0x20, CONTENT_SIZE = 0x08, CONTENT_CHECKSUM = 0x04;
const VERSION_MASK = 0xc0, BLOCK_CHECKSUM = 0x10, RESERVED = 0x02, DICTIONARY = 0x01;
const RESERVED_SIZE = 0x8f;

/** In the size of a block: it is not compressed. */
export const STORED: number = 2 ** 31;
/** The block sizes, by their numbers in a frame. */
export const BLOCK_SIZES: Readonly<Record<number, number>> = {
  4: 65_536,
  5: 262_144,
  6: 1_048_576,
  7: 4_194_304,
};

/** A frame's blocks, among those of all frames. */
export interface Frame {
  readonly independent: boolean;
  readonly maxBlock: number;
  readonly first: number;
  end: number;
  readonly contentSize: bigint | null;
  /** XXH32 of the content. */
  checksum: number | null;
}

/** A block, as it lies in the data. */
export interface Block {
  readonly at: number;
  readonly size: number;
  readonly stored: boolean;
  readonly checksum: number | null;
}

/** The error of data that are no frames. */
export function corrupt(text: string): Error {
  return new Error(`lz4Decompress: ${text}`);
}

/**
 * Finds the frames and blocks.
 *
 * @param headerChecksum of a descriptor.
 * @throws `Error` where the data are truncated, corrupt or no frames.
 */
export function parse(
  data: Uint8Array,
  headerChecksum: (descriptor: Uint8Array) => number,
): { frames: Frame[]; blocks: Block[] } {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const frames: Frame[] = [], blocks: Block[] = [];
  let at = 0;
  const take = (n: number, what: string): number => {
    if (n > data.length - at) {
      throw corrupt(
        `the data is truncated: ${what} at ${at} takes ${n} bytes, and ${data.length - at} are left`,
      );
    }
    at += n;
    return at - n;
  };
  const word = (what: string): number => view.getUint32(take(4, what), true);

  if (data.length === 0) throw corrupt("the data is empty");
  while (at < data.length) {
    const magic = word("a frame's magic number");
    if ((magic & ~15) === SKIPPABLE_MAGIC) {
      const size = word("a skippable frame's size");
      take(size, "a skippable frame");
      continue;
    }
    if (magic !== MAGIC) {
      const legacy = magic === LEGACY_MAGIC ? ", but of the old format, which is not supported" : "";
      throw corrupt(
        `what begins at ${at - 4} is no LZ4 frame: its first bytes are ${magic.toString(16)}${legacy}`,
      );
    }
    const start = at, flags = data[take(2, "a frame's descriptor")], sizes = data[at - 1];
    if ((flags & VERSION_MASK) !== VERSION || (flags & RESERVED) !== 0 || (sizes & RESERVED_SIZE) !== 0) {
      throw corrupt(`the frame at ${start - 4} is of a later version of the format, or corrupt`);
    }
    const maxBlock = BLOCK_SIZES[sizes >> 4];
    if (maxBlock === undefined) throw corrupt(`the frame at ${start - 4} has no valid block size`);
    const contentSize = flags & CONTENT_SIZE ? view.getBigUint64(take(8, "a content size"), true) : null;
    if (flags & DICTIONARY) {
      throw corrupt(`the frame at ${start - 4} needs a dictionary, which is not supported`);
    }
    const wanted = headerChecksum(data.subarray(start, at));
    if (data[take(1, "a descriptor's checksum")] !== wanted) {
      throw corrupt(`the frame at ${start - 4} is corrupt: its descriptor does not have its checksum`);
    }
    const independent = (flags & INDEPENDENT) !== 0;
    const frame: Frame = { independent, maxBlock, first: blocks.length, end: 0, contentSize, checksum: null };
    for (let header = word("a block's size"); header !== 0; header = word("a block's size")) {
      const size = header % STORED;
      if (size > maxBlock) {
        throw corrupt(
          `block ${blocks.length} is corrupt: it has ${size} bytes, and the frame allows ${maxBlock}`,
        );
      }
      const block = { at: take(size, "a block"), size, stored: header >= STORED };
      blocks.push({ ...block, checksum: flags & BLOCK_CHECKSUM ? word("a block's checksum") : null });
    }
    frame.end = blocks.length;
    if (flags & CONTENT_CHECKSUM) frame.checksum = word("the content's checksum");
    frames.push(frame);
  }
  return { frames, blocks };
}
