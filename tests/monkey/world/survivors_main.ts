/**
 * 200 greenlets share one pool of connections with keep-alive, and some of them are killed, at any moment. Every other one
 * has to get its own body, whole.
 *
 *   survivors_main.ts <client> [seed] [path]
 */
import process from "node:process";
import fc from "fast-check";
import { type Greenlet, joinAll, run, sleep, spawn, until } from "tendril";
import { type Observed, Observer } from "./observer.ts";
import { patchEverything } from "./patched.ts";
import { bytesOf } from "./protocol.ts";

const GREENLETS = 200;
/** Of the pool that is shared. */
const CONNECTIONS = 20;
const RUNS = 4;

/** One greenlet: how much it asks for, and after how many milliseconds it is killed. */
interface Client {
  readonly length: number;
  readonly killedAfter: number | null;
}

const plan: fc.Arbitrary<Client[]> = fc.array(
  fc.record({
    length: fc.integer({ min: 20, max: 30_000 }),
    killedAfter: fc.option(fc.integer({ min: 0, max: 150 }), { freq: 2 }),
  }),
  { minLength: GREENLETS, maxLength: GREENLETS },
);

type Getter = (url: string) => Promise<string>;

/** The clients by name; each gives a way to get a text, over a pool of its own, and a way to close that. */
const clients: Record<string, () => Promise<{ get: Getter; close(): Promise<void> | void }>> = {
  async "http.Agent"() {
    const { default: http } = await import("node:http");
    const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    const get: Getter = (url) =>
      new Promise((resolve, reject) => {
        http.get(url, { agent }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => text += part);
          response.on("end", () => resolve(text)).on("error", reject).on("aborted", reject);
        }).on("error", reject);
      });
    return { get, close: () => agent.destroy() };
  },
  fetch: () => Promise.resolve({ get: async (url) => await (await fetch(url)).text(), close() {} }),
  async "undici.Agent"() {
    const { default: undici } = await import("undici");
    const agent = new undici.Agent({ connections: CONNECTIONS });
    const get: Getter = async (url) => await (await undici.request(url, { dispatcher: agent })).body.text();
    // Where undici is one of the runtime's own, its agent has nothing to close.
    return { get, close: async () => void await agent.destroy?.() };
  },
};

/** Plays a plan, and gives how many survived. Throws when one of them has got something else than its body. */
function play(get: Getter, place: Observed, all: readonly Client[]): Promise<number> {
  return run(function* () {
    const greenlets = all.map(({ length }, i): Greenlet<string> =>
      // Half of them are generators, half async functions.
      i % 2 === 0
        ? spawn(function* () {
          return yield* until(get(`${place.origin}/${i}/${length}`));
        })
        : spawn(async () => await get(`${place.origin}/${i}/${length}`))
    );
    for (const g of greenlets) g.linkException(() => {});
    const killers = all.map(({ killedAfter }, i) =>
      killedAfter === null ? undefined : spawn(function* () {
        yield* sleep(killedAfter);
        yield* greenlets[i].kill();
      })
    ).filter((killer) => killer !== undefined);
    yield* joinAll([...greenlets, ...killers]);
    let survivors = 0;
    for (const [i, g] of greenlets.entries()) {
      const { length, killedAfter } = all[i];
      if (g.exception !== undefined) {
        throw new Error(`greenlet ${i} failed: ${g.exception}`, { cause: g.exception });
      }
      if (typeof g.value !== "string") {
        if (killedAfter === null) throw new Error(`greenlet ${i} was not to be killed, and gave ${g.value}`);
        continue;
      }
      survivors++;
      if (g.value !== bytesOf(i, length)) {
        throw new Error(
          `greenlet ${i} got ${g.value.length} bytes, ${g.value.slice(0, 30)}…, not its own ${length}`,
        );
      }
    }
    return survivors;
  });
}

const [client, seed, path] = process.argv.slice(2);
const observer = new Observer();
await patchEverything();
const place = await observer.open({ at: "echo", pieces: 4, pauseMs: 5 });
const { get, close } = await clients[client]();
let survived = 0;
let killed = 0;
await fc.assert(
  fc.asyncProperty(plan, async (all) => {
    const survivors = await play(get, place, all);
    survived += survivors;
    killed += all.length - survivors;
  }),
  // A smaller plan would take minutes to find, and fail in another way: time is real here.
  { numRuns: RUNS, endOnFailure: true, ...(seed === undefined ? {} : { seed: Number(seed), path }) },
);
await close();
await observer.stop();
console.log(JSON.stringify({ survived, killed, connections: place.count("connected") }));
// Some runtimes keep the connections of their own fetch for a while.
process.exit(0);
