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
export type { Command } from "./command.ts";
export { type Commands, commands, type CommandsOptions, type CommandsRunOptions } from "./commands.ts";
export { always, eventually } from "./demands.ts";
export type { BodyContent } from "./content.ts";
export { explore, type Explored, type ExploreOptions } from "./explore.ts";
export { SimulationError } from "./failure.ts";
export type { Faults, Range } from "./faults.ts";
export { type SimulatedFileSystem, simulatedFs } from "./file_system.ts";
export type {
  FileData,
  FileEncoding,
  FilePath,
  ReadFileOptions,
  SimulatedDirent,
  SimulatedFileHandle,
  SimulatedFsOptions,
  SimulatedStats,
  WriteFileOptions,
} from "./file_types.ts";
export type { Arbitrary, ArbitraryLike, FastCheck } from "./fast_check.ts";
export { killAt, type KillPoint } from "./kill_at.ts";
export type { ClockLaws, ManualClock } from "./law_clock.ts";
export type { LockLawOptions, LockLike } from "./law_lock_kit.ts";
export type { PoolLawOptions } from "./law_pool.ts";
export type { PoolLike } from "./law_pool_kit.ts";
export type { MakePorts } from "./law_port.ts";
export type { QueueLawOptions, QueueLike } from "./law_queue_kit.ts";
export type { MakeStore, StoreLawOptions } from "./law_store.ts";
export { type Law, type LawOptions, LawsBroken, type LawSuite } from "./law_suite.ts";
export { type Laws, laws } from "./laws.ts";
export { BLOCKED } from "./linearizable.ts";
export { memoryPorts } from "./memory_ports.ts";
export { MemoryStore, type MemoryStoreOptions } from "./memory_store.ts";
export {
  type ModelOperation,
  type ModelSpec,
  modelTest,
  type ModelTested,
  type ModelTestOptions,
} from "./model_test.ts";
export type { Port } from "./port.ts";
export {
  type Answer,
  type NetworkOptions,
  type NetworkRequest,
  type SimulatedNetwork,
  simulatedNetwork,
} from "./network.ts";
export type { SimulatedPort } from "./worker_port.ts";
export type { ProgramOptions } from "./program.ts";
export { property, type ValuesOf } from "./property.ts";
export type { Checked, PropertyOptions } from "./property_check.ts";
export type { Random } from "./random.ts";
export { replay } from "./replay.ts";
export { settle, type Steps, steps } from "./settle.ts";
export { simulate, type Simulated, type SimulateOptions } from "./simulate.ts";
export { simulateAsync } from "./simulate_async.ts";
export type { DeadLetter, Lease, Store, StorePutOptions } from "./store.ts";
export { SimulatedPromise } from "./simulated_promise.ts";
export type { Strategy } from "./strategies.ts";
export { sweep, type Swept } from "./sweep.ts";
export { VirtualClock } from "./virtual_clock.ts";
export {
  type SimulatedWorker,
  simulatedWorker,
  type SimulatedWorkerOptions,
  type WorkerEvent,
} from "./worker.ts";
