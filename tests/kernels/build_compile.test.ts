/** The compiler: what it takes, what it gives, and that what it gives runs. */
import { compile } from "../../src/kernels/build/mod.ts";
import { manifestOf } from "../../src/kernels/manifest.ts";
import { assert, assertEquals, assertNotEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { Host, host, kernel, KernelError } from "./build_kit.ts";

const NUMBERS = `
/**
 * Adds numbers.
 *
 * @param xs The numbers.
 */
export function sum(xs: In<f64>, from: i32, to: i32): f64 {
  let total = 0.0;
  for (let i = from; i < to; i++) total += xs[i];
  return total;
}
/** Not the one above. */
type Bytes = Out<u8>;
type Same = Bytes;
// no documentation
export function double(xs: InOut<i64>, low: Same, by: i64, isOn: bool): i64 {
  for (let i = 0; i < xs.length; i++) {
    xs[i] = isOn ? xs[i] * by : 0;
    low[i] = <u8>xs[i];
  }
  return xs[0];
}
export function plain(xs: StaticArray<f32>, at: usize): f32 { return xs[at]; }
`;

describe("kernels > build > compile", () => {
  test("reads the signatures, the way of the arrays and the comments", async () => {
    const { manifest, bytes, warnings } = await kernel(NUMBERS);
    assertEquals(manifest.functions, [
      {
        name: "sum",
        doc: "Adds numbers.\n\n@param xs The numbers.",
        params: [
          { name: "xs", kind: "in", type: "f64" },
          { name: "from", kind: "scalar", type: "i32" },
          { name: "to", kind: "scalar", type: "i32" },
        ],
        result: { kind: "scalar", type: "f64" },
        range: true,
      },
      {
        name: "double",
        doc: "",
        params: [
          { name: "xs", kind: "inout", type: "i64" },
          { name: "low", kind: "out", type: "u8" },
          { name: "by", kind: "scalar", type: "i64" },
          { name: "isOn", kind: "scalar", type: "bool" },
        ],
        result: { kind: "scalar", type: "i64" },
        range: false,
      },
      {
        name: "plain",
        doc: "",
        params: [{ name: "xs", kind: "inout", type: "f32" }, { name: "at", kind: "scalar", type: "u32" }],
        result: { kind: "scalar", type: "f32" },
        range: false,
      },
    ]);
    assertEquals(manifestOf(bytes), manifest);
    assertEquals(warnings, []);
  });

  test("a view with a header before it is a StaticArray", async () => {
    const it = await host(NUMBERS);
    const xs = it.put(Float64Array.of(1, 2, 3, 4.5));
    assertEquals(it.call("sum", xs.at, 1, 4), 9.5);
    const big = it.put(BigInt64Array.of(3n, -(2n ** 40n)));
    const low = it.put(new Uint8Array(2));
    assertEquals(it.call("double", big.at, low.at, 3n, 1), 9n);
    assertEquals([...big.view], [9n, -3n * 2n ** 40n]);
    assertEquals([...low.view], [9, 0]);
  });

  test("a kernel that allocates nothing imports the memory and exports its functions, and no more", async () => {
    const { bytes, manifest } = await kernel(NUMBERS);
    const module = new WebAssembly.Module(bytes);
    assertEquals(WebAssembly.Module.imports(module), [{ module: "env", name: "memory", kind: "memory" }]);
    assertEquals(WebAssembly.Module.exports(module).map(({ name }) => name), ["sum", "double", "plain"]);
    assertEquals(manifest.dataEnd, 0);
  });

  test("strings go in and out as UTF-16", async () => {
    const it = await host(`export function greet(name: string): string { return "Hello " + name; }`);
    assertEquals(it.string(it.call("greet", it.putString("Ünï 🌱")) as number), "Hello Ünï 🌱");
  });

  test("an array that the kernel made", async () => {
    const source = "export function squares(n: i32): StaticArray<f32> {\n" +
      "  const all = new StaticArray<f32>(n);\n  for (let i = 0; i < n; i++) all[i] = <f32>(i * i);\n  return all;\n}";
    const { manifest } = await kernel(source);
    assertEquals(manifest.functions[0].result, { kind: "array", type: "f32" });
    assertEquals(manifest.dataEnd, 0, "no text, so no data segment");
    const it = await host(source);
    const at = it.call("squares", 5) as number;
    assert(at > it.arena[0] && at < it.arena[1]);
    assertEquals([...new Float32Array(it.bytes(at).buffer)], [0, 1, 4, 9, 16]);
  });

  test("arrays, maps and objects need no data, and the library's errors have their texts", async () => {
    const source = `
      class Pair { constructor(public key: i32, public value: f64) {} }
      export function work(n: i32): f64 {
        const pairs = new Array<Pair>();
        for (let i = 0; i < n; i++) pairs.push(new Pair(i, 0.5));
        pairs.pop();
        const all = new Map<i32, f64>();
        for (let i = 0; i < pairs.length; i++) all.set(pairs[i].key, pairs[i].value);
        return all.get(2) + new Float32Array(n).length;
      }`;
    assertEquals((await kernel(source)).manifest.dataEnd, 0);
    const it = await host(source);
    assertEquals(it.call("work", 5), 5.5);
    it.reset();
    assertThrows(() => it.call("work", 0), RangeError, "Array is empty");
    it.reset();
    assertThrows(() => it.call("work", 2), Error, "Key does not exist");
  });

  test("what it asks of the host comes from the module tendril, and functions of the author's own are listed", async () => {
    const source = `
      @external("math", "twice") declare function twice(x: u16): f64;
      declare function own(a: bool, b: i64): void;
      export function all(): f64 {
        console.log("now " + Date.now().toString());
        sleep(5);
        own(true, 7);
        return twice(60000) + performance.now() + Math.floor(Math.random());
      }`;
    const { manifest } = await kernel(source);
    assertEquals(manifest.imports, [
      { module: "math", name: "twice", params: ["u16"], result: "f64" },
      { module: "mine", name: "own", params: ["bool", "i64"], result: "void" },
    ]);
    const owned: unknown[] = [];
    const it = await host(source, {
      imports: {
        math: { twice: (x: number) => 2 * x },
        mine: { own: (...args: unknown[]) => void owned.push(...args) },
      },
    });
    assertEquals(it.call("all"), 120_007);
    assertEquals(it.logged, ["now 1000"]);
    assertEquals(it.slept, [5]);
    assertEquals(owned, [1, 7n]);
  });

  test("a throw tells its message, file and line, and the instance goes on", async () => {
    const source =
      "export function check(n: i32): i32 {\n  if (n > 3) throw new RangeError(`${n} is too large`);\n  return n;\n}";
    const it = await host(source);
    const error = assertThrows(() => it.call("check", 9), KernelError);
    assertEquals(error.message, "9 is too large at mine.ts:2:14");
    it.reset();
    assertEquals(it.call("check", 2), 2);
  });

  test("globals that code has to fill are filled by __start, inside of the arena", async () => {
    const source = "const table = new StaticArray<i32>(4);\nlet calls = 0;\n" +
      "for (let i = 0; i < 4; i++) table[i] = i * 10;\n" +
      "export function at(i: i32): i32 { return table[i] + ++calls; }";
    const it = await host(source);
    assertEquals([it.call("at", 3), it.call("at", 1)], [31, 12]);
    const start = (it.exports.__arena as WebAssembly.Global).value as number;
    assert(start > it.arena[0], "the host finds there where the arena of the calls begins");
  });

  test("vectors", async () => {
    const it = await host(`
      export function add(a: In<f32>, out: Out<f32>): void {
        v128.store(changetype<usize>(out), f32x4.add(v128.load(changetype<usize>(a)), f32x4.splat(1)));
      }`);
    const out = it.put(new Float32Array(4));
    it.call("add", it.put(Float32Array.of(1, 2, 3, 4)).at, out.at);
    assertEquals([...out.view], [2, 3, 4, 5]);
  });

  test("files that it imports, and what they export again", async () => {
    const files: Record<string, string> = {
      "asm/shared/layout.ts": "export const WIDTH: i32 = 7;",
      "asm/more/index.ts": "/** Twice. */\nexport function twice(n: i32): i32 { return 2 * n; }",
    };
    const { bytes, manifest } = await compile(
      'import { WIDTH } from "./shared/layout";\nexport * from "./more";\n' +
        "export function width(): i32 { return WIDTH; }",
      { file: "asm/mine.ts", read: (path) => files[path] },
    );
    assertEquals(manifest.functions.map(({ name, doc }) => [name, doc]), [["twice", "Twice."], [
      "width",
      "",
    ]]);
    const it = new Host(bytes);
    assertEquals([it.call("width"), it.call("twice", 4)], [7, 8]);
  });

  test("the file can be called as one likes", async () => {
    for (const file of ["./mine.ts", "mine", "/somewhere/mine.ts", "asm/../mine.ts"]) {
      const { manifest } = await compile("export function f(): void {}", { file });
      assertEquals(manifest.functions.map(({ name }) => name), ["f"]);
    }
  });

  test("checked keeps the bounds", async () => {
    const source = "export function at(xs: In<i32>, i: i32): i32 { return xs[i]; }";
    const { bytes } = await compile(source, { checked: true });
    const it = new Host(bytes);
    const xs = it.put(Int32Array.of(5));
    assertEquals(it.call("at", xs.at, 0), 5);
    assertThrows(() => it.call("at", xs.at, 1), RangeError, "Index out of range");
  });

  test("the same source gives the same bytes", async () => {
    const first = await compile(NUMBERS, { file: "mine.ts" });
    const second = await compile(NUMBERS, { file: "mine.ts" });
    assertEquals(first.bytes, second.bytes);
    const other = await compile(NUMBERS.replace("total += ", "total -= "), { file: "mine.ts" });
    assertNotEquals(first.bytes, other.bytes);
  });
});
