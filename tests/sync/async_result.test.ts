import { AsyncResult, joinAll, run, select, sleep, spawn, TimeoutError, until } from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught, logging, upTo, virtual } from "../laws/kit.ts";

describe("AsyncResult", () => {
  test("S-49: a second set throws and changes nothing", () => {
    const value = new AsyncResult<number>(), error = new AsyncResult<number>(), cause = new Error("mine");
    value.set(1);
    error.setException(cause);
    for (const result of [value, error]) {
      assertThrows(() => result.set(2), Error);
      assertThrows(() => result.setException(new Error("other")), Error);
    }
    assertEquals([value.ready, value.successful, value.value, value.exception], [true, true, 1, undefined]);
    assertEquals([error.ready, error.successful, error.value], [true, false, undefined]);
    assertStrictEquals(error.exception, cause);
  });

  test("S-49: getNowait on an unset one throws; later it gives the value or throws the error", () => {
    const value = new AsyncResult<number | undefined>(), error = new AsyncResult<number>();
    const cause = new Error("mine");
    assertThrows(() => value.getNowait(), Error);
    assertEquals([value.ready, value.successful, value.value], [false, false, undefined]);
    value.set(undefined);
    assertEquals([value.getNowait(), value.ready, value.successful], [undefined, true, true]);
    error.setException(cause);
    assertStrictEquals(assertThrows(() => error.getNowait()), cause);
  });

  test("S-49: get throws TimeoutError when the timeout comes first, wait gives false", () =>
    virtual(function* () {
      const result = new AsyncResult<number>();
      for (const timeout of [-1, 0, 5]) {
        assertInstanceOf(yield* caught(result.get({ timeout })), TimeoutError);
        assertEquals(yield* result.wait({ timeout }), false);
      }
      result.set(3);
      assertEquals([yield* result.get({ timeout: 0 }), yield* result.wait({ timeout: 0 })], [3, true]);
    }));

  test("S-46: all who wait get the value, in the order in which they came, and none runs inside set", () =>
    virtual(function* () {
      const result = new AsyncResult<string>(), log: string[] = [];
      const gs = upTo(3).map((i) => logging(log, `${i}`, result.get()));
      yield* settle();
      result.set("x");
      assertEquals(log, []);
      yield* joinAll(gs);
      assertEquals(log, ["0 x", "1 x", "2 x"]);
      assertEquals(yield* result.get(), "x");
    }));

  test("S-6: all who wait get the same error object, and so does who comes later", () =>
    virtual(function* () {
      const result = new AsyncResult<string>(), error = new Error("mine");
      const gs = upTo(2).map(() => spawn(() => caught(result.get())));
      const wait = spawn(() => result.wait());
      yield* settle();
      result.setException(error);
      for (const g of gs) assertStrictEquals(yield* g, error);
      assertEquals(yield* wait, true, "wait asks for an end, whichever");
      assertStrictEquals(yield* caught(result.get()), error);
    }));

  test("S-14: a killed waiter is out of the line; one that is woken and killed has the value", () =>
    virtual(function* () {
      const result = new AsyncResult<number>(), log: string[] = [];
      const gs = ["a", "b", "c"].map((n) => logging(log, n, result.get()));
      yield* settle();
      gs[0].kill();
      result.set(1);
      gs[1].kill();
      yield* joinAll(gs);
      assertEquals(log, ["a !GreenletExit", "b 1", "c 1"]);
    }));

  test("a result that is no Error, and one that is undefined, are results as any other", () =>
    virtual(function* () {
      const results = [1, 2, 3].map(() => new AsyncResult<unknown>());
      const promise = Promise.resolve(1);
      results[0].setException(undefined);
      results[1].set(undefined);
      results[2].set(promise);
      assertEquals(yield* caught(results[0].get()), undefined);
      assertEquals([results[0].ready, results[0].successful], [true, false]);
      assertEquals(yield* results[1].get(), undefined);
      assertStrictEquals(yield* results[2].get(), promise, "a promise is given as it is");
    }));

  test("select takes it as it is", () =>
    virtual(function* () {
      const [a, b] = [new AsyncResult<number>(), new AsyncResult<string>()];
      const first = spawn(() => select({ a, b, late: sleep(5) }));
      yield* settle();
      b.set("x");
      const { key, value } = yield* first;
      assertEquals([key, value], ["b", "x"]);
    }));

  test("S-36: links run in the order added, each once, never inside set; later ones run later", () =>
    virtual(function* () {
      const result = new AsyncResult<number>(), log: string[] = [];
      const link = (name: string) => result.link((r) => void log.push(`${name} ${r === result && r.value}`));
      link("a");
      link("b");
      result.set(7);
      link("c");
      log.push("set");
      yield* until(Promise.resolve());
      assertEquals(log, ["set", "a 7", "b 7", "c 7"]);
      link("d");
      assertEquals(log.length, 4, "not inside link");
      yield* until(Promise.resolve());
      assertEquals(log.slice(4), ["d 7"]);
      assertThrows(() => result.link(5 as unknown as () => void), TypeError);
    }));

  test("S-36: unlink holds, before the set and during the notification", () =>
    virtual(function* () {
      const result = new AsyncResult<number>(), log: string[] = [];
      const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => () => {
        log.push(name);
        if (name === "b") result.unlink(c);
      });
      for (const f of [a, b, c, d]) result.link(f);
      result.unlink(a);
      result.set(1);
      result.unlink(d);
      result.unlink(() => {});
      yield* until(Promise.resolve());
      yield* until(Promise.resolve());
      assertEquals(log, ["b"]);
    }));

  test("S-36, S-47: a link that throws goes to onError, the others still run", async () => {
    const reports: unknown[] = [], log: string[] = [], error = new Error("in a link");
    await run(function* () {
      const result = new AsyncResult<number>();
      result.link(() => {
        throw error;
      });
      result.link(() => void log.push("other"));
      const waiter = spawn(() => result.get());
      yield* settle();
      result.set(1);
      assertEquals(yield* waiter, 1);
      yield* until(Promise.resolve());
      yield* settle();
    }, { clock: new VirtualClock(), onError: (e) => void reports.push(e) });
    assertEquals(log, ["other"]);
    assertEquals(reports.length, 1);
    assertStrictEquals(reports[0], error);
  });

  test("is set by a callback of the host", async () => {
    assertEquals(
      await run(function* () {
        const result = new AsyncResult<number>();
        const waiter = spawn(() => result.get());
        yield* until(Promise.resolve().then(() => result.set(5)));
        assert(result.ready);
        return yield* waiter;
      }),
      5,
    );
  });
});
