/** Limits on what is under way at once: who comes when they are reached waits, first come, first served. */
import { outside, show } from "../core/mod.ts";
import type { Limits } from "../host/mod.ts";
import { keepContext } from "./context.ts";

/** How full a limit is. */
export interface Usage {
  /** Under way. */
  readonly active: number;
  /** Waiting for a place. */
  readonly waiting: number;
  /** Calls that had to wait, since it was set. */
  readonly waited: number;
}

/** A place behind a limit; given back once. */
export type Release = () => void;

/** Places behind a limit, handed on in the order of asking. */
export class Gate {
  max: number = Infinity;
  active = 0;
  waited = 0;
  private readonly line: Set<() => void> = new Set();

  get waiting(): number {
    return this.line.size;
  }

  /** A place at once, or undefined: then ask `wait`. */
  tryEnter(): boolean {
    if (this.active >= this.max || this.line.size > 0) return false;
    this.active++;
    return true;
  }

  /** Calls back with a place when there is one. Gives the way to leave the line. */
  wait(ready: () => void): () => void {
    this.waited++;
    // Whoever leaves lets the next one in, who must not run in his name.
    const inside = keepContext();
    const enter = () => inside(() => outside(ready));
    this.line.add(enter);
    return () => this.line.delete(enter);
  }

  leave(): void {
    this.active--;
    this.admit();
  }

  /** Also after the limit was raised. */
  admit(): void {
    for (const enter of this.line) {
      if (this.active >= this.max) return;
      this.line.delete(enter);
      this.active++;
      enter();
    }
  }

  get usage(): Usage {
    return { active: this.active, waiting: this.waiting, waited: this.waited };
  }
}

/** Of `fetch`, all together and for each host; and of files. */
export let fetchGate: Gate = new Gate();
export let fileGate: Gate = new Gate();
let hosts: Map<string, Gate> = new Map();
let maxPerHost = Infinity;

/** How many hosts may be idle before their gates are looked through. */
const MANY_HOSTS = 1_000;

/** The gate of a URL's host; null while hosts have no limit. */
export function hostGate(url: string): Gate | null {
  if (maxPerHost === Infinity) return null;
  const host = URL.canParse(url) ? new URL(url).host : "";
  let gate = hosts.get(host);
  if (gate === undefined) {
    if (hosts.size >= MANY_HOSTS) forgetIdle();
    gate = new Gate();
    gate.max = maxPerHost;
    hosts.set(host, gate);
  }
  return gate;
}

/** A crawler meets many hosts once. */
function forgetIdle(): void {
  for (const [host, gate] of hosts) if (gate.active === 0 && gate.waiting === 0) hosts.delete(host);
}

/** How full the limits of `fetch` are: `maxFetches`, or that of one host (`"example.org:8080"`) with `maxFetchesPerHost`. */
export function fetchUsage(host?: string): Usage {
  return (host === undefined ? fetchGate : hosts.get(host) ?? new Gate()).usage;
}

/** How full `maxOpenFiles` is. */
export function fileUsage(): Usage {
  return fileGate.usage;
}

function limit(value: number | undefined, name: string): number {
  if (value === undefined || value === Infinity) return Infinity;
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number from 1, or Infinity, not ${show(value)}`);
  }
  return value;
}

/** Sets those that are given; those that wait go on where there is room now. */
export function setLimits(limits: Limits): void {
  const checked = {
    fetches: limit(limits.maxFetches, "maxFetches"),
    perHost: limit(limits.maxFetchesPerHost, "maxFetchesPerHost"),
    files: limit(limits.maxOpenFiles, "maxOpenFiles"),
  };
  if (limits.maxFetches !== undefined) fetchGate.max = checked.fetches;
  if (limits.maxOpenFiles !== undefined) fileGate.max = checked.files;
  if (limits.maxFetchesPerHost !== undefined) {
    maxPerHost = checked.perHost;
    for (const gate of hosts.values()) gate.max = maxPerHost;
  }
  for (const gate of [fetchGate, fileGate, ...hosts.values()]) gate.admit();
}

/** No limits any more. What is under way gives its places back to the gates that it went through. */
export function clearLimits(): void {
  setLimits({ maxFetches: Infinity, maxFetchesPerHost: Infinity, maxOpenFiles: Infinity });
  fetchGate = new Gate();
  fileGate = new Gate();
  hosts = new Map();
}
