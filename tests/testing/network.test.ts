/** A simulated network: requests, answers, faults, aborts. */
import { isKill, moveOnAfter, run, sleep, spawn, suspend, until, withTimeout } from "../../src/mod.ts";
import {
  explore,
  type NetworkOptions,
  replay,
  settle,
  simulate,
  type SimulatedNetwork,
  simulatedNetwork,
  SimulationError,
  sweep,
  VirtualClock,
} from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";

type Gen<T = void> = Generator<unknown, T>;
type Failure = TypeError & { cause: Error & { code: string; syscall?: string } };

const URL_A = "https://api.example/a";

/** Fetches, and gives the text. */
function* get(url: string, init?: RequestInit): Gen<string> {
  const response = yield* until((signal) => fetch(url, { signal, ...init }));
  return yield* until(response.text());
}

/** What a request fails with. */
function* failing(url: string, init?: RequestInit): Gen<Failure> {
  try {
    yield* get(url, init);
  } catch (error) {
    return error as Failure;
  }
  throw new Error(`${url} was expected to fail`);
}

/** Runs a body with a network, some times, and gives what it gives. */
function within<T>(
  options: NetworkOptions,
  body: (net: SimulatedNetwork) => Gen<T>,
  runs = 10,
): readonly T[] {
  return simulate(() => body(simulatedNetwork(options)), { runs }).values;
}

