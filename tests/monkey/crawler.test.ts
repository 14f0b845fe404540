/** The crawler on somebody else's `await fetch`, and Ctrl-C. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { startFile } from "../host/child.ts";
import { reached, turns } from "./kit.ts";

/** Milliseconds from the signal until every connection is closed, and the program has ended. */
const PROMISE = 100;

/** Ten pages at once, of which six never end. */
function site() {
  const log: string[] = [];
  const server = http.createServer((request, response) => {
    const { url = "" } = request;
    log.push(`request ${url}`);
    response.on("close", () => log.push(`${response.writableFinished ? "answered" : "closed"} ${url}`));
    if (url === "/robots.txt") response.writeHead(404).end();
    else if (url.startsWith("/hang")) return;
    else {
      response.writeHead(200, { "content-type": "text/html" });
      if (url.startsWith("/drip")) response.write("<p>and so on");
      else {
        const links = ["/hang/1", "/hang/2", "/hang/3", "/drip/1", "/drip/2", "/drip/3", "/a", "/b"];
        response.end(links.map((link) => `<a href="${link}">${link}</a>`).join(""));
      }
    }
  });
  return { server, log };
}

describe("the crawler on a library's fetch", () => {
  test("Ctrl-C stops it within 100 ms, all connections are closed, and no retry goes out", async () => {
    const { server, log } = site();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const program = startFile(
        new URL("crawler_program.ts", import.meta.url),
        `http://127.0.0.1:${port}/`,
      );
      const waiting = () => new Set(log.filter((l) => /request .(hang|drip)/.test(l))).size;
      await program.printed("page /b");
      await reached(() => waiting() === 6, "six requests that hang");
      const asked = log.filter((l) => l.startsWith("request")).length;
      const start = performance.now();
      program.send("SIGINT");
      const { code, stdout, stderr } = await program.ended;
      const took = performance.now() - start;
      await reached(() => log.filter((l) => l.startsWith("closed")).length === 6, "six closed");
      await turns();
      assertEquals(stderr, "");
      assertEquals(code, 130);
      assert(stdout.includes("left open: []"), stdout);
      assertEquals(log.filter((l) => l.startsWith("request")).length, asked);
      // Timed because it is what is promised; the machine may be busy, so it has three times as much before it fails.
      assert(took < 3 * PROMISE, `it took ${took} ms`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }, { timeout: 30_000 });
});
