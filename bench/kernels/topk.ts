import { kernelArray, kernels } from "tendril/kernels";
import type { KernelCase } from "./types.ts";

const COUNT = 20_000, DIMENSION = 384, K = 10;

// Whole numbers, whose sums are the same in any order.
const vectors = kernelArray(
  Float32Array,
  Array.from({ length: COUNT * DIMENSION }, (_, i) => (i * i) % 7 - 3),
);
const query = Float32Array.from({ length: DIMENSION }, (_, i) => i % 5 - 2);
const outside = new Float32Array(vectors);

/** Four sums at a time, and a list of the best that is kept in order. */
function search(all: Float32Array, cosine: boolean): { indices: Uint32Array; scores: Float32Array } {
  const scores = new Float32Array(K).fill(-Infinity), indices = new Uint32Array(K);
  let square = 0;
  for (let i = 0; i < DIMENSION; i++) square += query[i] * query[i];
  for (let v = 0, p = 0; v < COUNT; v++) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0, own = 0;
    for (let i = 0; i < DIMENSION; i += 4, p += 4) {
      const a = all[p], b = all[p + 1], c = all[p + 2], d = all[p + 3];
      s0 += query[i] * a;
      s1 += query[i + 1] * b;
      s2 += query[i + 2] * c;
      s3 += query[i + 3] * d;
      if (cosine) own += a * a + b * b + c * c + d * d;
    }
    const sum = s0 + s1 + s2 + s3;
    const score = cosine ? Math.fround(sum / Math.sqrt(square * own)) : sum;
    if (score <= scores[K - 1]) continue;
    let at = K - 1;
    for (; at > 0 && scores[at - 1] < score; at--) {
      scores[at] = scores[at - 1];
      indices[at] = indices[at - 1];
    }
    scores[at] = score;
    indices[at] = v;
  }
  return { indices, scores };
}

function caseOf(metric: "cosine" | "dot"): KernelCase {
  return {
    title: `top ${K} of ${COUNT.toLocaleString("en-US")} × ${DIMENSION}, ${metric}; vectors in a kernelArray`,
    sides: {
      tendril: () => kernels.topk.sync(query, vectors, { k: K, metric }),
      TypeScript: () => search(outside, metric === "cosine"),
    },
  };
}

export const cases: readonly KernelCase[] = [caseOf("cosine"), caseOf("dot")];
