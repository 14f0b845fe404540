/** Files in memory: the functions of node:fs/promises, faults, crashes. */
import * as nodeFs from "node:fs/promises";
import { run, shield, sleep, spawn, until } from "../../src/mod.ts";
import {
  explore,
  replay,
  simulate,
  type SimulatedFileSystem,
  simulatedFs,
  type SimulatedFsOptions,
  SimulationError,
  sweep,
  VirtualClock,
} from "../../src/testing/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";

type FileFunctions =
  | ("readFile" | "writeFile" | "appendFile" | "copyFile" | "truncate" | "open" | "mkdtemp" | "realpath")
  | ("stat" | "lstat" | "access" | "rename" | "unlink" | "rm" | "rmdir" | "mkdir" | "readdir");
type Gen<T = void> = Generator<unknown, T>;
type FileError = Error & { code: string; syscall: string; path?: string; dest?: string; errno: number };

/** Runs a body with files, some times. */
function within<T>(
  options: SimulatedFsOptions,
  body: (fs: SimulatedFileSystem) => Gen<T>,
  runs = 5,
): readonly T[] {
  return simulate(() => body(simulatedFs(options)), { runs }).values;
}

/** What a promise is rejected with. */
function* failing(promise: Promise<unknown>): Gen<FileError> {
  try {
    yield* until(promise);
  } catch (error) {
    return error as FileError;
  }
  throw new Error("expected to fail");
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("file_system: files", () => {
  test("are written, read, appended to, copied, truncated and removed", () => {
    within({}, function* (fs) {
      yield* until(fs.writeFile("/a.txt", "héllo"));
      assertEquals(yield* until(fs.readFile("/a.txt", "utf8")), "héllo");
      assertEquals(yield* until(fs.readFile("/a.txt", { encoding: "utf-8" })), "héllo");
      assertEquals((yield* until(fs.readFile("/a.txt"))).length, 6);
      yield* until(fs.appendFile("/a.txt", new Uint8Array([33])));
      yield* until(fs.writeFile("/a.txt", ["?", "!"], { flag: "a" }));
      assertEquals(yield* until(fs.readTextFile("/a.txt")), "héllo!?!");
      yield* until(fs.copyFile("/a.txt", "/b.txt"));
      yield* until(fs.truncate("/a.txt", 1));
      assertEquals(fs.files(), { "/a.txt": "h", "/b.txt": "héllo!?!" });
      yield* until(fs.unlink("/a.txt"));
      yield* until(fs.remove("/b.txt"));
      yield* until(fs.writeTextFile("relative", "é", {}));
      yield* until(fs.writeFile(new URL("file:///with%20space"), "é", "latin1"));
      assertEquals((yield* until(fs.readFile("/with space"))).length, 1);
      assertEquals(yield* until(fs.readFile("/with space", "latin1")), "é");
      assertEquals(Object.keys(fs.files()), ["/relative", "/with space"]);
    });
  });

  test("what is there at the beginning is there, also after a crash", () => {
    within({ files: { "/a/b/c": "deep", "/d": new Uint8Array([65]) } }, function* (fs) {
      assertEquals(fs.files(), { "/a/b/c": "deep", "/d": "A" });
      fs.crash();
      assertEquals(fs.files(), { "/a/b/c": "deep", "/d": "A" });
    });
  });

  test("handles read and write at places, and know the end", () => {
    within({}, function* (fs) {
      const file = yield* until(fs.open("/f", "w+"));
      assertEquals((yield* until(file.write("abcdef"))).bytesWritten, 6);
      yield* until(file.write(new TextEncoder().encode("XYZ"), 1, 2, 2));
      const buffer = new Uint8Array(10);
      assertEquals((yield* until(file.read(buffer, 0, 10, 0))).bytesRead, 6);
      assertEquals(text(buffer.subarray(0, 6)), "abYZef");
      assertEquals((yield* until(file.read(buffer))).bytesRead, 0);
      yield* until(file.truncate(8));
      const stats = yield* until(file.stat());
      assertEquals([stats.size, stats.isFile(), stats.isDirectory()], [8, true, false]);
      yield* until(file.close());
      const reader = yield* until(fs.open("/f"));
      assertEquals((yield* until(reader.read(buffer, 0, 4))).bytesRead, 4);
      assertEquals(yield* until(reader.readFile("utf8")), "ef\0\0");
      yield* until(reader[Symbol.asyncDispose]());
      const adder = yield* until(fs.open("/f", "a"));
      yield* until(adder.writeFile("1"));
      yield* until(adder.appendFile("2"));
      yield* until(adder.close());
      assertEquals(fs.files()["/f"], "abYZef\0\x0012");
    });
  });

  test("an unlinked file lives as long as it is open", () => {
    within({ files: { "/f": "text" }, capacity: 4 }, function* (fs) {
      const file = yield* until(fs.open("/f"));
      yield* until(fs.unlink("/f"));
      assertEquals((yield* failing(fs.writeFile("/g", "1234"))).code, "ENOSPC");
      assertEquals(yield* until(file.readFile("utf8")), "text");
      yield* until(file.close());
      yield* until(fs.writeFile("/g", "1234"));
    });
  });

  test("folders are made, listed, moved and removed", () => {
    within({}, function* (fs) {
      assertEquals(yield* until(fs.mkdir("/a/b/c", { recursive: true })), "/a");
      assertEquals(yield* until(fs.mkdir("/a/b/c", { recursive: true })), undefined);
      yield* until(fs.mkdir("/a/d"));
      yield* until(fs.writeFile("/a/b/f", "1"));
      assertEquals(yield* until(fs.readdir("/a")), ["b", "d"]);
      assertEquals(yield* until(fs.readdir("/a", { recursive: true })), ["b", "b/c", "b/f", "d"]);
      const entries = yield* until(fs.readdir("/a/b", { withFileTypes: true }));
      assertEquals(
        entries.map((e) => [e.name, e.parentPath, e.isFile(), e.isDirectory(), e.isSymbolicLink()]),
        [
          ["c", "/a/b", false, true, false],
          ["f", "/a/b", true, false, false],
        ],
      );
      yield* until(fs.rename("/a/b", "/moved"));
      assertEquals(fs.files(), { "/moved/f": "1" });
      assertEquals(yield* until(fs.realpath("/moved/../moved/./f")), "/moved/f");
      yield* until(fs.rmdir("/a/d"));
      yield* until(fs.rm("/moved", { recursive: true }));
      yield* until(fs.rm("/moved", { force: true }));
      yield* until(fs.remove("/a"));
      assertEquals(yield* until(fs.readdir("/")), []);
      const made = yield* until(fs.mkdtemp("/tmp-"));
      assert(/^\/tmp-[A-Za-z0-9]{6}$/.test(made));
      assertEquals((yield* until(fs.stat(made))).isDirectory(), true);
    });
  });

  test("times are those of the simulation", () => {
    within({}, function* (fs) {
      yield* sleep(5_000);
      yield* until(fs.writeFile("/f", "1"));
      yield* sleep(5_000);
      yield* until(fs.appendFile("/f", "2"));
      const { birthtimeMs, mtimeMs, mtime } = yield* until(fs.lstat("/f"));
      assertEquals(mtimeMs - birthtimeMs, 5_000);
      assertEquals(mtime.getTime(), Date.now());
    });
  });
});

describe("file_system: errors", () => {
  test("have Node's codes and messages", () => {
    within({ files: { "/f": "1", "/d/x": "2", "/e/y": "3" } }, function* (fs) {
      const expected: [Promise<unknown>, string][] = [
        [fs.readFile("/none"), "ENOENT: no such file or directory, open '/none'"],
        [fs.readFile("/f/x"), "ENOTDIR: not a directory, open '/f/x'"],
        [fs.readFile("/d"), "EISDIR: illegal operation on a directory, read"],
        [fs.writeFile("/d", ""), "EISDIR: illegal operation on a directory, open '/d'"],
        [fs.writeFile("/f", "", { flag: "wx" }), "EEXIST: file already exists, open '/f'"],
        [fs.mkdir("/d"), "EEXIST: file already exists, mkdir '/d'"],
        [fs.mkdir("/f", { recursive: true }), "EEXIST: file already exists, mkdir '/f'"],
        [fs.mkdir("/none/x"), "ENOENT: no such file or directory, mkdir '/none/x'"],
        [fs.rmdir("/d"), "ENOTEMPTY: directory not empty, rmdir '/d'"],
        [fs.rmdir("/f"), "ENOTDIR: not a directory, rmdir '/f'"],
        [fs.unlink("/d"), "EISDIR: illegal operation on a directory, unlink '/d'"],
        [fs.readdir("/f"), "ENOTDIR: not a directory, scandir '/f'"],
        [fs.rename("/none", "/x"), "ENOENT: no such file or directory, rename '/none' -> '/x'"],
        [fs.rename("/d", "/e"), "ENOTEMPTY: directory not empty, rename '/d' -> '/e'"],
        [fs.rename("/d", "/d/in"), "EINVAL: invalid argument, rename '/d' -> '/d/in'"],
        [fs.rename("/f", "/d"), "EISDIR: illegal operation on a directory, rename '/f' -> '/d'"],
        [fs.rename("/d", "/f"), "ENOTDIR: not a directory, rename '/d' -> '/f'"],
        [fs.copyFile("/none", "/x"), "ENOENT: no such file or directory, copyfile '/none' -> '/x'"],
        [fs.stat("/none"), "ENOENT: no such file or directory, stat '/none'"],
        [fs.access("/none"), "ENOENT: no such file or directory, access '/none'"],
        [fs.rm("/none"), "ENOENT: no such file or directory, lstat '/none'"],
        [fs.rm("/d"), "Path is a directory: rm returned EISDIR (is a directory) /d"],
      ];
      for (const [promise, message] of expected) {
        const error = yield* failing(promise);
        assertInstanceOf(error, Error);
        assertEquals(error.message, message);
        if (!message.startsWith("Path")) assertEquals(error.code, message.split(":")[0]);
      }
      const { syscall, path, dest, errno } = yield* failing(fs.rename("/none", "/x"));
      assertEquals([syscall, path, dest, errno], ["rename", "/none", "/x", -2]);
    });
  });

  test("handles refuse what they were not opened for", () => {
    within({ files: { "/f": "1" } }, function* (fs) {
      const reader = yield* until(fs.open("/f", "r")), writer = yield* until(fs.open("/f", "r+"));
      assertEquals((yield* failing(reader.write("x"))).message, "EBADF: bad file descriptor, write");
      assertEquals((yield* failing(reader.truncate())).code, "EINVAL");
      yield* until(writer.write("x"));
      yield* until(reader.close());
      yield* until(writer.close());
      assertEquals((yield* failing(reader.close())).message, "EBADF: bad file descriptor, close");
      assertEquals((yield* failing(reader.read(new Uint8Array(1)))).code, "EBADF");
      const blind = yield* until(fs.open("/f", "w"));
      assertEquals((yield* failing(blind.read(new Uint8Array(1)))).code, "EBADF");
      yield* until(blind.close());
      assertThrows(() => fs.open("/f", "rw"), TypeError, "open's flag must be one of");
      assertThrows(() => fs.stat(""), TypeError, "needs a path");
    });
  });

  test("too many open files are EMFILE, and one left open is a leak", () => {
    within({ handles: 2, files: { "/f": "" } }, function* (fs) {
      const files = [yield* until(fs.open("/f")), yield* until(fs.open("/f"))];
      assertEquals(files.map(({ fd }) => fd), [3, 4]);
      assertEquals((yield* failing(fs.open("/f"))).message, "EMFILE: too many open files, open '/f'");
      for (const file of files) yield* until(file.close());
      yield* until(fs.readFile("/f"));
    });
    const failure = assertThrows(
      () => within({}, (fs) => until(fs.open("/left", "w")) as unknown as Gen<unknown>),
      SimulationError,
      "an open file, /left",
    );
    assertEquals(failure.kind, "leak");
  });

  test("a signal that was aborted ends reading and writing", () => {
    within({ files: { "/f": "1" } }, function* (fs) {
      const signal = AbortSignal.abort();
      const error = yield* failing(fs.readFile("/f", { signal }));
      assertEquals([error.name, error.code], ["AbortError", "ABORT_ERR"]);
      assertEquals((yield* failing(fs.writeFile("/f", "2", { signal }))).name, "AbortError");
      assertEquals(fs.files(), { "/f": "1" });
    });
  });

  test("bad options and foreign runs are refused", () => {
    assertThrows(() => within({ full: -1 }, (() => {}) as never), SimulationError, "simulatedFs's full");
    assertThrows(
      () => within({ capacity: 1.5 }, (() => {}) as never),
      SimulationError,
      "simulatedFs's capacity",
    );
    assertThrows(() => simulatedFs(), Error, "needs a running greenlet");
    let first: SimulatedFileSystem | undefined;
    assertThrows(
      () =>
        within({}, function* (fs) {
          first ??= fs;
          yield* failing(first.readFile("/none"));
          first.crash();
        }),
      SimulationError,
      "made in another run",
    );
  });
});

describe("file_system: faults", () => {
  test("latency is virtual, and of each system call", () => {
    const seen = within({ latency: 10 }, function* (fs) {
      yield* until(fs.writeFile("/f", "1"));
      return performance.now();
    });
    assertEquals(new Set(seen), new Set([30])); // open, write, close
  });

  test("failure is EIO, wherever, and leaves no handle open", () => {
    const seen = within({ failure: 0.3 }, function* (fs) {
      try {
        yield* until(fs.writeFile("/f", "text"));
        return "written";
      } catch (error) {
        return (error as FileError).message;
      }
    }, 100);
    assertEquals(
      new Set(seen),
      new Set([
        "written",
        "EIO: i/o error, open '/f'",
        "EIO: i/o error, write",
      ]),
    );
  });

  test("a full disk takes a part, and says ENOSPC", () => {
    within({ capacity: 10, files: { "/other": "1234" } }, function* (fs) {
      assertEquals(
        (yield* failing(fs.writeFile("/f", "12345678"))).message,
        "ENOSPC: no space left on device, write",
      );
      assertEquals(fs.files()["/f"], "123456");
      yield* until(fs.truncate("/f", 0));
      const file = yield* until(fs.open("/g", "w"));
      assertEquals((yield* until(file.write("abcdefgh"))).bytesWritten, 6);
      assertEquals((yield* failing(file.write("g"))).code, "ENOSPC");
      yield* until(fs.unlink("/other"));
      assertEquals((yield* until(file.write("ghij"))).bytesWritten, 4);
      assertEquals((yield* failing(file.truncate(11))).code, "ENOSPC");
      yield* until(file.close());
    });
  });

  test("full and short do what they say", () => {
    const lengths = within({ full: 1 }, function* (fs) {
      assertEquals((yield* failing(fs.writeFile("/f", "12345678"))).code, "ENOSPC");
      return fs.files()["/f"].length;
    }, 100);
    assertEquals([Math.min(...lengths), Math.max(...lengths)], [0, 7]);
    const short = within({ short: 1, files: { "/f": "12345678" } }, function* (fs) {
      const file = yield* until(fs.open("/f", "r+")), buffer = new Uint8Array(8);
      const { bytesRead } = yield* until(file.read(buffer));
      const { bytesWritten } = yield* until(file.write(buffer, 0, 8, 0));
      yield* until(file.close());
      assertEquals(
        yield* until(fs.readFile("/f", "utf8")),
        text(buffer.subarray(0, bytesWritten)) + "12345678".slice(bytesWritten),
      );
      return [bytesRead, bytesWritten];
    }, 50).flat();
    assertEquals([Math.min(...short), Math.max(...short)], [1, 7]);
  });

  test("the same seeds give the same faults, on every runtime", () => {
    const one = () =>
      simulate(function* () {
        const fs = simulatedFs({ latency: [1, 9], failure: 0.05, full: 0.1, short: 0.5 });
        const log: string[] = [];
        const all = ["a", "b"].map((name) =>
          spawn(function* () {
            for (let i = 0; i < 3; i++) {
              try {
                yield* until(fs.appendFile(`/${name}`, `${name}${i}`.repeat(4)));
              } catch (error) {
                log.push(`${(error as FileError).code}@${performance.now()}`);
              }
            }
          })
        );
        for (const greenlet of all) yield* greenlet;
        return [...log, ...Object.values(fs.files())].join();
      }, { runs: 30, seed: 100 });
    const { fingerprint, steps, values } = one();
    assertEquals(one().values, values);
    assertEquals([fingerprint, steps, values[7]], FAULTS);
  });
});

describe("file_system: crashes", () => {
  /** What may be there after a crash. */
  function after(
    body: (fs: SimulatedFileSystem) => Gen,
    keep?: "nothing" | "some" | "everything",
  ): Set<string> {
    const seen = within({ files: { "/f": "old" } }, function* (fs) {
      yield* body(fs);
      fs.crash({ keep });
      return JSON.stringify(fs.files());
    }, 200);
    return new Set(seen);
  }

  test("what was not synced is there in part, and nothing else is", () => {
    const seen = after(function* (fs) {
      const file = yield* until(fs.open("/f", "r+"));
      yield* until(file.write("NEW"));
      yield* until(file.write("ER"));
      yield* until(file.close());
    });
    assertEquals(
      seen,
      new Set(["old", "Nld", "NEd", "NEW", "NEWE", "NEWER"].map((f) => JSON.stringify({ "/f": f }))),
    );
  });

  test("keep says how much", () => {
    const write = (fs: SimulatedFileSystem) => until(fs.writeFile("/g", "1")) as unknown as Gen;
    assertEquals(after(write, "nothing"), new Set(['{"/f":"old"}']));
    assertEquals(after(write, "everything"), new Set(['{"/f":"old","/g":"1"}']));
    assertEquals(after(write), new Set(['{"/f":"old"}', '{"/f":"old","/g":""}', '{"/f":"old","/g":"1"}']));
  });

  test("what was synced stays", () => {
    const sync = function* (fs: SimulatedFileSystem): Gen {
      yield* until(fs.writeFile("/g", "new", { flush: true }));
    };
    assertEquals(after(sync), new Set(['{"/f":"old","/g":"new"}']));
  });

  test("a crash closes handles, and ends what is under way", () => {
    within({ latency: 5, files: { "/f": "1" } }, function* (fs) {
      const file = yield* until(fs.open("/f"));
      const reading = fs.readFile("/f");
      yield* sleep(2);
      fs.crash();
      assertEquals((yield* failing(reading)).code, "EIO");
      assertEquals((yield* failing(file.close())).code, "EBADF");
      assertEquals(yield* until(fs.readFile("/f", "utf8")), "1");
    });
  });

  /** Saves in one of three ways. */
  function* save(fs: SimulatedFileSystem, way: "in place" | "rename" | "sync and rename", data: string): Gen {
    if (way === "in place") return yield* until(fs.writeFile("/f", data));
    yield* until(fs.writeFile("/f.new", data, { flush: way === "sync and rename" }));
    yield* until(fs.rename("/f.new", "/f"));
  }

  test("a writer that is not crash safe is caught; the one that is passes", () => {
    const body = (way: Parameters<typeof save>[1]) =>
      function* (): Gen {
        const fs = simulatedFs({ latency: [1, 5], files: { "/f": "old" } });
        const writer = spawn(() => save(fs, way, "new"));
        yield* sleep(Math.random() * 20);
        yield* writer.kill();
        fs.crash();
        const found = yield* until(fs.readFile("/f", "utf8"));
        if (found !== "old" && found !== "new") throw new Error(`the file is torn: "${found}"`);
      };
    assertThrows(() => simulate(body("in place")), SimulationError, "the file is torn");
    const { token } = assertThrows(() => simulate(body("rename")), SimulationError, "the file is torn");
    assertThrows(() => replay(token, body("rename")), SimulationError, "the file is torn");
    assertEquals(simulate(body("sync and rename"), { runs: 500 }).runs, 500);
  });

  test("a writer that is not safe from a full disk is caught; the one that is passes", () => {
    const body = (way: Parameters<typeof save>[1]) =>
      function* (): Gen {
        const fs = simulatedFs({ full: 0.3, files: { "/f": "old" } });
        try {
          yield* save(fs, way, "new");
        } catch (error) {
          assertEquals((error as FileError).code, "ENOSPC");
        }
        const found = yield* until(fs.readFile("/f", "utf8"));
        if (found !== "old" && found !== "new") throw new Error(`the file is broken: "${found}"`);
      };
    assertThrows(() => simulate(body("in place")), SimulationError, "the file is broken");
    assertEquals(simulate(body("rename")).runs, 200);
  });
});

describe("file_system: with the other tools", () => {
  test("Node's module fits the same type", () => {
    const files: Pick<SimulatedFileSystem, FileFunctions> = nodeFs;
    within({}, function* (fs) {
      const simulated: Pick<SimulatedFileSystem, FileFunctions> = fs;
      for (const name of Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(simulated)))) {
        if (name in files) assertEquals(typeof files[name as FileFunctions], "function");
      }
      assertInstanceOf(simulated.stat("/"), Promise);
      yield* until(simulated.stat("/"));
    });
  });

  test("a lost update through a file is found by exploration", () => {
    const { values, exhausted } = explore(function* () {
      const fs = simulatedFs({ files: { "/n": "0" } });
      const add = function* (): Gen {
        const n = Number(yield* until(fs.readFile("/n", "utf8")));
        yield* until(fs.writeFile("/n", `${n + 1}`));
      };
      const both = [spawn(add), spawn(add)];
      for (const one of both) yield* one;
      return fs.files()["/n"];
    }, { preemptions: 1, maxSchedules: 2_000 });
    assert(exhausted || values.length === 2_000);
    assertEquals(new Set(values).has("1"), true);
  });

  test("a sweep finds the handle that a kill leaves open", () => {
    const body = (isSafe: boolean) =>
      function* (): Gen {
        const fs = simulatedFs({ latency: 1, files: { "/f": "1" } });
        const opening = fs.open("/f");
        try {
          const file = yield* until(opening);
          yield* until(file.readFile());
          if (!isSafe) yield* until(file.close());
        } finally {
          if (isSafe) yield* shield(() => until(opening.then((file) => file.close())));
        }
      };
    assert(sweep(body(true)).runs > 4);
    const { message } = assertThrows(() => sweep(body(false)), SimulationError);
    assertStringIncludes(message, "an open file, /f");
  });

  test("works in a plain run on a virtual clock", async () => {
    const clock = new VirtualClock();
    const seen = await run(function* () {
      const fs = simulatedFs({ latency: [5, 15], failure: 0.2, seed: 4 });
      const outcomes: string[] = [];
      for (let i = 0; i < 5; i++) {
        try {
          yield* until(fs.appendFile("/f", `${i}`));
          outcomes.push("fine");
        } catch (error) {
          outcomes.push((error as FileError).message);
        }
      }
      return [outcomes.join(), fs.files()["/f"]];
    }, { clock });
    assertEquals(seen, PLAIN);
    assert(clock.now() > 50 && clock.now() < 250);
  });
});

const FAULTS = ["dc8e88ee", 833, "EIO@26,ENOSPC@58,a0a0a0a0a1a1a1a1a2a2,b0b0b0b0b1b1b1b1"];
const PLAIN = ["fine,fine,fine,EIO: i/o error, write,fine", "0124"];
