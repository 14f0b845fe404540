/** Opens connections and holds them: `idle_clients.ts <port> <count>`; at a line on stdin each asks for an echo once. */
import process from "node:process";
import { forEach, Pool, run, until } from "../../src/mod.ts";
import { connect, type Socket } from "../../src/net/mod.ts";

const [port, count] = process.argv.slice(2).map(Number);

await run(function* () {
  const sockets: Socket[] = [];
  // So many at once as wait at the server's port without being turned away.
  const pool = new Pool(100);
  yield* forEach(
    pool.imapUnordered(() => connect({ host: "127.0.0.1", port }), Array(count)),
    (socket) => void sockets.push(socket),
  );
  console.log(`connected ${sockets.length}`);
  yield* until(new Promise((done) => process.stdin.once("data", done)));
  yield* pool.map(function* (socket: Socket) {
    yield* socket.write("x");
    yield* socket.readExactly(1);
  }, sockets);
  console.log("echoed");
  yield* until(new Promise((done) => process.stdin.once("end", done)));
  for (const socket of sockets) socket.abort();
});
process.exit(0);
