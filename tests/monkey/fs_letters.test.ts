/** Outside of greenlets patched files are the host's to the letter (S-86), and after the patch they are the host's. */
import fs from "node:fs";
import fsp from "node:fs/promises";
import process from "node:process";
import { promisify } from "node:util";
import { run } from "../../src/mod.ts";
import { surface } from "../../src/host/io.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import { fsTargets } from "../../src/monkey/fs_targets.ts";
import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { inDirectory } from "./fs_kit.ts";
import { lettersOf } from "./letter.ts";

type Values = Record<string, unknown>;

/** Those that this runtime has. */
function each(): { object: object; name: string; label: string }[] {
  return fsTargets.flatMap(({ module, name }) => {
    const object = surface(module);
    const isThere = typeof (object as Values | undefined)?.[name] === "function";
    return isThere ? [{ object: object as object, name, label: `${module}.${name}` }] : [];
  });
}

/** What a call does, as far as it can be told: the error at once, the error later, what the callback gets. */
async function outcome(object: object, name: string, args: readonly unknown[]): Promise<unknown> {
  const told: unknown[] = [];
  let heard = () => {};
  const called = new Promise<void>((resolve) => heard = resolve);
  const callback = (error: unknown, value: unknown) => {
    told.push("callback", tell(error), typeof value);
    heard();
  };
  const isCallback = args.includes("callback");
  try {
    const given = args.map((arg) => arg === "callback" ? callback : arg);
    const result: unknown = Reflect.apply((object as Values)[name] as () => unknown, object, given);
    told.push(
      "gives",
      result === null || typeof result !== "object" ? typeof result : result.constructor?.name,
    );
    if (result instanceof Promise) {
      await result.then(
        (value) => told.push("promise", typeof value),
        (error) => told.push("rejected", tell(error)),
      );
    } else if (isCallback) await called;
  } catch (error) {
    told.push("throws", tell(error));
  }
  return told;
}

