/** What the pools run; their workers export it each in their library's way. */

/** The task that does nothing, with a result that shows whose it is. */
export function same(n: number): number {
  return n;
}

export function square(n: number): number {
  return n * n;
}

/**
 * Arithmetic that takes so long as `rounds` says, and that no shortcut can replace. 30 bits, since V8 takes 32 now for a small integer,
 * now for a double, and drops its code each time. Eight steps a round: V8 would inline a shorter function, and then never leave
 * its middle compiler, whose code takes five times as long.
 */
export function spin(rounds: number): number {
  let x = 1;
  for (let i = 0; i < rounds; i++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) & 0x3fff_ffff;
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) & 0x3fff_ffff;
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) & 0x3fff_ffff;
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) & 0x3fff_ffff;
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) & 0x3fff_ffff;
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) & 0x3fff_ffff;
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) & 0x3fff_ffff;
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) & 0x3fff_ffff;
  }
  return x;
}

/** Reads both ends of what arrived. */
export function ends(bytes: Uint8Array): number {
  return bytes[0] * 256 + bytes[bytes.length - 1];
}

/** Writes into what has been moved here, before it is moved back. */
export function stamp(buffer: ArrayBuffer): ArrayBuffer {
  new Uint8Array(buffer)[0]++;
  return buffer;
}
