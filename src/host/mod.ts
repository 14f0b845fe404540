/** What the runtime gives, and the doors from it into greenlets. The one folder that names a runtime. */
export { type AsyncContext, asyncContext, asyncContexts, type ContextFrame } from "./async_context.ts";
export { cli, type Command, UsageError } from "./cli.ts";
export { SystemClock, systemClock } from "./clock.ts";
export { atExit, environmentVariable, systemHost } from "./host.ts";
export { main } from "./main.ts";
export { doorSeenBy } from "./own_copy.ts";
export { findProgram, startProgram } from "./program.ts";
export { render, reportToStderr, say } from "./report.ts";
export { launch, type Launched, type LaunchOptions } from "./run.ts";
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
export { type RuntimeName, runtimeName, surface } from "./surface.ts";
export { builtin, namedImportsKnown, type Reach, reach, syncNamedImports } from "./modules.ts";
export { type Block, Watchdog, type WatchdogOptions } from "./watchdog.ts";
export type { Limits, PatchOptions, SyncMode } from "./patch_options.ts";
