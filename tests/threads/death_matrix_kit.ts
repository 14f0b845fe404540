/** The ways in which a thread can die, and a stage on which one does so while somebody waits for it. */
import { GreenletExit } from "../../src/mod.ts";
import {
  type Job,
  type RemoteModule,
  ThreadPool,
  type ThreadPoolOptions,
  WorkerDiedError,
} from "../../src/threads/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch, assertStrictEquals } from "../assert.ts";
import { type Runtime, testOn } from "../harness.ts";
import { type acts, DYING, type How, OVER, READY } from "./death_matrix_work.ts";
import { eventually, letGo, words } from "./pool_kit.ts";

export type Work = typeof import("./death_matrix_work.ts");
export const workUrl: URL = new URL("./death_matrix_work.ts", import.meta.url);

type DyingJob = Job<unknown, unknown>;

/** One way to die. */
export interface Death {
  readonly name: string;
  readonly how: How;
  readonly options?: ThreadPoolOptions;
  /** Ends it from outside, once it computes. */
  end?(job: DyingJob, pool: ThreadPool): PromiseLike<unknown>;
  /** Asserts that this is the reason which whoever waits gets. */
  readonly reason: (error: unknown) => void;
  /** The job itself ends as killed by a `GreenletExit`: that is no failure. */
  readonly isGentle?: boolean;
  /** What the thread's own proxies say, where that is not the reason of the job. */
  readonly ofProxies?: RegExp;
}

const enough = new RangeError("enough");
const died = (says: RegExp) => (error: unknown): void => {
  assertInstanceOf(error, WorkerDiedError, String(error));
  assertMatch(error.message, says);
};

/** Milliseconds: short, and longer than a thread needs for its first job on a busy machine. */
const HANG_MS = 400;

export const deaths: readonly Death[] = [
  { name: "process.exit(7)", how: "exits", reason: died(/exit code 7/) },
  { name: "an uncaught error in a timer", how: "throws", reason: died(/nobody caught: .*boom/) },
  { name: "an unhandled rejection", how: "rejects", reason: died(/nobody caught: .*boom/) },
  {
    name: "no memory left",
    how: "eats",
    options: { resourceLimits: { maxOldGenerationSizeMb: 32 } },
    reason: died(/ran out of memory/),
  },
  {
    name: "an endless loop",
    how: "computes",
    options: { hangTimeout: HANG_MS },
    reason: died(/hangs: its event loop has not turned for 400 ms/),
  },
  {
    name: "a kill that it does not hear",
    how: "computes",
    end: (job) => job.kill(enough, { grace: 20 }),
    reason: (error) => assertStrictEquals(error, enough),
    ofProxies: /was ended for job .*, which did not end when it was killed/,
  },
  {
    name: "pool.terminate",
    how: "computes",
    end: (_, pool) => pool.terminate(),
    reason: (error) => {
      assertInstanceOf(error, GreenletExit);
      assertMatch(error.message, /the pool was terminated/);
    },
    isGentle: true,
  },
];

/** What a runtime cannot do, and why. */
const CANNOT: Partial<Record<Runtime, Record<string, string>>> = {
  bun: { "no memory left": "it does not keep to resourceLimits: the whole program would die" },
};
const RUNTIMES: readonly Runtime[] = ["deno", "bun", "node"];

/** Registers one cell of the table. */
export function cell(death: string, waiter: string, body: () => Promise<void>): void {
  const able = RUNTIMES.filter((runtime) => CANNOT[runtime]?.[death] === undefined);
  testOn(able, `${death} x ${waiter}`, body, { timeout: 15_000 });
}

const pools: Map<Death, ThreadPool> = new Map();

/** One for all cells of a death: it must be whole after each of them. */
function poolOf(death: Death): ThreadPool {
  let pool = pools.get(death);
  if (pool === undefined || pool.closed) {
    pool = new ThreadPool({ size: 1, ...death.options });
    pools.set(death, pool);
  }
  return pool;
}

let spectators: ThreadPool | null = null;

/** Threads that wait for those which die, and must see nothing else of it. */
export function others(): RemoteModule<Work> {
  spectators ??= new ThreadPool({ size: 2 });
  return spectators.module<Work>(workUrl);
}

