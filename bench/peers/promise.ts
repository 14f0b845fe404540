/** What a user of plain promises writes: a bounded queue and a semaphore, first come first served. */

interface Node<T> {
  readonly value: T;
  next: Node<T> | undefined;
}

/** A linked line, since `Array.prototype.shift` is O(n) on long arrays. */
class Line<T> {
  #head: Node<T> | undefined;
  #tail: Node<T> | undefined;
  size = 0;

  push(value: T): void {
    const node: Node<T> = { value, next: undefined };
    if (this.#tail) this.#tail.next = node;
    else this.#head = node;
    this.#tail = node;
    this.size++;
  }

  shift(): T | undefined {
    const node = this.#head;
    if (!node) return undefined;
    this.#head = node.next;
    if (!this.#head) this.#tail = undefined;
    this.size--;
    return node.value;
  }
}

export class PromiseQueue<T> {
  readonly #maxsize: number;
  readonly #items = new Line<T>();
  readonly #getters = new Line<(item: T) => void>();
  readonly #putters = new Line<{ item: T; done: () => void }>();

  constructor(maxsize = 0) {
    this.#maxsize = maxsize || Infinity;
  }

  put(item: T): Promise<void> {
    const getter = this.#getters.shift();
    if (getter) getter(item);
    else if (this.#items.size < this.#maxsize) this.#items.push(item);
    else return new Promise((done) => this.#putters.push({ item, done }));
    return Promise.resolve();
  }

  get(): Promise<T> {
    if (this.#items.size === 0) return new Promise((take) => this.#getters.push(take));
    const item = this.#items.shift() as T;
    const putter = this.#putters.shift();
    if (putter) {
      this.#items.push(putter.item);
      putter.done();
    }
    return Promise.resolve(item);
  }
}

export class PromiseSemaphore {
  readonly #waiters = new Line<() => void>();
  #free: number;

  constructor(free: number) {
    this.#free = free;
  }

  acquire(): Promise<void> {
    if (this.#free === 0) return new Promise((go) => this.#waiters.push(go));
    this.#free--;
    return Promise.resolve();
  }

  release(): void {
    const waiter = this.#waiters.shift();
    if (waiter) waiter();
    else this.#free++;
  }
}
