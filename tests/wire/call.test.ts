import { sleep } from "../../src/mod.ts";
import { EACH, SPREAD, transfer, WINDOW } from "../../src/wire/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch, assertStringIncludes } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { Link, TestCall } from "./kit.ts";

const functions = {
  add: (a: number, b: number) => a + b,
  none: () => {},
  fail: (text: string) => {
    throw new RangeError(text);
  },
  later: async (value: unknown) => {
    await Promise.resolve();
    return value;
  },
  greenlet: function* (value: unknown) {
    yield* sleep(1);
    return value;
  },
  operation: () => sleep(1),
  badResult: () => ({ rows: [{ onDone() {} }] }),
  buffer: (n: number) => {
    const bytes = new Uint8Array(n).fill(7);
    return transfer(bytes, [bytes.buffer]);
  },
  size: (bytes: Uint8Array) => bytes.length,
  count: function* (n: number) {
    for (let i = 0; i < n; i++) yield i;
    return "end";
  },
  slowCount: function* (n: number) {
    for (let i = 0; i < n; i++) {
      yield* sleep(1);
      yield i;
    }
  },
  asyncCount: async function* (n: number) {
    for (let i = 0; i < n; i++) {
      await Promise.resolve();
      yield i;
    }
    return "end";
  },
  number: 5,
};

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("wire", () => {
  test("a batch of calls of every kind: each gets its own outcome, in one message where that can be", async () => {
    const link = new Link(functions);
    link.callee.ready();
    const calls = [
      link.call("add", 1, 2),
      link.call("none"),
      link.call("fail", "too far"),
      link.call("later", "x"),
      link.call("greenlet", "y"),
      link.call("operation"),
      link.call("add", 3, 4),
    ];
    link.caller.send(calls);
    const ends = await Promise.all(calls.map((call) => call.ended));
    assertEquals(ends.map((end) => end.value), [3, undefined, undefined, "x", "y", undefined, 7]);
    assertInstanceOf(ends[2].error, RangeError);
    assertEquals((ends[2].error as Error).message, "too far");
    assertEquals(link.log, ["ready", "free"]);
    assertEquals(link.caller.busy, false);
    assert(calls.every((call) => call.endings.length === 1));
  });

  test("what is not exported, what is no function, what cannot be loaded: that call fails, saying what there is", async () => {
    const link = new Link({ f: () => 1, number: 5 });
    const calls = [
      link.call("g"),
      link.call("number"),
      new TestCall(link.target("f", "no:such"), []),
      link.call("f"),
    ];
    link.caller.send(calls);
    const [g, number, url, f] = await Promise.all(calls.map((call) => call.ended));
    assertMatch(
      String(g.error),
      /TypeError: test: exports no function "g"; it exports f, number \(no function\)/,
    );
    assertMatch(String(number.error), /exports no function "number"/);
    assertMatch(String(url.error), /could not load no:such: Error: not there/);
    assertEquals(f.value, 1);
  });

  test("an argument that cannot be cloned fails its call alone, named with its path", async () => {
    const link = new Link(functions);
    const bad = link.call("add", 1, { rows: [0, { onDone: () => 1 }] });
    const good = link.call("add", 1, 2);
    link.caller.send([bad, good]);
    assertStringIncludes(
      String((await bad.ended).error),
      "add(): argument 2: .rows[1].onDone is a function",
    );
    assertEquals((await good.ended).value, 3);
    const only = link.call("add", Symbol("s"));
    link.caller.send([only]);
    assertStringIncludes(String((await only.ended).error), "argument 1 is a symbol");
    assertEquals(link.caller.busy, false);
    const promise = link.call("add", { "my key": new Map([["a", [Promise.resolve()]]]) });
    link.caller.send([promise]);
    assertStringIncludes(
      String((await promise.ended).error),
      'argument 1: ["my key"].get("a")[0] is a Promise',
    );
  });

  test("a result that cannot be cloned fails its call alone", async () => {
    const link = new Link(functions);
    const calls = [link.call("add", 1, 1), link.call("badResult"), link.call("add", 2, 2)];
    link.caller.send(calls);
    const [a, b, c] = await Promise.all(calls.map((call) => call.ended));
    assertEquals([a.value, c.value], [2, 4]);
    assertStringIncludes(String(b.error), "the result: .rows[0].onDone is a function");
  });

  test("what is transferred is moved, both ways, and shared memory stays shared", async () => {
    const link = new Link({ ...functions, write: (words: Int32Array) => void (words[0] = 9) });
    const bytes = new Uint8Array(1000);
    assertEquals((await link.one("size", transfer(bytes, [bytes.buffer]))).value, 1000);
    assertEquals(bytes.length, 0);
    assertEquals(((await link.one("buffer", 10)).value as Uint8Array).length, 10);
    const shared = new Int32Array(new SharedArrayBuffer(4));
    await link.one("write", shared);
    assertEquals(shared[0], 9);
  });

  test("a chunk is one call: values and errors by their places", async () => {
    const link = new Link({
      half: (n: number) => {
        if (n % 2 === 1) throw new RangeError(`odd: ${n}`);
        return n / 2;
      },
      add: functions.add,
      later: functions.later,
    });
    const half = new TestCall(link.target("half"), [[2, 3, 4]], EACH);
    const add = new TestCall(link.target("add"), [[[1, 2], [3, 4]]], SPREAD);
    const later = new TestCall(link.target("later"), [["a", "b"]], EACH);
    link.caller.send([half, add, later]);
    const first = (await half.ended).value as { values: unknown[]; failed: { at: number }[] };
    assertEquals(first.values, [1, undefined, 2]);
    assertEquals(first.failed.map((f) => f.at), [1]);
    assertEquals(((await add.ended).value as { values: unknown[] }).values, [3, 7]);
    assertEquals(((await later.ended).value as { values: unknown[] }).values, ["a", "b"]);
  });

  test("a generator's values stream back, no more than the window ahead of the reader", async () => {
    const link = new Link(functions);
    const call = link.call("count", 3 * WINDOW);
    link.caller.send([call]);
    await wait(10);
    assertEquals(call.streamed.length, WINDOW);
    link.caller.more(call, WINDOW);
    await wait(10);
    assertEquals(call.streamed.length, 2 * WINDOW);
    assertEquals(call.endings.length, 0);
    link.caller.more(call, 2 * WINDOW);
    assertEquals((await call.ended).value, "end");
    assertEquals(call.streamed, Array.from({ length: 3 * WINDOW }, (_, i) => i));
  });

  test("values nobody wants are dropped, and the generator goes on to its end", async () => {
    const link = new Link(functions);
    for (const name of ["count", "asyncCount"]) {
      const call = link.call(name, 10 * WINDOW);
      link.caller.send([call]);
      await wait(5);
      link.caller.more(call, 0);
      assertEquals((await call.ended).value, "end");
    }
  });

  test("parked generators deliver what they have; async generators too", async () => {
    const link = new Link(functions);
    const slow = link.call("slowCount", 3), async = link.call("asyncCount", 3);
    link.caller.send([slow]);
    await slow.ended;
    assertEquals(slow.streamed, [0, 1, 2]);
    link.caller.send([async]);
    assertEquals((await async.ended).value, "end");
    assertEquals(async.streamed, [0, 1, 2]);
  });

  test("calls that have not begun are taken back, and never run", async () => {
    const link = new Link({
      hold: () => new Promise((resolve) => setTimeout(() => resolve("held"), 20)),
      run: () => ran++,
    });
    let ran = 0;
    await link.one("run");
    const [hold, a, b] = [link.call("hold"), link.call("run"), link.call("run")];
    link.caller.send([hold, a, b]);
    await wait(5);
    assertEquals([link.caller.hasBegun(hold), link.caller.hasBegun(a)], [true, false]);
    assertEquals(link.caller.takeBack(), [a, b]);
    assertEquals((await hold.ended).value, "held");
    assertEquals([ran, a.endings, b.endings], [1, [], []]);
    await wait(1);
    assertEquals(link.caller.busy, false);
    link.caller.send([a]);
    assertEquals((await a.ended).value, 1);
  });

  test("a batch taken back whole before it was read runs nothing", async () => {
    let ran = 0;
    const link = new Link({ run: () => ran++ });
    const calls = [link.call("run"), link.call("run")];
    link.caller.send([...calls]);
    assertEquals(link.caller.takeBack(), calls);
    await new Promise<void>((resolve) => link.whenFree = resolve);
    assertEquals(ran, 0);
  });

  test("a call that seemed to have begun when the others were taken back, and had not, comes back at the end", async () => {
    let ran = 0;
    const link = new Link({ run: () => ran++ });
    const calls = [link.call("run"), link.call("run"), link.call("run")];
    const begin = link.control.begin.bind(link.control);
    let back: unknown[] = [];
    // Between the worker's store and its load.
    link.control.begin = (id) => {
      const may = begin(id);
      if (id !== calls[1].seq) return may;
      back = link.caller.takeBack();
      return false;
    };
    const over = new Promise<void>((resolve) => link.whenFree = resolve);
    link.caller.send([...calls]);
    await over;
    await calls[0].ended;
    assertEquals([ran, back, link.refused], [1, [calls[2]], [calls[1]]]);
    link.control.begin = begin;
    link.caller.send([calls[1]]);
    assertEquals((await calls[1].ended).value, 1);
  });

  test("cancel reaches greenlets as a kill, and whoever looks at the control block", async () => {
    const link: Link = new Link({
      greenlet: function* () {
        try {
          yield* sleep(10_000);
        } finally {
          log.push("cleanup");
        }
      },
      endless: function* () {
        for (let i = 0;; i++) yield i;
      },
      asyncEndless: async function* () {
        try {
          for (let i = 0;; i++) yield i;
        } finally {
          log.push("async cleanup");
        }
      },
      polls: async () => {
        while (!link.callee.cancelled) await wait(1);
        return "seen";
      },
    });
    const log: string[] = [];
    for (const name of ["greenlet", "endless", "asyncEndless", "polls"]) {
      const call = link.call(name);
      link.caller.send([call]);
      await wait(5);
      link.caller.cancel(call);
      await call.ended;
    }
    assertEquals(log, ["cleanup", "async cleanup"]);
    assertEquals(link.callee.cancelled, false);
  });

  test("progress is told, and stands in the control block", async () => {
    const link: Link = new Link({
      work: async () => {
        link.callee.progress(0.5);
        await wait(30);
        link.callee.progress({ file: "a" });
      },
    });
    const call = link.call("work");
    link.caller.send([call]);
    await wait(5);
    assertEquals(link.control.progress, 0.5);
    await call.ended;
    assertEquals(call.reports, [0.5, { file: "a" }]);
  });

  test("a call that tells says when it begins, after its module was loaded", async () => {
    let loaded = () => {};
    const link = new Link({}, {
      load: () => new Promise((resolve) => loaded = () => resolve({ f: () => wait(5) })),
    });
    const call = new TestCall(link.target("f"), [], 0, true);
    link.caller.send([call]);
    await wait(3);
    assertEquals(call.hasBegun, false);
    loaded();
    await call.ended;
    assertEquals(call.hasBegun, true);
  });

  test("S-81: when the port closes all that has begun fails with the reason, and the rest is given back", async () => {
    const link = new Link({ hold: () => new Promise(() => {}), run: () => 1 });
    const [run, hold, next] = [link.call("run"), link.call("hold"), link.call("run")];
    link.caller.send([run, hold, next]);
    await wait(10);
    assertEquals(run.endings, [{ value: 1 }], "what was done had been flushed");
    const reason = new Error("it burned");
    link.there.close(reason);
    assertEquals((await hold.ended).error, reason);
    assertEquals(link.unstarted, [next]);
    assertEquals(next.endings, []);
    assertEquals(link.log, ["closed: Error: it burned"]);
  });

  test("close lets what runs end, and then ends the other side", async () => {
    const link = new Link(functions);
    const call = link.call("greenlet", 1);
    link.caller.send([call]);
    await wait(0);
    link.caller.close();
    assertEquals((await call.ended).value, 1);
    await wait(1);
    assertEquals(link.log, ["free", "closed: ended"]);
  });

  test("costs are learned, from batches of one function and of several", async () => {
    const burn = (ms: number) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    };
    const link = new Link({ slow: () => burn(3), quick: () => 1 });
    await link.one("slow");
    const { cost } = link.target("slow");
    assert(cost >= 2, `${cost}`);
    const calls = Array.from({ length: 100 }, () => link.call("quick"));
    link.caller.send(calls);
    await calls[99].ended;
    assert(link.target("quick").cost < 1, `${link.target("quick").cost}`);
  });

  test("another version of the protocol is refused", async () => {
    const link = new Link(functions);
    link.there.post({ type: "ready", version: 99 });
    await wait(1);
    assertStringIncludes(link.log[0], "version 99");
  });
});