function tell(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, code } = error as NodeJS.ErrnoException;
  // The end of a temporary name is drawn.
  return { name, message: message.replace(/(?<=mkdtemp '\/nowhere\/at\/all)\w+/, ""), code };
}

/** Arguments that make no sense, or name what is not there, for all that are called with a path or a descriptor. */
const ARGUMENTS: readonly unknown[][] = [
  [],
  [{}],
  [{}, "callback"],
  ["/nowhere/at/all"],
  ["/nowhere/at/all", "callback"],
  ["/nowhere/at/all", "/nowhere/else", "callback"],
  ["/nowhere/at/all", { encoding: "klingon" }, "callback"],
  [1e9, "callback"],
];

/** They give a stream or an iterator, or would wait for something. */
const OTHERS = ["createReadStream", "createWriteStream", "watch", "glob", "exists"];

describe("files outside of greenlets", () => {
  test("S-86 the patch is over all there are, looks like the original, and is gone afterwards", () => {
    const before = each().map(({ object, name }) => lettersOf(object, name));
    const patches = patchAll({ sync: "off" });
    const during = each().map(({ object, name }) => lettersOf(object, name));
    const names = new Set(patches.patched);
    for (const { label } of each()) {
      if (!label.startsWith("node:")) assert(names.has(label), `${label} is patched`);
    }
    patches[Symbol.dispose]();
    const after = each().map(({ object, name }) => lettersOf(object, name));
    each().forEach(({ label }, i) => {
      assertNotStrictEquals(during[i].value, before[i].value, label);
      assertEquals(during[i].face, before[i].face, label);
      assertStrictEquals(after[i].value, before[i].value, label);
      assertEquals(after[i].face, before[i].face, label);
    });
  });

  test("S-86 what is wrong with arguments the host says, outside of greenlets and inside", async () => {
    const calls = each().filter(({ object, name }) =>
      [fs, fsp, fs.realpath].includes(object as typeof fs) && !OTHERS.includes(name)
    );
    const table = async () => {
      const all: [string, unknown][] = [];
      for (const { object, name, label } of calls) {
        for (const args of ARGUMENTS) {
          if (args.includes("callback") === (object === fsp)) continue;
          all.push([`${label}(${JSON.stringify(args)})`, await outcome(object, name, args)]);
        }
      }
      return all;
    };
    // Some would make what is missing.
    const harmless = calls.filter(({ name }) => !/^(mkdir|mkdtemp|write|append|cp|open)/.test(name));
    assert(harmless.length > 40);
    const before = await table();
    const patches = patchAll({ sync: "off" });
    try {
      const outside = await table();
      const inside = await run(async () => await table());
      before.forEach(([call, told], i) => {
        assertEquals(outside[i], [call, told]);
        assertEquals(inside[i], [call, told], "inside of a greenlet");
      });
    } finally {
      patches[Symbol.dispose]();
    }
  }, { timeout: 30_000 });

  test(
    "S-86 promisify knows them as before, and their callbacks get what they got",
    inDirectory(async (place) => {
      const file = place.file("a", "text");
      const look = async () => {
        const fd = fs.openSync(file, "r+");
        const memory = new Uint8Array(4);
        const told = [
          await promisify(fs.readFile)(file, "utf8"),
          await promisify(fs.exists)(file),
          await promisify(fs.realpath.native)(file) === file,
          await promisify(fs.read)(fd, memory, 0, 4, 0),
          await promisify(fs.readv)(fd, [memory], 0),
          await promisify(fs.write)(fd, "text", 0),
          Object.keys(await promisify(fs.stat)(file)),
        ];
        const { buffer } = await new Promise<{ buffer: unknown }>((resolve) => {
          fs.read(fd, memory, 0, 4, 0, (_error, _count, buffer) => resolve({ buffer }));
        });
        assertStrictEquals(buffer, memory);
        fs.closeSync(fd);
        return JSON.stringify(told);
      };
      const outside = await look();
      assertEquals(await run(async () => await look()), outside);
    }),
  );

  test(
    "S-86 all ways to read from a handle give the same in a greenlet",
    inDirectory(async (place) => {
      const file = place.file("a", "0123456789".repeat(10));
      const look = async () => {
        const handle = await fsp.open(file, "r+");
        const told: unknown[] = [];
        const ways: (() => Promise<{ bytesRead: number }>)[] = [
          () => handle.read(new Uint8Array(4), 0, 4, null),
          () => handle.read(new Uint8Array(4), 1, 2),
          () => handle.read(new Uint8Array(4), { position: 7 }),
          () => handle.read({ buffer: new Uint8Array(4), offset: 2 }),
          // Deno takes no DataView.
          () =>
            handle.read(runtime === "deno" ? new Uint8Array(4) : new DataView(new ArrayBuffer(8), 2, 4), 1),
          () => handle.read(),
          () => handle.read(new Uint8Array(4), 0, 5, 0),
          () => handle.read(new Uint8Array(4), 0, 4, "x" as unknown as number),
          () => handle.read(new Uint8Array(4), 0, 4, -1),
          () => handle.readv([new Uint8Array(2), new Uint16Array(2)], 3),
        ];
        for (const way of ways) {
          told.push(
            await (async () => await way())().then((result) => {
              const [view] = Object.values(result).flat().filter((v) =>
                ArrayBuffer.isView(v)
              ) as unknown as DataView[];
              const bytes = new Uint8Array(view.buffer, view.byteOffset, Math.min(view.byteLength, 200));
              return [Object.keys(result).sort(), result.bytesRead, view.constructor.name, [...bytes]];
            }, tell),
          );
        }
        await handle.close();
        return told;
      };
      const outside = await look();
      assertEquals(await run(async () => await look()), outside);
      assertEquals(outside.length, 10);
    }),
  );

  test("S-86 handles are the host's again after the patch", async () => {
    const handle = await fsp.open(process.execPath, "r");
    const prototype = Object.getPrototypeOf(handle) as object;
    const before = lettersOf(prototype, "read");
    const patches = patchAll({ sync: "off" });
    try {
      await run(async () => await (await fsp.open(process.execPath, "r")).close());
      assertNotStrictEquals(lettersOf(prototype, "read").value, before.value);
      assertEquals(lettersOf(prototype, "read").face, before.face);
    } finally {
      patches[Symbol.dispose]();
      await handle.close();
    }
    assertStrictEquals(lettersOf(prototype, "read").value, before.value);
  });
});
