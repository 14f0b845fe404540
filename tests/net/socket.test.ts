import { forEach, isKill, race, run, sleep, spawn, TimeoutError, until, withTimeout } from "../../src/mod.ts";
import {
  bindUdp,
  IncompleteReadError,
  LimitOverrunError,
  listen,
  NetError,
  type Socket,
} from "../../src/net/mod.ts";
import { dump } from "../../src/inspect/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { codeOf, errorOf, eventually, pattern, text, withPair } from "./kit.ts";

/** As much as the systems in between take, and more. */
function* fill(socket: Socket) {
  const chunk = pattern(65_536);
  let sent = 0;
  for (;;) {
    try {
      yield* socket.write(chunk, { timeout: 50 });
      sent += chunk.length;
    } catch (error) {
      assertInstanceOf(error, TimeoutError);
      return sent;
    }
  }
}

describe("net: reading", () => {
  test("read gives what has come, at most so much, as plain bytes, and null at the end", () =>
    withPair(function* ({ client, server }) {
      yield* client.write("hello world");
      yield* client.end();
      const first = yield* server.read(5);
      assertEquals(Object.getPrototypeOf(first), Uint8Array.prototype);
      assertEquals(text(first), "hello");
      assertEquals(text(yield* server.readExactly(6)), " world");
      assertEquals(yield* server.read(), null);
      assertEquals(yield* server.read(10, { timeout: 0 }), null);
      assertEquals(yield* server.readLine(), null);
      assertEquals((yield* server.readAll()).length, 0);
      assert(server.atEnd);
    }));

  test("readExactly waits for all of it, of any size, and tells what came instead", () =>
    withPair(function* ({ client, server }) {
      assertEquals((yield* server.readExactly(0)).length, 0);
      const big = pattern(1_000_000); // more than waits unread by itself
      const writer = spawn(() => client.write(big));
      assertEquals(yield* server.readExactly(big.length), big);
      yield* writer;
      yield* client.write("abc");
      yield* client.end();
      const error = yield* errorOf(server.readExactly(4));
      assertInstanceOf(error, IncompleteReadError);
      assertEquals([text(error.partial), error.expected, error.name], ["abc", 4, "IncompleteReadError"]);
      assertEquals(yield* server.read(), null, "the partial bytes were given");
    }));

  test("readUntil and readLine", () =>
    withPair(function* ({ client, server }) {
      yield* client.write("a: 1\r\nb: ä\n\r\n\r\nrest--end--tail\nlast");
      yield* client.end();
      assertEquals(yield* server.readLine(), "a: 1");
      assertEquals(yield* server.readLine(), "b: ä");
      assertEquals(text(yield* server.readUntil("\r\n\r\n")), "\r\n\r\n");
      assertEquals(text(yield* server.readUntil(Uint8Array.of(45, 45))), "rest--");
      assertEquals(text(yield* server.readUntil("--")), "end--");
      assertEquals(yield* server.readLine(), "tail");
      const error = yield* errorOf(server.readUntil("\n"));
      assertInstanceOf(error, IncompleteReadError);
      assertEquals([text(error.partial), error.expected], ["last", undefined]);
      assertEquals(yield* server.readLine(), null);
    }));

  test("a last line without an end is a line", () =>
    withPair(function* ({ client, server }) {
      yield* client.write("one\ntwo");
      yield* client.end();
      const lines: string[] = [];
      yield* forEach(server.lines(), (line) => void lines.push(line));
      assertEquals(lines, ["one", "two"]);
    }));

  test("a limit is an error that takes nothing", () =>
    withPair(function* ({ client, server }) {
      yield* client.write("0123456789\nshort\n");
      const error = yield* errorOf(server.readLine({ limit: 9 }));
      assertInstanceOf(error, LimitOverrunError);
      assertEquals(error.limit, 9);
      assertInstanceOf(yield* errorOf(server.readUntil("\n", { limit: 10 })), LimitOverrunError);
      assertInstanceOf(yield* errorOf(server.readAll({ limit: 9 })), LimitOverrunError);
      assertEquals(yield* server.readLine({ limit: 10 }), "0123456789");
      assertEquals(yield* server.readLine(), "short");
      yield* client.write(pattern(70_000).fill(65));
      assertInstanceOf(yield* errorOf(server.readUntil("\n")), LimitOverrunError);
      const { length } = (yield* server.read(6)) as Uint8Array;
      assertEquals(length, 6, "all of it is still there");
    }));

  test("a limit of any size is reached, though so much does not wait unread by itself", () =>
    withPair(function* ({ client, server }) {
      const writer = spawn(() => client.write(new Uint8Array(3_000_000).fill(65)));
      for (const limit of [1_000, 65_535, 65_536, 65_537, 131_072, 1_000_000]) {
        assertInstanceOf(yield* errorOf(server.readLine({ limit, timeout: 5_000 })), LimitOverrunError);
        assertInstanceOf(
          yield* errorOf(server.readUntil("\n", { limit, timeout: 5_000 })),
          LimitOverrunError,
        );
        assertInstanceOf(yield* errorOf(server.readAll({ limit, timeout: 5_000 })), LimitOverrunError);
      }
      assertEquals((yield* server.readExactly(3_000_000)).length, 3_000_000);
      yield* writer;
      const line = "x".repeat(200_000);
      const again = spawn(() => client.write(`${line}\r\n${line}|`));
      assertEquals(yield* server.readLine({ limit: 200_001 }), line);
      assertEquals((yield* server.readUntil("|", { limit: 200_001 })).length, 200_001);
      yield* again;
    }));

  test("readAll, readText, chunks", () =>
    withPair(function* ({ client, server }) {
      const sent = pattern(300_000);
      const writer = spawn(function* () {
        yield* client.write(sent);
        yield* client.end();
      });
      assertEquals(yield* server.readAll(), sent);
      yield* writer;
      yield* server.write("ans");
      yield* server.write("wer");
      yield* server.end();
      assertEquals(yield* client.readText(), "answer");
    }));

  test("streams work in greenlets and in async functions", () =>
    withPair(function* ({ client, server }) {
      yield* client.write("a\nb\n");
      yield* client.write("c\n");
      yield* client.end();
      const lines: string[] = [];
      const reader = (async () => {
        for await (const line of server.lines()) lines.push(line);
      })();
      yield* eventually("three lines", () => lines.length === 3);
      yield* until(reader);
      assertEquals(lines, ["a", "b", "c"]);
    }));

  test("those who read at once stand in line, and each gets what it asked for", () =>
    withPair(function* ({ client, server }) {
      const got: unknown[] = [];
      const reads = [
        spawn(function* () {
          got.push(text(yield* server.readExactly(3)));
        }),
        spawn(function* () {
          got.push(yield* server.readLine());
        }),
        spawn(function* () {
          got.push(text(yield* server.readExactly(2)));
        }),
      ];
      for (const part of ["ab", "cli", "ne\nx", "y"]) {
        yield* client.write(part);
        yield* sleep(2);
      }
      for (const read of reads) yield* read;
      assertEquals(got, ["abc", "line", "xy"]);
    }));

  test("a reader that is killed, or out of time, has taken nothing", () =>
    withPair(function* ({ client, server }) {
      const reader = spawn(() => server.readExactly(10));
      yield* client.write("01234");
      yield* sleep(5);
      yield* reader.kill();
      const error = yield* errorOf(server.readExactly(10, { timeout: 5 }));
      assertInstanceOf(error, TimeoutError);
      assertMatch(error.message, /^Socket\.readExactly from 127\.0\.0\.1:\d+ did not end within 5 ms/);
      assertEquals(yield* withTimeout(5, server.readLine(), { value: "late" }), "late");
      const winner = yield* race([server.readExactly(9), sleep(5)]);
      assertEquals(winner, undefined);
      yield* client.write("56789");
      assertEquals(text(yield* server.readExactly(10)), "0123456789");
    }));

  test("a timeout of 0 gives what is there", () =>
    withPair(function* ({ client, server }) {
      assertInstanceOf(yield* errorOf(server.read({ timeout: 0 })), TimeoutError);
      yield* client.write("x");
      let got: Uint8Array | null = null;
      for (let i = 0; got === null; i++) {
        try {
          got = yield* server.read({ timeout: 0 });
        } catch (error) {
          if (isKill(error) || i > 5_000) throw error;
          yield* sleep(1);
        }
      }
      assertEquals(text(got), "x");
    }));

  test("an operation can be used again", () =>
    withPair(function* ({ client, server }) {
      const readLine = server.readLine();
      yield* client.write("a\nb\nc");
      assertEquals([yield* readLine, yield* readLine], ["a", "b"]);
      const waiting = spawn(() => readLine);
      yield* sleep(2);
      yield* client.write("\n");
      assertEquals(yield* waiting, "c");
    }));
});

