// The families of statements that programs are made of.

import { combining } from "./programs_combining.ts";
import { greenlets } from "./programs_greenlets.ts";
import type { Context, Family } from "./programs_kit.ts";
import { locks } from "./programs_locks.ts";
import { pools } from "./programs_pools.ts";
import { queues } from "./programs_queues.ts";
import { scopes } from "./programs_scopes.ts";
import { state } from "./programs_state.ts";
import { streams } from "./programs_streams.ts";

export const families: Readonly<Record<string, Family<never>>> = {
  combining,
  greenlets,
  locks,
  pools,
  queues,
  scopes,
  state,
  streams,
} as object as Readonly<Record<string, Family<never>>>;

export const FAMILIES: readonly string[] = Object.keys(families);

const homes: ReadonlyMap<string, string> = new Map(
  FAMILIES.flatMap((name) => Object.keys(families[name].acts).map((op): [string, string] => [op, name])),
);

export const BLOCK_STATEMENTS: ReadonlySet<string> = new Set(
  FAMILIES.flatMap((name) => families[name].blocks),
);

/** The objects of the families that a program uses, by family. */
export function partsOf(program: readonly (readonly { op: string; block?: readonly { op: string }[] }[])[]) {
  const parts: Record<string, unknown> = {};
  const visit = (one: { op: string; block?: readonly { op: string }[] }): void => {
    const home = homes.get(one.op);
    if (home !== undefined) parts[home] ??= families[home].make();
    one.block?.forEach(visit);
  };
  program.flat().forEach(visit);
  return parts;
}

/** Does one statement. */
export function* perform(
  op: string,
  context: Context,
  parts: Record<string, unknown>,
): Generator<unknown, unknown, unknown> {
  const home = homes.get(op);
  if (home === undefined) throw new RangeError(`no statement ${op}`);
  const given = families[home].acts[op](context, parts[home] as never);
  const isGenerator = Object.prototype.toString.call(given) === "[object Generator]";
  return isGenerator ? yield* given as Generator<unknown, unknown, unknown> : given ?? op;
}
