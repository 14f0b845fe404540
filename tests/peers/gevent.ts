/** gevent and eventlet: primitives that call back from the hub, as they were before each mend. */
import { type Greenlet, spawn } from "../../src/mod.ts";
import { park, type Parked } from "../../src/lowlevel.ts";
import type { Gen, Permits } from "./world.ts";

/** A callback of the hub: it runs in a turn of its own. */
function runCallback(callback: () => void): void {
  spawn({ name: "a callback of the hub" }, callback);
}

/** Holds one value for one greenlet. */
class Waiter<T> {
  private value: { readonly it: T } | null = null;
  private parked: Parked<T> | null = null;

  /** Wakes whoever waits; where nobody does, the value is kept, and the one before it is gone. */
  switch(it: T): void {
    const { parked } = this;
    this.parked = null;
    if (parked !== null) parked.wake(it);
    else this.value = { it };
  }

  *get(): Gen<T> {
    const { value } = this;
    this.value = null;
    if (value !== null) return value.it;
    return yield* park<T>("a Waiter", (parked) => void (this.parked = parked));
  }
}

/** gevent 1.0: `iwait` with one waiter for all objects. */
export function iwait(greenlets: readonly Greenlet<unknown>[]): () => Gen<Greenlet<unknown>> {
  const waiter = new Waiter<Greenlet<unknown>>();
  for (const greenlet of greenlets) greenlet.link(() => waiter.switch(greenlet));
  return () => waiter.get();
}

/** gevent 1.1rc: a wait gives what the flag says when the greenlet runs. */
export class Event {
  private flag = false;
  private links: Parked<void>[] = [];

  set(): void {
    this.flag = true;
    runCallback(() => {
      for (const link of this.links.splice(0)) link.wake();
    });
  }

  clear(): void {
    this.flag = false;
  }

  *wait(): Gen<boolean> {
    if (!this.flag) yield* park<void>("an Event", (parked) => void this.links.push(parked));
    return this.flag;
  }
}

/** gevent 1.3: the waiters are a set, and a release wakes the one with the least hash: here the last that came. */
export class Semaphore implements Permits<unknown> {
  private counter = 1;
  private readonly links: Parked<void>[] = [];

  *acquire(): Gen {
    while (this.counter === 0) {
      yield* park<void>("a Semaphore", (parked) => void this.links.push(parked));
    }
    this.counter--;
  }

  release(): void {
    this.counter++;
    runCallback(() => {
      if (this.counter > 0) this.links.pop()?.wake();
    });
  }
}

/** eventlet's `GreenPile`: whose turn it is is taken out of the line before his result is waited for. */
export class GreenPile {
  private readonly line: Greenlet<number>[];

  constructor(line: readonly Greenlet<number>[]) {
    this.line = [...line];
  }

  get isEmpty(): boolean {
    return this.line.length === 0;
  }

  *next(): Gen<number> {
    return yield* this.line.shift() as Greenlet<number>;
  }
}
