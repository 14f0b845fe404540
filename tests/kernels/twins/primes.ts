/** The primes below `n`, by the sieve of Eratosthenes. */
export function primes(n: number): Uint32Array {
  const size = Math.max(0, Math.ceil((n - 1) / 2)), isComposite = new Uint8Array(size); // of 2i + 1
  for (let i = 1; (2 * i + 1) ** 2 < n; i++) {
    if (isComposite[i] === 1) continue;
    for (let k = 2 * i * (i + 1); k < size; k += 2 * i + 1) isComposite[k] = 1;
  }
  const found = n > 2 ? [2] : [];
  for (let i = 1; 2 * i + 1 < n; i++) if (isComposite[i] === 0) found.push(2 * i + 1);
  return Uint32Array.from(found);
}
