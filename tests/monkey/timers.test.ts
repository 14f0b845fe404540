/** Sleeps of timers/promises that end with their greenlet (S-87). */
import { setTimeout as afterCallback } from "node:timers";
import { setTimeout as namedSetTimeout } from "node:timers/promises";
import process from "node:process";
import { promisify } from "node:util";
import { GreenletExit, run, spawn, TimeoutError, until, withTimeout } from "../../src/mod.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "../assert.ts";
import { describe, runtime, test, testOn } from "../harness.ts";
import { patched, reach, turns } from "./kit.ts";
import { lettersOf } from "./letter.ts";
import { held, leftSince } from "./world/held.ts";

const timers = process.getBuiltinModule("node:timers/promises");
const { scheduler } = timers;
const long = 60_000;

const sleeps: Record<string, () => Promise<unknown>> = {
  "setTimeout": () => timers.setTimeout(long),
  // Deno's early named imports are only reached by the loader.
  ...runtime === "deno" ? {} : { "setTimeout, imported by name": () => namedSetTimeout(long) },
  "setTimeout, with a signal": () => timers.setTimeout(long, 0, { signal: new AbortController().signal }),
  "setTimeout, unref'd": () => timers.setTimeout(long, 0, { ref: false }),
  "scheduler.wait": () => scheduler.wait(long),
  "setInterval": async () => {
    for await (const _tick of timers.setInterval(long));
  },
  "setInterval, after a tick": async () => {
    for await (const _tick of timers.setInterval(20));
  },
};

describe("timers/promises in a greenlet", () => {
  for (const [name, sleep] of Object.entries(sleeps)) {
    for (const form of ["generator", "async", "timeout"] as const) {
      test(`S-87 ${name}: ends at once and leaves no timer (${form})`, async () => {
        const before = await held();
        await patched(() =>
          run(function* () {
            const seen: unknown[] = [];
            const use = async () => {
              await sleep().catch((error) => seen.push(error));
              await sleep().catch((error) => seen.push(error));
            };
            if (form === "timeout") {
              yield* until(assertRejects(() => run(() => withTimeout(30, use)), TimeoutError));
            } else {
              const body = form === "async" ? use : function* () {
                yield* until(use());
              };
              const g = spawn(body as () => Promise<void>);
              yield* until(new Promise<void>((resolve) => afterCallback(resolve, 30)));
              yield* g.kill();
              yield* until(turns());
              assert(seen.every((error) => error === g.value), String(seen));
            }
            yield* reach(() => seen.length === 2, "twice");
            assert(
              seen.every((error) => error instanceof GreenletExit || error instanceof TimeoutError),
              String(seen),
            );
          })
        )();
        assertEquals(await leftSince(before, 500, () => 0), "");
      });
    }
  }

  test(
    "they sleep, give their values, and tick",
    patched(() =>
      run(async () => {
        assertEquals(await timers.setTimeout(1, "a"), "a");
        assertEquals(await timers.setTimeout(1, "a", { ref: true }), "a");
        assertEquals(await timers.setImmediate("b"), "b");
        assertEquals(await scheduler.wait(1), undefined);
        assertEquals(await scheduler.yield(), undefined);
        const ticks: unknown[] = [];
        for await (const tick of timers.setInterval(1, "c")) if (ticks.push(tick) === 3) break;
        assertEquals(ticks, ["c", "c", "c"]);
      })
    ),
  );

  test(
    "the user's own signal still works, and keeps no listener",
    patched(() =>
      run(async () => {
        const { signal } = new AbortController();
        let listeners = 0;
        const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
        signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
        signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
        await timers.setTimeout(1, 0, { signal });
        await turns();
        assertEquals(listeners, 0);
        const own = new AbortController();
        const waits = [
          timers.setTimeout(long, 0, { signal: own.signal }),
          scheduler.wait(long, { signal: own.signal }),
          timers.setInterval(long, 0, { signal: own.signal })[Symbol.asyncIterator]().next(),
        ];
        own.abort("enough");
        for (const wait of [...waits, timers.setTimeout(long, 0, { signal: own.signal })]) {
          const error = await wait.then(() => null, (e: Error) => e);
          assertInstanceOf(error, Error);
          assertEquals([error.name, error.cause], ["AbortError", "enough"]);
        }
      })
    ),
  );

  testOn(
    ["node", "bun"],
    "S-87 a promisified setTimeout ends, too",
    patched(() =>
      run(function* () {
        let seen: unknown;
        const g = spawn(() => promisify(afterCallback)(long).catch((error) => seen = error));
        yield* until(turns());
        yield* g.kill();
        yield* reach(() => seen === g.value, "the kill");
      })
    ),
  );
});

describe("timers/promises outside of greenlets", () => {
  test("S-86 look, sleep and fail as ever", async () => {
    const places: [object, string][] = [
      [timers, "setTimeout"],
      [timers, "setImmediate"],
      [timers, "setInterval"],
      [Object.hasOwn(scheduler, "wait") ? scheduler : Object.getPrototypeOf(scheduler), "wait"],
      [Object.hasOwn(scheduler, "wait") ? scheduler : Object.getPrototypeOf(scheduler), "yield"],
    ];
    const letters = () => places.map(([object, name]) => lettersOf(object, name));
    const fault = async (f: () => unknown): Promise<unknown> => {
      try {
        return ["gave", String(await f())];
      } catch (error) {
        const { name, code, message } = error as Error & { code?: string };
        return [name, code, message];
      }
    };
    const bad = (x: unknown) => x as never;
    const faults = () =>
      Promise.all([
        fault(() => timers.setTimeout(bad("1"))),
        fault(() => timers.setTimeout(1, 0, bad(7))),
        fault(() => timers.setTimeout(1, 0, { signal: bad({}) })),
        fault(() => timers.setTimeout(1, 0, { ref: bad(1) })),
        fault(() => timers.setTimeout(1, 0, { signal: AbortSignal.abort() })),
        fault(() => timers.setImmediate(0, bad(7))),
        fault(() => timers.setInterval(1, 0, { signal: AbortSignal.abort() })[Symbol.asyncIterator]().next()),
        fault(() => timers.setInterval(bad("1"))[Symbol.asyncIterator]().next()),
        fault(() => scheduler.wait(bad("1"))),
        fault(() => scheduler.wait.call(bad({}), 1)),
        fault(() => timers.setTimeout(1, "value")),
      ]);
    const before = letters(), expected = await faults();
    const patches = patchAll({ sync: "off" });
    assertEquals(letters().map((l) => l.face), before.map((l) => l.face));
    assertEquals(await faults(), expected);
    assertEquals(await run(() => faults()), expected);
    patches[Symbol.dispose]();
    assertEquals(letters(), before);
    assertEquals(await faults(), expected);
  });
});