describe("network: requests and answers", () => {
  test("a server is a function; it gets the request and its answer comes back", () => {
    const seen = within({ latency: 5 }, function* (net) {
      net.on("https://api.example/", function* (request) {
        yield* sleep(10);
        const { name } = (yield* until(request.json())) as { name: string };
        return { status: 201, headers: { "x-test": "yes" }, json: { hello: name, by: request.method } };
      });
      const response = yield* until(
        fetch(URL_A, { method: "POST", body: JSON.stringify({ name: "Ada" }), headers: { a: "b" } }),
      );
      const { status, ok, url, headers, redirected, bodyUsed } = response;
      const json: unknown = yield* until(response.json());
      const [{ state, body, at, method }] = net.requests;
      return [
        [status, ok, url, headers.get("x-test"), headers.get("content-type"), redirected, bodyUsed],
        json,
        [state, body, at, method, net.requests[0].headers.get("a"), net.requests[0].status, net.open],
        [response.bodyUsed, performance.now(), response instanceof Response],
      ];
    });
    for (const one of seen) {
      assertEquals(one, [
        [201, true, URL_A, "yes", "application/json", false, false],
        { hello: "Ada", by: "POST" },
        ["answered", '{"name":"Ada"}', 0, "POST", "b", 201, 0],
        [true, 20, true],
      ]);
    }
  });

  test("answers may be a string, a record, a Response, an operation", () => {
    within({}, function* (net) {
      net.on("http://one.example/string", () => "text")
        .on("http://one.example/record", () => ({ body: ["a", new Uint8Array([98])] }))
        .on(
          "http://one.example/response",
          () => new Response(new URLSearchParams({ q: "1" }), { status: 202 }),
        )
        .on("http://one.example/json", () => Response.json([1]))
        .on("http://one.example/empty", () => new Response(null, { status: 204 }))
        .on("http://one.example/promise", () => new Promise<string>((done) => setTimeout(done, 5, "late")));
      assertEquals(yield* get("http://one.example/string"), "text");
      assertEquals(yield* get("http://one.example/record"), "ab");
      assertEquals(yield* get("http://one.example/response?x=1#y"), "q=1");
      assertEquals(yield* get("http://one.example/json"), "[1]");
      assertEquals(yield* get("http://one.example/empty"), "");
      assertEquals(yield* get("http://one.example/promise"), "late");
      assertEquals(yield* get("http://one.example/string", { method: "HEAD" }), "");
      assertEquals(net.open, 0);
    });
  });

  test("the longest address counts; an unknown path is a 404", () => {
    within({}, function* (net) {
      net.on("https://api.example/v1", () => "v1").on("https://api.example/v1/users", () => "users");
      assertEquals(yield* get("https://api.example/v1/other"), "v1");
      assertEquals(yield* get("https://api.example/v1/users/7"), "users");
      const response = yield* until(fetch("https://api.example/v2"));
      assertEquals([response.status, response.ok], [404, false]);
      yield* until(response.text());
    });
  });

  test("an unknown host fails as in reality, with and without a network", () => {
    const check = function* (): Gen {
      const error = yield* failing("https://nowhere.example/x");
      assertInstanceOf(error, TypeError);
      assertEquals([error.message, error.cause.code, error.cause.syscall], [
        "fetch failed",
        "ENOTFOUND",
        "getaddrinfo",
      ]);
    };
    within({ latency: 3 }, check);
    simulate(check, { runs: 3 });
  });

  test("redirections are followed, a POST as a GET, or not, as is asked", () => {
    within({}, function* (net) {
      net.on("https://old.example/", (request) => Response.redirect(request.url.replace("old", "new"), 303))
        .on("https://new.example/", (request) => `${request.method} ${new URL(request.url).pathname}`)
        .on("https://loop.example/", (request) => Response.redirect(request.url));
      const response = yield* until(fetch("https://old.example/p", { method: "POST", body: "x" }));
      assertEquals([response.redirected, response.url], [true, "https://new.example/p"]);
      assertEquals(yield* until(response.text()), "GET /p");
      const manual = yield* until(fetch("https://old.example/p", { redirect: "manual" }));
      assertEquals([manual.status, manual.headers.get("location")], [303, "https://new.example/p"]);
      assertEquals((yield* failing("https://old.example/p", { redirect: "error" })).message, "fetch failed");
      assertStringIncludes(String((yield* failing("https://loop.example/")).cause), "redirect count");
    });
  });

  test("a body is read once, as text, json, bytes, blob, form or stream", () => {
    within({ chunk: [1, 4], pace: 2 }, function* (net) {
      net.on("https://api.example/", () => ({ body: "q=caf%C3%A9", headers: { "content-type": FORM } }));
      const fetched = function* (): Gen<Response> {
        return yield* until(fetch(URL_A));
      };
      assertEquals((yield* until((yield* fetched()).bytes())).length, 11);
      assertEquals((yield* until((yield* fetched()).arrayBuffer())).byteLength, 11);
      const blob = yield* until((yield* fetched()).blob());
      assertEquals([blob.size, blob.type, yield* until(blob.text())], [11, FORM, "q=caf%C3%A9"]);
      assertEquals((yield* until((yield* fetched()).formData())).get("q"), "café");
      const response = yield* fetched();
      const copy = response.clone();
      yield* until(response.text());
      assertEquals(response.bodyUsed, true);
      const again = yield* until(response.text().catch((e: Error) => e.message));
      assertStringIncludes(String(again), "read already");
      assertEquals(yield* until(copy.text()), "q=caf%C3%A9");
      const reader = ((yield* fetched()).body as ReadableStream<Uint8Array>).getReader();
      let text = "", pieces = 0;
      for (;;) {
        const { done, value } = yield* until(reader.read());
        if (done) break;
        assert(value.length >= 1 && value.length <= 4);
        text += new TextDecoder().decode(value);
        pieces++;
      }
      assertEquals(text, "q=caf%C3%A9");
      assert(pieces >= 3);
      assertEquals(net.open, 0);
    });
  });

  test("a body that is not read to its end keeps its connection; cancel gives it back", () => {
    within({ chunk: 2 }, function* (net) {
      net.on("https://api.example/", () => "abcdef");
      const response = yield* until(fetch(URL_A));
      assertEquals(net.open, 1);
      yield* until((response.body as ReadableStream).cancel());
      assertEquals(net.open, 0);
      const other = yield* until(fetch(URL_A));
      const parts = (other.body as ReadableStream<Uint8Array>)[Symbol.asyncIterator]();
      assertEquals((yield* until(parts.next())).value?.length, 2);
      yield* until(parts.return?.() as Promise<unknown>);
      assertEquals(net.open, 0);
    });
  });

  test("bad requests are rejected, bad servers refused at the call", () => {
    within({}, function* (net) {
      for (const url of ["not a url", "ftp://x.example/"]) assertInstanceOf(yield* failing(url), TypeError);
      assertInstanceOf(yield* failing(URL_A, { body: "x" }), TypeError);
      assertThrows(() => net.on("api.example", () => ""), TypeError, "an address such as https://host/");
      assertThrows(() => net.on(URL_A, 3 as never), TypeError, "network.on needs a function");
    });
    assertThrows(
      () => within({ failure: 2 }, suspend as never),
      SimulationError,
      "a probability from 0 to 1, not 2",
    );
    assertThrows(() => within({ latency: [5, 1] }, suspend as never), SimulationError, "latency must be");
    assertThrows(() => simulatedNetwork(), Error, "needs a running greenlet");
  });

  test("what a server throws fails the run, and its client", () => {
    const failure = assertThrows(
      () =>
        within({}, function* (net) {
          net.on("https://api.example/", () => {
            throw new Error("a defect of the server");
          });
          assertStringIncludes(String((yield* failing(URL_A)).cause), "a defect of the server");
        }),
      SimulationError,
    );
    assertEquals(failure.kind, "unhandled");
  });

  test("a request without an answer at the end is a leak, a network of another run is refused", () => {
    const failure = assertThrows(
      () =>
        within({ latency: 50 }, function* (net) {
          net.on("https://api.example/", () => "late");
          void fetch(URL_A);
          yield* sleep(10);
        }),
      SimulationError,
      `a fetch of ${URL_A}`,
    );
    assertEquals(failure.kind, "leak");
    let first: SimulatedNetwork | undefined;
    assertThrows(
      () =>
        within({}, function* (net) {
          yield* until((first ??= net).fetch(URL_A).catch(() => {}));
        }),
      SimulationError,
      "made in another run",
    );
  });
});

