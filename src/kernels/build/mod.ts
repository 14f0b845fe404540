/**
 * The compiler of kernels: AssemblyScript in, WebAssembly out. The command `tendril build` does the same with files. It needs the package
 * `assemblyscript`, which is loaded when the first kernel is compiled.
 *
 * @module
 */
export { writeBinding } from "./binding.ts";
export { compile, type Compiled, type CompileOptions } from "./compile.ts";
export { CompilerMissingError, KernelCompileError, type KernelProblem } from "./problems.ts";
