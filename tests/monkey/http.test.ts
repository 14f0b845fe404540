/** Requests of node:http that die with their greenlet (S-87), whoever makes them. */
import http from "node:http";
import https from "node:https";
import net from "node:net";
import axios from "axios";
import got from "got";
import fetchOfNode from "node-fetch";
import { all, type Greenlet, GreenletExit, run, spawn, until, withTimeout } from "../../src/mod.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { stops } from "./endings.ts";
import { type Observed, patched, reach, turns } from "./kit.ts";
import { lettersOf } from "./letter.ts";

/** What `http.get` gives, to its end. */
function get(url: string, options: http.RequestOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    http.get(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => text += part);
      response.on("end", () => resolve(text)).on("error", reject);
    }).on("error", reject);
  });
}

/** An agent that is no `http.Agent`, as old proxy agents are: it gives sockets when it likes. */
function foreignAgent(): http.Agent {
  return {
    addRequest(request: { onSocket(socket: net.Socket): void }, options: net.TcpNetConnectOpts) {
      const { host, port } = options;
      queueMicrotask(() => request.onSocket(net.connect({ host, port })));
    },
  } as unknown as http.Agent;
}

const clients: Record<string, (url: string) => Promise<unknown>> = {
  "http.get": (url) => get(url),
  "http.get, agent: false": (url) => get(url, { agent: false }),
  "http.get, an agent": async (url) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    try {
      return await get(url, { agent });
    } finally {
      agent.destroy();
    }
  },
  "http.get, createConnection": (url) =>
    get(url, { createConnection: (options) => net.connect(options as net.TcpNetConnectOpts) }),
  "http.get, a foreign agent": (url) => get(url, { agent: foreignAgent() }),
  "axios": (url) => axios.get(url),
  "got": (url) =>
    got(url, { retry: { limit: 3, calculateDelay: ({ attemptCount }) => attemptCount > 3 ? 0 : 20 } }).text(),
  // Bun has put its own in the place of this package: see the loader entries.
  ...runtime === "bun" ? {} : { "node-fetch": async (url: string) => await (await fetchOfNode(url)).text() },
};

