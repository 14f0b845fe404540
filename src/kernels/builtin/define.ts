/**
 * What the library's own kernels are made of: phases over ranges, and arrays in between that stay where kernels can reach them.
 *
 * A kernel is a generator that asks its {@linkcode Run} for phases. Where a phase runs is not its business: here in one piece, here in
 * slices, or on all threads of a pool; each phase ends before the next one begins.
 */
import { type Awaitable, both } from "../../host/mod.ts";
import { addressIn, CLASSES, type KernelArray, kernelArray } from "../arrays.ts";
import { commonHeap } from "../heap.ts";
import { type Bindable, BOUND, check, type KernelFunction, type KernelOptions, runRange } from "../kernel.ts";
import { KernelModule } from "../module.ts";

/** A module of ours, which is compiled when it is first needed. */
export function embedded(wasm: string): () => KernelModule {
  let module: KernelModule | null = null;
  return () => module ??= new KernelModule(decode(wasm), { imports: {}, arena: 0 });
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
}

type ArrayClass<A extends KernelArray> = {
  new (length: number): A;
  readonly BYTES_PER_ELEMENT: number;
};

/** One call of a kernel of ours. */
export class Run {
  private readonly options: KernelOptions;
  private readonly arrays: Disposable[] = [];

  constructor(options: KernelOptions) {
    this.options = options;
  }

  /** How many threads work on a phase. */
  get threads(): number {
    return this.options.pool?.size ?? 1;
  }

  /** An array that all phases see where it is, until the call ends: so many zeros, or a copy. */
  array<A extends KernelArray>(type: ArrayClass<A>, content: number | ArrayLike<A[number]>): A {
    const array = kernelArray(type, content);
    this.arrays.push(array);
    return array as KernelArray as A;
  }

  /** An array that several phases read, where they reach it: itself, if it is there, or a copy until the call ends. */
  held<A extends KernelArray>(array: A): A {
    if (addressIn(commonHeap(), array) !== undefined) return array;
    // Not by its constructor: that may be a class of its own, as of a Buffer.
    const type = Object.values(CLASSES).find((each) => array instanceof each) ?? Uint8ClampedArray;
    return this.array(type as unknown as ArrayClass<A>, array as ArrayLike<A[number]>);
  }

  /** Calls a range function for all of a range. Gives what its pieces gave, in order. */
  *phase(
    module: KernelModule,
    name: string,
    args: readonly unknown[],
    range: number | readonly [number, number],
  ): Generator<unknown, unknown[], unknown> {
    const signature = module.manifest.functions.find((each) => each.name === name);
    if (signature?.range !== true) throw new Error(`the kernel has no range function ${name}`);
    const ends = typeof range === "number" ? [0, range] as const : range;
    if (this.options.pool === undefined && this.options.everyMs === undefined) {
      return [module.call(signature, [...args, ...ends])];
    }
    const results = yield* runRange({ module, signature }, args, ends, this.options);
    return results.map(({ value }) => value);
  }

  /** Gives back its arrays. */
  end(): void {
    for (const array of this.arrays.splice(0)) array[Symbol.dispose]();
  }
}

/** Makes a kernel's function. `check` throws for wrong arguments, at the call; `body` does it. */
export function kernel<A extends readonly unknown[], R>(
  name: string,
  arity: number,
  checkArguments: (...args: A) => void,
  body: (run: Run, ...args: A) => Generator<unknown, R, unknown>,
): KernelFunction<A, R> {
  function* perform(options: KernelOptions, args: A): Generator<unknown, R, unknown> {
    const run = new Run(options);
    try {
      return yield* body(run, ...args);
    } finally {
      run.end();
    }
  }
  const bound = (options: KernelOptions) => {
    check(options, name);
    return (...args: A): Awaitable<R> => {
      checkArguments(...args);
      return both(() => perform(options, args));
    };
  };
  const f = (...given: readonly unknown[]) => {
    const options = (given.length > arity ? given[arity] : undefined) ?? {};
    return bound(options as KernelOptions)(...given.slice(0, arity) as unknown as A);
  };
  const sync = (...args: A): R => {
    checkArguments(...args);
    const step = perform({}, args).next(); // nothing parks where everything runs here in one piece
    if (step.done !== true) throw new Error(`${name}.sync has parked, which is a defect of the library`);
    return step.value;
  };
  Object.defineProperty(f, "name", { value: name });
  return Object.assign(
    f,
    { sync, [BOUND]: bound } satisfies { sync: unknown } & Bindable<A, R>,
  ) as KernelFunction<A, R>;
}
