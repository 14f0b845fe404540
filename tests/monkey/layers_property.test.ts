/**
 * Rules S-85 and S-86 for random sequences: two copies of the library and other people's patches come and go in any order. A
 * call passes each that is on exactly once, and when all have gone the property is what it was.
 *
 * A failure prints the seed and the path; `fc.assert(…, { seed, path })` plays it again.
 */
import fc from "fast-check";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { run, spawn, until } from "../../src/mod.ts";
import { type Callable, Patch } from "../../src/monkey/layer.ts";
import { bound } from "../../src/monkey/binding.ts";
import { patchAll, unpatch } from "../../src/monkey/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";

/** A second one: this file imports nothing. */
const second = await import("../../src/monkey/layer.ts?second" as string) as {
  Patch: typeof Patch;
};

type Holder = Record<"f", () => string[]>;

/** One of our copies, with one property. Like ours it passes on where it is off. */
class Copy {
  isOn = false;
  private readonly patch: Patch;

  constructor(name: string, of: typeof Patch, holder: object) {
    const wrap = (original: Callable) => (...args: unknown[]) => {
      const below = Reflect.apply(original, undefined, args) as string[];
      return this.isOn ? [name, ...below] : below;
    };
    this.patch = new of(holder, "f", wrap);
  }

  patchIt(): void {
    if (this.isOn) return;
    assertEquals(this.patch.install(), "patched");
    this.isOn = true;
  }

  removeIt(): void {
    this.patch.remove();
    this.isOn = false;
  }
}

/** Somebody else, who puts back what he found if nobody has covered him, and passes on otherwise. */
class Stranger {
  isOn = true;
  private readonly found: PropertyDescriptor;
  private readonly mine: () => string[];

  constructor(name: string, holder: Holder) {
    this.found = Object.getOwnPropertyDescriptor(holder, "f") as PropertyDescriptor;
    const below = holder.f;
    this.mine = () => this.isOn ? [name, ...below()] : below();
    const { enumerable, configurable } = this.found;
    Object.defineProperty(holder, "f", { value: this.mine, writable: true, enumerable, configurable });
  }

  removeFrom(holder: Holder): void {
    this.isOn = false;
    if (holder.f === this.mine) Object.defineProperty(holder, "f", this.found);
  }
}

const step = fc.oneof(
  fc.constantFrom("patch A", "patch B", "remove A", "remove B", "stranger", "call"),
  fc.record({ leaves: fc.nat(5) }),
);

type Steps = (string | { leaves: number })[];

/** Those that chance finds late. */
const examples: [Steps][] = [
  // B takes out what A has left there, and so A must not think that it is still below.
  [["patch A", "stranger", "remove A", { leaves: 0 }, "patch B", "stranger", "patch A", "call", {
    leaves: 1,
  }]],
  // A asks for what it covers while B is off, and B comes on again.
  [["patch B", "patch A", "remove B", "call", "patch B", "call"]],
];

/** A property as hosts have them. */
const shapes: Record<string, (f: () => string[]) => PropertyDescriptor> = {
  "a function": (value) => ({ value, writable: true, enumerable: true, configurable: true }),
  "a function that cannot be configured": (value) => ({
    value,
    writable: true,
    enumerable: false,
    configurable: false,
  }),
  "a getter that loads it": (f) => ({ get: () => f, set: undefined, enumerable: false, configurable: true }),
};

function check(shape: PropertyDescriptor, steps: Steps): void {
  const holder = Object.defineProperty({}, "f", shape) as Holder;
  const copies = { A: new Copy("A", Patch, holder), B: new Copy("B", second.Patch, holder) };
  const strangers: Stranger[] = [];
  const names = new Map<Stranger, string>();
  for (const what of steps) {
    if (typeof what === "object") strangers[what.leaves]?.removeFrom(holder);
    else if (what === "stranger") {
      const name = `S${strangers.length}`;
      const stranger = new Stranger(name, holder);
      strangers.push(stranger);
      names.set(stranger, name);
    } else if (what !== "call") {
      const copy = copies[what.at(-1) as "A" | "B"];
      if (what.startsWith("patch")) copy.patchIt();
      else copy.removeIt();
    }
    if (what === "call" || typeof what === "object") {
      const on = [
        ...Object.entries(copies).filter(([, c]) => c.isOn).map(([name]) => name),
        ...strangers.filter((s) => s.isOn).map((s) => names.get(s) as string),
      ];
      assertEquals(holder.f().sort(), ["original", ...on].sort());
    }
  }
  // All go. Whoever was covered can only go when what covers him has gone: so they are asked again.
  for (let round = 0; round < strangers.length + 3; round++) {
    for (const stranger of strangers) stranger.removeFrom(holder);
    copies.A.removeIt();
    copies.B.removeIt();
  }
  assertEquals(holder.f(), ["original"]);
  const there = Object.getOwnPropertyDescriptor(holder, "f") as PropertyDescriptor;
  assertStrictEquals(there.value, shape.value);
  assertStrictEquals(there.get, shape.get);
  assertEquals(there, shape);
}

