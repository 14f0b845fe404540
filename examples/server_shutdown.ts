// A server that stops cleanly at Ctrl-C: no new requests, those at work are finished, then the port is closed.
// `main` turns SIGINT and SIGTERM into a kill of the whole tree; all the rest is `finally` and `shield`.
// With --stay it serves until Ctrl-C; without, the abort of a signal stands for it.
import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { Event, main, Pool, Queue, resource, run, shield, sleep, until } from "tendril";

const log: string[] = [];
function say(text: string): void {
  console.log(text);
  log.push(text);
}

/** Gives the port. Requests go into the queue. */
const httpServer = (requests: Queue<ServerResponse>) =>
  resource<number>(function* (provide) {
    const server = createServer((_request, response) => requests.putNowait(response));
    const listening = new Event();
    server.listen(0, "127.0.0.1", () => listening.set());
    yield* listening.wait();
    try {
      yield* provide((server.address() as AddressInfo).port);
    } finally {
      yield* until(new Promise((done) => server.close(done)));
      say("closed");
    }
  });

// What is shielded is not killed: the kill comes when it is over. Five seconds later (`grace`) it comes anyway.
function* answer(response: ServerResponse) {
  say("a request");
  yield* shield(() => sleep(30));
  response.writeHead(200, { connection: "close" }).end("done");
  say("an answer");
}

function* serve(listening: (port: number) => void) {
  const requests = new Queue<ServerResponse>();
  listening(yield* httpServer(requests));
  const pool = new Pool(10);
  try {
    for (;;) yield* pool.spawn(answer, yield* requests.get());
  } finally {
    say("stopping");
  }
}

if (process.argv.includes("--stay")) await main(() => serve((port) => console.log(`http://127.0.0.1:${port}/`)));
else {
  const ctrlC = new AbortController();
  let text: Promise<string> | undefined;
  await run(() => serve((port) => {
    text = fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());
    setTimeout(() => ctrlC.abort(), 20);
  }), { signal: ctrlC.signal }).catch((error) => say(error.name));
  assert.equal(await text, "done");
  assert.deepEqual(log.slice(0, 4), ["a request", "stopping", "an answer", "closed"]);
}
