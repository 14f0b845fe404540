/** All that can be patched: one table for each kind of I/O. */
import type { RuntimeName } from "../host/io.ts";
import { blockingTargets } from "./blocking.ts";
import { bunGaps, bunTargets } from "./bun.ts";
import { childProcessTargets } from "./child_process.ts";
import { denoGaps, denoTargets } from "./deno.ts";
import { dnsTargets } from "./dns.ts";
import { fetchTargets } from "./fetch.ts";
import { fsGaps, fsTargets } from "./fs_targets.ts";
import { httpTargets } from "./http.ts";
import { netTargets } from "./net.ts";
import { nodeGaps } from "./node_gaps.ts";
import type { Gap, Target } from "./target.ts";
import { timersTargets } from "./timers.ts";
import { webSocketTargets } from "./websocket.ts";
import { workerTargets } from "./worker.ts";

const all: readonly Target[] = [
  ...blockingTargets,
  ...bunTargets,
  ...childProcessTargets,
  ...denoTargets,
  ...dnsTargets,
  ...fetchTargets,
  ...fsTargets,
  ...httpTargets,
  ...netTargets,
  ...timersTargets,
  ...webSocketTargets,
  ...workerTargets,
];

/** What there is to patch, on any runtime. */
export function targets(): readonly Target[] {
  return all;
}

const gaps: ReadonlyMap<RuntimeName, readonly Gap[]> = new Map([
  ["Deno", [...denoGaps, ...fsGaps("Deno"), ...nodeGaps("Deno")]],
  ["Bun", [...bunGaps, ...fsGaps("Bun"), ...nodeGaps("Bun")]],
  ["Node", [...fsGaps("Node"), ...nodeGaps("Node")]],
]);

/** What is known to be out of reach. */
export function gapsOf(runtime: RuntimeName): readonly Gap[] {
  return gaps.get(runtime) ?? [];
}
