/** `fetch` read in unusual ways, by others, and replaced by stubs. */
import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import { run, sleep, spawn, until, withTimeout } from "../../src/mod.ts";
import { bound } from "../../src/monkey/binding.ts";
import { fetchUsage } from "../../src/monkey/mod.ts";
import { assertEquals, assertRejects, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Observed, patched, reach, turns } from "./kit.ts";

type Fetch = typeof fetch;

/** The same with a stub below the patch. */
function stubbed(
  stub: (url: string) => unknown,
  body: () => Promise<unknown>,
  options = {},
): () => Promise<void> {
  return async () => {
    const original = globalThis.fetch;
    globalThis.fetch = stub as Fetch;
    try {
      await patched(body, options)();
    } finally {
      globalThis.fetch = original;
    }
  };
}

/** How a body can be read to its end. */
const ways: Record<string, (response: Response) => Promise<unknown>> = {
  "text()": (r) => r.text(),
  "a clone's text()": async (r) => [await r.clone().text(), await r.text()],
  "getReader()": async (r) => {
    const reader = stream(r).getReader();
    while (!(await reader.read()).done);
  },
  "for await": async (r) => {
    for await (const _ of stream(r) as unknown as AsyncIterable<unknown>);
  },
  "pipeTo()": (r) => stream(r).pipeTo(new WritableStream()),
  "pipeThrough()": async (r) => {
    const reader = stream(r).pipeThrough(new TextDecoderStream()).getReader();
    while (!(await reader.read()).done);
  },
  "tee()": async (r) => {
    const readers = stream(r).tee().map((branch) => branch.getReader());
    for (const reader of readers) while (!(await reader.read()).done);
  },
  "body.cancel()": (r) => stream(r).cancel(),
};

function stream(response: Response): ReadableStream<BufferSource> {
  return response.body as unknown as ReadableStream<BufferSource>;
}

const closed = (server: Observed, n: number) =>
  reach(() => server.log.filter((l) => l.startsWith("closed")).length === n, "closed");

describe("bodies", () => {
  for (const [name, read] of Object.entries(ways)) {
    test(
      `by ${name}: the place is free when it is over, and nothing is left`,
      patched((server) =>
        run(function* () {
          for (let i = 0; i < 3; i++) {
            yield* withTimeout(2_000, async () => void await read(await fetch(server.url + "/ok")));
          }
          yield* until(turns(2));
          assertEquals([...bound()?.operations ?? []].length, 0);
        }), { maxFetches: 1 }),
    );
    if (name === "body.cancel()") continue;

    test(
      `S-87 by ${name}: a kill closes the connection, and the reader fails, also after a collection`,
      patched((server) =>
        run(function* () {
          const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(isForced: boolean): void } };
          let error: unknown;
          const g = spawn(async () => {
            const { signal } = new AbortController();
            const reading = read(await fetch(server.url + "/drip", { signal }));
            await reading.catch((e) => error = e);
          });
          yield* reach(() => server.count("request /drip") === 1, "a request");
          yield* sleep(20);
          for (let i = 0; i < 3; i++) {
            gc?.();
            Bun?.gc(true);
            yield* until(turns(2));
          }
          yield* g.kill();
          yield* closed(server, 1);
          yield* reach(() => error !== undefined, "an error");
        })
      ),
    );
  }

  test(
    "a timeout around the reading stops it, wherever the request was begun",
    patched((server) =>
      run(function* () {
        const first = yield* fetch(server.url + "/drip/1");
        assertEquals(yield* withTimeout(20, first.text(), { value: "late" }), "late");
        const second = yield* fetch(server.url + "/drip/2");
        const later = async () => {
          await null;
          return await second.text();
        };
        assertEquals(yield* withTimeout(20, later, { value: "late" }), "late");
        yield* closed(server, 2);
      })
    ),
  );

  test(
    "S-87 a greenlet that reads another one's response, and is killed, stops it",
    patched((server) =>
      run(function* () {
        const response = yield* fetch(server.url + "/drip");
        const g = spawn(async () => await response.text());
        yield* sleep(10);
        yield* g.kill();
        yield* closed(server, 1);
      })
    ),
  );

  test(
    "whoever reads a clone in vain hurts nobody who has the other one",
    patched((server) =>
      run(function* () {
        const response = yield* fetch(server.url + "/drip");
        const clone = response.clone();
        assertEquals(yield* withTimeout(10, () => until(clone.text()), { value: "late" }), "late");
        yield* until(turns(5));
        assertEquals(server.count("closed /drip"), 0);
        assertEquals(response.bodyUsed, false);
      })
    ),
  );

  test(
    "a second reader's mistake takes nothing from the first",
    patched((server) =>
      run(function* () {
        const g = spawn(async () => {
          const response = await fetch(server.url + "/drip");
          const text = response.text();
          await assertRejects(() => response.text(), TypeError);
          return await text;
        });
        yield* reach(() => server.count("request /drip") === 1, "a request");
        yield* sleep(20);
        yield* g.kill();
        yield* closed(server, 1);
      })
    ),
  );

  test(
    "a body that is being read while nobody waits for it leaves no unhandled rejection",
    patched((server) =>
      run(function* () {
        const stray: unknown[] = [];
        const note = (e: unknown) => stray.push(e);
        process.on("unhandledRejection", note);
        const g = spawn(function* () {
          const response = yield* fetch(server.url + "/drip");
          response.text();
          yield* sleep(60_000);
        });
        yield* reach(() => server.count("request /drip") === 1, "a request");
        yield* sleep(20);
        yield* g.kill();
        yield* closed(server, 1);
        yield* until(turns());
        process.off("unhandledRejection", note);
        assertEquals(stray, []);
      })
    ),
  );
});

