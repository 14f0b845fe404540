/** Libraries for which binding what they are made of is not enough. */
export { patchIoredis } from "./ioredis.ts";
export { patchPg } from "./pg.ts";
export { patchUndici } from "./undici.ts";