describe("net: writing", () => {
  test("a writer waits for a slow peer, and goes on when it reads", () =>
    withPair(function* ({ client, server }) {
      const total = 20_000_000;
      let written = 0;
      const writer = spawn(function* () {
        for (const chunk = pattern(65_536); written < total; written += chunk.length) {
          yield* client.write(chunk);
        }
        yield* client.end();
      });
      let before = -1;
      yield* eventually("the writer waits", () => {
        const same = written === before;
        before = written;
        return same && written > 0;
      });
      yield* sleep(20);
      assert(written < total, `${written} bytes were taken without a reader`);
      let read = 0;
      yield* forEach(server.chunks(), (chunk) => void (read += chunk.length));
      yield* writer;
      assertEquals(read, written);
    }));

  test("a write that is killed or times out while it waits has sent nothing", () =>
    withPair(function* ({ client, server }) {
      const sent = yield* fill(client);
      const killed = spawn(() => client.write("KILLED"));
      yield* sleep(1);
      yield* killed.kill();
      const error = yield* errorOf(client.write("LATE", { timeout: 5 }));
      assertInstanceOf(error, TimeoutError);
      assertMatch(error.message, /^Socket\.write to 127\.0\.0\.1:\d+ found no room within 5 ms: nothing/);
      const last = spawn(function* () {
        yield* client.write("DONE");
        yield* client.end();
      });
      const all = yield* server.readAll();
      yield* last;
      assertEquals(all.length, sent + 4);
      assertEquals(text(all.subarray(-4)), "DONE");
    }));

  test("several writers do not mix", () =>
    withPair(function* ({ client, server }) {
      const writers = "abcdef".split("").map((letter) => spawn(() => client.write(letter.repeat(200_000))));
      const all = (yield* server.readExactly(1_200_000)) as Uint8Array;
      for (const writer of writers) yield* writer;
      const runs = new TextDecoder().decode(all).match(/(.)\1*/g) ?? [];
      assertEquals(runs.map((run) => run.length), Array(6).fill(200_000));
    }));

  test("the array is the caller's again after a write", () =>
    withPair(function* ({ client, server }) {
      const chunk = new Uint8Array(65_536);
      const writer = spawn(function* () {
        for (let i = 0; i < 200; i++) yield* client.write(chunk.fill(i));
        yield* client.end();
      });
      yield* sleep(20);
      const all = yield* server.readAll();
      yield* writer;
      for (let i = 0; i < 200; i++) {
        assert(all.subarray(i * 65_536, (i + 1) * 65_536).every((byte) => byte === i), `chunk ${i}`);
      }
    }));

  test("flush waits until the system has it all", () =>
    withPair(function* ({ client, server }) {
      yield* client.flush();
      yield* fill(client);
      assertInstanceOf(yield* errorOf(client.flush({ timeout: 5 })), TimeoutError);
      const flushed = spawn(() => client.flush());
      const reader = spawn(() => forEach(server.chunks(), () => {}));
      yield* flushed;
      yield* reader.kill();
    }));

  test("half-close: the other side goes on", () =>
    withPair(function* ({ client, server }) {
      yield* client.write("question");
      yield* client.end();
      yield* client.end(); // twice is once
      assertEquals(yield* server.readText(), "question");
      yield* server.write("answer");
      assertEquals(text(yield* client.readExactly(6)), "answer");
      assertEquals(yield* codeOf(client.write("more")), "EPIPE");
      yield* server.end();
      assertEquals(yield* client.read(), null);
      yield* eventually("both sides have ended", () => client.closed && server.closed);
      assertEquals(yield* codeOf(server.write("late")), "EPIPE");
    }));

  test("wrong data is refused at the call", () =>
    withPair(function* ({ client }) {
      for (const bad of [1, null, undefined, { a: 1 }, [1]]) {
        assertThrows(() => client.write(bad as never), TypeError, "Uint8Array");
      }
      for (const bad of [-1, 1.5, NaN, Infinity]) assertThrows(() => client.readExactly(bad), RangeError);
      assertThrows(() => client.read(0), RangeError);
      assertThrows(() => client.readUntil(""), RangeError);
      assertThrows(() => client.readLine({ limit: 0 }), RangeError);
      assertThrows(() => client.read({ timeout: NaN }), RangeError);
      yield* client.write("");
      yield* client.write(new Uint8Array(0));
    }));
});

