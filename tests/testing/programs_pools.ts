// Statements: pools and groups.

import { collect, Group, Pool, sleep } from "../../src/mod.ts";
import type { Context, Family } from "./programs_kit.ts";

export interface Pools {
  readonly pool: Pool;
  readonly group: Group;
}

/** A job: it sees a cell, takes a turn, and changes it. */
function job({ cells, listen }: Context, what: string) {
  const log = listen(what);
  return function* job(n: number) {
    log.push(`start ${n}`);
    const before = cells[1].value;
    yield* sleep(0);
    cells[1].value = before + 1;
    log.push(`end ${n}`);
    return `job ${n}`;
  };
}

/** For several jobs at once: a log would be shared by them. */
function quietJob({ cells }: Context) {
  return function* quietJob(n: number) {
    cells[1].value += n;
    yield* sleep(n);
    return `${n}`;
  };
}

export const pools: Family<Pools> = {
  make: () => ({ pool: new Pool(1), group: new Group() }),
  blocks: ["poolBlock"],
  acts: {
    *poolSpawn(context, { pool }) {
      yield* pool.spawn({ name: "job" }, job(context, "spawned"), 1);
    },
    *poolSpawnFor1(context, { pool }) {
      yield* pool.spawn({ name: "job", timeout: 1 }, job(context, "spawned"), 1);
    },
    *poolApply(context, { pool }) {
      return yield* pool.apply(job(context, "applied"), 2);
    },
    poolApplyAsync: (context, { pool }) => void pool.applyAsync(job(context, "async"), 3),
    *poolBlock(context, { pool }) {
      const log = context.listen("block");
      yield* pool.apply(() => context.run(log));
    },
    *poolMap(context, { pool }) {
      return (yield* pool.map(quietJob(context), [1, 0])).join("+");
    },
    *poolImap(context, { pool }) {
      return (yield* collect(pool.imap(quietJob(context), [1, 0]))).join("+");
    },
    *poolImapAny(context, { pool }) {
      return (yield* collect(pool.imapUnordered(quietJob(context), [1, 0]))).join("+");
    },
    *poolImapFirst(context, { pool }) {
      const stream = pool.imap(quietJob(context), [0, 1, 2], { maxsize: 1 });
      try {
        return (yield* stream.next()).value;
      } finally {
        stream.close?.();
      }
    },
    poolFull: (_, { pool }) => pool.full,
    poolFree: (_, { pool }) => pool.freeCount,
    poolSize: (_, { pool }) => pool.size,
    *poolAvailable(_, { pool }) {
      return yield* pool.waitAvailable({ timeout: 1 });
    },
    *poolJoin(_, { pool }) {
      return yield* pool.join({ timeout: 2 });
    },
    poolKill: (_, { pool }) => void pool.kill(),
    poolAdd: ({ other }, { pool }) => pool.add(other),
    groupAdd: ({ other }, { group }) => group.add(other),
    groupDiscard: ({ other }, { group }) => group.discard(other),
    groupHas: ({ other }, { group }) => group.has(other),
    groupSize: (_, { group }) => group.size,
    groupNames: (_, { group }) => [...group].map(({ name }) => name).sort().join("+"),
    groupSpawn: (context, { group }) => void group.spawn({ name: "member" }, job(context, "member"), 4),
    groupKill: (_, { group }) => void group.kill(),
    *groupKillAll(_, { group }) {
      return (yield* group.kill(undefined, { timeout: 1 })).length;
    },
    *groupJoin(_, { group }) {
      return yield* group.join({ timeout: 2 });
    },
  },
};
