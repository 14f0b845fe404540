/** XXH64 as its specification says, by bigints. */
const [prime1, prime2, prime3, prime4, prime5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
];
const u64 = (x: bigint): bigint => BigInt.asUintN(64, x);
const rotated = (x: bigint, bits: bigint): bigint => u64(u64(x) << bits | u64(x) >> (64n - bits));
const round = (lane: bigint, word: bigint): bigint => u64(rotated(lane + word * prime2, 31n) * prime1);

export function xxh64(data: Uint8Array, seed = 0n): bigint {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0, sum = u64(seed + prime5);
  if (data.length >= 32) {
    const lanes = [seed + prime1 + prime2, seed + prime2, seed, seed - prime1].map(u64);
    for (; at + 32 <= data.length; at += 32) {
      lanes.forEach((lane, i) => lanes[i] = round(lane, view.getBigUint64(at + 8 * i, true)));
    }
    const bits = [1n, 7n, 12n, 18n];
    sum = lanes.reduce((all, lane, i) => all + rotated(lane, bits[i]), 0n);
    for (const lane of lanes) sum = u64((u64(sum) ^ round(0n, lane)) * prime1 + prime4);
  }
  sum = u64(sum + BigInt(data.length));
  for (; at + 8 <= data.length; at += 8) {
    sum = u64(rotated(sum ^ round(0n, view.getBigUint64(at, true)), 27n) * prime1 + prime4);
  }
  if (at + 4 <= data.length) {
    sum = u64(rotated(sum ^ u64(BigInt(view.getUint32(at, true)) * prime1), 23n) * prime2 + prime3);
    at += 4;
  }
  for (; at < data.length; at++) sum = u64(rotated(sum ^ u64(BigInt(data[at]) * prime5), 11n) * prime1);
  sum = u64((sum ^ sum >> 33n) * prime2);
  sum = u64((sum ^ sum >> 29n) * prime3);
  return sum ^ sum >> 32n;
}
