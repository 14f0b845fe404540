/** The parts of a module around the code: data, names, indices, what is refused; and memory operations in pieces. */
import { readFileSync } from "node:fs";
import { list } from "../../scripts/lib/repo.ts";
import { hasData, instrument, stripData, WasmFormatError } from "../../src/kernels/instrument/mod.ts";
import { readModule } from "../../src/kernels/instrument/module.ts";
import { readFunctionNames } from "../../src/kernels/instrument/names.ts";
import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { compile, instrumentedSide, plainSide, type Side } from "./instrument_kit.ts";
import { PROGRAMS } from "./instrument_programs.ts";

const tables = `
type Step = (n: i32) => i32;
function double(n: i32): i32 { return n * 2; }
function square(n: i32): i32 { return n * n; }
let step: Step = double;
export function choose(n: i32): i32 { step = n & 1 ? double : square; let s = 0; for (let i = 0; i < n; i++) s += step(i); return s; }
export function text(n: i32): i32 { const s = "some text".repeat(n); let h = 0; for (let i = 0; i < s.length; i++) h = h * 31 + s.charCodeAt(i); return h; }
export function straight(n: i32): i32 { return n * 3 + 1; }
export function fails(n: i32): i32 { let s = 0; for (let i = 0; i < n; i++) { s += i * i; if (s > 1000) unreachable(); } return s; }
`;

const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const bytesOf = (...bytes: number[]) => Uint8Array.from([...header, ...bytes]);
const asSource = (bytes: Uint8Array) => bytes as Uint8Array<ArrayBuffer>;

