/** The memory of a call: blocks of an arena, in one thread and in two over one memory. */
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import type { ArenaJob, ArenaReport } from "./build_arena_worker.ts";
import { CHURN, churned, Host, host, kernel, KernelError, pages, sharedMemory } from "./build_kit.ts";

const HEAP = `
export function alloc(size: usize): usize { return heap.alloc(size); }
export function realloc(ptr: usize, size: usize): usize { return heap.realloc(ptr, size); }
export function free(ptr: usize): void { heap.free(ptr); }
`;
const ARENA: [number, number] = [1000, 5003];

interface Block {
  at: number;
  size: number;
  mark: number;
}

/** Each block is filled with its own byte; what is another's shows. */
class Blocks {
  readonly live: Block[] = [];
  readonly #heap: Host;
  readonly #bytes: Uint8Array;
  #marks = 0;

  constructor(heap: Host) {
    this.#heap = heap;
    this.#bytes = new Uint8Array(heap.memory.buffer);
  }

  /** Whether there was room. */
  alloc(size: number): boolean {
    return this.#take(size, () => this.#heap.call("alloc", size) as number);
  }

  realloc(index: number, size: number): boolean {
    const old = this.live[index];
    return this.#take(size, () => {
      const at = this.#heap.call("realloc", old.at, size) as number;
      const kept = this.#bytes.subarray(at, at + Math.min(size, old.size));
      assert(kept.every((byte) => byte === old.mark), "what was in the block is lost");
      this.live.splice(index, 1);
      return at;
    });
  }

  free(index: number): void {
    this.#heap.call("free", this.live[index].at);
    this.live.splice(index, 1);
  }

  check(): void {
    for (const { at, size, mark } of this.live) {
      assertEquals(at % 16, 0);
      assert(at >= ARENA[0] && at + size <= ARENA[1], `block ${at}+${size} is outside of the arena`);
      assert(this.#bytes.subarray(at, at + size).every((byte) => byte === mark), "two blocks share bytes");
    }
    assert(this.#bytes.subarray(0, ARENA[0]).every((byte) => byte === 0), "written before the arena");
    assert(this.#bytes.subarray(ARENA[1], ARENA[1] + 1000).every((byte) => byte === 0), "written behind it");
  }

  #take(size: number, take: () => number): boolean {
    try {
      const at = take();
      const mark = this.#marks++ % 255 + 1;
      this.#bytes.fill(mark, at, at + size);
      this.live.push({ at, size, mark });
      return true;
    } catch (error) {
      assert(error instanceof KernelError, String(error));
      return false;
    }
  }
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("alloc" as const), size: fc.nat(600) }),
  fc.record({ kind: fc.constant("realloc" as const), size: fc.nat(900), which: fc.nat() }),
  fc.record({ kind: fc.constant("free" as const), which: fc.nat() }),
);

