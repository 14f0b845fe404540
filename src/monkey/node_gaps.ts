/** What no patch reaches in `node:http`, `net`, `child_process`, `timers` and `worker_threads`, and in WebSocket. */
import type { RuntimeName } from "../host/io.ts";
import type { Gap } from "./target.ts";

const everywhere: readonly Gap[] = [
  {
    group: "http",
    name: "http2.connect(…).request",
    reason:
      "a session is shared and belongs to nobody, and its requests are not bound: close them in a finally",
  },
  {
    group: "http",
    name: "sockets after an upgrade or CONNECT",
    reason: "the request is over, and its socket belongs to nobody: close it in a finally",
  },
  {
    group: "net",
    name: "clients with a line of their own",
    reason:
      "what a client sends for others in its own listeners looks like its opener's: make a client that is " +
      "shared outside of greenlets, or before the patch, or use a plugin for it",
  },
  {
    group: "childProcess",
    name: "children of children",
    reason: "only the child itself gets the signal: let a shell `exec` its command, or start no shell",
  },
];

const own: ReadonlyMap<RuntimeName, readonly Gap[]> = new Map([
  ["Deno", [
    {
      group: "timers",
      name: "util.promisify(setTimeout)",
      reason: "it has a function of its own: use setTimeout of timers/promises",
    },
    {
      group: "childProcess",
      name: "Worker, while it is busy",
      reason:
        "terminate() leaves a loop that never returns running: use a child process for what must be killable",
    },
  ]],
  ["Bun", [
    {
      group: "childProcess",
      name: "Worker, while it is busy in WebAssembly",
      reason: "terminate() leaves such a loop running: use a child process for what must be killable",
    },
    {
      group: "http",
      name: "the package node-fetch",
      reason: "the runtime puts its own in the place of the package: use fetch",
    },
  ]],
  ["Node", [
    {
      group: "net",
      name: "WebSocket, while it connects",
      reason:
        "the pool of fetch goes on connecting, for whoever is next: the greenlet and the socket hear of it at once",
    },
  ]],
]);

/** See the top of the file. */
export function nodeGaps(runtime: RuntimeName): readonly Gap[] {
  return [...everywhere, ...own.get(runtime) ?? []];
}
