// The plugin for undici, against a server that says what it sees. On Bun the name gives a built-in of Bun's.
import undici, { fetch as namedFetch, request as namedRequest, stream as namedStream } from "undici";
import { Writable } from "node:stream";
import { type Greenlet, run, sleep, spawn, TimeoutError, until, withTimeout } from "../../src/mod.ts";
import { patchUndici } from "../../src/monkey/plugins/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { describe, runtime, test, type TestBody, testOn } from "../harness.ts";
import { type Observed, patched, reach, turns } from "./kit.ts";
import { lettersOf } from "./letter.ts";

/** Where the package itself is reached. */
const withPackage = (name: string, body: TestBody) => testOn(["deno", "node"], name, body);

function plugged(body: (server: Observed) => Promise<unknown>): () => Promise<void> {
  return patched(async (server) => {
    using _plugin = patchUndici(undici);
    await body(server);
  });
}

const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() });
const text = async (answer: Promise<{ body: { text(): Promise<string> } }>) =>
  await (await answer).body.text();

const everywhere: Record<string, (url: string) => Promise<unknown>> = {
  "request": (url) => text(undici.request(url)),
  "fetch": async (url) => (await undici.fetch(url)).text(),
};
const byPackage: Record<string, (url: string) => Promise<unknown>> = {
  "request by name": (url) => text(namedRequest(url)),
  "fetch by name": async (url) => (await namedFetch(url)).text(),
  "stream by name": (url) => namedStream(url, { method: "GET" }, sink),
  "an agent": (url) => text(undici.request(url, { dispatcher: new undici.Agent() })),
  "a pool": (url) => {
    const { origin, pathname } = new URL(url);
    return text(new undici.Pool(origin).request({ path: pathname, method: "GET" }));
  },
  "a client": (url) => {
    const { origin, pathname } = new URL(url);
    return new undici.Client(origin).stream({ path: pathname, method: "GET" }, sink);
  },
  "pipeline": (url) =>
    new Promise((_, reject) => {
      undici.pipeline(url, { method: "GET" }, ({ body }) => body).on("error", reject).end().resume();
    }),
};

describe("undici", () => {
  const calls = Object.entries({ ...everywhere, ...(runtime === "bun" ? {} : byPackage) });
  for (const [name, call] of calls) {
    for (const path of ["/hang", "/drip"]) {
      test(
        `S-87 ${name}: a kill at ${path} closes the request, and who waits sees it`,
        plugged((server) =>
          run(function* () {
            let seen: unknown;
            const g = spawn(async () => {
              await call(server.url + path).catch((error) => seen = error);
            });
            yield* reach(() => server.count(`request ${path}`) === 1, "it is asked");
            if (path === "/drip") yield* sleep(30);
            yield* g.kill();
            yield* reach(() => server.count(`closed ${path}`) === 1, "it is closed");
            yield* reach(() => seen !== undefined, "it is seen");
            // Of a `fetch` that was imported by name only the dispatch is bound.
            const isWrapped = name === "fetch by name" && path === "/hang";
            assertEquals((isWrapped ? (seen as Error).cause as Error : seen as Error).name, "GreenletExit");
          })
        ),
      );
    }
  }

  withPackage(
    "in a pool of one connection nobody else is hurt, and who waits in line is never sent",
    plugged((server) =>
      run(function* () {
        const pool = new undici.Pool(server.url, { connections: 1 });
        const get = (path: string) => text(pool.request({ path, method: "GET" }));
        assertEquals(yield* until(get("/ok1")), "body of /ok1");
        for (let i = 0; i < 5; i++) {
          const first = spawn(() => get(`/hang${i}`));
          yield* reach(() => server.count(`request /hang${i}`) === 1, "it is asked");
          const waits = spawn(() => get("/never"));
          const others: Greenlet<string>[] = [1, 2, 3].map((n) => spawn(() => get(`/ok-${i}-${n}`)));
          yield* sleep(5);
          yield* waits.kill();
          yield* first.kill();
          for (const [n, other] of others.entries()) {
            assertEquals(yield* other.get(), `body of /ok-${i}-${n + 1}`);
          }
        }
        assertEquals(server.count("request /never"), 0);
        yield* until(pool.close());
      })
    ),
  );

  withPackage(
    "a connection that a killed greenlet made serves those who come next, with their own redirects and retries",
    plugged((server) =>
      run(function* () {
        const agent = new undici.Agent({ connections: 1 }).compose(
          undici.interceptors.retry({ maxRetries: 1, minTimeout: 1 }),
          undici.interceptors.redirect({ maxRedirections: 2 }),
        );
        const get = (path: string) => text(undici.request(server.url + path, { dispatcher: agent }));
        const first = spawn(function* () {
          yield* until(get("/ok-first"));
          yield* sleep(86_400_000);
        });
        yield* reach(() => server.count("answered /ok-first") === 1, "it is answered");
        yield* first.kill();
        assertEquals(yield* spawn(() => get("/ok-next")).get(), "body of /ok-next");
        const hangs = spawn(() => get("/hang"));
        yield* reach(() => server.count("request /hang") === 1, "it is asked");
        yield* hangs.kill();
        yield* reach(() => server.count("closed /hang") === 1, "it is closed");
        yield* sleep(50);
        assertEquals(server.count("request /hang"), 1); // and not tried again
        yield* until(agent.close());
      })
    ),
  );

  test(
    "a timeout closes, a retry of a killed greenlet is refused",
    plugged((server) =>
      run(function* () {
        try {
          yield* withTimeout(1_000, () => undici.request(`${server.url}/hang`));
        } catch (error) {
          assert(error instanceof TimeoutError);
        }
        yield* reach(() => server.count("closed /hang") === 1, "it is closed");
        const seen: string[] = [];
        const g = spawn(async () => {
          for (let i = 0; i < 2; i++) {
            await undici.request(`${server.url}/retry`).catch((error) => seen.push(error.name));
          }
        });
        yield* reach(() => server.count("request /retry") === 1, "it is asked");
        yield* g.kill();
        yield* reach(() => seen.length === 2, "both were refused");
        yield* until(turns());
        assertEquals([seen, server.count("request /retry")], [["GreenletExit", "GreenletExit"], 1]);
      })
    ),
  );

  test("S-85 S-86 it looks as ever, and is back in the end", () => {
    const base = runtime === "bun" ? undici : Object.getPrototypeOf(undici.Client.prototype);
    const all: [object, string][] = [
      [undici, "fetch"],
      [base, runtime === "bun" ? "request" : "dispatch"],
    ];
    const what = () => all.map(([object, name]) => lettersOf(object, name));
    const before = what();
    const plugin = patchUndici(undici);
    assertEquals(what().map(({ face }) => face), before.map(({ face }) => face));
    assert(what().every(({ value }, i) => value !== before[i].value));
    plugin[Symbol.dispose]();
    assert(what().every(({ value }, i) => value === before[i].value));
    for (const bad of [undefined, null, "undici", {}, () => {}]) {
      assertThrows(() => patchUndici(bad as object), TypeError, "patchUndici needs the module itself");
    }
  });
});
