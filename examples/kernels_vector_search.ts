// The ten of 100,000 embeddings that are most like a query: kernels.topk here and on all threads, beside TypeScript.
import assert from "node:assert/strict";
import { kernelArray, kernels } from "tendril/kernels";
import { cpuCount, ThreadPool } from "tendril/threads";

const COUNT = 100_000, DIMENSION = 128, K = 10, TURNS = 5;

await using pool = new ThreadPool({ minSize: cpuCount() });
using embeddings = kernelArray(Float32Array, COUNT * DIMENSION); // where all threads read them: 51 MB that nobody copies
let seed = 1;
for (let i = 0; i < embeddings.length; i++) {
  seed = Math.imul(seed, 1_664_525) + 1_013_904_223;
  embeddings[i] = seed / 2 ** 31;
}
/** One of them, a little changed: it should be found. */
const WANTED = 77_777;
const query = embeddings.slice(WANTED * DIMENSION, (WANTED + 1) * DIMENSION).map((x, i) => x + (i % 5) / 10);

/** The scores of all, by cosine, and then the best. */
function inTypeScript(): number[] {
  const norm = Math.hypot(...query);
  const scores = Float64Array.from({ length: COUNT }, (_, n) => {
    let product = 0, square = 0;
    for (let i = 0, k = n * DIMENSION; i < DIMENSION; i++, k++) {
      product += query[i] * embeddings[k];
      square += embeddings[k] * embeddings[k];
    }
    return product / (norm * Math.sqrt(square));
  });
  return [...scores.keys()].sort((a, b) => scores[b] - scores[a]).slice(0, K);
}

const ways: Record<string, () => number[] | Promise<number[]>> = {
  "TypeScript": inTypeScript,
  "topk": () => [...kernels.topk.sync(query, embeddings, { k: K }).indices],
  "topk, pool": async () => [...(await kernels.topk(query, embeddings, { k: K }, { pool })).indices],
};
const found: number[][] = [];
for (const [way, search] of Object.entries(ways)) {
  let best = Infinity;
  for (let i = 0; i < TURNS; i++) {
    const start = performance.now();
    found.push(await search());
    best = Math.min(best, performance.now() - start);
  }
  console.log(`${way.padEnd(10)} ${best.toFixed(1)} ms`);
}
console.log(`most like it: ${found[0].join(", ")}`);
for (const each of found) assert.deepEqual(each, found[0]);
assert.equal(found[0][0], WANTED);
