/** File calls that die with their greenlet (S-87). */
import { AsyncLocalStorage } from "node:async_hooks";
import fs from "node:fs";
import fsp from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { GreenletExit, run, sleep, spawn, until, withTimeout } from "../../src/mod.ts";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "../assert.ts";
import { describe, test, testOn } from "../harness.ts";
import { heard, inDirectory, type Pipe, Place } from "./fs_kit.ts";
import { reach, turns } from "./kit.ts";

/** Calls that wait for the other end of a pipe for as long as nobody releases it. */
const waiting: Record<string, (pipe: Pipe) => Promise<unknown>> = {
  "fsp.open": (pipe) => fsp.open(pipe.path, "r"),
  "fs.open": (pipe) => heard((callback) => fs.open(pipe.path, "r", callback)),
  "fsp.readFile": (pipe) => fsp.readFile(pipe.path),
  "fs.readFile": (pipe) => heard((callback) => fs.readFile(pipe.path, callback)),
  "promisify(fs.readFile)": (pipe) => promisify(fs.readFile)(pipe.path),
  "fsp.writeFile": (pipe) => fsp.writeFile(pipe.path, "text"),
  "fs.writeFile": (pipe) => heard((callback) => fs.writeFile(pipe.path, "text", callback)),
  "FileHandle.read": async (pipe) =>
    await (await fsp.open(pipe.path, "r+")).read(new Uint8Array(4), 0, 4, null),
  "FileHandle.readv": async (pipe) => await (await fsp.open(pipe.path, "r+")).readv([new Uint8Array(4)]),
  "FileHandle.write": async (pipe) => await (await fsp.open(pipe.path, "r+")).write(new Uint8Array(1 << 18)),
  "FileHandle.writeFile": async (pipe) =>
    await (await fsp.open(pipe.path, "r+")).writeFile("x".repeat(1 << 18)),
  "fs.read": async (pipe) => {
    const fd = await heard<number>((callback) => fs.open(pipe.path, "r+", callback));
    await heard((callback) => fs.read(fd, new Uint8Array(4), 0, 4, null, callback));
  },
  "fs.write": async (pipe) => {
    const fd = await heard<number>((callback) => fs.open(pipe.path, "r+", callback));
    await heard((callback) => fs.write(fd, new Uint8Array(1 << 18), callback));
  },
};

const FILLING = ["FileHandle.write", "FileHandle.writeFile", "fs.write"];

/** They hear of it when what they are in the middle of is over, as whoever destroys one does. */
const streams: typeof waiting = {
  "createReadStream": async (pipe) => {
    for await (const _ of fs.createReadStream(pipe.path));
  },
  "createWriteStream": (pipe) =>
    heard((callback) => fs.createWriteStream(pipe.path).on("error", callback).end("text")),
  "FileHandle.createReadStream": async (pipe) => {
    for await (const _ of (await fsp.open(pipe.path, "r+")).createReadStream());
  },
};

/** Calls that are over soon: they are killed in the turn in which they begin. */
const quick: Record<string, (place: Place) => Promise<unknown>> = {
  "fsp.readdir": (place) => fsp.readdir(place.path),
  "fs.readdir": (place) => heard((callback) => fs.readdir(place.path, callback)),
  "fsp.opendir": (place) => fsp.opendir(place.path),
  "fs.opendir": (place) => heard((callback) => fs.opendir(place.path, callback)),
  "fsp.stat": (place) => fsp.stat(place.path),
  "fsp.open": (place) => fsp.open(place.at("new"), "w"),
  "fs.open": (place) => heard((callback) => fs.open(place.at("new"), "w", callback)),
  "fsp.cp": (place) =>
    fsp.cp(place.path, place.at("../copy-of-nothing"), { filter: () => false, recursive: true }),
  "fsp.realpath": (place) => fsp.realpath(place.path),
  "fs.realpath.native": (place) => heard((callback) => fs.realpath.native(place.path, callback)),
  "createReadStream": (place) => heard((callback) => fs.createReadStream(place.path).on("error", callback)),
};

