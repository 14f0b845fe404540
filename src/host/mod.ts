/** What the runtime gives, and the doors from it into greenlets. The one folder that names a runtime. */
export { type Awaitable, both, bothOf } from "./both.ts";
export { SystemClock, systemClock } from "./clock.ts";
export { atExit, environmentVariable, systemHost } from "./host.ts";
export { main } from "./main.ts";
export { render, reportToStderr, say } from "./report.ts";
export { launch, type Launched, type LaunchOptions } from "./run.ts";
export type { Limits, PatchOptions, SyncMode } from "./patch_options.ts";
