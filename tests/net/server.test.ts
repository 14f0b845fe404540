import {
  Event,
  getCurrent,
  isKill,
  Pool,
  run,
  Semaphore,
  sleep,
  spawn,
  suspend,
  taskGroup,
  withTimeout,
} from "../../src/mod.ts";
import { connect, listen, type Socket, StreamServer } from "../../src/net/mod.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { codeOf, errorOf, eventually } from "./kit.ts";

const here = "127.0.0.1:0";

function* echo(socket: Socket) {
  for (let line; (line = yield* socket.readLine()) !== null;) yield* socket.write(`${line}\n`);
}

describe("net: StreamServer", () => {
  test("a greenlet for each connection, which is closed when the handler ends", () =>
    run(function* () {
      const server = new StreamServer(here, echo);
      assert(!server.started);
      assertThrows(() => server.address);
      yield* server.start();
      assert(server.started);
      const clients: Socket[] = [];
      for (let i = 0; i < 20; i++) clients.push(yield* connect(server.address));
      for (const [i, client] of clients.entries()) yield* client.write(`${i}\n`);
      for (const [i, client] of clients.entries()) assertEquals(yield* client.readLine(), `${i}`);
      assertEquals(server.size, 20);
      for (const client of clients) yield* client.end();
      for (const client of clients) {
        assertEquals(yield* client.read(), null);
        yield* client.close();
      }
      yield* eventually("the handlers have ended", () => server.size === 0);
      assertEquals(yield* server.stop(), true);
      assert(!server.started);
    }));

  test("async functions and plain functions can be handlers", () =>
    run(function* () {
      const handlers = [
        async (socket: Socket) => {
          for await (const line of socket.lines()) if (line === "go") break;
        },
        (socket: Socket) => socket.write("x"),
      ];
      for (const handler of handlers) {
        const server = new StreamServer(here, handler);
        yield* server.start();
        const client = yield* connect(server.address);
        yield* client.write("go\n");
        yield* client.readAll();
        yield* client.close();
        yield* server.stop();
      }
    }));

  test("a failing handler is reported and ends its connection alone", async () => {
    const reported: unknown[] = [];
    const told: unknown[] = [];
    const boom = new Error("boom");
    function* handler(socket: Socket) {
      if ((yield* socket.readLine()) === "fail") {
        yield* socket.write("last words");
        throw boom;
      }
      yield* echo(socket);
    }
    await run(function* () {
      for (
        const options of [{}, {
          onError: (error: unknown, socket: Socket) => told.push(error, socket.closed),
        }]
      ) {
        const server = new StreamServer(here, handler, options);
        yield* server.start();
        const good = yield* connect(server.address);
        yield* good.write("begin\n");
        const bad = yield* connect(server.address);
        yield* bad.write("fail\n");
        assertEquals(yield* bad.readText(), "last words", "what was written is still sent");
        yield* good.write("still here\n");
        assertEquals(yield* good.readLine(), "still here");
        yield* good.close();
        yield* bad.close();
        yield* server.stop();
      }
    }, { onError: (error, greenlet) => reported.push(error, greenlet.name) });
    assertEquals(reported[0], boom);
    assertMatch(String(reported[1]), /^handler 127\.0\.0\.1:\d+$/);
    assertEquals(reported.length, 2);
    assertEquals(told, [boom, false]);
  });

  test("with a full pool those who come wait to be accepted", () =>
    run(function* () {
      const gate = new Semaphore(0);
      const pool = new Pool(2);
      let most = 0;
      const server = new StreamServer(here, function* (socket) {
        most = Math.max(most, server.size);
        yield* gate.acquire();
        yield* socket.write("served");
      }, { pool });
      yield* server.start();
      const clients: Socket[] = [];
      for (let i = 0; i < 6; i++) clients.push(yield* connect(server.address));
      yield* eventually("two are served", () => pool.full);
      yield* sleep(10);
      assertEquals([server.size, pool.size], [2, 2]);
      gate.release(6);
      for (const client of clients) assertEquals(yield* client.readText(), "served");
      assertEquals(most, 2);
      for (const client of clients) yield* client.close();
      yield* server.stop();
      assertThrows(() => new StreamServer(here, echo, { pool: 0 }), RangeError);
    }));

  test("a pool that is shared counts the others too, and stop does not wait for them", () =>
    run(function* () {
      const pool = new Pool(1);
      const release = new Event();
      yield* pool.spawn(() => release.wait());
      const server = new StreamServer(here, echo, { pool });
      yield* server.start();
      const client = yield* connect(server.address);
      yield* sleep(10);
      assertEquals(server.size, 0);
      yield* server.stop();
      assertEquals(pool.size, 1);
      release.set();
      yield* client.close();
    }));

  test("a graceful stop lets those at work finish, and takes no others", () =>
    run(function* () {
      const work = new Event();
      const server = new StreamServer(here, function* (socket) {
        yield* socket.readLine();
        yield* work.wait();
        yield* socket.write("finished");
      });
      yield* server.start();
      const { address } = server;
      const client = yield* connect(address);
      yield* client.write("please\n");
      yield* eventually("it is being served", () => server.size === 1);
      const stopping = spawn(() => server.stop({ timeout: 5_000 }));
      yield* sleep(5);
      assertEquals(yield* codeOf(connect(address)), "ECONNREFUSED");
      work.set();
      assertEquals(yield* client.readText(), "finished");
      assertEquals(yield* stopping, true);
      yield* client.close();
    }));

  test("who has not finished by the deadline is killed", () =>
    run(function* () {
      const log: string[] = [];
      const server = new StreamServer(here, function* (socket) {
        try {
          yield* suspend();
        } catch (error) {
          log.push(isKill(error) ? "killed" : "failed");
          throw error;
        } finally {
          log.push(`closed: ${socket.closed}`);
        }
      });
      yield* server.start();
      const client = yield* connect(server.address);
      yield* eventually("it is being served", () => server.size === 1);
      assertEquals(yield* server.stop({ timeout: 20 }), false);
      assertEquals(log, ["killed", "closed: false"]);
      assertEquals(server.size, 0);
      const code = yield* codeOf(client.read());
      assert(["ECONNRESET", "none"].includes(code), code);
      yield* client.close();
      assertEquals(yield* server.stop(), true, "a second stop has nothing to do");
    }));

  test("serveForever ends with stop, and stops when its greenlet is killed", () =>
    run(function* () {
      for (const how of ["stop", "kill"]) {
        const server = new StreamServer(here, function* (socket) {
          yield* socket.readLine();
          yield* sleep(20);
          yield* socket.write("finished");
        });
        const serving = spawn(() => server.serveForever());
        yield* eventually("it listens", () => server.started);
        const client = yield* connect(server.address);
        yield* client.write("x\n");
        yield* eventually("it is being served", () => server.size === 1);
        if (how === "stop") yield* server.stop();
        else yield* serving.kill();
        assertEquals(yield* client.readText(), "finished", how);
        yield* serving.join();
        yield* client.close();
        assert(!server.started);
      }
    }));

  test("the kill of the whole run is a graceful stop for serveForever", async () => {
    const abort = new AbortController();
    const log: string[] = [];
    const server = new StreamServer(here, function* (socket) {
      yield* socket.readLine();
      abort.abort();
      yield* sleep(30);
      yield* socket.write("finished");
      log.push("handler done");
    });
    const ended = run(() => server.serveForever(), { signal: abort.signal }).catch((error) =>
      log.push(error.name)
    );
    await run(function* () {
      yield* eventually("it listens", () => server.started);
      const client = yield* connect(server.address);
      yield* client.write("x\n");
      assertEquals(yield* client.readText(), "finished");
      yield* client.close();
    });
    await ended;
    assertEquals(log, ["handler done", "AbortError"]);
  });

  test("it ends with the scope that it was started in", () =>
    run(function* () {
      const server = new StreamServer(here, () => suspend());
      let address;
      let client: Socket | undefined;
      yield* taskGroup(function* () {
        yield* server.start();
        address = server.address;
        client = yield* connect(address);
        yield* eventually("it is being served", () => server.size === 1);
      });
      assertEquals([server.started, server.size], [false, 0]);
      assert(["ECONNRESET", "none"].includes(yield* codeOf((client as Socket).read())));
      yield* (client as Socket).close();
      const again = yield* listen(address as never);
      yield* again.close();
    }));

  test("it can be started again, but not twice", () =>
    run(function* () {
      const server = new StreamServer(here, echo);
      for (let round = 0; round < 2; round++) {
        yield* server.start();
        assertMatch((yield* errorOf(server.start())).message, /^StreamServer\.start: it runs already/);
        const client = yield* connect(server.address);
        yield* client.write("a\n");
        assertEquals(yield* client.readLine(), "a");
        yield* client.close();
        yield* server.stop();
      }
    }));

  test("a handler that is killed before it begins leaves no open connection", () =>
    run(function* () {
      const server = new StreamServer(here, echo, { stopTimeout: 0 });
      yield* server.start();
      const clients: Socket[] = [];
      for (let i = 0; i < 5; i++) clients.push(yield* connect(server.address));
      yield* server.stop();
      for (const client of clients) {
        assert(["ECONNRESET", "none"].includes(yield* codeOf(withTimeout(5_000, client.read()))));
        yield* client.close();
      }
    }));

  test("a greenlet can be found in the dump by its peer", () =>
    run(function* () {
      const names: string[] = [];
      const server = new StreamServer(here, function* (socket) {
        names.push(getCurrent().name);
        yield* socket.write("x");
      }, { name: "web" });
      yield* server.start();
      const client = yield* connect(server.address);
      yield* client.readAll();
      assertMatch(names[0], /^connection 127\.0\.0\.1:\d+$/);
      yield* client.close();
      yield* server.stop();
    }));

  test("a wrong handler or option fails at the call", () => {
    assertThrows(() => new StreamServer(here, "no" as never), TypeError);
    assertThrows(() => new StreamServer({ port: 70_000 }, echo), RangeError);
    assertThrows(() => new StreamServer(here, echo, { stopTimeout: NaN }), RangeError);
    assertThrows(() => new StreamServer(here, echo, { tls: {} as never }), TypeError);
  });
});
