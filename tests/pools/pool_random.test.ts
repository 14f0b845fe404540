/** Pools at random: clients of every kind share one, and they and its workers are killed at any moment. */
import fc from "fast-check";
import {
  call,
  type Greenlet,
  isKill,
  joinAll,
  type Op,
  Pool,
  PoolFull,
  sleep,
  spawn,
} from "../../src/mod.ts";
import { assert, assertEquals, AssertionError } from "../assert.ts";
import { test } from "../harness.ts";
import { errorsIn, virtual } from "../regressions/helpers.ts";

interface Client {
  readonly kind: "spawn" | "apply" | "applyAsync" | "map" | "imap" | "imapUnordered" | "nested";
  readonly start: number;
  /** One call each: milliseconds; negative ones fail after as many. */
  readonly items: readonly number[];
  readonly patience: number;
}

const client: fc.Arbitrary<Client> = fc.record({
  kind: fc.constantFrom("spawn", "apply", "applyAsync", "map", "imap", "imapUnordered", "nested"),
  start: fc.nat({ max: 4 }),
  items: fc.array(fc.integer({ min: -3, max: 4 }), { maxLength: 4 }),
  patience: fc.oneof(fc.constant(Infinity), fc.nat({ max: 5 })),
});
/** At which moment, and whom: the how manieth client, or the how manieth worker that is in the pool then. */
const shots = fc.array(fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 6 }), fc.boolean()), { maxLength: 6 });

class Play {
  readonly pool: Pool;
  readonly clients: Greenlet<unknown>[] = [];
  running = 0;
  begun = 0;
  ended = 0;

  constructor(capacity: number) {
    this.pool = new Pool(capacity);
  }

  readonly work = function* (this: Play, n: number): Generator<unknown, number> {
    this.begun++;
    this.running++;
    assert(this.running <= this.pool.capacity, `${this.running} calls run at once`);
    try {
      if (n !== 0) yield* sleep(Math.abs(n));
      if (n < 0) throw new Error(`failed ${n}`);
      return n;
    } finally {
      this.running--;
      this.ended++;
    }
  }.bind(this);

  *client({ kind, start, items, patience }: Client): Generator<unknown, void> {
    const { pool, work } = this;
    if (start > 0) yield* sleep(start);
    switch (kind) {
      case "spawn":
        for (const n of items) {
          try {
            asked(yield* pool.spawn({ timeout: patience }, work, n));
          } catch (e) {
            if (!(e instanceof PoolFull)) throw e;
          }
        }
        break;
      case "apply":
        for (const n of items) yield* quietly(pool.apply(work, n));
        break;
      case "applyAsync":
        for (const g of items.map((n) => pool.applyAsync(work, n)).map(asked)) yield* quietly(g);
        break;
      case "map":
        yield* quietly(pool.map(work, items));
        break;
      case "nested":
        yield* quietly(pool.apply(function* () {
          // In a slot already: neither may wait for another one.
          for (const n of items) yield* quietly(pool.apply(() => sleep(Math.abs(n))));
          return yield* pool.map(function* (n: number) {
            yield* sleep(Math.abs(n));
            return n;
          }, items);
        }));
        break;
      default: {
        const stream = pool[kind](work, items, { maxsize: 2 });
        let answers = 0;
        try {
          for (; answers <= items.length; answers++) {
            if (answers > patience) break;
            let step: IteratorResult<number, undefined> | undefined;
            yield* quietly(call(function* () {
              step = yield* stream.next();
            }));
            if (step?.done === true) break;
          }
          assert(answers <= items.length, "more answers than items");
        } finally {
          stream.close?.();
        }
      }
    }
  }
}

/** Does it; errors that are no kill and no failed assertion are part of the scene. */
function* quietly(op: Op<unknown>): Generator<unknown, void> {
  try {
    yield* op;
  } catch (e) {
    if (isKill(e) || e instanceof AssertionError) throw e;
  }
}

/** Its failure is nobody's but ours. */
function asked(g: Greenlet<unknown>): Greenlet<unknown> {
  g.link(() => {});
  return g;
}

test("S-67: at random, with clients of every kind and kills of all, a pool keeps its capacity and gets every slot back", () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(client, { maxLength: 5 }),
      shots,
      (capacity, plan, kills) =>
        virtual(function* () {
          const play = new Play(capacity);
          const { pool } = play;
          for (const one of plan) play.clients.push(spawn({ name: one.kind }, () => play.client(one)));
          for (const [at, index, worker] of kills) {
            spawn(function* () {
              yield* sleep(at);
              (worker ? [...pool][index] : play.clients[index])?.kill();
            });
          }
          for (const g of yield* joinAll(play.clients.map(asked))) {
            const broken = errorsIn(g.exception).find((e) => e instanceof AssertionError);
            if (broken !== undefined) throw broken;
          }
          yield* sleep(100); // what a killed client has left behind
          assertEquals([play.running, play.begun - play.ended, pool.size, pool.freeCount], [
            0,
            0,
            0,
            capacity,
          ]);
          assertEquals(yield* pool.apply(() => "it still works"), "it still works");
        }),
    ),
    { numRuns: 400 },
  ));
