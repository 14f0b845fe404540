import { collect, forEach, run, sleep, spawn, TimeoutError, until } from "../../src/mod.ts";
import { connect, listen, type Socket } from "../../src/net/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { codeOf, errorOf, eventually } from "./kit.ts";

describe("net: listen", () => {
  test("accept waits, in line, with a timeout", () =>
    run(function* () {
      const listener = yield* listen("127.0.0.1:0");
      const error = yield* errorOf(listener.accept({ timeout: 5 }));
      assertInstanceOf(error, TimeoutError);
      assertMatch(error.message, /^Listener\.accept at 127\.0\.0\.1:\d+ did not end within 5 ms/);
      const order: number[] = [];
      const accepting = [1, 2, 3].map((n) =>
        spawn(function* () {
          const socket = yield* listener.accept();
          order.push(n);
          return socket;
        })
      );
      const clients: Socket[] = [];
      for (const _ of accepting) clients.push(yield* connect(listener.address));
      for (const [i, accepted] of accepting.entries()) {
        const socket = yield* accepted;
        assertEquals(socket.remoteAddress, clients[i].localAddress);
        yield* socket.close();
        yield* clients[i].close();
      }
      assertEquals(order, [1, 2, 3]);
      yield* listener.close();
    }));

  test("a connection that nobody has accepted waits, also after a kill of whoever would have", () =>
    run(function* () {
      const listener = yield* listen("127.0.0.1:0");
      const killed = spawn(() => listener.accept());
      yield* sleep(1);
      yield* killed.kill();
      const client = yield* connect(listener.address);
      yield* client.write("patient\n");
      yield* eventually("it waits", () => listener.waiting === 1);
      const socket = yield* listener.accept();
      assertEquals(listener.waiting, 0);
      assertEquals(yield* socket.readLine(), "patient");
      for (const s of [client, socket]) yield* s.close();
      yield* listener.close();
    }));

  test("too many that wait are cut off and counted", () =>
    run(function* () {
      const listener = yield* listen("127.0.0.1:0", { maxWaiting: 2 });
      const clients: Socket[] = [];
      for (let i = 0; i < 5; i++) clients.push(yield* connect(listener.address));
      yield* eventually("three are dropped", () => listener.dropped === 3);
      assertEquals(listener.waiting, 2);
      let ended = 0;
      const readers = clients.map((client) =>
        spawn(function* () {
          yield* codeOf(client.read());
          ended++;
        })
      );
      yield* eventually("they see it", () => ended === 3);
      yield* listener.close(); // and so do those who waited
      for (const reader of readers) yield* reader;
      for (const client of clients) yield* client.close();
    }));

  test("close ends those who accept, and frees the address at once", () =>
    run(function* () {
      const listener = yield* listen("127.0.0.1:0");
      const accepting = spawn(() => listener.accept());
      const streaming = spawn(() => collect(listener));
      yield* sleep(1);
      listener.close(); // acts at the call
      assert(listener.closed);
      assertEquals(yield* codeOf(accepting), "ERR_SOCKET_CLOSED");
      assertEquals(yield* streaming, []);
      assertEquals(yield* codeOf(listener.accept()), "ERR_SOCKET_CLOSED");
      yield* listener.close();
      const again = yield* listen(listener.address);
      assertEquals(again.address, listener.address);
      yield* again.close();
    }));

  test("a port that is in use", () =>
    run(function* () {
      const listener = yield* listen("127.0.0.1:0");
      const error = yield* errorOf(listen(listener.address));
      assertMatch(
        error.message,
        /^listen at 127\.0\.0\.1:\d+ failed: the address is in use.*\(EADDRINUSE\)$/,
      );
      yield* listener.close();
    }));

  test("an address that this machine does not have", () =>
    run(function* () {
      const code = yield* codeOf(listen("192.0.2.1:0"));
      assert(["EADDRNOTAVAIL", "EINVAL"].includes(code), code); // Deno says EINVAL
    }));

  test("connections as a stream, in greenlets and in async functions", () =>
    run(function* () {
      const listener = yield* listen("127.0.0.1:0");
      const serving = spawn(() =>
        forEach(listener, function* (socket) {
          yield* socket.write("hi\n");
          yield* socket.close();
        })
      );
      for (let i = 0; i < 3; i++) {
        const client = yield* connect(listener.address);
        assertEquals(yield* client.readLine(), "hi");
        yield* client.close();
      }
      yield* serving.kill(); // it closes the stream
      assert(listener.closed);
      const other = yield* listen("127.0.0.1:0");
      const accepted = (async () => {
        let n = 0;
        for await (const socket of other) {
          socket.close();
          if (++n === 2) break;
        }
        return n;
      })();
      for (let i = 0; i < 2; i++) {
        const client = yield* connect(other.address);
        assertEquals(yield* client.read(), null);
        yield* client.close();
      }
      assertEquals(yield* until(accepted), 2);
      yield* other.close();
    }));
});