const FORM = "application/x-www-form-urlencoded";

describe("network: aborts", () => {
  test("a kill aborts the request at once, and the server's greenlet with it", () => {
    within({ latency: 5 }, function* (net) {
      const log: string[] = [];
      net.on("https://api.example/", function* () {
        try {
          log.push("begins");
          yield* sleep(1_000);
          return "never";
        } catch (error) {
          assert(isKill(error));
          log.push("killed");
          throw error;
        }
      });
      const client = spawn(() => get(URL_A));
      yield* sleep(50);
      yield* client.kill();
      assertEquals([net.requests[0].state, net.open], ["aborted", 0]);
      yield* settle();
      assertEquals([log, performance.now()], [["begins", "killed"], 50]);
    });
  });

  test("a timeout aborts, wherever the request is", () => {
    for (const ms of [2, 8, 12, 17, 23]) {
      within({ latency: 5, chunk: 1, pace: 2 }, function* (net) {
        net.on("https://api.example/", function* () {
          yield* sleep(5);
          return "abcdefgh";
        });
        const controller = new AbortController();
        const got = yield* moveOnAfter(ms, function* () {
          try {
            const response = yield* until(fetch(URL_A, { signal: controller.signal }));
            return yield* until(response.text());
          } finally {
            controller.abort(new Error("enough"));
          }
        });
        assertEquals([got, net.open, net.requests[0].state], [undefined, 0, "aborted"]);
      });
    }
  });

  test("the promise is rejected with the signal's reason", () => {
    within({ latency: 5 }, function* (net) {
      net.on("https://api.example/", () => "x");
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("changed my mind")), 3);
      assertEquals((yield* failing(URL_A, { signal: controller.signal })).message, "changed my mind");
      assertEquals(
        (yield* failing(URL_A, { signal: AbortSignal.abort(new Error("before")) })).message,
        "before",
      );
      assertEquals((yield* failing(URL_A, { signal: AbortSignal.timeout(4) })).name, "TimeoutError");
      assertEquals(net.requests.map(({ state }) => state), ["aborted", "aborted", "aborted"]);
    });
  });

  test("an abort in the middle of a body ends it with the reason", () => {
    within({ chunk: 1, pace: 5 }, function* (net) {
      net.on("https://api.example/", () => "abcdef");
      const controller = new AbortController();
      const response = yield* until(fetch(URL_A, { signal: controller.signal }));
      setTimeout(() => controller.abort(new Error("enough")), 12);
      const error = yield* until(response.text().catch((e: Error) => e));
      assertEquals([(error as Error).message, net.open], ["enough", 0]);
    });
  });
});

