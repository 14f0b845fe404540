import { collect, run, sleep, spawn, TimeoutError } from "../../src/mod.ts";
import { bindUdp } from "../../src/net/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { codeOf, errorOf, eventually, text } from "./kit.ts";

const here = "127.0.0.1:0";

describe("net: UDP", () => {
  test("datagrams arrive whole, with their sender; empty ones too", () =>
    run(function* () {
      const a = yield* bindUdp(here);
      const b = yield* bindUdp({ host: "127.0.0.1", port: 0 });
      for (const data of ["ping", new Uint8Array([1, 2, 3]), ""]) {
        yield* a.send(data, b.address);
        const got = yield* b.receive({ timeout: 5_000 });
        assertEquals(got.address, a.address);
        assertEquals(Object.getPrototypeOf(got.data), Uint8Array.prototype);
        if (typeof data === "string") assertEquals(text(got.data), data);
        else assertEquals(got.data, data);
      }
      yield* b.send("by name", `localhost:${a.address.port}`);
      assertEquals(text((yield* a.receive()).data), "by name");
      yield* a.close();
      yield* b.close();
    }));

  test("receive waits, in line, and what comes while nobody does is kept", () =>
    run(function* () {
      using a = yield* bindUdp(here);
      using b = yield* bindUdp(here);
      const error = yield* errorOf(b.receive({ timeout: 5 }));
      assertInstanceOf(error, TimeoutError);
      assertMatch(error.message, /^UdpSocket\.receive at 127\.0\.0\.1:\d+ did not end within 5 ms/);
      const killed = spawn(() => b.receive());
      yield* sleep(1);
      yield* killed.kill();
      const got: string[] = [];
      const readers = ["first", "second"].map((name) =>
        spawn(function* () {
          got.push(`${name} ${text((yield* b.receive()).data)}`);
        })
      );
      for (const data of ["1", "2", "3"]) yield* a.send(data, b.address);
      for (const reader of readers) yield* reader;
      assertEquals(got, ["first 1", "second 2"]);
      yield* eventually("the third waits", () => b.waiting === 1);
      assertEquals(text((yield* b.receive({ timeout: 0 })).data), "3");
    }));

  test("too many that wait are dropped and counted", () =>
    run(function* () {
      using a = yield* bindUdp(here);
      using b = yield* bindUdp(here, { maxWaiting: 3 });
      for (let i = 0; i < 8; i++) {
        yield* a.send(`${i}`, b.address);
        yield* eventually("it came", () => b.waiting + b.dropped === i + 1);
      }
      assertEquals([b.waiting, b.dropped], [3, 5]);
      for (const expected of ["0", "1", "2"]) assertEquals(text((yield* b.receive()).data), expected);
    }));

  test("close ends those who receive, frees the port, and nothing can be done afterwards", () =>
    run(function* () {
      const a = yield* bindUdp(here);
      const receiving = spawn(() => a.receive());
      const streaming = spawn(() => collect(a));
      yield* sleep(1);
      a.close(); // acts at the call
      assert(a.closed);
      assertEquals(yield* codeOf(receiving), "ERR_SOCKET_CLOSED");
      assertEquals(yield* streaming, []);
      assertEquals(yield* codeOf(a.receive()), "ERR_SOCKET_CLOSED");
      assertEquals(yield* codeOf(a.send("x", a.address)), "ERR_SOCKET_CLOSED");
      yield* a.close();
      const again = yield* bindUdp(a.address);
      assertEquals(yield* codeOf(bindUdp(a.address)), "EADDRINUSE");
      yield* again.close();
    }));

  test("what cannot be sent", () =>
    run(function* () {
      using a = yield* bindUdp(here);
      assertEquals(yield* codeOf(a.send(new Uint8Array(70_000), a.address)), "EMSGSIZE");
      assertEquals(yield* codeOf(a.send("x", "nowhere.invalid:9")), "ENOTFOUND");
      for (const bad of [1, null, {}]) assertThrows(() => a.send(bad as never, a.address), TypeError);
      assertThrows(() => a.send("x", { host: "127.0.0.1", port: 70_000 }), RangeError);
      assertThrows(() => a.send("x", { port: 1 } as never), TypeError);
      assertThrows(() => bindUdp({ path: "/tmp/x" }), TypeError);
      assertThrows(() => bindUdp(0, { maxWaiting: 0 }), RangeError);
      // Nobody is there: UDP does not say so, and the socket goes on.
      yield* a.send("x", "127.0.0.1:1");
      yield* a.send("to myself", a.address);
      assertEquals(text((yield* a.receive()).data), "to myself");
    }));

  test("IPv6, broadcast, multicast", () =>
    run(function* () {
      using a = yield* bindUdp("[::1]:0");
      yield* a.send("six", a.address);
      assertEquals((yield* a.receive()).address, { host: "::1", port: a.address.port });
      using any = yield* bindUdp(undefined, { broadcast: true, reuseAddress: true });
      assertEquals(any.address.host, "0.0.0.0");
      any.joinGroup("224.0.0.251", "127.0.0.1");
      any.leaveGroup("224.0.0.251", "127.0.0.1");
    }));
});
