/** Databases, sockets, processes, threads, files, names and timers. */
import { execFile, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import net from "node:net";
import { setInterval as every, setTimeout as after } from "node:timers/promises";
import { promisify } from "node:util";
import { Worker as NodeWorker } from "node:worker_threads";
import { Redis } from "ioredis";
import pg from "pg";
import { postgresUrl, redisUrl } from "./databases.ts";
import { type Library, RETRY, type Target } from "./library.ts";

const silent: Library["moments"] = { connect: () => ({ at: "connect" }), headers: () => ({ at: "headers" }) };

/** A query that takes a minute and says which cell it is of. */
const slowQuery = (mark: string): string => `SELECT pg_sleep(60), '${mark}'`;
const postgres: Library["moments"] = {
  ...silent,
  query: (mark: string) => ({ at: "behind", url: postgresUrl(), text: mark }),
};
const database = ({ host, port }: Target) => ({ host, port, user: "tendril", database: "postgres" });

const workerFile = new URL("worker.ts", import.meta.url);
const pipe: Library["moments"] = { body: (mark: string) => ({ at: "pipe", path: mark }) };
const process: Library["moments"] = { running: (mark: string) => ({ at: "process", mark }) };

/** An event; rejects when there will be none. */
function once(target: EventTarget, wanted: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    target.addEventListener(wanted, resolve, { once: true });
    for (const end of ["error", "close"]) target.addEventListener(end, reject, { once: true });
  });
}

export const otherLibraries: Library[] = [
  {
    name: "pg, a client",
    moments: postgres,
    async use(target) {
      const client = new pg.Client(database(target));
      client.on("error", () => {}); // as its manual demands
      try {
        await client.connect();
        await client.query(slowQuery(target.mark));
      } finally {
        await client.end();
      }
    },
  },
  {
    name: "pg, a pool",
    moments: postgres,
    async use(target) {
      const pool = new pg.Pool({ ...database(target), max: 2 });
      try {
        await pool.query(slowQuery(target.mark));
      } finally {
        await pool.end();
      }
    },
  },
  {
    name: "ioredis",
    moments: {
      ...silent,
      query: (mark) => ({ at: "behind", url: redisUrl(), text: mark }),
      retry: () => ({ at: "retry", reset: true }),
    },
    async use({ host, port, mark }) {
      const redis = new Redis({ host, port, retryStrategy: () => RETRY });
      redis.on("error", () => {});
      try {
        await redis.blpop(mark, 0);
      } finally {
        redis.disconnect();
      }
    },
  },
  {
    name: "WebSocket",
    moments: { ...silent, open: () => ({ at: "open" }) },
    async use({ url }) {
      const socket = new WebSocket(url.replace("http", "ws"));
      await once(socket, "open");
      await once(socket, "message");
      await once(socket, "message"); // there is only one
    },
  },
  {
    name: "net.connect",
    moments: { ...silent, body: () => ({ at: "body", raw: true }) },
    use: ({ host, port }) =>
      new Promise((resolve, reject) => {
        const socket = net.connect(port, host, () => socket.write("hello\n"));
        socket.on("data", () => {}).on("end", resolve).on("error", reject).on("close", resolve);
      }),
  },
  {
    name: "node:dns, a resolver",
    moments: { lookup: () => ({ at: "lookup" }) },
    use({ port }) {
      const resolver = new Resolver({ timeout: 40, tries: 5 });
      resolver.setServers([`127.0.0.1:${port}`]);
      return resolver.resolve4("tendril.test");
    },
  },
  {
    name: "child_process.spawn",
    moments: process,
    use: ({ mark }) =>
      new Promise((resolve, reject) => {
        spawn("sleep", [mark], { stdio: "pipe" }).on("close", resolve).on("error", reject);
      }),
  },
  {
    name: "child_process.execFile, promisified",
    moments: process,
    use: ({ mark }) => promisify(execFile)("sleep", [mark]),
  },
  {
    name: "worker_threads.Worker",
    moments: { running: () => ({ at: "headers" }) },
    use: ({ port }) =>
      new Promise((resolve, reject) => {
        const worker = new NodeWorker(workerFile, { workerData: { port } });
        worker.on("exit", resolve).on("error", reject);
      }),
  },
  {
    name: "Worker",
    runtimes: ["deno", "bun"],
    isSilent: true,
    moments: { running: () => ({ at: "headers" }) },
    use({ port }) {
      const worker = new Worker(workerFile, { type: "module" });
      worker.postMessage({ port });
      return once(worker, "message");
    },
  },
  {
    name: "fs.createReadStream",
    moments: pipe,
    async use({ mark }) {
      for await (const _piece of createReadStream(mark));
    },
  },
  {
    name: "fs/promises, a FileHandle",
    moments: pipe,
    async use({ mark }) {
      const file = await open(mark);
      const buffer = new Uint8Array(100);
      while ((await file.read(buffer, 0, buffer.length, null)).bytesRead > 0);
      await file.close();
    },
  },
  { name: "fs/promises.readFile", moments: pipe, use: ({ mark }) => readFile(mark) },
  { name: "timers/promises.setTimeout", moments: { waiting: () => null }, use: () => after(60_000) },
  {
    name: "timers/promises.setInterval",
    moments: { waiting: () => null },
    async use() {
      for await (const _tick of every(60_000));
    },
  },
];
