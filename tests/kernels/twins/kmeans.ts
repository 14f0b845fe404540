/** Lloyd's rounds, each step rounded as Float32 where the kernel does. */

interface Nearest {
  labels: Uint32Array;
  distances: Float32Array;
}

const { fround } = Math;

export function nearest(
  points: Float32Array,
  centers: Float32Array,
  { dimension }: { dimension: number },
): Nearest {
  const n = points.length / dimension, k = centers.length / dimension;
  const labels = new Uint32Array(n), distances = new Float32Array(n).fill(Infinity);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < k; c++) {
      let sum = 0;
      for (let j = 0; j < dimension; j++) {
        const gap = fround(points[i * dimension + j] - centers[c * dimension + j]);
        sum = fround(sum + fround(gap * gap));
      }
      if (sum < distances[i]) [labels[i], distances[i]] = [c, sum];
    }
  }
  return { labels, distances };
}

export function kmeans(
  points: Float32Array,
  start: Float32Array,
  { dimension, iterations: most = 100 }: { dimension: number; iterations?: number },
): Nearest & { centers: Float32Array; iterations: number } {
  const centers = start.slice(), k = centers.length / dimension;
  let found = nearest(points, centers, { dimension });
  for (let iterations = 1;; iterations++) {
    const sums = new Float64Array(centers.length), counts = new Uint32Array(k);
    found.labels.forEach((label, i) => {
      counts[label]++;
      for (let j = 0; j < dimension; j++) sums[label * dimension + j] += points[i * dimension + j];
    });
    for (let i = 0; i < centers.length; i++) {
      const count = counts[Math.floor(i / dimension)];
      if (count > 0) centers[i] = sums[i] / count;
    }
    const next = nearest(points, centers, { dimension });
    const isDone = next.labels.every((label, i) => label === found.labels[i]);
    found = next;
    if (isDone || iterations === most) return { centers, iterations, ...found };
  }
}
