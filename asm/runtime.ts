// The memory of a call: what a kernel allocates (strings, arrays, objects) lies in an arena, one block after the
// other, and the whole arena is free again when the call ends. This file takes the place of AssemblyScript's
// `rt/stub`; src/kernels/build/compile.ts puts it there.
//
// AssemblyScript's own runtimes keep their heap's bounds in globals that begin at the same address in each instance, and
// grow the memory. Two instances over one memory would give out the same bytes. Here an instance has no heap until its
// host gives it one: before each call it sets the exported globals
//
//     __arena       the first free byte; moves up with each allocation
//     __arenaEnd    the first byte that is not the kernel's
//
// so that any number of threads work in one memory, and nothing is shared but what they were given. There is no
// collector: an allocation is an addition and a comparison. A kernel that allocates more than its arena holds is told
// by the import `tendril.arenaFull`, which throws. The instance can be called again, since all its state is in the two
// globals. No string stands in this file: text would become a data segment, and a module without one can share memory.
//
// A block, as rt/common.ts draws it. `ptr` is a multiple of 16, so that vectors are aligned:
//
//     | mmInfo: size of what follows |  gcInfo, gcInfo2, rtId, rtSize  |  payload ...
//     ^ block                        ^ what __alloc gives              ^ what __new gives
//       ptr - 20                       ptr - 16                          ptr
//
// It has to be compiled as the runtime `stub`: the standard library clears what it allocates only for that one, and the
// bytes of an arena are what the last call left there.

import { AL_MASK, BLOCK, BLOCK_OVERHEAD, OBJECT, OBJECT_MAXSIZE, OBJECT_OVERHEAD } from "./common";

// @ts-ignore: decorator
@external("tendril", "arenaFull")
declare function arenaFull(wanted: usize, left: usize): void;

// @ts-ignore: decorator
@lazy let arena: usize = 0;
// @ts-ignore: decorator
@lazy let arenaEnd: usize = 0;

/** Where the payload of the block at `arena` would begin. */
// @ts-ignore: decorator
@inline function nextPointer(): usize {
  return (arena + BLOCK_OVERHEAD + AL_MASK) & ~AL_MASK;
}

/** Makes `size` bytes from `ptr` on the last block. */
function take(ptr: usize, size: usize): void {
  // Not `ptr + size > arenaEnd`, which may wrap.
  if (ptr > arenaEnd || size > arenaEnd - ptr) {
    arenaFull(size, arenaEnd > ptr ? arenaEnd - ptr : 0);
    unreachable();
  }
  changetype<BLOCK>(ptr - BLOCK_OVERHEAD).mmInfo = size;
  arena = ptr + size;
}

// @ts-ignore: decorator
@global @unsafe
export function __alloc(size: usize): usize {
  let ptr = nextPointer();
  take(ptr, size);
  return ptr;
}

// @ts-ignore: decorator
@global @unsafe
export function __realloc(ptr: usize, size: usize): usize {
  let oldSize = changetype<BLOCK>(ptr - BLOCK_OVERHEAD).mmInfo;
  if (ptr + oldSize == arena) { // the last block grows and shrinks where it is
    take(ptr, size);
    return ptr;
  }
  if (size <= oldSize) return ptr;
  let newPtr = __alloc(size);
  memory.copy(newPtr, ptr, oldSize);
  return newPtr;
}

// @ts-ignore: decorator
@global @unsafe
export function __free(ptr: usize): void {
  let block = ptr - BLOCK_OVERHEAD;
  if (ptr + changetype<BLOCK>(block).mmInfo == arena) arena = block;
}

// @ts-ignore: decorator
@global @unsafe
export function __new(size: usize, id: u32): usize {
  if (size > OBJECT_MAXSIZE) size = OBJECT_MAXSIZE; // more than any arena has, and the sum below cannot wrap
  let ptr = __alloc(OBJECT_OVERHEAD + size);
  let object = changetype<OBJECT>(ptr - BLOCK_OVERHEAD);
  object.gcInfo = 0;
  object.gcInfo2 = 0;
  object.rtId = id;
  object.rtSize = <u32>size;
  return ptr + OBJECT_OVERHEAD;
}

// @ts-ignore: decorator
@global @unsafe
export function __renew(oldPtr: usize, size: usize): usize {
  if (size > OBJECT_MAXSIZE) size = OBJECT_MAXSIZE;
  let ptr = __realloc(oldPtr - OBJECT_OVERHEAD, OBJECT_OVERHEAD + size);
  changetype<OBJECT>(ptr - BLOCK_OVERHEAD).rtSize = <u32>size;
  return ptr + OBJECT_OVERHEAD;
}

// What a collector would do.

// @ts-ignore: decorator
@global @unsafe
export function __link(parentPtr: usize, childPtr: usize, expectMultiple: bool): void {}

// @ts-ignore: decorator
@global @unsafe
export function __pin(ptr: usize): usize {
  return ptr;
}

// @ts-ignore: decorator
@global @unsafe
export function __unpin(ptr: usize): void {}

// @ts-ignore: decorator
@global @unsafe
function __visit(ptr: usize, cookie: u32): void {}

// @ts-ignore: decorator
@global @unsafe
export function __collect(): void {}