describe("instrument, the module", () => {
  test("modules are valid in both modes, stripped or not", async () => {
    for (const source of [tables, ...PROGRAMS.map(({ source }) => source)]) {
      for (const options of [["--debug"], ["-O3", "--exportTable"], ["-O3", "--runtime", "incremental"]]) {
        const bytes = await compile(source, options);
        for (const mode of ["kill", "slice"] as const) {
          const done = instrument(bytes, { mode }).bytes;
          assert(WebAssembly.validate(done), `${mode} ${options}\n${source}`);
          assert(WebAssembly.validate(stripData(done)));
        }
        assert(WebAssembly.validate(stripData(bytes)));
      }
    }
  }, { timeout: 60_000 });

  test("the library's own kernels are valid in both modes", () => {
    const modules = list("asm/wasm/*.wasm");
    assert(modules.length > 0);
    for (const path of modules) {
      const bytes = new Uint8Array(readFileSync(path));
      for (const mode of ["kill", "slice"] as const) {
        assert(WebAssembly.validate(instrument(bytes, { mode }).bytes), `${path} in mode ${mode}`);
      }
    }
  });

  test("functions are found by table, start and name when their numbers move", async () => {
    const bytes = await compile(tables);
    const plain = plainSide(bytes);
    for (const mode of ["kill", "slice"] as const) {
      const side = instrumentedSide(bytes, mode, { strip: 3, weigh: true, piece: 64 });
      for (const kernel of ["choose", "text", "straight"]) {
        for (const n of [0, 1, 6, 9]) {
          assertEquals(side.exports[kernel](n), plain.exports[kernel](n), `${kernel}(${n})`);
        }
      }
      const error = assertThrows(() => side.exports.fails(100));
      assertInstanceOf(error, WebAssembly.RuntimeError);
      // Bun names no functions of WASM in its stacks.
      if (runtime !== "bun") assertStringIncludes(String(error.stack), "fails");
    }
  });

  test("names move with their functions, and what is added has a name", async () => {
    const bytes = await compile(tables);
    const before = readFunctionNames(readModule(bytes));
    const module = readModule(instrument(bytes, { mode: "slice" }).bytes);
    const after = readFunctionNames(module);
    const imported = readModule(bytes).imported.functions;
    assertEquals(after.get(imported), "tendril.check");
    for (const [index, name] of before) assertEquals(after.get(index < imported ? index : index + 1), name);
    assertEquals(
      readFunctionNames(readModule(instrument(bytes, { mode: "kill" }).bytes)).get(imported),
      before.get(imported),
    );
  });

  test("a function without loops is the same, byte for byte", async () => {
    const bytes = await compile(tables);
    const original = readModule(bytes), killable = readModule(instrument(bytes, { mode: "kill" }).bytes);
    const body = (module: typeof original) => {
      const { index } = module.exports.find(({ name }) => name === "straight") ?? { index: -1 };
      const { start, end } = module.bodies[index - module.imported.functions];
      return module.bytes.slice(start, end);
    };
    assertEquals(body(killable), body(original));
  });

  test("the report names what has checks and what has none", async () => {
    const source = `
export function loops(n: i32): i32 { let s = 0; for (let i = 0; i < n; i++) for (let j = i; j < n; j++) s ^= i * j; return s; }
export function fib(n: i32): i32 { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
export function clear(n: usize): void { memory.fill(65536, 0, n); }
export function wait(): i32 { return atomic.wait<i32>(1024, 0, -1); }
export function plain(n: i32): i32 { return n + 1; }
`;
    const { report } = instrument(await compile(source), { mode: "slice" });
    assertEquals(report.functions.map(({ name, ...rest }) => [name.replace("kernel/", ""), rest]).sort(), [
      ["clear", { loops: 0, entry: false, pieces: 1 }],
      ["fib", { loops: 0, entry: true, pieces: 0 }],
      ["loops", { loops: 2, entry: false, pieces: 0 }],
    ]);
    assertEquals(report.left.map(({ name, what }) => [name.replace("kernel/", ""), what]), [[
      "wait",
      "memory.atomic.wait",
    ]]);
  });

  test("data is found, stripped, and not written again", async () => {
    const bytes = await compile(tables);
    assert(hasData(bytes));
    const stripped = stripData(bytes);
    assertFalse(hasData(stripped));
    assertFalse(hasData(await compile("export function one(): i32 { return 1; }")));
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 16384, shared: true });
    const view = new Uint8Array(memory.buffer);
    new WebAssembly.Instance(new WebAssembly.Module(asSource(bytes)), { env: { memory } });
    assert(view.some((byte) => byte !== 0));
    view.fill(0);
    new WebAssembly.Instance(new WebAssembly.Module(stripped), { env: { memory } });
    assertFalse(view.some((byte) => byte !== 0));
  });

  test("a module without a memory gets one for the flag", () => {
    // (func (export "count") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    const body = [0, 0x03, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, 0x0b];
    const name = [5, ...new TextEncoder().encode("count")];
    const code = [10, body.length + 2, 1, body.length, ...body];
    const bytes = bytesOf(1, 5, 1, 0x60, 1, 0x7f, 0, 3, 2, 1, 0, 7, 9, 1, ...name, 0, 0, ...code);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 16384, shared: true });
    const module = new WebAssembly.Module(instrument(bytes, { mode: "kill" }).bytes);
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const count = exports.count as (n: number) => void;
    (exports.__flag as WebAssembly.Global).value = 16;
    (exports.__run as WebAssembly.Global).value = 3;
    count(1_000_000);
    new Int32Array(memory.buffer)[4] = 3;
    assertInstanceOf(assertThrows(() => count(1_000_000)), WebAssembly.RuntimeError);
    (exports.__run as WebAssembly.Global).value = 4;
    count(1_000_000);
  });

  test("refuses what it does not understand, and says where", async () => {
    const refused: [bytes: Uint8Array, message: string][] = [
      [Uint8Array.of(1, 2, 3), "no WASM module of version 1, at offset 0x0"],
      [bytesOf(1, 5, 1, 0x60), "reaches over the end"],
      [bytesOf(13, 1, 0), "exception handling"],
      [bytesOf(1, 3, 1, 0x5f, 0), "garbage collection"],
      // One function, whose body is this: try; struct.new; a SIMD number that nothing has.
      [
        bytesOf(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 5, 1, 3, 0, 0x06, 0x0b),
        "0x6 (exception handling), at offset 0x17",
      ],
      [bytesOf(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0xfb, 0, 0x0b), "0xfb (garbage collection)"],
      [
        bytesOf(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 7, 1, 5, 0, 0xfd, 0x9a, 1, 0x0b),
        "0xfd 0x9a, at offset 0x17",
      ],
      [instrument(await compile(tables), { mode: "kill" }).bytes, 'it has "__flag" already'],
      [instrument(await compile(tables), { mode: "slice" }).bytes, 'it has "tendril.check" already'],
    ];
    for (const [bytes, message] of refused) {
      const error = assertThrows(() => instrument(bytes, { mode: "kill" }), WasmFormatError);
      assertStringIncludes(error.message, message);
    }
  });
});

