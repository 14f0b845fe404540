// `Bun.*`: only Bun has it. The API is taken as it comes, for the other runtimes' type checks have none of its types.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, sleep, spawn, until } from "../../src/mod.ts";
import { coverage, patchAll } from "../../src/monkey/mod.ts";
import { forgetFound } from "../../src/monkey/found.ts";
import { targets } from "../../src/monkey/targets.ts";
import { surface } from "../../src/host/io.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { describe, type TestBody, testOn } from "../harness.ts";
import { patched, reach, turns } from "./kit.ts";
import { lettersOf } from "./letter.ts";

/** As far as the tests use it. */
interface Bun {
  $(parts: TemplateStringsArray, ...values: unknown[]): Promise<unknown> & { text(): Promise<string> };
  sleep(ms: number | Date): Promise<void>;
  spawn(command: string[], options?: object): { readonly pid: number; readonly exited: Promise<number> };
  write(path: string, text: string): Promise<number>;
  file(path: string): Blob & { exists(): Promise<boolean> };
  connect(options: object): Promise<Socket>;
  listen(options: object): { readonly port: number; stop(hard: boolean): void };
  udpSocket(options: object): Promise<Socket & { readonly closed: boolean }>;
}

interface Socket {
  end(): void;
  close(): void;
  write(text: string): number;
  readonly readyState: number;
}

const bun = (globalThis as { Bun?: unknown }).Bun as Bun;
const on = (name: string, body: TestBody) => testOn(["bun"], name, body);
const socketOf = (socket: unknown) => socket as Socket;
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

/** A greenlet that is killed while it waits for `start`; gives what it has seen. */
function* killedIn(start: () => Promise<unknown>, isReady: () => boolean = () => true) {
  let seen: unknown;
  let isBegun = false;
  const g = spawn(async () => {
    const waiting = start();
    isBegun = true;
    await waiting.catch((error) => seen = error);
  });
  yield* reach(() => isBegun && isReady(), "it waits");
  yield* sleep(10);
  yield* g.kill();
  yield* reach(() => seen !== undefined, "it has heard of the kill");
  return (seen as Error).name;
}