describe("file calls in a greenlet", () => {
  for (const [name, call] of Object.entries({ ...waiting, ...streams })) {
    // On Deno a write to a pipe that is full holds the loop.
    testOn(
      FILLING.includes(name) ? ["bun", "node"] : ["bun", "deno", "node"],
      `S-87 ${name}: it hears of the kill at once, and nothing is left open`,
      inDirectory((place) =>
        run(function* () {
          const pipe = place.pipe("pipe");
          let error: unknown;
          const g = spawn(async () => {
            await call(pipe).catch((e) => {
              error = e;
              throw e;
            });
          });
          yield* until(turns(40));
          assert(!g.dead);
          yield* g.kill();
          assert(g.value instanceof GreenletExit);
          if (!(name in streams)) yield* reach(() => error !== undefined, "the call has heard");
          const isHeard = () => error !== undefined;
          yield* until(pipe.release(isHeard, "the call has heard"));
          assertStrictEquals(error, g.value);
          yield* until(pipe.release(() => place.isQuiet, "it is closed"));
        })
      ),
    );
  }

  for (const [name, call] of Object.entries(quick)) {
    // On Deno it calls back before it returns.
    testOn(
      name === "fs.opendir" ? ["bun", "node"] : ["bun", "deno", "node"],
      `S-87 ${name}: killed in the turn in which it began`,
      inDirectory((place) =>
        run(function* () {
          let error: unknown;
          const g = spawn(async () => {
            await call(place).catch((e) => error = e);
          });
          yield* sleep(0);
          assert(!g.dead);
          yield* g.kill();
          yield* reach(() => error !== undefined, "the call has heard");
          assertStrictEquals(error, g.value);
        })
      ),
    );
  }

  test(
    "a generator may delegate to any of them, and a timeout ends them",
    inDirectory((place) =>
      run(function* () {
        const file = place.file("a", "text");
        assertEquals(String(yield* fsp.readFile(file)), "text");
        const pipe = place.pipe("pipe");
        assertEquals(yield* withTimeout(5, () => fsp.readFile(pipe.path), { value: null }), null);
        assertEquals(yield* withTimeout(5, fsp.readFile(pipe.path), { value: null }), null);
        yield* until(pipe.release(() => place.isQuiet, "it is closed"));
      })
    ),
  );

  test(
    "whoever goes on in the name of a killed greenlet is refused, but may close",
    inDirectory((place) =>
      run(function* () {
        const seen: unknown[] = [];
        let isOpen = false, goOn = () => {};
        const gone = new Promise<void>((resolve) => goOn = resolve);
        const g = spawn(async () => {
          const handle = await fsp.open(place.at("b"), "w");
          isOpen = true;
          await gone;
          await fsp.stat(place.path).catch((error) => seen.push(error));
          fs.stat(place.path, (error) => seen.push(error));
          fs.createWriteStream(place.at("c")).on("error", (error) => seen.push(error));
          await handle.write("late").catch((error) => seen.push(error));
          await handle.close();
          seen.push("closed");
        });
        yield* reach(() => isOpen, "it is open");
        yield* g.kill();
        goOn();
        yield* reach(() => seen.length === 5, "all have heard");
        assertEquals(seen.filter((s) => s === g.value).length, 4);
        assertEquals(fs.existsSync(place.at("c")), false);
      })
    ),
  );

  test(
    "exists and temporary directories: no such file, and nothing is left behind",
    inDirectory((place) =>
      run(function* () {
        const seen: unknown[] = [];
        const g = spawn(async () => {
          fs.exists(place.path, (is) => seen.push(is));
          fsp.mkdtemp(place.at("p")).catch((e) => seen.push(e));
          fs.mkdtemp(place.at("q"), (e) => seen.push(e));
          await new Promise(() => {});
        });
        yield* sleep(0);
        yield* g.kill();
        yield* reach(() => seen.length === 3, "all have heard");
        assertEquals(new Set(seen), new Set([false, g.value]));
        yield* until(turns());
        yield* reach(() => fs.readdirSync(place.path).length === 0, "the directories are gone");
      })
    ),
  );

  test(
    "a module that a killed greenlet was loading is there for the others",
    inDirectory((place) =>
      run(function* () {
        for (let i = 0; i < 4; i++) {
          place.file(`inner${i}.mjs`, "await null; export default 1");
          const outer = place.file(
            `outer${i}.mjs`,
            `import one from "./inner${i}.mjs"; export default one + ${i}`,
          );
          const url = pathToFileURL(outer).href;
          const g = spawn(async () => void await import(url));
          yield* until(turns(i));
          yield* g.kill();
          assertEquals(((yield* import(url)) as { default: number }).default, i + 1);
          const required = place.file(`required${i}.cjs`, `module.exports = ${i}`);
          const h = spawn(async () => {
            await null;
            createRequire(import.meta.url)(required);
            await new Promise(() => {});
          });
          yield* until(turns(i));
          yield* h.kill();
          assertEquals(createRequire(import.meta.url)(required), i);
        }
      })
    ),
  );

  test(
    "what the user's own functions see is the user's: a filter, a callback",
    inDirectory((place) =>
      run(function* () {
        place.file("a", "a");
        const mine = new AsyncLocalStorage<string>();
        const seen: unknown[] = [];
        const copy = `${place.path}-copy`;
        yield* until(mine.run("mine", async () => {
          const filter = () => {
            seen.push(mine.getStore());
            return true;
          };
          await fsp.cp(place.path, copy, { recursive: true, filter });
          await heard((callback) => fs.cp(place.at("a"), `${copy}/a`, { filter }, callback));
          await heard((callback) => fs.stat(place.path, () => callback(seen.push(mine.getStore()) && null)));
          await fsp.rm(copy, { recursive: true });
        }));
        assertEquals(seen, ["mine", "mine", "mine", "mine"]);
      })
    ),
  );

  test(
    "the user's own signal still aborts, and keeps no listener",
    inDirectory((place) =>
      run(function* () {
        const pipe = place.pipe("pipe");
        const mine = new AbortController();
        const { signal } = mine;
        let listeners = 0;
        signal.addEventListener = (...args: unknown[]) => {
          listeners++;
          Reflect.apply(AbortSignal.prototype.addEventListener, signal, args);
        };
        signal.removeEventListener = (...args: unknown[]) => {
          listeners--;
          Reflect.apply(AbortSignal.prototype.removeEventListener, signal, args);
        };
        const g = spawn(async () => {
          for await (const _ of fsp.watch(place.path, { signal }));
        });
        yield* until(turns());
        assertEquals(listeners, 1);
        yield* g.kill();
        assert(listeners <= 0, "it has one more"); // the host, too, takes its own away, once or twice
        const aborted = AbortSignal.abort();
        yield* until(assertRejects(() => fsp.readFile(pipe.path, { signal: aborted }), Error, "abort"));
        const events = fsp.watch(place.path, { signal: mine.signal })[Symbol.asyncIterator]();
        const next = events.next();
        next.catch(() => {});
        yield* until(turns());
        mine.abort();
        yield* until(assertRejects(() => next, Error, "abort"));
      })
    ),
  );
});
