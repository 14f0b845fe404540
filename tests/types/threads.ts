// Threads: functions of modules, jobs, maps, shared primitives.
import { asCompleted, until } from "../../src/mod.ts";
import { type Job, SharedArray, SharedQueue, SharedValue, ThreadPool } from "../../src/threads/mod.ts";
import { is } from "./lib/equal.ts";

interface Work {
  add(a: number, b: number): number;
  later(n: number): Promise<string>;
  count(n: number): Generator<number, boolean, unknown>;
  version: string;
}
declare const pool: ThreadPool;
const work = pool.module<Work>(new URL("file:///work.ts"));

export function* program() {
  is<number>()(yield* work.add(1, 2));
  is<string>()(yield* work.later(1));
  is<Job<number, never>>()(pool.submit(work.add, 1, 2));
  is<Job<boolean, number>>()(pool.submit(work.count, 3));
  is<string[]>()(yield* pool.map(work.later, [1, 2]));
  is<number[]>()(yield* pool.starmap(work.add, [[1, 2]] as const));
  is<number>()(yield* pool.apply({ timeout: 5 }, work.add, 1, 2));
  is<number>()(yield* until(work.add(1, 2).then((n) => n)));
  for (const job of [pool.submit(work.add, 1, 2)]) is<number>()(yield* job.get({ timeout: 1 }));
  asCompleted([pool.submit(work.add, 1, 2)]);

  const value = new SharedValue("int64", 1n), flag = new SharedValue("bool");
  is<bigint>()(value.get());
  is<boolean>()(flag.exchange(true));
  is<Float32Array<SharedArrayBuffer>>()(new SharedArray("float32", 4).view);
  is<{ a: number }>()(yield* new SharedQueue<{ a: number }>().get());

  // @ts-expect-error: it is a number
  work.add("1", 2);
  // @ts-expect-error: it is no function
  work.version;
  // @ts-expect-error: too few arguments
  pool.submit(work.add, 1);
  // @ts-expect-error: the items are strings
  pool.map(work.later, ["a"]);
}
