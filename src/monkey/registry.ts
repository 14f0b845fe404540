/**
 * What is patched now. One set of patches for the whole program, counted: the first `patchAll` puts them in place, the last
 * disposal takes them away.
 */
import { duration, show } from "../core/mod.ts";
import { builtin, reach, runtimeName, surface, syncNamedImports } from "../host/io.ts";
import { type Limits, type PatchOptions } from "../host/mod.ts";
import { startBinding } from "./context_binder.ts";
import { forgetFound } from "./found.ts";
import { bottom, type Outcome, Patch } from "./layer.ts";
import { clearLimits, setLimits } from "./limits.ts";
import { type Gap, type Group, GROUPS, type Target } from "./target.ts";
import { gapsOf, targets } from "./targets.ts";
import { makePromisesYieldable } from "./yieldable.ts";
import { setBlockingMode } from "./blocking.ts";
import { Coverage, type CoverageEntry, type NamedImports } from "./coverage.ts";

interface Installed {
  readonly target: Target;
  readonly patch: Patch;
  outcome: Outcome;
}

const installed = new Map<string, Installed>();
const places = new WeakMap<object, Map<string, Patch>>();
const groups = new Set<Group>();
let holders = 0;
let stop: (() => void)[] = [];

const keyOf = (module: string, name: string) => `${module}.${name}`;

/** The groups that the options ask for; `TypeError` for what is no option. */
function wanted(options: PatchOptions): Set<Group> {
  const known = new Set<string>([
    ...GROUPS,
    "maxFetches",
    "maxFetchesPerHost",
    "maxOpenFiles",
    "syncReportMs",
  ]);
  for (const [name, value] of Object.entries(options)) {
    if (!known.has(name)) {
      throw new TypeError(`patchAll has no option ${show(name)}: it has ${[...known].join(", ")}`);
    }
    if (
      GROUPS.includes(name as Group) && name !== "sync" && value !== undefined && typeof value !== "boolean"
    ) {
      throw new TypeError(`patchAll's ${name} must be true or false, not ${show(value)}`);
    }
  }
  const { sync } = options;
  if (sync !== undefined && !["report", "throw", "off"].includes(sync)) {
    throw new TypeError(`patchAll's sync must be "report", "throw" or "off", not ${show(sync)}`);
  }
  return new Set(GROUPS.filter((group) => options[group] !== false && options[group] !== "off"));
}

/** Patches those groups that are not yet. */
function install(asked: ReadonlySet<Group>): void {
  if (groups.size === 0) stop = [startBinding(), makePromisesYieldable(), forgetFound];
  const changed = new Map<string, Set<string>>();
  for (const target of targets()) {
    if (!asked.has(target.group) || groups.has(target.group)) continue;
    const object = surface(target.module);
    const patch = patchAt(object ?? {}, target);
    const outcome = object === undefined ? "missing" : patch.isOn ? "patched" : patch.install();
    installed.set(keyOf(target.module, target.name), { target, patch, outcome });
    if (outcome === "patched") note(changed, target);
  }
  for (const group of asked) groups.add(group);
  syncNamedImports(changed);
}

/** One for each property and part, by however many names its object is known: Deno has two `timers/promises`, with one scheduler. */
function patchAt(object: object, { group, name, wrap }: Target): Patch {
  const here = places.get(object) ?? new Map<string, Patch>();
  places.set(object, here);
  const key = keyOf(group, name);
  const patch = here.get(key) ?? new Patch(object, name, wrap);
  here.set(key, patch);
  return patch;
}

function note(changed: Map<string, Set<string>>, { module, name }: Target): void {
  const names = changed.get(module) ?? new Set();
  changed.set(module, names.add(name));
}

function removeAll(): void {
  const changed = new Map<string, Set<string>>();
  for (const { target, patch, outcome } of [...installed.values()].reverse()) {
    if (outcome !== "patched") continue;
    patch.remove();
    note(changed, target);
  }
  groups.clear();
  for (const end of stop.reverse()) end();
  stop = [];
  clearLimits();
  syncNamedImports(changed);
}

/** Says what each `patchAll` has to give back. */
function hold(): () => void {
  holders++;
  const mine = generation;
  let isHeld = true;
  return () => {
    if (!isHeld || mine !== generation) return;
    isHeld = false;
    if (--holders === 0) removeAll();
  };
}

/** Grows with each `unpatch`, after which earlier disposables have nothing left to do. */
let generation = 0;