describe("Bun", () => {
  on(
    "S-87 sleep is over at once, and its timer is gone",
    patched(() =>
      run(function* () {
        assertEquals(yield* killedIn(() => bun.sleep(60_000)), "GreenletExit");
        yield* until(bun.sleep(1));
        yield* until(bun.sleep(new Date()));
        assertThrows(() => bun.sleep("x" as unknown as number), TypeError);
      })
    ),
  );

  on(
    "S-83 a kill ends what Bun.spawn has started, by SIGKILL where SIGTERM does not help",
    patched(() =>
      run(function* () {
        let pid = 0;
        const start = (command: string[]) => () => {
          const child = bun.spawn(command, { stdout: "ignore" });
          pid = child.pid;
          return child.exited;
        };
        assertEquals(yield* killedIn(start(["sleep", "86400"])), "GreenletExit");
        yield* reach(() => !isAlive(pid), "the child is gone");
        const deaf = "trap '' TERM; while :; do sleep 0.05; done";
        let isReady = false;
        setTimeout(() => isReady = true, 200);
        assertEquals(yield* killedIn(start(["sh", "-c", deaf]), () => isReady), "GreenletExit");
        yield* sleep(300);
        assert(isAlive(pid));
        yield* sleep(1_000);
        yield* reach(() => !isAlive(pid), "the child is gone");
      })
    ),
  );

  on(
    "the shell is left alone, and what comes after it is not begun",
    patched(() =>
      run(function* () {
        const folder = mkdtempSync(join(tmpdir(), "tendril-bun-"));
        const seen: string[] = [];
        const g = spawn(async () => {
          await bun.$`sleep 0.3; touch ${folder}/done`.catch((error) => seen.push(error.name));
          await bun.$`touch ${folder}/refused`.text().catch((error) => seen.push(error.name));
        });
        yield* sleep(50);
        yield* g.kill();
        yield* reach(() => seen.length === 2, "both were refused");
        assertEquals(seen, ["GreenletExit", "GreenletExit"]);
        yield* reach(() => existsSync(`${folder}/done`), "the shell goes on: it is in `gaps`");
        assert(!existsSync(`${folder}/refused`));
        assertEquals(yield* until(bun.$`echo hi`.text()), "hi\n");
        rmSync(folder, { recursive: true });
      })
    ),
  );

  on(
    "S-87 a read of a file hears of the kill at once",
    patched(() =>
      run(function* () {
        const folder = mkdtempSync(join(tmpdir(), "tendril-bun-"));
        const fifo = join(folder, "fifo");
        spawnSync("mkfifo", [fifo]);
        assertEquals(yield* killedIn(() => bun.file(fifo).text()), "GreenletExit");
        yield* until(bun.write(fifo, "x")); // the host's call ends
        const path = join(folder, "a");
        assertEquals(yield* until(bun.write(path, "hello")), 5);
        assertEquals(yield* until(bun.file(path).text()), "hello");
        assertEquals(yield* until(bun.file(path).exists()), true);
        assertEquals(yield* until(new Blob(["x"]).text()), "x");
        rmSync(folder, { recursive: true });
      })
    ),
  );

  on(
    "S-87 a socket that a killed greenlet has connected is closed after it, a shared one is not",
    patched(async () => {
      const log: string[] = [];
      const note = (what: string) => () => void log.push(what);
      const listener = bun.listen({
        hostname: "127.0.0.1",
        port: 0,
        socket: {
          open: note("open"),
          close: note("closed"),
          data: (_: unknown, data: Uint8Array) => log.push(`${data}`),
        },
      });
      let last: Socket | undefined;
      const connect = async (close = () => {}) =>
        last = await bun.connect({
          hostname: "127.0.0.1",
          port: listener.port,
          socket: { data() {}, close },
        });
      await run(function* () {
        const owner = spawn(async () => {
          await connect(note("handler"));
          await bun.sleep(60_000);
        });
        yield* reach(() => log.includes("open") && last !== undefined, "connected");
        yield* owner.kill();
        yield* reach(() => log.length === 3, "closed");
        assertEquals(log.splice(0).sort(), ["closed", "handler", "open"]);

        const shares = spawn(async () => {
          await connect();
          await bun.sleep(60_000);
        });
        last = undefined;
        yield* reach(() => log.includes("open") && last !== undefined, "connected");
        yield* spawn(() => void socketOf(last).write("a"));
        yield* shares.kill();
        yield* until(turns());
        socketOf(last).write("b");
        yield* reach(() => log.length >= 2, "it arrives");
        assert(!log.includes("closed"));
        socketOf(last).end();

        let udp: (Socket & { readonly closed: boolean }) | undefined;
        const g = spawn(async () => {
          udp = await bun.udpSocket({});
          await bun.sleep(60_000);
        });
        yield* reach(() => udp !== undefined, "bound");
        yield* g.kill();
        yield* reach(() => udp?.closed === true, "closed");
      });
      listener.stop(true);
    }),
  );
});

describe("Bun outside of greenlets", () => {
  const ours = targets().filter(({ group, module }) => module.startsWith("Bun") && group !== "sync");

  on("S-85 S-86 looks as ever, and is as before when the patches are gone", () => {
    const what = () => ours.map(({ module, name }) => lettersOf(surface(module) as object, name));
    const names = ours.map(({ module, name }) => `${module}.${name}`);
    const before = what();
    const patches = patchAll({ sync: "off" });
    for (const [i, { value, face }] of what().entries()) {
      assertEquals(face, before[i].face, names[i]);
      assert(value !== before[i].value, names[i]);
    }
    assertEquals(coverage().missed.filter(({ name }) => names.includes(name)), []);
    patches[Symbol.dispose]();
    for (const [i, { value }] of what().entries()) assert(value === before[i].value, names[i]);
    forgetFound();
  });

  on("S-86 what is wrong fails the same", () => {
    const bad: (() => unknown)[] = [
      () => bun.sleep("x" as unknown as number),
      () => bun.spawn(["/no/such/program"]),
      () => bun.connect({}),
    ];
    const thrown = (f: () => unknown) => {
      const error = assertThrows(f) as Error;
      return [error.name, error.message];
    };
    const before = bad.map(thrown);
    using _patches = patchAll({ sync: "off" });
    assertEquals(bad.map(thrown), before);
  });

  on("S-88 coverage says what is out of reach", () => {
    using patches = patchAll({ sync: "off" });
    const names = patches.missed.map(({ name }) => name).join(", ");
    for (const name of ["Bun.fetch", "Bun.$", "Bun.sql", 'import { spawn } from "bun"']) {
      assert(names.includes(name), name);
    }
  });
});
