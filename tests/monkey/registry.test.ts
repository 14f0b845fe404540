/** Patching and its undoing: rules S-85, S-86 and S-88. */
import { surface } from "../../src/host/io.ts";
import { run, spawn } from "../../src/mod.ts";
import {
  type Coverage,
  coverage,
  getOriginal,
  type Group,
  isPatched,
  namedImportsKnown,
  patch,
  patchAll,
  unpatch,
} from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { observe, patched } from "./kit.ts";

/** Where the names of the coverage stand: the object, and the property. */
function place(name: string): { object: Record<string, unknown>; key: string } | undefined {
  const dot = name.lastIndexOf(".");
  const object = surface(name.slice(0, dot)) as Record<string, unknown> | undefined;
  return object === undefined ? undefined : { object, key: name.slice(dot + 1) };
}

/** What stands at each of these names now. */
function state(names: readonly string[]): Map<string, PropertyDescriptor> {
  return new Map(names.flatMap((name) => {
    const at = place(name);
    const there = at && Object.getOwnPropertyDescriptor(at.object, at.key);
    return there === undefined ? [] : [[name, there] as const];
  }));
}

const names = (c: Coverage) => c.entries.filter((e) => e.patched).map((e) => e.name);
const all = everything();

function everything(): string[] {
  const patches = patchAll();
  try {
    return names(patches);
  } finally {
    patches[Symbol.dispose]();
  }
}

