/** The servers of the observer, one for each moment: see protocol.ts. */
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { openPipe, watchProcess } from "./local_places.ts";
import { bytesOf, type Place, type Seen } from "./protocol.ts";
import { openUnconnected } from "./unconnected.ts";

export interface Opened {
  /** Zero where there is none. */
  readonly port: number;
  close(): void | Promise<void>;
}

/** Tells what has been seen. */
export type See = (what: Seen["what"], connection: number, text?: string) => void;

/** Milliseconds between two pieces of a body. */
export const DRIP = 10;

export function openPlace(place: Place, see: See): Promise<Opened> {
  switch (place.at) {
    case "connect":
      return openUnconnected(see);
    case "headers":
      return observe(see, () => ({ request: (n) => see("reached", n) }));
    case "body":
      return observe(see, (socket, n) => {
        const drip = dripper(socket, () => see("reached", n));
        if (place.raw) drip("");
        return { request: () => drip(HEAD) };
      });
    case "retry":
      return observe(see, (socket, n) => ({
        request() {
          if (place.reset) socket.resetAndDestroy();
          else socket.end(BUSY);
          // By then the client has seen it, and waits before it tries again.
          setTimeout(() => see("reached", n), 30);
        },
      }));
    case "open":
      return observe(see, openWebSocket(see));
    case "behind":
      return observe(see, forward(place.url, place.text, see));
    case "lookup":
      return openNameServer(see);
    case "pipe":
      return openPipe(place.path, see);
    case "process":
      return Promise.resolve(watchProcess(place.mark, see));
    case "echo":
      return openEcho(place.pieces ?? 1, place.pauseMs ?? 0, see);
  }
}

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000000\r\n\r\n[";
const BUSY = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

interface Connection {
  /** A whole request head, or a piece of something that is no HTTP. */
  request?(number: number, head: string): void;
  /** Everything, as it comes. */
  data?(chunk: Buffer): void;
  /** The client has gone. */
  closed?(): void;
}

/** A server whose connections are counted and reported, each as soon as its client has let go of it. */
function observe(see: See, serve: (socket: Socket, number: number) => Connection): Promise<Opened> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const number = ++count;
    sockets.add(socket);
    see("connected", number);
    const connection = serve(socket, number);
    let rest = "";
    let isOpen = true;
    const closed = () => {
      if (!isOpen) return;
      isOpen = false;
      sockets.delete(socket);
      see("closed", number);
      socket.destroy();
      connection.closed?.();
    };
    socket.on("data", (chunk: Buffer) => {
      connection.data?.(chunk);
      if (connection.request === undefined) return;
      rest += chunk.toString("latin1");
      const isHttp = /^[A-Z]+ \S+ HTTP\/1/.test(rest);
      if (isHttp && !rest.includes("\r\n\r\n")) return;
      const head = rest;
      rest = "";
      see("request", number, isHttp ? head.split(" HTTP/")[0] : "data");
      connection.request(number, head);
    }).on("end", closed).on("error", closed).on("close", closed);
  });
  return listen(server, () => {
    for (const socket of sockets) socket.destroy();
  });
}

function listen(server: Server, close: () => void): Promise<Opened> {
  return new Promise((resolve, reject) => {
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      resolve({
        port: (server.address() as { port: number }).port,
        close() {
          server.close();
          close();
        },
      });
    });
  });
}

/** Writes a head and then for ever; the moment is reached with the third piece. */
function dripper(socket: Socket, reached: () => void): (head: string) => void {
  let pieces = 0;
  return (head) => {
    socket.write(head);
    const timer = setInterval(() => {
      socket.write("1,");
      if (++pieces === 3) reached();
    }, DRIP);
    socket.on("close", () => clearInterval(timer));
  };
}

/** The handshake, one message, and an answer to a polite goodbye. */
function openWebSocket(see: See): (socket: Socket, number: number) => Connection {
  return (socket, number) => {
    let isUpgraded = false;
    return {
      request(_n, head) {
        const key = /sec-websocket-key: *(\S+)/i.exec(head)?.[1];
        if (isUpgraded || key === undefined) return;
        isUpgraded = true;
        const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest(
          "base64",
        );
        socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
        );
        socket.write(Buffer.from([0x81, 2, 0x68, 0x69]));
        setTimeout(() => see("reached", number), 20);
      },
      data(chunk) {
        if (isUpgraded && (chunk[0] & 0x0f) === 8) socket.end(Buffer.from([0x88, 0]));
      },
    };
  };
}

/** PostgreSQL's "terminate", and the "cancel" that comes on a connection of its own: they ask for nothing. */
function isFarewell(chunk: Buffer): boolean {
  const CANCEL = 80877102;
  return chunk[0] === 0x58 || (chunk.length === 16 && chunk.readInt32BE(4) === CANCEL);
}

/** Between client and server; reached a moment after the client has sent `text`. */
function forward(url: string, text: string, see: See): (socket: Socket, number: number) => Connection {
  const { hostname, port } = new URL(url);
  return (socket, number) => {
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
    upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy()).pipe(socket);
    let isReached = false;
    return {
      data(chunk) {
        upstream.write(chunk);
        if (!isFarewell(chunk)) see("request", number, chunk.toString("latin1").slice(0, 60));
        if (isReached || !chunk.includes(text)) return;
        isReached = true;
        setTimeout(() => see("reached", number), 20);
      },
      closed: () => upstream.destroy(),
    };
  };
}

function openNameServer(see: See): Promise<Opened> {
  const socket = createSocket("udp4");
  let isFirst = true;
  socket.on("message", () => {
    see("request", 0, "question");
    if (isFirst) see("reached", 0);
    isFirst = false;
  });
  return new Promise((resolve) => {
    socket.bind(0, "127.0.0.1", () => {
      resolve({ port: socket.address().port, close: () => void socket.close() });
    });
  });
}

/** A well-behaved server with keep-alive, which sends its bodies in pieces. */
function openEcho(pieces: number, pause: number, see: See): Promise<Opened> {
  const numbers = new Map<Socket, number>();
  const server = createHttpServer({ keepAliveTimeout: 30_000 }, async (request, response) => {
    const number = numbers.get(request.socket) as number;
    see("request", number, `${request.method} ${request.url}`);
    const [, id, length] = (request.url as string).split("/").map(Number);
    const body = bytesOf(id, length);
    const size = Math.ceil(length / pieces);
    if (pause > 0) await delay(pause);
    response.writeHead(200, { "content-type": "text/plain", "content-length": length });
    response.flushHeaders();
    for (let start = 0; start < length && !response.destroyed; start += size) {
      if (start > 0 && pause > 0) await delay(pause);
      response.write(body.slice(start, start + size));
    }
    response.end();
  });
  server.on("connection", (socket) => {
    numbers.set(socket, numbers.size + 1);
    const number = numbers.size;
    see("connected", number);
    socket.on("close", () => see("closed", number));
  });
  return listen(server, () => server.closeAllConnections());
}
