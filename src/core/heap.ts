/**
 * A binary heap whose members know their slot, so that one leaves from the middle in O(log n). Timers are mostly
 * cancelled before they fire, so leaving must be as cheap as joining. Members that arrive in order cost O(1).
 *
 * Source: J. W. J. Williams, "Algorithm 232: Heapsort", CACM 7 (1964).
 */

/** What a member of a {@linkcode Heap} carries: its place, -1 outside. */
export interface Slotted {
  slot: number;
}

/** See the top of the file. `before(a, b)` says whether `a` comes out before `b`: a strict order. */
export class Heap<T extends Slotted> {
  private readonly items: T[] = [];
  private readonly path: number[] = [];
  private readonly before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.before = before;
  }

  get size(): number {
    return this.items.length;
  }

  peek(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    const at = this.placeAbove(item, this.items.length);
    this.items.push(item);
    this.up(item, this.items.length - 1, at);
  }

  pop(): T | undefined {
    const top = this.items[0];
    if (top !== undefined) this.remove(top);
    return top;
  }

  /** The caller knows that `item` is in this heap. */
  remove(item: T): void {
    const { items, path } = this;
    const at = item.slot, last = items[items.length - 1];
    // All comparisons come before the first move: where the order throws, the heap is as it was.
    const levels = last === item ? 0 : this.pathBelow(last, at);
    const above = last === item || levels > 0 ? at : this.placeAbove(last, at);
    items.pop();
    item.slot = -1;
    if (last === item) return;
    let hole = at;
    for (let i = 0; i < levels; i++) {
      this.put(items[path[i]], hole);
      hole = path[i];
    }
    this.put(last, hole);
    if (above !== at) this.up(last, at, above);
  }

  /** In no order. */
  toArray(): T[] {
    return this.items.slice();
  }

  private put(item: T, at: number): void {
    this.items[at] = item;
    item.slot = at;
  }

  /** How far up `item` belongs, seen from `at`. */
  private placeAbove(item: T, at: number): number {
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.before(item, this.items[above])) break;
      at = above;
    }
    return at;
  }

  /** Moves what stands between `to` and `from` down by one, and puts `item` at `to`. */
  private up(item: T, from: number, to: number): void {
    while (from > to) {
      const above = (from - 1) >> 1;
      this.put(this.items[above], from);
      from = above;
    }
    this.put(item, to);
  }

  /** Writes the way down that `item` would sink from `at` into `path`; the last member is about to leave. */
  private pathBelow(item: T, at: number): number {
    const { items, path } = this, n = items.length - 1;
    let levels = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= n) break;
      if (below + 1 < n && this.before(items[below + 1], items[below])) below++;
      if (!this.before(items[below], item)) break;
      path[levels++] = below;
      at = below;
    }
    return levels;
  }
}
