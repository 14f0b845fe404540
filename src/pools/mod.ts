/** Limits on jobs. */
export { Group } from "./group.ts";
export { type ImapOptions, Pool, type PoolSpawnOptions } from "./pool.ts";
