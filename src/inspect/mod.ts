/**
 * What goes on: the tree of greenlets and what each waits on.
 *
 * @module
 */
export { dump, type GreenletSnapshot, type Snapshot, snapshot } from "./snapshot.ts";
