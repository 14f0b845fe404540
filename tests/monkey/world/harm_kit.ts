/** What the scenes of harm.ts have in common. */
import { type Greenlet, sleep, spawn, until } from "tendril";
import type { Runtime } from "../../harness.ts";
import type { Observed, Observer } from "./observer.ts";
import { bytesOf } from "./protocol.ts";

export type Play = (observer: Observer) => Promise<void>;

export interface Scene {
  readonly name: string;
  /** Those on which it can be played; all, if this is missing. */
  readonly runtimes?: readonly Runtime[];
  readonly play: Play;
}

export type Getter = (url: string) => Promise<string>;

export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** A greenlet whose failure is looked at by whoever joins it. */
export function* start<T>(body: () => PromiseLike<T>): Generator<unknown, Greenlet<T>> {
  const g = spawn(function* () {
    return yield* until(body());
  });
  g.linkException(() => {});
  yield* sleep(0);
  return g;
}

export function* expectBody(
  get: Getter,
  place: Observed,
  id: number,
  length: number,
): Generator<unknown, void> {
  const text = yield* until(get(`${place.origin}/${id}/${length}`));
  check(text === bytesOf(id, length), `body ${id} came as ${text.length} bytes: ${text.slice(0, 40)}`);
}
