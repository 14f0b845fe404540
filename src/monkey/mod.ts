/**
 * Patched I/O: what the host does for a greenlet ends with it, also in libraries that know nothing of greenlets.
 *
 * @module
 */
export { BlockingCallError } from "./blocking.ts";
export { Coverage, type CoverageEntry, type NamedImports } from "./coverage.ts";
export { namedImportsKnown } from "../host/io.ts";
export { type Limits, type PatchOptions, type SyncMode } from "../host/mod.ts";
export { fetchUsage, fileUsage, type Usage } from "./limits.ts";
export { coverage, getOriginal, isPatched, patch, patchAll, unpatch } from "./registry.ts";
export type { Group } from "./target.ts";
export { patchIoredis, patchPg, patchUndici } from "./plugins/mod.ts";
