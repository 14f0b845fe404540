/** `fetch` that dies with its greenlet (S-87), wherever it is called from. */
import {
  all,
  type Greenlet,
  GreenletExit,
  moveOnAfter,
  Queue,
  race,
  run,
  select,
  shield,
  sleep,
  spawn,
  Timeout,
  TimeoutError,
  until,
  withTimeout,
} from "../../src/mod.ts";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { patched, reach, turns } from "./kit.ts";

/** Milliseconds in which a request surely reaches the server, however busy the machine is. */
const LONG_ENOUGH = 1_000;

/** How a greenlet may come to call `fetch`. */
const bodies: Record<string, (get: () => Promise<unknown>) => () => unknown> = {
  "yield* fetch": (get) =>
    function* () {
      yield* get();
    },
  "a bare yield": (get) =>
    function* () {
      yield get();
    },
  "an async helper, after awaits": (get) =>
    function* () {
      yield* until(afterAwaits(get));
    },
  "until with a function": (get) => () => until(() => afterAwaits(get)),
  "an async body": (get) => async () => {
    await get();
  },
  "an async body, after awaits": (get) => () => afterAwaits(get),
  "after a sleep": (get) =>
    function* () {
      yield* sleep(1);
      yield afterAwaits(get);
    },
};

async function afterAwaits<T>(get: () => Promise<T>): Promise<T> {
  await null;
  await new Promise((resolve) => queueMicrotask(() => resolve(0)));
  return await get();
}

