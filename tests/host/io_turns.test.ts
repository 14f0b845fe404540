import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { run, sleep, spawn, until } from "../../src/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";

describe("the host's turns", () => {
  test("S-45: I/O goes on beside greenlets that compute and give way", async () => {
    const server = createServer((_, response) => response.end("pong"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await run(function* () {
      let pings = 0;
      const pinger = spawn(function* () {
        for (;;) {
          assertEquals(yield* until((async () => (await fetch(url)).text())()), "pong");
          pings++;
        }
      });
      for (const end = performance.now() + 8_000; pings < 5 && performance.now() < end;) {
        for (const step = performance.now() + 2; performance.now() < step;);
        yield* sleep(0);
      }
      yield* pinger.kill();
      assertEquals(pings >= 5, true, `${pings} requests were answered`);
    });
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
});
