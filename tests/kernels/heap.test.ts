import fc from "fast-check";
import { KernelHeap } from "../../src/kernels/heap.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";

describe("the heap of kernels", () => {
  test("blocks are aligned, apart from each other, and can be given out again", () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ size: fc.integer({ min: 0, max: 300_000 }) }) },
      { weight: 2, arbitrary: fc.record({ release: fc.nat() }) },
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.nat(1_000), (steps, reserved) => {
      const heap = new KernelHeap(reserved);
      const blocks: { at: number; size: number }[] = [];
      for (const each of steps) {
        if ("size" in each) {
          const at = heap.allocate(each.size);
          assertEquals(at % 64, 0);
          assert(at >= Math.max(reserved, 64) && at + each.size <= heap.memory.buffer.byteLength);
          for (const other of blocks) assert(at + each.size <= other.at || at >= other.at + other.size);
          blocks.push({ at, size: Math.max(each.size, 1) });
          heap.view[at] = 1;
        } else if (blocks.length > 0) {
          const [{ at }] = blocks.splice(each.release % blocks.length, 1);
          heap.release(at);
        }
      }
      for (const { at } of blocks) heap.release(at);
      assertEquals(heap.used, 0);
      // Everything is one free block again.
      const start = Math.ceil(Math.max(reserved, 64) / 64) * 64, all = heap.memory.buffer.byteLength - start;
      assertEquals(heap.allocate(all), start);
    }));
  });

  test("too much is a clear error, and the heap goes on", () => {
    const heap = new KernelHeap();
    const at = heap.allocate(1_000);
    assertThrows(() => heap.allocate(2 ** 30), RangeError, "1073741824 bytes");
    assertEquals(heap.used, 1_024);
    heap.release(at);
    assertThrows(() => heap.release(at), RangeError, `no block of this heap begins at ${at}`);
    assert(heap.allocate(100_000_000) > 0);
  });
});
