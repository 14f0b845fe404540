/** Where bytes stand. */
import { kernels } from "../../src/kernels/mod.ts";
import { placesOf } from "../../tests/kernels/twins/search.ts";
import type { KernelCase } from "./types.ts";

const data = Uint8Array.from({ length: 1 << 22 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 26 === 0 ? 10 : 97);

function loop(): Uint32Array {
  const out = new Uint32Array(data.length);
  let n = 0;
  for (let i = 0; i < data.length; i++) if (data[i] === 10) out[n++] = i;
  return out.slice(0, n);
}

/** The ends of lines. */
export const cases: readonly KernelCase[] = [{
  title: "where the lines of 4 MB end, 64 bytes each",
  sides: {
    tendril: () => kernels.placesOf.sync(data, 10),
    loop,
    "Uint8Array.indexOf": () => placesOf(data, 10),
  },
}];
