/** A kernel in a worker ends when its run's id is written into the flag, wherever it is, and can be called again. */
import { Worker } from "node:worker_threads";
import { instrument } from "../../src/kernels/instrument/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { compile } from "./instrument_kit.ts";
import type { Answer, Call, WorkerData } from "./instrument_worker.ts";

const FLAG = 256, STARTED = 260;

/** Each says that it started, and then works for hours. */
const source = `
function started(): void { atomic.store<i32>(${STARTED}, 1); }
export function plain(n: i32): i32 { started(); let s = 0; while (true) { s = s * 3 + n; if (s == 1 && n == 2) return s; } }
export function counted(n: i32): i32 { started(); let s = 0; for (let i = 0; i < 2000000000; i++) for (let j = 0; j < 2000000000; j++) s += j ^ n; return s; }
export function lanes(n: i32): i32 {
  started();
  let v = i32x4.splat(n);
  for (let i = 0; i < 2000000000; i++) for (let j = 0; j < 1000; j++) v = i32x4.add(v, i32x4.mul(v, i32x4.splat(j)));
  return i32x4.extract_lane(v, 0);
}
function tree(n: i32): i32 { return n <= 0 ? 1 : tree(n - 1) + tree(n - 2); }
export function recursion(n: i32): i32 { started(); return tree(70 + n); }
export function filling(n: i32): i32 { started(); while (true) memory.fill(1048576, <u8>n, 48000000 + n); }
export function copying(n: i32): i32 { started(); while (true) memory.copy(1048576, 1048577 + n, 48000000 + n); }
export function short(n: i32): i32 { let s = 0; for (let i = 0; i < n; i++) s += i; return s; }
`;

describe("instrument, kill", () => {
  for (const kernel of ["plain", "counted", "lanes", "recursion", "filling", "copying"]) {
    test(`${kernel}: ends, and the instance is called again`, async () => {
      const bytes = instrument(await compile(source), { mode: "kill" }).bytes;
      const memory = new WebAssembly.Memory({ initial: 1024, maximum: 16384, shared: true });
      const words = new Int32Array(memory.buffer);
      const workerData: WorkerData = { bytes, memory, flag: FLAG };
      const worker = new Worker(new URL("instrument_worker.ts", import.meta.url), { workerData });
      const call = (message: Call) =>
        new Promise<Answer>((resolve, reject) => {
          worker.once("message", resolve);
          worker.once("error", reject);
          worker.postMessage(message);
        });
      try {
        const killed = call({ run: 7, kernel, value: 1 });
        await until(() => Atomics.load(words, STARTED >> 2) === 1);
        Atomics.store(words, FLAG >> 2, 7);
        assertEquals(await killed, { run: 7, trap: true });
        // The flag still names the run that ended.
        assertEquals(await call({ run: 8, kernel: "short", value: 100_000 }), {
          run: 8,
          result: 704_982_704,
        });
        Atomics.store(words, STARTED >> 2, 0);
        const again = call({ run: 9, kernel, value: 2 });
        await until(() => Atomics.load(words, STARTED >> 2) === 1);
        Atomics.store(words, FLAG >> 2, 9);
        assertEquals(await again, { run: 9, trap: true });
      } finally {
        await worker.terminate();
      }
    }, { timeout: 60_000 });
  }
});

/** Turns of the loop until the condition holds; the harness bounds them. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
