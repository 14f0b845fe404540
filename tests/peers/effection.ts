/**
 * Effection's coroutines: a generator that yields effects, and is halted by `iterator.return()`.
 *
 * Source: thefrontside/effection `lib/coroutine.ts`, 4.0 and 4.1.
 */
import { Event, select, sleep, spawn } from "../../src/mod.ts";
import type { Gen } from "./world.ts";

/** Milliseconds to sleep. */
type Effect = number;

/** A body, which yields its effects. */
export type Operation = Generator<Effect, void, unknown>;

/** See the top of the file. */
export class Coroutine {
  private readonly halted: Event = new Event();
  private readonly ended: Event = new Event();

  constructor(name: string, body: () => Operation) {
    spawn({ name }, () => this.run(body()));
  }

  halt(): void {
    this.halted.set();
  }

  *end(): Gen {
    yield* this.ended.wait();
  }

  private *run(body: Operation): Gen {
    let unwinding = false;
    // Killed before it began, it never runs.
    let step = this.halted.isSet ? { done: true, value: 0 } : body.next();
    while (step.done !== true) {
      if (unwinding) yield* sleep(step.value as Effect);
      else {
        const { key } = yield* select({ halt: this.halted.wait(), effect: sleep(step.value as Effect) });
        if (key === "halt") {
          unwinding = true; // once: what the cleanup yields is resumed by `next`
          step = body.return(undefined);
          continue;
        }
      }
      step = body.next();
    }
    this.ended.set();
  }
}
