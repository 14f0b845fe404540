// Sorting by digits, the lowest first. The numbers become whole numbers ("keys") of the same order; each pass puts them in the order
// of one digit of eight bits and keeps what has the same digit as it was, so that after the highest digit all is in order.
//
// The range of a pass is blocks of keys. First each block counts its digits; the host makes of the counts where each block's keys of
// each digit go; then the blocks put them there, all to places of their own.

// Keys of 64 bits lie in arrays that the host takes for f64, since whole numbers of 64 bits are slow there.

/** Keys of a block, as a power of two: its counts are small beside it. Host and kernel have the same. */
const BLOCK_BITS: i32 = 15;
const DIGITS: i32 = 256;

// @ts-ignore: decorator
@inline
function endOf(block: i32, length: i32): i32 {
  return min((block + 1) << BLOCK_BITS, length);
}

// @ts-ignore: decorator
@inline
function keyAt(keys: StaticArray<f64>, i: i32): u64 {
  return load<u64>(changetype<usize>(keys) + (<usize> i << 3));
}

// @ts-ignore: decorator
@inline
function putKey(keys: StaticArray<f64>, i: i32, key: u64): void {
  store<u64>(changetype<usize>(keys) + (<usize> i << 3), key);
}

// @ts-ignore: decorator
@inline
function keyOf64(x: f64): u64 {
  if (x != x) return -1; // NaN comes last
  const bits = reinterpret<u64>(x);
  return bits ^ (<u64> (<i64> bits >> 63) | (<u64> 1 << 63));
}

// @ts-ignore: decorator
@inline
function keyOf32(x: f32): u32 {
  if (x != x) return -1;
  const bits = reinterpret<u32>(x);
  return bits ^ (<u32> (<i32> bits >> 31) | (<u32> 1 << 31));
}

/** The keys of numbers. */
export function keysOfF64(values: In<f64>, keys: InOut<f64>, from: i32, to: i32): void {
  const end = endOf(to - 1, values.length);
  for (let i = from << BLOCK_BITS; i < end; i++) putKey(keys, i, keyOf64(values[i]));
}

/** And back. */
export function valuesOfF64(keys: In<f64>, values: InOut<f64>, from: i32, to: i32): void {
  const end = endOf(to - 1, keys.length);
  for (let i = from << BLOCK_BITS; i < end; i++) {
    const key = keyAt(keys, i);
    values[i] = key == -1 ? NaN : reinterpret<f64>(key ^ (<u64> (<i64> ~key >> 63) | (<u64> 1 << 63)));
  }
}

export function keysOfF32(values: In<f32>, keys: InOut<u32>, from: i32, to: i32): void {
  const end = endOf(to - 1, values.length);
  for (let i = from << BLOCK_BITS; i < end; i++) keys[i] = keyOf32(values[i]);
}

export function valuesOfF32(keys: In<u32>, values: InOut<f32>, from: i32, to: i32): void {
  const end = endOf(to - 1, keys.length);
  for (let i = from << BLOCK_BITS; i < end; i++) {
    const key = keys[i];
    values[i] = key == -1 ? NaN : reinterpret<f32>(key ^ (<u32> (<i32> ~key >> 31) | (<u32> 1 << 31)));
  }
}

// For the order of indices, a half of the key and the index are one number of 64 bits, of which the upper half is sorted by.

/** The lower halves of the keys of numbers, with their indices. */
export function lowPairsF64(values: In<f64>, pairs: InOut<f64>, from: i32, to: i32): void {
  const end = endOf(to - 1, values.length);
  for (let i = from << BLOCK_BITS; i < end; i++) putKey(pairs, i, keyOf64(values[i]) << 32 | i);
}

/** The upper halves, in the order that was found by the lower ones. */
export function highPairsF64(values: In<f64>, pairs: InOut<f64>, from: i32, to: i32): void {
  const end = endOf(to - 1, values.length);
  for (let i = from << BLOCK_BITS; i < end; i++) {
    const index = <u32> keyAt(pairs, i);
    putKey(pairs, i, keyOf64(values[index]) & 0xffffffff00000000 | index);
  }
}

export function pairsF32(values: In<f32>, pairs: InOut<f64>, from: i32, to: i32): void {
  const end = endOf(to - 1, values.length);
  for (let i = from << BLOCK_BITS; i < end; i++) putKey(pairs, i, <u64> keyOf32(values[i]) << 32 | i);
}

export function pairsU32(values: In<u32>, pairs: InOut<f64>, from: i32, to: i32): void {
  const end = endOf(to - 1, values.length);
  for (let i = from << BLOCK_BITS; i < end; i++) putKey(pairs, i, <u64> values[i] << 32 | i);
}

/** The indices alone. */
export function indicesOf(pairs: In<f64>, indices: InOut<u32>, from: i32, to: i32): void {
  const end = endOf(to - 1, pairs.length);
  for (let i = from << BLOCK_BITS; i < end; i++) indices[i] = <u32> keyAt(pairs, i);
}

/** How often each digit, the eight bits from `shift` on, is in each block: a row of 256 for each. */
export function count64(keys: In<f64>, counts: InOut<u32>, shift: i32, from: i32, to: i32): void {
  for (let block = from; block < to; block++) {
    count<u64>(changetype<usize>(keys), changetype<usize>(counts), keys.length, shift, block);
  }
}

export function count32(keys: In<u32>, counts: InOut<u32>, shift: i32, from: i32, to: i32): void {
  for (let block = from; block < to; block++) {
    count<u32>(changetype<usize>(keys), changetype<usize>(counts), keys.length, shift, block);
  }
}

function count<T>(keys: usize, counts: usize, length: i32, shift: i32, block: i32): void {
  const row = counts + (<usize> (block * DIGITS) << 2), end = endOf(block, length);
  memory.fill(row, 0, <usize> DIGITS << 2);
  for (let i = block << BLOCK_BITS; i < end; i++) {
    const digit = <usize> (load<T>(keys + <usize> i * sizeof<T>()) >> <T> shift) & 255;
    const at = row + (digit << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
}

/** Puts the keys of each block where `places`, a row of 256 for each, say that those of a digit begin. */
export function move64(
  keys: In<f64>,
  places: InOut<u32>,
  out: InOut<f64>,
  shift: i32,
  from: i32,
  to: i32,
): void {
  for (let block = from; block < to; block++) {
    move<u64>(changetype<usize>(keys), changetype<usize>(places), changetype<usize>(out), keys.length, shift, block);
  }
}

export function move32(
  keys: In<u32>,
  places: InOut<u32>,
  out: InOut<u32>,
  shift: i32,
  from: i32,
  to: i32,
): void {
  for (let block = from; block < to; block++) {
    move<u32>(changetype<usize>(keys), changetype<usize>(places), changetype<usize>(out), keys.length, shift, block);
  }
}

function move<T>(keys: usize, places: usize, out: usize, length: i32, shift: i32, block: i32): void {
  const row = places + (<usize> (block * DIGITS) << 2), end = endOf(block, length);
  for (let i = block << BLOCK_BITS; i < end; i++) {
    const key = load<T>(keys + <usize> i * sizeof<T>());
    const at = row + ((<usize> (key >> <T> shift) & 255) << 2);
    const place = load<u32>(at);
    store<u32>(at, place + 1);
    store<T>(out + <usize> place * sizeof<T>(), key);
  }
}
