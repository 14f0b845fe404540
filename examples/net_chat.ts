// A chat room: what one says, all others hear. Each guest has two greenlets, one that listens to him and one that tells
// him what was said; a guest who does not read misses the oldest words, and holds nobody up.
import assert from "node:assert/strict";
import process from "node:process";
import { Broadcast, forEach, main, run, spawn, taskGroup } from "tendril";
import { connect, type Socket, StreamServer } from "tendril/net";

const room = new Broadcast<{ by: string; text: string }>();

function* guest(socket: Socket) {
  yield* socket.write("Your name?\n");
  const name = yield* socket.readLine({ timeout: 60_000, limit: 30 });
  if (name === null) return;
  const heard = room.subscribe({ maxsize: 100, overflow: "dropOldest" });
  yield* taskGroup(function* (group) {
    const telling = group.spawn(() =>
      forEach(heard, function* ({ by, text }) {
        if (by !== name) yield* socket.write(`${by}: ${text}\n`);
      })
    );
    yield* room.put({ by: name, text: "(comes in)" });
    try {
      yield* forEach(socket.lines({ limit: 1_000 }), (text) => room.put({ by: name, text }));
    } finally {
      telling.kill();
      yield* room.put({ by: name, text: "(leaves)" });
    }
  });
}

if (process.argv.includes("--stay")) {
  await main(() => new StreamServer("127.0.0.1:6001", guest).serveForever());
} else {
  await run(function* () {
    const server = new StreamServer("127.0.0.1:0", guest);
    yield* server.start();
    const enter = function* (name: string) {
      const socket = yield* connect(server.address);
      assert.equal(yield* socket.readLine(), "Your name?");
      yield* socket.write(`${name}\n`);
      return socket;
    };
    const ann = yield* enter("Ann");
    const listening = spawn(function* () {
      const heard: string[] = [];
      for (let line; (line = yield* ann.readLine()) !== null && !line.includes("leaves");) heard.push(line);
      return heard;
    });
    const bob = yield* enter("Bob");
    yield* bob.write("Hello, is anybody here?\n");
    yield* bob.close();
    const heard = yield* listening;
    for (const line of heard) console.log(line);
    assert.deepEqual(heard.slice(-1), ["Bob: Hello, is anybody here?"]);
    yield* ann.close();
    yield* server.stop();
  });
}
