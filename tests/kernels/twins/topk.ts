/** A search among vectors, by doubles. */

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export function dot(query: Float32Array, vectors: Float32Array): Float32Array {
  const dimension = query.length;
  return Float32Array.from(
    { length: vectors.length / dimension },
    (_, i) => product(query, vectors.subarray(i * dimension, (i + 1) * dimension)),
  );
}

export function topk(
  queries: Float32Array,
  vectors: Float32Array,
  { dimension = queries.length, k, metric = "cosine" }: {
    dimension?: number;
    k: number;
    metric?: "cosine" | "dot";
  },
): { indices: Uint32Array; scores: Float32Array } {
  const indices: number[] = [], scores: number[] = [];
  for (let q = 0; q < queries.length; q += dimension) {
    const query = queries.subarray(q, q + dimension), square = product(query, query);
    const all = dot(query, vectors);
    if (metric === "cosine") {
      for (let i = 0; i < all.length; i++) {
        const vector = vectors.subarray(i * dimension, (i + 1) * dimension);
        const lengths = Math.sqrt(square * product(vector, vector));
        all[i] = lengths === 0 ? 0 : all[i] / lengths;
      }
    }
    const order = [...all.keys()].sort((
      a,
      b,
    ) => (rank(all[b]) > rank(all[a]) ? 1 : rank(all[b]) < rank(all[a]) ? -1 : a - b));
    for (const i of order.slice(0, k)) {
      indices.push(i);
      scores.push(all[i]);
    }
  }
  return { indices: Uint32Array.from(indices), scores: Float32Array.from(scores) };
}

/** NaN comes last, after what is less than any number. */
function rank(score: number): number {
  return Number.isNaN(score) ? -Infinity : score === -Infinity ? -Number.MAX_VALUE : score;
}
