/** All places at which a byte stands. */
export function placesOf(data: Uint8Array, byte: number): Uint32Array {
  const places: number[] = [];
  for (let at = data.indexOf(byte); at >= 0; at = data.indexOf(byte, at + 1)) places.push(at);
  return Uint32Array.from(places);
}
