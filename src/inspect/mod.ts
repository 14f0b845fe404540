/**
 * What goes on: the tree of greenlets and what each waits on, and who holds the loop.
 *
 * @module
 */
export { type BlockedReport, type Monitor, monitor, type MonitorOptions } from "./monitor.ts";
export { dump, type GreenletSnapshot, type OperationSnapshot, type Snapshot, snapshot } from "./snapshot.ts";
