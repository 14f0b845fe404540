/** Ports that are broken on purpose. */
import { EOFError, type Op, Queue, QueueEmpty, QueueShutDown, sleep, TimeoutError } from "../../src/mod.ts";
import { op } from "../../src/lowlevel.ts";
import { LifoQueue } from "../../src/mod.ts";
import { laws, memoryPorts, type Port } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";
import { test } from "../harness.ts";
import { caught } from "./laws_kit.ts";

type Gen<T> = Generator<unknown, T, unknown>;
type Limit = { timeout?: number } | undefined;
type Items = Pick<Queue<unknown>, "putNowait" | "get" | "shutdown" | "getNowait">;

/** What is wrong with a port. */
interface Wrong {
  /** The last message first. */
  stack?: boolean;
  /** Messages are shared. */
  shares?: boolean;
  /** Messages go through JSON, which leaves out what it does not know. */
  json?: boolean;
  /** Every second message comes twice. */
  doubles?: boolean;
  /** A receiver that was woken takes a turn, in which it may be killed. */
  slow?: boolean;
  /** What is left is gone with the close. */
  drops?: boolean;
  /** The reason is always the end. */
  noReason?: boolean;
  /** Who waits is not told of the close. */
  quiet?: boolean;
  /** The last reason counts. */
  lastReason?: boolean;
  /** What is posted to a closed port is forgotten. */
  lax?: boolean;
  /** Receivers wait on their own, and look again. */
  polls?: boolean;
  /** A receiver takes its place at the call, and keeps it though it was killed. */
  reserves?: boolean;
  /** Its timeouts are those of the queue in it. */
  otherError?: boolean;
  /** By this clock it gives up what it got at the last moment. */
  watch?: () => number;
}

/** A port over a queue, right but for what its flags say. */
class OverQueue implements Port<unknown> {
  other: OverQueue = this;
  closed = false;
  reason: unknown = undefined;
  readonly items: Items;
  readonly wrong: Wrong;
  private posted = 0;

  constructor(wrong: Wrong) {
    this.wrong = wrong;
    this.items = wrong.stack === true ? new LifoQueue() : new Queue();
  }

  post(message: unknown): void {
    const { wrong } = this;
    if (this.closed) {
      if (wrong.lax === true) return;
      throw this.reason;
    }
    const copy = wrong.shares === true
      ? message
      : wrong.json === true
      ? JSON.parse(JSON.stringify(message))
      : structuredClone(message);
    this.other.items.putNowait(copy);
    if (wrong.doubles === true && this.posted++ % 2 === 1) this.other.items.putNowait(copy);
  }

  receive(limit?: Limit): Op<unknown> {
    return op(() => this.doReceive(limit?.timeout ?? Infinity));
  }

  close(reason?: unknown): void {
    const { wrong } = this;
    const error = reason === undefined || wrong.noReason === true ? new EOFError("closed") : reason;
    for (const end of [this, this.other]) {
      if (end.closed && wrong.lastReason !== true) continue;
      end.closed = true;
      end.reason = error;
      if (wrong.quiet === true) continue;
      if (wrong.drops === true) (end.items as Queue<unknown>).shutdown({ immediate: true });
      else end.items.shutdown();
    }
  }

  private *doReceive(timeout: number): Gen<unknown> {
    const { wrong, items } = this;
    const start = wrong.watch?.() ?? 0;
    try {
      if (wrong.polls === true) return yield* this.poll(timeout);
      if (wrong.reserves === true) {
        let got: unknown, done = false;
        const early = items.get({ timeout });
        try {
          got = yield* early;
          done = true;
        } finally {
          if (!done && !this.closed && timeout === Infinity) this.skip++;
        }
        while (this.skip > 0) {
          this.skip--;
          got = yield* items.get({ timeout });
        }
        return got;
      }
      const got = yield* items.get(timeout === Infinity ? undefined : { timeout });
      if (wrong.slow === true) yield* sleep(0);
      if (wrong.watch !== undefined && wrong.watch() - start >= timeout) throw new QueueEmpty();
      return got;
    } catch (error) {
      if (error instanceof QueueShutDown) throw this.reason;
      if (error instanceof QueueEmpty && wrong.otherError !== true) throw new TimeoutError("late");
      throw error;
    }
  }

  /** Messages that belong to the dead. */
  private skip = 0;
  private waiting = 0;

  private *poll(timeout: number): Gen<unknown> {
    const patience = 10 - this.waiting++;
    for (let waited = 0;;) {
      try {
        return this.items.getNowait();
      } catch (error) {
        if (!(error instanceof QueueEmpty) || waited >= timeout) throw error;
      }
      const pause = Math.min(timeout - waited, 0.1 * patience);
      waited += pause;
      yield* sleep(pause);
    }
  }
}

function pair(wrong: Wrong): () => [Port<unknown>, Port<unknown>] {
  return () => {
    const a = new OverQueue(wrong), b = new OverQueue(wrong);
    a.other = b;
    b.other = a;
    return [a, b];
  };
}

const options = { maxSteps: 500 };

caught(
  "ports",
  laws.port,
  [[() => memoryPorts(), {}]],
  [
    { name: "one that reorders", make: pair({ stack: true }), breaks: ["order"] },
    {
      name: "one that shares messages",
      make: pair({ shares: true }),
      breaks: ["copies: what is done", "copies: what cannot"],
    },
    {
      name: "one that speaks JSON",
      make: pair({ json: true }),
      breaks: ["copies: what is done", "copies: what cannot"],
    },
    {
      name: "one that doubles messages",
      make: pair({ doubles: true }),
      breaks: ["every message goes to one", "order"],
    },
    {
      name: "one that can be killed between the wake and the return",
      make: pair({ slow: true }),
      breaks: ["S-15 a receive that is woken", "every message goes to one"],
    },
    { name: "one that drops what is left", make: pair({ drops: true }), breaks: ["S-84", "S-81 a reason"] },
    {
      name: "one that hides the reason",
      make: pair({ noReason: true }),
      breaks: ["S-81 a reason", "S-81 all who wait"],
    },
    { name: "one that closes quietly", make: pair({ quiet: true }), breaks: ["S-81 all who wait", "S-84"] },
    { name: "one whose last reason counts", make: pair({ lastReason: true }), breaks: ["close twice"] },
    {
      name: "one that forgets what is posted too late",
      make: pair({ lax: true }),
      breaks: ["a post to what is closed"],
    },
    {
      name: "one whose receivers look again and again",
      make: pair({ polls: true }),
      breaks: ["receivers are served"],
    },
    {
      name: "one that keeps messages for the dead",
      make: pair({ reserves: true }),
      breaks: ["S-15 a receive that is killed while parked"],
    },
    { name: "one whose timeouts are other errors", make: pair({ otherError: true }), breaks: ["S-34"] },
    {
      name: "one that looks at the time once more",
      make: pair({ watch: () => Date.now() }),
      breaks: ["S-57 the race"],
    },
  ].map((broken) => ({ ...broken, options })),
);

test("the one over a queue keeps the laws where nothing is wrong with it", () => {
  assertEquals(laws.port(pair({})), laws.port.cases(pair({})).map(({ name }) => name));
});
