/** What the tests of patched I/O share: a server that notes what it sees, and waiting for what it has seen. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn, setTimeout as startTimer } from "node:timers";
import { type Op, until } from "../../src/mod.ts";
import { patchAll, type PatchOptions } from "../../src/monkey/mod.ts";

/** A server on loopback, in this process. `/ok…` answers at once, `/drip…` answers and never ends, others never answer. */
export interface Observed {
  readonly url: string;
  /** `request /a`, `closed /a` (before its end), `answered /a`. */
  readonly log: string[];
  /** How often this line came. */
  count(line: string): number;
  /** Answers a request that has not been. */
  answer(path: string): void;
  close(): Promise<void>;
}

/** See {@linkcode Observed}. */
export async function observe(): Promise<Observed> {
  const log: string[] = [];
  const open = new Map<string, http.ServerResponse>();
  const server = http.createServer((request, response) => {
    const { url = "" } = request;
    log.push(`request ${url}`);
    open.set(url, response);
    request.resume();
    response.on("close", () => log.push(response.writableFinished ? `answered ${url}` : `closed ${url}`));
    if (url.startsWith("/ok")) response.end(`body of ${url}`);
    else if (url.startsWith("/empty")) response.writeHead(204).end();
    else if (url.startsWith("/drip")) response.write("x".repeat(1_000));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    count: (line) => log.filter((l) => l === line).length,
    answer: (path) => void open.get(path)?.end(`body of ${path}`),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Looks until `seen` is true, for at most so many milliseconds. */
const PATIENCE = 8_000;

/** See {@linkcode PATIENCE}. */
export async function reached(seen: () => boolean, what: string): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!seen()) {
    if (performance.now() > end) throw new Error(`it never came to this: ${what}`);
    await new Promise<void>((resolve) => startTimer(resolve, 1));
  }
}

/** The same, for a greenlet. */
export function reach(seen: () => boolean, what: string): Op<void> {
  return until(() => reached(seen, what));
}

/** Some turns of the host, in which whatever wants to go on goes on. */
export async function turns(n = 20): Promise<void> {
  for (let i = 0; i < n; i++) await new Promise<void>((resolve) => turn(resolve));
}

/** A test body with everything patched and a server to look at; afterwards nothing of both is left. */
export function patched(
  body: (server: Observed) => Promise<unknown>,
  options?: PatchOptions,
): () => Promise<void> {
  return async () => {
    const server = await observe();
    const patches = patchAll({ sync: "off", ...options });
    try {
      await body(server);
    } finally {
      patches[Symbol.dispose]();
      await server.close();
    }
  };
}
