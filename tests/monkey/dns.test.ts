/** Questions of node:dns whose greenlet is killed (S-87). */
import { createSocket } from "node:dgram";
import http from "node:http";
import process from "node:process";
import { GreenletExit, run, spawn, TimeoutError, until, withTimeout } from "../../src/mod.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { patched, reach, turns } from "./kit.ts";
import { lettersOf } from "./letter.ts";

const dns = process.getBuiltinModule("node:dns");
const promises = process.getBuiltinModule("node:dns/promises");

/** A name server that never answers, and counts. */
async function silent(): Promise<{ server: string; questions(): number; close(): void }> {
  let n = 0;
  const socket = createSocket("udp4").on("message", () => n++);
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { server: `127.0.0.1:${socket.address().port}`, questions: () => n, close: () => socket.close() };
}

const options = { timeout: 100, tries: 20 };

function viaCallback(server: string): Promise<unknown> {
  const resolver = new dns.Resolver(options);
  resolver.setServers([server]);
  return new Promise((resolve, reject) => {
    resolver.resolve4("tendril.test", (error, answer) => error === null ? resolve(answer) : reject(error));
  });
}

function viaPromise(server: string): Promise<unknown> {
  const resolver = new promises.Resolver(options);
  resolver.setServers([server]);
  return resolver.resolve4("tendril.test");
}

describe("questions of a greenlet", () => {
  for (const [name, use] of Object.entries({ viaCallback, viaPromise })) {
    test(`S-87 ${name}: a kill is heard at once, and nothing is asked again`, async () => {
      const names = await silent();
      await patched(() =>
        run(function* () {
          const seen: unknown[] = [];
          const g = spawn(async () => {
            await use(names.server).catch((error) => seen.push(error));
            await use(names.server).catch((error) => seen.push(error));
          });
          yield* reach(() => names.questions() > 0, "a question");
          yield* g.kill();
          yield* reach(() => seen.length === 2, "both");
          assert(seen.every((error) => error === g.value && error instanceof GreenletExit));
          const before = names.questions();
          yield* until(new Promise((resolve) => setTimeout(resolve, 250)));
          assertEquals(names.questions(), before);
        })
      )();
      names.close();
    });

    test(`S-87 ${name}: so is a timeout`, async () => {
      const names = await silent();
      await patched(async () => {
        const error = await run(() => withTimeout(50, () => use(names.server))).catch((e) => e);
        assert(error instanceof TimeoutError, String(error));
      })();
      names.close();
    });
  }

  test("a resolver that others use meanwhile goes on", async () => {
    const names = await silent();
    const resolver = new promises.Resolver({ timeout: 100, tries: 3 });
    resolver.setServers([names.server]);
    await patched(() =>
      run(function* () {
        const ends: string[] = [];
        const ask = (who: string) =>
          resolver.resolve4(`${who}.test`).catch((error) => ends.push(`${who} ${error.code ?? error.name}`));
        const killed = spawn(() => ask("killed"));
        const other = spawn(() => ask("other"));
        yield* reach(() => names.questions() >= 2, "two questions");
        yield* killed.kill();
        yield* until(turns());
        assertEquals(ends, ["killed GreenletExit"]);
        yield* other.join();
        assert(!ends[1].includes("ECANCELLED"), ends[1]);
      })
    )();
    names.close();
  });

  test(
    "lookups: the answer, and the kill",
    patched(() =>
      run(function* () {
        const found = (yield* until(promises.lookup("127.0.0.1"))) as { address: string };
        assertEquals(found.address, "127.0.0.1");
        const via = yield* until(
          new Promise((resolve) => dns.lookup("127.0.0.1", (_error, address) => resolve(address))),
        );
        assertEquals(via, "127.0.0.1");
        const seen: unknown[] = [];
        const g = spawn(() => {
          promises.lookup("localhost").then(() => seen.push(null), (error) => seen.push(error));
          dns.lookup("localhost", (error) => seen.push(error));
          return new Promise(() => {});
        });
        yield* until(Promise.resolve());
        yield* g.kill();
        yield* reach(() => seen.length === 2, "both");
        // Or they were faster.
        assert(seen.every((error) => error === g.value || error === null), String(seen));
      })
    ),
  );

  test(
    "what a socket of a pool looks up is not bound",
    patched((server) =>
      run(function* () {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const { port } = new URL(server.url);
        const get = (path: string) =>
          new Promise((resolve, reject) => {
            http.get({ host: "localhost", family: 4, port, path, agent }, resolve).on("error", reject);
          });
        const first = spawn(() => get("/ok/first"));
        const second = spawn(() => get("/ok/second"));
        yield* until(Promise.resolve());
        yield* first.kill();
        const response = (yield* second) as http.IncomingMessage;
        assertEquals(response.statusCode, 200);
        response.resume();
        agent.destroy();
      })
    ),
  );
});

describe("dns outside of greenlets", () => {
  test("S-86 looks and fails as ever", async () => {
    const objects = [dns, promises, dns.Resolver.prototype, promises.Resolver.prototype];
    const letters = () =>
      objects.flatMap((object) =>
        Object.getOwnPropertyNames(object).filter((name) => /^(lookup|resolve|reverse)/.test(name))
          .map((name) => lettersOf(object, name))
      );
    const bad = (x: unknown) => x as never;
    const fault = async (f: () => unknown): Promise<unknown> => {
      try {
        return ["gave", await f()];
      } catch (error) {
        const { name, code, message } = error as Error & { code?: string };
        return [name, code, message];
      }
    };
    const faults = () =>
      Promise.all([
        fault(() => dns.lookup("127.0.0.1", bad(undefined))),
        fault(() => dns.lookup(bad({}), bad(() => {}))),
        fault(() => dns.resolve4(bad(7), bad(() => {}))),
        fault(() => new dns.Resolver().resolve4("x", bad(1))),
        fault(() => promises.lookup(bad({}))),
        fault(() => promises.resolve4(bad(7))),
        fault(() => promises.lookup("127.0.0.1")),
        fault(() => promises.reverse("no address")),
      ]);
    const before = letters(), expected = await faults();
    const patches = patchAll({ sync: "off" });
    assertEquals(letters().map((l) => l.face), before.map((l) => l.face));
    assertEquals(await faults(), expected);
    assertEquals(await run(() => faults()), expected);
    patches[Symbol.dispose]();
    letters().forEach((l, i) => assertStrictEquals(l.value, before[i].value));
  });
});
