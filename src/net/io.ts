/** The second door of this folder: what other byte streams, those of child processes, have in common with sockets. */
export { decode } from "./bytes.ts";
export { Incoming, type Request } from "./incoming.ts";
export type { ReadOptions } from "./reader.ts";
export { all, exactly, line, LINE_LIMIT, some, steps, upTo } from "./requests.ts";
export { HostLine } from "./waits.ts";
