/** anyio's primitives on asyncio, as they were before each mend: events that tasks wait for, set by whoever releases. */
import { type AioTask, CancelledError, Future, remove } from "./asyncio.ts";
import type { Gen, Items, Permits } from "./world.ts";

/** 4.9: who is cancelled after his event was set tells nobody. `hasty`: 4.13, where a woken one does not count as a borrower yet. */
export class CapacityLimiter implements Permits<AioTask> {
  private readonly borrowers: Set<AioTask> = new Set();
  private readonly line: Future<void>[] = [];
  private readonly handsOn: boolean;

  constructor(handsOn: boolean) {
    this.handsOn = handsOn;
  }

  tryAcquire(me: AioTask): boolean {
    if (this.line.length > 0 || this.borrowers.size >= 1) return false;
    this.borrowers.add(me);
    return true;
  }

  *acquire(me: AioTask): Gen {
    if (this.tryAcquire(me)) return;
    const event = new Future<void>();
    this.line.push(event);
    try {
      yield* me.await(event);
    } catch (error) {
      if (!remove(this.line, event) && this.handsOn) this.wakeNext();
      throw error;
    }
    this.borrowers.add(me);
  }

  release(me: AioTask): void {
    this.borrowers.delete(me);
    this.wakeNext();
  }

  private wakeNext(): void {
    const next = this.line.shift();
    if (next !== undefined && !next.done) next.set();
  }
}

/** 4.3: an item is put into the hands of a receiver, who may be on his way out. */
export class MemoryObjectStream implements Items<AioTask> {
  private readonly items: number[] = [];
  private readonly receivers: { readonly event: Future<void>; item: number }[] = [];

  get size(): number {
    return this.items.length;
  }

  put(item: number): void {
    const receiver = this.receivers.shift();
    if (receiver === undefined) return void this.items.push(item);
    receiver.item = item;
    if (!receiver.event.done) receiver.event.set();
  }

  *get(me: AioTask): Gen<number> {
    if (this.items.length > 0) return this.items.shift() as number;
    const receiver = { event: new Future<void>(), item: 0 };
    this.receivers.push(receiver);
    try {
      yield* me.await(receiver.event);
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
      remove(this.receivers, receiver);
      throw error;
    }
    return receiver.item;
  }
}
