/** What a program is written for, so that the same text runs over ours and over the model of a peer. */
import { isKill, sleep, spawn } from "../../src/mod.ts";
import type { Gen } from "../mutants/kit.ts";

export type { Gen } from "../mutants/kit.ts";
export { expect } from "../mutants/kit.ts";

/** Something that runs. */
export interface Handle {
  /** Asks it to leave; acts at the call. */
  cancel(): void;
  readonly done: boolean;
  /** It has left because it was asked to. */
  readonly cancelled: boolean;
  /** Waits until it has ended. */
  end(): Gen;
}

/** `M` is what a body needs to know itself by. */
export interface World<M> {
  start(name: string, body: (me: M) => Gen<unknown>): Handle;
  sleep(me: M, ms: number): Gen;
}

/** Ours: a body knows itself. */
export const ours: World<null> = {
  start(name, body) {
    const greenlet = spawn({ name }, () => body(null));
    return {
      cancel: () => void greenlet.kill(),
      get done() {
        return greenlet.dead;
      },
      get cancelled() {
        return isKill(greenlet.value);
      },
      *end() {
        yield* greenlet.join();
      },
    };
  },
  *sleep(_me, ms) {
    yield* sleep(ms);
  },
};

/** One bug of a peer. */
export interface PeerBug {
  /** Where it is told: `peer#number`. */
  readonly name: string;
  /** What it is called there. */
  readonly title: string;
  /** The rule by which ours does not have it. */
  readonly rule: string;
  /** The program over the model of the peer. */
  readonly peer: () => Gen<unknown>;
  /** The same over ours. */
  readonly ours: () => Gen<unknown>;
}

/** Something that can be held. */
export interface Permits<M> {
  acquire(me: M): Gen<unknown>;
  release(me: M): void;
}

/** Something that items go through. */
export interface Items<M> {
  put(item: number): void;
  get(me: M): Gen<number>;
  readonly size: number;
}
