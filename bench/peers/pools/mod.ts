/** The pools, started once a process, and sides made of them. */
import { LeftOut, type Reading, type Side, type Sides } from "../../harness/cost.ts";
import { built } from "../../harness/built.ts";
import { runtime } from "../../harness/host.ts";
import type { Pool, Start } from "./pool.ts";
import { startOf } from "./tendril_start.ts";

export type { Pool, Task } from "./pool.ts";

/** A library is loaded when its pool is needed: it costs time and memory that the others have no part in. */
const LIBRARIES = {
  tendril: () => import("./tendril.ts"),
  piscina: () => import("./piscina.ts"),
  tinypool: () => import("./tinypool.ts"),
  workerpool: () => import("./workerpool.ts"),
  poolifier: () => import("./poolifier.ts"),
  comlink: () => import("./comlink.ts"),
  raw: () => import("./raw.ts"),
} as const;

export type PoolName = keyof typeof LIBRARIES;

export const POOLS = Object.keys(LIBRARIES) as PoolName[];
/** All but ours and plain messages. */
export const PEER_POOLS = ["piscina", "tinypool", "workerpool", "poolifier", "comlink"] as const;
/** They give calls to their threads in turn, also where the last one is warm and idle. */
const WITHOUT_POOL: readonly PoolName[] = ["raw", "comlink"];

/** Milliseconds for the first answer, and for a turn. Some pools hang on some runtimes. */
const START_MS = 10_000, TURN_MS = 30_000;

async function starter(name: PoolName): Promise<Start> {
  return (await LIBRARIES[name]()).start;
}

/** How to load a library as its users have it: ours is built, where the runtime takes no TypeScript from packages. */
export function asShipped(name: PoolName): () => Promise<Start> {
  if (name !== "tendril" || runtime === "bun") return () => starter(name);
  const url = new URL("threads/mod.js", built());
  return async () => startOf(await import(url.href) as typeof import("../../../src/threads/mod.ts"));
}

/** `work`, unless it takes too long or fails: then a peer is left out, and the table says why; ours has failed. */
export async function bounded<T>(
  name: PoolName,
  what: string,
  ms: number,
  work: () => PromiseLike<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const text = `${what} has not ended in ${ms / 1e3} s`;
    timer = setTimeout(() => reject(name === "tendril" ? new Error(text) : new LeftOut(text)), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    if (name === "tendril" || error instanceof LeftOut) throw error;
    throw new LeftOut(`${what} failed: ${error}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** A pool of so many threads, and the first result of it. */
export function startPool(name: PoolName, start: Start, workers: number): Promise<Pool> {
  return bounded(name, "the first task", START_MS, async () => {
    const pool = start(workers);
    const answer = await pool.call("same", 7);
    if (answer !== 7) throw new Error(`${name}: same(7) gave ${answer}`);
    return pool;
  });
}

const started = new Map<string, Promise<Pool>>();
const keyOf = (name: PoolName, workers: number) => `${name}, ${workers}`;

function poolOf(name: PoolName, workers: number): Promise<Pool> {
  const key = keyOf(name, workers);
  let pool = started.get(key);
  if (!pool) started.set(key, pool = starter(name).then((start) => startPool(name, start, workers)));
  return pool;
}

/** `n` operations on a pool. */
export type Work = (pool: Pool, n: number) => Promise<Reading>;

/** The same work for each of these pools, which stay: what is measured is warm. */
export function sidesOf(names: readonly PoolName[], work: Work, workers = 2): Sides {
  const side = (name: PoolName): Side => async (n) => {
    const pool = await poolOf(name, workers);
    try {
      return await bounded(
        name,
        `a turn of ${n.toLocaleString("en-US")} tasks`,
        TURN_MS,
        () => work(pool, n),
      );
    } catch (error) {
      // Nothing that is measured later has to wait for it again.
      const dead = Promise.reject(error);
      dead.catch(() => {}); // whoever asks next hears of it
      started.set(keyOf(name, workers), dead);
      throw error;
    }
  };
  return Object.fromEntries(names.map((name) => [name, side(name)]));
}

/** The same for calls one after the other: those that are no pools have one thread, since a user would have no more. */
export function inTurn(names: readonly PoolName[], work: Work): Sides {
  const alone = names.filter((name) => WITHOUT_POOL.includes(name));
  return { ...sidesOf(names, work), ...sidesOf(alone, work, 1) };
}