describe("network: faults", () => {
  /** How many of each outcome there are in some runs. */
  function tally(options: NetworkOptions, runs = 300): Record<string, number> {
    const counts: Record<string, number> = {};
    const seen = within(options, function* (net) {
      let dealt = 0;
      net.on("https://api.example/", () => {
        dealt++;
        return "0123456789";
      });
      let outcome: string;
      try {
        const response = yield* withTimeout(1_000, () => until((signal) => fetch(URL_A, { signal })));
        outcome = `${response.status}`;
        const text = yield* until(response.text());
        if (response.ok) outcome = text;
      } catch (error) {
        const { name, message, cause } = error as Failure;
        outcome = name === "TimeoutError" ? name : `${message} ${cause.code}`;
      }
      assertEquals(net.open, 0);
      return `${outcome}, dealt with ${dealt}`;
    }, runs);
    for (const one of seen) counts[one] = (counts[one] ?? 0) + 1;
    return counts;
  }

  test("failure refuses or breaks connections, before and after the server has dealt with the request", () => {
    const counts = tally({ failure: 0.5 });
    assertEquals(
      new Set(Object.keys(counts)),
      new Set([
        "0123456789, dealt with 1",
        "fetch failed ECONNREFUSED, dealt with 0",
        "fetch failed ECONNRESET, dealt with 0",
        "fetch failed ECONNRESET, dealt with 1",
      ]),
    );
    const whole = counts["0123456789, dealt with 1"];
    assert(whole > 110 && whole < 190, `${whole} of 300`);
  });

  test("dns, silence, overload and cut do what they say", () => {
    assertEquals(tally({ dns: 1 }, 5), { "fetch failed EAI_AGAIN, dealt with 0": 5 });
    assertEquals(tally({ silence: 1 }, 5), { "TimeoutError, dealt with 0": 5 });
    assertEquals(
      new Set(Object.keys(tally({ overload: 1 }, 50))),
      new Set([
        "500, dealt with 1",
        "503, dealt with 0",
        "429, dealt with 0",
      ]),
    );
    assertEquals(tally({ cut: 1 }, 20), { "terminated UND_ERR_SOCKET, dealt with 1": 20 });
  });

  test("a cut body gives its beginning before it breaks", () => {
    const lengths = within({ cut: 1, chunk: 1 }, function* (net) {
      net.on("https://api.example/", () => "0123456789");
      const reader = ((yield* until(fetch(URL_A))).body as ReadableStream<Uint8Array>).getReader();
      let n = 0;
      try {
        for (;;) n += (yield* until(reader.read())).value?.length ?? 100;
      } catch {
        return n;
      }
    }, 100);
    assertEquals([Math.min(...lengths), Math.max(...lengths)], [0, 9]);
  });

  test("nothing goes wrong, and nothing is drawn, unless it is asked for", () => {
    assertEquals(tally({}, 30), { "0123456789, dealt with 1": 30 });
    const { values } = simulate(function* () {
      const net = simulatedNetwork().on("https://api.example/", () => "x");
      yield* get(URL_A);
      return net.requests.length;
    }, { runs: 1, seed: 5 });
    assertEquals(values, [1]);
  });

  test("the same seeds give the same faults, on every runtime", () => {
    const options: NetworkOptions = {
      latency: [1, 40],
      failure: 0.2,
      overload: 0.2,
      cut: 0.2,
      silence: 0.1,
      chunk: [1, 5],
    };
    const one = () =>
      simulate(function* () {
        simulatedNetwork(options).on("https://api.example/", (request) => `answer to ${request.url}`);
        const all = [1, 2, 3].map((n) =>
          spawn(function* () {
            try {
              return yield* withTimeout(500, () => get(`https://api.example/${n}`));
            } catch (error) {
              return `${(error as Error).message} ${performance.now()}`;
            }
          })
        );
        const seen: string[] = [];
        for (const greenlet of all) seen.push(yield* greenlet);
        return seen.join("|");
      }, { runs: 30 });
    const { fingerprint, steps, values } = one();
    assertEquals(one().values, values);
    assertEquals([fingerprint, steps, values[7]], FAULTS);
  });

  test("a naive retry that orders twice is caught, a safe one passes, the token repeats it", () => {
    const shop = (isSafe: boolean) =>
      function* (): Gen {
        const orders = new Map<string, number>();
        let count = 0;
        simulatedNetwork({ failure: 0.3, latency: [1, 20] }).on("https://shop.example/", function* (request) {
          const key = request.headers.get("idempotency-key") ?? `${++count}`;
          yield* sleep(3);
          orders.set(key, (orders.get(key) ?? 0) + 1);
          return `order ${key}`;
        });
        const key = crypto.randomUUID();
        for (let attempt = 0;; attempt++) {
          try {
            const headers: HeadersInit = isSafe ? { "idempotency-key": key } : {};
            yield* get("https://shop.example/orders", { method: "POST", headers });
            break;
          } catch (error) {
            if (attempt === 20) throw error;
            yield* sleep(2 ** attempt);
          }
        }
        if (orders.size !== 1) throw new Error(`ordered ${orders.size} times`);
      };
    assertEquals(simulate(shop(true)).runs, 200);
    const { token } = assertThrows(() => simulate(shop(false)), SimulationError, "ordered 2 times");
    assertThrows(() => replay(token, shop(false)), SimulationError, "ordered 2 times");
  });
});

