/** Whose code runs: the context that follows awaits, and what belongs to whom. */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  cancelScope,
  getCurrent,
  type Greenlet,
  Local,
  run,
  sleep,
  spawn,
  Timeout,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { dump, snapshot } from "../../src/inspect/mod.ts";
import { bound, Operation } from "../../src/monkey/binding.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { patched, turns } from "./kit.ts";

const nothing = () => Promise.resolve();

describe("whose code runs", () => {
  test(
    "getCurrent and Local work after an await, in each greenlet its own",
    patched(() =>
      run(function* () {
        const local = new Local<number>();
        const gs: Greenlet<number>[] = Array.from({ length: 5 }, (_, i) =>
          spawn({ name: `g${i}` }, async () => {
            local.set(i);
            for (let n = 0; n < 5; n++) {
              await null;
              assertEquals(getCurrent().name, `g${i}`);
              assertEquals(local.get(), i);
            }
            return local.get();
          }));
        for (const [i, g] of gs.entries()) {
          assertEquals(yield* g, i);
        }
      })
    ),
  );

  test(
    "links, and what runs outside of greenlets, are nobody's",
    patched(() =>
      run(function* () {
        const seen: unknown[] = [];
        const g = spawn(() => sleep(1));
        g.link(() => seen.push(bound()));
        yield* g;
        yield* sleep(1);
        assertEquals(seen, [null]);
        assertStrictEquals((bound() as NonNullable<ReturnType<typeof bound>>).task as unknown, getCurrent());
      })
    ),
  );

  test("outside of a run, and where nothing is patched, nobody is current after an await", async () => {
    assertStrictEquals(bound(), null);
    const patches = patchAll({ sync: "off" });
    await null;
    assertStrictEquals(bound(), null);
    let leaked: Promise<unknown> | undefined;
    await run(() => {
      leaked = (async () => {
        await turns();
        return bound();
      })();
    });
    assertStrictEquals(bound(), null);
    assertStrictEquals(await leaked, null); // its greenlet has ended by itself
    patches[Symbol.dispose]();
    await run(async () => {
      await null;
      assertStrictEquals(bound(), null);
      assertThrows(() => getCurrent(), Error, "needs a running greenlet");
    });
  });

  test("patching inside of a greenlet reaches what it does from there on", async () => {
    await run(function* () {
      const patches = patchAll({ sync: "off" });
      const name = yield* until((async () => {
        await null;
        return getCurrent().name;
      })());
      assertEquals(name, "main");
      patches[Symbol.dispose]();
    });
  });

  test("a user's own contexts are inherited from the spawner, and left alone", async () => {
    const theirs = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const patches = patchAll({ sync: "off" });
    await theirs.run("request 1", () =>
      run(function* () {
        yield* sleep(1);
        seen.push(theirs.getStore());
        const g = spawn(async () => {
          await null;
          seen.push(theirs.getStore());
          await theirs.run("inner", async () => {
            await null;
            seen.push(theirs.getStore(), getCurrent().id === g.id);
          });
        });
        yield* g;
      }));
    patches[Symbol.dispose]();
    assertEquals(seen, ["request 1", "request 1", "inner", true]);
  });

  test(
    "each block has its own, and what is begun in it ends with it and nothing else",
    patched(() =>
      run(function* () {
        const ended: string[] = [];
        const begin = (name: string) => {
          const binding = bound();
          assert(binding !== null);
          new Operation(binding, name, "", { abort: () => ended.push(name) });
        };
        const later = async (name: string) => {
          await turns(2);
          begin(name);
        };
        yield* until(later("outside"));
        begin("outside, at once");
        yield* cancelScope({}, function* (scope) {
          begin("in the scope");
          yield* until(later("in the scope, later"));
          const t = Timeout.start(1);
          begin("since the Timeout");
          try {
            yield* sleep(1_000);
          } catch (e) {
            assertStrictEquals(e, t);
          }
          assertEquals(ended.splice(0), ["since the Timeout"]);
          t.cancel();
          yield* withTimeout(1, function* () {
            begin("in withTimeout");
            yield* sleep(1_000);
          }, { value: 0 });
          assertEquals(ended.splice(0), ["in withTimeout"]);
          yield* withTimeout(1_000, () => begin("in one that ends by itself"));
          scope.cancel();
          yield* sleep(1_000);
        });
        assertEquals(ended.splice(0), ["in the scope", "in the scope, later", "in one that ends by itself"]);
        const g = getCurrent();
        assertEquals(snapshot()[0].greenlets[0].operations.map((o) => o.what), [
          "outside",
          "outside, at once",
        ]);
        assert(dump().includes("\n      outside , for "), dump());
        spawn(() => g.kill());
        try {
          yield* sleep(1_000);
        } finally {
          assertEquals(ended.splice(0), ["outside", "outside, at once"]);
          begin("in the cleanup");
          yield* withTimeout(1, function* () {
            begin("in the cleanup's timeout");
            yield* sleep(1_000);
          }, { value: 0 });
          assertEquals(ended.splice(0), ["in the cleanup's timeout"]);
        }
      })
    ),
  );

  test(
    "what a killed greenlet has opened is released after its cleanup, in case that has not",
    patched(() =>
      run(function* () {
        const log: string[] = [];
        const g = spawn(function* () {
          const binding = bound();
          assert(binding !== null);
          const left = new Operation(binding, "left open", "", { release: () => log.push("released") });
          const closed = new Operation(binding, "closed", "", { release: () => log.push("closed twice") });
          assertEquals([...binding.operations], [left, closed]);
          try {
            yield* sleep(1_000);
          } finally {
            yield* sleep(1);
            log.push("cleanup");
            closed.done();
          }
        });
        yield* sleep(0);
        yield* g.kill();
        assertEquals(log, ["cleanup"]);
        yield* until(turns());
        assertEquals(log, ["cleanup", "released"]);
      })
    ),
  );

  test(
    "an abort that throws is reported, and hurts neither the others nor whoever kills",
    patched(() => {
      const printed: unknown[][] = [];
      const before = console.error;
      console.error = (...args: unknown[]) => printed.push(args);
      return run(function* () {
        let second = false;
        const g = spawn(function* () {
          const binding = bound();
          assert(binding !== null);
          new Operation(binding, "a", "", {
            abort() {
              throw new Error("cannot abort");
            },
          });
          new Operation(binding, "b", "", { abort: () => second = true });
          yield* sleep(1_000);
        });
        yield* sleep(0);
        yield* g.kill();
        assert(second);
        assert(String(printed[0]?.[0]).includes("cannot abort"));
      }).finally(() => console.error = before);
    }),
  );

  test(
    "switches between greenlets without I/O need no context of anybody's",
    patched(() =>
      run(function* () {
        const order: number[] = [];
        const gs = [1, 2, 3].map((n) =>
          spawn(function* () {
            for (let i = 0; i < 3; i++) {
              order.push(n);
              yield* sleep(0);
            }
          })
        );
        for (const g of gs) yield* g;
        assertEquals(order, [1, 2, 3, 1, 2, 3, 1, 2, 3]);
        yield* until(nothing());
      })
    ),
  );
});
