/** Reads the functions that a program exports and those that it imports: the types that JavaScript sees, names, comments. */
import type {
  DeclaredElement,
  Element,
  File,
  Function,
  FunctionPrototype,
  Program,
  Type,
  TypeNode,
} from "assemblyscript";
import {
  type Access,
  type KernelFunction,
  type KernelImport,
  type ParamType,
  type ResultType,
  SCALAR_TYPES,
  type ScalarType,
} from "../manifest.ts";
import type { Toolchain } from "./assemblyscript.ts";
import { type KernelProblem, problemAt, withoutPaths } from "./problems.ts";

/** Types of AssemblyScript, as it calls them, to those of the manifest. */
const SCALARS: ReadonlyMap<string, ScalarType> = new Map([
  ...SCALAR_TYPES.map((type): [string, ScalarType] => [type, type]),
  ["isize", "i32"],
  ["usize", "u32"],
]);
const STRING = "~lib/string/String";
const ARRAY = /^~lib\/staticarray\/StaticArray<(\w+)>$/;
/** The ambient aliases; see asm/ambient.ts. */
const ACCESS: ReadonlyMap<string, Access> = new Map([
  ["~lib/tendril/In", "in"],
  ["~lib/tendril/Out", "out"],
  ["~lib/tendril/InOut", "inout"],
]);

/** `ParameterKind.Default`, whose value TypeScript keeps for itself. */
const REQUIRED = 0;

const PASSABLE = "a number, bool, string, In<T>, Out<T> or InOut<T> of a number type such as f32 or u8";

/** The functions of a program, and what cannot be one. */
export interface Signatures {
  readonly functions: readonly KernelFunction[];
  readonly problems: readonly KernelProblem[];
}

/** A piece of the source. */
interface Node {
  readonly range: {
    readonly start: number;
    readonly end: number;
    readonly source: { readonly text: string; readonly normalizedPath: string };
  };
}

function problem({ range }: Node, message: string, hint?: string): KernelProblem {
  return problemAt(range.source.normalizedPath, range.source.text, range.start, range.end, message, hint);
}

/** The functions that a file exports, in its order. The program is compiled. */
export function exportedFunctions({ api }: Toolchain, file: File): Signatures {
  const functions: KernelFunction[] = [];
  const problems: KernelProblem[] = [];
  for (const [name, element] of exportsOf(file)) {
    if (!(element instanceof api.FunctionPrototype)) {
      problems.push(problem(
        element.identifierNode,
        `'${name}' is exported and is no function`,
        "a kernel exports functions only: remove the export, or move what others import into a file of its own",
      ));
      continue;
    }
    const instance = element.getResolvedInstance("");
    if (instance === null) {
      problems.push(
        problem(
          element.identifierNode,
          `'${name}' is exported and has type parameters`,
          "JavaScript cannot say which types are meant: export one function for each",
        ),
      );
    } else {
      functions.push(describe(api, name, element, instance, problems));
    }
  }
  return { functions, problems };
}

function exportsOf(file: File): Map<string, DeclaredElement> {
  const all = new Map((file.exportsStar ?? []).flatMap((other) => [...exportsOf(other)]));
  for (const [name, element] of file.exports ?? []) all.set(name, element);
  return all;
}

function describe(
  api: Toolchain["api"],
  name: string,
  prototype: FunctionPrototype,
  { signature }: Function,
  problems: KernelProblem[],
): KernelFunction {
  const nodes = prototype.functionTypeNode.parameters;
  const params = nodes.map((node, i): ParamType => {
    const param = paramType(api, node.name.text, node.type, signature.parameterTypes[i], prototype.parent);
    if (param === undefined) {
      problems.push(problem(
        node.type,
        `parameter '${node.name.text}' of the exported function '${name}' ` +
          `has the type ${shown(signature.parameterTypes[i])}, which JavaScript cannot pass`,
        `take ${PASSABLE}`,
      ));
    } else if (node.initializer !== null || node.parameterKind !== REQUIRED) {
      problems.push(
        problem(
          node,
          `parameter '${node.name.text}' of the exported function '${name}' is optional`,
          "a call from JavaScript gives all arguments",
        ),
      );
    }
    // Never seen: with a problem there is no manifest.
    return param ?? { name: node.name.text, kind: "string" };
  });
  const result = resultType(signature.returnType);
  if (result === undefined) {
    problems.push(problem(
      prototype.functionTypeNode.returnType,
      `the exported function '${name}' ` +
        `gives the type ${shown(signature.returnType)}, which JavaScript cannot take`,
      "give a number, bool, string or StaticArray<T>, or nothing and fill an Out<T>",
    ));
  }
  const [from, to] = params.slice(-2);
  const range = isIndex(from, "from") && isIndex(to, "to");
  return { name, doc: docBefore(prototype.declaration), params, result: result ?? { kind: "void" }, range };
}

function isIndex(param: ParamType | undefined, name: string): boolean {
  return param?.name === name && param.kind === "scalar" && param.type === "i32";
}

function paramType(
  api: Toolchain["api"],
  name: string,
  node: TypeNode,
  type: Type,
  scope: Element,
): ParamType | undefined {
  const result = resultType(type);
  if (result === undefined || result.kind === "void") return undefined;
  if (result.kind === "array") return { name, kind: accessOf(api, node, scope), type: result.type };
  return { name, ...result };
}

function resultType(type: Type): ResultType | undefined {
  const name = type.toString();
  const scalar = SCALARS.get(name);
  if (scalar !== undefined) return { kind: "scalar", type: scalar };
  if (name === "void") return { kind: "void" };
  if (name === STRING) return { kind: "string" };
  const element = SCALARS.get(ARRAY.exec(name)?.[1] ?? "");
  return element === undefined || element === "bool" ? undefined : { kind: "array", type: element };
}

/** `In`, `Out` and `InOut` are one type for the compiler, so the way is found by name, through aliases of the author's own. */
function accessOf(api: Toolchain["api"], node: TypeNode, scope: Element): Access {
  if (!(node instanceof api.NamedTypeNode)) return "inout";
  const found = scope.lookup(node.name.identifier.text, true);
  if (!(found instanceof api.TypeDefinition)) return "inout";
  return ACCESS.get(found.internalName) ?? accessOf(api, found.typeNode, found.parent);
}

/** As the author wrote it. */
function shown(type: Type): string {
  return withoutPaths(type.toString());
}

/** The documentation comment that ends where a declaration begins. */
function docBefore({ range }: Node): string {
  const before = range.source.text.slice(0, range.start).trimEnd();
  const start = before.endsWith("*/") ? before.lastIndexOf("/*") : -1;
  if (start < 0 || !before.startsWith("/**", start)) return "";
  return before.slice(start + 3, -2).replace(/^[ \t]*\*? ?/gm, "").trim();
}

/** What the host has to give for a function that the author declared; undefined where the library declared it. */
export function importedFunction(
  program: Program,
  internalName: string,
  module: string,
  name: string,
  problems: KernelProblem[],
): KernelImport | undefined {
  const { signature, declaration } = program.instancesByName.get(internalName) as Function;
  const scalar = (type: Type): ScalarType | undefined => SCALARS.get(type.toString());
  const params = signature.parameterTypes.map(scalar);
  const result = signature.returnType.toString() === "void" ? "void" : scalar(signature.returnType);
  if (params.includes(undefined) || result === undefined) {
    problems.push(
      problem(
        declaration,
        `the imported function '${module}.${name}' takes or gives more than numbers`,
        "pass numbers and bools between the kernel and functions of the host",
      ),
    );
    return undefined;
  }
  return { module, name, params: params as ScalarType[], result };
}
