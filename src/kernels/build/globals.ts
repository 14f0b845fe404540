/** Warns of globals that hold memory: what a call allocates is free again when it ends, and the global would still point there. */
import type { Program } from "assemblyscript";
import type { Toolchain } from "./assemblyscript.ts";
import { type KernelProblem, problemAt, withoutPaths } from "./problems.ts";

/** Of a fixed size, so that nothing can be put into them that ends before they do. */
const FIXED = /^(?:~lib\/string\/String|~lib\/staticarray\/StaticArray<[a-z]\w*>)$/;
/** `CommonFlags.Const`, whose value TypeScript keeps for itself. */
const CONST = 8;

/** One warning for each. The program is compiled. */
export function globalsThatHold({ api }: Toolchain, program: Program): KernelProblem[] {
  const found: KernelProblem[] = [];
  for (const element of program.elementsByName.values()) {
    if (!(element instanceof api.Global) || element.internalName.startsWith("~lib/")) continue;
    const { type, identifierNode: { range } } = element;
    if (!type.isManaged || (FIXED.test(type.toString()) && element.is(CONST))) continue;
    found.push(problemAt(
      range.source.normalizedPath,
      range.source.text,
      range.start,
      range.end,
      `the global '${element.name}' holds memory (${
        withoutPaths(type.toString())
      }), and what a function puts into it is gone when the call ends`,
      "fill it where it is declared and only read it, or keep what changes in variables of the function",
    ));
  }
  return found;
}
