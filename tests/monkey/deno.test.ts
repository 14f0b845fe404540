// `Deno.*`: only Deno has it. The API is taken as it comes, for the other runtimes' type checks have none of its types.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, sleep, spawn, TimeoutError, until, withTimeout } from "../../src/mod.ts";
import { coverage, patchAll } from "../../src/monkey/mod.ts";
import { forgetFound } from "../../src/monkey/found.ts";
import { targets } from "../../src/monkey/targets.ts";
import { surface } from "../../src/host/io.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { describe, type TestBody, testOn } from "../harness.ts";
import { patched, reach, turns } from "./kit.ts";
import { lettersOf } from "./letter.ts";

/** As far as the tests use it. */
interface Handle {
  readonly pid: number;
  readonly addr: { readonly port: number };
  readonly stdout: Uint8Array;
  readonly code: number;
  readonly status: Promise<unknown>;
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
  accept(): Promise<Handle>;
  spawn(): Handle;
  output(): Promise<Handle>;
  [Symbol.dispose](): void;
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
}

type Calls = Readonly<Record<string, (...args: unknown[]) => Promise<Handle> & Handle>>;

const deno = (globalThis as { Deno?: unknown }).Deno as Calls & {
  Command: new (command: string, options?: object) => Handle;
};

const on = (name: string, body: TestBody) => testOn(["deno"], name, body);
const buffer = (length: number) => new Uint8Array(length);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (text: string) => new TextEncoder().encode(text);
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);
const isClosed = (file: Handle) => {
  try {
    file.close();
    return false;
  } catch {
    return true;
  }
};

