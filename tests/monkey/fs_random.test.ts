/** Files in random order: whoever is killed leaves nothing open, and takes nothing from those who go on. */
import fc from "fast-check";
import fs from "node:fs";
import fsp from "node:fs/promises";
import { dirname } from "node:path";
import { type Greenlet, run, spawn, until } from "../../src/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { heard, inDirectory, type Place } from "./fs_kit.ts";
import { turns } from "./kit.ts";

/** What a greenlet does with a file of its own. All that it writes is `written`. */
class Worker {
  readonly path: string;
  written = "";
  private handle: fsp.FileHandle | null = null;
  private readonly others: fsp.FileHandle[] = [];
  private fd = -1;
  private readonly shared: fsp.FileHandle;
  private readonly taken: number[];

  constructor(path: string, shared: fsp.FileHandle, taken: number[]) {
    this.path = path;
    this.shared = shared;
    this.taken = taken;
  }

  readonly steps = {
    open: async () => void (this.handle ??= await fsp.open(this.path, "a+")),
    openAnother: async () => void this.others.push(await fsp.open(this.path, "a+")),
    openDescriptor: async () => {
      if (this.fd === -1) this.fd = await heard<number>((callback) => fs.open(this.path, "a+", callback));
    },
    close: async () => {
      const { handle } = this;
      this.handle = null;
      await handle?.close();
    },
    closeDescriptor: async () => {
      const { fd } = this;
      this.fd = -1;
      if (fd !== -1) await heard((callback) => fs.close(fd, callback));
    },
    write: async () => {
      await this.handle?.write("handle ");
      if (this.handle !== null) this.written += "handle ";
    },
    writeDescriptor: async () => {
      if (this.fd === -1) return;
      await heard((callback) => fs.write(this.fd, "descriptor ", null, "utf8", callback));
      this.written += "descriptor ";
    },
    append: async () => {
      await fsp.appendFile(this.path, "append ");
      this.written += "append ";
    },
    stream: async () => {
      const stream = fs.createWriteStream(this.path, { flags: "a" });
      await heard((callback) =>
        stream.on("error", callback).on("finish", () => callback(null)).end("stream ")
      );
      this.written += "stream ";
    },
    readFile: async () => {
      if (this.written !== "") assertEquals(await fsp.readFile(this.path, "utf8"), this.written);
    },
    readStream: async () => {
      if (this.written === "") return;
      let text = "";
      for await (const chunk of fs.createReadStream(this.path, { highWaterMark: 3 })) text += String(chunk);
      assertEquals(text, this.written);
    },
    read: async () => {
      const memory = new Uint8Array(1_000);
      const read = await this.handle?.read(memory, 0, memory.length, 0);
      if (read !== undefined) {
        assertEquals(new TextDecoder().decode(memory.subarray(0, read.bytesRead)), this.written);
      }
    },
    take: async () => await take(this.shared, this.taken),
    directory: async () => {
      // Deno keeps a directory open that was not read to its end.
      if (runtime === "deno") return void await fsp.readdir(dirname(this.path));
      for await (const _ of await fsp.opendir(dirname(this.path)));
    },
  };

  /** Closes what a survivor has left open. */
  async end(): Promise<void> {
    await this.steps.close();
    await this.steps.closeDescriptor();
    for (const handle of this.others) await handle.close();
  }
}

/** Reads on in a file that all read. */
async function take(handle: fsp.FileHandle, taken: number[]): Promise<number> {
  const memory = new Uint8Array(7);
  const { bytesRead } = await handle.read(memory, 0, memory.length, null);
  taken.push(...memory.subarray(0, bytesRead));
  return bytesRead;
}

type Step = keyof Worker["steps"];
const STEPS: readonly Step[] = [
  ...["open", "openAnother", "openDescriptor", "close", "closeDescriptor", "write", "writeDescriptor"],
  ...["append", "stream", "readFile", "readStream", "read", "take", "directory"],
] as Step[];
const scripts = fc.array(fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 8 }), {
  minLength: 1,
  maxLength: 5,
});
const kills = fc.array(fc.record({ victim: fc.nat(4), after: fc.nat(4) }), { maxLength: 4 });

async function play(
  place: Place,
  plans: Step[][],
  kills: { victim: number; after: number }[],
): Promise<void> {
  const bytes = Array.from({ length: 256 }, (_, i) => i);
  fs.writeFileSync(place.at("shared"), Uint8Array.from(bytes));
  await run(function* () {
    const shared = yield* fsp.open(place.at("shared"), "r");
    const taken: number[] = [];
    const workers = plans.map((_, i) => new Worker(place.at(`file ${i}`), shared, taken));
    const killed = new Set<Greenlet<void>>();
    const gs = plans.map((plan, i) =>
      spawn(async () => {
        for (const step of plan) await workers[i].steps[step]();
        if (!killed.has(gs[i])) await workers[i].end();
      })
    );
    for (const g of gs) g.linkException(() => {});
    for (const { victim, after } of kills) {
      yield* until(turns(after));
      const g = gs[victim % gs.length];
      killed.add(g);
      yield* g.kill();
    }
    for (const g of gs) if (!killed.has(g)) yield* g;
    for (const [i, g] of gs.entries()) {
      if (killed.has(g) || workers[i].written === "") continue;
      assertEquals(fs.readFileSync(workers[i].path, "utf8"), workers[i].written);
    }
    while ((yield* until(take(shared, taken))) > 0);
    assertEquals(taken.sort((a, b) => a - b), bytes);
    yield* shared.close();
  });
  for (const name of fs.readdirSync(place.path)) fs.rmSync(place.at(name));
}

describe("files, whoever is killed when", () => {
  test(
    "nothing stays open, and survivors get all that they have written and all there was to read",
    inDirectory(async (place) => {
      await fc.assert(
        fc.asyncProperty(scripts, kills, async (plans, kills) => {
          await play(place, plans, kills);
          await place.closed();
        }),
        { numRuns: 60 },
      );
    }),
    { timeout: 60_000 },
  );
});
