/**
 * A port on which a client connects and connects. Its queue of connections that wait to be accepted is full, and nobody
 * accepts; Linux then drops what further clients send, and they try again a second later. The listener is a thread that
 * stands still, for Node accepts whatever comes as soon as it gets a turn. The kernel's table says who is connecting.
 *
 * "Closed" here means that the kernel no longer has the socket that was connecting.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import type { Opened, See } from "./places.ts";

const SYN_SENT = "02";
/** Milliseconds. */
const LOOK_EVERY = 10;

/** Local ports of the sockets that are connecting, by the port that they connect to. */
function connecting(): Map<number, Set<string>> {
  const found = new Map<number, Set<string>>();
  for (const row of readFileSync("/proc/net/tcp", "latin1").split("\n")) {
    const [, local, remote, state] = row.trim().split(/\s+/);
    if (state !== SYN_SENT) continue;
    const port = parseInt(remote.split(":")[1], 16);
    found.set(port, (found.get(port) ?? new Set()).add(local));
  }
  return found;
}

/** All that look at the kernel's table, so that it is read once for all of them. */
const lookers = new Set<(table: ReturnType<typeof connecting>) => void>();
if (isMainThread) {
  setInterval(() => {
    if (lookers.size === 0) return;
    const table = connecting();
    for (const look of lookers) look(table);
  }, LOOK_EVERY);
}

export async function openUnconnected(see: See): Promise<Opened> {
  const worker = new Worker(new URL(import.meta.url));
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  const fillers = Array.from({ length: 2 }, () => connect(port, "127.0.0.1"));
  await Promise.all(fillers.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
  for (const socket of fillers) socket.on("error", () => {});
  const known = new Map<string, number>();
  let count = 0;
  const look = (table: ReturnType<typeof connecting>) => {
    const now = table.get(port) ?? new Set();
    for (const local of now) {
      if (known.has(local)) continue;
      known.set(local, ++count);
      see("connected", count);
      see("reached", count);
    }
    for (const [local, number] of known) {
      if (now.has(local)) continue;
      known.delete(local);
      see("closed", number);
    }
  };
  lookers.add(look);
  return {
    port,
    async close() {
      lookers.delete(look);
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
}

if (!isMainThread) {
  const { createServer } = await import("node:net");
  const server = createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort?.postMessage((server.address() as { port: number }).port);
    // A message leaves at once, and then nothing happens here any more.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}
