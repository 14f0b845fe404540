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
    const at = this.items.length;
    this.items.push(item);
    this.up(item, at);
  }

  pop(): T | undefined {
    const top = this.items[0];
    if (top !== undefined) this.remove(top);
    return top;
  }

  /** The caller knows that `item` is in this heap. */
  remove(item: T): void {
    const at = item.slot;
    const last = this.items.pop() as T;
    item.slot = -1;
    if (last === item) return;
    this.down(last, at);
    if (last.slot === at) this.up(last, at);
  }

  /** In no order. */
  toArray(): T[] {
    return this.items.slice();
  }

  private up(item: T, at: number): void {
    const items = this.items;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = items[above];
      if (!this.before(item, other)) break;
      items[at] = other;
      other.slot = at;
      at = above;
    }
    items[at] = item;
    item.slot = at;
  }

  private down(item: T, at: number): void {
    const items = this.items, n = items.length;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= n) break;
      if (below + 1 < n && this.before(items[below + 1], items[below])) below++;
      const other = items[below];
      if (!this.before(other, item)) break;
      items[at] = other;
      other.slot = at;
      at = below;
    }
    items[at] = item;
    item.slot = at;
  }
}