describe("requests in a greenlet", () => {
  for (const [name, use] of Object.entries(clients)) {
    for (const at of ["connect", "headers", "body"] as const) {
      test(
        `S-87 ${name}: stops at ${at}`,
        () => stops(() => ({ at }), ({ origin }) => use(`${origin}/cell`)),
        {
          timeout: 20_000,
        },
      );
    }
  }

  test(
    "S-87 the request and its response hear the reason, and a retry is refused without a socket",
    patched((server) =>
      run(function* () {
        const reason = new Error("closing time");
        const heard: unknown[] = [];
        let answered = false;
        const retry = () =>
          get(server.url + "/ok/retry", { agent: false }).then((text) => heard.push(text), (e) =>
            heard.push(e));
        const g: Greenlet<unknown> = spawn(async () => {
          const request = http.get(server.url + "/drip", (response) => {
            response.on("data", () =>
              answered = true).on("error", (e) => {
                heard.push(e);
                setTimeout(retry, 5); // of a library that waits before it tries again
              });
          });
          request.on("error", (e) => heard.push(e));
          await new Promise((resolve) => request.on("close", resolve));
        });
        g.linkException(() => {});
        yield* reach(() => answered, "a response");
        yield* g.kill(reason);
        yield* reach(() => server.count("closed /drip") === 1, "closed");
        yield* reach(() => heard.length === 3, "three errors");
        assert(
          heard.every((e) => e === reason),
          String(heard),
        );
        assertEquals(server.count("request /ok/retry"), 0);
      })
    ),
  );

  test(
    "S-87 a refused request is destroyed later and not at the call, also when nobody listens",
    patched((server) =>
      run(function* () {
        let request: http.ClientRequest | undefined;
        let before: unknown;
        const g = spawn(async () => {
          await get(server.url + "/hang").catch(() => {});
          request = http.request(server.url + "/ok/refused", { method: "POST" });
          request.on("close", () => before ??= "close");
          before = undefined;
          request.end("body");
          before = "returned";
        });
        yield* reach(() => server.count("request /hang") === 1, "a request");
        yield* g.kill();
        yield* reach(() => request?.destroyed === true && request.closed !== false, "destroyed");
        yield* until(turns());
        assertEquals(before, "returned");
        assertEquals(server.count("request /ok/refused"), 0);
      })
    ),
  );

  test(
    "S-87 who waits in the agent's line leaves it, and the others are served",
    patched((server) =>
      run(function* () {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const first = spawn(() => get(server.url + "/hang/first", { agent }));
        yield* reach(() => server.count("request /hang/first") === 1, "the first");
        let heard: unknown;
        const second = spawn(() => get(server.url + "/ok/second", { agent }).catch((e) => heard = e));
        const third = spawn(() => get(server.url + "/ok/third", { agent }));
        yield* until(turns());
        assertEquals(Object.values(agent.requests).flat().length, 2);
        yield* second.kill();
        assertEquals(Object.values(agent.requests).flat().length, 1);
        yield* reach(() => heard instanceof GreenletExit, "the kill");
        yield* first.kill();
        assertEquals(yield* third, "body of /ok/third");
        assertEquals(server.count("request /ok/second"), 0);
        assertEquals(server.count("closed /hang/first"), 1);
        agent.destroy();
      })
    ),
  );

  test(
    "a socket that went back to its agent is nobody's: the kill of who opened it hurts no later user",
    patched((server) =>
      run(function* () {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const opener = spawn(async () => {
          await get(server.url + "/ok/opener", { agent });
          await get(server.url + "/hang/elsewhere", { agent: false });
        });
        yield* reach(() => server.count("request /hang/elsewhere") === 1, "the opener is elsewhere");
        const user = spawn(() => get(server.url + "/drip/user", { agent }));
        yield* reach(() => server.count("request /drip/user") === 1, "the next user");
        yield* opener.kill();
        yield* reach(() => server.count("closed /hang/elsewhere") === 1, "closed");
        yield* until(turns());
        assertEquals(server.count("closed /drip/user"), 0);
        yield* user.kill();
        yield* reach(() => server.count("closed /drip/user") === 1, "closed");
        assertEquals(yield* until(get(server.url + "/ok/next", { agent })), "body of /ok/next");
        agent.destroy();
      })
    ),
  );

  test(
    "many greenlets on one agent, every other one killed at some moment: the rest is served",
    patched((server) =>
      run(function* () {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 3 });
        const rest: Greenlet<string>[] = [];
        const killed: Greenlet<unknown>[] = [];
        for (let i = 0; i < 20; i++) {
          killed.push(spawn(() => get(`${server.url}/hang/${i}`, { agent })));
          rest.push(spawn(() => get(`${server.url}/ok/${i}`, { agent })));
        }
        for (const g of killed) {
          yield* until(turns(3));
          yield* g.kill();
        }
        assertEquals(yield* all(rest), rest.map((_, i) => `body of /ok/${i}`));
        assertEquals(Object.keys(agent.requests), []);
        agent.destroy();
      })
    ),
  );

  test(
    "what a response's listener begins belongs to the same greenlet",
    patched((server) =>
      run(function* () {
        const g = spawn(() =>
          new Promise(() => {
            http.get(server.url + "/ok", (response) => {
              response.on("end", () => http.get(server.url + "/hang").on("error", () => {})).resume();
            });
          })
        );
        yield* reach(() => server.count("request /hang") === 1, "the second request");
        yield* g.kill();
        yield* reach(() => server.count("closed /hang") === 1, "closed");
      })
    ),
  );

  test(
    "an upload is stopped",
    patched((server) =>
      run(function* () {
        const g = spawn(() =>
          new Promise((_, reject) => {
            const request = http.request(server.url + "/hang", { method: "POST" }).on("error", reject);
            const more = () =>
              request.destroyed || request.write("x".repeat(10_000), () => setTimeout(more, 1));
            more();
          })
        );
        yield* reach(() => server.count("request /hang") === 1, "a request");
        yield* g.kill();
        yield* reach(() => server.count("closed /hang") === 1, "closed");
      })
    ),
  );

  test(
    "a greenlet that ends by itself closes nothing, and a response that was read is out of reach",
    patched((server) =>
      run(function* () {
        let text: Promise<string> | undefined;
        yield* spawn(() => {
          text = get(server.url + "/ok");
          return 1;
        });
        assertEquals(yield* until(text as Promise<string>), "body of /ok");
        const g = spawn(async () => {
          await get(server.url + "/ok");
          await new Promise(() => {});
        });
        yield* reach(() => server.count("answered /ok") === 2, "answered");
        yield* until(turns());
        yield* g.kill();
      })
    ),
  );

  test(
    "a timeout ends what was begun in it and nothing else",
    patched((server) =>
      run(function* () {
        const outside = get(server.url + "/hang/outside").catch((e) => e);
        const late = yield* withTimeout(1_000, () => get(server.url + "/hang/inside"), { value: "late" });
        assertEquals(late, "late");
        yield* reach(() => server.count("closed /hang/inside") === 1, "closed");
        yield* until(turns());
        assertEquals(server.count("closed /hang/outside"), 0);
        void outside;
      })
    ),
  );
});