describe("stubs of fetch", () => {
  const plain = Object.freeze({ ok: true, status: 200 });
  const one = new Response("body");
  const answers: Record<string, [() => unknown, unknown]> = {
    "the same response each time": [() => Promise.resolve(one), one],
    "nothing": [() => Promise.resolve(undefined), undefined],
    "a frozen object": [() => Promise.resolve(plain), plain],
    "no promise": [() => plain, plain],
  };
  for (const [name, [stub, answer]] of Object.entries(answers)) {
    test(
      `one that gives ${name}`,
      stubbed(stub, () =>
        run(function* () {
          for (let i = 0; i < 2; i++) {
            const response: unknown = yield* fetch("http://127.0.0.1:1/");
            assertStrictEquals(response, answer);
          }
        })),
    );
  }

  test(
    "one that throws at the call keeps no place",
    stubbed(() => {
      throw new Error("no network");
    }, () =>
      run(function* () {
        for (let i = 0; i < 2; i++) {
          yield* until(assertRejects(() => fetch("http://127.0.0.1:1/"), Error, "no network"));
        }
        assertEquals(fetchUsage().active, 0);
        assertEquals([...bound()?.operations ?? []].length, 0);
      }), { maxFetches: 1 }),
  );

  const theirs = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  test(
    "a request that has waited for its place is sent in the name of who has asked, not of who made room",
    stubbed(async () => {
      seen.push(`${theirs.getStore()} ${bound()?.task.name}`);
      if (seen.length === 1) return await new Promise(() => {}); // until the kill
      return new Response(null, { status: 204 });
    }, () =>
      run(function* () {
        const gs = ["a", "b", "c"].map((name) =>
          spawn({ name }, async () => {
            await null;
            await theirs.run(name, () => fetch("http://127.0.0.1:1/"));
          })
        );
        yield* reach(() => seen.length === 1, "one");
        yield* gs[0].kill();
        for (const g of gs.slice(1)) yield* g;
        assertEquals(seen, ["a a", "b b", "c c"]);
      }), { maxFetches: 1 }),
  );

  test(
    "a getter of the options that throws is a rejection",
    patched(() =>
      run(function* () {
        const init = {
          get method(): string {
            throw new Error("a getter");
          },
        };
        const promise = fetch("http://127.0.0.1:1/", init);
        yield* until(assertRejects(() => promise, Error, "a getter"));
      })
    ),
  );
});
