/** What is shown of kernels that are killed and sliced: proofs.test.ts asserts it, bench/kernel_kills.ts gives the figures. */
import { readdirSync } from "node:fs";
import process from "node:process";
import { run, sleep, spawn, taskGroup, until } from "../../src/mod.ts";
import { compile } from "../../src/kernels/build/mod.ts";
import { type Kernel, kernelArray, loadKernel, timeSlice } from "../../src/kernels/mod.ts";
import type { Awaitable } from "../../src/host/mod.ts";
import { ThreadPool } from "../../src/threads/mod.ts";

/** Each says by `began` that it is in the middle. */
const source = `
export function loop(began: InOut<i32>): f64 {
  began[0] = 1;
  let x = 0.0;
  while (true) x = Math.sqrt(x + 1);
  return x;
}
export function store(began: InOut<i32>, bytes: InOut<u8>): void {
  began[0] = 1;
  while (true) for (let i = 0; i < bytes.length; i++) bytes[i] += 1;
}
export function recurse(began: InOut<i32>, n: i32): i32 {
  began[0] = 1;
  return n == 0 ? 1 : recurse(began, n - 1) + recurse(began, n - 1);
}
export function fill(began: InOut<i32>, bytes: InOut<u8>): void {
  began[0] = 1;
  while (true) memory.fill(changetype<usize>(bytes), 1, bytes.length);
}
export function range(began: InOut<i32>, from: i32, to: i32): void {
  let x = 0.0;
  for (let i = from; i < to; i++) for (let k = 0; k < 1_000; k++) x += Math.sqrt(<f64> (k ^ i));
  began[0] = x < 0 ? 2 : 1;
}
export function burn(millions: i32): f64 {
  let x = 0.0;
  for (let i = 0; i < millions; i++) {
    for (let k = 0; k < 1_000_000; k++) x = x * 0.5 + <f64>(k ^ i);
  }
  return x;
}
export function same(n: i32): i32 { return n; }
`;

interface Proofs {
  loop(began: Int32Array): number;
  store(began: Int32Array, bytes: Uint8Array): void;
  recurse(began: Int32Array, n: number): number;
  fill(began: Int32Array, bytes: Uint8Array): void;
  range(began: Int32Array, from: number, to: number): void;
  burn(millions: number): number;
  same(n: number): number;
}

export async function proofs(): Promise<Kernel<Proofs>> {
  return loadKernel<Proofs>((await compile(source, { file: "proofs.ts" })).bytes);
}

/** Makes a pool of one thread, which has begun. */
export async function oneThread(k: Kernel<Proofs>): Promise<ThreadPool> {
  const pool = new ThreadPool({ size: 1, minSize: 1 });
  await k.same(1, { pool });
  return pool;
}

/**
 * Kills so many kernels in the middle, in the pool's one thread. Gives for each the milliseconds from the kill until the
 * thread has done the next job.
 */
export async function killMany(k: Kernel<Proofs>, pool: ThreadPool, times: number): Promise<number[]> {
  const milliseconds: number[] = [];
  await run(function* () {
    using began = kernelArray(Int32Array, 1), bytes = kernelArray(Uint8Array, 10_000_000);
    const copied = new Uint8Array(1_000);
    const victims: (() => Awaitable<unknown>)[] = [
      () => k.loop(began, { pool }),
      () => k.store(began, copied, { pool }),
      () => k.recurse(began, 100, { pool }),
      () => k.fill(began, bytes, { pool }),
      () => k.range(began, 0, 2 ** 31 - 1, { pool }),
    ];
    for (let i = 0; i < times; i++) {
      began[0] = 0;
      const victim = spawn(victims[i % victims.length]);
      while (Atomics.load(began, 0) === 0) yield* sleep(0.2);
      yield* sleep(i % 3);
      const start = performance.now();
      const killed = victim.kill({ block: false });
      if ((yield* k.same(i, { pool })) !== i) throw new Error(`job ${i} gave something else`);
      milliseconds.push(performance.now() - start);
      yield* killed;
      yield* victim.join();
    }
  });
  return milliseconds;
}

/** How late a timer of 4 ms was at worst beside a sliced kernel, and how often it came. */
export async function timerBeside(
  k: Kernel<Proofs>,
  millions: number,
): Promise<{ ms: number; worst: number; times: number }> {
  let worst = 0, times = 0, due = performance.now() + 4;
  let timer = setTimeout(function tick() {
    worst = Math.max(worst, performance.now() - due);
    times++;
    due = performance.now() + 4;
    timer = setTimeout(tick, 4);
  }, 4);
  const start = performance.now();
  await timeSlice(k.burn, { everyMs: 4 })(millions);
  clearTimeout(timer);
  return { ms: performance.now() - start, worst, times };
}

const gated = `
@external("env", "wait") declare function wait(n: i32): i32;
export function deep(n: i32, depth: i32): i32 { return depth == 0 ? wait(n) : deep(n, depth - 1) + 1; }
`;

/** So many kernels, all suspended at once, five calls deep. Gives what they gave, and the bytes of memory for each. */
export async function inFlight(count: number): Promise<{ results: number[]; bytesEach: number }> {
  const gate = Promise.withResolvers<void>();
  let waiting = 0;
  const all = Promise.withResolvers<void>();
  const { bytes } = await compile(gated, { file: "gated.ts" });
  const wait = async (n: number) => {
    if (++waiting === count) all.resolve();
    await gate.promise;
    return n;
  };
  const { deep } = timeSlice(
    loadKernel<{ deep(n: number, depth: number): number }>(bytes, { imports: { env: { wait } } }),
  );
  const before = process.memoryUsage().rss;
  let after = 0;
  const results = await run(() =>
    taskGroup(function* () { // so one that fails ends the wait
      const calls = Array.from({ length: count }, (_, n) => spawn(() => deep(n, 5)));
      yield* until(all.promise);
      after = process.memoryUsage().rss;
      gate.resolve();
      const given: number[] = [];
      for (const call of calls) given.push(yield* call);
      return given;
    })
  );
  return { results, bytesEach: (after - before) / count };
}

/** The share of one processor that this process takes while it has nothing to do. */
export async function idleShare(ms: number): Promise<number> {
  const before = process.cpuUsage(), start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - start);
}

/** Threads of this process; undefined where the system does not tell. */
export function systemThreads(): number | undefined {
  try {
    return readdirSync("/proc/self/task").length;
  } catch {
    return undefined;
  }
}
