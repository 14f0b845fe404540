import { existsSync } from "node:fs";
import net from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, sleep, spawn, TimeoutError, withTimeout } from "../../src/mod.ts";
import { connect, listen } from "../../src/net/mod.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "../assert.ts";
import { describe, test } from "../harness.ts";
import { codeOf, errorOf, eventually, text, withPair } from "./kit.ts";

/** A TCP server that takes connections and says nothing: its handshakes of TLS never end. */
async function silent(body: (port: number, connections: net.Socket[]) => Promise<void>): Promise<void> {
  const connections: net.Socket[] = [];
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
    connections.push(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    await body((server.address() as net.AddressInfo).port, connections);
  } finally {
    for (const socket of connections) socket.destroy();
    server.close();
  }
}

describe("net: connect", () => {
  test("both ends know both addresses", () =>
    withPair(function* ({ client, server }) {
      assertEquals(client.remoteAddress, server.localAddress);
      assertEquals(client.localAddress, server.remoteAddress);
      assertEquals([client.encrypted, client.authorized, client.alpnProtocol], [false, false, undefined]);
      assertEquals([client.serverName, client.peerCertificate], [undefined, undefined]);
      yield* client.close();
      assertEquals(client.remoteAddress, server.localAddress, "also after the end");
    }));

  test("every form of address", () =>
    run(function* () {
      const listener = yield* listen(0);
      const { port } = listener;
      assert(port > 0);
      for (const address of [`127.0.0.1:${port}`, { host: "127.0.0.1", port }, { host: "localhost", port }]) {
        const socket = yield* connect(address, { noDelay: false, keepAlive: 1_000 });
        yield* socket.close();
      }
      const v4 = yield* connect(`localhost:${port}`, { family: 4, local: { host: "127.0.0.1" } });
      assertEquals((v4.localAddress as { host: string }).host, "127.0.0.1");
      yield* v4.close();
      yield* listener.close();
      const v6 = yield* listen("[::1]:0");
      const socket = yield* connect(`[::1]:${v6.port}`);
      assertEquals(socket.remoteAddress, { host: "::1", port: v6.port });
      yield* socket.close();
      yield* v6.close();
    }));

  test("a wrong address is an error at the call", () => {
    const cases: [unknown, typeof TypeError | typeof RangeError, string][] = [
      [{ host: "a", port: 70_000 }, RangeError, "from 0 to 65535, not 70000"],
      [{ host: "a", port: -1 }, RangeError, "not -1"],
      [{ host: "a", port: 1.5 }, RangeError, "not 1.5"],
      [{ host: "a", port: "80" }, TypeError, 'not "80"'],
      [{ host: "a" }, TypeError, "needs a port"],
      [{ port: 80 }, TypeError, "needs a host"],
      [{ host: "", port: 80 }, TypeError, "needs a host"],
      [{ host: 7, port: 80 }, TypeError, "needs a host as text"],
      [{ path: "" }, TypeError, "needs the path"],
      ["example.org", TypeError, "needs an address"],
      ["example.org:99999", RangeError, "99999"],
      [":80", TypeError, "needs a host"],
      [80, TypeError, "needs an address"],
      [undefined, TypeError, "needs an address"],
      [null, TypeError, "needs an address"],
    ];
    for (const [address, type, message] of cases) {
      const error = assertThrows(() => connect(address as never), type);
      assertStringIncludes(error.message, message);
      assertMatch(error.message, /^connect needs/);
    }
    const wrong = [{ timeout: NaN }, { keepAlive: NaN }, { local: { port: 70_000 } }];
    for (const options of wrong) assertThrows(() => connect("a:1", options), RangeError);
    assertThrows(() => connect("a:1", { timeout: "5" as never }), TypeError);
    assertThrows(() => connect("a:1", null as never), TypeError);
    assertThrows(() => connect("a:1", { tls: { cert: "x" } }), TypeError, "both cert and key");
    for (const address of [70_000, { port: 70_000 }, "a:b"]) assertThrows(() => listen(address as never));
    assertThrows(() => listen(0, { maxWaiting: 0 }), RangeError);
    assertThrows(() => listen(0, { tls: {} as never }), TypeError, "certificate and its key");
  });

  test("nobody listens, no such name, no such file", () =>
    run(function* () {
      const listener = yield* listen("127.0.0.1:0");
      const { address } = listener;
      yield* listener.close();
      const error = yield* errorOf(connect(address));
      assertMatch(
        error.message,
        /^connect to 127\.0\.0\.1:\d+ failed: the connection was refused.*\(ECONNREFUSED\)$/,
      );
      assertInstanceOf(error.cause, Error);
      for (let i = 0; i < 30; i++) assertEquals(yield* codeOf(connect(address)), "ECONNREFUSED");
      assertEquals(yield* codeOf(connect("nowhere.invalid:80")), "ENOTFOUND");
      assertEquals(yield* codeOf(connect({ path: "/nowhere/at.all" })), "ENOENT");
    }));

  test("killed or out of time while it connects, it closes, and the server sees that", () =>
    silent((port, connections) =>
      run(function* () {
        const attempts = [
          spawn(() => connect({ host: "127.0.0.1", port }, { tls: true })),
          spawn(() => withTimeout(100, connect({ host: "127.0.0.1", port }, { tls: true }), { value: null })),
          spawn(() => errorOf(connect({ host: "127.0.0.1", port }, { tls: true, timeout: 100 }))),
        ];
        yield* eventually("three connections", () => connections.length === 3);
        yield* attempts[0].kill();
        assertEquals(yield* attempts[1], null);
        const error = yield* attempts[2];
        assertInstanceOf(error, TimeoutError);
        assertEquals(error.message, `connect to 127.0.0.1:${port} did not end within 100 ms`);
        yield* eventually("the server sees three ends", () =>
          connections.every((s) => s.readableEnded || s.destroyed));
      })
    ));

  test("a timeout of 0 begins nothing", () =>
    silent((port, connections) =>
      run(function* () {
        assertInstanceOf(yield* errorOf(connect({ host: "127.0.0.1", port }, { timeout: 0 })), TimeoutError);
        yield* sleep(20);
        assertEquals(connections.length, 0);
      })
    ));

  test("killed at once after it connected, nothing stays open", () =>
    silent((port, connections) =>
      run(function* () {
        for (let i = 0; i < 20; i++) {
          const attempt = spawn(() => connect({ host: "127.0.0.1", port }));
          yield* sleep(i / 10);
          yield* attempt.kill();
          const socket = attempt.value;
          if (socket !== undefined && !(socket instanceof Error)) yield* socket.close();
        }
        yield* eventually("all have ended", () => connections.every((s) => s.readableEnded || s.destroyed));
      })
    ));

  test("Unix domain sockets", () => {
    const folder = mkdtempSync(join(tmpdir(), "tendril-net-"));
    const path = join(folder, "test.sock");
    return withPair(function* ({ client, server }) {
      assertEquals([client.remoteAddress, client.localAddress], [{ path }, undefined]);
      yield* client.write("over a file");
      yield* client.end();
      assertEquals(yield* server.readText(), "over a file");
      yield* server.write("yes");
      server.abort();
      assertEquals(text(yield* client.read()) ?? "yes", "yes");
      assert(!existsSync(path), "the listener has taken it away");
    }, { address: `unix:${path}` }).finally(() => rmSync(folder, { recursive: true }));
  });
});
