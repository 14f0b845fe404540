// The plugin for pg, against a real PostgreSQL: what its own tables of activity say, and what the pool says.
import pg from "pg";
import { run, sleep, spawn, TimeoutError, until, withTimeout } from "../../src/mod.ts";
import { patchPg } from "../../src/monkey/plugins/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { patched, reach, turns } from "./kit.ts";
import { lettersOf } from "./letter.ts";
import { postgresUrl } from "./world/databases.ts";

/** With the plugin, a pool whose sessions have a name of their own, and a look at them from another connection. */
function pooled(max: number, body: (pool: pg.Pool, server: Server) => Promise<unknown>): () => Promise<void> {
  return patched(async () => {
    const connectionString = postgresUrl();
    const name = `tendril-${crypto.randomUUID()}`;
    const admin = new pg.Client({ connectionString });
    await admin.connect();
    const plugin = patchPg(pg);
    const pool = new pg.Pool({ connectionString, max, application_name: name });
    pool.on("error", () => {});
    try {
      await body(pool, new Server(admin, name));
      assertEquals(pool.waitingCount, 0);
    } finally {
      await pool.end();
      plugin[Symbol.dispose]();
      await admin.end();
    }
  });
}

class Server {
  private readonly admin: pg.Client;
  readonly name: string;

  constructor(admin: pg.Client, name: string) {
    this.admin = admin;
    this.name = name;
  }

  /** What our sessions do: `["active select pg_sleep(60)", …]`. */
  async sessions(): Promise<string[]> {
    const found = await this.admin.query(
      "select state || ' ' || query as line from pg_stat_activity where application_name = $1 order by 1",
      [this.name],
    );
    return found.rows.map(({ line }) => line);
  }

  async reach(lines: string[]): Promise<void> {
    const end = performance.now() + 2_000;
    for (let last = ""; performance.now() < end; await turns(1)) {
      last = JSON.stringify(await this.sessions());
      if (last === JSON.stringify(lines)) return;
    }
    throw new Error(`the server never said ${lines}, but ${await this.sessions()}`);
  }
}

const SLEEP = "select pg_sleep(86400)";
const one = async (client: { query(text: string): Promise<pg.QueryResult> }) =>
  (await client.query("select 1 as x")).rows[0].x;

