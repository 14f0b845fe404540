/** What a lock is to its laws. */
import type { Op } from "../../core/mod.ts";
import type { Body } from "../../sync/mod.ts";
import { sleep } from "../../greenlet/mod.ts";
import { type Gen, same } from "./law_kit.ts";
import type { Law, LawOptions, Trials } from "./law_suite.ts";

/** A lock, whatever its name. What it does not have is not checked. */
export interface LockLike {
  /** True: held. False: the timeout, in milliseconds, came first. */
  acquire(options?: { timeout?: number }): Op<boolean>;
  /** Gives it back, at the call. */
  release(): void;
  /** Takes it if that needs no waiting. */
  tryAcquire?(): boolean;
  readonly locked?: boolean;
  /** Runs `body` while it is held. */
  withLock?<T>(body: Body<[], T>): Op<T>;
}

/** What is different from lock to lock; what is left out is not checked. */
export interface LockLawOptions extends LawOptions {
  /** When a greenlet ends that holds it, it breaks, is free again, or stays taken. */
  deadHolder?: "breaks" | "frees" | "keeps";
  /** Who holds it and acquires it again gets an error, holds it twice, or waits. */
  again?: "throws" | "counts" | "waits";
  /** Who does not hold it and releases it gets an error, or does release it. */
  stranger?: "throws" | "releases";
}

/** Makes a law about a lock. */
export type LockSay = (name: string, body: (lock: LockLike) => Gen, trials?: Trials) => Law;

/** Takes it, notes that, gives the others a turn, releases. */
export function* use(lock: LockLike, note: () => void): Gen {
  yield* lock.acquire();
  try {
    note();
    yield* sleep(0);
  } finally {
    lock.release();
  }
}

/** Nobody holds it, and nobody waits for it. */
export function* isFree(lock: LockLike): Gen {
  same(yield* lock.acquire({ timeout: 0 }), true, "acquire({ timeout: 0 }) of a lock that nobody holds");
  lock.release();
}
