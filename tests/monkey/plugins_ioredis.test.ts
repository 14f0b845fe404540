// The plugin for ioredis, against a real Redis: what the server says of its clients and keys.
import * as module from "ioredis";
import { run, sleep, spawn, TimeoutError, until, withTimeout } from "../../src/mod.ts";
import { patchIoredis } from "../../src/monkey/plugins/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { patched, turns } from "./kit.ts";
import { lettersOf } from "./letter.ts";
import { redisUrl } from "./world/databases.ts";

const { Redis, Pipeline } = module;

/** With the plugin, a client that greenlets use, one that looks, and a prefix for keys. */
function connected(
  body: (redis: module.Redis, admin: Admin, key: string) => Promise<unknown>,
  options: module.RedisOptions = {},
): () => Promise<void> {
  return patched(async () => {
    using _plugin = patchIoredis(Redis);
    const name = `tendril-${crypto.randomUUID()}`;
    const admin = new Redis(redisUrl());
    const redis = new Redis(redisUrl(), { connectionName: name, ...options });
    redis.on("error", () => {});
    try {
      await body(redis, new Admin(admin, name), name);
    } finally {
      redis.disconnect();
      await admin.del(name);
      admin.disconnect();
      await turns();
    }
  });
}

class Admin {
  readonly redis: module.Redis;
  private readonly name: string;

  constructor(redis: module.Redis, name: string) {
    this.redis = redis;
    this.name = name;
  }

  /** What our client's last command was, and whether it blocks. */
  async command(): Promise<string | undefined> {
    const list = String(await this.redis.client("LIST"));
    const line = list.split("\n").find((line) => line.includes(` name=${this.name} `));
    const flags = /flags=(\w+)/.exec(line ?? "")?.[1] ?? "";
    return line && `${/cmd=(\S+)/.exec(line)?.[1]}${flags.includes("b") ? " blocks" : ""}`;
  }

  async reach(is: (command: string | undefined) => boolean, what: string): Promise<void> {
    const end = performance.now() + 2_000;
    while (performance.now() < end) {
      if (is(await this.command())) return;
      await turns(1);
    }
    throw new Error(`the server never said: ${what}, but ${await this.command()}`);
  }
}

const blocks = (command: string | undefined) => command === "blpop blocks";

describe("ioredis", () => {
  test(
    "S-87 a blocking command of one greenlet's own connection ends, takes nothing, and is not sent again",
    connected((redis, admin, key) =>
      run(function* () {
        let seen: unknown;
        const g = spawn(async () => {
          await redis.blpop(key, 0).catch((error) => seen = error);
        });
        yield* until(admin.reach(blocks, "it blocks"));
        yield* g.kill();
        yield* until(turns());
        assertEquals((seen as Error).name, "GreenletExit");
        yield* until(admin.reach((command) => !blocks(command), "it does not block"));
        yield* until(admin.redis.rpush(key, "x"));
        while (redis.status !== "ready") yield* sleep(1);
        yield* sleep(50);
        assertEquals(yield* until(redis.lpop(key)), "x");
      })
    ),
  );

  test(
    "the same by a timeout, again and again, also of one that began before it",
    connected((redis, admin, key) =>
      run(function* () {
        for (let i = 0; i < 3; i++) {
          for (const what of [() => redis.blpop(key, 0), redis.blpop(key, 0)]) {
            try {
              yield* withTimeout(200, what);
            } catch (error) {
              assert(error instanceof TimeoutError);
            }
          }
        }
        yield* until(admin.reach((command) => !blocks(command), "it does not block"));
        yield* until(redis.rpush(key, "x"));
        assertEquals(yield* until(redis.blpop(key, 1)), [key, "x"]);
      })
    ),
  );

  test(
    "on a connection that others use it is left alone, and they are not hurt",
    connected((redis, admin, key) =>
      run(function* () {
        const other = spawn(function* () {
          yield* until(redis.set(`${key}-a`, "1"));
          yield* sleep(50);
          const value = yield* until(redis.get(`${key}-a`));
          yield* until(redis.del(`${key}-a`));
          return value;
        });
        yield* sleep(20);
        const id = yield* until(redis.client("ID"));
        const g = spawn(async () => void await redis.blpop(key, 0));
        yield* until(admin.reach(blocks, "it blocks"));
        yield* sleep(60);
        yield* g.kill();
        yield* sleep(20);
        assert(blocks(yield* until(admin.command())));
        yield* until(admin.redis.rpush(key, "x")); // goes to the command that nobody waits for
        assertEquals(yield* other.get(), "1");
        assertEquals(yield* until(redis.client("ID")), id); // the same connection
      })
    ),
  );

  test(
    "what was not sent yet is never sent",
    connected((redis, _admin, key) =>
      run(function* () {
        const g = spawn(async () => void await redis.rpush(key, "never"));
        const p = spawn(async () =>
          void await redis.pipeline().rpush(key, "never").rpush(key, "never").exec()
        );
        const other = spawn(() => redis.rpush(key, "kept"));
        yield* sleep(0);
        assert(redis.status !== "ready");
        yield* g.kill();
        yield* p.kill();
        yield* other;
        assertEquals(yield* until(redis.lrange(key, 0, -1)), ["kept"]);
      }), { lazyConnect: true, retryStrategy: () => 1 }),
  );

  test(
    "a killed greenlet's retry is refused",
    connected((redis, _admin, key) =>
      run(function* () {
        const seen: string[] = [];
        const g = spawn(async () => {
          await redis.blpop(key, 0).catch((error) => seen.push(error.name));
          await redis.rpush(key, "never").catch((error) => seen.push(error.name));
          await redis.multi().rpush(key, "never").exec().catch((error) => seen.push(error.name));
        });
        yield* sleep(50);
        yield* g.kill();
        yield* sleep(50);
        assertEquals(seen, ["GreenletExit", "GreenletExit", "GreenletExit"]);
        assertEquals(yield* until(redis.llen(key)), 0);
      })
    ),
  );

  test(
    "pipelines, transactions and callbacks work as ever",
    connected(async (redis, _admin, key) => {
      const all = async () => [
        await redis.pipeline().set(key, "1").get(key).exec(),
        await redis.multi().set(key, "2").get(key).exec(),
        await redis.multi({ pipeline: false }),
        await redis.set(key, "3"),
        await redis.exec(),
        await new Promise((resolve) => redis.get(key, (error, value) => resolve([error, value]))),
        await redis.call("GET", key),
        await redis.incrby(key, 2),
        await redis.lpush(key, "x").catch((error: Error) => error.message),
      ];
      const outside = await all();
      assertEquals(await run(() => all()), outside);
    }),
  );

  test("S-85 S-86 its methods look as ever, and are back in the end", () => {
    const all: [object, string][] = [
      ...["sendCommand", "connect"].map((name): [object, string] => [Redis.prototype, name]),
      ...["sendCommand", "connect"].map((name): [object, string] => [module.Cluster.prototype, name]),
      [Pipeline.prototype, "exec"],
    ];
    const what = () => all.map(([object, name]) => lettersOf(object, name));
    const before = what();
    for (const given of [Redis, module, module.default]) {
      const plugin = patchIoredis(given);
      assertEquals(what()[0].face, before[0].face);
      assert(what()[0].value !== before[0].value);
      plugin[Symbol.dispose]();
      assert(what().every(({ value }, i) => value === before[i].value));
    }
    for (const bad of [undefined, null, "ioredis", {}, () => {}]) {
      assertThrows(() => patchIoredis(bad as object), TypeError, "patchIoredis needs the module itself");
    }
  });
});
