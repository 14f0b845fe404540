/** The TypeScript that stands for a compiled kernel: its types, its documentation, and its bytes. */
import type { KernelFunction, NumberType, ParamType, ResultType, ScalarType } from "../manifest.ts";
import type { Compiled } from "./compile.ts";

const ARRAYS: Readonly<Record<NumberType, string>> = {
  i8: "Int8Array",
  u8: "Uint8Array",
  i16: "Int16Array",
  u16: "Uint16Array",
  i32: "Int32Array",
  u32: "Uint32Array",
  i64: "BigInt64Array",
  u64: "BigUint64Array",
  f32: "Float32Array",
  f64: "Float64Array",
};

function scalar(type: ScalarType): string {
  if (type === "bool") return "boolean";
  return type === "i64" || type === "u64" ? "bigint" : "number";
}

function typeOf(type: ParamType | ResultType): string {
  if (type.kind === "string" || type.kind === "void") return type.kind;
  return type.kind === "scalar" ? scalar(type.type) : ARRAYS[type.type];
}

/** A comment as it is written, `indent` before each line. */
function comment(text: string, indent: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.length === 1) return [`${indent}/** ${text} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}

function method({ name, doc, params, result }: KernelFunction): string[] {
  const list = params.map((param) => `${param.name}: ${typeOf(param)}`).join(", ");
  return [...comment(doc, "  "), `  ${name}(${list}): ${typeOf(result)};`];
}

/** What JavaScript takes for no name, though it looks like one. */
const RESERVED = new Set(
  ("arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for " +
    "function if implements import in instanceof interface let new null package private protected public return static super switch " +
    "this throw true try typeof var void while with yield").split(" "),
);

/** Whether a module can export a constant of this name. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name) && !RESERVED.has(name);
}

/** The name for what comes from a file: `blur-rgba` gives `blurRgba`. */
export function variableName(stem: string): string {
  return stem.replace(/[^A-Za-z0-9$]+(\w?)/g, (_, letter: string) => letter.toUpperCase());
}

function interfaceName(name: string): string {
  return name[0].toUpperCase() + name.slice(1);
}

function interfaceOf({ file, manifest }: Compiled, name: string): string[] {
  return [
    `/** The functions of ${file}. */`,
    `export interface ${interfaceName(name)} {`,
    ...manifest.functions.flatMap(method),
    "}",
  ];
}

/** By module and name. What they give is open, since for a kernel that is sliced it may be an operation. */
function importsType({ file, manifest }: Compiled, name: string): string[] {
  const modules = [...new Set(manifest.imports.map(({ module }) => module))];
  return [
    `/** What ${file} needs of the host. */`,
    `export type ${interfaceName(name)}Imports = {`,
    ...modules.flatMap((module) => [
      `  readonly ${JSON.stringify(module)}: {`,
      ...manifest.imports.filter((one) => one.module === module).map((one) => {
        const params = one.params.map((type, i) => `arg${i}: ${scalar(type)}`).join(", ");
        return `    readonly ${JSON.stringify(one.name)}: (${params}) => unknown;`;
      }),
      "  };",
    ]),
    "};",
    "",
  ];
}

/** In pieces: `String.fromCharCode` takes only so many arguments. */
function base64(bytes: Uint8Array): string {
  const PIECE = 0x2000;
  let text = "";
  for (let i = 0; i < bytes.length; i += PIECE) text += String.fromCharCode(...bytes.subarray(i, i + PIECE));
  return btoa(text);
}

/**
 * The text of a module that exports a compiled kernel as `name`, typed, with the bytes in it: nothing has to be found at run time.
 * Where the kernel needs functions of the host, `name` is a function that takes them and gives the kernel.
 *
 * @param name A name of JavaScript.
 * @param from Where `loadKernel` comes from: `tendril/kernels` by default.
 * @throws `TypeError` for a name that JavaScript does not take.
 */
export function writeBinding(compiled: Compiled, name: string, from = "tendril/kernels"): string {
  if (!isVariableName(name)) {
    throw new TypeError(
      `writeBinding: ${JSON.stringify(name)} is no name for a variable: take letters and digits`,
    );
  }
  const { file, manifest, bytes } = compiled;
  const type = interfaceName(name);
  const needs = manifest.imports.length > 0;
  const load = `loadKernel<${type}>(Uint8Array.from(atob(wasm), (byte) => byte.charCodeAt(0))`;
  return [
    `// Written by \`tendril build\` from ${file}: change that, and build again.`,
    "// deno-fmt-ignore-file",
    "// deno-lint-ignore-file",
    "/* eslint-disable */",
    `import { type Kernel, loadKernel } from ${JSON.stringify(from)};`,
    "",
    ...interfaceOf(compiled, name),
    "",
    ...(needs ? importsType(compiled, name) : []),
    `const wasm = "${base64(bytes)}";`,
    "",
    `/** The kernel ${file}. */`,
    needs
      ? `export const ${name} = (imports: ${type}Imports): Kernel<${type}> => ${load}, { imports });`
      : `export const ${name}: Kernel<${type}> = ${load});`,
    "",
  ].join("\n");
}

/** The same for the library's own kernels, which are loaded elsewhere: the types, the manifest and the bytes in base64. */
export function writeEmbedded(compiled: Compiled, name: string): string {
  return [
    `// Written by \`npm run build:asm\` from ${compiled.file}: change that.`,
    "// deno-fmt-ignore-file",
    'import type { KernelManifest } from "../manifest.ts";',
    "",
    ...interfaceOf(compiled, name),
    "",
    "/** Its types, as data. */",
    `export const manifest: KernelManifest = ${JSON.stringify(compiled.manifest)};`,
    "",
    "/** The WebAssembly module, in base64. */",
    `export const wasm: string = "${base64(compiled.bytes)}";`,
    "",
  ].join("\n");
}
