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
} from "./data/arbitraries.ts";
export type { Command } from "./models/command.ts";
export { type Commands, commands, type CommandsOptions, type CommandsRunOptions } from "./models/commands.ts";
export { always, eventually } from "./demands.ts";
export type { BodyContent } from "./world/content.ts";
export { explore, type Explored, type ExploreOptions } from "./explore.ts";
export { SimulationError } from "./schedules/failure.ts";
export type { Faults, Range } from "./world/faults.ts";
export { type SimulatedFileSystem, simulatedFs } from "./world/file_system.ts";
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
} from "./world/file_types.ts";
export type { Arbitrary, ArbitraryLike, FastCheck } from "./data/fast_check.ts";
export { killAt, type KillPoint } from "./data/kill_at.ts";
export type { ClockLaws, ManualClock } from "./laws/law_clock.ts";
export type { LockLawOptions, LockLike } from "./laws/law_lock_kit.ts";
export type { PoolLawOptions } from "./laws/law_pool.ts";
export type { PoolLike } from "./laws/law_pool_kit.ts";
export type { MakePorts } from "./laws/law_port.ts";
export type { QueueLawOptions, QueueLike } from "./laws/law_queue_kit.ts";
export type { MakeStore, StoreLawOptions } from "./laws/law_store.ts";
export { type Law, type LawOptions, LawsBroken, type LawSuite } from "./laws/law_suite.ts";
export { type Laws, laws } from "./laws/laws.ts";
export { BLOCKED } from "./models/linearizable.ts";
export { memoryPorts } from "./laws/memory_ports.ts";
export { MemoryStore, type MemoryStoreOptions } from "./laws/memory_store.ts";
export {
  type ModelOperation,
  type ModelSpec,
  modelTest,
  type ModelTested,
  type ModelTestOptions,
} from "./models/model_test.ts";
export type { Port } from "./laws/port.ts";
export {
  type Answer,
  type NetworkOptions,
  type NetworkRequest,
  type SimulatedNetwork,
  simulatedNetwork,
} from "./world/network.ts";
export type { SimulatedPort } from "./world/worker_port.ts";
export type { ProgramOptions } from "./schedules/program.ts";
export { property, type ValuesOf } from "./data/property.ts";
export type { Checked, PropertyOptions } from "./data/property_check.ts";
export type { Random } from "./schedules/random.ts";
export { replay } from "./replay.ts";
export { settle, type Steps, steps } from "./settle.ts";
export { simulate, type Simulated, type SimulateOptions } from "./simulate.ts";
export { simulateAsync } from "./simulate_async.ts";
export type { DeadLetter, Lease, Store, StorePutOptions } from "./laws/store.ts";
export { SimulatedPromise } from "./world/simulated_promise.ts";
export type { Strategy } from "./schedules/strategies.ts";
export { sweep, type Swept } from "./sweep.ts";
export { VirtualClock } from "./virtual_clock.ts";
export {
  type SimulatedWorker,
  simulatedWorker,
  type SimulatedWorkerOptions,
  type WorkerEvent,
} from "./world/worker.ts";
