/** Patches all that can be patched: the host, and those libraries for which it is not enough. Import everything else after it. */
import { patchAll } from "../../../src/monkey/mod.ts";
import { patchIoredis, patchPg, patchUndici } from "../../../src/monkey/plugins/mod.ts";

export async function patchEverything(): Promise<void> {
  patchAll();
  const [undici, pg, ioredis] = await Promise.all([import("undici"), import("pg"), import("ioredis")]);
  patchUndici(undici.default);
  patchPg(pg.default);
  patchIoredis(ioredis.Redis);
}
