import fc from "fast-check";
import { run, sleep, spawn, TimeoutError, withTimeout } from "../../src/mod.ts";
import { commonHeap } from "../../src/kernels/heap.ts";
import { kernelArray, KernelError, parallelFor } from "../../src/kernels/mod.ts";
import { ThreadPool } from "../../src/threads/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Everything, everything, kernelOf } from "./kernel_kit.ts";
import type { Kernel } from "../../src/kernels/mod.ts";

async function withPool(body: (pool: ThreadPool, k: Kernel<Everything>) => unknown): Promise<void> {
  const k = await everything();
  const pool = new ThreadPool({ size: 2, minSize: 2 });
  try {
    await body(pool, k);
  } finally {
    await pool.terminate();
  }
}

/** Waits until a condition holds. */
async function eventually(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 8_000; !condition();) {
    if (performance.now() > end) throw new Error(`it did not happen: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe("kernels in pools", () => {
  test("give what they give here", () =>
    withPool(async (pool, k) => {
      const values = new Float64Array([1, 2, 3]), on = { pool };
      assertEquals(await k.sum(values, on), 6);
      await k.twice(values, on);
      assertEquals([...values], [2, 4, 6]);
      assertEquals([...await k.evens(3, on)], [0, 2, 4]);
      assertEquals([await k.upper("abc", on), await k.asU64(2n ** 64n - 1n, on), await k.not(true, on)], [
        "ABC",
        2n ** 64n - 1n,
        false,
      ]);
      assertEquals(await k.nap(5, on), 5);
      assertEquals(await Promise.all(Array.from({ length: 200 }, (_, n) => k.asI32(n, on))), [
        ...Array(200).keys(),
      ]);
    }));

  test("errors come back, and the threads go on", () =>
    withPool(async (pool, k) => {
      const error = await assertRejects(
        async () => await k.fail("x", { pool }),
        KernelError,
        "fail failed: it failed: x",
      );
      assert(error.message.includes("everything.ts:"));
      await assertRejects(async () => await k.divide(1, 0, { pool }), KernelError);
      await assertRejects(async () => await k.fill(10_000_000, { pool }), KernelError, "memory is full");
      assertEquals(await k.divide(6, 3, { pool }), 2);
      assertEquals([pool.stats().died, pool.stats().threads], [0, 2]);
    }));

  test(
    "a kill ends a kernel in the middle; its thread takes the next job, and nothing leaks",
    () =>
      withPool(async (pool, k) => {
        const endless = await kernelOf<{ loop(bytes: Uint8Array): void; recurse(n: number): number }>(`
        export function loop(bytes: InOut<u8>): void { while (true) for (let i = 0; i < bytes.length; i++) bytes[i] += 1; }
        export function recurse(n: i32): i32 { return n == 0 ? 1 : recurse(n - 1) + recurse(n - 1); }
      `);
        const before = commonHeap().used;
        await run(function* () {
          for (let i = 0; i < 30; i++) {
            const greenlet = i % 3 === 0
              ? spawn(() => k.forever({ pool }))
              : i % 3 === 1
              ? spawn(() => endless.loop(new Uint8Array(100_000), { pool }))
              : spawn(() => endless.recurse(100, { pool }));
            while (pool.stats().busy === 0) yield* sleep(0.2);
            yield* sleep(i % 4);
            yield* greenlet.kill();
            assert(greenlet.dead);
          }
        });
        assertEquals([pool.stats().died, pool.stats().zombies, pool.stats().threads], [0, 0, 2]);
        assertEquals(await k.asI32(7, { pool }), 7);
        await eventually(() => commonHeap().used === before);
      }),
    { timeout: 30_000 },
  );

  test("a timeout is a kill", () =>
    withPool(async (pool, k) => {
      await assertRejects(() => run(() => withTimeout(20, k.forever({ pool }))), TimeoutError);
      await assertRejects(() => run(() => withTimeout(20, k.nap(60_000, { pool }))), TimeoutError);
      assertEquals([await k.asI32(1, { pool }), pool.stats().died], [1, 0]);
    }));

  test("the end of the pool ends it", () =>
    withPool(async (pool, k) => {
      const before = commonHeap().used;
      const jobs = [k.forever({ pool }), k.forever({ pool }), k.forever({ pool })].map((job) =>
        assertRejects(async () => await job)
      );
      await eventually(() => pool.stats().busy === 2);
      await pool.terminate();
      await Promise.all(jobs);
      await eventually(() => commonHeap().used === before);
    }));

  test("memory that grows between calls is seen by threads that have run before", () =>
    withPool(async (pool) => {
      const k = await kernelOf<{ last(values: Float64Array): number }>(
        "export function last(values: In<f64>): f64 { return values[values.length - 1]; }",
      );
      for (const n of [10, 1_000_000, 8_000_000]) {
        using values = kernelArray(Float64Array, n);
        values[n - 1] = n;
        assertEquals(await Promise.all([k.last(values, { pool }), k.last(values, { pool })]), [n, n]);
      }
    }));

  test("each call of a kernel with globals that code fills begins anew", () =>
    withPool(async (pool) => {
      const k = await kernelOf<{ next(): string }>(`
        const words = new Map<i32, string>();
        words.set(1, "one");
        words.set(2, "two");
        let n = 0;
        export function next(): string { return words.get(++n) + "!"; }
      `);
      assertEquals([await k.next({ pool }), await k.next({ pool }), await k.next({ pool })], [
        "one!",
        "one!",
        "one!",
      ]);
    }));

  test("a kernel that imports functions of this thread is told so", () =>
    withPool(async (pool) => {
      const k = await kernelOf<{ f(): number }>(
        `@external("env", "g") declare function g(): i32;\nexport function f(): i32 { return g(); }`,
        { imports: { env: { g: () => 3 } } },
      );
      assertEquals(k.f.sync(), 3);
      await assertRejects(async () => await k.f({ pool }), Error, "env.g");
    }));
});

describe("parallelFor", () => {
  test("visits each index of the range once", () =>
    withPool(async (pool, k) => {
      const range = fc.tuple(fc.nat(5_000), fc.nat(5_000)).map(([a, b]) =>
        [Math.min(a, b), Math.max(a, b)] as const
      );
      await fc.assert(
        fc.asyncProperty(range, fc.constantFrom("pool", "sliced", "here"), async ([from, to], where) => {
          const counts = new Int32Array(5_000);
          const on = where === "pool" ? { pool } : where === "sliced" ? { everyMs: 1 } : {};
          await parallelFor(k.visit, [from, to], { args: [counts], ...on });
          assertEquals(counts.every((n, i) => n === (i >= from && i < to ? 1 : 0)), true);
        }),
        { numRuns: 40 },
      );
    }));

  test("gives what the pieces gave, in the order of the range", () =>
    withPool(async (pool, k) => {
      const values = Float64Array.from({ length: 300_000 }, (_, i) => i);
      const parts = await parallelFor(k.part, values.length, { args: [values], pool });
      assert(parts.length > 1);
      assertEquals(parts.reduce((a, b) => a + b), 300_000 * 299_999 / 2);
      assertEquals(parts, parts.toSorted((a, b) => a === b ? 0 : parts.indexOf(a) - parts.indexOf(b)));
      assertEquals(await parallelFor(k.part, 0, { args: [values], pool }), []);
      assertEquals((await parallelFor(k.part, [5, 8], { args: [values] })).reduce((a, b) => a + b), 18);
    }));

  test("a range function with nothing to give runs on all threads of its pool", () =>
    withPool(async (pool, k) => {
      const counts = new Int32Array(10_000);
      await k.visit(counts, 10, 9_000, { pool });
      assertEquals(counts.reduce((a, b) => a + b), 8_990);
      const seen: number[] = [];
      await k.slow(0, 300_000, { pool, onProgress: (done) => seen.push(done) });
      assertEquals(seen.at(-1), 1);
      assertEquals(seen, seen.toSorted((a, b) => a - b));
    }));

  test("one piece that fails ends the others, and is the error", () =>
    withPool(async (pool, k) => {
      const error = await assertRejects(
        async () => await parallelFor(k.failAt, 1_000_000_000, { args: [40_000], pool }),
        KernelError,
      );
      assert(error.message.includes("at 40000"));
      assertEquals(await k.asI32(3, { pool }), 3);
    }));

  test("a kill ends it within a piece", () =>
    withPool(async (pool, k) => {
      await run(function* () {
        const greenlet = spawn(() => parallelFor(k.slow, 2_000_000_000, { args: [], pool }));
        while (pool.stats().busy < 2) yield* sleep(1);
        yield* greenlet.kill();
      });
      assertEquals([pool.stats().died, await k.asI32(1, { pool })], [0, 1]);
    }));

  test("what makes no sense is refused at the call", () =>
    withPool(async (pool, k) => {
      assertThrows(() => parallelFor(k.sum as never, 5, { args: [] as never, pool }), TypeError, "from: i32");
      assertThrows(() => parallelFor(k.visit, 5, { pool } as never), TypeError, "args");
      assertThrows(() => parallelFor(5 as never, 5, { args: [] as never }), TypeError, "not 5");
      const counts = new Int32Array(4);
      await assertRejects(
        async () => await parallelFor(k.visit, [3, 1], { args: [counts], pool }),
        RangeError,
        "before it begins",
      );
      await assertRejects(async () => await parallelFor(k.visit, 0.5, { args: [counts], pool }), RangeError);
      await assertRejects(
        async () => await parallelFor(k.visit, 2, { args: [1 as never], pool }),
        TypeError,
        "counts",
      );
    }));
});