describe("patchAll", () => {
  test("S-85 patching twice is a no-op, the last disposal restores the identical originals", () => {
    const before = state(all);
    assert(before.size > 5);
    const first = patchAll();
    const once = state(all);
    const second = patchAll();
    const twice = state(all);
    for (const [name, there] of once) {
      assertStrictEquals(twice.get(name)?.value, there.value, name);
      const original = before.get(name) as PropertyDescriptor;
      if (original.get === undefined) {
        assert(there.value !== original.value, name);
        const at = name.lastIndexOf(".");
        assertStrictEquals(getOriginal(name.slice(0, at), name.slice(at + 1)), original.value, name);
      }
    }
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    assertEquals(state(all), once);
    second[Symbol.dispose]();
    assertEquals([...state(all)], [...before]);
    assert(!isPatched("globalThis", "fetch"));
  });

  test("S-85 unpatch restores all, however often it was patched, and earlier disposables are done", () => {
    const before = state(all);
    const first = patchAll();
    patchAll();
    unpatch();
    assertEquals([...state(all)], [...before]);
    const again = patchAll();
    first[Symbol.dispose]();
    assert(isPatched("globalThis", "fetch"));
    again[Symbol.dispose]();
    assertEquals([...state(all)], [...before]);
    unpatch();
  });

  test("S-86 a replacement has the original's length, name, prototype and properties", () => {
    const before = state(all);
    const patches = patchAll();
    try {
      for (const [name, { value: original }] of before) {
        if (typeof original !== "function") continue;
        const at = place(name) as { object: Record<string, unknown>; key: string };
        // deno-lint-ignore ban-types
        const replacement = at.object[at.key] as Function;
        assertEquals(replacement.length, original.length, name);
        assertEquals(replacement.name, original.name, name);
        assertEquals(ownKeys(replacement), ownKeys(original), name);
      }
    } finally {
      patches[Symbol.dispose]();
    }
  });

  /** But for those that say what kind of function it is, which no call shows: `function`, method, arrow. */
  // deno-lint-ignore ban-types
  function ownKeys(f: Function): string[] {
    const kind = ["prototype", "arguments", "caller", "Symbol(tendril.layer)"];
    return Reflect.ownKeys(f).map(String).filter((key) => !kind.includes(key)).sort();
  }

  test("somebody else's patch on top stays, passes on after unpatch, and is not covered again", async () => {
    const server = await observe();
    const original = globalThis.fetch;
    const patches = patchAll();
    const ours = globalThis.fetch;
    let calls = 0;
    const theirs = ((...args: Parameters<typeof fetch>) => (calls++, ours(...args))) as typeof fetch;
    globalThis.fetch = theirs;
    try {
      patches[Symbol.dispose]();
      assertStrictEquals(globalThis.fetch, theirs);
      assertEquals(await (await run(() => fetch(server.url + "/ok"))).text(), "body of /ok");
      const again = patchAll();
      assertStrictEquals(globalThis.fetch, theirs);
      await run(function* () {
        const g = spawn(() => fetch(server.url + "/hang"));
        yield* g.join({ timeout: 20 });
        yield* g.kill();
      });
      assertEquals(calls, 2);
      again[Symbol.dispose]();
    } finally {
      globalThis.fetch = original;
      await server.close();
    }
    const last = patchAll();
    assert(globalThis.fetch !== original && globalThis.fetch !== theirs);
    last[Symbol.dispose]();
    assertStrictEquals(globalThis.fetch, original);
  });

  test("two copies of the library, in whichever order they go, leave the originals behind", async () => {
    const copy = await import(
      "../../src/monkey/mod.ts?copy" as string
    ) as typeof import("../../src/monkey/mod.ts");
    const original = globalThis.fetch;
    for (const order of ["first in, first out", "last in, first out"]) {
      const a = patchAll({ sync: "off" });
      const b = copy.patchAll({ sync: "off" });
      for (const one of order === "first in, first out" ? [a, b] : [b, a]) one[Symbol.dispose]();
      assertStrictEquals(globalThis.fetch, original, order);
      assert(!Object.hasOwn(Promise.prototype, Symbol.iterator), order);
    }
  });

  test("patches one part alone, and more of them later", () => {
    const original = globalThis.fetch;
    const one = patch("timers");
    assertStrictEquals(globalThis.fetch, original);
    const two = patch("fetch");
    assert(isPatched("globalThis", "fetch"));
    one[Symbol.dispose]();
    assert(isPatched("globalThis", "fetch"));
    two[Symbol.dispose]();
    assertStrictEquals(globalThis.fetch, original);
    const without = patchAll({ fetch: false });
    assertStrictEquals(globalThis.fetch, original);
    assert(without.missed.some((e) => e.name === "globalThis.fetch" && e.reason === "not asked for"));
    without[Symbol.dispose]();
  });

  test("run(main, { patch }) patches for the time of the run, with options", async () => {
    const original = globalThis.fetch;
    const was = await run(() => isPatched("globalThis", "fetch"), { patch: true });
    assert(was);
    assertStrictEquals(globalThis.fetch, original);
    const without = await run(() => isPatched("globalThis", "fetch"), { patch: { fetch: false } });
    assert(!without);
    await assertRejects(() => run(() => 1, { patch: { maxFetches: 0 } }), RangeError, "maxFetches");
    await assertRejects(
      () =>
        run(() => {
          throw new Error("mine");
        }, { patch: true }),
      Error,
      "mine",
    );
    assertStrictEquals(globalThis.fetch, original);
    assertThrows(() => run(7 as never, { patch: true }), TypeError, "run needs a function");
  });

  test("bad options say what there is, and patch nothing", () => {
    const original = globalThis.fetch;
    const bad: [object, string][] = [
      [{ fetsch: true }, 'patchAll has no option "fetsch": it has fetch, fs'],
      [{ fetch: "yes" }, 'patchAll\'s fetch must be true or false, not "yes"'],
      [{ sync: "loud" }, 'patchAll\'s sync must be "report", "throw" or "off", not "loud"'],
      [{ maxFetches: 1.5 }, "maxFetches must be a whole number from 1, or Infinity, not 1.5"],
      [{ maxOpenFiles: -1 }, "maxOpenFiles must be a whole number"],
    ];
    for (const [options, message] of bad) assertThrows(() => patchAll(options), Error, message);
    assertThrows(() => patch("fetsch" as Group), TypeError, 'there is no part "fetsch"');
    assertThrows(() => getOriginal("fs", "nope"), Error, 'there is no "nope" in "fs"');
    assertStrictEquals(globalThis.fetch, original);
  });

  test("S-88 coverage says what is patched and what is not, and why", async () => {
    assertEquals(coverage().patched, []);
    const patches = patchAll();
    await namedImportsKnown();
    const { entries, runtime } = patches;
    assert(["Deno", "Bun", "Node"].includes(runtime));
    for (const { name, patched, reason, imports } of entries) {
      if (imports !== undefined) assert(imports.reason !== "", name);
      assertEquals(patched, reason === undefined, name);
      const at = place(name);
      if (patched) assert(at !== undefined && at.key in at.object, name);
    }
    assert(String(patches).startsWith(`patched on ${runtime}\n`));
    assert(String(patches).includes("fetch: globalThis.fetch"));
    patches[Symbol.dispose]();
    assertEquals(coverage().patched, []);
  });

  test(
    "yield* takes a promise in a greenlet that runs, and nobody else sees that it could be iterated",
    patched(() =>
      run(function* () {
        const promise = Promise.resolve(5);
        const read = (p: unknown) => (p as { [Symbol.iterator]?: unknown })[Symbol.iterator];
        assertEquals(typeof read(promise), "function");
        const five: number = yield* promise;
        assertEquals(five, 5);
        const later = new Promise((resolve) => queueMicrotask(() => resolve(read(promise))));
        assertEquals(yield* later, undefined);
      })
    ),
  );
});
