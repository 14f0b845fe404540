/** The module that stands for a kernel. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compile, writeBinding } from "../../src/kernels/build/mod.ts";
import { writeEmbedded } from "../../src/kernels/build/binding.ts";
import type { Kernel } from "../../src/kernels/mod.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { kernel } from "./build_kit.ts";

const SOURCE = `
/**
 * Blurs.
 *
 * @param radius In pixels.
 */
export function blur(from8: In<u8>, into: Out<u8>, radius: f32, from: i32, to: i32): void {}
/** One line. */
export function all(a: In<i8>, b: In<i16>, c: In<u16>, d: In<i32>, e: In<u32>, f: In<i64>, g: InOut<u64>, h: In<f64>): u64 { return 1; }
export function rest(on: bool, big: i64, text: string): bool { return on; }
export function array(n: i32): StaticArray<f32> { return new StaticArray<f32>(n); }
export function word(): string { return "word"; }
`;

/** The bytes that a module has in it. */
function bytesIn(text: string): Uint8Array {
  const [, base64] = /"([A-Za-z0-9+/]{100,}=*)"/.exec(text) as RegExpExecArray;
  return Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
}

/** What the module of a kernel exports. */
async function loaded(source: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "tendril-binding-"));
  try {
    const file = join(folder, "mine.kernel.ts");
    const door = new URL("../../src/kernels/mod.ts", import.meta.url).href;
    writeFileSync(file, writeBinding(await kernel(source), "mine", door));
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("kernels > build > binding", () => {
  test("types, comments and bytes", async () => {
    const compiled = await kernel(SOURCE);
    const text = writeBinding(compiled, "mine");
    assertStringIncludes(
      text,
      [
        'import { type Kernel, loadKernel } from "tendril/kernels";',
        "",
        "/** The functions of mine.ts. */",
        "export interface Mine {",
        "  /**",
        "   * Blurs.",
        "   *",
        "   * @param radius In pixels.",
        "   */",
        "  blur(from8: Uint8Array, into: Uint8Array, radius: number, from: number, to: number): void;",
        "  /** One line. */",
        "  all(a: Int8Array, b: Int16Array, c: Uint16Array, d: Int32Array, e: Uint32Array, f: BigInt64Array, " +
        "g: BigUint64Array, h: Float64Array): bigint;",
        "  rest(on: boolean, big: bigint, text: string): boolean;",
        "  array(n: number): Float32Array;",
        "  word(): string;",
        "}",
      ].join("\n"),
    );
    assertStringIncludes(text, "export const mine: Kernel<Mine> = loadKernel<Mine>(");
    assertEquals(bytesIn(text), compiled.bytes);
  });

  test("the import can be another", async () => {
    const text = writeBinding(await kernel(SOURCE), "mine", "../mod.ts");
    assertStringIncludes(text, 'import { type Kernel, loadKernel } from "../mod.ts";');
  });

  test("a name that is none is refused", async () => {
    const compiled = await kernel(SOURCE);
    for (const name of ["", "1a", "a-b", "a b", "class", "x;y"]) {
      assertThrows(() => writeBinding(compiled, name), TypeError, "is no name for a variable");
    }
  });

  test("the library's own: bytes, types and manifest as values", async () => {
    const compiled = await kernel(SOURCE);
    const text = writeEmbedded(compiled, "mine");
    assertEquals(bytesIn(text), compiled.bytes);
    const [, json] = /manifest: KernelManifest = (.*);/.exec(text) as RegExpExecArray;
    assertEquals(JSON.parse(json), compiled.manifest);
  });

  test("the module runs", async () => {
    const { mine } = await loaded(
      "export function scale(xs: InOut<f32>, by: f32, from: i32, to: i32): void {\n" +
        "  for (let i = from; i < to; i++) xs[i] *= by;\n}\n" +
        'export function greet(name: string): string { return "Hello " + name; }',
    ) as {
      mine: Kernel<
        { scale(xs: Float32Array, by: number, from: number, to: number): void; greet(name: string): string }
      >;
    };
    const xs = Float32Array.of(1, 2, 3);
    mine.scale.sync(xs, 2, 1, 3);
    assertEquals([...xs], [1, 4, 6]);
    assertEquals(mine.greet.sync("you"), "Hello you");
  });

  test("of a kernel that needs functions of the host, it takes them", async () => {
    const source = '@external("env", "ask") declare function ask(a: i32, b: i64): f64;\n' +
      '@external("my-own", "tell") declare function tell(on: bool): void;\n' +
      "export function f(n: i32): f64 { tell(true); return ask(n, 3); }";
    assertStringIncludes(
      writeBinding(await kernel(source), "mine"),
      [
        "/** What mine.ts needs of the host. */",
        "export type MineImports = {",
        '  readonly "my-own": {',
        '    readonly "tell": (arg0: boolean) => unknown;',
        "  };",
        '  readonly "env": {',
        '    readonly "ask": (arg0: number, arg1: bigint) => unknown;',
        "  };",
        "};",
      ].join("\n"),
    );
    const { mine } = await loaded(source) as { mine(imports: unknown): Kernel<{ f(n: number): number }> };
    let told = 0;
    const kept = mine({
      env: { ask: (a: number, b: bigint) => a * Number(b) },
      "my-own": { tell: () => told++ },
    });
    assertEquals([kept.f.sync(5), told], [15, 1]);
  });

  test("a module of more bytes than a call takes arguments", async () => {
    const numbers = Array.from({ length: 60_000 }, (_, i) => i % 251).join();
    const compiled = await compile(
      `const data: StaticArray<u8> = [${numbers}];\nexport function at(i: i32): u8 { return data[i]; }`,
    );
    assertEquals(bytesIn(writeBinding(compiled, "big")), compiled.bytes);
  }, { timeout: 30_000 });
});
