/** Databases and modules that several use at once. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { joinAll, run, sleep, spawn, until } from "tendril";
import { postgresUrl, redisUrl } from "./databases.ts";
import { check, type Scene, start } from "./harm_kit.ts";

/** Runs `body` with an empty folder. */
async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tendril-harm-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const sharedScenes: readonly Scene[] = [
  {
    name: "import() of a module that a killed greenlet began to load",
    play: () =>
      inFolder(async (folder) => {
        const slow = join(folder, "slow.mjs");
        writeFileSync(
          slow,
          "await new Promise((resolve) => setTimeout(resolve, 100)); export const value = 'slow';",
        );
        const parts = Array.from({ length: 20 }, (_, i) => join(folder, `part${i}.mjs`));
        parts.forEach((path, i) =>
          writeFileSync(path, `export const value${i} = ${i};\n${"// x\n".repeat(5000)}`)
        );
        const wide = join(folder, "wide.mjs");
        writeFileSync(wide, parts.map((_, i) => `export * from "./part${i}.mjs";`).join("\n"));
        await run(function* () {
          for (const [path, name, wanted] of [[slow, "value", "slow"], [wide, "value19", 19]] as const) {
            const url = pathToFileURL(path).href;
            const victim = yield* start(() => import(url));
            yield* victim.kill();
            const asFunction = spawn(async () => void await import(url));
            yield* sleep(1);
            yield* asFunction.kill();
            const module = (yield* until(import(url))) as Record<string, unknown>;
            check(module[name] === wanted, `${name} is ${module[name]}`);
          }
        });
      }),
  },
  {
    name: "require() of JSON and of a module",
    play: () =>
      inFolder(async (folder) => {
        writeFileSync(join(folder, "data.json"), '{"value":[1,2,3]}');
        writeFileSync(join(folder, "code.cjs"), "exports.data = require('./data.json');");
        const { createRequire } = await import("node:module");
        const require = createRequire(join(folder, "main.cjs"));
        await run(function* () {
          const victim = spawn(function* () {
            require("./code.cjs");
            yield* sleep(60_000);
          });
          yield* sleep(0);
          yield* victim.kill();
          for (const name of ["./data.json", "./code.cjs"]) {
            const found = require(name) as { value?: number[]; data?: { value: number[] } };
            check(
              (found.value ?? found.data?.value)?.join() === "1,2,3",
              `${name} gave ${JSON.stringify(found)}`,
            );
          }
        });
      }),
  },
  {
    name: "a pg.Pool that many share",
    async play(observer) {
      const { default: pg } = await import("pg");
      const place = await observer.open({ at: "behind", url: postgresUrl(), text: "pg_sleep(60)" });
      const pool = new pg.Pool({
        host: "127.0.0.1",
        port: place.port,
        user: "tendril",
        database: "postgres",
        max: 3,
      });
      pool.on("error", () => {}); // as its manual demands
      const query = (n: number) => pool.query<{ n: number }>("SELECT $1::int AS n, pg_sleep(0.02)", [n]);
      function* asks(n: number): Generator<unknown, void> {
        const { rows } = yield* until(query(n));
        check(rows[0].n === n, `${n} got ${rows[0].n}`);
      }
      await run(function* () {
        const inQuery = yield* start(() => pool.query("SELECT pg_sleep(60)"));
        yield* until(place.reached());
        const others = Array.from({ length: 30 }, (_, n) => spawn(() => asks(n)));
        for (const g of others) g.linkException(() => {});
        // This one stands in the pool's line, behind them.
        const inLine = yield* start(() => query(999));
        check(pool.waitingCount > 0, "nobody waits for a client");
        yield* sleep(15);
        yield* inQuery.kill();
        yield* inLine.kill();
        // And some while they run, so that a client goes from a killed one to the next.
        for (const victim of [others[3], others[4], others[12]]) yield* victim.kill();
        yield* joinAll(others);
        for (const [n, g] of others.entries()) {
          if (g.exception !== undefined) throw new Error(`${n}: ${g.exception}`);
        }
        for (let n = 0; n < 9; n++) yield* asks(100 + n);
        check(pool.waitingCount === 0, `${pool.waitingCount} still wait for a client`);
        check(pool.totalCount <= 3, `${pool.totalCount} clients`);
        check(pool.idleCount === pool.totalCount, `${pool.totalCount - pool.idleCount} clients are lost`);
      });
      await pool.end();
      await place.close();
    },
  },
  {
    name: "an ioredis connection that many share",
    async play() {
      const { Redis } = await import("ioredis");
      const redis = new Redis(redisUrl());
      const key = `tendril-${Date.now()}`;
      await redis.ping();
      await run(function* () {
        // Redis answers one after the other: what comes behind waits a second for this one.
        const victim = yield* start(() => redis.blpop(`${key}-empty`, 1));
        const counts = Array.from({ length: 20 }, () => spawn(() => redis.incr(key)));
        for (const g of counts) g.linkException(() => {});
        yield* sleep(20);
        yield* victim.kill();
        yield* counts[7].kill();
        yield* joinAll(counts);
        for (const [i, g] of counts.entries()) {
          if (i !== 7 && g.value !== i + 1) throw new Error(`command ${i} got ${g.value ?? g.exception}`);
        }
        check((yield* until(redis.get(key))) === "20", "not all of them were counted");
        yield* until(redis.del(key));
      });
      await redis.quit();
    },
  },
];
