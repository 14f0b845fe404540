// Many connections and much data. By default few and little, so that the suite stays quick and needs no more than the
// 1,024 open files that many systems allow; with TENDRIL_NET_FULL=1 what the library promises: 10,000 idle connections,
// an echo of 1 GB.
import { spawn as start } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run, spawn, until } from "../../src/mod.ts";
import { connect, type Socket, StreamServer } from "../../src/net/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { eventually, pattern } from "./kit.ts";

const full = process.env.TENDRIL_NET_FULL === "1";
const CONNECTIONS = full ? 10_000 : 400;
const BYTES = full ? 1_000_000_000 : 50_000_000;
const MB = 1_000_000;

function* echo(socket: Socket) {
  for (let chunk; (chunk = yield* socket.read()) !== null;) yield* socket.write(chunk);
}

const before = { deno: ["run", "-A", "--no-check"], bun: [], node: ["--conditions=tendril-source"] }[runtime];

describe("net: many and much", () => {
  test(`${CONNECTIONS} idle connections in one process`, () =>
    run(function* () {
      const server = new StreamServer("127.0.0.1:0", echo, { backlog: 1_000 });
      yield* server.start();
      const rss = process.memoryUsage().rss;
      const program = fileURLToPath(new URL("idle_clients.ts", import.meta.url));
      const child = start(process.execPath, [...before, program, `${server.port}`, `${CONNECTIONS}`], {
        stdio: ["pipe", "pipe", "inherit"],
        env: { ...process.env, NODE_NO_WARNINGS: "1", TENDRIL_TEST_LOG: "" },
      });
      let printed = "";
      let over = false;
      child.stdout.on("data", (data) => printed += data);
      const ended = new Promise<void>((done) => child.on("close", () => done()));
      ended.then(() => over = true);
      try {
        yield* eventually("all are connected", () =>
          over || printed.includes("connected"), full ? 100_000 : 8_000);
        assertEquals(printed.trim(), `connected ${CONNECTIONS}`);
        yield* eventually("all are being served", () =>
          server.size === CONNECTIONS);
        const each = (process.memoryUsage().rss - rss) / CONNECTIONS;
        if (full) {
          console.log(`${(each / 1_000).toFixed(1)} kB a connection`);
        }
        // Of few connections what the process holds anyway is more than what they do.
        if (full) {
          assert(each < 50_000, `${each} bytes a connection`);
        }
        child.stdin.write("go\n");
        yield* eventually("all were answered", () =>
          over || printed.includes("echoed"), full ? 100_000 : 8_000);
        child.stdin.end();
        yield* until(ended);
        assert(printed.includes("echoed"), printed);
        yield* eventually("all have ended", () =>
          server.size === 0, full ? 60_000 : 8_000);
      } finally {
        child.kill("SIGKILL");
        yield* server.stop();
      }
    }, { onError: () => {} }), { timeout: full ? 300_000 : 30_000 });

  test(`an echo of ${BYTES / MB} MB in constant memory`, () =>
    run(function* () {
      const server = new StreamServer("127.0.0.1:0", echo);
      yield* server.start();
      const client = yield* connect(server.address);
      const chunk = pattern(65_536);
      const writer = spawn(function* () {
        for (let sent = 0; sent < BYTES; sent += chunk.length) yield* client.write(chunk);
        yield* client.end();
      });
      let read = 0;
      let least = Infinity;
      let most = 0;
      const start = performance.now();
      for (let got; (got = yield* client.read()) !== null;) {
        // Each byte says where it belongs.
        assertEquals(got[0], chunk[read % chunk.length]);
        const crossed = Math.floor((read + got.length) / (10 * MB)) !== Math.floor(read / (10 * MB));
        read += got.length;
        if (!crossed || read < 20 * MB) continue;
        const { rss } = process.memoryUsage();
        least = Math.min(least, rss);
        most = Math.max(most, rss);
      }
      yield* writer;
      assertEquals(read, Math.ceil(BYTES / chunk.length) * chunk.length);
      if (full) {
        const seconds = (performance.now() - start) / 1_000;
        console.log(`${(read / MB / seconds).toFixed(0)} MB/s, rss from ${least / MB} to ${most / MB} MB`);
      }
      assert(most - least < 200 * MB, `rss from ${least / MB} to ${most / MB} MB`);
      yield* client.close();
      yield* server.stop();
    }), { timeout: full ? 300_000 : 30_000 });
});