describe("network: with the other tools", () => {
  function* twoClients(): Gen<string> {
    simulatedNetwork({ latency: 5 }).on(
      "https://api.example/",
      (() => {
        let n = 0;
        return () => `${++n}`;
      })(),
    );
    const all = ["a", "b"].map((name) => spawn({ name }, () => get(`https://api.example/${name}`)));
    return `${yield* all[0]}${yield* all[1]}`;
  }

  test("exploration sees both orders of two requests, reduced or not", () => {
    for (const reduce of [true, false]) {
      const { values, exhausted } = explore(twoClients, { reduce });
      assertEquals([exhausted, [...new Set(values)].sort()], [true, ["12", "21"]]);
    }
  });

  test("a sweep of kills passes where the signal is given, and finds the request that goes on without", () => {
    const body = (passes: boolean) =>
      function* (): Gen {
        simulatedNetwork({ latency: 5 }).on("https://api.example/", function* () {
          yield* sleep(10);
          return "x";
        });
        const response = yield* until((signal) => fetch(URL_A, passes ? { signal } : {}));
        yield* until(response.text());
      };
    assert(sweep(body(true)).runs > 4);
    assertThrows(() => sweep(body(false)), SimulationError, "a fetch of");
  });

  test("kills by chance hit the body's greenlets and not the servers", () => {
    const { runs } = simulate(function* () {
      simulatedNetwork({ latency: [1, 9] }).on("https://api.example/", function* () {
        yield* sleep(10);
        return "x";
      });
      spawn(() => get(URL_A));
      assertEquals(yield* get(URL_A), "x");
    }, { kills: 3 });
    assertEquals(runs, 200);
  });

  test("works in a plain run on a virtual clock, with the Response of the runtime", async () => {
    const clock = new VirtualClock();
    const seen = await run(function* () {
      const net = simulatedNetwork({ latency: 100, failure: 0.5, seed: 3 });
      net.on("https://api.example/", () => new Response("real", { status: 203 }));
      const outcomes: string[] = [];
      for (let i = 0; i < 6; i++) {
        try {
          const response = yield* until((signal) => net.fetch(URL_A, { signal }));
          outcomes.push(`${response.status} ${yield* until(response.text())}`);
        } catch (error) {
          outcomes.push((error as Failure).cause.code);
        }
      }
      const client = spawn(() => until((signal) => net.fetch(URL_A, { signal })));
      yield* sleep(20);
      yield* client.kill();
      return [outcomes.join(), net.requests.at(-1)?.state, net.open];
    }, { clock });
    assertEquals(seen, PLAIN);
    assert(clock.now() > 600 && clock.now() < 1_300);
  });
});

const FAULTS = ["33675319", 1166, "terminated 59|fetch failed 40|answer to https://api.example/3"];
const PLAIN = ["ECONNRESET,ECONNRESET,203 real,203 real,ECONNREFUSED,203 real", "aborted", 0];
