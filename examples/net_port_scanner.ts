// Which ports of this machine are open? Two hundred attempts at once, half a second each: a pool, a timeout, and errors
// that say what they are. `net_port_scanner.ts 127.0.0.1 1 1024` scans those; without arguments it opens some itself.
import assert from "node:assert/strict";
import process from "node:process";
import { collect, Pool, run, TimeoutError } from "tendril";
import { connect, listen, type Listener, NetError } from "tendril/net";

function* isOpen(host: string, port: number) {
  try {
    const socket = yield* connect({ host, port }, { timeout: 500 });
    socket.abort(); // nothing to say
    return true;
  } catch (error) {
    if (error instanceof TimeoutError || error instanceof NetError) return false;
    throw error;
  }
}

function* scan(host: string, ports: Iterable<number>) {
  const pool = new Pool(200);
  const found = yield* collect(pool.imapUnordered(function* (port: number) {
    return (yield* isOpen(host, port)) ? [port] : [];
  }, ports));
  return found.flat().sort((a, b) => a - b);
}

function* range(from: number, to: number) {
  for (let port = from; port <= to; port++) yield port;
}

await run(function* () {
  const [host, from, to] = process.argv.slice(2);
  if (Number(to) > 0) {
    console.log(yield* scan(host, range(Number(from), Number(to))));
    return;
  }
  const listeners: Listener[] = [];
  for (let i = 0; i < 3; i++) listeners.push(yield* listen("127.0.0.1:0"));
  const ports = listeners.map((listener) => listener.port).sort((a, b) => a - b);
  const around = ports.flatMap((port) => [...range(port - 50, Math.min(port + 50, 65_535))]);
  const open = yield* scan("127.0.0.1", new Set(around));
  console.log(`${new Set(around).size} ports tried, open:`, open.join(" "));
  for (const port of ports) assert(open.includes(port), `${port} was not found`);
  for (const listener of listeners) yield* listener.close();
});
