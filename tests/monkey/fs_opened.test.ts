/** What a greenlet has opened, and what of it belongs to others. */
import fs from "node:fs";
import fsp from "node:fs/promises";
import { run, sleep, spawn, until, withTimeout } from "../../src/mod.ts";
import { getOriginal, patchAll } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../assert.ts";
import { describe, test, testOn } from "../harness.ts";
import { heard, inDirectory, Place } from "./fs_kit.ts";
import { reach, turns } from "./kit.ts";

describe("what a greenlet has opened", () => {
  testOn(
    ["bun", "node"], // on Deno the class is known with the first handle of the patch
    "S-87 a handle from before the patch: a call on it is bound",
    async () => {
      const place = new Place();
      const handle = await fsp.open(place.pipe("pipe").path, "r+");
      const patches = patchAll({ sync: "off" });
      try {
        await run(function* () {
          let error: unknown;
          const g = spawn(() => handle.read(new Uint8Array(4), 0, 4, null).catch((e) => error = e));
          yield* until(turns());
          yield* g.kill();
          yield* reach(() => error !== undefined, "it has heard");
          assertStrictEquals(error, g.value);
          yield* handle.write("late");
          assertEquals((yield* handle.read(new Uint8Array(4), 0, 4, null)).bytesRead, 4);
        });
      } finally {
        patches[Symbol.dispose]();
        await handle.close();
        fs.rmSync(place.path, { recursive: true });
      }
    },
  );

  test(
    "is closed after its own cleanup, which finds it open",
    inDirectory((place) =>
      run(function* () {
        let isReady = false, atCleanup: number | undefined;
        const g = spawn(function* () {
          const handle = yield* fsp.open(place.at("a"), "w");
          yield* fsp.open(place.at("b"), "w");
          fs.open(place.at("c"), "w", () => {});
          yield* fsp.opendir(place.path);
          try {
            isReady = true;
            yield* sleep(10_000);
          } finally {
            yield* sleep(5);
            atCleanup = handle.fd;
            yield* handle.write("bye");
            yield* handle.close();
          }
        });
        yield* reach(() => isReady && place.open.length >= 3, "all are open");
        yield* g.kill();
        assert(Number(atCleanup) > 0);
        yield* until(place.closed());
        assertEquals(fs.readFileSync(place.at("a"), "utf8"), "bye");
      })
    ),
  );

  test(
    "with a timeout: what was opened in its block",
    inDirectory((place) =>
      run(function* () {
        const outer = yield* fsp.open(place.at("outer"), "w");
        yield* withTimeout(20, function* () {
          yield* fsp.open(place.at("inner"), "w");
          yield* sleep(10_000);
        }, { value: null });
        yield* reach(() => place.open.join() === "outer", "only that one is open");
        yield* outer.write("still");
        yield* outer.close();
      })
    ),
  );

  test(
    "stays open when it ends by itself",
    inDirectory((place) =>
      run(function* () {
        const [handle, fd] = yield* spawn(async () =>
          [
            await fsp.open(place.at("a"), "w"),
            await heard<number>((callback) => fs.open(place.at("b"), "w", callback)),
          ] as const
        );
        yield* until(turns());
        assertEquals(place.open.sort(), ["a", "b"]);
        yield* handle.close();
        fs.closeSync(fd);
      })
    ),
  );

  test(
    "passes to the greenlet that uses it, and is closed with that one",
    inDirectory((place) =>
      run(function* () {
        let handle: fsp.FileHandle | undefined;
        const opener = spawn(async () => {
          handle = await fsp.open(place.at("log"), "w");
          await new Promise(() => {});
        });
        yield* reach(() => handle !== undefined, "it is open");
        const user = spawn(async () => {
          await handle?.write("one");
          await new Promise(() => {});
        });
        yield* reach(() => fs.readFileSync(place.at("log"), "utf8") === "one", "it is used");
        yield* opener.kill();
        yield* until(turns());
        assertEquals(place.open, ["log"]);
        yield* user.kill();
        yield* until(place.closed());
      })
    ),
  );

  test(
    "a call on somebody else's handle is bound to whoever makes it",
    inDirectory((place) =>
      run(function* () {
        const pipe = place.pipe("pipe");
        const handle = yield* fsp.open(pipe.path, "r+");
        const mine = new Uint8Array(4);
        const g = spawn(async () => void await handle.read(mine, 0, 4, null));
        yield* until(turns());
        yield* g.kill();
        // What it would have read is for the next one, in its own memory, and in order.
        yield* handle.write("abcdef");
        const text = new Uint8Array(3);
        let seen = "";
        while (seen.length < 6) {
          const { bytesRead, buffer } = yield* handle.read(text, 0, 3, null);
          assertStrictEquals(buffer, text);
          seen += new TextDecoder().decode(text.subarray(0, bytesRead));
        }
        assertEquals(seen, "abcdef");
        assertEquals([...mine], [0, 0, 0, 0]);
        yield* handle.close();
      })
    ),
  );

  test(
    "a descriptor that was given out again is somebody else's",
    inDirectory((place) =>
      run(function* () {
        let fd = -1;
        const g = spawn(async () => {
          fd = await heard<number>((callback) => fs.open(place.at("a"), "w", callback));
          await new Promise(() => {});
        });
        yield* reach(() => fd !== -1, "it is open");
        (getOriginal("fs", "closeSync") as typeof fs.closeSync)(fd); // by a way that nobody sees
        const again = (getOriginal("fs", "openSync") as typeof fs.openSync)(place.at("b"), "w");
        assertEquals(again, fd);
        yield* g.kill();
        yield* until(turns());
        assertEquals(place.open, ["b"]);
        fs.writeSync(again, "mine");
        fs.closeSync(again);
      })
    ),
  );

  test(
    "a descriptor is closed when the call that was left alone is over",
    inDirectory((place) =>
      run(function* () {
        const pipe = place.pipe("pipe");
        const fd = fs.openSync(pipe.path, "r+");
        const bytes = new Uint8Array(4);
        const g = spawn(() => heard((callback) => fs.read(fd, bytes, 0, 4, null, callback)));
        yield* until(turns());
        yield* g.kill();
        const closed = heard((callback) => fs.close(fd, callback));
        for (let i = 0; i < 8; i++) yield* fsp.stat(place.path); // it would be its turn by now
        assert(place.open.length > 0);
        yield* until(pipe.release(() => place.isQuiet, "it is closed"));
        yield* closed;
        assertEquals([...bytes], [0, 0, 0, 0]);
      })
    ),
  );

  test(
    "steps: a directory, glob, and what is watched",
    inDirectory((place) =>
      run(function* () {
        for (const name of ["a", "b", "c"]) place.file(name, name);
        const names: string[] = [];
        yield* spawn(async () => {
          for await (const { name } of await fsp.opendir(place.path)) names.push(name);
          for await (const name of fsp.glob("*", { cwd: place.path })) names.push(name);
        });
        assertEquals(names.sort(), ["a", "a", "b", "b", "c", "c"]);
        const seen: unknown[] = [];
        const watcher = spawn(async () => {
          try {
            for await (const { filename } of fsp.watch(place.path)) seen.push(filename);
          } catch (error) {
            seen.push(error);
          }
        });
        // Some watch from the first step on, and that begins when the loop comes round.
        let n = 0;
        yield* reach(() => {
          place.file("new", String(n++));
          return seen.includes("new");
        }, "it sees the file");
        yield* watcher.kill();
        yield* reach(() => seen.includes(watcher.value), "it hears of the kill");
        const before = seen.length;
        place.file("d", "d");
        yield* until(turns());
        assertEquals(seen.length, before);
      })
    ),
  );
});

