/** The limits of `fetch`: places come back in whichever way a request ends. */
import { run, spawn, until, withTimeout } from "../../src/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { patched, reach } from "./kit.ts";

describe("places", () => {
  test(
    "the user's abort gives it back, also after the answer",
    patched((server) =>
      run(function* () {
        for (let i = 0; i < 3; i++) {
          const own = new AbortController();
          const { signal } = own;
          const response = yield* withTimeout(2_000, () => until(fetch(server.url + "/drip", { signal })));
          assertEquals(response.status, 200);
          own.abort();
        }
        yield* reach(() => server.count("closed /drip") === 3, "closed");
      }), { maxFetches: 1 }),
  );

  test(
    "reading outside of greenlets gives it back",
    patched((server) => {
      const answered: Response[] = [];
      const poll = setInterval(() => void answered.pop()?.text(), 1);
      return run(function* () {
        for (let i = 0; i < 3; i++) {
          answered.push(yield* withTimeout(2_000, () => until(fetch(server.url + "/ok"))));
        }
      }).finally(() => clearInterval(poll));
    }, { maxFetches: 1 }),
  );

  test(
    "whoever waits for one host takes no place from requests to others",
    patched((server) =>
      run(function* () {
        const gs = [1, 2, 3].map((i) => spawn(() => fetch(`${server.url}/hang/${i}`)));
        yield* reach(() => server.count("request /hang/1") === 1, "a request");
        const other = server.url.replace("127.0.0.1", "localhost");
        assertEquals((yield* withTimeout(2_000, () => until(fetch(other + "/empty")))).status, 204);
        for (const g of gs) yield* g.kill();
      }), { maxFetches: 2, maxFetchesPerHost: 1 }),
  );
});
