/** Blocks that open and close in unusual ways: what is begun in them ends with them all the same. */
import { AsyncLocalStorage } from "node:async_hooks";
import { getCurrent, run, shield, sleep, spawn, Timeout, until, withTimeout } from "../../src/mod.ts";
import { bound } from "../../src/monkey/binding.ts";
import { patchAll, unpatch } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { patched, reach, reached } from "./kit.ts";

async function afterAwaits<T>(get: () => Promise<T>): Promise<T> {
  await null;
  await null;
  return await get();
}

describe("blocks", () => {
  test(
    "Timeouts may be cancelled in any order: those that are left still stop what was begun since",
    patched((server) =>
      run(function* () {
        const outer = Timeout.start(60_000);
        const inner = Timeout.start(1_000);
        const before = afterAwaits(() => fetch(server.url + "/hang/1"));
        yield* reach(() => server.count("request /hang/1") === 1, "a request");
        outer.cancel();
        const after = afterAwaits(() => fetch(server.url + "/hang/2"));
        after.catch(() => {});
        try {
          yield* until(before);
        } catch (e) {
          assertStrictEquals(e, inner);
        }
        inner.cancel();
        yield* reach(() => server.log.filter((l) => l.startsWith("closed")).length === 2, "both closed");
      })
    ),
  );

  test(
    "a Timeout that another greenlet cancels takes no other with it",
    patched((server) =>
      run(function* () {
        const outer = Timeout.start(60_000);
        const inner = Timeout.start(1_000);
        const asked = afterAwaits(() => fetch(server.url + "/hang"));
        spawn(() => outer.cancel());
        yield* reach(() => server.count("request /hang") === 1, "a request");
        try {
          yield* until(asked);
        } catch (e) {
          assertStrictEquals(e, inner);
        }
        inner.cancel();
        yield* reach(() => server.count("closed /hang") === 1, "closed");
      })
    ),
  );

  test(
    "Timeouts that have fired need no cancel: they leave nothing behind",
    patched(() =>
      run(function* () {
        for (let i = 0; i < 10_000; i++) {
          const timeout = Timeout.start(0);
          try {
            yield* sleep(1_000);
          } catch (e) {
            assertStrictEquals(e, timeout);
          }
        }
        let chain = 0;
        for (let b = bound(); b !== null; b = b.parent) chain++;
        assert(chain < 5, `${chain} blocks`);
      })
    ),
  );

  test(
    "blocks may be nested deeper than the stack",
    patched((server) =>
      run(function* () {
        function* deep(n: number): Generator<unknown, number> {
          if (n > 0) return yield* withTimeout(60_000, () => deep(n - 1));
          return (yield* fetch(server.url + "/empty")).status;
        }
        assertEquals(yield* spawn(() => deep(12_000)), 204);
      })
    ),
    { timeout: 60_000 },
  );

  test(
    "patching inside of a block, for the first time and again, binds to that block",
    patched((server) =>
      run(function* () {
        for (const path of ["/hang/1", "/hang/2"]) {
          unpatch();
          yield* withTimeout(1_000, function* () {
            patchAll({ sync: "off" });
            yield* until(afterAwaits(() => fetch(server.url + path)));
          }, { value: 0 });
          yield* reach(() => server.count(`closed ${path}`) === 1, "closed");
          assert(bound()?.isOver === false);
        }
        unpatch();
      })
    ),
  );

  test(
    "what a greenlet has under way is stopped when it is given up under its shield",
    patched(async (server) => {
      const errors: unknown[] = [];
      const ended = run(function* () {
        spawn(() => shield(() => until(afterAwaits(() => fetch(server.url + "/hang")))));
        yield* reach(() => server.count("request /hang") === 1, "a request");
        throw new Error("the end of main");
      }, { grace: 20, onError: (e) => void errors.push(e) });
      await ended.catch((e) => errors.push(e));
      assert(errors.some((e) => String(e).includes("was given up")), errors.join());
      await reached(() => server.count("closed /hang") === 1, "closed");
    }),
  );

  test("a user's own contexts are those at the spawn", async () => {
    const theirs = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const patches = patchAll({ sync: "off" });
    await theirs.run("run", () =>
      run(function* () {
        const see = function* () {
          seen.push(theirs.getStore());
          yield* sleep(1);
          seen.push(theirs.getStore());
        };
        const first = spawn(see); // before main has ever parked
        yield* first;
        yield* withTimeout(1_000, () => spawn(see));
        const other = theirs.run("spawn", () => spawn(see));
        yield* other;
        seen.push(theirs.getStore());
      }));
    patches[Symbol.dispose]();
    assertEquals(seen, ["run", "run", "run", "run", "spawn", "spawn", "run"]);
  });

  test("patching and unpatching again and again inside of a greenlet", async () => {
    await run(function* () {
      for (let i = 0; i < 20; i++) {
        assertStrictEquals(bound(), null);
        const patches = patchAll({ sync: "off" });
        yield* until(afterAwaits(async () => {
          await null;
          assertEquals(getCurrent().name, "main");
        }));
        patches[Symbol.dispose]();
        yield* sleep(0);
      }
    });
    assertStrictEquals(bound(), null);
  });
});
