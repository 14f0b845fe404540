/** The ways in which a greenlet's block is ended, and a server in another process that says when it saw it. */
import { GreenletExit, run, spawn, TimeoutError, until, withTimeout } from "../../src/mod.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import { assert } from "../assert.ts";
import { type Observed, Observer } from "./world/observer.ts";
import type { Place } from "./world/protocol.ts";

/** Milliseconds in which the server has to see it, by its own clock. */
const CLOSED_WITHIN = 200;
/** Milliseconds in which nothing new may come. */
const NOTHING_FOR = 150;
/** How long a timeout is; the next one if the moment was not reached by then. */
const TIMEOUTS = [100, 500, 2_500];

export type Use = (observed: Observed) => Promise<unknown>;

/** How `use` is run and ended when the moment is reached; gives the time of the end, or null if it came too early. */
const endings: Record<string, (use: Use, observed: Observed, ms: number) => Promise<number | null>> = {
  "kill of a generator": (use, observed) =>
    killed(observed, function* () {
      yield* until(use(observed));
    }),
  "kill of an async function": (use, observed) => killed(observed, async () => void await use(observed)),
  "withTimeout": (use, observed, ms) =>
    run(function* () {
      try {
        yield* withTimeout(ms, () => use(observed));
      } catch (error) {
        assert(error instanceof TimeoutError, `it ended before the timeout: ${error}`);
        return observed.count("reached") > 0 ? Date.now() : null;
      }
      throw new Error("it ended before the timeout");
    }),
};

function killed(observed: Observed, body: () => unknown): Promise<number> {
  return run(function* () {
    const g = spawn(body as () => Promise<void>);
    g.linkException(() => {});
    const ended = new Promise<never>((_, reject) => {
      g.link(() => reject(new Error(`it ended before the moment, with ${g.exception ?? g.value}`)));
    });
    ended.catch(() => {});
    yield* until(Promise.race([observed.reached(), ended]));
    const since = Date.now();
    yield* g.kill();
    assert(g.value instanceof GreenletExit, `it did not end by the kill: ${g.exception}`);
    return since;
  });
}

/** With everything patched, runs `use` at `place` and ends it in each of the ways: the server sees the end in time, and nothing after it. */
export async function stops(place: (mark: string) => Place, use: Use): Promise<void> {
  const observer = new Observer();
  try {
    for (const [name, end] of Object.entries(endings)) {
      for (const ms of name === "withTimeout" ? TIMEOUTS : [0]) {
        const mark = `86400.${Math.floor(Math.random() * 1e9)}`;
        const observed = Object.assign(await observer.open(place(mark)), { mark });
        using _patches = patchAll({ sync: "off" });
        try {
          const since = await end(use, observed, ms);
          if (since === null) continue;
          await observed.closedWithin(CLOSED_WITHIN, since);
          await observed.nothingFurther(NOTHING_FOR, since);
          break;
        } catch (error) {
          throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
        } finally {
          await observed.close();
        }
      }
    }
  } finally {
    await observer.stop();
  }
}

/** The mark of a place that has one: see world/protocol.ts. */
export function markOf(observed: Observed): string {
  return (observed as Observed & { mark: string }).mark;
}