describe("instrument, memory in pieces", () => {
  const source = `
export function fill(to: usize, value: u8, n: usize): void { memory.fill(to, value, n); }
export function copy(to: usize, from: usize, n: usize): void { memory.copy(to, from, n); }
`;
  const limit = 16 * 65_536;
  const calls: [kernel: "fill" | "copy", ...values: number[]][] = [
    ["fill", 1000, 7, 0],
    ["fill", 1000, 7, 64],
    ["fill", 1000, 7, 65],
    ["fill", 1003, 9, 1000],
    ["copy", 2000, 1003, 1000],
    ["copy", 1503, 1003, 1000],
    ["copy", 1003, 1503, 1000],
    ["copy", 1004, 1003, 777],
    ["copy", 1003, 1004, 777],
    ["copy", 1003, 1003, 300],
    ["fill", limit - 500, 3, 500],
    // Out of the memory, by little and by an address that wraps: nothing may be written.
    ["fill", limit - 500, 4, 501],
    ["fill", limit - 10, 4, -5],
    ["copy", limit - 500, 1000, 501],
    ["copy", 1000, limit - 500, 501],
    ["copy", 1000, limit - 500, -7],
  ];
  const outcome = (side: Side, [kernel, ...values]: (typeof calls)[number]) => {
    try {
      side.exports[kernel](...values);
      return "done";
    } catch (error) {
      return error instanceof WebAssembly.RuntimeError ? "trap" : String(error);
    }
  };

  const equal = (a: Side, b: Side) => {
    const left = new Uint8Array(a.memory.buffer), right = new Uint8Array(b.memory.buffer);
    return left.every((byte, i) => byte === right[i]);
  };

  test("fill and copy do what the instructions do", async () => {
    const bytes = await compile(source);
    for (const mode of ["kill", "slice"] as const) {
      const plain = plainSide(bytes);
      const side = instrumentedSide(bytes, mode, { strip: 1000, weigh: true, piece: 64 });
      for (const { memory } of [plain, side]) {
        const view = new Uint8Array(memory.buffer);
        for (let i = 0; i < 4_000; i++) view[i] = i * 7 + (i >> 8);
      }
      for (const call of calls) {
        assertEquals(outcome(side, call), outcome(plain, call), `${call}`);
        assert(equal(side, plain), `memory after ${call}`);
      }
    }
  });

  test("a check comes after each piece", async () => {
    const bytes = await compile(source);
    for (const kernel of ["fill", "copy"]) {
      const side = instrumentedSide(bytes, "slice", { strip: 1_000_000, weigh: true, piece: 64 });
      side.exports[kernel](4_096, 2_048, 64);
      assertEquals(side.checks(), 0);
      side.exports[kernel](4_096, 2_048, 65);
      assertEquals(side.checks(), 1);
      side.exports[kernel](4_096, 2_048, 640);
      assertEquals(side.checks(), 10);
    }
  });

  test("small ones take from the budget by their size", async () => {
    const side = instrumentedSide(await compile(source), "slice", {
      strip: 100,
      weigh: true,
      piece: 1 << 20,
    });
    // 6,400 bytes are 100 units.
    side.exports.fill(4_096, 1, 6_336);
    assertEquals(side.checks(), 0);
    side.exports.fill(4_096, 1, 64);
    assertEquals(side.checks(), 1);
  });
});
