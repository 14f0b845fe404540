import { Queue, run, sleep, spawn, TimeoutError, withTimeout } from "../../src/mod.ts";
import { commonHeap } from "../../src/kernels/heap.ts";
import { KernelError, timeSlice } from "../../src/kernels/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { everything, kernelOf } from "./kernel_kit.ts";

describe("kernels in slices", () => {
  test("give what they give in one piece", async () => {
    const k = await everything();
    const sliced = timeSlice(k, { everyMs: 1 });
    const values = new Float64Array([1, 2, 3]);
    assertEquals(await sliced.sum(values), 6);
    await sliced.twice(values);
    assertEquals([...values], [2, 4, 6]);
    assertEquals([await sliced.upper("abc"), [...await sliced.evens(3)]], ["ABC", [0, 2, 4]]);
    assertEquals(await sliced.burn(20), k.burn.sync(20));
    assertEquals(await timeSlice(k.fib)(22), 17_711);
  });

  test("others get their turns meanwhile", async () => {
    const k = await everything();
    await run(function* () {
      let ticks = 0;
      const ticker = spawn(function* () {
        for (;; ticks++) yield* sleep(1);
      });
      yield* timeSlice(k, { everyMs: 2 }).burn(60);
      assert(ticks >= 5, `${ticks} turns`);
      const before = ticks;
      yield* timeSlice(k.slow, { everyMs: 2 })(0, 60_000);
      assert(ticks >= before + 5, `${ticks - before} turns`);
      yield* ticker.kill();
    });
  });

  test("a kill ends a kernel wherever it is, and its memory is free", async () => {
    const k = await everything();
    const loop = await kernelOf<{ loop(bytes: Uint8Array): void }>(
      "export function loop(bytes: InOut<u8>): void { while (true) for (let i = 0; i < bytes.length; i++) bytes[i] += 1; }",
    );
    const sliced = timeSlice(k, { everyMs: 1 });
    await run(function* () {
      const { used } = commonHeap();
      for (let i = 0; i < 20; i++) {
        const greenlet = i % 2 === 0
          ? spawn(() => sliced.forever())
          : spawn(() => timeSlice(loop, { everyMs: 1 }).loop(new Uint8Array(1_000)));
        yield* sleep(i % 5);
        yield* greenlet.kill();
        assert(greenlet.dead);
      }
      assertEquals(commonHeap().used, used);
      assertEquals(yield* sliced.asI32(5), 5);
    });
    await assertRejects(() => run(() => withTimeout(10, sliced.forever())), TimeoutError);
    await assertRejects(() => run(() => withTimeout(10, timeSlice(k.slow)(0, 2_000_000_000))), TimeoutError);
  });

  test("errors are the kernel's, and it can be called again", async () => {
    const sliced = timeSlice(await everything());
    await assertRejects(async () => await sliced.fail("x"), KernelError, "fail failed: it failed: x");
    await assertRejects(async () => await sliced.divide(1, 0), KernelError, "divide failed");
    assertEquals(await sliced.divide(4, 2), 2);
  });

  test("a thousand at a time, each with its own result", async () => {
    const sliced = timeSlice(await everything({ arena: 1_024 }), { everyMs: 1 });
    await run(function* () {
      const all = Array.from({ length: 1_000 }, (_, n) => spawn(() => sliced.nap(n % 7)));
      for (const [n, greenlet] of all.entries()) assertEquals(yield* greenlet, n % 7);
    });
  });

  test("imports that wait are greenlet's operations: sleep, queues, promises, generators", async () => {
    interface Worker {
      total(): number;
    }
    const queue = new Queue<number>();
    const k = await kernelOf<Worker>(
      `
      @external("env", "receive") declare function receive(): i32;
      @external("env", "later") declare function later(n: i32): i32;
      @external("env", "plain") declare function plain(n: i32): i32;
      @external("env", "steps") declare function steps(n: i32): i32;
      export function total(): i32 {
        let sum = 0;
        for (let n = receive(); n >= 0; n = receive()) { sum += later(plain(steps(n))); sleep(1); }
        return sum;
      }
    `,
      {
        imports: {
          env: {
            receive: () => queue.get(),
            later: async (n: number) => await Promise.resolve(n * 2),
            plain: (n: number) => n + 1,
            *steps(n: number) {
              yield* sleep(1);
              return n;
            },
          },
        },
      },
    );
    await run(function* () {
      const total = spawn(() => timeSlice(k).total());
      for (const n of [1, 2, 3, -1]) {
        yield* queue.put(n);
        yield* sleep(2);
      }
      assertEquals(yield* total, 18);
      const waiting = spawn(() => timeSlice(k).total());
      yield* sleep(5);
      yield* waiting.kill();
      yield* queue.put(7); // and nobody takes it
      yield* sleep(2);
      assertEquals(queue.qsize, 1);
    });
  });

  test("an import that fails is the call's error", async () => {
    const k = await kernelOf<{ f(): void }>(
      `@external("env", "g") declare function g(): void;\nexport function f(): void { g(); }`,
      { imports: { env: { g: () => Promise.reject(new RangeError("no")) } } },
    );
    await assertRejects(async () => await timeSlice(k).f(), Error, "no");
  });

  test("where the runtime cannot suspend WebAssembly, the error names the ways round; ranges work", async () => {
    const k = await everything();
    const host = WebAssembly as { Suspending?: unknown };
    const { Suspending } = host;
    try {
      host.Suspending = undefined;
      await assertRejects(async () => await timeSlice(k).sum(new Float64Array(1)), Error, "ThreadPool");
      const counts = new Int32Array(10);
      await timeSlice(k.visit)(counts, 0, 10);
      assertEquals([...new Set(counts)], [1]);
    } finally {
      host.Suspending = Suspending;
    }
  });

  test("what is no kernel is refused", () => {
    assertThrows(() => timeSlice({} as never), TypeError, "needs a kernel");
    assertThrows(() => timeSlice((() => {}) as never), TypeError, "needs a kernel");
  });
});
