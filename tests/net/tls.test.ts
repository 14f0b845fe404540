import { call, type Op, run, sleep, spawn } from "../../src/mod.ts";
import {
  connect,
  listen,
  type Listener,
  NetError,
  type Socket,
  StreamServer,
  type TlsClientOptions,
  type TlsServerOptions,
} from "../../src/net/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { codeOf, errorOf, eventually, fixture, pattern, text, withPair } from "./kit.ts";

const ca = fixture("ca.pem");
const identity = (name: string) => ({ cert: fixture(`${name}.pem`), key: fixture(`${name}.key`) });
const one = identity("one");

/** A server that sends a greeting, and a client that tries to get it. */
function attempt(
  serverTls: TlsServerOptions,
  body: (to: (tls: TlsClientOptions) => Op<Socket>, listener: Listener) => Generator<unknown, void, unknown>,
  onHandshakeError?: (error: unknown) => void,
): Promise<void> {
  return run(function* () {
    const listener = yield* listen("127.0.0.1:0", { tls: serverTls, onHandshakeError });
    const serving = spawn(function* () {
      for (;;) {
        const socket = yield* listener.accept();
        spawn(function* () {
          yield* codeOf(socket.write(`${socket.alpnProtocol} ${socket.serverName} ${socket.authorized}\n`));
          yield* codeOf(socket.close({ timeout: 1_000 }));
        });
      }
    });
    const to = (tls: TlsClientOptions) =>
      connect({ host: "127.0.0.1", port: listener.port }, { tls, timeout: 5_000 });
    yield* body(to, listener);
    yield* serving.kill();
    yield* listener.close();
  });
}

