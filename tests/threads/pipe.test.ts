import { assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { EOFError, QueueEmpty, run, spawn } from "tendril";
import { pipe, PipeEnd } from "../../src/threads/pipe.ts";
import { testNoneBurns } from "./burning.ts";
import { thread } from "./shared_thread.ts";

describe("pipe", () => {
  test("both ends send and receive", async () => {
    const [a, b] = pipe<number, string>();
    a.sendSync(1);
    b.sendSync("x");
    assertEquals([b.recvSync(), a.recvSync()], [1, "x"]);
    await run(function* () {
      const reader = spawn(() => b.recv());
      yield* a.send(2);
      assertEquals(yield* reader, 2);
      assertEquals([yield* a.poll(), yield* a.poll({ timeout: 1 })], [false, false]);
      yield* b.send("y");
      assertEquals([yield* a.poll(), yield* a.recv()], [true, "y"]);
    });
    assertThrows(() => a.recvSync({ timeout: 1 }), QueueEmpty);
    assertEquals(a.pollSync({ timeout: 1 }), false);
  });

  test("one way only", () => {
    const [reader, writer] = pipe<string>({ duplex: false });
    writer.sendSync("x");
    assertEquals(reader.recvSync(), "x");
    assertThrows(() => reader.sendSync("y" as never), TypeError, "only receives");
    assertThrows(() => writer.recvSync(), TypeError, "only sends");
    assertThrows(() => writer.poll(), TypeError, "only sends");
  });

  test("after the other end is closed recv gives what is left, then EOFError (S-84)", async () => {
    const [a, b] = pipe<number>();
    b.sendSync(1);
    b.sendSync(2);
    b.close();
    assertEquals([a.closed, a.recvSync(), a.pollSync()], [true, 1, true]);
    await run(function* () {
      assertEquals(yield* a.recv(), 2);
    });
    assertThrows(() => a.recvSync(), EOFError, "nothing is left");
    await assertRejects(() => run(() => a.recv()), EOFError);
    assertThrows(() => a.sendSync(3), EOFError);
    assertEquals(a.pollSync(), true); // a recv would not wait
  });

  test("a close wakes those who wait", async () => {
    const [a, b] = pipe<number>();
    const waiting = run(() => a.recv());
    b.close();
    await assertRejects(() => waiting, EOFError);
  });

  test("a thread answers, until the pipe is closed", async () => {
    const [a, b] = pipe<unknown>({ bytes: 256 });
    const other = thread("echo", b);
    await run(function* () {
      for (let n = 0; n < 200; n++) {
        yield* a.send({ n });
        assertEquals(yield* a.recv(), { n });
      }
    });
    a.close();
    assertEquals(await other.result, 200);
  }, { timeout: 30_000 });

  for (const how of ["returns", "exits", "waits"] as const) {
    test(`a thread that ${how} closes its end: what it sent is there, then EOFError`, async () => {
      const [a, b] = pipe<unknown>();
      const other = thread("sendThen", b, ["one", { two: 2 }], how);
      await other.says("sent");
      if (how === "waits") await other.end();
      await run(function* () {
        assertEquals([yield* a.recv(), yield* a.recv()], ["one", { two: 2 }]);
      });
      await assertRejects(() => run(() => a.recv()), EOFError);
      assertThrows(() => a.sendSync(1), EOFError);
    }, { timeout: 30_000 });
  }

  test("a thread that waits in it hears of the other's death", async () => {
    const [a, b] = pipe<unknown>();
    const reader = thread("recvFrom", a), writer = thread("sendThen", b, [], "waits");
    await Promise.all([reader.says("waits"), writer.says("sent")]);
    await writer.end();
    await assertRejects(() => reader.result, Error, "EOFError");
  }, { timeout: 30_000 });

  test("ends go by handle", () => {
    const [a, b] = pipe();
    assertEquals(PipeEnd.from(a.handle) === a, true);
    assertThrows(() => PipeEnd.from({} as never), TypeError, "PipeEnd.from needs");
    b.close();
  });
});

testNoneBurns();