/** With a folder of its own. */
function inFolder(body: (folder: string) => Promise<unknown>): () => Promise<void> {
  return patched(async () => {
    const folder = mkdtempSync(join(tmpdir(), "tendril-deno-"));
    try {
      await body(folder);
    } finally {
      forgetFound();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

describe("files of Deno", () => {
  on(
    "S-87 a file that a killed greenlet opened is open in its cleanup and closed after it",
    inFolder((folder) =>
      run(function* () {
        const path = join(folder, "a");
        writeFileSync(path, "hello");
        let file: Handle | undefined;
        let seen = "";
        const g = spawn(function* () {
          file = yield* until(deno.open(path));
          try {
            yield* sleep(60_000);
          } finally {
            const into = buffer(5);
            yield* until(file.read(into));
            seen = text(into);
          }
        });
        yield* reach(() => file !== undefined, "the file is open");
        yield* g.kill();
        yield* until(turns());
        assertEquals(seen, "hello");
        assert(isClosed(file as Handle));
      })
    ),
  );

  on(
    "what the cleanup closes, disposes or shares is left alone, and a normal end closes nothing",
    inFolder((folder) =>
      run(function* () {
        const path = join(folder, "a");
        writeFileSync(path, "hello");
        const files: Handle[] = [];
        const open = async () => {
          const file = await deno.open(path);
          files.push(file);
          return file;
        };
        const closes = spawn(async () => {
          const file = await open();
          try {
            await file.read(buffer(1));
            await new Promise(() => {});
          } finally {
            file.close();
          }
        });
        const disposes = spawn(function* () {
          const file = yield* until(open());
          try {
            yield* sleep(60_000);
          } finally {
            file[Symbol.dispose]();
          }
        });
        const lends = spawn(function* () {
          yield* until(open());
          yield* sleep(60_000);
        });
        const ends = spawn(open);
        yield* reach(() => files.length === 4 && ends.dead, "all are open");
        const kept = yield* ends.get();
        const [lent] = files.slice(2).filter((file) => file !== kept);
        yield* spawn(() => lent.read(buffer(1)));
        for (const g of [closes, disposes, lends]) yield* g.kill();
        yield* until(turns());
        assertEquals([isClosed(kept), isClosed(lent)], [false, false]);
        closes.kill();
        for (const file of files) isClosed(file);
      })
    ),
  );

  on(
    "S-87 a call that the host cannot stop rejects at once, and a file that comes late is closed",
    inFolder((folder) =>
      run(function* () {
        const fifo = join(folder, "fifo");
        yield* until(new deno.Command("mkfifo", { args: [fifo] }).output());
        for (const call of [() => deno.readTextFile(fifo), () => deno.open(fifo)]) {
          let seen: unknown;
          const g = spawn(async () => {
            await call().catch((error) => seen = error);
          });
          yield* sleep(20);
          g.kill();
          yield* reach(() => seen !== undefined, "it has heard of the kill");
          assertEquals((seen as Error).name, "GreenletExit");
          // The host's call ends; its file may be closed before we have written.
          const ended = (error: { code?: string }) => assertEquals(error.code, "EPIPE");
          yield* until(deno.writeTextFile(fifo, "x").catch(ended));
        }
      })
    ),
  );

  on(
    "an iterator over a folder and a watcher hear of a kill",
    inFolder((folder) =>
      run(function* () {
        writeFileSync(join(folder, "a"), "");
        const names = yield* until((async () => {
          const found: unknown[] = [];
          for await (const { name } of deno.readDir(folder) as unknown as AsyncIterable<{ name: string }>) {
            found.push(name);
          }
          return found;
        })());
        assertEquals(names, ["a"]);
        let watcher: Handle | undefined;
        let seen: unknown;
        const g = spawn(async () => {
          watcher = deno.watchFs(folder);
          try {
            for await (const _ of watcher);
          } catch (error) {
            seen = error;
          }
        });
        yield* sleep(20);
        yield* g.kill();
        yield* until(turns());
        assertEquals((seen as Error).name, "GreenletExit");
        const next = (watcher as Handle)[Symbol.asyncIterator]().next();
        assertEquals((yield* until(next)).done, true);
      })
    ),
  );

  on(
    "maxOpenFiles: the next one waits until one is closed, and who is killed leaves the line",
    patched(() =>
      run(function* () {
        const first = yield* until(deno.open("/dev/null"));
        const killed = spawn(() => deno.open("/dev/null"));
        const next = spawn(() => deno.open("/dev/null"));
        yield* sleep(20);
        assertEquals([killed.dead, next.dead], [false, false]);
        yield* killed.kill();
        first.close();
        const second = yield* next.get();
        second.close();
      }), { maxOpenFiles: 1 }),
  );
});

/** A listener, a connection to it and its other end. */
function connections(
  body: (port: number, listener: Handle) => Promise<unknown>,
): () => Promise<void> {
  return patched(async () => {
    const listener = deno.listen({ hostname: "127.0.0.1", port: 0 });
    try {
      await body(listener.addr.port, listener);
    } finally {
      listener.close();
      forgetFound();
    }
  });
}

describe("connections of Deno", () => {
  on(
    "S-87 a read hears of a kill at once, and the peer sees the end",
    connections((port, listener) =>
      run(function* () {
        let seen: unknown;
        const g = spawn(async () => {
          const conn = await deno.connect({ hostname: "127.0.0.1", port });
          await conn.read(buffer(1)).catch((error) => seen = error);
        });
        const peer = yield* until(listener.accept());
        yield* sleep(20);
        yield* g.kill();
        assertEquals(yield* until(peer.read(buffer(1))), null);
        assertEquals((seen as Error).name, "GreenletExit");
        peer.close();
      })
    ),
  );

  on(
    "reads and accepts that time out lose nothing",
    connections((port, listener) =>
      run(function* () {
        const timesOut = function* (f: () => Promise<unknown>) {
          try {
            yield* withTimeout(10, f);
          } catch (error) {
            assert(error instanceof TimeoutError);
            return;
          }
          throw new Error("no timeout");
        };
        yield* timesOut(() => listener.accept());
        yield* timesOut(() => listener.accept());
        const conn = yield* until(deno.connect({ hostname: "127.0.0.1", port }));
        const peer = yield* until(listener.accept());
        const into = buffer(4);
        for (let i = 0; i < 3; i++) yield* timesOut(() => conn.read(into));
        yield* until(peer.write(bytes("hello world")));
        yield* sleep(10);
        assertEquals([...into], [0, 0, 0, 0]); // an interrupted read writes nothing
        let seen = "";
        while (seen.length < 11) {
          const part = buffer(3);
          const count = yield* until(conn.read(part));
          seen += text(part.subarray(0, count as number));
        }
        assertEquals(seen, "hello world");
        conn.close();
        peer.close();
      })
    ),
  );

  on(
    "one that another greenlet uses stays open",
    connections((port, listener) =>
      run(function* () {
        let conn: Handle | undefined;
        const opener = spawn(function* () {
          conn = yield* until(deno.connect({ hostname: "127.0.0.1", port }));
          yield* sleep(60_000);
        });
        const peer = yield* until(listener.accept());
        yield* reach(() => conn !== undefined, "connected");
        yield* spawn(() => (conn as Handle).write(bytes("a")));
        yield* opener.kill();
        yield* until(turns());
        yield* until((conn as Handle).write(bytes("b")));
        yield* until(peer.read(buffer(1)));
        yield* until(peer.read(buffer(1)));
        (conn as Handle).close();
        peer.close();
      })
    ),
  );
});

describe("children of Deno", () => {
  const script = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
  on(
    "S-83 a kill ends the child, of spawn and of output, and who waits sees it",
    inFolder((folder) =>
      run(function* () {
        const pidFile = join(folder, "pid");
        const command = `echo $$ > ${pidFile}.tmp; mv ${pidFile}.tmp ${pidFile}; exec sleep 86400`;
        const ways: ((command: Handle) => Promise<unknown>)[] = [
          (command) => command.output(),
          (command) => command.spawn().status,
          (command) => command.spawn().output(),
        ];
        for (const [index, way] of ways.entries()) {
          rmSync(pidFile, { force: true });
          let seen: unknown;
          const stdio = index === 0 ? {} : { stdout: "piped", stderr: "piped" };
          const g = spawn(async () => {
            await way(new deno.Command("sh", { args: ["-c", command], ...stdio })).catch((e) => seen = e);
          });
          yield* reach(() => existsSync(pidFile), "the child runs");
          const pid = Number(yield* until(deno.readTextFile(pidFile) as Promise<unknown>));
          yield* g.kill();
          yield* reach(() => !isAlive(pid), "the child is gone");
          assertEquals((seen as Error).name, "GreenletExit");
        }
      })
    ),
  );

  on(
    "S-83 SIGKILL comes for one that does not hear SIGTERM",
    patched(() =>
      run(function* () {
        let child: Handle | undefined;
        const g = spawn(async () => {
          child = new deno.Command("sh", { args: ["-c", script], stdout: "null" }).spawn();
          await child.status;
        });
        yield* sleep(200);
        const { pid } = child as Handle;
        yield* g.kill();
        yield* sleep(300);
        assert(isAlive(pid));
        yield* sleep(1_000);
        yield* reach(() => !isAlive(pid), "the child is gone");
      })
    ),
  );

  on(
    "output gives the same inside as outside",
    patched(async () => {
      const make = (options: object) =>
        new deno.Command("sh", { args: ["-c", "echo out; exit 3"], ...options });
      const show = async (output: Promise<Handle>) => {
        const { code, stdout } = await output;
        return [code, text(stdout)];
      };
      const outside = await show(make({}).output());
      assertEquals(outside, [3, "out\n"]);
      await run(function* () {
        assertEquals(yield* until(show(make({}).output())), outside);
        assertThrows(() => make({ stdin: "piped" }).output(), TypeError, "Piped stdin is not supported");
        assertThrows(() => new deno.Command("/no/such").output(), Error);
        const quiet = yield* until(make({ stdout: "null" }).output());
        assertThrows(() => quiet.stdout, TypeError, "not piped");
      });
    }),
  );
});

describe("Deno outside of greenlets", () => {
  const ours = targets().filter(({ group, module }) => module.startsWith("Deno") && group !== "sync");

  on("S-85 S-86 looks as ever, and is as before when the patches are gone", () => {
    const what = () =>
      ours.map(({ module, name }) => {
        const { value, face } = lettersOf(surface(module) as object, name);
        const { configurable: _c, enumerable: _e, writable: _w, ...rest } = face;
        return { name: `${module}.${name}`, value, rest };
      });
    const before = what();
    const patches = patchAll({ sync: "off" });
    const during = what();
    assertEquals(
      during.map(({ name, rest }) => ({ name, rest })),
      before.map(({ name, rest }) => ({ name, rest })),
    );
    for (const [i, { name, value }] of during.entries()) assert(value !== before[i].value, name);
    const missed = coverage().missed.filter(({ name }) => ours.some((t) => `${t.module}.${t.name}` === name));
    assertEquals(missed, []);
    patches[Symbol.dispose]();
    for (const [i, { name, value }] of what().entries()) assert(value === before[i].value, name);
  });

  const bad: [string, () => unknown][] = [
    ["readFile of no path", () => deno.readFile()],
    ["open of what is not there", () => deno.open("/no/such/file")],
    ["stat of what is not there", () => deno.stat("/no/such/file")],
    ["connect to no port", () => deno.connect({ port: "x" })],
    ["a command that is not there", () => new deno.Command("/no/such/program").spawn()],
    ["Command without new", () => (deno.Command as unknown as () => unknown)()],
    ["resolveDns of nothing", () => deno.resolveDns()],
  ];
  for (const [name, call] of bad) {
    on(`S-86 ${name} fails the same, unpatched, patched, and in a greenlet`, async () => {
      const failure = async () => {
        let result: unknown;
        try {
          result = call();
        } catch (error) {
          return ["thrown", (error as Error).name, (error as Error).message];
        }
        const error = await assertRejects(() => result as Promise<unknown>) as Error;
        return ["rejected", error.name, error.message];
      };
      const before = await failure();
      using _patches = patchAll({ sync: "off" });
      assertEquals(await failure(), before);
      assertEquals(await run(() => failure()), before);
    });
  }
});
