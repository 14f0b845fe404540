import { once } from "node:events";
import net from "node:net";
import { run, until } from "../../src/mod.ts";
import { StreamServer } from "../../src/net/mod.ts";
import type { Cost, Side, Sides } from "../harness/cost.ts";
import { now } from "../harness/host.ts";
import { python } from "../peers/python.ts";

/** An echo server on some port of this machine, and its end. */
interface Server {
  readonly port: number;
  close(): void;
}

/** What Bun has besides, as far as it is used here. */
interface BunSocket {
  write(data: Uint8Array): number;
}
interface Bun {
  listen(options: object): { port: number; stop(force: boolean): void };
}
const { Bun } = globalThis as { Bun?: Bun };

/**
 * `n` round trips of `bytes` over so many connections at once. The client is the same for all: bare `node:net`, in this
 * process, so the difference between two sides is that of the servers.
 */
async function talk(port: number, connections: number, bytes: number, n: number) {
  const message = new Uint8Array(bytes).fill(7);
  const sockets: net.Socket[] = [];
  for (let i = 0; i < connections; i++) {
    const socket = net.connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    sockets.push(socket);
  }
  let count = 0;
  const start = now();
  await Promise.all(sockets.map((socket, i) =>
    new Promise<void>((done, failed) => {
      let left = Math.floor(n / connections) + (i < n % connections ? 1 : 0);
      let got = 0;
      if (left === 0) return done();
      socket.on("error", failed);
      socket.on("data", (data) => {
        got += data.length;
        if (got < bytes) return;
        got = 0;
        count++;
        if (--left === 0) done();
        else socket.write(message);
      });
      socket.write(message);
    })
  ));
  const total = now() - start;
  for (const socket of sockets) socket.destroy();
  return { count, total };
}

const tendril = (connections: number, bytes: number): Side => (n) =>
  run(function* () {
    const server = new StreamServer("127.0.0.1:0", function* (socket) {
      for (let chunk; (chunk = yield* socket.read()) !== null;) yield* socket.write(chunk);
    }, { onError: () => {} }); // the client goes without a word
    yield* server.start();
    const reading = yield* until(talk(server.port, connections, bytes, n));
    yield* server.stop();
    return reading;
  });

async function bare(): Promise<Server> {
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => socket.write(data));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as net.AddressInfo).port, close: () => server.close() };
}

/** As an async function would be written over `node:net`: with back-pressure, as ours. */
async function awaited(): Promise<Server> {
  const server = net.createServer({ noDelay: true }, async (socket) => {
    try {
      for await (const data of socket) if (!socket.write(data)) await once(socket, "drain");
    } catch { /* the client goes without a word */ }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as net.AddressInfo).port, close: () => server.close() };
}

async function bunListen(bun: Bun): Promise<Server> {
  const socket = { data: (peer: BunSocket, data: Uint8Array) => void peer.write(data) };
  const server = bun.listen({ hostname: "127.0.0.1", port: 0, socket });
  return { port: server.port, close: () => server.stop(true) };
}

const peer = (start: () => Promise<Server>) => (connections: number, bytes: number): Side => async (n) => {
  const server = await start();
  try {
    return await talk(server.port, connections, bytes, n);
  } finally {
    server.close();
  }
};

function sides(connections: number, bytes: number): Sides {
  return {
    tendril: tendril(connections, bytes),
    native: peer(bare)(connections, bytes),
    promise: peer(awaited)(connections, bytes),
    gevent: python("gevent", "echo", connections * 1_000_000 + bytes),
    asyncio: python("asyncio", "echo", connections * 1_000_000 + bytes),
  };
}

const POINTS = [
  { label: "1 connection, 64 B", connections: 1, bytes: 64 },
  { label: "100 connections, 64 B", connections: 100, bytes: 64 },
  { label: "10 connections, 64 KB", connections: 10, bytes: 65_536 },
];

export const cost: Cost = {
  name: "echo",
  title: "echo over TCP, a round trip",
  unit: "µs",
  notes: [
    "A server that sends back what comes, on loopback. An operation is one round trip; all connections are busy at once.",
    "`StreamServer`, bare `node:net` with callbacks (native), and an async function over `node:net`; the client is bare `node:net` in the same process for all three. gevent's `StreamServer` and asyncio's streams have a client of their own kind.",
    ...(Bun === undefined
      ? []
      : ["Bun.listen: native is Bun's own server; its client is the same as for the others."]),
  ],
  points: POINTS.flatMap(({ label, connections, bytes }) => [
    { label, sides: sides(connections, bytes), quickSize: 500 },
    ...(Bun === undefined ? [] : [{
      label: `${label}; Bun.listen`,
      sides: { tendril: tendril(connections, bytes), native: peer(() => bunListen(Bun))(connections, bytes) },
      quickSize: 500,
    }]),
  ]),
};