describe("requests outside of greenlets", () => {
  test("S-86 look and fail as ever", () => {
    const what = () => ({
      addRequest: lettersOf(http.Agent.prototype, "addRequest"),
      onSocket: lettersOf(http.ClientRequest.prototype, "onSocket"),
      get: lettersOf(http, "get"),
      request: lettersOf(https, "request"),
    });
    const before = what();
    const patches = patchAll({ sync: "off" });
    assertEquals({ ...what(), addRequest: before.addRequest, onSocket: before.onSocket }, before);
    assertEquals(what().addRequest.face, before.addRequest.face);
    assertEquals(what().onSocket.face, before.onSocket.face);
    patches[Symbol.dispose]();
    assertEquals(what(), before);
  });

  const bad: [string, () => unknown][] = [
    ["no URL", () => http.get("::bad")],
    ["a wrong protocol", () => http.get("https://127.0.0.1/")],
    ["a wrong agent", () => http.get("http://127.0.0.1/", { agent: {} as http.Agent })],
    ["a path with spaces", () => http.request({ path: "a b" })],
  ];
  for (const [name, f] of bad) {
    test(`S-86 ${name} throws the same at the call, inside and outside`, async () => {
      const thrown = (f: () => unknown) => {
        const error = assertThrows(f) as Error & { code?: string };
        return [error.name, error.code, error.message];
      };
      const before = thrown(f);
      using _patches = patchAll({ sync: "off" });
      assertEquals(thrown(f), before);
      assertEquals(await run(() => thrown(f)), before);
    });
  }

  test(
    "S-86 a request of nobody is never bound, also when it gets its socket in a greenlet",
    patched(async (server: Observed) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      let error: unknown;
      const first = http.get(server.url + "/hang/first", { agent }).on("error", (e) => error = e);
      const second = get(server.url + "/ok/second", { agent });
      await turns();
      await run(function* () {
        const g = spawn(() => {
          first.destroy(new Error("by hand"));
          return new Promise(() => {});
        });
        yield* reach(() => server.count("answered /ok/second") === 1, "answered");
        yield* g.kill();
      });
      assertEquals(await second, "body of /ok/second");
      assertInstanceOf(error, Error);
      assertStrictEquals((error as Error).message, "by hand");
      agent.destroy();
    }),
  );
});
