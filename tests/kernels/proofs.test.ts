/** Kernels that are killed and sliced in numbers: nothing is left of them. `TENDRIL_KILLS=1000` for more kills. */
import process from "node:process";
import { commonHeap } from "../../src/kernels/heap.ts";
import { parallelFor, timeSlice } from "../../src/kernels/mod.ts";
import { run, TimeoutError, withTimeout } from "../../src/mod.ts";
import { ThreadPool } from "../../src/threads/mod.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { kernelOf } from "./kernel_kit.ts";
import { idleShare, inFlight, killMany, oneThread, proofs, timerBeside } from "./proofs_kit.ts";

const KILLS = Number(process.env.TENDRIL_KILLS ?? 100);
const MEGABYTE = 2 ** 20;

/** Nothing of ours computes: a thread that did would take all of a processor. The runtimes' own threads may have to tidy up first. */
async function assertIdle(): Promise<void> {
  let share = 1;
  for (let i = 0; i < 20 && share > 0.3; i++) share = await idleShare(150);
  assert(share <= 0.3, `with nothing to do it takes ${share} of a processor`);
}

describe("kernels that are killed", () => {
  test(
    `${KILLS} kills leave memory and threads as they were`,
    async () => {
      const k = await proofs();
      const pool = await oneThread(k);
      try {
        await killMany(k, pool, 10);
        const { used } = commonHeap(), { rss } = process.memoryUsage();
        await killMany(k, pool, KILLS);
        assertEquals(commonHeap().used, used);
        const { started, died, killed, zombies, threads, busy, queued } = pool.stats();
        assertEquals({ started, died, zombies, threads, busy, queued }, {
          ...{ started: 1, died: 0, zombies: 0, threads: 1, busy: 0, queued: 0 },
        });
        assert(killed <= KILLS + 10, `${killed} jobs were killed`);
        const grown = process.memoryUsage().rss - rss;
        assert(grown < 60 * MEGABYTE, `${grown} bytes more`);
        await assertIdle();
      } finally {
        await pool.terminate();
      }
    },
    { timeout: 120_000 },
  );
});

describe("parts of a range", () => {
  interface Parts {
    /** Needs 4 KB for each part. */
    scratch(out: Int32Array, from: number, to: number): void;
    text(from: number, to: number): string;
    never(from: number, to: number): void;
  }
  const parts = () =>
    kernelOf<Parts>(`
      export function scratch(out: InOut<i32>, from: i32, to: i32): void {
        const list = new StaticArray<i32>(1_000);
        for (let i = from; i < to; i++) {
          list[0] = i;
          for (let n = 0; n < 100; n++) for (let k = 1; k < list.length; k++) list[k] = list[k - 1] ^ n;
          out[i] = list[0];
        }
      }
      export function text(from: i32, to: i32): string {
        let x = 0.0;
        for (let i = from; i < to; i++) for (let k = 0; k < 1_000; k++) x += Math.sqrt(<f64> (k ^ i));
        return x < 0 ? "" : (to - from).toString();
      }
      export function never(from: i32, to: i32): void {
        let x = 1.0;
        while (x > 0) x = Math.sqrt(x + from + to);
      }
    `);

  test("each may allocate as much as the arena holds; what they give is kept", async () => {
    const k = await parts();
    const pool = new ThreadPool({ size: 2 });
    try {
      const out = new Int32Array(20_000);
      await parallelFor(k.scratch, out.length, { args: [out], pool });
      assert(out.every((n, i) => n === i));
      const texts = await parallelFor(k.text, 50_000, { args: [], pool });
      assert(texts.length > 2);
      assertEquals(texts.reduce((sum, text) => sum + Number(text), 0), 50_000);
    } finally {
      await pool.terminate();
    }
  }, { timeout: 30_000 });

  test("one that never ends is killed in the middle", async () => {
    const k = await parts();
    const pool = new ThreadPool({ size: 1 });
    try {
      await assertRejects(() => run(() => withTimeout(50, k.never(0, 5, { pool }))), TimeoutError);
      await k.text(0, 1, { pool });
      assertEquals([pool.stats().died, pool.stats().zombies], [0, 0]);
    } finally {
      await pool.terminate();
    }
  }, { timeout: 30_000 });
});

describe("kernels that are suspended", () => {
  test("a thousand at a time, each in the middle, give each its own result", async () => {
    const { results } = await inFlight(1_000);
    assertEquals(results, Array.from({ length: 1_000 }, (_, n) => n + 5));
    await assertIdle();
  }, { timeout: 30_000 });

  test("calls with wrong arguments take no place of those that there are", async () => {
    const { same } = timeSlice(await proofs());
    await run(function* () {
      for (let i = 0; i < 16_100; i++) {
        try {
          yield* same("wrong" as never);
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
        }
      }
      assertEquals(yield* withTimeout(5_000, same(3)), 3);
    });
  }, { timeout: 30_000 });

  test("a timer comes in between", async () => {
    const { times } = await timerBeside(await proofs(), 60);
    assert(times > 3, `${times} times`);
  }, { timeout: 30_000 });
});
