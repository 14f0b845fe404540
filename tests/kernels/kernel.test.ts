import fc from "fast-check";
import { run } from "../../src/mod.ts";
import { commonHeap } from "../../src/kernels/heap.ts";
import { kernelArray, KernelError, loadKernel } from "../../src/kernels/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { everything, kernelOf } from "./kernel_kit.ts";

describe("kernels, here and now", () => {
  test("arrays go in, out and both ways; others stay as they are", async () => {
    const k = await everything();
    const values = new Float64Array([1, 2, 3.5]), odd = new Int32Array([9, 9, 9, 9]);
    assertEquals(k.sum.sync(values), 6.5);
    k.twice.sync(values);
    k.iota.sync(odd);
    assertEquals([[...values], [...odd]], [[2, 4, 7], [0, 1, 0, 3]]);
    assertEquals([...k.evens.sync(4)], [0, 2, 4, 6]);
    assertEquals([k.sum.sync(new Float64Array(0)), k.evens.sync(0).length], [0, 0]);
  });

  test("await, yield* and sync give the same", async () => {
    const k = await everything();
    const values = new Float64Array([1, 2]);
    assertEquals(await k.sum(values), 3);
    assertEquals(await run(() => k.sum(values)), 3);
  });

  test("a part of a larger buffer, and clamped bytes", async () => {
    const k = await everything();
    const all = new Float64Array([1, 2, 3, 4]), bytes = new Uint8ClampedArray([0, 255, 7]);
    k.twice.sync(all.subarray(1, 3));
    k.bytes.sync(bytes);
    assertEquals([[...all], [...bytes]], [[1, 4, 6, 4], [255, 0, 248]]);
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    k.bytes.sync(shared);
    assertEquals([...shared], [255, 255]);
  });

  test("numbers of all types keep their values", async () => {
    const k = await everything();
    const ranges = {
      asI8: [-128, 127],
      asU8: [0, 255],
      asI16: [-32_768, 32_767],
      asU16: [0, 65_535],
      asI32: [-(2 ** 31), 2 ** 31 - 1],
      asU32: [0, 2 ** 32 - 1],
    } as const;
    for (const [name, [min, max]] of Object.entries(ranges)) {
      const f = k[name as keyof typeof ranges].sync;
      fc.assert(fc.property(fc.integer({ min, max }), (n) => assertEquals(f(n), n)), { numRuns: 30 });
      assertEquals([f(min), f(max)], [min, max]);
      assertThrows(() => f(max + 1), RangeError, `${name}: argument x must be from ${min} to ${max}`);
      assertThrows(() => f(0.5), TypeError, "whole number");
    }
    fc.assert(fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (n) => assertEquals(k.asI64.sync(n), n)));
    fc.assert(fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (n) => assertEquals(k.asU64.sync(n), n)));
    fc.assert(fc.property(fc.double(), (n) => assertEquals(k.asF64.sync(n), n)));
    assertEquals([k.asF32.sync(0.1), k.asF32.sync(NaN), k.not.sync(true)], [Math.fround(0.1), NaN, false]);
    assertThrows(() => k.asU64.sync(-1n), RangeError);
    assertThrows(() => k.asI64.sync(1 as never), TypeError, "must be a bigint, not 1");
  });

  test("strings keep every unit, also halves of pairs", async () => {
    const k = await everything();
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 50 }), (text) => {
      assertEquals([k.same.sync(text), k.length.sync(text)], [text, text.length]);
    }));
    assertEquals([k.same.sync("\ud800x"), k.upper.sync("straße")], ["\ud800x", "STRASSE"]);
    const long = "äb".repeat(10_000);
    assertEquals(k.same.sync(long), long);
  });

  test("wrong arguments are told at the call, by name", async () => {
    const k = await everything();
    assertThrows(
      () => k.sum.sync([1] as never),
      TypeError,
      "sum: argument values must be a Float64Array, not",
    );
    assertThrows(() => k.sum.sync(new Float32Array(1) as never), TypeError, "Float64Array");
    assertThrows(
      () => (k.sum.sync as unknown as () => void)(),
      TypeError,
      "sum takes 1 arguments (values), not 0",
    );
    assertThrows(() => k.not.sync(1 as never), TypeError, "boolean");
    assertThrows(() => k.upper.sync(1 as never), TypeError, "must be a string");
    assertThrows(() => k.sum(new Float64Array(1), 5 as never), TypeError, "options");
    assertThrows(() => k.sum(new Float64Array(1), { pool: 5 as never }), TypeError, "must be a ThreadPool");
    assertThrows(() => k.sum(new Float64Array(1), { everyMs: NaN }), RangeError);
  });

  test("what a kernel throws, and what WebAssembly does not allow, are errors with its name, and it can be called again", async () => {
    const k = await everything();
    const error = assertThrows(() => k.fail.sync("x"), KernelError, "fail failed: it failed: x");
    assert(/everything\.ts:\d+:\d+/.test(error.message));
    assertThrows(() => k.divide.sync(1, 0), KernelError, "divide failed");
    assertThrows(() => k.deep.sync(100_000_000), KernelError, "deep failed");
    assertThrows(() => k.fill.sync(10_000_000), KernelError, "memory is full");
    assertInstanceOf(await assertRejects(async () => await k.fail("y")), KernelError);
    assertEquals([k.divide.sync(7, 2), k.fill.sync(1_000), k.deep.sync(10)], [3, 1_000, 10]);
  });

  test("the arena is as large as asked for, and free again at each call", async () => {
    const k = await everything({ arena: 10_000_000 });
    for (let i = 0; i < 20; i++) assertEquals(k.fill.sync(9_000_000), 9_000_000);
    assertThrows(() => loadKernel(new Uint8Array(), { arena: 0 }), RangeError, "arena");
  });

  test("globals keep their values from call to call", async () => {
    const k = await everything();
    assertEquals([k.counted.sync(), k.counted.sync()], [1, 2]);
  });

  test("globals that code fills, and allocate, live as long as the kernel", async () => {
    const k = await kernelOf<{ next(): string }>(`
      const words = new Map<i32, string>();
      words.set(1, "one");
      words.set(2, "two");
      let n = 0;
      export function next(): string { return words.get(++n) + "!"; }
    `);
    assertEquals([k.next.sync(), k.next.sync()], ["one!", "two!"]);
  });

  test("kernels with constant data do not see each other's", async () => {
    const say = (text: string) =>
      kernelOf<{ say(): string }>(`export function say(): string { return "${text}"; }`);
    const [a, b] = [await say("first"), await say("second one")];
    assertEquals([a.say.sync(), b.say.sync(), a.say.sync()], ["first", "second one", "first"]);
  });

  test("imports are given by module and name; one may call the kernel again", async () => {
    interface Back {
      outer(n: number): number;
      inner(n: number): number;
    }
    const text = `
      @external("env", "call") declare function call(n: i32): i32;
      export function outer(n: i32): i32 { return call(n) + 1; }
      export function inner(n: i32): i32 { return n * 10; }
    `;
    const k = await kernelOf<Back>(text, { imports: { env: { call: (n: number) => k.inner.sync(n) } } });
    assertEquals(k.outer.sync(4), 41);
    await assertRejects(() => kernelOf<Back>(text), TypeError, "imports env.call, which is not given");
  });

  test("arrays in the kernel's memory are not copied, and disposed of", async () => {
    const k = await everything();
    // No constant data, so it lies in the common memory.
    const plain = await kernelOf<{ twice(values: Float64Array): void }>(
      "export function twice(values: InOut<f64>): void { for (let i = 0; i < values.length; i++) values[i] *= 2; }",
    );
    const before = commonHeap().used;
    {
      using numbers = kernelArray(Float64Array, [1, 2, 3]);
      plain.twice.sync(numbers);
      k.twice.sync(numbers); // lies elsewhere: copied
      assertEquals([...numbers], [4, 8, 12]);
      const part = numbers.subarray(1);
      plain.twice.sync(part);
      assertEquals([...numbers], [4, 16, 24]);
      numbers[Symbol.dispose]();
      assertEquals(commonHeap().used, before);
    }
    assertEquals(commonHeap().used, before);
    assertThrows(() => kernelArray(5 as never, 1), TypeError, "Float32Array");
    assertThrows(() => kernelArray(Float32Array, -1), RangeError);
    assertThrows(() => kernelArray(Float32Array, 2 ** 30), RangeError, "has not got them");
  });

  test("after any call nothing is left in memory", async () => {
    const k = await everything();
    const { used } = commonHeap();
    const array = new Float64Array(1_000);
    for (let i = 0; i < 100; i++) {
      k.sum.sync(array);
      assertThrows(() => k.fail.sync("x"));
      assertThrows(() => k.sum.sync(1 as never));
    }
    assertEquals(commonHeap().used, used);
  });

  test("what is no kernel is refused", () => {
    assertThrows(() => loadKernel(5 as never), TypeError, "loadKernel needs the bytes");
    assertThrows(() => loadKernel(new Uint8Array([1, 2])), Error, "no WASM module");
    const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    assertThrows(() => loadKernel(empty), TypeError, "tendril build");
    assertThrows(() => loadKernel("file:///no/such/file.wasm"), Error, "no such file");
    assertThrows(() => loadKernel("https://localhost/x.wasm"), TypeError, "fetch it");
    assertThrows(
      () => loadKernel(`data:application/wasm;base64,${btoa("\0asm\x01\0\0\0")}`),
      TypeError,
      "tendril build",
    );
  });
});
