/**
 * Random modules do the same with checks as without, and their checks come exactly when the budget is used up.
 *
 * A failure prints the seed and the smallest tape. `TENDRIL_KERNEL_SECONDS` is for a longer hunt.
 */
import fc from "fast-check";
import process from "node:process";
import { instrumentWith } from "../../src/kernels/instrument/instrument.ts";
import type { Mode, Tuning } from "../../src/kernels/instrument/plan.ts";
import { assertEquals, assertGreater } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { compile, exact, instrumentedSide, type Side, sides } from "./instrument_kit.ts";
import { randomScript } from "./instrument_random_script.ts";
import { type RandomModule, randomModule } from "./instrument_random_wasm.ts";

const seconds = Number(process.env.TENDRIL_KERNEL_SECONDS ?? 6);
const limits = { interruptAfterTimeLimit: seconds * 1000, numRuns: 10_000_000 };

type Value = number | bigint;
interface Outcome {
  results: unknown[];
  memory: Uint8Array;
  checks: number;
}

// Two memories for all runs: Bun has few fast ones.
const memory = new WebAssembly.Memory({ initial: 1, maximum: 16384, shared: true });
const bytesOfMemory = new Uint8Array(memory.buffer);
const FUEL = 200;

/** Calls each function once, with the same fuel and an empty memory. */
function play({ functions }: RandomModule, bytes: Uint8Array, values: Value[]): Outcome {
  let checks = 0;
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const instance = new WebAssembly.Instance(module, {
    env: { memory },
    tendril: { check: () => void checks++ },
  });
  const exports = instance.exports as Record<string, ((...values: Value[]) => unknown) & WebAssembly.Global>;
  bytesOfMemory.fill(0);
  // The flag is where the program does not write, and no run has the id 1.
  if (exports.__flag) exports.__flag.value = 65_532;
  if (exports.__run) exports.__run.value = 1;
  const results = functions.map(({ params }, i) => {
    exports.fuel.value = FUEL;
    return exports[`f${i}`](
      ...params.map((type, at) => type === 0x7e ? BigInt(values[at]) : Number(values[at])),
    );
  });
  return { results, memory: bytesOfMemory.slice(0, 0x4800), checks };
}

describe("instrument, random modules", () => {
  test("the results are the same, and a check comes after exactly STRIP back-edges and entries", () => {
    let checked = 0;
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000_000), { minLength: 30, maxLength: 500, size: "max" }),
        fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 2, maxLength: 2 }),
        fc.integer({ min: 2, max: 40 }),
        (choices, values, strip) => {
          const module = randomModule(choices);
          const run = (mode: Mode, tuning: Tuning) =>
            play(module, instrumentWith(module.bytes, mode, tuning).bytes, values);
          const plain = play(module, module.bytes, values);
          const all = run("slice", exact(1));
          const some = run("slice", exact(strip));
          const killable = run("kill", exact(strip));
          const weighed = run("slice", { strip: 64, weigh: true, piece: 32 });
          for (const other of [all, some, killable, weighed]) {
            assertEquals(other.results, plain.results);
            assertEquals(other.memory, plain.memory);
          }
          assertEquals(some.checks, Math.floor(all.checks / strip));
          checked += some.checks;
        },
      ),
      limits,
    );
    assertGreater(checked, 0);
  }, { timeout: (seconds + 60) * 1000 });
});

describe("instrument, random AssemblyScript", () => {
  test("the results and the memory are the same in both modes", async () => {
    const count = 12;
    const memoryOf = (side: Side) => new Uint8Array(side.memory.buffer, 16_384, 4_096).slice();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(1_000_000), { minLength: 200, maxLength: 800, size: "max" }),
        fc.array(fc.tuple(fc.integer({ min: -9, max: 60 }), fc.integer()), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 50 }),
        async (choices, values, strip) => {
          const bytes = await compile(randomScript(choices, count));
          const [plain, ...others] = sides(bytes, strip);
          const all = instrumentedSide(bytes, "slice", exact(1));
          const weighed = instrumentedSide(bytes, "slice", { strip: 100, weigh: true, piece: 32 });
          for (let i = 0; i < count; i++) {
            for (const value of values) {
              const expected = plain.exports[`f${i}`](...value);
              for (const side of [...others, all, weighed]) {
                assertEquals(
                  side.exports[`f${i}`](...value),
                  expected,
                  `f${i}(${value}) in mode ${side.name}`,
                );
              }
            }
          }
          for (const side of [...others, all, weighed]) assertEquals(memoryOf(side), memoryOf(plain));
          assertEquals(others[1].checks(), Math.floor(all.checks() / strip));
        },
      ),
      limits,
    );
  }, { timeout: (seconds + 60) * 1000 });
});
