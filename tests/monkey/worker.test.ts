/** Workers that are terminated with their greenlet (S-87). */
import process from "node:process";
import { GreenletExit, run, spawn } from "../../src/mod.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test, testOn } from "../harness.ts";
import { stops } from "./endings.ts";
import { patched, reach } from "./kit.ts";
import { lettersOf } from "./letter.ts";

const threads = process.getBuiltinModule("node:worker_threads");
const file = new URL("world/worker.ts", import.meta.url);

describe("workers of a greenlet", () => {
  test(
    "S-87 a worker_threads.Worker is terminated",
    () =>
      stops(() => ({ at: "headers" }), ({ port }) =>
        new Promise((resolve, reject) => {
          new threads.Worker(file, { workerData: { port } }).on("exit", resolve).on("error", reject);
        })),
    { timeout: 20_000 },
  );

  testOn(
    ["deno", "bun"],
    "S-87 a web Worker is terminated",
    () =>
      stops(() => ({ at: "headers" }), ({ port }) => {
        const worker = new Worker(file, { type: "module" });
        worker.postMessage({ port });
        return new Promise((resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = reject;
        });
      }),
    { timeout: 20_000 },
  );

  test(
    "S-87 one that is made in the name of a killed block fails with the reason",
    patched(() =>
      run(function* () {
        const seen: unknown[] = [];
        let open!: () => void;
        const g = spawn(async () => {
          await new Promise<void>((resolve) => open = resolve);
          const worker = new threads.Worker(file, { workerData: { port: 1 } });
          assertInstanceOf(worker, threads.Worker);
          worker.on("error", (error) => seen.push(error)).on("exit", () => seen.push("exit"));
          if (typeof Worker === "undefined") return;
          const web = new Worker(file, { type: "module" });
          assertInstanceOf(web, Worker);
          web.onerror = (event) => {
            event.preventDefault();
            seen.push(event.error);
          };
        });
        yield* reach(() => open !== undefined, "started");
        yield* g.kill();
        assertInstanceOf(g.value, GreenletExit);
        open();
        const errors = typeof Worker === "undefined" ? 1 : 2;
        yield* reach(() => seen.filter((one) => one === g.value).length === errors, "the errors");
        yield* reach(() => seen.includes("exit"), "the exit");
        assertEquals(seen.length, errors + 1);
      })
    ),
  );
});

describe("workers outside of greenlets", () => {
  const classes: [string, object][] = [["worker_threads", threads]];
  if (typeof Worker !== "undefined") classes.push(["the web", globalThis]);
  for (const [name, object] of classes) {
    test(`S-86 the class of ${name} looks and fails as ever`, async () => {
      const it = () => (object as { Worker: typeof threads.Worker }).Worker;
      const Before = it();
      const letters = () => lettersOf(object, "Worker");
      const faults = () =>
        [
          () => (it() as unknown as (file: string) => void)("x"),
          () => new (it())(Symbol("bad") as unknown as string),
        ].map((f) => {
          const error = assertThrows(f) as Error;
          return [error.name, error.message];
        });
      const before = [letters().face, faults()];
      const patches = patchAll({ sync: "off" });
      try {
        assert(it() !== Before);
        assertEquals([letters().face, faults()], before);
        assertEquals(await run(() => faults()), before[1]);
        assertStrictEquals(it().prototype, Before.prototype);
        class Own extends it() {}
        assertStrictEquals(Object.getPrototypeOf(Own), it());
      } finally {
        patches[Symbol.dispose]();
      }
      assertStrictEquals(it(), Before);
    });
  }
});
