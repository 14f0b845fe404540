import { run, sleep, spawn, TimeoutError } from "../../src/mod.ts";
import {
  bindUdp,
  lookup,
  resolve,
  resolve4,
  resolve6,
  resolveCname,
  resolveMx,
  resolveNs,
  resolvePtr,
  resolveSrv,
  resolveTxt,
  reverse,
} from "../../src/net/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertMatch, assertThrows } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { codeOf, errorOf, eventually } from "./kit.ts";

const TYPES: Record<string, number> = { A: 1, NS: 2, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33 };
const word = (n: number) => [n >> 8, n & 255];
const label = (text: string) => [text.length, ...new TextEncoder().encode(text)];
const name = (text: string) => [...text.split(".").flatMap(label), 0];

/** The answers of the name server of these tests: name and type, to the data of a record. */
const RECORDS: Record<string, number[]> = {
  "a.test A": [1, 2, 3, 4],
  "a.test AAAA": [...Array(15).fill(0), 1],
  "a.test TXT": [...label("hello"), ...label("world")],
  "a.test MX": [...word(10), ...name("mail.test")],
  "a.test NS": name("ns.test"),
  "b.test CNAME": name("a.test"),
  "a.test SRV": [...word(1), ...word(2), ...word(8080), ...name("srv.test")],
  "4.3.2.1.in-addr.arpa PTR": name("a.test"),
};

/** A name server on this machine, one that answers and one that does not. */
function withServers(
  body: (servers: string[], mute: string[], asked: () => number) => Generator<unknown, void, unknown>,
): Promise<void> {
  return run(function* () {
    const server = yield* bindUdp("127.0.0.1:0");
    const mute = yield* bindUdp("127.0.0.1:0");
    let asked = 0;
    const serving = spawn(function* () {
      for (;;) {
        const { data, address } = yield* server.receive();
        let at = 12;
        const labels: string[] = [];
        for (; data[at] !== 0; at += data[at] + 1) {
          labels.push(new TextDecoder().decode(data.subarray(at + 1, at + 1 + data[at])));
        }
        const question = data.subarray(12, at + 5);
        const type = data[at + 1] * 256 + data[at + 2];
        const typeName = Object.entries(TYPES).find(([, n]) => n === type)?.[0];
        const record = RECORDS[`${labels.join(".").toLowerCase()} ${typeName}`];
        const header = [
          data[0],
          data[1],
          0x81,
          record === undefined ? 0x83 : 0x80,
          0,
          1,
          0,
          record ? 1 : 0,
          0,
          0,
          0,
          0,
        ];
        const answer = record === undefined
          ? []
          : [0xc0, 12, ...word(type), ...word(1), 0, 0, 0, 60, ...word(record.length), ...record];
        yield* server.send(Uint8Array.from([...header, ...question, ...answer]), address);
      }
    });
    const counting = spawn(function* () {
      for (;;) {
        yield* mute.receive();
        asked++;
      }
    });
    const addressOf = (port: number) => [`127.0.0.1:${port}`];
    yield* body(addressOf(server.address.port), addressOf(mute.address.port), () => asked);
    yield* serving.kill();
    yield* counting.kill();
    yield* server.close();
    yield* mute.close();
  });
}

describe("net: DNS", () => {
  test("lookup asks the system", () =>
    run(function* () {
      const { address, family } = yield* lookup("localhost");
      assert(address === "127.0.0.1" || address === "::1", address);
      assertEquals(family, address === "::1" ? 6 : 4);
      const all = yield* lookup("localhost", { all: true });
      assert(all.some((one) => one.address === address));
      assertEquals(yield* lookup("127.0.0.1", { family: 4 }), { address: "127.0.0.1", family: 4 });
      assertEquals(yield* lookup("::1"), { address: "::1", family: 6 });
      const error = yield* errorOf(lookup("nowhere.invalid"));
      assertMatch(
        error.message,
        /^lookup of "nowhere\.invalid" failed: there is no such name.*\(ENOTFOUND\)$/,
      );
      assertEquals(yield* codeOf(lookup("nowhere.invalid")), "ENOTFOUND");
    }));

  test("records of each type", () =>
    withServers(function* (servers) {
      const options = { servers, timeout: 5_000 };
      assertEquals(yield* resolve("a.test", "A", options), ["1.2.3.4"]);
      assertEquals(yield* resolve4("a.test", options), ["1.2.3.4"]);
      assertEquals(yield* resolve6("a.test", options), ["::1"]);
      const texts = yield* resolveTxt("a.test", options);
      if (runtime === "bun") assertEquals(texts, [["hello"], ["world"]]); // it does not say what belongs together
      else assertEquals(texts, [["hello", "world"]]);
      assertEquals(
        (yield* resolveMx("a.test", options)).map(({ priority, exchange }) => [priority, exchange]),
        [
          [10, "mail.test"],
        ],
      );
      assertEquals(yield* resolveNs("a.test", options), ["ns.test"]);
      assertEquals(yield* resolveCname("b.test", options), ["a.test"]);
      const [srv] = yield* resolveSrv("a.test", options);
      assertEquals([srv.priority, srv.weight, srv.port, srv.name], [1, 2, 8080, "srv.test"]);
      assertEquals(yield* resolvePtr("4.3.2.1.in-addr.arpa", options), ["a.test"]);
      assertEquals(yield* reverse("1.2.3.4", options), ["a.test"]);
      const code = yield* codeOf(resolve4("nothing.test", options));
      assertEquals(code, "ENOTFOUND");
    }));

  test("a kill and a timeout end the wait at once", () =>
    withServers(function* (_servers, servers, asked) {
      const query = spawn(() => resolve4("a.test", { servers }));
      yield* eventually("it was asked", () => asked() === 1);
      yield* query.kill();
      const error = yield* errorOf(resolve4("a.test", { servers, timeout: 20 }));
      assertInstanceOf(error, TimeoutError);
      assertEquals(error.message, "resolve of A a.test did not end within 20 ms");
      const many = Array.from({ length: 20 }, () => spawn(() => resolveTxt("a.test", { servers })));
      yield* sleep(5);
      for (const one of many) yield* one.kill();
      assertInstanceOf(yield* errorOf(lookup("localhost", { timeout: 0 })), TimeoutError);
    }));

  test("wrong arguments fail at the call", () => {
    for (const bad of ["", 7, null, undefined]) {
      assertThrows(() => lookup(bad as never), TypeError, "needs a name");
      assertThrows(() => resolve(bad as never), TypeError, "needs a name");
    }
    assertThrows(() => lookup("a", { family: 5 as never }), RangeError);
    assertThrows(() => resolve("a", "X" as never), TypeError, "knows the types");
    assertThrows(() => reverse("a.test"), TypeError, "IP address");
    assertThrows(() => resolve("a", "A", { timeout: NaN }), RangeError);
    return run(function* () {
      const error = yield* errorOf(resolve4("a.test", { servers: ["no address"] }));
      assertMatch(error.message, /^resolve of A a\.test failed/);
    });
  });
});