describe("streams", () => {
  test(
    "of others go on, whoever reads or writes them",
    inDirectory((place) =>
      run(function* () {
        const text = "0123456789".repeat(20_000);
        const input = fs.createReadStream.call(fs, place.file("in", text), { highWaterMark: 1_000 });
        yield* until(turns(1));
        let seen = "", isKilled = false;
        const mine = yield* spawn(() =>
          // Made by a greenlet that has ended by itself.
          [input, fs.createWriteStream(place.at("out"), { highWaterMark: 1_000 })] as const
        );
        const [from, to] = mine;
        const g = spawn(async () => {
          while (!isKilled) { // nobody stops an async function that waits for a timer
            seen += String(from.read() ?? "");
            to.write("x".repeat(1_000));
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        });
        yield* reach(() => seen.length > 2_000, "it is read");
        isKilled = true;
        yield* g.kill();
        from.on("data", (chunk) => seen += String(chunk));
        yield* until(heard((callback) => from.on("error", callback).on("close", () => callback(null))));
        assertEquals(seen, text);
        yield* until(heard((callback) => to.on("error", callback).end("y", () => callback(null))));
        const written = fs.readFileSync(place.at("out"), "utf8");
        assert(/^(x{1000})+y$/.test(written), written.slice(-10));
      })
    ),
  );

  test(
    "of others hear nothing of a kill, though it was the killed one who made them read or write",
    inDirectory((place) =>
      run(function* () {
        const pipe = place.pipe("pipe");
        const seen: unknown[] = [];
        const from = fs.createReadStream(pipe.path, { flags: "r+" }).on("error", (error) => seen.push(error));
        const to = fs.createWriteStream(place.at("out")).on("error", (error) => seen.push(error));
        const ready = [from, to].map((stream) =>
          heard((callback) => stream.on("ready", () => callback(null)))
        );
        yield* until(Promise.all(ready));
        const g = spawn(async () => {
          from.on("readable", () => seen.push(String(from.read())));
          to.write("by g, ");
          to.write("by g");
          await new Promise(() => {});
        });
        yield* sleep(0);
        yield* g.kill();
        yield* until(turns());
        assertEquals(seen, []);
        fs.writeFileSync(pipe.path, "text");
        yield* reach(() => seen.length > 0, "it reads");
        assertEquals(seen, ["text"]);
        yield* until(heard((callback) => to.end(() => callback(null))));
        assertEquals(fs.readFileSync(place.at("out"), "utf8"), "by g, by g");
        from.destroy();
        yield* until(pipe.release(() => place.isQuiet, "it is closed"));
      })
    ),
  );

  test(
    "a kill is no error that the program dies of when nobody listens",
    inDirectory((place) =>
      run(function* () {
        place.file("in", "x".repeat(1_000_000));
        let errored: unknown;
        const g = spawn(async () => {
          const stream = fs.createReadStream(place.at("in"), { highWaterMark: 10 }).resume();
          stream.on("close", () => errored = stream.errored);
          await new Promise(() => {});
        });
        yield* reach(() => place.open.length > 0, "it is open");
        yield* g.kill();
        yield* until(place.closed());
        yield* reach(() => errored !== undefined, "it is closed");
        assertStrictEquals(errored, g.value);
      })
    ),
  );
});
