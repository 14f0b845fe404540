/**
 * What a compiled kernel says of itself: the names, types and documentation of its functions, which WebAssembly has no place
 * for. They travel with the bytes, as JSON in the custom section `tendril`, so a `.wasm` alone can be called with checked
 * arguments, and the file stays one that every other tool reads.
 *
 *     \0asm 1 | section … | section … | 0  length  7 "tendril"  {"version":1,"functions":[…],…}
 *
 * The section is found by walking over the others, each of which begins with its length: nothing is compiled, so reading it
 * costs microseconds whatever the size of the module. The bytes may come from anywhere; what is not a manifest is refused with
 * an error that says where it goes wrong.
 */
import { show } from "../core/mod.ts";
import { ByteWriter } from "./instrument/bytes.ts";
import { readSections, sectionId } from "./instrument/module.ts";

/** A number as WebAssembly takes it. `i64` and `u64` are bigints in JavaScript, `bool` is a boolean. */
export type ScalarType = "bool" | NumberType;

/** The element of an array that can be passed. */
export type NumberType = "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "i64" | "u64" | "f32" | "f64";

/** Which way the elements of an array go: `in` is only read, `out` only written and zero at the start. */
export type Access = "in" | "out" | "inout";

/** A parameter of a kernel's function. */
export type ParamType =
  | { readonly name: string; readonly kind: "scalar"; readonly type: ScalarType }
  | { readonly name: string; readonly kind: Access; readonly type: NumberType }
  | { readonly name: string; readonly kind: "string" };

/** What a kernel's function gives back. An array or string is one that it made. */
export type ResultType =
  | { readonly kind: "void" }
  | { readonly kind: "scalar"; readonly type: ScalarType }
  | { readonly kind: "array"; readonly type: NumberType }
  | { readonly kind: "string" };

/** A function that a kernel exports. */
export interface KernelFunction {
  readonly name: string;
  /** Its documentation comment, without the stars. */
  readonly doc: string;
  readonly params: readonly ParamType[];
  readonly result: ResultType;
  /** Whether it works on the indices `from` to `to` (excluded), its last two parameters, and so can be called in pieces. */
  readonly range: boolean;
}

/** A function that a kernel's author declared with `@external` and the host has to give. */
export interface KernelImport {
  readonly module: string;
  readonly name: string;
  readonly params: readonly ScalarType[];
  readonly result: ScalarType | "void";
}

/** What a compiled kernel says of itself, in its custom section `tendril`. */
export interface KernelManifest {
  readonly version: 1;
  readonly functions: readonly KernelFunction[];
  /** Besides those of tendril itself, whose module is `tendril`. */
  readonly imports: readonly KernelImport[];
  /** The first byte after the module's constant data, which begins at the memory's start; 0 where it has none. */
  readonly dataEnd: number;
}

const SECTION = "tendril";
const VERSION = 1;
const NUMBERS: readonly NumberType[] = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"];
/** All of them. */
export const SCALAR_TYPES: readonly ScalarType[] = ["bool", ...NUMBERS];

/** The same module with its manifest at the end. There is none in it yet. */
export function withManifest(module: Uint8Array, manifest: KernelManifest): Uint8Array<ArrayBuffer> {
  const section = new ByteWriter().string(SECTION).bytes(new TextEncoder().encode(JSON.stringify(manifest)));
  return new ByteWriter(module.length).bytes(module).u8(sectionId.custom).sized(section.written).written
    .slice();
}

/**
 * Reads what a compiled kernel says of itself.
 *
 * @param bytes A `.wasm` file that `tendril build` wrote.
 * @throws {WasmFormatError} where the bytes are no WebAssembly module. `TypeError` where it has no manifest (another compiler wrote
 * it), or one that this version does not understand.
 */
export function manifestOf(bytes: Uint8Array): KernelManifest {
  const section = readSections(bytes).find(({ id, name }) => id === sectionId.custom && name === SECTION);
  if (section === undefined) {
    throw new TypeError(
      "manifestOf: the WebAssembly module has no section `tendril`: compile the kernel with `tendril build`",
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(section.content, section.end)),
    );
  } catch (cause) {
    throw new TypeError("manifestOf: the section `tendril` is damaged: compile the kernel again", { cause });
  }
  checkManifest(json);
  return json;
}

function checkManifest(json: unknown): asserts json is KernelManifest {
  const manifest = record(json, "the manifest");
  if (manifest.version !== VERSION) {
    throw new TypeError(
      `manifestOf: the manifest has version ${show(manifest.version)}, this tendril reads ${VERSION}: ` +
        "compile the kernel with the version of tendril that runs it",
    );
  }
  if (!Number.isSafeInteger(manifest.dataEnd) || manifest.dataEnd as number < 0) {
    bad("dataEnd", manifest.dataEnd);
  }
  list(manifest.functions, "functions").forEach((item, i) => {
    const at = `functions[${i}]`;
    const { name, doc, params, result, range } = record(item, at);
    text(name, `${at}.name`);
    text(doc, `${at}.doc`);
    if (typeof range !== "boolean") bad(`${at}.range`, range);
    list(params, `${at}.params`).forEach((param, j) => {
      const { name, kind, type } = record(param, `${at}.params[${j}]`);
      text(name, `${at}.params[${j}].name`);
      if (kind === "scalar") oneOf(SCALAR_TYPES, type, `${at}.params[${j}].type`);
      else if (kind !== "string") {
        oneOf(["in", "out", "inout"], kind, `${at}.params[${j}].kind`);
        oneOf(NUMBERS, type, `${at}.params[${j}].type`);
      }
    });
    const { kind, type } = record(result, `${at}.result`);
    oneOf(["void", "scalar", "array", "string"], kind, `${at}.result.kind`);
    if (kind === "scalar") oneOf(SCALAR_TYPES, type, `${at}.result.type`);
    else if (kind === "array") oneOf(NUMBERS, type, `${at}.result.type`);
  });
  list(manifest.imports, "imports").forEach((item, i) => {
    const { module, name, params, result } = record(item, `imports[${i}]`);
    text(module, `imports[${i}].module`);
    text(name, `imports[${i}].name`);
    list(params, `imports[${i}].params`).forEach((type, j) =>
      oneOf(SCALAR_TYPES, type, `imports[${i}].params[${j}]`)
    );
    oneOf(["void", ...SCALAR_TYPES], result, `imports[${i}].result`);
  });
}

function bad(where: string, value: unknown): never {
  throw new TypeError(
    `manifestOf: the manifest is damaged: ${where} is ${show(value)}; compile the kernel again`,
  );
}

function record(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) bad(where, value);
  return value as Record<string, unknown>;
}

function list(value: unknown, where: string): readonly unknown[] {
  return Array.isArray(value) ? value : bad(where, value);
}

function text(value: unknown, where: string): void {
  if (typeof value !== "string") bad(where, value);
}

function oneOf(values: readonly string[], value: unknown, where: string): void {
  if (typeof value !== "string" || !values.includes(value)) bad(where, value);
}
