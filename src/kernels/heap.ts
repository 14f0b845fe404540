/**
 * The memory of kernels: one shared WebAssembly memory, in which the caller's thread gives out blocks.
 *
 *     | constant data of a module | block | free | block | block | free ...                    maximum
 *     0                     reserved                                  ^ grows, never shrinks
 *
 * Everything that a call needs is put there before the call, by the side that makes it: so a thread gets numbers alone, any number
 * of threads and instances work in one memory, and nothing in there needs a lock. First fit over a list of what is free: calls hold
 * a few blocks each and give them back soon, so the list stays short.
 */
import { show } from "../core/mod.ts";
import { wasm, type WasmMemory } from "./webassembly.ts";

/** Every block begins at a multiple of this: a cache line, so that two threads never write to the same one. */
const BLOCK_ALIGN = 64;
const PAGE = 65_536;
/** Pages: 1 GiB of address space, and what kernels are compiled for. Reserving it costs no memory. */
const MAX_PAGES = 16_384;
const FIRST_PAGES = 16;

interface Free {
  at: number;
  size: number;
}

/** See the top of the file. */
export class KernelHeap {
  readonly memory: WasmMemory;
  private readonly free: Free[];
  private readonly sizes: Map<number, number> = new Map();
  private bytes: Uint8Array;
  private inUse = 0;

  /** @param reserved bytes from the start that are never given out. */
  constructor(reserved = 0) {
    const start = aligned(Math.max(reserved, BLOCK_ALIGN)); // nothing lies at 0, which is nobody's address
    const initial = Math.max(FIRST_PAGES, Math.ceil(start / PAGE));
    this.memory = new wasm.Memory({ initial, maximum: MAX_PAGES, shared: true });
    this.free = [{ at: start, size: initial * PAGE - start }];
    this.bytes = new Uint8Array(this.memory.buffer);
  }

  /** How many bytes are given out. */
  get used(): number {
    return this.inUse;
  }

  /** Where `size` bytes begin that are the caller's until it gives them back. They hold whatever was left there. */
  allocate(size: number): number {
    const wanted = aligned(Math.max(size, 1));
    let index = this.free.findIndex((free) => free.size >= wanted);
    if (index < 0) index = this.grow(wanted, size);
    const free = this.free[index];
    const { at } = free;
    free.at += wanted;
    free.size -= wanted;
    if (free.size === 0) this.free.splice(index, 1);
    this.sizes.set(at, wanted);
    this.inUse += wanted;
    return at;
  }

  /** Gives back what `allocate` gave. */
  release(at: number): void {
    const size = this.sizes.get(at);
    if (size === undefined) throw new RangeError(`release: no block of this heap begins at ${at}`);
    this.sizes.delete(at);
    this.inUse -= size;
    let low = 0, high = this.free.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.free[middle].at < at) low = middle + 1;
      else high = middle;
    }
    const before = this.free[low - 1], after = this.free[low];
    const joinsBefore = before !== undefined && before.at + before.size === at;
    const joinsAfter = after !== undefined && at + size === after.at;
    if (joinsBefore && joinsAfter) {
      before.size += size + after.size;
      this.free.splice(low, 1);
    } else if (joinsBefore) before.size += size;
    else if (joinsAfter) {
      after.at = at;
      after.size += size;
    } else this.free.splice(low, 0, { at, size });
  }

  /** All of it, as it is now. */
  get view(): Uint8Array {
    const { buffer } = this.memory;
    if (this.bytes.buffer !== buffer) this.bytes = new Uint8Array(buffer);
    return this.bytes;
  }

  /** Fills part of a block, from a multiple of 8 on, with zeros. By numbers of eight bytes: V8 fills shared memory element by element. */
  zero(at: number, bytes: number): void {
    new Float64Array(this.memory.buffer, at, Math.ceil(bytes / 8)).fill(0); // blocks are whole lines
  }

  /** More memory at the end. Gives the index of a free block that is large enough. */
  private grow(wanted: number, asked: number): number {
    const end = this.memory.buffer.byteLength;
    const last = this.free.at(-1);
    const tail = last !== undefined && last.at + last.size === end ? last : undefined;
    const needed = Math.ceil((wanted - (tail?.size ?? 0)) / PAGE);
    // Twice as much as there is, so that a growing program grows seldom; what is needed, where that is too much.
    const room = MAX_PAGES - end / PAGE;
    const pages = Math.max(needed, Math.min(end / PAGE, room));
    try {
      if (needed > room) throw new RangeError(`only ${room * PAGE} bytes are left of ${MAX_PAGES * PAGE}`);
      this.memory.grow(pages);
    } catch (cause) {
      throw new RangeError(
        `a kernel needs ${show(asked)} bytes, and its memory of ${MAX_PAGES * PAGE} bytes has not got them ` +
          `(${this.inUse} are in use): pass less at a time, or dispose of kernel arrays that are no longer needed`,
        { cause },
      );
    }
    if (tail !== undefined) tail.size += pages * PAGE;
    else this.free.push({ at: end, size: pages * PAGE });
    return this.free.length - 1;
  }
}

function aligned(size: number): number {
  return Math.ceil(size / BLOCK_ALIGN) * BLOCK_ALIGN;
}

let common: KernelHeap | null = null;

/** The heap of all modules that have no constant data of their own. */
export function commonHeap(): KernelHeap {
  return common ??= new KernelHeap();
}
