// gevent's concurrent download, the program that everybody shows first: monkey.patch_all(), then plain urlopen in greenlets.
//
//   from gevent import monkey; monkey.patch_all()
//   import gevent
//   from urllib2 import urlopen
//
//   def print_head(url):
//       data = urlopen(url).read()
//       print('%s: %s bytes' % (url, len(data)))
//
//   jobs = [gevent.spawn(print_head, url) for url in urls]
//   gevent.joinall(jobs)
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { joinAll, run, spawn } from "tendril";
import { patchAll } from "tendril/monkey";

// A site to download from: each page comes after 50 ms.
const sizes: Record<string, number> = { "/python": 51_000, "/gevent": 22_000, "/greenlet": 8_000 };
let atOnce = 0;
let most = 0;
const server = createServer((request, response) => {
  most = Math.max(most, ++atOnce);
  setTimeout(() => {
    atOnce--;
    response.end("x".repeat(sizes[request.url ?? ""]));
  }, 50);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function* printHead(path: string) {
  const response = yield* fetch(site + path);
  const data = yield* response.text();
  console.log(`${path}: ${data.length} bytes`);
  assert.equal(data.length, sizes[path]);
}

using _patches = patchAll();
await run(function* () {
  const jobs = Object.keys(sizes).map((path) => spawn(printHead, path));
  yield* joinAll(jobs);
  for (const job of jobs) assert.ok(job.successful);
});

assert.equal(most, 3); // all were under way together
server.closeAllConnections();
await new Promise((resolve) => server.close(resolve));
