/** Signatures of sets of hashes, by their halves. */

interface Sets {
  hashes: BigUint64Array;
  offsets: Int32Array;
}

/** Each bit is what most hashes have there. */
export function simhash({ hashes, offsets }: Sets): BigUint64Array {
  const words = new Uint32Array(hashes.buffer, hashes.byteOffset, 2 * hashes.length);
  const out = new BigUint64Array(offsets.length - 1), halves = new Uint32Array(out.buffer);
  const ones = new Int32Array(64);
  for (let set = 0; set < out.length; set++) {
    ones.fill(0);
    for (let i = offsets[set]; i < offsets[set + 1]; i++) {
      const low = words[2 * i], high = words[2 * i + 1];
      for (let bit = 0; bit < 32; bit++) {
        ones[bit] += low >>> bit & 1;
        ones[bit + 32] += high >>> bit & 1;
      }
    }
    const n = offsets[set + 1] - offsets[set];
    for (let bit = 0; bit < 64; bit++) if (2 * ones[bit] > n) halves[2 * set + (bit >> 5)] |= 1 << (bit & 31);
  }
  return out;
}

/** Each bit is set where the hashes that have it outweigh those that do not. */
export function weightedSimhash({ hashes, offsets }: Sets, weights: Float32Array): BigUint64Array {
  const words = new Uint32Array(hashes.buffer, hashes.byteOffset, 2 * hashes.length);
  const out = new BigUint64Array(offsets.length - 1), halves = new Uint32Array(out.buffer);
  const sums = new Float32Array(32);
  for (let half = 0; half < halves.length; half++) {
    sums.fill(0);
    for (let i = offsets[half >> 1]; i < offsets[(half >> 1) + 1]; i++) {
      const hash = words[2 * i + (half & 1)];
      for (let bit = 0; bit < 32; bit++) sums[bit] += (hash >>> bit & 1) === 1 ? weights[i] : -weights[i];
    }
    sums.forEach((sum, bit) => {
      if (sum > 0) halves[half] |= 1 << bit;
    });
  }
  return out;
}

/** The same as `simhash`, with four counters of a byte in a number: the fastest that TypeScript has. */
export function simhashByBytes({ hashes, offsets }: Sets): BigUint64Array {
  const words = new Uint32Array(hashes.buffer, hashes.byteOffset, 2 * hashes.length);
  const out = new BigUint64Array(offsets.length - 1), halves = new Uint32Array(out.buffer);
  const ones = new Uint32Array(32), mask = 0x01010101;
  for (let half = 0; half < halves.length; half++) {
    const from = offsets[half >> 1], to = offsets[(half >> 1) + 1];
    ones.fill(0);
    for (let start = from; start < to; start += 255) {
      let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
      for (let i = start, end = Math.min(to, start + 255); i < end; i++) {
        const hash = words[2 * i + (half & 1)];
        a += hash & mask;
        b += hash >>> 1 & mask;
        c += hash >>> 2 & mask;
        d += hash >>> 3 & mask;
        e += hash >>> 4 & mask;
        f += hash >>> 5 & mask;
        g += hash >>> 6 & mask;
        h += hash >>> 7 & mask;
      }
      for (let byte = 0; byte < 32; byte += 8) {
        ones[byte] += a >>> byte & 255;
        ones[byte + 1] += b >>> byte & 255;
        ones[byte + 2] += c >>> byte & 255;
        ones[byte + 3] += d >>> byte & 255;
        ones[byte + 4] += e >>> byte & 255;
        ones[byte + 5] += f >>> byte & 255;
        ones[byte + 6] += g >>> byte & 255;
        ones[byte + 7] += h >>> byte & 255;
      }
    }
    ones.forEach((n, bit) => {
      if (2 * n > to - from) halves[half] |= 1 << bit;
    });
  }
  return out;
}

/** The least number of each permutation, drawn as the kernel's documentation says. */
export function minhash({ hashes, offsets }: Sets, size: number, seed: number): Uint32Array {
  let state = seed | 0;
  const random = (): number => {
    state = state + 0x9e3779b9 | 0;
    let x = Math.imul(state ^ state >>> 16, 0x21f0aaad);
    x = Math.imul(x ^ x >>> 15, 0x735a2d97);
    return (x ^ x >>> 15) >>> 0;
  };
  const factors = new Uint32Array(size), terms = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    factors[i] = random() | 1;
    terms[i] = random();
  }
  const words = new Uint32Array(hashes.buffer, hashes.byteOffset, 2 * hashes.length);
  const out = new Uint32Array(size * (offsets.length - 1)).fill(0xffff_ffff);
  for (let set = 0; set + 1 < offsets.length; set++) {
    for (let i = offsets[set]; i < offsets[set + 1]; i++) {
      const x = words[2 * i] ^ words[2 * i + 1];
      for (let k = 0, o = size * set; k < size; k++, o++) {
        const y = (Math.imul(x, factors[k]) + terms[k]) >>> 0;
        if (y < out[o]) out[o] = y;
      }
    }
  }
  return out;
}
