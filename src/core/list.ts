/**
 * An intrusive doubly linked list: the links stand in the members, so that joining and leaving allocate nothing
 * and a member leaves from the middle in constant time. A member is in at most one list of its kind at a time.
 */

/** What a member of a {@linkcode List} carries. */
export interface Linked<N> {
  before: N | null;
  after: N | null;
}

/** See the top of the file. */
export class List<N extends Linked<N>> {
  head: N | null = null;
  tail: N | null = null;
  size = 0;

  push(node: N): void {
    const tail = this.tail;
    node.before = tail;
    if (tail === null) this.head = node;
    else tail.after = node;
    this.tail = node;
    this.size++;
  }

  /** The caller knows that `node` is in this list. */
  remove(node: N): void {
    const { before, after } = node;
    if (before === null) this.head = after;
    else before.after = after;
    if (after === null) this.tail = before;
    else after.before = before;
    node.before = node.after = null;
    this.size--;
  }

  /** From the first to the last, as they stand now: members may leave while the caller goes on. */
  toArray(): N[] {
    const all: N[] = [];
    for (let n = this.head; n !== null; n = n.after) all.push(n);
    return all;
  }
}
