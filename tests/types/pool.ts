// Pools and groups.
import { collect, type Greenlet, Group, type Op, Pool, Queue, sleep, type Stream } from "../../src/mod.ts";
import { is } from "./lib/equal.ts";

declare const pool: Pool;
function* double(n: number) {
  yield* sleep(1);
  return n * 2;
}

export function* program() {
  is<Op<Greenlet<number>>>()(pool.spawn(double, 1));
  is<Greenlet<number>>()(yield* pool.spawn({ name: "x", timeout: 5 }, double, 1));
  is<number>()(yield* yield* pool.spawn(double(1)));
  is<Op<number>>()(pool.apply(double, 1));
  is<Greenlet<number>>()(pool.applyAsync(double, 1));
  is<Op<number[]>>()(pool.map(double, [1, 2]));
  is<string[]>()(yield* pool.map((c: string) => c, "abc"));
  is<string[]>()(yield* pool.map(async (c: string) => await Promise.resolve(c), new Set(["a"])));
  const pairs: [number, string][] = [[1, "a"]];
  is<string[]>()(yield* pool.starmap((n: number, s: string) => s.repeat(n), pairs));

  const stream = pool.imap(double, [1, 2], { maxsize: 5 });
  is<IteratorResult<number, undefined>>()(yield* stream.next());
  is<number[]>()(yield* collect(stream));
  is<Op<number[]>>()(collect(pool.imapUnordered(
    double,
    (async function* () {
      yield 1;
    })(),
  )));
  const asStream: Stream<number> = stream;
  for (const flag of [pool.full]) is<boolean>()(flag);
  for (const count of [pool.freeCount, pool.size]) is<number>()(count);
  is<Op<boolean>>()(pool.waitAvailable({ timeout: 5 }));
  is<Op<boolean>>()(pool.join({ timeout: 5 }));
  is<Greenlet<unknown>[]>()(yield* pool.kill("reason", { timeout: 5 }));
  for (const g of pool) is<Greenlet<unknown>>()(g);

  // The body's parameter is typed by the items.
  is<number[]>()(yield* pool.map((word) => word.length, ["a", "bc"]));

  // @ts-expect-error: of the wrong type
  pool.map(double, ["a"]);
  // @ts-expect-error: not iterable
  pool.map(double, 5);
  // @ts-expect-error: an argument is missing
  pool.apply(double);
  // @ts-expect-error: of the wrong type
  pool.spawn(double, "1");
  // @ts-expect-error: map reads plain iterables
  pool.map(double, new Queue<number>());
  // @ts-expect-error: no such option
  pool.imap(double, [1], { maxSize: 5 });
  // @ts-expect-error: a getter
  pool.full();
  // @ts-expect-error: a pool has a number of slots
  new Pool("2");
  // @ts-expect-error: the pool gives the greenlet when it is delegated to
  const g: Greenlet<number> = pool.spawn(double, 1);
  return [asStream, g];
}

const group = new Group();
is<Greenlet<number>>()(group.spawn(double, 1));
is<number>()(group.size);
is<void>()(group.add(group.spawn(double, 1)));
is<void>()(group.discard(group.spawn(() => "x")));
// @ts-expect-error: greenlets only
group.add(Promise.resolve(1));
