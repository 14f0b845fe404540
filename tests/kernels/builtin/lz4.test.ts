import { Buffer } from "node:buffer";
import fc from "fast-check";
import { compress as compressJs, decompress as decompressJs } from "lz4js";
import { commonHeap } from "../../../src/kernels/heap.ts";
import { kernels } from "../../../src/kernels/mod.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { decompressBlock as blockTwin, xxh32 } from "../twins/lz4.ts";
import { referenceCommand } from "../reference_command.ts";
import { everywhere } from "./everywhere.ts";

const { lz4Compress, lz4CompressBlock, lz4Decompress, lz4DecompressBlock } = kernels;

// Written by the reference, the command lz4 1.9.4: with its defaults, and by -9 -BD -BX -B4 --content-size (blocks of 64 KiB which
// depend on each other, all checksums, the content's size).
const HELLO = "BCJNGGRApxAAAABvaGVsbG8gBgAAUGVsbG8KAAAAAC2CAzk=";
const LINKED = "BCJNGFxA4IYCAAAAAABy1wEAANFsaW5lIDAgb2YgaXQKDQAYMQ0AGDINABgzDQAYNA0AGDUNABg2DQAYNw0AGDgNAB" +
  "k5dQAKgwAJhAAZMYUAGTGGABkxhwAZMYgAGTGJABkxigAZMYsAGTGMABkyjAAaMhABCYwAGTKMABkyjAAZMowAGTKM" +
  "ABkyjAAZMowAGTKMABkzjAAZM4wAGjOdAQmMABkzjAAZM4wAGTOMABkzjAAZM4wAGTOMABk0jAAZNIwAGTSMABo0Kg" +
  "IJjAAZNIwAGTSMABk0jAAZNIwAGTSMAA+yAv" +
  "/".repeat(338) +
  "L1BmIGl0CmKGLx4KAQAAD7IC" +
  "/".repeat(341) +
  "+hQZiBpdAqq7OmUkQAAAA+yAv" +
  "/".repeat(179) +
  "09QZiBpdAqQr3fyAAAAADNjycc=";

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
}

const lines = (n: number) =>
  new TextEncoder().encode(Array.from({ length: n }, (_, i) => `line ${i % 50} of it\n`).join(""));

function noise(n: number): Uint8Array {
  let seed = 5;
  return Uint8Array.from({ length: n }, () => (seed = Math.imul(seed, 1_103_515_245) + 12_345) >>> 24);
}

/** Bytes with repetitions near and far. */
const repetitive = fc.array(
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 40 })),
  { maxLength: 12 },
).map((parts) => Uint8Array.from(parts.flatMap(([part, times]) => Array(times).fill([...part]).flat())));

const command = (args: readonly string[], input: Uint8Array) => referenceCommand("lz4", args, input);