describe("pg", () => {
  test(
    "S-87 a kill cancels the query on the server, and the pool makes room for the next one",
    pooled(1, (pool, server) =>
      run(function* () {
        let seen: unknown;
        const g = spawn(async () => {
          await pool.query(SLEEP).catch((error) => seen = error);
        });
        yield* until(server.reach([`active ${SLEEP}`]));
        const next = spawn(() => one(pool));
        yield* g.kill();
        yield* until(turns());
        assertEquals((seen as Error).name, "GreenletExit");
        assertEquals(yield* next.get(), 1);
        yield* until(server.reach(["idle select 1 as x"]));
      })),
  );

  test(
    "who waits for a client leaves the line, and one that comes too late goes back",
    pooled(1, (pool, server) =>
      run(function* () {
        const client = yield* until(pool.connect());
        const killed = spawn(() => one(pool));
        const waits = spawn(() => one(pool));
        yield* sleep(10);
        assertEquals(pool.waitingCount, 2);
        yield* killed.kill();
        assertEquals(pool.waitingCount, 1);
        client.release();
        assertEquals(yield* waits.get(), 1);
        yield* until(pool.query("select 2 as y")); // by the same connection
        assertEquals(pool.totalCount, 1);

        const other = new pg.Pool({ ...pool.options, max: 1 });
        const early = spawn(() => one(other));
        yield* early.kill(); // while its connection is made, which is kept
        assertEquals(yield* until(one(other)), 1);
        assertEquals(other.totalCount, 1);
        yield* until(other.end());
        yield* until(server.reach(["idle select 2 as y"]));
      })),
  );

  test(
    "the cleanup of a generator can roll back; the client does not come back",
    pooled(1, (pool, server) =>
      run(function* () {
        const log: string[] = [];
        const g = spawn(function* () {
          const client = yield* until(pool.connect());
          try {
            yield* until(client.query("begin"));
            yield* until(client.query(SLEEP));
          } finally {
            log.push((yield* until(client.query("rollback"))).command);
            client.release();
          }
        });
        yield* until(server.reach([`active ${SLEEP}`]));
        yield* g.kill();
        assertEquals(log, ["ROLLBACK"]);
        yield* until(server.reach([]));
        assertEquals(pool.totalCount, 0);
      })),
  );

  test(
    "a client that is left in a transaction, or is not released, is thrown away; a clean one is not",
    pooled(1, (pool, server) =>
      run(function* () {
        const left = spawn(async () => {
          const client = await pool.connect();
          try {
            await client.query("begin");
            await new Promise(() => {});
          } finally {
            client.release();
          }
        });
        const kept = function* () {
          yield* until(pool.connect());
          yield* sleep(86_400_000);
        };
        yield* until(server.reach(["idle in transaction begin"]));
        yield* left.kill(); // an async function that waits for nothing of ours does not go on
        yield* until(server.reach([]));
        const g = spawn(kept);
        while (pool.totalCount === 0 || pool.waitingCount > 0) yield* sleep(1);
        yield* sleep(20);
        yield* g.kill();
        yield* until(server.reach([]));
        let isIdle = false;
        const clean = spawn(function* () {
          const client = yield* until(pool.connect());
          try {
            yield* until(one(client));
            isIdle = true;
            yield* sleep(86_400_000);
          } finally {
            client.release();
          }
        });
        yield* reach(() => isIdle, "it has its answer");
        yield* clean.kill();
        assertEquals([pool.totalCount, pool.idleCount], [1, 1]);
      })),
  );

  test(
    "a timeout cancels, also a query that began before it",
    pooled(2, (pool, server) =>
      run(function* () {
        for (const what of [() => pool.query(SLEEP), pool.query(SLEEP)]) {
          try {
            yield* withTimeout(100, what);
          } catch (error) {
            assert(error instanceof TimeoutError);
          }
        }
        yield* until(server.reach([]));
        assertEquals(yield* until(one(pool)), 1);
      })),
  );

  test(
    "queries of others on a shared client are not hurt",
    pooled(1, (_pool, server) =>
      run(function* () {
        const client = new pg.Client({ connectionString: postgresUrl(), application_name: server.name });
        yield* until(client.connect());
        for (let i = 0; i < 10; i++) {
          const g = spawn(async () => void await client.query(SLEEP));
          yield* until(server.reach([`active ${SLEEP}`]));
          const others = [1, 2, 3].map((x) =>
            spawn(async () => (await client.query("select $1::int as x", [x])).rows[0].x)
          );
          const waits = spawn(async () => void await client.query("select 'never'"));
          yield* sleep(1);
          yield* waits.kill();
          yield* g.kill();
          for (const [x, other] of others.entries()) assertEquals(yield* other.get(), x + 1);
        }
        yield* until(client.end());
      })),
  );

  test(
    "a client that a killed greenlet has connected is ended after it",
    pooled(1, (_pool, server) =>
      run(function* () {
        const g = spawn(async () => {
          const client = new pg.Client({ connectionString: postgresUrl(), application_name: server.name });
          await client.connect();
          await one(client);
          await new Promise(() => {});
        });
        yield* until(server.reach(["idle select 1 as x"]));
        yield* g.kill();
        yield* until(server.reach([]));
      })),
  );

  test(
    "callbacks run in the context of who asked, and hear of a kill later",
    pooled(1, (pool, server) =>
      run(function* () {
        const seen: unknown[] = [];
        const g = spawn(function* () {
          pool.query(SLEEP, (error: Error | undefined) => seen.push(error?.name));
          yield* sleep(86_400_000);
        });
        yield* until(server.reach([`active ${SLEEP}`]));
        const done = g.kill();
        assertEquals(seen, []);
        yield* done;
        yield* until(turns());
        assertEquals(seen, ["GreenletExit"]);
      })),
  );

  test("S-85 S-86 its methods look as ever, fail as ever, and are back in the end", async () => {
    const pool = Object.getPrototypeOf(pg.Pool.prototype);
    const all: [object, string][] = [
      ...["query", "connect"].map((name): [object, string] => [pg.Client.prototype, name]),
      ...["query", "connect", "newClient"].map((name): [object, string] => [pool, name]),
    ];
    const what = () => all.map(([object, name]) => lettersOf(object, name));
    const before = what();
    const [first, second] = [patchPg(pg), patchPg(pg)];
    assertEquals(what().map(({ face }) => face), before.map(({ face }) => face));
    const client = new pg.Client({ connectionString: postgresUrl() });
    assertThrows(() => client.query(null as never), TypeError, "null or undefined query");
    await client.connect();
    await assertRejects(() => client.query("selec"), Error, "syntax error");
    await client.end();
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    assert(what().every(({ value }, i) => value !== before[i].value));
    second[Symbol.dispose]();
    assert(what().every(({ value }, i) => value === before[i].value));
    for (const bad of [undefined, null, "pg", {}, () => {}]) {
      assertThrows(() => patchPg(bad as object), TypeError, "patchPg needs the module itself");
    }
  });
});
