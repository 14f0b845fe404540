/** A server in a process of its own, so that what is measured is the client: `server.ts` prints its port, and ends with its stdin. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const BODY = "x".repeat(1_000);

const server = http.createServer((request, response) => {
  request.resume();
  response.end(BODY);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.stdin.on("end", () => process.exit()).resume();