/** Another copy of the whole library. */
async function copyOfAll(): Promise<{ all: typeof import("../../src/monkey/mod.ts"); remove(): void }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "copy-"));
  fs.cpSync(new URL("../../src", import.meta.url), folder, { recursive: true });
  const all = await import(pathToFileURL(path.join(folder, "monkey", "mod.ts")).href);
  return { all, remove: () => fs.rmSync(folder, { recursive: true }) };
}

describe("layers", () => {
  for (const [name, shapeOf] of Object.entries(shapes)) {
    test(`S-85 ${name}: any order of patches leaves what was there`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 24 }), (steps) => {
          check(shapeOf(() => ["original"]), steps);
        }),
        { numRuns: 500, examples },
      );
    });
  }

  test(
    "S-85 two whole copies: in whatever order they go, all is as it was, and each binds while it is on",
    async () => {
      const { all: other, remove } = await copyOfAll();
      assert(other.patchAll !== patchAll);
      const names = patchAll({ sync: "off" });
      const places = names.entries.filter((e) => e.patched).map((e) => e.name);
      names[Symbol.dispose]();
      const state = () => [
        ...places.map((at) => [at, descriptorOf(at)] as const),
        ["iterator", Object.getOwnPropertyDescriptor(Promise.prototype, Symbol.iterator)] as const,
      ];
      const before = state();
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom(..."ABab"), { minLength: 1, maxLength: 8 }),
          async (steps) => {
            const held: { [letter: string]: Disposable[] } = { a: [], b: [] };
            for (const letter of steps) {
              if (letter === "A") held.a.push(patchAll({ sync: "off" }));
              else if (letter === "B") held.b.push(other.patchAll({ sync: "off" }));
              else held[letter].pop()?.[Symbol.dispose]();
            }
            if (held.a.length > 0) await run(bindsHere);
            for (const one of [...held.a, ...held.b]) one[Symbol.dispose]();
            for (const [i, [at, there]] of state().entries()) assertEquals(there, before[i][1], at);
          },
        ),
        { numRuns: 25 },
      );
      remove();
    },
    { timeout: 60_000 },
  );

  test("what a stranger puts back after the patch has gone goes with the next unpatch", () => {
    const original = globalThis.fetch;
    const patches = patchAll({ sync: "off" });
    const ours = globalThis.fetch;
    globalThis.fetch = ((...args: Parameters<typeof fetch>) => ours(...args)) as typeof fetch;
    patches[Symbol.dispose]();
    globalThis.fetch = ours;
    unpatch();
    assertStrictEquals(globalThis.fetch, original);
  });
});

function* bindsHere(): Generator<unknown, void, unknown> {
  const stub = globalThis.fetch;
  assert(stub.name === "fetch");
  const g = spawn({ name: "g" }, async () => {
    await null;
    return bound()?.task.name;
  });
  assertEquals(yield* until(Promise.resolve(1)), 1);
  assertEquals(yield* g, "g");
}

function descriptorOf(name: string): PropertyDescriptor | undefined {
  const at = name.split(".");
  const key = at.pop() as string;
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: string): unknown } };
  let object: unknown = (globalThis as Record<string, unknown>)[at[0]] ??
    process.getBuiltinModule(`node:${at[0]}`);
  if (at[0] === "globalThis") object = globalThis;
  for (const part of at.slice(1)) object = (object as Record<string, unknown> | undefined)?.[part];
  return object === undefined || object === null ? undefined : Object.getOwnPropertyDescriptor(object, key);
}
