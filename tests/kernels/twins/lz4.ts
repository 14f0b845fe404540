/** LZ4 blocks and XXH32 as their descriptions say, a byte at a time. */

/** Decompresses a block, or throws. */
export function decompressBlock(block: Uint8Array): Uint8Array {
  const out: number[] = [];
  let p = 0;
  const next = (): number => {
    if (p >= block.length) throw new Error("truncated");
    return block[p++];
  };
  const length = (n: number): number => {
    if (n < 15) return n;
    for (let byte = 255; byte === 255; n += byte) byte = next();
    return n;
  };
  for (;;) {
    const token = next();
    for (let n = length(token >> 4); n > 0; n--) out.push(next());
    if (p === block.length) return Uint8Array.from(out);
    const distance = next() | next() << 8;
    if (distance === 0 || distance > out.length) throw new Error("before the start");
    for (let n = length(token & 15) + 4; n > 0; n--) out.push(out[out.length - distance]);
  }
}

const primes = [2_654_435_761, 2_246_822_519, 3_266_489_917, 668_265_263, 374_761_393];
const rotated = (x: number, bits: number): number => x << bits | x >>> (32 - bits);

/** XXH32 with seed 0. */
export function xxh32(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const lanes = [primes[0] + primes[1], primes[1], 0, -primes[0]];
  let at = 0;
  for (; at + 16 <= data.length; at += 16) {
    for (let lane = 0; lane < 4; lane++) {
      const word = Math.imul(view.getUint32(at + 4 * lane, true), primes[1]);
      lanes[lane] = Math.imul(rotated(lanes[lane] + word | 0, 13), primes[0]);
    }
  }
  const shifts = [1, 7, 12, 18];
  let sum = data.length < 16
    ? primes[4]
    : lanes.reduce((all, lane, i) => all + rotated(lane | 0, shifts[i]), 0);
  sum = sum + data.length | 0;
  for (; at + 4 <= data.length; at += 4) {
    sum = Math.imul(rotated(sum + Math.imul(view.getUint32(at, true), primes[2]) | 0, 17), primes[3]);
  }
  for (; at < data.length; at++) {
    sum = Math.imul(rotated(sum + Math.imul(data[at], primes[4]) | 0, 11), primes[0]);
  }
  sum = Math.imul(sum ^ sum >>> 15, primes[1]);
  sum = Math.imul(sum ^ sum >>> 13, primes[2]);
  return (sum ^ sum >>> 16) >>> 0;
}