/** After a failure: the other cells are not to fail with it. */
async function startAfresh(death: Death): Promise<void> {
  await pools.get(death)?.terminate();
  await spectators?.terminate();
  spectators = null;
}

/** The end of the file. */
export async function endAllPools(): Promise<void> {
  const stats = spectators?.stats();
  for (const pool of pools.values()) await pool.terminate();
  await spectators?.terminate();
  assertEquals([stats?.died, stats?.zombies], [0, 0], "those who wait do not die");
}

/** How a job ended. */
export async function outcome(job: DyingJob): Promise<unknown> {
  await job.join();
  return job.successful ? job.value : job.exception;
}

/** A thread that dies, and its pool. */
export class Stage {
  readonly death: Death;
  readonly pool: ThreadPool;
  readonly work: RemoteModule<Work>;
  readonly at: Int32Array = words();
  job!: DyingJob;
  private readonly before: number;

  constructor(death: Death) {
    this.death = death;
    this.pool = poolOf(death);
    this.work = this.pool.module<Work>(workUrl);
    this.before = this.pool.stats().died;
  }

  /** A job is in the middle of `act`, and goes on as soon as it is to die. */
  async begin(act: keyof typeof acts, it?: unknown): Promise<void> {
    await this.started(this.pool.submit(this.work.dieDuring, this.at, this.death.how, act, it) as DyingJob);
  }

  async started(job: DyingJob): Promise<void> {
    this.job = job.own();
    await eventually(() => {
      if (job.dead) throw new Error("it died too soon", { cause: job.exception });
      return Atomics.load(this.at, READY) === 1;
    }, "the job is ready to die");
  }

  /** Dies. With `meanwhile`, which is called when the thread computes or is about to die. */
  async die(meanwhile?: () => void): Promise<void> {
    letGo(this.at);
    const { end } = this.death;
    if (end !== undefined || meanwhile !== undefined) {
      await eventually(() => Atomics.load(this.at, DYING) === 1, "the thread is dying");
      meanwhile?.();
      await end?.(this.job, this.pool);
    }
    this.death.reason(await outcome(this.job));
    assertEquals(this.job.successful, this.death.isGentle === true);
  }

  /** The pool is whole again, and of what died nothing is left. */
  async whole(): Promise<void> {
    const { pool } = this;
    this.over(); // first: where it computes on, it would take a core from the new thread
    if (pool.closed) assertEquals([await pool.join(), pool.stats().threads], [true, 0]);
    else {
      assertEquals(await this.work.plus(1), 2);
      const { died, threads, running, queued } = pool.stats();
      assertEquals([threads, running, queued], [1, 0, 0]);
      // On a machine that is busy a thread that only loads its module may be taken for hung as well.
      if (this.death.options?.hangTimeout === undefined) assertEquals(died - this.before, 1);
      else assert(died > this.before);
    }
    await eventually(() => pool.stats().zombies === 0, "what could not be ended ends when it is let go");
  }

  /** Ends what a runtime could not end. */
  over(): void {
    Atomics.store(this.at, OVER, 1);
    letGo(this.at);
  }

  /** What fails with the thread says why. */
  assertProxyFailed(error: unknown): void {
    const { ofProxies, reason } = this.death;
    if (ofProxies === undefined) reason(error);
    else died(ofProxies)(error);
  }
}

/** Milliseconds after which a cell hangs. */
const CELL_MS = 10_000;

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`somebody still waits after ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Each death with something that waits. */
export function eachDeath(
  waiter: string,
  body: (stage: Stage) => Promise<void>,
  isMeant: (death: Death) => boolean = () => true,
): void {
  for (const death of deaths.filter(isMeant)) {
    cell(death.name, waiter, async () => {
      const stage = new Stage(death);
      try {
        await within(CELL_MS, body(stage).then(() => stage.whole()));
      } catch (error) {
        await startAfresh(death);
        throw error;
      } finally {
        stage.over();
      }
    });
  }
}

/** A call that blocks in another thread, begun. */
export async function blocked<T>(begin: (at: Int32Array) => PromiseLike<T>): Promise<{ result: Promise<T> }> {
  const at = words();
  const result = Promise.resolve(begin(at));
  result.catch(() => {}); // it is asked later
  await eventually(() => Atomics.load(at, READY) === 1, "another thread is about to wait");
  return { result };
}