describe("kernels > build > arena", () => {
  test("blocks are apart, aligned and inside, whatever is asked for in whatever order", async () => {
    const { bytes } = await kernel(HEAP);
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const blocks = new Blocks(new Host(bytes, { memory: sharedMemory(1), arena: ARENA }));
      for (const step of steps) {
        const count = blocks.live.length;
        if (step.kind === "alloc") blocks.alloc(step.size);
        else if (count > 0 && step.kind === "free") blocks.free(step.which % count);
        else if (count > 0 && step.kind === "realloc") blocks.realloc(step.which % count, step.size);
        blocks.check();
      }
    }));
  });

  test("the last block grows in place up to the last byte, and a full arena leaves all as it was", async () => {
    const it = await host(HEAP, { memory: sharedMemory(1), arena: [1024, 2048] });
    const at = it.call("alloc", 100) as number;
    const room = 2048 - at;
    assertEquals(it.call("realloc", at, room), at);
    const error = assertThrows(() => it.call("realloc", at, room + 1), KernelError);
    assertEquals(error.message, `arena full: ${room + 1} of ${room}`);
    assertThrows(() => it.call("alloc", 1), KernelError);
    assertEquals(it.call("realloc", at, 16), at);
    assertEquals(it.call("alloc", 1), at + 32);
  });

  test("no size wraps around", async () => {
    const it = await host(HEAP, { memory: sharedMemory(1), arena: [1024, 2048] });
    for (const size of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32 - 1020]) {
      assertThrows(() => it.call("alloc", size), KernelError, "arena full");
    }
    const arrays = await host(
      "export function make(n: i32): i32 { return new StaticArray<f64>(n).length; }\n" +
        "export function grow(n: i32): i32 { const xs = new Array<f64>(); xs.length = n; return n; }",
      { memory: sharedMemory(1), arena: [1024, 2048] },
    );
    for (const n of [127, 10_000, 2 ** 27 - 3, 2 ** 27, 2 ** 31 - 1, -1]) {
      for (const name of ["make", "grow"]) {
        arrays.reset();
        assertThrows(() => arrays.call(name, n), Error);
      }
    }
    arrays.reset();
    assertEquals(arrays.call("make", 100), 100);
  });

  test("a full arena is an error, and the instance can be called again", async () => {
    const it = await host(CHURN, { memory: sharedMemory(4), arena: [pages(1), pages(1) + 3000] });
    const error = assertThrows(() => it.call("churn", 1, 500), KernelError);
    assert(/^arena full: \d+ of \d+$/.test(error.message), error.message);
    it.reset();
    assertEquals(it.call("churn", 7, 5), churned(7, 5));
  });

  test("without an arena the first allocation is an error", async () => {
    const it = await host(CHURN, { arena: [0, 0] });
    assertThrows(() => it.call("churn", 1, 1), KernelError, "arena full");
  });

  test("what the last call left in the arena is not seen: memory comes cleared", async () => {
    const source = "export function sum(n: i32): i32 {\n" +
      "  const a = new StaticArray<i32>(n), b = new Array<i32>(n), c = new Uint8Array(n);\n" +
      "  let all = 0;\n  for (let i = 0; i < n; i++) { all += a[i] + b[i] + c[i]; a[i] = b[i] = c[i] = 77; }\n" +
      "  b.length = 3 * n;\n  for (let i = n; i < 3 * n; i++) { all += b[i]; b[i] = 55; }\n  return all;\n}";
    const it = await host(source);
    for (let round = 0; round < 5; round++) {
      it.reset();
      assertEquals(it.call("sum", 100 + round), 0);
    }
  });

  test("two threads with strings, arrays, maps and objects in one memory do not meet", async () => {
    const { bytes } = await kernel(CHURN);
    const memory = sharedMemory(16);
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const jobs: ArenaJob[] = [0, 1].map((seat) => ({
      bytes,
      memory,
      arena: [pages(1 + 7 * seat), pages(8 + 7 * seat)],
      seed: 1000 * seat,
      calls: 3000,
      gate,
    }));
    const reports = await Promise.all(jobs.map(inThread));
    assertEquals(reports, [{ wrong: [], calls: 3000 }, { wrong: [], calls: 3000 }]);
    // Both arenas were used, and nothing but them: the pages of the module's constants, and the last one.
    const all = new Uint8Array(memory.buffer);
    for (const [from] of jobs.map(({ arena }) => arena)) {
      assert(all.slice(from, from + 1000).some((byte) => byte !== 0));
    }
    assert(all.slice(pages(15)).every((byte) => byte === 0));
  }, { timeout: 60_000 });
});

async function inThread(job: ArenaJob): Promise<ArenaReport> {
  const worker = new Worker(new URL("./build_arena_worker.ts", import.meta.url));
  try {
    return await new Promise<ArenaReport>((resolve, reject) => {
      worker.on("message", resolve);
      worker.on("error", reject);
      worker.postMessage(job);
    });
  } finally {
    await worker.terminate();
  }
}
