/**
 * The second door of this folder: what patches, sockets, the monitor and the command line need of the runtime. Apart from
 * `mod.ts`, because every program loads that one, and few load this.
 */
export { type AsyncContext, asyncContext, asyncContexts, type ContextFrame } from "./async_context.ts";
export { cli, type Command, Failure, UsageError } from "./cli.ts";
export { paths, readBytes, readText, writeFile } from "./files.ts";
export { doorSeenBy } from "./own_copy.ts";
export { FileLock } from "./file_lock.ts";
export {
  type ChildSetup,
  HostChild,
  type RawInput,
  type RawOutput,
  shellCommand,
  type SignalName,
  signalNumber,
  type StdioTarget,
} from "./processes.ts";
export { findProgram, startProgram } from "./program.ts";
export {
  checkPermission,
  directly,
  type DnsCallback,
  isDirect,
  type RawDatagramSocket,
  type RawResolver,
  type RawServer,
  type RawSocket,
} from "./sockets.ts";
export { SpawnError } from "./spawn_error.ts";
export { type RuntimeName, runtimeName, surface } from "./surface.ts";
export { builtin, namedImportsKnown, type Reach, reach, syncNamedImports } from "./modules.ts";
export { type Block, Watchdog, type WatchdogOptions } from "./watchdog.ts";
export {
  after,
  capabilities,
  cpuCount,
  exitThread,
  findBuiltin,
  HostThread,
  isMainThread,
  loadModule,
  memoryWatch,
  parentPort,
  type ResourceLimits,
  threadData,
  type ThreadSetup,
} from "./threads.ts";
export { atThreadEnd, deserialize, keepAlive, serialize, whenNotified } from "./shared_wait.ts";
