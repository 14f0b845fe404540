/**
 * A first-in-first-out queue in a growing circular array. `push` and `shift` are O(1) without allocation;
 * the capacity is a power of two, so that an index wraps by a mask.
 */
export class Ring<T> {
  private slots: (T | undefined)[] = new Array(INITIAL);
  private first = 0;
  size = 0;

  push(item: T): void {
    if (this.size === this.slots.length) this.grow();
    this.slots[(this.first + this.size) & (this.slots.length - 1)] = item;
    this.size++;
  }

  /** Undefined when empty. */
  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const slots = this.slots;
    const item = slots[this.first];
    slots[this.first] = undefined; // what was taken must not be kept alive
    this.first = (this.first + 1) & (slots.length - 1);
    if (--this.size === 0 && slots.length > SHRINK_ABOVE) this.reset();
    return item;
  }

  /** The `i`-th from the front; undefined outside. */
  at(i: number): T | undefined {
    return i >= 0 && i < this.size ? this.slots[(this.first + i) & (this.slots.length - 1)] : undefined;
  }

  /** Removes the last one. Undefined when empty. */
  pop(): T | undefined {
    if (this.size === 0) return undefined;
    const at = (this.first + --this.size) & (this.slots.length - 1);
    const item = this.slots[at];
    this.slots[at] = undefined;
    return item;
  }

  /** Takes the `i`-th from the front out and closes the gap, O(i). For choosers and the like, not for hot paths. */
  take(i: number): T | undefined {
    if (i === 0) return this.shift();
    const item = this.at(i);
    if (i < 0 || i >= this.size) return undefined;
    const mask = this.slots.length - 1;
    for (let k = i; k > 0; k--) {
      this.slots[(this.first + k) & mask] = this.slots[(this.first + k - 1) & mask];
    }
    this.shift();
    return item;
  }

  toArray(): T[] {
    const all: T[] = [];
    for (let i = 0; i < this.size; i++) all.push(this.at(i) as T);
    return all;
  }

  private grow(): void {
    const old = this.slots, n = old.length;
    const slots = new Array<T | undefined>(n * 2);
    for (let i = 0; i < n; i++) slots[i] = old[(this.first + i) & (n - 1)];
    this.slots = slots;
    this.first = 0;
  }

  private reset(): void {
    this.slots = new Array(INITIAL);
    this.first = 0;
  }
}

const INITIAL = 16;
/** An emptied ring above this many slots gives its memory back: a burst of a million must not cost 8 MB for ever. */
const SHRINK_ABOVE = 65_536;
