/** The same call of a kernel here, in slices and on two threads. */
import { commonHeap } from "../../../src/kernels/heap.ts";
import { type KernelFunction, timeSlice } from "../../../src/kernels/mod.ts";
import { ThreadPool } from "../../../src/threads/mod.ts";
import { assertEquals } from "../../assert.ts";

/** What a kernel gives, after it has given the same in all ways to run it, and its memory back. */
export async function everywhere<A extends readonly unknown[], R>(
  kernel: KernelFunction<A, R>,
  ...args: A
): Promise<R> {
  const pool = new ThreadPool({ size: 2 });
  try {
    const here = kernel.sync(...args);
    const { used } = commonHeap();
    assertEquals(await kernel(...args), here);
    assertEquals(
      await (timeSlice(kernel, { everyMs: 0.2 }) as (...args: A) => PromiseLike<R>)(...args),
      here,
    );
    assertEquals(await kernel(...args, { pool }), here);
    assertEquals(commonHeap().used, used);
    return here;
  } finally {
    await pool.terminate();
  }
}
