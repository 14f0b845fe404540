/**
 * Tests that need no sleeping and no luck: a virtual clock, simulation and exploration of schedules, replay.
 *
 * @module
 */
export { type Cell, cell, track } from "./cell.ts";
export { always, eventually } from "./demands.ts";
export { explore, type Explored, type ExploreOptions } from "./explore.ts";
export { SimulationError } from "./failure.ts";
export type { ProgramOptions } from "./program.ts";
export { replay } from "./replay.ts";
export { settle, type Steps, steps } from "./settle.ts";
export { simulate, type Simulated, type SimulateOptions } from "./simulate.ts";
export type { Strategy } from "./strategies.ts";
export { sweep, type Swept } from "./sweep.ts";
export { VirtualClock } from "./virtual_clock.ts";