describe("net: the end of a connection", () => {
  test("a reset is seen by whoever reads and whoever writes, after what had come", () =>
    withPair(function* ({ client, server }) {
      yield* server.write("before");
      const first = yield* client.readExactly(3);
      assertEquals(text(first), "bef");
      const writer = spawn({ name: "writer" }, function* () {
        for (;;) yield* client.write(pattern(65_536));
      });
      yield* sleep(20);
      server.abort();
      assertInstanceOf(yield* errorOf(writer), NetError);
      assertEquals(text(yield* client.readExactly(3)), "ore");
      const code = yield* codeOf(client.read());
      assert(["ECONNRESET", "EPIPE"].includes(code), code);
      assert(["ECONNRESET", "EPIPE"].includes(yield* codeOf(client.write("x"))));
      yield* eventually("it is closed", () => client.closed);
    }));

  test("a reset wakes a reader", () =>
    withPair(function* ({ client, server }) {
      const reader = spawn(() => client.readLine());
      yield* sleep(5);
      server.abort();
      const error = yield* errorOf(reader);
      assertInstanceOf(error, NetError);
      assertEquals(error.code, "ECONNRESET");
      assertMatch(error.message, /^Socket\.readLine from 127.* failed: the connection was reset/);
      assertInstanceOf(error.cause, Error);
    }));

  test("close sends what was written, and those who wait get an error", () =>
    withPair(function* ({ client, server }) {
      const reader = spawn(() => client.read());
      yield* sleep(1);
      yield* client.write("bye");
      client.close(); // acts at the call
      assert(client.closed);
      assertEquals(yield* codeOf(reader), "ERR_SOCKET_CLOSED");
      assertEquals(yield* client.close(), true);
      assertEquals(yield* server.readText(), "bye");
      for (const op of [client.read(), client.write("x"), client.end(), client.flush(), client.readLine()]) {
        assertEquals(yield* codeOf(op), "ERR_SOCKET_CLOSED");
      }
    }));

  test("close with a timeout cuts a peer off that does not read", () =>
    withPair(function* ({ client }) {
      yield* fill(client);
      const writer = spawn(() => client.write("never"));
      yield* sleep(1);
      assertEquals(yield* client.close({ timeout: 20 }), false);
      assertEquals(yield* codeOf(writer), "ERR_SOCKET_CLOSED");
      assertEquals(yield* client.close(), true);
    }));

  test("using closes it", () =>
    withPair(function* ({ client, server }) {
      client[Symbol.dispose]();
      assertEquals(yield* server.read(), null);
    }));

  test("whoever waits for a peer is in no deadlock, and the dump names the peer", () =>
    withPair(function* ({ client, server }) {
      const reader = spawn({ name: "patient" }, () => client.readLine());
      yield* sleep(0);
      assertMatch(dump(), /patient.*a read from 127\.0\.0\.1/);
      yield* sleep(300); // longer than the detector is patient
      yield* server.write("here\n");
      assertEquals(yield* reader, "here");
    }));

  test("nothing is left when all is closed", () =>
    run(function* () {
      const listener = yield* listen("127.0.0.1:0");
      const udp = yield* bindUdp("127.0.0.1:0");
      yield* listener.close();
      yield* udp.close();
      assert(listener.closed && udp.closed);
    }));
});
