/**
 * WebAssembly, as far as kernels need it. TypeScript has its types only in the library of the browser (`lib.dom`), which programs on a server
 * need not have; and none for stack switching.
 */

/** Memory that instances, also on several threads, work in. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  /** Adds so many pages of 64 KiB. */
  grow(pages: number): number;
}

/** Compiled code. It can be posted to other threads. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

/** A global variable of an instance, of the type `i32`. */
export interface WasmGlobal {
  value: number;
}

/** What can be given to an instance: a function, a number, a memory. */
export type WasmImport = ((...args: never[]) => unknown) | number | bigint | object;

/** By module and name. */
export type WasmImports = Readonly<Record<string, Readonly<Record<string, WasmImport>>>>;

interface Place {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

interface Api {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  readonly Module: {
    new (bytes: Uint8Array<ArrayBuffer>): WasmModule;
    imports(module: WasmModule): Place[];
    exports(module: WasmModule): Omit<Place, "module">[];
  };
  readonly Instance: new (
    module: WasmModule,
    imports: WasmImports,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  /** What a trap throws. */
  readonly RuntimeError: new (message: string) => Error;
  /** A function whose promise suspends the kernel that calls it; not on every runtime. */
  readonly Suspending?: new (f: (...args: never[]) => unknown) => object;
  /** An export as a function that gives a promise, and may be suspended. */
  promising?<A extends readonly unknown[], R>(f: (...args: A) => R): (...args: A) => Promise<R>;
}

/** The runtime's own. */
export const wasm: Api = (globalThis as unknown as { WebAssembly: Api }).WebAssembly;
