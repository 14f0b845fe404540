/** Limits: what exceeds them waits, in order, and is counted. */
import { all, run, spawn, until, withTimeout } from "../../src/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { fetchUsage } from "../../src/monkey/mod.ts";
import { patched, reach, turns } from "./kit.ts";

describe("limits of fetch", () => {
  test(
    "maxFetches lets one through, and the next in order as its body is read",
    patched((server) =>
      run(function* () {
        const get = async (i: number) => await (await fetch(`${server.url}/ok/${i}`)).text();
        const gs = Array.from({ length: 10 }, (_, i) => spawn(() => get(i)));
        const texts = yield* all(gs);
        assertEquals(texts, gs.map((_, i) => `body of /ok/${i}`));
        const order = server.log.filter((l) => l.startsWith("request")).map((l) =>
          Number(l.split("/").pop())
        );
        assertEquals(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        const { active, waiting, waited } = fetchUsage();
        assertEquals({ active, waiting, waited }, { active: 0, waiting: 0, waited: 9 });
      }), { maxFetches: 1 }),
  );

  test(
    "maxFetches bounds how many are under way at the server",
    patched((server) =>
      run(function* () {
        const gs = Array.from({ length: 9 }, (_, i) => spawn(() => fetch(`${server.url}/hang/${i}`)));
        const asked = () => server.log.filter((l) => l.startsWith("request")).length;
        for (let i = 0; i < 3; i++) {
          yield* reach(() => asked() === 3 * (i + 1), "three more");
          yield* until(turns());
          assertEquals(asked(), 3 * (i + 1));
          assertEquals(fetchUsage().active, 3);
          for (const g of gs.slice(3 * i, 3 * i + 3)) yield* g.kill();
        }
      }), { maxFetches: 3 }),
  );

  test(
    "whoever is killed or times out while it waits leaves the line; a killed one gives its place back",
    patched((server) =>
      run(function* () {
        const first = spawn(() => fetch(server.url + "/hang/1"));
        yield* reach(() => server.count("request /hang/1") === 1, "a request");
        const second = spawn(() => fetch(server.url + "/hang/2"));
        const third = spawn(async () => await (await fetch(server.url + "/ok/3")).text());
        yield* reach(() => fetchUsage().waiting === 2, "two in line");
        assertEquals(yield* withTimeout(5, () => fetch(server.url + "/hang/4"), { value: "late" }), "late");
        yield* second.kill();
        assertEquals(fetchUsage().waiting, 1);
        yield* until(turns());
        assertEquals(server.count("request /ok/3"), 0);
        yield* first.kill();
        assertEquals(yield* third, "body of /ok/3");
        assertEquals(server.log.filter((l) => /hang\/[24]/.test(l)), []);
        assertEquals(fetchUsage().active, 0);
      }), { maxFetches: 1 }),
  );

  test(
    "a greenlet that ends by itself gives back what it has not read",
    patched((server) =>
      run(function* () {
        for (let i = 0; i < 3; i++) {
          assertEquals((yield* spawn(() => fetch(server.url + "/drip"))).status, 200);
        }
        assertEquals(fetchUsage().active, 0);
      }), { maxFetches: 1 }),
  );

  test(
    "maxFetchesPerHost counts each host and port apart",
    patched((server) =>
      run(function* () {
        const other = server.url.replace("127.0.0.1", "localhost");
        const one = spawn(() => fetch(server.url + "/hang/1"));
        yield* reach(() => server.count("request /hang/1") === 1, "a request");
        const two = spawn(() => fetch(server.url + "/hang/2"));
        assertEquals((yield* fetch(other + "/empty")).status, 204);
        assertEquals(server.count("request /hang/2"), 0);
        yield* one.kill();
        yield* reach(() => server.count("request /hang/2") === 1, "the second");
        yield* two.kill();
      }), { maxFetchesPerHost: 1 }),
  );

  test(
    "a response that fails or has no body gives its place back",
    patched((server) =>
      run(function* () {
        for (let i = 0; i < 3; i++) {
          yield* until(fetch("http://127.0.0.1:1/").catch(() => {}));
          assertEquals((yield* fetch(server.url + "/empty")).status, 204);
        }
        assert(fetchUsage().active === 0);
      }), { maxFetches: 1 }),
  );
});
