/** Sockets of node:net and node:tls that are closed with their greenlet (S-87), and those that must not be. */
import http from "node:http";
import net, { type Socket } from "node:net";
import process from "node:process";
import tls from "node:tls";
import * as undici from "undici";
import { all, run, spawn, until, withTimeout } from "../../src/mod.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, runtime, test, testOn } from "../harness.ts";
import { stops, type Use } from "./endings.ts";
import { patched, reach, turns } from "./kit.ts";
import { lettersOf } from "./letter.ts";
import { held, leftSince } from "./world/held.ts";

/** Waits for a socket's end, as most programs do. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.on("data", () => {}).on("error", reject).on("end", resolve).on("close", resolve);
  });
}

const host = "127.0.0.1";
const hello = (socket: Socket) => socket.on("connect", () => socket.write("hello\n"));

const uses: Record<string, Use> = {
  "net.connect": ({ port }) => closed(hello(net.connect(port, host))),
  "net.connect, options": ({ port }) => closed(hello(net.connect({ port, host }))),
  "net.connect, by a name": ({ port }) => closed(hello(net.connect({ port, host: "localhost", family: 4 }))),
  "new Socket().connect": ({ port }) => closed(hello(new net.Socket().connect(port, host))),
  "for await": async ({ port }) => {
    for await (const _piece of hello(net.connect(port, host)));
  },
  "tls.connect": ({ port }) => closed(tls.connect({ port, host })),
  "tls.connect, over a socket": ({ port }) => closed(tls.connect({ socket: net.connect(port, host) })),
};

/** A server that keeps what comes, and whose sockets can be looked at. */
async function listen(): Promise<
  { port: number; sockets: Socket[]; open(): number; got: string[]; close(): void }
