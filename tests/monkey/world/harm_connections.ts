/** Connections that several use, one after the other, and what belongs to their pools. */
import { type Greenlet, run, sleep, spawn, until } from "tendril";
import { check, expectBody, type Getter, type Play, type Scene, start } from "./harm_kit.ts";

async function httpAgent(): Promise<Getter> {
  const { default: http } = await import("node:http");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  return (url) =>
    new Promise((resolve, reject) => {
      http.get(url, { agent }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => text += part);
        response.on("end", () => resolve(text)).on("error", reject);
      }).on("error", reject);
    });
}

async function undiciAgent(): Promise<Getter> {
  const { default: undici } = await import("undici");
  const dispatcher = new undici.Agent({ connections: 1 });
  return async (url) => await (await undici.request(url, { dispatcher })).body.text();
}

const nativeFetch = (): Promise<Getter> => Promise.resolve(async (url) => await (await fetch(url)).text());

/** The greenlet that has opened a connection is killed later: idle in its pool, or in the hands of somebody else. */
function nextUser(make: () => Promise<Getter>): Play {
  return async (observer) => {
    const get = await make();
    const place = await observer.open({ at: "echo", pieces: 4, pauseMs: 20 });
    await run(function* () {
      const openers: Greenlet<unknown>[] = [];
      for (let i = 0; i < 2; i++) {
        const opener = spawn(function* () {
          yield* expectBody(get, place, 10 + i, 500);
          yield* sleep(60_000);
        });
        openers.push(opener);
        yield* until(place.until(() => place.requestCount === openers.length, "the request"));
        yield* sleep(150);
      }
      yield* openers[0].kill(); // the connection is idle
      yield* expectBody(get, place, 1, 5000);
      const user = spawn(() => expectBody(get, place, 2, 5000));
      user.linkException(() => {});
      yield* until(place.until(() => place.requestCount === 4, "the request of the next user"));
      yield* sleep(10);
      yield* openers[1].kill(); // the connection is in use
      yield* user.get();
      yield* expectBody(get, place, 3, 5000);
    });
    check(place.count("connected") === 1, `the connection was not kept: ${place.story()}`);
    await place.close();
  };
}

/** Kills at every stage of a request; after each, the same client has to serve the next one. */
function usableAfterwards(make: () => Promise<Getter>): Play {
  return async (observer) => {
    const get = await make();
    const place = await observer.open({ at: "echo", pieces: 5, pauseMs: 10 });
    await run(function* () {
      for (const ms of [0, 1, 5, 15, 30, 45]) {
        const victim = yield* start(() => get(`${place.origin}/7/9000`));
        yield* sleep(ms);
        yield* victim.kill();
        yield* expectBody(get, place, ms, 3000);
      }
    });
    await place.close();
  };
}

export const connectionScenes: readonly Scene[] = [
  { name: "the next user of a kept connection > http.Agent", play: nextUser(httpAgent) },
  // The pools of the others open a second connection when they like.
  {
    name: "the next user of a kept connection > undici.Agent",
    runtimes: ["deno", "node"],
    play: nextUser(undiciAgent),
  },
  { name: "a client after a kill at any stage > http.Agent", play: usableAfterwards(httpAgent) },
  { name: "a client after a kill at any stage > undici.Agent", play: usableAfterwards(undiciAgent) },
  { name: "a client after a kill at any stage > fetch", play: usableAfterwards(nativeFetch) },
  {
    name: "undici's shared timers",
    runtimes: ["deno", "node"], // Bun's own undici has no bodyTimeout
    async play(observer) {
      const { default: undici } = await import("undici");
      const dispatcher = new undici.Agent({ bodyTimeout: 1200, headersTimeout: 1200 });
      const get: Getter = async (url) => await (await undici.request(url, { dispatcher })).body.text();
      const stalls = await observer.open({ at: "echo", pieces: 2, pauseMs: 10_000 });
      const works = await observer.open({ at: "echo" });
      await run(function* () {
        // The first one sets the timer that all share, and is killed.
        const victim = yield* start(() => get(`${stalls.origin}/1/100`));
        yield* until(stalls.until(() => stalls.requestCount === 1, "the request"));
        yield* victim.kill();
        yield* expectBody(get, works, 2, 1000);
        const waits = yield* start(() => get(`${stalls.origin}/3/100`));
        yield* waits.join({ timeout: 6000 });
        check(waits.ready, "undici's timeout of a later request never came");
        const { code } = waits.exception as { code?: string };
        check(code === "UND_ERR_HEADERS_TIMEOUT", `it failed by ${waits.exception}`);
      });
      await dispatcher.destroy();
      await Promise.all([stalls.close(), works.close()]);
    },
  },
  {
    name: "an http.Agent whose line a killed request stood in",
    async play(observer) {
      const { default: http } = await import("node:http");
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const get: Getter = (url) =>
        new Promise((resolve, reject) => {
          http.get(url, { agent }, (response) => {
            let text = "";
            response.setEncoding("utf8").on("data", (part: string) => text += part).on("end", () =>
              resolve(text));
          }).on("error", reject);
        });
      const place = await observer.open({ at: "echo", pieces: 4, pauseMs: 30 });
      await run(function* () {
        const first = spawn(() => expectBody(get, place, 1, 3000));
        first.linkException(() => {});
        yield* until(place.until(() => place.requestCount === 1, "the first request"));
        const waits = yield* start(() => get(`${place.origin}/2/3000`));
        const last = spawn(() => expectBody(get, place, 3, 3000));
        last.linkException(() => {});
        yield* sleep(5);
        yield* waits.kill();
        yield* first.get();
        yield* last.get();
      });
      const asked = place.seen.filter(({ what }) => what === "request").map(({ text }) => text);
      check(asked.join() === "GET /1/3000,GET /3/3000", `the server saw ${asked.join()}`);
      check(Object.keys(agent.requests).length === 0, `in line: ${Object.keys(agent.requests)}`);
      agent.destroy();
      await place.close();
    },
  },
];
