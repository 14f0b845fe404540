/** The edit distance by the textbook's table, one row at a time. */
export function levenshtein(a: string, b: string): number {
  const row = Uint32Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0];
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j];
      const changed = diagonal + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      row[j] = Math.min(changed, above + 1, row[j - 1] + 1);
      diagonal = above;
    }
  }
  return row[b.length];
}
