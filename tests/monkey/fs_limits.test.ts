/** `maxOpenFiles`: what exceeds it waits, in order, and is counted. */
import fs from "node:fs";
import fsp from "node:fs/promises";
import { all, run, sleep, spawn, until, withTimeout } from "../../src/mod.ts";
import { fileUsage } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { inDirectory } from "./fs_kit.ts";
import { reach, turns } from "./kit.ts";

describe("maxOpenFiles", () => {
  test(
    "whole-file calls of all kinds go one by one, in the order of asking",
    inDirectory((place) =>
      run(function* () {
        const log: string[] = [];
        const calls = [
          () => fsp.writeFile(place.at("a"), "one"),
          () => new Promise<void>((resolve) => fs.appendFile(place.at("a"), ",two", () => resolve())),
          () => fsp.appendFile(place.at("a"), ",three"),
          () => fsp.copyFile(place.at("a"), place.at("b")),
          () => new Promise<void>((resolve) => fs.writeFile(place.at("a"), "four", () => resolve())),
          () => fsp.readFile(place.at("b"), "utf8").then((read) => assertEquals(read, "one,two,three")),
          () =>
            new Promise<void>((resolve) => {
              fs.readFile(place.at("a"), "utf8", (_error, read) => {
                assertEquals(read, "four");
                resolve();
              });
            }),
        ];
        const first = yield* fsp.open(place.at("first"), "w");
        const gs = calls.map((call, i) => spawn(async () => void log.push(`${i}`, String(await call()))));
        yield* reach(() => fileUsage().waiting === calls.length, "all wait");
        yield* first.close();
        yield* all(gs);
        assertEquals(log.filter((l) => l !== "undefined"), calls.map((_, i) => `${i}`));
        assertEquals(fileUsage(), { active: 0, waiting: 0, waited: calls.length });
      }), { maxOpenFiles: 1 }),
  );

  test(
    "an open file keeps its place until it is closed, by whichever way",
    inDirectory((place) =>
      run(function* () {
        const handle = yield* fsp.open(place.at("a"), "w");
        const second = spawn(() => fsp.open(place.at("b"), "w"));
        yield* until(turns());
        assertEquals(fileUsage(), { active: 1, waiting: 1, waited: 1 });
        assert(!second.dead);
        yield* handle.close();
        const other = yield* second;
        const third = spawn(() =>
          new Promise<number>((resolve) => fs.open(place.at("c"), "w", (_, fd) => resolve(fd)))
        );
        const fourth = spawn(() =>
          new Promise<number>((resolve) => fs.open(place.at("d"), "w", (_, fd) => resolve(fd)))
        );
        yield* reach(() => fileUsage().waiting === 2, "both wait");
        yield* until(other[Symbol.asyncDispose]());
        const fd = yield* third;
        assert(!fourth.dead);
        fs.closeSync(fd);
        fs.close(yield* fourth);
        const stream = fs.createWriteStream(place.at("e")), late = fs.createWriteStream(place.at("f"));
        yield* reach(() => fileUsage().waiting === 1, "one of them waits");
        late.end("late");
        yield* until(new Promise<void>((resolve) => stream.end("text", () => resolve())));
        yield* until(new Promise<void>((resolve) => late.on("close", resolve)));
        assertEquals(fs.readFileSync(place.at("f"), "utf8"), "late");
      }), { maxOpenFiles: 1 }),
  );

  test(
    "whoever is killed or times out in the line leaves it, and opens nothing",
    inDirectory((place) =>
      run(function* () {
        const handle = yield* fsp.open(place.at("a"), "w");
        const seen: unknown[] = [];
        const note = (error: unknown) => seen.push(error);
        const g = spawn(async () => {
          fs.open(place.at("b"), "w", note);
          fs.createWriteStream(place.at("c")).on("error", note);
          await fsp.writeFile(place.at("d"), "text").catch(note);
        });
        yield* reach(() => fileUsage().waiting === 3, "they wait");
        const last = spawn(() => fsp.writeFile(place.at("e"), "text"));
        assertEquals(yield* withTimeout(5, () => fsp.open(place.at("f"), "w"), { value: null }), null);
        yield* g.kill();
        yield* reach(() => seen.length === 3, "all have heard");
        for (const error of seen) assertStrictEquals(error, g.value);
        assertEquals(fileUsage().waiting, 1);
        yield* handle.close();
        yield* last;
        assertEquals(fs.readdirSync(place.path).sort(), ["a", "e"]);
      }), { maxOpenFiles: 1 }),
  );

  test(
    "a killed greenlet gives its places back, those of calls that go on when they are over",
    inDirectory((place) =>
      run(function* () {
        const pipe = place.pipe("pipe");
        let opened = 0;
        const g = spawn(async () => {
          await fsp.open(place.at("a"), "w");
          opened++;
          fsp.readFile(pipe.path).catch(() => {});
          await new Promise(() => {});
        });
        yield* reach(() => opened === 1 && fileUsage().active === 2, "both are under way");
        yield* g.kill();
        yield* reach(() => fileUsage().active === 1, "the file is closed");
        yield* until(turns());
        assertEquals(fileUsage().active, 1);
        yield* until(pipe.release(() => fileUsage().active === 0, "the call is over"));
      }), { maxOpenFiles: 2 }),
  );

  test(
    "arguments that make no sense take no place",
    inDirectory((place) =>
      run(function* () {
        for (let i = 0; i < 3; i++) {
          try {
            fs.readFile(place.at("a"), { encoding: "klingon" as "utf8" }, () => {});
          } catch {
            // some runtimes refuse it at once
          }
          yield* until(fsp.readFile({} as string).catch(() => {}));
          yield* until(fsp.open(place.at("no/where"), "w").catch(() => {}));
        }
        yield* sleep(1);
        yield* reach(() => fileUsage().active === 0, "all places are given back");
      }), { maxOpenFiles: 1 }),
  );

  test(
    "calls outside of greenlets neither wait nor count",
    inDirectory(async (place) => {
      const handles = await Promise.all(["a", "b", "c"].map((name) => fsp.open(place.at(name), "w")));
      assertEquals(fileUsage(), { active: 0, waiting: 0, waited: 0 });
      for (const handle of handles) await handle.close();
    }, { maxOpenFiles: 1 }),
  );
});
