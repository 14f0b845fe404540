// A server that stops cleanly at Ctrl-C: no new requests, those at work are finished, then the port is closed.
// `main` turns SIGINT into a kill of the whole tree; all the rest is `finally` and `shield`. With --stay it
// serves until Ctrl-C; without, the abort of a signal stands for it.
import assert from "node:assert/strict";
import { on, once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { main, Pool, resource, run, shield, sleep, until } from "tendril";

const log: string[] = [];
const say = (text: string) => console.log(log[log.length] = text);

const demo = process.argv.includes("--stay") ? undefined : new AbortController();

/** Listens until the scope ends. */
const httpServer = resource<Server>(function* (provide) {
  const server = createServer().listen(0, "127.0.0.1");
  yield* until(once(server, "listening"));
  try {
    yield* provide(server);
  } finally {
    yield* until(new Promise((done) => server.close(done)));
    say("closed");
  }
});

// What is shielded is not killed: the kill comes when it is over. Five seconds later (`grace`) it comes anyway.
function* answer(response: ServerResponse) {
  say("a request");
  demo?.abort();
  yield* shield(() => sleep(30));
  response.writeHead(200, { connection: "close" }).end("done");
  say("an answer");
}

function* serve(listening: (url: string) => void) {
  const server = yield* httpServer;
  const requests = on(server, "request"); // collects them until we ask
  listening(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const pool = new Pool(10);
  try {
    for (;;) {
      const { value: [, response] = [] } = yield* until(requests.next());
      yield* pool.spawn(answer, response);
    }
  } finally {
    say("stopping");
  }
}

if (demo === undefined) await main(() => serve(console.log));
else {
  const client = Promise.withResolvers<Response>();
  const program = run(() => serve((url) => client.resolve(fetch(url))), { signal: demo.signal });
  await program.catch((error) => say(error.name));
  assert.equal(await (await client.promise).text(), "done");
  assert.deepEqual(log, ["a request", "stopping", "an answer", "closed", "AbortError"]);
}
