/** Locals: a variable of which every greenlet has its own. */
import {
  all,
  call,
  collect,
  gather,
  joinAll,
  Local,
  Pool,
  race,
  sleep,
  spawn,
  spawnLater,
  type Started,
  taskGroup,
  withTimeout,
} from "../../src/mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { upTo, virtual } from "../regressions/helpers.ts";

describe("Local", () => {
  test("every greenlet has its own value; make is called once in each that asks, and only there", () =>
    virtual(function* () {
      let made = 0;
      const local = new Local(() => ++made);
      spawn(() => sleep(1));
      assertEquals([local.get(), local.get()], [1, 1]);
      assertEquals(yield* spawn(() => [local.get(), local.get()]), [2, 2]);
      local.set(10);
      assertEquals(yield* spawn(() => local.get()), 3);
      assertEquals([local.get(), made], [10, 3]);
    }));

  test("without make it is undefined at first; undefined is a value like others", () =>
    virtual(function* () {
      const bare = new Local<number>();
      assertEquals(bare.get(), undefined);
      bare.set(1);
      assertEquals(bare.get(), 1);
      let made = 0;
      const local = new Local<number | undefined>(() => ++made);
      local.set(undefined);
      assertEquals([local.get(), made], [undefined, 0]);
      const always = new Local<undefined>(() => {
        made++;
        return undefined;
      });
      always.get();
      always.get();
      assertEquals(made, 1);
    }));

  test("a make that throws leaves it unset", () =>
    virtual(function* () {
      let tries = 0;
      const local = new Local(() => {
        if (++tries === 1) throw new Error("first");
        return tries;
      });
      assertThrows(() => local.get(), Error, "first");
      assertEquals(local.get(), 2);
      yield* sleep(0);
    }));

  test("several locals do not mix, nor do the parks between set and get", () =>
    virtual(function* () {
      const [a, b] = [new Local<string>(), new Local<string>()];
      const seen: (string | undefined)[][] = [];
      const workers = upTo(3).map((i) =>
        spawn(function* () {
          a.set(`a${i}`);
          yield* sleep(3 - i);
          b.set(`b${i}`);
          yield* call(() => sleep(1));
          seen.push([a.get(), b.get()]);
        })
      );
      yield* joinAll(workers, { raiseError: true });
      assertEquals(seen.toSorted(), [["a0", "b0"], ["a1", "b1"], ["a2", "b2"]]);
    }));

  test("inherit: who is spawned gets its spawner's value of that moment, and a set goes nowhere else", () =>
    virtual(function* () {
      const local = new Local(() => "made", { inherit: true });
      const plain = new Local(() => "made");
      local.set("main");
      plain.set("main");
      const child = spawn(function* () {
        const at = [local.get(), plain.get()];
        local.set("child");
        const grandchild = yield* spawn(() => local.get());
        return [...at, grandchild];
      });
      local.set("changed after the spawn");
      assertEquals(yield* child, ["main", "made", "child"]);
      assertEquals(local.get(), "changed after the spawn");
    }));

  test("inherit: what the spawner has not got is made anew", () =>
    virtual(function* () {
      let made = 0;
      const local = new Local(() => ++made, { inherit: true });
      assertEquals([yield* spawn(() => local.get()), local.get()], [1, 2]);
      assertEquals(yield* spawn(() => local.get()), 2);
    }));

  test("inherit: along every way of starting a greenlet", () =>
    virtual(function* () {
      const request = new Local(() => "none", { inherit: true });
      request.set("r1");
      const read = () => request.get();
      const seen: Record<string, unknown> = {
        spawnLater: yield* spawnLater(1, read),
        group: yield* taskGroup((tg) => tg.spawn(read)),
        start: yield* taskGroup((tg) => tg.start((started: Started<string>) => started(read()))),
        pool: yield* yield* new Pool(1).spawn(read),
        apply: yield* new Pool(1).apply(read),
        map: (yield* new Pool(1).map(read, [1]))[0],
        imap: (yield* collect(new Pool(1).imap(read, [1])))[0],
        all: (yield* all([call(read)]))[0],
        race: yield* race([call(read)]),
        gather: (yield* gather([call(read)]))[0],
        call: yield* call(read),
        withTimeout: yield* withTimeout(5, read),
      };
      for (const [way, value] of Object.entries(seen)) assertEquals([way, value], [way, "r1"]);
    }));

  test("in an async body it is the greenlet's up to the first await, and an Error outside of greenlets", async () => {
    const local = new Local(() => "made");
    assertThrows(() => local.get(), Error, "Local.get");
    assertThrows(() => local.set("x"), Error, "Local.set");
    await virtual(function* () {
      assertEquals(yield* spawn(async () => await Promise.resolve(local.get())), "made");
    });
  });

  test("a run begins with fresh locals", async () => {
    const local = new Local(() => "made", { inherit: true });
    await virtual(function* () {
      local.set("of the first run");
      yield* sleep(1);
    });
    assertEquals(
      await virtual(function* () {
        yield* sleep(1);
        return local.get();
      }),
      "made",
    );
  });
});