> {
  const sockets: Socket[] = [];
  const got: string[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on("data", (data) => got.push(String(data))).on("error", () => {}).on(
      "end",
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    sockets,
    got,
    open: () => sockets.filter((socket) => !socket.destroyed).length,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe("sockets of a greenlet", () => {
  for (const [name, use] of Object.entries(uses)) {
    const isTls = name.startsWith("tls");
    for (const at of ["connect", "headers", "body"] as const) {
      if (at === "body" && isTls) continue;
      test(`S-87 ${name}: closed at ${at}`, async () => {
        const before = await held();
        await stops(() => at === "body" ? { at, raw: true } : { at }, use);
        assertEquals(await leftSince(before, 1_500, () => 0), "");
      }, { timeout: 20_000 });
    }
  }

  test(
    "S-87 the socket hears the reason; nobody listens, and nothing is thrown; a retry connects to nobody",
    patched(async () => {
      const server = await listen();
      await run(function* () {
        const reason = new Error("closing time");
        const seen: unknown[] = [];
        let quiet: Socket | undefined;
        const g = spawn(async () => {
          quiet = hello(net.connect(server.port, host));
          await closed(hello(net.connect(server.port, host))).catch((error) => seen.push(error));
          await closed(net.connect(server.port, host)).catch((error) => seen.push(error));
          setTimeout(() => closed(net.connect(server.port, host)).catch((error) => seen.push(error)), 5);
        });
        g.linkException(() => {});
        yield* reach(() => server.got.length === 2, "both connected");
        yield* g.kill(reason);
        yield* reach(() => seen.length === 3, "three errors");
        assert(seen.every((error) => error === reason), String(seen));
        yield* reach(() => server.open() === 0, "closed");
        assert(quiet?.destroyed);
        assertEquals(server.sockets.length, 2);
      });
      server.close();
    }),
  );

  test(
    "its cleanup may say goodbye first",
    patched(async () => {
      const server = await listen();
      await run(function* () {
        const g = spawn(function* () {
          const socket = hello(net.connect(server.port, host));
          try {
            yield* until(closed(socket));
          } finally {
            yield* until(new Promise((resolve) => socket.end("goodbye\n", () => resolve(0))));
          }
        });
        yield* reach(() => server.got.length === 1, "connected");
        yield* g.kill();
        yield* reach(() => server.got.join("") === "hello\ngoodbye\n", "goodbye");
        yield* reach(() => server.open() === 0, "closed");
      });
      server.close();
    }),
  );

  test(
    "a timeout closes what was opened in it and nothing else, and a greenlet that ends closes nothing",
    patched(async () => {
      const server = await listen();
      await run(function* () {
        const outer = hello(net.connect(server.port, host));
        outer.on("error", () => {});
        const left = (yield* spawn(() => hello(net.connect(server.port, host)))) as Socket;
        yield* reach(() => server.got.length === 2, "connected");
        const late = yield* withTimeout(1_000, () => closed(net.connect(server.port, host)), {
          value: "late",
        });
        assertEquals(late, "late");
        yield* reach(() => server.sockets.length === 3 && server.open() === 2, "one closed");
        yield* until(turns());
        assert(!outer.destroyed && !left.destroyed);
        outer.destroy();
        left.destroy();
      });
      server.close();
    }),
  );
});

describe("sockets that are not a greenlet's alone", () => {
  test(
    "one that another greenlet has written to is left open, and so is one that nobody's code has",
    patched(async () => {
      const server = await listen();
      const hellos = () => server.got.filter((text) => text.includes("hello")).length;
      for (const [i, by] of ["greenlet", "nobody"].entries()) {
        let socket: Socket | undefined;
        let write: (() => void) | undefined;
        const outside = new Promise<void>((resolve) => write = resolve).then(() => socket?.write("more\n"));
        await run(function* () {
          const opener = spawn(() => {
            socket = hello(net.connect(server.port, host));
            return new Promise(() => {});
          });
          yield* reach(() => hellos() === i + 1, "connected");
          if (by === "greenlet") yield* spawn(() => void socket?.write("more\n"));
          else {
            write?.();
            yield* until(outside);
          }
          yield* opener.kill();
          yield* until(turns());
          assert(!socket?.destroyed, by);
          assertEquals(
            Object.getOwnPropertyNames(socket).filter((n) => ["write", "end", "emit"].includes(n)),
            [],
          );
          socket?.destroy();
        });
      }
      server.close();
    }),
  );

  test(
    "a pool whose connecting socket is killed connects for the next in line",
    patched(async () => {
      const server = await listen();
      await run(function* () {
        // One connection at a time; who fails to connect makes room for the next.
        const line: (() => void)[] = [];
        let isBusy = false;
        const connect = () =>
          new Promise<Socket>((resolve, reject) => {
            const start = () => {
              isBusy = true;
              const socket = net.connect(server.port, host);
              socket.once("connect", () => resolve(socket)).once("error", (error) => {
                isBusy = false;
                line.shift()?.();
                reject(error);
              });
            };
            if (isBusy) line.push(start);
            else start();
          });
        const first = spawn(() => connect());
        const second = spawn(() => connect());
        yield* until(Promise.resolve());
        yield* first.kill();
        const socket = yield* second;
        assert(!socket.destroyed);
        socket.destroy();
      });
      server.close();
    }),
  );

  test(
    "a client that many share connects again, if its greenlet is over since some time",
    patched(async () => {
      const server = await listen();
      let tries = 0;
      let current: Socket | undefined;
      // As ioredis does: with a pause, from the listener of the socket that was lost.
      const connect = () => {
        tries++;
        current = net.connect(server.port, host).on("error", () => {}).on(
          "close",
          () => setTimeout(connect, 100),
        );
      };
      await run(function* () {
        const g = spawn(() => {
          connect();
          return new Promise(() => {});
        });
        yield* reach(() => server.open() === 1, "connected");
        yield* g.kill();
        yield* reach(() => server.open() === 0, "closed");
        yield* reach(() => server.open() === 1, "connected again");
        assert(runtime === "deno" || tries > 5, `after ${tries} tries`);
      });
      current?.removeAllListeners("close").destroy();
      server.close();
    }),
  );

  test(
    "fetch by many greenlets, of which some are killed while they connect: the others are served",
    patched((server) =>
      run(function* () {
        for (let round = 0; round < 5; round++) {
          const many = Array.from({ length: 10 }, (_, i) =>
            spawn(async () => {
              for (let n = 0; n < round; n++) await null;
              return await (await fetch(`${server.url}/ok/${i}`)).text();
            }));
          for (let n = 0; n < round; n++) yield* until(Promise.resolve());
          for (const i of [0, 4, 9]) yield* many[i].kill();
          const rest = many.filter((_, i) => ![0, 4, 9].includes(i));
          assertEquals((yield* all(rest)).length, 7);
        }
      })
    ),
  );

  // Bun has put its own in the place of this package.
  testOn(
    ["node", "deno"],
    "an undici Pool with one connection, whose first user is killed while it connects: the second is served",
    patched((server) =>
      run(function* () {
        for (let round = 0; round < 6; round++) {
          const pool = new undici.Pool(server.url, { connections: 1 });
          const get = async (path: string) => (await pool.request({ path, method: "GET" })).body.text();
          const first = spawn(() => get("/ok/first"));
          const second = spawn(() => get("/ok/second"));
          if (round < 5) { for (let n = 0; n < round; n++) yield* until(Promise.resolve()); }
          else yield* until(turns(1));
          yield* first.kill();
          assertEquals(yield* second, "body of /ok/second");
          const third = spawn(async () => {
            await get("/ok/third");
            await new Promise(() => {});
          });
          yield* reach(() => server.count("answered /ok/third") === round + 1, "the third");
          yield* third.kill();
          assertEquals(yield* spawn(() => get("/ok/fourth")), "body of /ok/fourth");
          yield* until(pool.close());
        }
      })
    ),
  );

  test(
    "an agent's sockets, also of an agent that connects later and by itself",
    patched((server) =>
      run(function* () {
        // As agent-base does: the socket is opened in the name of who asks, and later than createSocket.
        class Later extends http.Agent {
          declare keepSocketAlive: (socket: Socket) => boolean;
          createSocket(request: http.ClientRequest, options: object, done: (e: unknown, s?: Socket) => void) {
            Promise.resolve().then(() => {
              const { host, port } = options as { host: string; port: number };
              const made = net.connect({ host, port });
              this.createConnection = () => made;
              (http.Agent.prototype as unknown as { createSocket(...args: unknown[]): void }).createSocket
                .call(this, request, options, done);
            });
          }
        }
        const agent = new Later({ keepAlive: true, maxSockets: 1 });
        const get = (path: string) =>
          new Promise<void>((resolve, reject) => {
            http.get(server.url + path, { agent }, (response) => {
              response.on("end", resolve).on("error", reject).resume();
            }).on("error", reject);
          });
        const opener = spawn(async () => {
          await get("/ok/opener");
          await new Promise(() => {});
        });
        yield* reach(() => server.count("answered /ok/opener") === 1, "the opener");
        yield* until(turns());
        const user = spawn(() => get("/drip/user"));
        yield* reach(() => server.count("request /drip/user") === 1, "the user");
        yield* opener.kill();
        yield* until(turns());
        assertEquals(server.count("closed /drip/user"), 0);
        yield* user.kill();
        yield* reach(() => server.count("closed /drip/user") === 1, "closed");
        agent.destroy();
      })
    ),
  );
});

describe("sockets outside of greenlets", () => {
  test("S-86 look and fail as ever, and get nothing of ours", async () => {
    const http2 = process.getBuiltinModule("node:http2");
    const places: [object, string][] = [
      [net.Socket.prototype, "connect"],
      [net, "connect"],
      [tls, "connect"],
      [http2, "connect"],
      [http.Agent.prototype, "createSocket"],
    ];
    const letters = () => places.map(([object, name]) => lettersOf(object, name));
    const faults = () =>
      [
        () => net.connect({} as net.NetConnectOpts),
        () => net.connect(70_000, host),
        () => new net.Socket().connect({ port: "bad" } as unknown as net.SocketConnectOpts),
      ].map((f) => {
        const { name, code, message } = assertThrows(f) as Error & { code?: string };
        return [name, code, message];
      });
    const before = letters(), expected = faults();
    const patches = patchAll({ sync: "off" });
    try {
      assertEquals(letters().map((l) => l.face), before.map((l) => l.face));
      assertEquals(faults(), expected);
      assertEquals(await run(() => faults()), expected);
      const server = await listen();
      const socket = net.connect(server.port, host);
      const own = Object.getOwnPropertyNames(socket).filter((name) =>
        ["write", "end", "emit"].includes(name)
      );
      assertEquals(own, []);
      socket.destroy();
      server.close();
    } finally {
      patches[Symbol.dispose]();
    }
    letters().forEach((l, i) => assertStrictEquals(l.value, before[i].value));
  });
});
