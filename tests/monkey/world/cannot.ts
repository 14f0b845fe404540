/** The cells that are known not to stop, each with its reason. The matrix holds them to it: one that stops is a failure, too. */
import type { Runtime } from "../../harness.ts";
import type { Moment } from "./library.ts";

export interface Cannot {
  readonly libraries: readonly string[];
  readonly runtimes: readonly Runtime[];
  /** All, if this is missing. */
  readonly moments?: readonly Moment[];
  /** It depends on what ran before, or on chance: it is held neither to stop nor not to. */
  readonly sometimes?: true;
  /** Stands in docs/limits.md. */
  readonly why: string;
}

const UNDICI =
  "undici opens a connection for its pool, and not for a request. It goes on connecting, until its own timeout " +
  "of ten seconds; the request is not sent.";

export const cannot: readonly Cannot[] = [
  {
    libraries: ["fetch", "axios, by fetch", "ky", "ofetch", "octokit", "WebSocket"],
    runtimes: ["node"],
    moments: ["connect"],
    why: UNDICI,
  },
  {
    libraries: ["undici.request", "undici.fetch"],
    runtimes: ["deno", "node"],
    moments: ["connect"],
    why: UNDICI,
  },
  {
    libraries: ["pg, a pool"],
    runtimes: ["deno", "bun", "node"],
    moments: ["connect", "headers"],
    why:
      "the pool opens a connection for whoever comes next, and goes on with that; no query is sent. Its option " +
      "`connectionTimeoutMillis` is a bound.",
  },
  {
    libraries: ["ioredis"],
    runtimes: ["deno", "bun", "node"],
    moments: ["connect"],
    why:
      "its own `disconnect()` leaves a socket that still connects alone for two seconds (`disconnectTimeout`).",
  },
  {
    libraries: ["node:dns, a resolver"],
    runtimes: ["deno"],
    sometimes: true,
    why:
      "Deno's `Resolver.cancel()` now and then leaves a question going, also without patches; the greenlet hears of its " +
      "kill at once.",
  },
  {
    libraries: ["fs/promises.readFile"],
    runtimes: ["deno"],
    sometimes: true,
    why: "as on Bun and Node; only until the program opens its first handle does Deno stop to read.",
  },
  {
    libraries: ["fs/promises.readFile"],
    runtimes: ["bun", "node"],
    why:
      "the greenlet hears of its kill at once, and what is read is dropped; but the host reads on to the end. A file " +
      "that has none, like a pipe, is read by a stream or a handle.",
  },
  { libraries: ["Deno.readFile"], runtimes: ["deno"], why: "the same." },
  {
    libraries: ["node-fetch"],
    runtimes: ["bun"],
    why:
      "Bun has a `node-fetch` of its own in the place of the package, which no patch reaches. Use `fetch`.",
  },
  {
    libraries: ["Bun.connect"],
    runtimes: ["bun"],
    moments: ["connect"],
    why: "Bun shows no socket before it is connected; then it is closed. `net.connect` has no such limit.",
  },
  {
    libraries: ["Bun.fetch"],
    runtimes: ["bun"],
    why: "the runtime does not let it be changed. Use `fetch`.",
  },
  {
    libraries: ["Bun.$"],
    runtimes: ["bun"],
    why: "the shell tells nobody of its processes. Use `Bun.spawn` or `node:child_process`.",
  },
  {
    libraries: ["Bun.file().text()"],
    runtimes: ["bun"],
    why: "it reads to the end, as `readFile` does, and has no way to be told otherwise.",
  },
];

/** Why this library does not always stop. */
export function reasonsFor(runtime: Runtime, library: string): readonly Cannot[] {
  return cannot.filter(({ libraries, runtimes }) =>
    libraries.includes(library) && runtimes.includes(runtime)
  );
}

/** What is known of this cell; undefined if it has to stop. */
export function knownOf(runtime: Runtime, library: string, moment: Moment): Cannot | undefined {
  return reasonsFor(runtime, library).find(({ moments }) => moments?.includes(moment) ?? true);
}

/** Why this cell does not stop; undefined if it has to. */
export function reasonFor(runtime: Runtime, library: string, moment: Moment): string | undefined {
  return knownOf(runtime, library, moment)?.why;
}
