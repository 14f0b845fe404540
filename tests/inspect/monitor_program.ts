/** Programs that hold their loop, for monitor.test.ts: what they are called with says how. */
import process from "node:process";
import { Event, run, sleep, spawn } from "../../src/mod.ts";
import { monitor } from "../../src/inspect/mod.ts";

function holdFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const programs: Record<string, () => unknown> = {
  /** For ever: only the monitor's own thread can still say something. */
  endless: () => {
    monitor({ blockedMs: 50 });
    return run(function* () {
      yield* spawn({ name: "stuck" }, function* () {
        holdFor(Infinity);
      });
    });
  },
  /** With a listener the thread is silent about short blocks, and not about long ones. */
  long: async () => {
    const watching = monitor({
      blockedMs: 20,
      onBlocked: ({ greenlet }) => console.log(`heard of ${greenlet}`),
    });
    await run(function* () {
      yield* sleep(100);
      for (const [name, ms] of [["short", 60], ["long", 400]] as const) {
        yield* spawn({ name }, function* () {
          holdFor(ms);
        });
        yield* sleep(50);
      }
    });
    watching.stop();
  },
  /** Nothing else to do: the program ends. */
  idle: () => {
    monitor();
    console.log("nothing to do");
  },
  /** It ends while a greenlet holds the loop. */
  exit: () => {
    monitor({
      blockedMs: 20,
      onBlocked: ({ greenlet, ended }) => console.log(`heard of ${greenlet}, ended: ${ended}`),
    });
    return run(function* () {
      yield* sleep(100);
      holdFor(200);
      process.exit(3);
    });
  },
  /** Nobody is left who could go on: the monitor is no reason to wait. */
  deadlock: () =>
    run(function* () {
      monitor();
      yield* new Event().wait();
    }).catch((error) => console.log(error.name)),
};

await programs[process.argv[2]]();
