/** Real pools at random, for as long as TENDRIL_STRESS_MS says; in a plain run of the suite a moment. TENDRIL_SEED repeats the choices. */
import process from "node:process";
import { GreenletExit, TimeoutError } from "../../src/mod.ts";
import { type Job, ThreadPool, type ThreadPoolOptions, WorkerDiedError } from "../../src/threads/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { noneBurns } from "./burning.ts";
import { eventually, letGo, words, type Work, workUrl } from "./pool_kit.ts";

const MS = Number(process.env.TENDRIL_STRESS_MS ?? 1_500);
const SEED = Number(process.env.TENDRIL_SEED ?? Date.now() % 1_000_000);
/** Milliseconds in which all jobs of a pool must have ended once nothing more is asked of it. */
const PATIENCE = 20_000;

/** A job, what it is to give, and how it has ended. */
interface Entry {
  readonly kind: string;
  readonly job: Job<unknown, unknown>;
  readonly right: (value: unknown) => boolean;
  /** It may be lost with its thread, or run out of time. */
  readonly mayFail: boolean;
  killed: boolean;
  ends: number;
}

class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 to `n - 1`. */
  roll(n: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(this.state / 2 ** 32 * n);
  }
}

class Ledger {
  readonly entries: Entry[] = [];
  private readonly pool: ThreadPool;
  private readonly dice: Dice;

  constructor(pool: ThreadPool, dice: Dice) {
    this.pool = pool;
    this.dice = dice;
  }

  submit(): void {
    const { pool, dice } = this, work = pool.module<Work>(workUrl), n = dice.roll(1_000);
    const options = { priority: dice.roll(3) - 1, ...(dice.roll(10) === 0 ? { timeout: dice.roll(8) } : {}) };
    const give = (kind: string, job: unknown, right: (value: unknown) => boolean, mayFail = false) =>
      this.note(kind, job as Job<unknown, unknown>, right, mayFail || "timeout" in options);
    switch (dice.roll(12)) {
      case 0:
        return give("exit", pool.applyAsync(options, work.exit, n % 3), () => false, true);
      case 1:
        return give("throwUncaught", pool.applyAsync(options, work.throwUncaught, "x"), () => false, true);
      case 2:
        return give("wait", pool.applyAsync(options, work.wait, n % 6), (value) => value === n % 6);
      case 3:
        return give("burn", pool.applyAsync(options, work.burn, n % 4), (value) => value === n % 4);
      case 4:
        return give("greenlet", pool.applyAsync(options, work.greenlet, n % 4), (value) => value === "awake");
      case 5:
        return give("count", pool.applyAsync(options, work.count, n), (value) => value === "end");
      case 6: {
        const at = words();
        const job = pool.applyAsync({ ...options, timeout: 30 + n % 30 }, work.listens, at);
        return give("listens", job, () => false, true);
      }
      case 7:
        return give("chunk", pool.applyAsync(options, work.exitAt, n, 0), (value) => value === n);
      default:
        return give("add", pool.applyAsync(options, work.add, n, 1), (value) => value === n + 1);
    }
  }

  private note(
    kind: string,
    job: Job<unknown, unknown>,
    right: (value: unknown) => boolean,
    mayFail: boolean,
  ): void {
    const entry: Entry = { kind, job, right, mayFail, killed: false, ends: 0 };
    job.own().link(() => void entry.ends++);
    void job.join(); // nobody reads the values of a generator
    this.entries.push(entry);
  }

  kill(): void {
    const { dice, entries } = this;
    if (entries.length === 0) return;
    const recent = Math.min(entries.length, 20);
    const entry = entries[entries.length - 1 - dice.roll(recent)];
    if (!entry.job.ready) entry.killed = true;
    void entry.job.kill(undefined, dice.roll(2) === 0 ? undefined : { grace: dice.roll(10) });
  }

  /** Each has ended once, and rightly. `isCut`: the pool was terminated. */
  check(isCut: boolean): void {
    for (const { kind, job, right, mayFail, killed, ends } of this.entries) {
      const said = `${job.name} (${kind}): ${String(job.successful ? job.value : job.exception)}`;
      assertEquals([job.dead, ends, job.waits.size], [true, 1, 0], said);
      if (killed || isCut) {
        const isKilled = job.value instanceof GreenletExit || job.exception instanceof GreenletExit;
        assert(isKilled || (isCut && right(job.value)) || (mayFail && !job.successful), said);
      } else if (job.successful) assert(right(job.value), `wrong: ${said}`);
      else {
        const { exception } = job;
        assert(exception instanceof WorkerDiedError || exception instanceof TimeoutError, said);
        // Another one's death takes along only what ran: one job at a time.
        assert(mayFail, `lost: ${said}`);
      }
    }
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function round(dice: Dice): Promise<number> {
  const options: ThreadPoolOptions = {
    size: 2 + dice.roll(2),
    grace: dice.roll(30),
    maxTasksPerWorker: [undefined, 1, 5][dice.roll(3)],
    queueLimit: [undefined, 3][dice.roll(2)],
    hangTimeout: [undefined, 2_000][dice.roll(2)],
    idleTimeout: [undefined, 1][dice.roll(2)],
  };
  const pool = new ThreadPool(options), ledger = new Ledger(pool, dice);
  const held = words();
  const steps = 20 + dice.roll(60);
  for (let i = 0; i < steps; i++) {
    const step = dice.roll(20);
    if (step < 12) ledger.submit();
    else if (step < 16) ledger.kill();
    else if (step < 18) await pause(dice.roll(6));
    else if (step === 18) pool.resize(1 + dice.roll(3));
    else if (dice.roll(4) === 0) {
      const job = pool.applyAsync(pool.module<Work>(workUrl).endless, held);
      job.own();
      void job.kill(undefined, { grace: dice.roll(5) });
    }
  }
  const isCut = dice.roll(4) === 0;
  void (isCut ? pool.terminate() : pool.close());
  const ended = await pool.join({ timeout: PATIENCE });
  const open = () => ledger.entries.filter(({ job }) => !job.dead).map(({ job }) => job.name);
  assert(ended, `lost jobs: ${open().join(", ")}; ${JSON.stringify(pool.stats())}`);
  await eventually(() => ledger.entries.every(({ ends }) => ends > 0), "every link has run");
  ledger.check(isCut);
  const { threads, busy, queued, running } = pool.stats();
  assertEquals([threads, busy, queued, running], [0, 0, 0, 0]);
  Atomics.store(held, 3, 1);
  letGo(held);
  await eventually(() => pool.stats().zombies === 0, "no thread is left behind");
  return ledger.entries.length;
}

describe("pools under stress", () => {
  test("each job ends once, with its own value or the reason, whatever dies", async () => {
    const dice = new Dice(SEED), end = performance.now() + MS;
    let jobs = 0, rounds = 0;
    try {
      do {
        jobs += await round(dice);
        rounds++;
      } while (performance.now() < end);
    } catch (error) {
      throw new Error(`pool ${rounds} of TENDRIL_SEED=${SEED}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    console.log(`${rounds} pools, ${jobs} jobs, TENDRIL_SEED=${SEED}`);
    await noneBurns();
  }, { timeout: MS * 4 + 60_000 });
});