describe("fetch in a greenlet", () => {
  for (const [name, bodyOf] of Object.entries(bodies)) {
    for (const [moment, path] of [["at the headers", "/hang"], ["in the body", "/drip"]]) {
      test(
        `S-87 ${name}: a kill ${moment} closes the connection`,
        patched((server) =>
          run(function* () {
            let inBody = false;
            const get = async () => {
              const response = await fetch(server.url + path);
              inBody = true;
              return await response.text();
            };
            const g = spawn(bodyOf(get) as () => Promise<unknown>);
            yield* reach(() => path === "/hang" ? server.count("request /hang") === 1 : inBody, moment);
            yield* g.kill();
            assert(g.value instanceof GreenletExit);
            yield* reach(() => server.count(`closed ${path}`) === 1, "closed at the server");
          })
        ),
      );
    }
  }

  test(
    "S-87 the error that is seen is the kill, and a retry in its name is refused",
    patched((server) =>
      run(function* () {
        const reason = new Error("closing time");
        const seen: unknown[] = [];
        const g: Greenlet<unknown> = spawn(async () => {
          for (let i = 0; i < 3; i++) {
            await fetch(server.url + "/hang").catch((e) => seen.push(e));
            await null;
          }
        });
        g.linkException(() => {});
        yield* reach(() => server.count("request /hang") === 1, "a request");
        yield* g.kill(reason);
        yield* reach(() => seen.length === 3, "three errors");
        assert(seen.every((e) => e === reason));
        yield* reach(() => server.count("closed /hang") === 1, "closed");
        yield* until(turns());
        assertEquals(server.count("request /hang"), 1);
      })
    ),
  );

  test(
    "a timeout around it stops it, and what it would do later, and nothing else",
    patched((server) =>
      run(function* () {
        const outside = afterAwaits(() => fetch(server.url + "/drip/outside"));
        let late: unknown;
        const retrying = async () => {
          await fetch(server.url + "/hang").catch(() => {});
          await null;
          await fetch(server.url + "/ok/retry").catch((e) => late = e);
        };
        let error: unknown;
        try {
          yield* withTimeout(LONG_ENOUGH, () => retrying());
        } catch (e) {
          error = e;
        }
        assert(error instanceof TimeoutError);
        yield* reach(() => server.count("closed /hang") === 1, "closed");
        yield* reach(() => late instanceof GreenletExit, "the retry refused");
        assertEquals(server.count("request /ok/retry"), 0);
        const response = yield* outside;
        assertEquals(response.status, 200);
        assertEquals(yield* (yield* fetch(server.url + "/ok")).text(), "body of /ok");
        assertEquals(server.count("closed /drip/outside"), 0);
      })
    ),
  );

  test(
    "a timeout around a request that was begun just before it stops it, too",
    patched((server) =>
      run(function* () {
        const late = yield* withTimeout(LONG_ENOUGH, fetch(server.url + "/hang"), { value: "late" });
        assertEquals(late, "late");
        yield* reach(() => server.count("closed /hang") === 1, "closed");
      })
    ),
  );

  test(
    "the loser of a race is closed",
    patched((server) =>
      run(function* () {
        const winner = yield* race([fetch(server.url + "/hang"), fetch(server.url + "/ok")]);
        assertEquals(winner.status, 200);
        yield* reach(() => server.count("closed /hang") === 1, "closed");
      })
    ),
  );

  test(
    "a request that was waited for among others goes on when another one comes first",
    patched((server) =>
      run(function* () {
        const request = fetch(server.url + "/slow");
        const queue = new Queue<number>();
        for (let i = 0; i < 3; i++) queue.putNowait(i);
        for (let i = 0; i < 3; i++) {
          assertEquals((yield* select([request, queue.get()])).index, 1);
        }
        yield* reach(() => server.count("request /slow") === 1, "a request");
        server.answer("/slow");
        assertEquals((yield* request).status, 200);
        assertEquals(server.count("closed /slow"), 0);
      })
    ),
  );

  test(
    "a Timeout that is thrown ends what was begun since its start",
    patched((server) =>
      run(function* () {
        const before = afterAwaits(() => fetch(server.url + "/drip/before"));
        const outer = Timeout.start(60_000);
        const inner = Timeout.start(LONG_ENOUGH);
        let caught: unknown;
        try {
          yield afterAwaits(() => fetch(server.url + "/hang"));
        } catch (e) {
          caught = e;
        } finally {
          inner.cancel();
          outer.cancel();
        }
        assertStrictEquals(caught, inner);
        yield* reach(() => server.count("closed /hang") === 1, "closed");
        yield* before;
        assertEquals(server.count("closed /drip/before"), 0);
        assertEquals((yield* fetch(server.url + "/ok")).status, 200);
      })
    ),
  );

  test(
    "what cleanup begins is not refused, and is stopped with its own block",
    patched((server) =>
      run(function* () {
        const bodies: string[] = [];
        const g = spawn(function* () {
          try {
            yield* fetch(server.url + "/hang");
          } finally {
            bodies.push(yield* (yield* fetch(server.url + "/ok/cleanup")).text());
            yield* moveOnAfter(LONG_ENOUGH, () => afterAwaits(() => fetch(server.url + "/hang/cleanup")));
            bodies.push("end");
          }
        });
        yield* reach(() => server.count("request /hang") === 1, "a request");
        yield* g.kill();
        assertEquals(bodies, ["body of /ok/cleanup", "end"]);
        yield* reach(() => server.count("closed /hang/cleanup") === 1, "closed");
      })
    ),
  );

  test(
    "a shield keeps it",
    patched((server) =>
      run(function* () {
        let text = "";
        const g = spawn(function* () {
          yield* shield(function* () {
            const response = yield* fetch(server.url + "/ok");
            text = yield* response.text();
          });
        });
        yield* sleep(0);
        yield* g.kill();
        assertEquals(text, "body of /ok");
      })
    ),
  );

  test(
    "a greenlet that ends by itself closes nothing",
    patched((server) =>
      run(function* () {
        let response!: Promise<Response>;
        yield* spawn(() => {
          response = afterAwaits(() => fetch(server.url + "/ok"));
          return 1;
        });
        assertEquals(yield* (yield* response).text(), "body of /ok");
      })
    ),
  );

  test(
    "each greenlet's own, also when they run in turns",
    patched((server) =>
      run(function* () {
        const many = Array.from({ length: 20 }, (_, i) =>
          spawn(function* () {
            yield* sleep(i % 3);
            return yield* until(afterAwaits(async () => await (await fetch(`${server.url}/ok/${i}`)).text()));
          }));
        const hanging = Array.from(
          { length: 20 },
          (_, i) => spawn(() => afterAwaits(() => fetch(`${server.url}/hang/${i}`))),
        );
        const texts = yield* all(many);
        assertEquals(texts, many.map((_, i) => `body of /ok/${i}`));
        for (const [i, g] of hanging.entries()) if (i % 2 === 0) yield* g.kill();
        const closed = () => server.log.filter((line) => line.startsWith("closed")).length;
        yield* reach(() => closed() === 10, "ten closed");
        yield* until(turns());
        assertEquals(closed(), 10);
        for (const g of hanging) yield* g.kill();
      })
    ),
  );

  test(
    "the user's own signal still aborts it, and keeps no listener",
    patched((server) =>
      run(function* () {
        const own = new AbortController();
        const listeners = { n: 0 };
        const { signal } = own;
        const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
        signal.addEventListener = (...args: Parameters<typeof add>) => (listeners.n++, add(...args));
        signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners.n--, remove(...args));
        yield* (yield* fetch(server.url + "/ok", { signal })).text();
        assertEquals(listeners.n, 0);
        const hanging = fetch(new Request(server.url + "/hang", { signal }));
        yield* reach(() => server.count("request /hang") === 1, "a request");
        own.abort(new Error("enough"));
        yield* until(assertRejects(() => hanging, Error, "enough"));
        yield* reach(() => server.count("closed /hang") === 1, "closed");
        yield* until(assertRejects(() => fetch(server.url + "/ok", { signal }), Error, "enough"));
      })
    ),
  );

  test(
    "bad arguments fail as ever",
    patched(() =>
      run(function* () {
        for (const args of [[], ["::bad"], ["http://127.0.0.1:1", { signal: 7 }]] as [string][]) {
          const inside = yield* until(fetch(...args).then(() => "?", (e) => `${e.name}: ${e.message}`));
          assert(/TypeError/.test(inside), inside);
        }
        const refused = yield* until(fetch("http://127.0.0.1:1/").then(() => "?", (e) => e.name));
        assert(refused === "TypeError" || refused === "Error", refused); // Bun: Error
      })
    ),
  );
});
