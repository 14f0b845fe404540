/** Pairs of signatures that are alike, found by buckets of a `Map`. */

/** Two places and in how many bits, or numbers, they differ. */
export type Pair = [first: number, second: number, difference: number];

/** All pairs of `n` that have a key in common in one of the passes, each once and in order, which are near enough. */
function pairs(
  n: number,
  passes: number,
  keyOf: (i: number, pass: number) => number,
  difference: (i: number, j: number) => number,
  most: number,
): Pair[] {
  const found = new Map<number, Pair>();
  for (let pass = 0; pass < passes; pass++) {
    const buckets = new Map<number, number[]>();
    for (let i = 0; i < n; i++) {
      const key = keyOf(i, pass), bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [i]);
      else bucket.push(i);
    }
    for (const bucket of buckets.values()) {
      for (let a = 0; a < bucket.length; a++) {
        for (let b = a + 1; b < bucket.length; b++) {
          const bits = difference(bucket[a], bucket[b]);
          if (bits <= most) found.set(bucket[a] * n + bucket[b], [bucket[a], bucket[b], bits]);
        }
      }
    }
  }
  return [...found.values()].sort(([a, b], [c, d]) => a - c || b - d);
}

function bitsSet(x: number): number {
  x -= x >>> 1 & 0x55555555;
  x = (x & 0x33333333) + (x >>> 2 & 0x33333333);
  return Math.imul(x + (x >>> 4) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Signatures that differ in at most `distance` bits, which must be 15 or fewer. */
export function nearDuplicates(signatures: BigUint64Array, distance: number): Pair[] {
  const words = new Uint32Array(signatures.buffer, signatures.byteOffset, 2 * signatures.length);
  const low = words.filter((_, i) => i % 2 === 0), high = words.filter((_, i) => i % 2 === 1);
  const masks = Array.from({ length: distance + 1 }, (_, block) => {
    const end = BigInt(Math.ceil(64 * (block + 1) / (distance + 1)));
    const bits = (1n << end) - (1n << BigInt(Math.ceil(64 * block / (distance + 1))));
    return { low: Number(bits & 0xffff_ffffn) | 0, high: Number(bits >> 32n) | 0 };
  });
  return pairs(
    low.length,
    masks.length,
    (i, pass) => Math.imul(low[i] & masks[pass].low, 0x9e3779b1) ^ (high[i] & masks[pass].high),
    (i, j) => bitsSet(low[i] ^ low[j]) + bitsSet(high[i] ^ high[j]),
    distance,
  );
}

/** Signatures of `size` numbers of which at most `most` differ, fewer than all. */
export function similarPairs(signatures: Uint32Array, size: number, most: number): Pair[] {
  const place = (band: number) => Math.ceil(size * band / (most + 1));
  return pairs(
    signatures.length / size,
    most + 1,
    (i, band) => {
      let key = 0;
      for (let at = i * size + place(band), end = i * size + place(band + 1); at < end; at++) {
        key = Math.imul(key ^ signatures[at], 0x85ebca6b);
      }
      return key;
    },
    (i, j) => {
      let differ = 0;
      for (let at = 0; at < size; at++) {
        if (signatures[i * size + at] !== signatures[j * size + at]) differ++;
      }
      return differ;
    },
    most,
  );
}
