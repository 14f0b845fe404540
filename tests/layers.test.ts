import { list, readText } from "../scripts/lib/repo.ts";
import { type Sources, violations } from "../scripts/lib/layers.ts";
import { assertEquals, assertMatch } from "./assert.ts";
import { describe, test } from "./harness.ts";

describe("layers", () => {
  test("the sources keep to the table", () => {
    const sources: Sources = Object.fromEntries(list("src/**/*.ts").map((path) => [path, readText(path)]));
    assertEquals(violations(sources), []);
  });

  const good: Sources = {
    "src/core/list.ts": 'import { E } from "./errors.ts";\nexport class List {}\n',
    "src/core/errors.ts": "/** Not on Deno, process.exit, export * */\nexport class E {}\n",
    "src/core/park.ts": 'import { List } from "./list.ts";\nconst a = `Deno ${"Bun"} `;\n',
    "src/core/mod.ts": 'export { List } from "./list.ts";\n',
    "src/sync/lock.ts": 'import type { List } from "../core/mod.ts";\nconst p = x.process.y;\n',
    "src/host/deno.ts": 'import fs from "node:fs";\nDeno.exit(process.pid);\n',
    "src/mod.ts": 'export { List } from "./core/mod.ts";\n',
  };

  test("finds nothing in a sound table", () => assertEquals(violations(good), []));

  const bad: [name: string, change: Sources, expected: RegExp][] = [
    ["an upward import", {
      "src/core/park.ts": 'import { L } from "../sync/mod.ts";\n',
      "src/sync/mod.ts": "export class L {}\n",
    }, /^src\/core\/park.ts:1: imports upward: core from sync/],
    ["a leaf that imports the rest of core", {
      "src/core/list.ts": '\nimport type { P } from "./park.ts";\n',
      "src/core/park.ts": "export class P {}\n",
    }, /^src\/core\/list.ts:2: imports upward: core leaves from core/],
    ["an upward dynamic import", {
      "src/core/park.ts": 'const later = import("../mod.ts");\n',
      "src/mod.ts": "export const a = 1;\n",
    }, /imports upward/],
    ["an import around a door", {
      "src/sync/lock.ts": 'import { List } from "../core/list.ts";\n',
    }, /^src\/sync\/lock.ts:1: goes around the door/],
    [
      "a re-export around a door",
      { "src/mod.ts": 'export { List } from "./core/list.ts";\n' },
      /around the door/,
    ],
    ["a ring of values", {
      "src/sync/a.ts": 'import { b } from "./b.ts";\n',
      "src/sync/b.ts": 'import { a } from "./a.ts";\n',
    }, /^import ring: src\/sync\/a.ts -> src\/sync\/b.ts -> src\/sync\/a.ts$/],
    ["a ring of types", {
      "src/sync/a.ts": 'import type { B } from "./b.ts";\n',
      "src/sync/b.ts": 'type A = import("./a.ts").A;\n',
    }, /^import ring/],
    ["a runtime's name", { "src/sync/lock.ts": "const a = globalThis.Deno;\n" }, /names a host \(Deno\)/],
    [
      "a runtime's name in a template",
      { "src/sync/lock.ts": "const a = `on ${Bun.version}`;\n" },
      /host \(Bun\)/,
    ],
    ["the process object", { "src/sync/lock.ts": "\n\nprocess.exit(1);\n" }, /lock.ts:3: names a host/],
    [
      "a module of the host",
      { "src/sync/lock.ts": 'import fs from "node:fs";\n' },
      /names a host \(node:fs\)/,
    ],
    ["a promise in core", { "src/core/park.ts": "const p = Promise.resolve();\n" }, /Promise in src\/core/],
    ["export *", { "src/mod.ts": '\nexport * from "./core/mod.ts";\n' }, /^src\/mod.ts:2: export \*/],
    ["a long file", { "src/sync/lock.ts": "// Why\n" + "a();\n".repeat(300) }, /301 lines, more than 300/],
    ["a folder without a layer", { "src/extra/a.ts": "a();\n" }, /^src\/extra\/a.ts: no layer/],
    [
      "a file that is not there",
      { "src/mod.ts": 'import "./gone.ts";\n' },
      /imports src\/gone.ts, which is not/,
    ],
  ];
  for (const [name, change, expected] of bad) {
    test(`finds ${name}`, () => {
      const found = violations({ ...good, ...change });
      assertEquals(found.length, 1, found.join("\n"));
      assertMatch(found[0], expected);
    });
  }

  test("a long file may say why", () => {
    const text = "// The loop.\n// Length: one state machine, and its states are useless apart.\n" +
      "a();\n".repeat(300);
    assertEquals(violations({ ...good, "src/sync/lock.ts": text }), []);
  });
});
