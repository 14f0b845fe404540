/** A kernel's module: its bytes as they are, and with the checks that it needs to be stopped or sliced. */
import { Arguments, type Raw, resultOf } from "./arguments.ts";
import { KernelHeap } from "./heap.ts";
import { type Arena, type HostFunctions, kernelError, KernelInstance, needsOf } from "./instance.ts";
import { commonHeap } from "./heap.ts";
import { hasData, instrument, stripData } from "./instrument/mod.ts";
import { type KernelFunction as Signature, type KernelManifest, manifestOf } from "./manifest.ts";
import { wasm, type WasmModule } from "./webassembly.ts";

/** What a kernel is loaded with. */
export interface ModuleOptions {
  readonly imports: HostFunctions;
  /** Bytes in which one call may allocate. */
  readonly arena: number;
  /** One index of a range may take long, so that a kill has to end a piece in the middle. */
  readonly longPieces?: boolean;
}

/** Whether, and for what, checks are in a module. */
export type Checks = "none" | "kill" | "slice";

let ids = 0;

/** See the top of the file. */
export class KernelModule {
  /** By which threads know it. */
  readonly id: number = ++ids;
  readonly manifest: KernelManifest;
  readonly heap: KernelHeap;
  readonly options: ModuleOptions;
  readonly needs: { arena: boolean; start: boolean };
  /** Without data: that was put into memory once, and no further instance may put it there again. */
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly modules: Partial<Record<Checks, WasmModule>> = {};
  private readonly inline: { instance: KernelInstance; arena: Arena | null }[] = [];

  /** @throws `TypeError` for what is no kernel, or lacks an import. */
  constructor(bytes: Uint8Array<ArrayBuffer>, options: ModuleOptions) {
    this.manifest = manifestOf(bytes);
    this.options = options;
    const module = new wasm.Module(bytes);
    this.needs = needsOf(module);
    if (hasData(bytes)) {
      this.heap = new KernelHeap(this.manifest.dataEnd);
      new KernelInstance(module, this.heap.memory, options.imports);
      this.bytes = stripData(bytes);
    } else {
      this.heap = commonHeap();
      this.bytes = bytes;
      this.modules.none = module;
      this.inline.push(this.newInline(module));
    }
  }

  /** The module, compiled, with these checks in it. */
  compiled(checks: Checks): WasmModule {
    return this.modules[checks] ??= new wasm.Module(
      checks === "none" ? this.bytes : instrument(this.bytes, { mode: checks }).bytes,
    );
  }

  /** Calls a function here and now, in one piece. */
  call(signature: Signature, given: readonly unknown[]): unknown {
    const passed = new Arguments(this.heap, signature, given);
    try {
      const result = this.callInline(
        signature,
        passed.raw,
        (raw) => resultOf(this.heap.memory, signature.result, raw),
      );
      passed.takeOut();
      return result;
    } finally {
      passed.release();
    }
  }

  /** The same with arguments that lie in memory. `take` reads the result before the arena is used again. */
  callInline<T>({ name }: Signature, raw: readonly Raw[], take: (raw: Raw | undefined) => T): T {
    // An import may call the kernel again.
    const { instance, arena } = this.inline.pop() ?? this.newInline(this.compiled("none"));
    try {
      instance.prepare(arena);
      return take(instance.functions[name](...raw));
    } catch (error) {
      throw kernelError(name, error);
    } finally {
      this.inline.push({ instance, arena });
    }
  }

  private newInline(module: WasmModule): { instance: KernelInstance; arena: Arena | null } {
    return {
      instance: new KernelInstance(module, this.heap.memory, this.options.imports),
      arena: this.newArena(),
    };
  }

  /** A block to allocate in, for a module that does. Its first address gives it back. */
  newArena(): Arena | null {
    if (!this.needs.arena) return null;
    const at = this.heap.allocate(this.options.arena);
    return [at, at + this.options.arena];
  }
}
