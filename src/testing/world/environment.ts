/**
 * What a simulated body finds in place of the runtime's own: random numbers, time, timers, promises, `fetch`.
 *
 * The functions are put in once for all runs of a simulation, not for each of its schedules, and look at `running`: where
 * no run goes on, they do what the real ones do. What was captured before stays real: a named import of `node:timers`, a
 * constant of another module. So do the promises that async functions give, sockets, message channels, and `Intl` where
 * it is asked for the present moment.
 */
import { Lasting, writes } from "../../core/mod.ts";
import { type Execution, running } from "../schedules/execution.ts";
import { from } from "../schedules/failure.ts";
import { fetchIn } from "./network.ts";
import type { Random } from "../schedules/random.ts";
import { SimulatedRequest } from "./request.ts";
import { SimulatedBlob } from "./content.ts";
import { SimulatedResponse } from "./response.ts";
import { simulatedController, simulatedSignal, simulatedSignals } from "./simulated_abort.ts";
import { simulatedDate, simulatedNow, simulatedPerformance, type TemporalLike } from "./simulated_date.ts";
import { SimulatedPromise } from "./simulated_promise.ts";
import { simulatedTimers } from "./simulated_timers.ts";

/** Stands for the random numbers of whatever run there is. */
const RANDOM: Lasting = new Lasting();

/** The body's random numbers. Who draws first gets the first one, so drawing is ordered. */
function randomOf(run: Execution): Random {
  run.drew = true;
  writes(RANDOM);
  return run.random;
}

/** Properties of one object, to be replaced. */
interface Replacement {
  readonly object: object;
  readonly by: { readonly [name: string]: unknown };
}

type Globals = Record<string, unknown> & typeof globalThis;

/** What stands in for what. */
function replacements(): Replacement[] {
  const world = globalThis as Globals;
  const { random } = Math, { crypto, fetch } = world;
  const all: Replacement[] = [
    { object: Math, by: { random: () => running === null ? random() : randomOf(running).fraction() } },
    { object: performance, by: simulatedPerformance(performance) as object as Replacement["by"] },
    { object: crypto, by: simulatedCrypto(crypto) },
    { object: AbortSignal, by: simulatedSignals(AbortSignal) },
    { object: AbortSignal.prototype, by: simulatedSignal(AbortSignal.prototype) },
    {
      object: world,
      by: {
        ...simulatedTimers({ ...pick(world, TIMERS) }),
        Date: simulatedDate(Date),
        Promise: SimulatedPromise,
        AbortController: simulatedController(AbortController),
        Request: SimulatedRequest,
        Response: SimulatedResponse,
        Blob: SimulatedBlob,
        fetch: (...args: Parameters<typeof fetch>) => running === null ? fetch(...args) : fetchIn(...args),
      },
    },
  ];
  const temporal = world.Temporal as TemporalLike | undefined;
  if (temporal !== undefined) all.push({ object: temporal.Now, by: simulatedNow(temporal) });
  return all;
}

const TIMERS = [
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
  "queueMicrotask",
] as const;

function pick(world: Globals, names: readonly string[]): { [name: string]: unknown } {
  return Object.fromEntries(names.map((name) => [name, world[name]]));
}

function simulatedCrypto(crypto: Crypto): Replacement["by"] {
  const { randomUUID, getRandomValues } = crypto;
  const fill = <T extends ArrayBufferView | null>(array: T, random: Random): T => {
    if (array === null) throw new TypeError("getRandomValues needs a typed array of whole numbers, not null");
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
    return array;
  };
  return {
    getRandomValues: <T extends ArrayBufferView | null>(array: T): T =>
      running === null
        ? getRandomValues.call(crypto, array as never) as unknown as T
        : fill(array, randomOf(running)),
    randomUUID: () => {
      if (running === null) return randomUUID.call(crypto);
      const bytes = fill(new Uint8Array(16), randomOf(running));
      bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4
      bytes[8] = (bytes[8] & 0x3f) | 0x80; // variant of RFC 9562
      const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    },
  };
}

/** Puts everything in its place; gives the way back. */
function enter(): () => void {
  if (running !== null) {
    throw new Error("a simulation inside of another's body: run them one after the other");
  }
  const undo: (() => void)[] = [];
  const leave = () => undo.reverse().forEach((step) => step());
  try {
    for (const { object, by } of replacements()) {
      for (const [name, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(by))) {
        const before = Object.getOwnPropertyDescriptor(object, name);
        if (before?.configurable === false || (before === undefined && !Object.isExtensible(object))) {
          continue;
        }
        const enumerable = before?.enumerable ?? false;
        const how = get === undefined ? { value, writable: true } : { get, set };
        Object.defineProperty(object, name, { ...how, configurable: true, enumerable });
        undo.push(() => {
          if (before === undefined) Reflect.deleteProperty(object, name);
          else Object.defineProperty(object, name, before);
        });
      }
    }
  } catch (error) {
    leave();
    throw error;
  }
  return leave;
}

/** Calls `f` with the simulated globals in place, and puts the real ones back. Its errors come out of `entry`. */
export function inSimulatedWorld<T>(f: () => T, entry: object = inSimulatedWorld): T {
  const leave = enter();
  try {
    return f();
  } catch (error) {
    throw from(error, entry);
  } finally {
    leave();
  }
}

/** The same for what takes turns of the host: the globals stay until it has ended. */
export async function inSimulatedWorldFor<T>(f: () => Promise<T>): Promise<T> {
  const leave = enter();
  try {
    return await f();
  } finally {
    leave();
  }
}