describe("lz4 frames", () => {
  test("come back as they were, also from lz4js, and its frames too", () => {
    fc.assert(fc.property(repetitive, fc.boolean(), (data, checksum) => {
      const frame = lz4Compress.sync(data, { checksum });
      assertEquals(lz4Decompress.sync(frame), data);
      if (data.length === 0) return; // of which lz4js makes a frame that has no end
      assertEquals(Uint8Array.from(decompressJs(frame)), data);
      assertEquals(lz4Decompress.sync(Uint8Array.from(compressJs(data))), data);
    }));
  });

  test("of several blocks, compressed or not, here, in slices and on threads", async () => {
    for (const data of [lines(60_000), noise(200_000)]) {
      const frame = await everywhere(lz4Compress, data, { blockSize: 65_536 });
      assert(frame.length < (data.length > 500_000 ? 20_000 : 200_100), `${frame.length} bytes`);
      assertEquals(await everywhere(lz4Decompress, frame), data);
    }
    const long = new Uint8Array(5_000_000).fill(3);
    assertEquals(await everywhere(lz4Decompress, lz4Compress.sync(long, { blockSize: 4_194_304 })), long);
  });

  test("what the reference has written", async () => {
    assertEquals(
      new TextDecoder().decode(lz4Decompress.sync(fromBase64(HELLO))),
      "hello hello hello hello hello\n",
    );
    assertEquals(await everywhere(lz4Decompress, fromBase64(LINKED)), lines(12_000));
  });

  test("the reference reads ours, and we what it writes", () => {
    for (const data of [lines(40_000), noise(100_000), new Uint8Array(0), new Uint8Array(300_000)]) {
      for (const blockSize of [65_536, 262_144, 1_048_576, 4_194_304] as const) {
        const frame = lz4Compress.sync(data, { blockSize, checksum: blockSize !== 1_048_576 });
        assertEquals(command(["-d", "-c", "-q"], frame), data);
      }
      for (const args of [[], ["-9", "-B4", "-BD", "-BX"], ["-B5", "--no-frame-crc"], ["--fast=9", "-B4"]]) {
        assertEquals(lz4Decompress.sync(command(["-c", "-q", ...args], data)), data);
      }
    }
  });

  test("of a Buffer, which is a class of its own", () => {
    const data = Buffer.from("to be or not to be".repeat(9));
    const back = lz4Decompress.sync(Buffer.from(lz4Compress.sync(data)));
    assertEquals(String(Buffer.from(back)), String(data));
    assertEquals(back.constructor, Uint8Array);
  });

  test("one behind the other, and what may be skipped", () => {
    const skippable = new Uint8Array([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]);
    const frames = [
      lz4Compress.sync(new Uint8Array([1, 2])),
      skippable,
      lz4Compress.sync(new Uint8Array([3])),
    ];
    assertEquals([...lz4Decompress.sync(Uint8Array.from(frames.flatMap((frame) => [...frame])))], [1, 2, 3]);
    assertEquals(lz4Decompress.sync(skippable).length, 0);
  });

  test("a content's checksum is XXH32", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), (data) => {
      const frame = lz4Compress.sync(data), view = new DataView(frame.buffer);
      assertEquals(view.getUint32(frame.length - 4, true), xxh32(data));
    }));
    const data = noise(2_500_003), frame = lz4Compress.sync(data);
    assertEquals(new DataView(frame.buffer).getUint32(frame.length - 4, true), xxh32(data));
  });

  test("cut anywhere they are told to be truncated", () => {
    const frame = fromBase64(LINKED);
    for (let length = 0; length < frame.length; length++) {
      assertThrows(
        () => lz4Decompress.sync(frame.subarray(0, length)),
        Error,
        length ? "truncated" : "is empty",
      );
    }
  });

  test("with any byte changed they give an error, or what they were", () => {
    const data = lines(300), frame = lz4Compress.sync(data), { used } = commonHeap();
    for (let at = 0; at < frame.length; at++) {
      for (const bit of [1, 16, 128]) {
        const changed = frame.slice();
        changed[at] ^= bit;
        let got: Uint8Array | null = null;
        try {
          got = lz4Decompress.sync(changed);
        } catch (error) {
          assert(error instanceof Error && error.message.startsWith("lz4Decompress: "), String(error));
        }
        // A reserved bit, or a frame that is now one to skip.
        if (got !== null) assert(got.length === 0 || got.length === data.length, `byte ${at}, bit ${bit}`);
      }
    }
    assertEquals(commonHeap().used, used);
  });

  test("any bytes give an error or bytes", () => {
    const start = [...fromBase64(HELLO).subarray(0, 7)];
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, stored) => {
      const size = [bytes.length, 0, 0, stored ? 128 : 0];
      const frame = Uint8Array.from([...start, ...size, ...bytes, 0, 0, 0, 0, 1, 2, 3, 4]);
      assertThrows(() => lz4Decompress.sync(frame), Error, "lz4Decompress: ");
    }));
  });

  test("say what is wrong", () => {
    const frame = lz4Compress.sync(lines(10));
    assertThrows(() => lz4Decompress.sync("x" as never), TypeError, "data must be a Uint8Array");
    assertThrows(() => lz4Compress.sync(lines(1), { blockSize: 5 as never }), RangeError, "one of 65536");
    assertThrows(() => lz4Decompress.sync(frame, { maxBytes: 20 }), RangeError, "and maxBytes is 20");
    assertThrows(() => lz4Decompress.sync(new Uint8Array([2, 0x21, 0x4c, 0x18])), Error, "of the old format");
    const dictionary = Uint8Array.from([4, 34, 77, 24, 0x61, 0x40, 0, 0, 0, 0, 0]);
    assertThrows(() => lz4Decompress.sync(dictionary), Error, "needs a dictionary");
    const last = frame.slice();
    last[last.length - 1] ^= 1;
    assertThrows(() => lz4Decompress.sync(last), Error, "the content does not have its checksum");
  });
});

describe("lz4 blocks", () => {
  test("are what their description says, and come back", () => {
    fc.assert(fc.property(repetitive, (data) => {
      const block = lz4CompressBlock.sync(data);
      assertEquals(blockTwin(block), data);
      assertEquals(lz4DecompressBlock.sync(block, { maxBytes: data.length }), data);
    }));
  });

  test("of any length near the ends of what is special", () => {
    for (let n = 0; n < 300; n++) {
      for (const data of [new Uint8Array(n), noise(n), lines(30).subarray(0, n)]) {
        const block = lz4CompressBlock.sync(data);
        assertEquals(blockTwin(block), data);
        assertEquals(lz4DecompressBlock.sync(block), data);
      }
    }
  });

  test("any bytes give what the description says, or an error where it does", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.array(fc.constantFrom(0, 1, 2, 15, 16, 31, 240, 255), { maxLength: 40 }).map((list) =>
        Uint8Array.from(list)
      ),
    );
    fc.assert(
      fc.property(bytes, (block) => {
        let wanted: Uint8Array | null = null;
        try {
          wanted = blockTwin(block);
        } catch {
          assertThrows(() => lz4DecompressBlock.sync(block), Error, "is corrupt");
        }
        if (wanted !== null) assertEquals(lz4DecompressBlock.sync(block), wanted);
      }),
      { numRuns: 1_000 },
    );
  });

  test("here, in slices and on threads, and not larger than allowed", async () => {
    const data = lines(5_000), block = await everywhere(lz4CompressBlock, data);
    assertEquals(await everywhere(lz4DecompressBlock, block), data);
    assertThrows(
      () => lz4DecompressBlock.sync(block, { maxBytes: data.length - 1 }),
      Error,
      "larger than what is allowed",
    );
  });
});