describe("net: TLS", () => {
  test("lines, half-close, and much data", () =>
    withPair(function* ({ client, server }) {
      assertEquals([client.encrypted, client.authorized, server.encrypted, server.authorized], [
        true,
        true,
        true,
        false,
      ]);
      assertEquals(server.serverName, "localhost");
      assert((client.peerCertificate as Uint8Array).length > 300);
      assertEquals(server.peerCertificate, undefined);
      const big = pattern(3_000_000);
      const writer = spawn(function* () {
        yield* client.write("line\n");
        yield* client.write(big);
        yield* client.end();
      });
      assertEquals(yield* server.readLine(), "line");
      assertEquals(yield* server.readAll(), big);
      yield* writer;
      yield* server.write("after your end");
      assertEquals(text(yield* client.readExactly(14)), "after your end");
      yield* server.close();
      assertEquals(yield* client.read(), null);
    }, { listen: { tls: one }, connect: { tls: { ca, serverName: "localhost" } } }));

  test("a reader that is killed leaves it usable", () =>
    withPair(function* ({ client, server }) {
      const reader = spawn(() => server.readExactly(6));
      yield* client.write("abc");
      yield* sleep(10);
      yield* reader.kill();
      yield* client.write("def");
      assertEquals(text(yield* server.readExactly(6)), "abcdef");
    }, { listen: { tls: one }, connect: { tls: { ca, serverName: "one.test" } } }));

  test("the name is checked, by default that of the address", () =>
    attempt(one, function* (to) {
      const good = yield* to({ ca });
      yield* good.close();
      const error = yield* errorOf(to({ ca, serverName: "three.test" }));
      assertInstanceOf(error, NetError);
      assertEquals(error.code, "ERR_TLS_CERT_ALTNAME_INVALID");
      assertMatch(error.message, /^connect to 127\.0\.0\.1:\d+ \(three\.test\) failed: .* for another name/);
    }));

  test("an authority that nobody trusts, and a certificate that only itself has signed, are refused by default", async () => {
    await attempt(one, function* (to) {
      const error = (yield* errorOf(to({}))) as NetError;
      assertMatch(error.code, /UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|SELF_SIGNED/);
      const careless = yield* to({ verify: false, serverName: "whatever.test" });
      assertEquals([careless.encrypted, careless.authorized], [true, false]);
      assertEquals(yield* careless.readLine(), "undefined whatever.test false");
      yield* careless.close();
    });
    await attempt(identity("self"), function* (to) {
      const error = (yield* errorOf(to({ serverName: "self.test" }))) as NetError;
      assertMatch(error.code, /SELF_SIGNED|UNABLE_TO_VERIFY/);
      const trusted = yield* to({ serverName: "self.test", ca: fixture("self.pem") });
      assert(trusted.authorized);
      yield* trusted.close();
    });
  });

  test("ALPN: the server's dearest that the client knows, or an error", () =>
    attempt({ ...one, alpn: ["h2", "http/1.1"] }, function* (to, listener) {
      const cases: [string[], string][] = [[["http/1.1", "h2"], "h2"], [["http/1.1"], "http/1.1"]];
      for (const [alpn, chosen] of cases) {
        const socket = yield* to({ ca, serverName: "one.test", alpn });
        assertEquals(socket.alpnProtocol, chosen);
        assertEquals(yield* socket.readLine(), `${chosen} one.test false`);
        yield* socket.close();
      }
      const none = yield* to({ ca, serverName: "one.test" });
      assertEquals(none.alpnProtocol, undefined);
      yield* none.close();
      assertInstanceOf(
        yield* errorOf(to({ ca, serverName: "one.test", alpn: ["smtp"] })),
        NetError,
      );
      yield* eventually("it was counted", () => listener.failedHandshakes === 1);
    }));

  test("SNI: each name has its certificate", () => {
    const asked: string[] = [];
    const sni = (name: string) => {
      asked.push(name);
      return name === "two.test" ? identity("two") : undefined;
    };
    return attempt({ ...one, sni }, function* (to) {
      const certificates: string[] = [];
      for (const serverName of ["one.test", "two.test"]) {
        const socket = yield* to({ ca, serverName });
        assert(socket.authorized);
        certificates.push((socket.peerCertificate as Uint8Array).join());
        yield* socket.close();
      }
      assert(certificates[0] !== certificates[1]);
      assertEquals(asked, ["one.test", "two.test"]);
    });
  });

  test("an SNI function that throws refuses the handshake", () => {
    const sni = (): undefined => {
      throw new Error("no such customer");
    };
    const { error: print } = console;
    const printed: string[] = [];
    console.error = (line: string) => void printed.push(line);
    return attempt({ ...one, sni }, function* (to) {
      assertInstanceOf(yield* errorOf(to({ ca, serverName: "one.test" })), NetError);
      assertEquals(printed, ["tendril: listen's tls.sni failed: Error: no such customer"]);
    }).finally(() => console.error = print);
  });

  test("certificates of clients: asked for, and required", async () => {
    const who = { ca, serverName: "one.test" };
    await attempt({ ...one, ca, clientCertificate: "request" }, function* (to) {
      for (
        const [extra, authorized] of [[{}, false], [identity("two"), true], [
          identity("self"),
          false,
        ]] as const
      ) {
        const socket = yield* to({ ...who, ...extra });
        assertEquals(yield* socket.readLine(), `undefined one.test ${authorized}`);
        yield* socket.close();
      }
    });
    const failures: unknown[] = [];
    await attempt({ ...one, ca, clientCertificate: "require" }, function* (to) {
      const socket = yield* to({ ...who, ...identity("two") });
      assertEquals(yield* socket.readLine(), "undefined one.test true");
      yield* socket.close();
      // Without one, the client has finished its handshake before the server refuses.
      yield* codeOf(call(function* () {
        const socket = yield* to(who);
        assertEquals(yield* socket.readLine(), null);
      }));
      yield* eventually("the server has refused it", () => failures.length === 1);
    }, (error) => failures.push(error));
  });

  test("whoever does not speak TLS is counted, and harms nobody", () => {
    const failures: unknown[] = [];
    return attempt(one, function* (to, listener) {
      const plain = yield* connect({ host: "127.0.0.1", port: listener.port });
      yield* plain.write("GET / HTTP/1.0\r\n\r\n");
      yield* codeOf(plain.readAll());
      yield* plain.close();
      yield* eventually("it was told", () => failures.length === 1);
      assertEquals(listener.failedHandshakes, 1);
      const good = yield* to({ ca });
      assertMatch((yield* good.readLine()) as string, /false$/);
      yield* good.close();
    }, (error) => failures.push(error));
  });

  test("a StreamServer with TLS", () =>
    run(function* () {
      const server = new StreamServer("127.0.0.1:0", (socket) => socket.write("secret"), { tls: one });
      yield* server.start();
      const socket = yield* connect(server.address, { tls: { ca } });
      assertEquals(yield* socket.readText(), "secret");
      yield* socket.close();
      yield* server.stop();
    }));

  test("tls: true trusts the authorities of the runtime only", () =>
    attempt(one, function* (_to, listener) {
      assert((yield* codeOf(connect({ host: "localhost", port: listener.port }, { tls: true }))) !== "none");
    }));
});

