// gevent's first server: an echo, a greenlet for each connection, at most a hundred at once, each with 30 seconds of
// patience. With --stay it serves port 6000 until Ctrl-C (try `nc localhost 6000`), and lets everybody finish a line;
// without, it talks to itself.
import assert from "node:assert/strict";
import process from "node:process";
import { main, run, spawn, TimeoutError } from "tendril";
import { connect, type Socket, StreamServer } from "tendril/net";

function* echo(socket: Socket) {
  yield* socket.write("Welcome to the echo server! Type quit to exit.\r\n");
  for (;;) {
    const line = yield* socket.readLine({ timeout: 30_000 });
    if (line === null || line.toLowerCase() === "quit") break;
    yield* socket.write(`${line}\r\n`);
  }
  yield* socket.write("Bye!\r\n");
}

/** An error would be reported; somebody who has fallen asleep is none. */
function* patiently(socket: Socket) {
  try {
    yield* echo(socket);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    yield* socket.write("Are you still there? Bye!\r\n");
  }
}

if (process.argv.includes("--stay")) {
  await main(() => new StreamServer("127.0.0.1:6000", patiently, { pool: 100 }).serveForever());
} else {
  await run(function* () {
    const server = new StreamServer("127.0.0.1:0", patiently, { pool: 100 });
    yield* server.start();
    const talks = ["one", "two", "three"].map((word) =>
      spawn(function* () {
        using socket = yield* connect(server.address, { timeout: 1_000 });
        yield* socket.readLine();
        yield* socket.write(`${word}\nquit\n`);
        return yield* socket.readText();
      })
    );
    for (const talk of talks) console.log((yield* talk).trimEnd().replace("\r\n", " "));
    assert.equal(talks[0].value, "one\r\nBye!\r\n");
    yield* server.stop();
  });
}
