/** What `tendril build` does: a file of AssemblyScript in, a `.wasm` and a TypeScript module out. */
import { paths, readText, writeFile } from "../../host/io.ts";
import { isVariableName, variableName, writeBinding } from "./binding.ts";
import { compile, type Compiled } from "./compile.ts";
import { CompilerMissingError, describeProblem, KernelCompileError } from "./problems.ts";

/** What to build, besides the file. */
export interface BuildOptions {
  /** The folder to write to: that of the source by default. */
  out?: string;
  /** What the module exports: after the file by default, `blur-rgba.ts` gives `blurRgba`. */
  name?: string;
  /** See `CompileOptions`. */
  checked?: boolean;
}

/** The source is not there, or its name cannot be used. */
class BuildError extends Error {
  override name = "BuildError";
}

/** Whether an error is about what somebody wrote or has not installed, so that its message is enough. */
export function isExpected(error: unknown): error is Error {
  return [BuildError, KernelCompileError, CompilerMissingError].some((kind) => error instanceof kind);
}

/** Gives what to tell: the files that it has written, their sizes, and what the compiler finds odd. */
export async function buildKernel(path: string, options: BuildOptions): Promise<string> {
  const { basename, dirname, join } = paths();
  const source = readText(path);
  if (source === undefined) throw new BuildError(`there is no file ${path}`);
  if (!path.endsWith(".ts")) {
    throw new BuildError(`${path} is no file of AssemblyScript: its name ends in .ts`);
  }
  const stem = basename(path, ".ts");
  const name = options.name ?? variableName(stem);
  if (!isVariableName(name)) {
    throw new BuildError(`${JSON.stringify(name)} is no name for a variable: choose one with --name`);
  }
  const folder = dirname(path);
  const shown = (file: string): string => file === "" || file.startsWith("~lib/") ? file : join(folder, file);
  let compiled: Compiled;
  try {
    // Without the folder, so that the bytes are the same wherever it is built from.
    const read = (file: string): string | undefined => readText(join(folder, file));
    compiled = await compile(source, { file: basename(path), read, checked: options.checked });
  } catch (error) {
    if (!(error instanceof KernelCompileError)) throw error;
    const problems = error.problems.map((problem) => ({ ...problem, file: shown(problem.file) }));
    throw new KernelCompileError(path, problems, { cause: error.cause });
  }
  const out = options.out ?? folder;
  const wasm = join(out, `${stem}.wasm`);
  const module = join(out, `${stem}.kernel.ts`);
  const text = writeBinding(compiled, name);
  writeFile(wasm, compiled.bytes);
  writeFile(module, text);
  return [
    ...compiled.warnings.map((problem) => describeProblem({ ...problem, file: shown(problem.file) })),
    `${wasm}  ${size(compiled.bytes.length)}`,
    `${module}  ${size(new TextEncoder().encode(text).length)}`,
  ].join("\n");
}

function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KiB`;
}
