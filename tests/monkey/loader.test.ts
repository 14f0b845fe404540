/** Rule S-88: what named imports reach, and that nothing else is claimed. */
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { describe, runtime, test, testOn } from "../harness.ts";
import { inWorld, MODULES } from "./loader_world.ts";

type Imports = "live" | "later" | "none";
interface Report {
  readonly claims: Readonly<Record<string, Imports>>;
  readonly firstWord: Imports;
  /** By who has imported: those that were reached, or that are the originals again. */
  readonly found: Readonly<Record<string, string[]>>;
}

/** A program's start may take seconds on a busy machine. */
const slow = { timeout: 60_000 };

async function reports(program: string, entry?: string): Promise<Report[]> {
  const ended = await inWorld((world) => world.start(program, entry));
  assertEquals(ended.code, 0, ended.stdout + ended.stderr);
  return ended.lines as unknown as Report[];
}

/** Those of which more than "none" is claimed. */
const claimed = ({ claims }: Report) => MODULES.filter((name) => claims[name] !== "none");
const without = (names: string[]) => MODULES.filter((name) => !names.includes(name));

describe("loader", () => {
  test("S-88: started before the program, it reaches all named imports, and CommonJS", async () => {
    const [on, off] = await reports("loaded.mjs", "./change.mjs");
    const expected = runtime === "deno" ? "later" : "live";
    assertEquals(on.claims, Object.fromEntries(MODULES.map((name) => [name, expected])));
    assertEquals(
      on.firstWord,
      { deno: "none", bun: "none", node: "live" }[runtime],
      "before it was looked up",
    );
    assertEquals(on.found.cjs, MODULES);
    for (const who of ["program", "esm"]) {
      assertEquals(
        claimed(on).filter((name) => !on.found[who].includes(name)),
        [],
        `${who}: claimed but not reached`,
      );
    }
    // The last test says why.
    const stale = runtime === "deno" ? ["worker_threads"] : [];
    assertEquals(without(claimed(off)), stale);
    for (const who of ["program", "late"]) {
      assertEquals(off.found[who], without(stale), `${who}: the originals again`);
    }
    assertEquals(off.found.esm, MODULES, "an ESM package that asks without node:");
  }, slow);

  test(
    "S-88: without a loader, imports made before the change are reached as far as is claimed",
    async () => {
      const [on, off] = await reports("before.mjs");
      for (const who of ["lateProgram", "lateEsm"]) {
        assertEquals(
          claimed(on).filter((name) => !on.found[who].includes(name)),
          [],
          `${who}: claimed but not reached`,
        );
      }
      const notClaimed = without(claimed(on));
      // An ESM package asks for "worker_threads" without `node:`, which Deno does redirect: more than is claimed.
      assertEquals(
        on.found.lateProgram.filter((name) => notClaimed.includes(name)),
        [],
        "reached but not claimed",
      );
      for (const who of ["program", "esm"]) {
        const live = MODULES.filter((name) => on.claims[name] === "live");
        assertEquals(on.found[who], live, `${who}: imported before`);
        assertEquals(off.found[who], MODULES, `${who}: not the original again`);
      }
      for (const who of ["lateProgram", "lateEsm"]) {
        assertEquals(
          off.found[who],
          MODULES,
          `${who}: not the original again`,
        );
      }
      assertEquals(on.found.lateCjs, MODULES);
      assertEquals(on.found.cjs, [], "a variable of CommonJS code that was executed before");
    },
    slow,
  );

  test("S-88: the change as the first import of the program", async () => {
    const [on] = await reports("first.mjs");
    if (runtime !== "deno") return assertEquals(on.found.program, MODULES);
    // Deno resolves a program's static imports before any of it runs.
    const missed = ["fs/promises", "net", "tls", "dns", "dns/promises", "dgram"];
    assertEquals(on.found.program.filter((name) => missed.includes(name)), []);
  }, slow);

  test("nothing else is different: objects, namespaces, JSON, errors of resolution", async () => {
    const ended = await inWorld((world) => world.start("same.mjs"));
    assertEquals(ended.code, 0, ended.stderr);
    assertEquals(ended.lines as unknown, [{ different: [] }]);
  }, slow);

  testOn(["deno", "bun"], "S-88: where the undocumented way is gone, nothing is claimed", async () => {
    const gone = `
      const test = process.getBuiltinModule("bun:test"), module = process.getBuiltinModule("module");
      if (test === undefined) module.registerHooks = undefined;
      else test.mock.module = undefined;
      await import("./before.mjs");
    `;
    const { lines, code, stderr } = await inWorld((world) => world.start("gone.mjs"), { "gone.mjs": gone });
    assertEquals(code, 0, stderr);
    const [on] = lines as unknown as Report[];
    assertEquals(claimed(on), []);
    assertEquals([on.found.program, on.found.esm], [[], []]);
  }, slow);

  testOn(
    ["deno"],
    "Deno: modules that take no redirection keep their first exports, and reach says so",
    async () => {
      const shim = (first: string) =>
        `${first}
      import { reach, syncNamedImports, builtin, namedImportsKnown } from ${
          JSON.stringify(new URL("../../src/host/modules.ts", import.meta.url).href)
        };
      const util = builtin("util"), inspect = util.inspect;
      const changed = new Map([["util", new Set(["inspect"])]]);
      util.inspect = () => "changed";
      syncNamedImports(changed);
      const before = reach("util").imports;
      await namedImportsKnown();
      const on = reach("util");
      const seen = (await import("./util_user.mjs")).inspect === util.inspect;
      util.inspect = inspect;
      syncNamedImports(changed);
      console.log(JSON.stringify({ before, on: on.imports, reason: on.reason, seen, off: reach("util").imports }));
    `;
      const files = {
        "util_user.mjs": 'export { inspect } from "node:util";',
        "untouched.mjs": shim(""),
        "touched.mjs": shim('import "node:util";'),
      };
      const [fresh, old] = await inWorld(
        (world) => Promise.all([world.start("untouched.mjs"), world.start("touched.mjs")]),
        files,
      );
      assertEquals([fresh.code, old.code], [0, 0], fresh.stderr + old.stderr);
      const [untouched] = fresh.lines as unknown as Record<string, unknown>[];
      assertEquals([untouched.before, untouched.on, untouched.seen], ["none", "later", true]);
      assertEquals(untouched.off, "none", "the replacement stays in named imports");
      const [touched] = old.lines as unknown as Record<string, unknown>[];
      assertEquals([touched.on, touched.seen], ["none", false]);
      assertStringIncludes(String(touched.reason), "inspect");
    },
    slow,
  );
});
