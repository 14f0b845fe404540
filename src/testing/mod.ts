/**
 * Tests that need no sleeping and no luck: a virtual clock, simulation and exploration of schedules, replay.
 *
 * @module
 */
export { type Cell, cell, track } from "./cell.ts";
export {
  type Arbitraries,
  arbitraries,
  type LockMaker,
  type QueueMaker,
  type ScopeLayer,
  type ScopeShape,
  type SemaphoreMaker,
} from "./arbitraries.ts";
export {
  type Command,
  type Commands,
  commands,
  type CommandsOptions,
  type CommandsRunOptions,
} from "./commands.ts";
export { always, eventually } from "./demands.ts";
export { explore, type Explored, type ExploreOptions } from "./explore.ts";
export { SimulationError } from "./failure.ts";
export type { Arbitrary, ArbitraryLike, FastCheck } from "./fast_check.ts";
export { killAt, type KillPoint } from "./kill_at.ts";
export type { ProgramOptions } from "./program.ts";
export { type Checked, property, type PropertyOptions } from "./property.ts";
export { replay } from "./replay.ts";
export { settle, type Steps, steps } from "./settle.ts";
export { simulate, type Simulated, type SimulateOptions } from "./simulate.ts";
export type { Strategy } from "./strategies.ts";
export { sweep, type Swept } from "./sweep.ts";
export { VirtualClock } from "./virtual_clock.ts";
