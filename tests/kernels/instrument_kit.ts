/** Compiles AssemblyScript for the tests of the instrumentation, and runs what comes out with and without checks. */
import asc from "assemblyscript/asc";
import { instrumentWith } from "../../src/kernels/instrument/instrument.ts";
import type { Mode, Tuning } from "../../src/kernels/instrument/plan.ts";

const features = ["simd", "threads", "relaxed-simd", "reference-types"].flatMap((name) => ["--enable", name]);

/** As kernels are compiled, but that the runtime is the compiler's own. */
const kernelOptions = [
  ...["--runtime", "stub", "-O3", "--noAssert", "--uncheckedBehavior", "always", "--debug"],
  ...["--importMemory", "--sharedMemory", "--initialMemory", "16", "--maximumMemory", "16384"],
  ...["--use", "abort="],
];

/** @throws {Error} With the compiler's messages, if the source does not compile. */
export async function compile(source: string, options: string[] = kernelOptions): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ["kernel.ts", "--outFile", "kernel.wasm", ...features, ...options],
    {
      readFile: (name) => name === "kernel.ts" ? source : null,
      writeFile: (name, contents) => {
        if (name === "kernel.wasm") bytes = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error || bytes === undefined) throw new Error(`the source does not compile:\n${stderr}\n${source}`);
  return bytes;
}

export type Exports = Record<string, (...values: (number | bigint)[]) => number | bigint | undefined>;

export interface Side {
  name: "plain" | Mode;
  exports: Exports;
  memory: WebAssembly.Memory;
  /** Checks so far; known in mode "slice" only. */
  checks: () => number;
}

/** Every back-edge and entry is one unit. */
export function exact(strip: number): Tuning {
  return { strip, weigh: false, piece: 1 << 20 };
}

export function plainSide(bytes: Uint8Array): Side {
  return start("plain", bytes, () => {});
}

/** `onCheck` is called at each check of mode "slice". */
export function instrumentedSide(
  bytes: Uint8Array,
  mode: Mode,
  tuning: Tuning,
  onCheck = (): void => {},
): Side {
  return start(mode, instrumentWith(bytes, mode, tuning).bytes, onCheck);
}

function start(name: Side["name"], bytes: Uint8Array, onCheck: () => void): Side {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16384, shared: true });
  let checks = 0;
  const check = (): void => {
    checks++;
    onCheck();
  };
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module, { env: { memory }, tendril: { check } });
  // No run has the id 1: the flag, at address 4 where nothing else is, holds 0.
  if (name === "kill") (exports.__run as WebAssembly.Global).value = 1;
  if (name === "kill") (exports.__flag as WebAssembly.Global).value = 4;
  return { name, exports: exports as unknown as Exports, memory, checks: () => checks };
}

/** The plain module and both modes, each with a memory of its own. */
export function sides(bytes: Uint8Array, strip: number): [plain: Side, kill: Side, slice: Side] {
  return [
    plainSide(bytes),
    instrumentedSide(bytes, "kill", exact(strip)),
    instrumentedSide(bytes, "slice", exact(strip)),
  ];
}
