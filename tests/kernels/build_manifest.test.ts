/** The section that a kernel has about itself. */
import fc from "fast-check";
import {
  type KernelManifest,
  manifestOf,
  type NumberType,
  type ScalarType,
  withManifest,
} from "../../src/kernels/manifest.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { kernel } from "./build_kit.ts";

/** The header of a module, and nothing in it. */
const EMPTY = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

const numberType = fc.constantFrom<NumberType[]>(
  "i8",
  "u8",
  "i16",
  "u16",
  "i32",
  "u32",
  "i64",
  "u64",
  "f32",
  "f64",
);
const scalarType: fc.Arbitrary<ScalarType> = fc.oneof(numberType, fc.constant("bool" as const));
const name = fc.string({ unit: "grapheme" });
const manifests: fc.Arbitrary<KernelManifest> = fc.record({
  version: fc.constant(1 as const),
  functions: fc.array(fc.record({
    name,
    doc: name,
    params: fc.array(fc.oneof(
      fc.record({ name, kind: fc.constant("scalar" as const), type: scalarType }),
      fc.record({
        name,
        kind: fc.constantFrom("in" as const, "out" as const, "inout" as const),
        type: numberType,
      }),
      fc.record({ name, kind: fc.constant("string" as const) }),
    )),
    result: fc.oneof(
      fc.constantFrom({ kind: "void" as const }, { kind: "string" as const }),
      fc.record({ kind: fc.constant("scalar" as const), type: scalarType }),
      fc.record({ kind: fc.constant("array" as const), type: numberType }),
    ),
    range: fc.boolean(),
  })),
  imports: fc.array(fc.record({
    module: name,
    name,
    params: fc.array(scalarType),
    result: fc.oneof(scalarType, fc.constant("void" as const)),
  })),
  dataEnd: fc.nat(),
}, { noNullPrototype: true });

/** Whatever is wrong, the error is about the bytes, and says so. */
function readsOrRefuses(bytes: Uint8Array): void {
  try {
    assert(Array.isArray(manifestOf(bytes).functions));
  } catch (error) {
    const { name, message } = error as Error;
    const isOurs = name === "WasmFormatError" ||
      name === "TypeError" && message.startsWith("manifestOf: ") && message.includes("compile the kernel");
    assert(isOurs, `${name}: ${message}`);
  }
}

describe("kernels > build > manifest", () => {
  test("what is written is read", () => {
    fc.assert(fc.property(manifests, (manifest) => {
      const bytes = withManifest(EMPTY, manifest);
      assert(WebAssembly.validate(bytes));
      assertEquals(manifestOf(bytes), manifest);
    }));
  });

  test("the section is the one that the engine finds", async () => {
    const { bytes, manifest } = await kernel("export function f(): void {}");
    const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), "tendril");
    assertEquals(JSON.parse(new TextDecoder().decode(section)), manifest);
  });

  test("random bytes are refused with an error that says why", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      readsOrRefuses(bytes);
      readsOrRefuses(Uint8Array.of(...EMPTY, ...bytes));
    }));
  });

  test("so is a module with one byte changed, or cut off", async () => {
    const { bytes } = await kernel(
      "/** Doc. */\nexport function f(a: In<f32>, b: i64): f64 { return a[0] + <f64>b; }",
    );
    fc.assert(fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const other = bytes.slice();
      other[at] = byte;
      readsOrRefuses(other);
      readsOrRefuses(bytes.subarray(0, at));
    }));
  });

  test("so is JSON of another shape", () => {
    fc.assert(fc.property(
      fc.oneof(
        fc.jsonValue(),
        manifests.chain((manifest) => {
          const [keys, other] = [Object.keys(manifest), fc.jsonValue()];
          return fc.record({ key: fc.constantFrom(...keys), other })
            .map(({ key, other }) => ({ ...manifest, [key]: other }));
        }),
      ),
      (json) => readsOrRefuses(withManifest(EMPTY, json as unknown as KernelManifest)),
    ));
  });

  test("each error says what to do", () => {
    assertThrows(
      () => manifestOf(EMPTY),
      TypeError,
      "has no section `tendril`: compile the kernel with `tendril build`",
    );
    const manifest: KernelManifest = { version: 1, functions: [], imports: [], dataEnd: 0 };
    assertThrows(
      () => manifestOf(withManifest(EMPTY, { ...manifest, version: 2 as never })),
      TypeError,
      "has version 2, this tendril reads 1",
    );
    assertThrows(
      () => manifestOf(withManifest(EMPTY, { ...manifest, dataEnd: -1 })),
      TypeError,
      "dataEnd is -1; compile the kernel again",
    );
    const result = { kind: "scalar", type: "f16" } as never;
    const functions = [{ name: "f", doc: "", params: [], result, range: false }];
    assertThrows(
      () => manifestOf(withManifest(EMPTY, { ...manifest, functions })),
      TypeError,
      'functions[0].result.type is "f16"',
    );
  });
});
