// An HTTP proxy: `http://…` requests by their URL, everything else (https) through a tunnel by CONNECT. Each direction is
// a greenlet that copies; a slow reader slows the writer down. With --stay it serves port 8080 until Ctrl-C (try
// `curl -x localhost:8080 https://example.org`).
import assert from "node:assert/strict";
import process from "node:process";
import { main, run, taskGroup } from "tendril";
import { connect, type Socket, StreamServer } from "tendril/net";

/** Copies what comes, and then the end. */
function* copy(from: Socket, to: Socket) {
  for (let chunk; (chunk = yield* from.read({ timeout: 60_000 })) !== null;) yield* to.write(chunk);
  yield* to.end();
}

function* proxy(client: Socket) {
  const head = new TextDecoder().decode(yield* client.readUntil("\r\n\r\n", { timeout: 10_000 }));
  const [method, target, version] = head.slice(0, head.indexOf("\r\n")).split(" ");
  const tunnel = method === "CONNECT";
  const url = URL.canParse(target) ? new URL(target) : null;
  const to = tunnel ? target : url && `${url.hostname}:${url.port || 80}`;
  if (!to) return yield* client.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  let server: Socket;
  try {
    server = yield* connect(to, { timeout: 5_000 });
  } catch (error) {
    return yield* client.write(`HTTP/1.1 502 Bad Gateway\r\n\r\n${(error as Error).message}\n`);
  }
  try {
    const rest = head.slice(head.indexOf("\r\n"));
    if (tunnel) yield* client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    else yield* server.write(`${method} ${url?.pathname}${url?.search} ${version}${rest}`);
    yield* taskGroup((group) => {
      group.spawn(copy, client, server);
      group.spawn(copy, server, client);
    });
  } finally {
    yield* server.close({ timeout: 1_000 });
  }
}

if (process.argv.includes("--stay")) {
  await main(() => new StreamServer("127.0.0.1:8080", proxy).serveForever());
} else {
  await run(function* () {
    const page = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nhi\n";
    const web = new StreamServer("127.0.0.1:0", function* (socket) {
      yield* socket.readUntil("\r\n\r\n");
      yield* socket.write(page);
    });
    const server = new StreamServer("127.0.0.1:0", proxy);
    for (const each of [web, server]) yield* each.start();
    using client = yield* connect(server.address);
    yield* client.write(`GET http://127.0.0.1:${web.port}/a HTTP/1.1\r\nHost: x\r\n\r\n`);
    yield* client.end();
    console.log(yield* client.readLine());
    assert.match(yield* client.readText(), /\r\nhi\n$/);
    for (const each of [server, web]) yield* each.stop();
  });
}
