/** WebSockets that are closed with their greenlet (S-87). */
import { GreenletExit, run, spawn, until } from "../../src/mod.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { stops } from "./endings.ts";
import { lettersOf } from "./letter.ts";
import { held, leftSince } from "./world/held.ts";
import { Observer } from "./world/observer.ts";

/** A message that never comes. */
async function use(url: string): Promise<void> {
  const socket = new WebSocket(url.replace("http", "ws"));
  await new Promise((resolve, reject) => {
    socket.onerror = reject;
    socket.onmessage = (event) => event.data === "never" && resolve(0);
  });
}

function disposable(observer: Observer): Observer & AsyncDisposable {
  return Object.assign(observer, { [Symbol.asyncDispose]: () => observer.stop() });
}

describe("WebSockets of a greenlet", () => {
  for (const at of ["connect", "headers", "open"] as const) {
    // Node's connections are made by a pool, which goes on connecting.
    if (at === "connect" && runtime === "node") continue;
    test(`S-87 closed at ${at}`, async () => {
      const before = await held();
      await stops(() => ({ at }), ({ origin }) => use(origin));
      assertEquals(await leftSince(before, 1_500, () => 0), "");
    }, { timeout: 20_000 });
  }

  test("S-87 one that is opened in the name of a killed block fails, and connects to nobody", async () => {
    await using observer = disposable(new Observer());
    const observed = await observer.open({ at: "open" });
    using _patches = patchAll({ sync: "off" });
    await run(function* () {
      let first: unknown;
      let socket!: WebSocket;
      let event = "";
      const g = spawn(async () => {
        await new Promise((resolve) => {
          first = new WebSocket(observed.origin.replace("http", "ws"));
          (first as WebSocket).onclose = resolve;
        });
        socket = new WebSocket(observed.origin.replace("http", "ws") + "/again");
        socket.onclose = () => event = "close";
      });
      yield* until(observed.reached());
      yield* g.kill();
      assertInstanceOf(g.value, GreenletExit);
      while (event === "") yield* until(new Promise((resolve) => setTimeout(resolve, 5)));
      assertInstanceOf(socket, WebSocket);
      assertEquals(socket.readyState, WebSocket.CLOSED);
      assert(socket.url.endsWith("/again"), socket.url);
    });
    assertEquals(observed.count("connected"), 1);
  });

  test("a greenlet that ends by itself leaves it open", async () => {
    await using observer = disposable(new Observer());
    const observed = await observer.open({ at: "open" });
    using _patches = patchAll({ sync: "off" });
    const socket = await run(() => new WebSocket(observed.origin.replace("http", "ws")));
    await observed.reached();
    assertEquals(socket.readyState, WebSocket.OPEN);
    assertEquals(observed.count("closed"), 0);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
  });
});

describe("WebSocket outside of greenlets", () => {
  test("S-86 looks and fails as ever, as a class and as the parent of one", async () => {
    const Before = WebSocket;
    const letters = lettersOf(globalThis, "WebSocket");
    const statics = () => [WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED];
    const faults = () =>
      [
        () => new WebSocket("::bad"),
        () => new WebSocket("ws://127.0.0.1:1/", "a b"),
        () => (WebSocket as unknown as (url: string) => void)("ws://127.0.0.1:1/"),
        () => new (WebSocket as unknown as new () => void)(),
      ].map((f) => {
        const error = assertThrows(f) as Error;
        return [error.name, error.message];
      });
    const before = [statics(), faults()];
    const patches = patchAll({ sync: "off" });
    try {
      const { enumerable, configurable, ...face } = lettersOf(globalThis, "WebSocket").face;
      assertEquals({ enumerable, configurable, ...face, writable: letters.face.writable }, letters.face);
      assertStrictEquals(WebSocket.prototype, Before.prototype);
      assertEquals([statics(), faults()], before);
      assertEquals(await run(() => [statics(), faults()]), before);
      class Own extends WebSocket {
        readonly mine = 1;
      }
      for (const inside of [false, true]) {
        const make = () => new Own("ws://127.0.0.1:1/");
        const socket = inside ? await run(make) : make();
        assert(socket instanceof Own && socket instanceof WebSocket && socket instanceof Before);
        assertEquals(socket.mine, 1);
        await new Promise((resolve) => {
          socket.onclose = resolve;
          if (socket.readyState === WebSocket.CLOSED) resolve(0);
        });
      }
    } finally {
      patches[Symbol.dispose]();
    }
    assertStrictEquals(WebSocket, Before);
  });
});
