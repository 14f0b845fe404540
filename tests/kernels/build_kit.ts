/** A host made by hand for compiled kernels: arrays and strings with their headers, an arena, the imports of `tendril`. */
import { compile, type Compiled } from "../../src/kernels/build/mod.ts";
import { libraryError } from "../../src/kernels/library_errors.ts";
import { manifestOf } from "../../src/kernels/manifest.ts";
import { assertEquals } from "../assert.ts";

export type NumberArray =
  | Uint8Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

type Value = number | bigint;

/** Before the payload: mmInfo, gcInfo, gcInfo2, rtId, rtSize. */
const HEADER = 20;
const PAGE = 65_536;

/** What the kernel said by `tendril.abort`, or that its arena is full. */
export class KernelError extends Error {}

export interface HostOptions {
  memory?: WebAssembly.Memory;
  /** First and last byte of the arena; from the middle of the memory on by default. */
  arena?: [number, number];
  imports?: Record<string, Record<string, (...args: never[]) => unknown>>;
}

export function sharedMemory(pages = 16): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

export class Host {
  readonly memory: WebAssembly.Memory;
  readonly exports: WebAssembly.Exports;
  readonly logged: string[] = [];
  readonly slept: number[] = [];
  readonly arena: readonly [number, number];
  #free: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, options: HostOptions = {}) {
    this.memory = options.memory ?? sharedMemory();
    const size = this.memory.buffer.byteLength;
    this.arena = options.arena ?? [size / 2, size];
    this.#free = manifestOf(bytes).dataEnd;
    this.exports = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: this.memory, ...options.imports?.env },
      ...options.imports,
      tendril: {
        abort: (message: number, file: number, line: number, column: number) => {
          throw new KernelError(`${this.string(message)} at ${this.string(file)}:${line}:${column}`);
        },
        arenaFull: (wanted: number, left: number) => {
          throw new KernelError(`arena full: ${wanted >>> 0} of ${left >>> 0}`);
        },
        libraryError: (code: number) => {
          throw libraryError(code);
        },
        log: (text: number) => void this.logged.push(this.string(text)),
        sleep: (ms: number) => void this.slept.push(ms),
        seed: () => 42,
        now: () => 1000,
        performanceNow: () => 7,
      },
    }).exports;
    this.reset();
    (this.exports.__start as (() => void) | undefined)?.();
  }

  /** Gives the kernel its arena, empty. */
  reset(): void {
    const { __arena, __arenaEnd } = this.exports as Record<string, WebAssembly.Global | undefined>;
    if (__arena !== undefined) __arena.value = this.arena[0];
    if (__arenaEnd !== undefined) __arenaEnd.value = this.arena[1];
  }

  call(name: string, ...args: Value[]): Value {
    return (this.exports[name] as (...args: Value[]) => Value)(...args);
  }

  /** A copy of an array, outside of the arena, as a `StaticArray`. */
  put<A extends NumberArray>(array: A): { at: number; view: A } {
    const at = (this.#free + HEADER + 15) & ~15;
    const header = new DataView(this.memory.buffer, at - HEADER, HEADER);
    header.setUint32(HEADER - 4, array.byteLength, true);
    const Constructor = array.constructor as new (buffer: ArrayBufferLike, at: number, length: number) => A;
    const view = new Constructor(this.memory.buffer, at, array.length);
    (view as Uint8Array).set(array as Uint8Array);
    this.#free = at + array.byteLength;
    if (this.#free > this.arena[0]) throw new Error("the test's memory is too small");
    return { at, view };
  }

  putString(text: string): number {
    const bytes = new Uint8Array(text.length * 2);
    for (let i = 0; i < text.length; i++) {
      new DataView(bytes.buffer).setUint16(2 * i, text.charCodeAt(i), true);
    }
    return this.put(bytes).at;
  }

  /** The payload that a kernel gave. */
  bytes(at: number): Uint8Array<ArrayBuffer> {
    assertEquals(at % 16, 0);
    const size = new DataView(this.memory.buffer).getUint32(at - 4, true);
    return new Uint8Array(this.memory.buffer, at, size).slice();
  }

  string(at: number): string {
    return String.fromCharCode(...new Uint16Array(this.bytes(at).buffer));
  }
}

const compiled = new Map<string, Promise<Compiled>>();

/** Compiled once for all tests of a file. */
export function kernel(source: string, file = "mine.ts"): Promise<Compiled> {
  const known = compiled.get(source) ?? compile(source, { file });
  compiled.set(source, known);
  return known;
}

export async function host(source: string, options?: HostOptions): Promise<Host> {
  return new Host((await kernel(source)).bytes, options);
}

export const pages = (count: number): number => count * PAGE;

/** Strings, arrays, a map and objects, and a number that shows whether one of them was touched by another. */
export const CHURN = `
class Node {
  next: Node | null = null;
  constructor(public value: i32, public name: string) {}
}
export function churn(seed: i32, n: i32): i32 {
  let list: Node | null = null;
  const values = new Array<i32>();
  const names = new Map<string, i32>();
  let text = "";
  for (let i = 0; i < n; i++) {
    const value = (seed * 31 + i * 17) % 1009;
    const node = new Node(value, "n" + value.toString());
    node.next = list;
    list = node;
    values.push(value);
    names.set(node.name, i);
    text += node.name;
  }
  values.sort((a, b) => a - b);
  let hash = 7;
  for (let i = 0; i < text.length; i++) hash = hash * 31 + text.charCodeAt(i);
  while (true) {
    const node = list;
    if (node === null) break;
    hash = hash * 31 + node.value + names.get(node.name);
    list = node.next;
  }
  for (let i = 0; i < n; i++) hash = hash * 31 + values[i];
  return hash;
}`;

/** What `churn` gives, in JavaScript. */
export function churned(seed: number, n: number): number {
  const list: { value: number; name: string }[] = [];
  const names = new Map<string, number>();
  for (let i = 0; i < n; i++) {
    const value = (seed * 31 + i * 17) % 1009;
    list.unshift({ value, name: `n${value}` });
    names.set(`n${value}`, i);
  }
  let hash = 7;
  const add = (value: number): void => void (hash = Math.imul(hash, 31) + value | 0);
  const text = list.toReversed().map(({ name }) => name).join("");
  for (let i = 0; i < text.length; i++) add(text.charCodeAt(i));
  for (const { value, name } of list) add(value + (names.get(name) as number));
  for (const { value } of list.toSorted((a, b) => a.value - b.value)) add(value);
  return hash;
}