describe("net: STARTTLS", () => {
  test("a connection becomes TLS, with what was written before it in front", () =>
    withPair(function* ({ client, server }) {
      const serving = spawn(function* () {
        assertEquals(yield* server.readLine(), "STARTTLS");
        yield* server.write("go ahead\n");
        yield* server.startTls(one);
        assert(server.encrypted && !server.authorized);
        assertEquals(yield* server.readLine(), "secret");
        yield* server.write("also secret\n");
      });
      yield* client.write("STARTTLS\n");
      assertEquals(yield* client.readLine(), "go ahead");
      yield* client.startTls({ ca, serverName: "one.test" }, { timeout: 5_000 });
      assertEquals([client.encrypted, client.authorized, client.closed], [true, true, false]);
      yield* client.write("secret\n");
      assertEquals(yield* client.readLine(), "also secret");
      yield* serving;
      yield* server.close();
      assertEquals(yield* client.read(), null);
      assertMatch((yield* errorOf(client.startTls({}))).message, /encrypted already/);
    }));

  test("a server that is slow to begin finds the client's hello", () =>
    withPair(function* ({ client, server }) {
      const upgrading = spawn(() => client.startTls({ ca, serverName: "one.test" }));
      yield* sleep(30);
      yield* server.startTls(one);
      yield* upgrading;
      yield* client.write("hello\n");
      assertEquals(yield* server.readLine(), "hello");
    }));

  test("what came before a client's handshake unread is refused", () =>
    withPair(function* ({ client, server }) {
      yield* server.write("220 go\nPLAIN TEXT OF SOMEBODY ELSE\n");
      assertEquals(yield* client.readLine(), "220 go");
      const error = yield* errorOf(client.startTls({ ca }));
      assertMatch(error.message, /28 bytes came before it that nobody has read/);
      assert(client.closed);
    }));

  test("a handshake that fails or takes too long cuts the connection off", async () => {
    await withPair(function* ({ client, server }) {
      const serving = spawn(() => codeOf(server.startTls(one)));
      assert((yield* codeOf(client.startTls({ serverName: "one.test" }))) !== "none");
      assert(client.closed);
      yield* serving.kill();
    });
    await withPair(function* ({ client, server }) {
      const error = yield* errorOf(client.startTls({ ca }, { timeout: 30 }));
      assertEquals(error.name, "TimeoutError");
      assert(client.closed);
      assert((yield* server.readAll()).length > 100, "the client's hello, and the end");
    });
  });

  test("wrong options fail before anything has happened", () =>
    withPair(function* ({ client, server }) {
      assertInstanceOf(yield* errorOf(server.startTls({})), TypeError);
      assertThrows(() => client.startTls({}, { timeout: NaN }), RangeError);
      yield* client.write("still plain\n");
      assertEquals(yield* server.readLine(), "still plain");
    }));
});