/**
 * Binds the host's I/O to the greenlets that ask for it: a kill or a timeout of the greenlet stops it at once, also in
 * libraries that know nothing of greenlets. Outside of greenlets everything behaves as before.
 *
 * Call it once, as early as possible, in the program and not in a library. It may be called again, and is undone when all of
 * its disposables are disposed, or by {@linkcode unpatch}.
 *
 * @param options what to leave out, limits, and what to do about calls that block.
 * @returns what is reached and what is not; disposing it undoes the patches.
 * @throws `TypeError` and `RangeError` for options that make no sense, before anything is patched.
 * @example
 * ```ts
 * import { run, spawn } from "tendril";
 * import { patchAll } from "tendril/monkey";
 * import { setTimeout } from "node:timers/promises";
 * import { assert } from "@std/assert";
 *
 * const patches = patchAll();
 * await run(function* () {
 *   const g = spawn(async () => {
 *     await setTimeout(60_000); // a plain promise, three libraries deep, perhaps
 *   });
 *   yield* g.join({ timeout: 1 });
 *   yield* g.kill(); // and the timer is gone
 *   assert(g.dead);
 * });
 * patches[Symbol.dispose]();
 * ```
 */
export function patchAll(options: PatchOptions = {}): Coverage {
  const asked = wanted(options);
  const least = duration(options.syncReportMs ?? 0, "patchAll's syncReportMs");
  setLimits(options);
  if (options.sync !== undefined || !groups.has("sync")) {
    setBlockingMode(options.sync ?? "report", least);
  }
  install(asked);
  return coverageOf(hold());
}

/** Patches one part: `patch("fetch")`. Otherwise like {@linkcode patchAll}. */
export function patch(
  name: Group,
  options: Limits & Pick<PatchOptions, "sync" | "syncReportMs"> = {},
): Coverage {
  if (!GROUPS.includes(name)) {
    throw new TypeError(`patch: there is no part ${show(name)}: there are ${GROUPS.join(", ")}`);
  }
  setLimits(options);
  if (name === "sync") {
    setBlockingMode(options.sync ?? "report", duration(options.syncReportMs ?? 0, "patch's syncReportMs"));
  }
  install(new Set([name]));
  return coverageOf(hold());
}

/** Undoes all patches, however often they were asked for. What others have put on top of them stays, and passes on. */
export function unpatch(): void {
  generation++;
  holders = 0;
  // Also what somebody has put back since who had covered it.
  if (installed.size > 0) removeAll();
}

/** A module's name as users write it. */
const plain = (module: string) => module.replace(/^node:/, "");

/** Whether something in `module` is patched, or `name` in it: `isPatched("node:fs", "readFile")`. */
export function isPatched(module: string, name?: string): boolean {
  if (name !== undefined) return exact(module, name)?.patch.isOn === true;
  return [...installed.values()].some(({ target, patch }) => target.module === plain(module) && patch.isOn);
}

function exact(module: string, name: string): Installed | undefined {
  return installed.get(keyOf(plain(module), name));
}

/** The host's own function, whatever is patched: `getOriginal("globalThis", "fetch")`. @throws `Error` if there is none. */
export function getOriginal(module: string, name: string): unknown {
  const object = surface(plain(module));
  const there = object === undefined ? undefined : (object as Record<string, unknown>)[name];
  const original = exact(module, name)?.patch.original ?? bottom(there);
  if (original === undefined) {
    throw new Error(`getOriginal: there is no ${show(name)} in ${show(module)} on this runtime`);
  }
  return original;
}

/** What is reached now, and what is not. */
export function coverage(): Coverage {
  return coverageOf(() => {});
}

function coverageOf(dispose: () => void): Coverage {
  return new Coverage(runtimeName(), entries, dispose);
}

function entries(): CoverageEntry[] {
  const known = targets().flatMap((target): CoverageEntry[] => {
    const it = exact(target.module, target.name);
    if (it === undefined || it.outcome === "missing") return [];
    const patched = groups.has(target.group) && it.outcome === "patched";
    const why = it.outcome === "fixed" ? "the runtime does not let it be changed" : "not asked for";
    return [{
      group: target.group,
      name: keyOf(target.module, target.name),
      patched,
      reason: patched ? undefined : why,
      imports: patched ? importsOf(target) : undefined,
    }];
  });
  const gaps = gapsOf(runtimeName()).map(({ group, name, reason }: Gap): CoverageEntry => {
    return { group, name, patched: false, reason, imports: undefined };
  });
  return [...known, ...gaps];
}

function importsOf({ module }: Target): NamedImports | undefined {
  if (builtin(module) === undefined) return undefined;
  const { imports, reason } = reach(module);
  return { reached: imports, reason };
}
