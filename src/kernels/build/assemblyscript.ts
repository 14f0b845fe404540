/** AssemblyScript, an optional peer: loaded when the first kernel is compiled, which takes half a second. */
import { CompilerMissingError } from "./problems.ts";

/** What is used of the packages `assemblyscript` and, inside of it, `binaryen`. */
export interface Toolchain {
  readonly api: typeof import("assemblyscript");
  /** The texts of the standard library, by path without `~lib/` and `.ts`. */
  readonly libraryFiles: Readonly<Record<string, string>>;
  readonly binaryen: typeof import("assemblyscript/binaryen").default;
}

let loading: Promise<Toolchain> | undefined;

async function load(): Promise<Toolchain> {
  try {
    const [api, asc, { default: binaryen }] = await Promise.all([
      import("assemblyscript"),
      import("assemblyscript/asc"),
      import("assemblyscript/binaryen"),
    ]);
    return { api, libraryFiles: asc.libraryFiles as unknown as Record<string, string>, binaryen };
  } catch (cause) {
    throw new CompilerMissingError(
      "compiling a kernel needs the package assemblyscript, which is not there: " +
        "npm install --save-dev assemblyscript",
      { cause },
    );
  }
}

/** @throws {CompilerMissingError} where the package is not installed. */
export function toolchain(): Promise<Toolchain> {
  return loading ??= load();
}
