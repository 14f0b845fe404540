/**
 * `node scripts/setup.mjs bench/kernel_kills.ts [--runtime bun] [--kills 1000]`
 *
 * What kernels leave behind that are killed or suspended, on each runtime:
 *
 * - how long it takes from the kill of a kernel that computes in a thread until the thread has done the next job;
 * - what many kills change in the kernels' memory, the process's memory and its threads;
 * - how late a timer of 4 ms is beside a kernel in slices on its own thread;
 * - what a thousand suspended kernels take;
 * - the share of a processor that is used when all is over.
 */
import { spawnSync } from "node:child_process";
import { loadavg } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { commonHeap } from "../src/kernels/heap.ts";
import {
  idleShare,
  inFlight,
  killMany,
  oneThread,
  proofs,
  systemThreads,
  timerBeside,
} from "../tests/kernels/proofs_kit.ts";
import { RUNTIMES } from "./harness/host.ts";
import { median } from "./harness/stats.ts";

const { values } = parseArgs({
  options: {
    runtime: { type: "string" },
    kills: { type: "string", default: "1000" },
    /** In the process that measures. */
    here: { type: "boolean", default: false },
  },
});

const MEGABYTE = 2 ** 20;
const rss = () => `${(process.memoryUsage().rss / MEGABYTE).toFixed(0)} MiB`;

async function killed(): Promise<void> {
  const k = await proofs();
  const pool = await oneThread(k);
  await killMany(k, pool, 10);
  const state = () =>
    `${commonHeap().used} bytes of kernel memory, ${rss()} in all, ${pool.stats().threads} thread of the pool, ` +
    `${systemThreads() ?? "?"} of the system`;
  console.log(`before:         ${state()}`);
  const times = await killMany(k, pool, 100);
  console.log(
    `100 kills:      next job after ${median(times).toFixed(2)} ms (median), ${
      Math.max(...times).toFixed(2)
    } ms (worst)`,
  );
  const start = performance.now();
  await killMany(k, pool, Number(values.kills));
  console.log(
    `${`${values.kills} more:`.padEnd(15)} in ${((performance.now() - start) / 1_000).toFixed(1)} s`,
  );
  console.log(`after:          ${state()}`);
  const { died, zombies, started } = pool.stats();
  console.log(`                ${started} thread was started, ${died} died, ${zombies} are zombies`);
  console.log(`idle:           ${(100 * await idleShare(500)).toFixed(1)} % of a processor`);
  await pool.terminate();
}

async function sliced(): Promise<void> {
  const k = await proofs();
  const start = performance.now();
  k.burn.sync(200);
  k.burn.sync(200);
  const millions = Math.round(2_000 / ((performance.now() - start) / 400));
  const { ms, worst, times } = await timerBeside(k, millions);
  console.log(
    `4 ms timer:     beside a kernel of ${ms.toFixed(0)} ms it came ${times} times, at worst ${
      worst.toFixed(1)
    } ms late`,
  );
  const { results, bytesEach } = await inFlight(1_000);
  const right = results.filter((result, n) => result === n + 5).length;
  console.log(
    `1000 suspended: ${right} right, ${(bytesEach / 1_024).toFixed(1)} KiB of the process for each`,
  );
  console.log(`idle:           ${(100 * await idleShare(500)).toFixed(1)} % of a processor`);
}

if (values.here) {
  await killed();
  await sliced();
} else {
  for (const runtime of values.runtime?.split(",") ?? RUNTIMES) {
    console.log(`\n${runtime}; load ${loadavg()[0].toFixed(2)}`);
    const binary = fileURLToPath(new URL(`../node_modules/.bin/${runtime}`, import.meta.url));
    const args = [fileURLToPath(import.meta.url), "--here", "--kills", values.kills];
    const { status } = spawnSync(binary, [...(runtime === "deno" ? ["run", "-A"] : []), ...args], {
      stdio: "inherit",
    });
    if (status !== 0) throw new Error(`${runtime} ended with ${status}`);
    console.log(`load ${loadavg()[0].toFixed(2)}`);
  }
}
