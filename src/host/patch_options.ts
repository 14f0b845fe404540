/** Options of patches. They stand here because `run` takes them, too, and need not know what patches. */

/** How much may be under way at once, over all greenlets. */
export interface Limits {
  /** Requests of `fetch`, from the call until the body is read, cancelled or dropped. */
  maxFetches?: number;
  /** The same for each host and port. */
  maxFetchesPerHost?: number;
  /** Files that greenlets have open, and whole-file calls that are under way. */
  maxOpenFiles?: number;
}

/** What to do about a call that blocks the loop, inside of a greenlet: see `tendril/monkey`. */
export type SyncMode = "report" | "throw" | "off";

/** Options of `patchAll`. Everything is patched but what is said to be false. */
export interface PatchOptions extends Limits {
  /** `fetch` and the bodies of its responses. */
  fetch?: boolean;
  /** Files: `node:fs`, `fs/promises`, and the runtime's own calls. */
  fs?: boolean;
  /** `timers/promises` and the runtime's own sleeps. Never the callback timers, which libraries share. */
  timers?: boolean;
  /** Sockets that a greenlet opens by itself, and WebSockets. */
  net?: boolean;
  /** Requests of `node:http` and `node:https`. */
  http?: boolean;
  /** Child processes and workers. */
  childProcess?: boolean;
  /** `node:dns`. */
  dns?: boolean;
  /** What to do about calls that block the loop. Default `"report"`: say so, once for each place. */
  sync?: SyncMode;
  /** Milliseconds: shorter blocking calls are not reported. Default 0: what a warm disk answers at once takes a second from a cold one. */
  syncReportMs?: number;
}
