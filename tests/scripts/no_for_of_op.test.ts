import plugin from "../../scripts/lint/no-for-of-op.ts";
import { assertEquals } from "../assert.ts";
import { describe, testOn } from "../harness.ts";

interface Linter {
  lint: { runPlugin(plugin: unknown, file: string, source: string): { id: string; message: string }[] };
}

function findings(source: string): string[] {
  const { lint } = (globalThis as unknown as { Deno: Linter }).Deno;
  return lint.runPlugin(plugin, "a.ts", source).map(({ id, message }) =>
    `${id}: ${message.split(" loses")[0]}`
  );
}

const lossy = "function* f() { try { yield 1; } finally { yield* sleep(1); } }\n";

describe("no-for-of-op", () => {
  const cases: [name: string, source: string, expected: string[]][] = [
    ["a loop in a greenlet", `${lossy}function* g() { for (const a of f()) yield* h(a); }`, [
      "for…of over f()",
    ]],
    ["a loop before the generator", `for (const a of f()) break;\n${lossy}`, ["for…of over f()"]],
    [
      "a function expression",
      `const f = function* () { try {} finally { yield; } }; for (const a of f()) {}`,
      [
        "for…of over f()",
      ],
    ],
    [
      "a method",
      "class A { *f() { try {} finally { if (a) { yield 1; } } } *g() { for (const a of this.f()) yield a; } }",
      [
        "for…of over this.f()",
      ],
    ],
    ["destructuring", `${lossy}const [a] = f();`, ["destructuring of f()"]],
    ["delegation to a lossy generator", `${lossy}function* g() { yield* f(); }\nfor (const a of g()) {}`, [
      "for…of over g()",
    ]],
    [
      "a nested finally",
      "function* f() { try {} finally { try { yield 1; } catch {} } }\nfor (const a of f()) {}",
      [
        "for…of over f()",
      ],
    ],
    [
      "nothing in a finally without yield",
      "function* f() { try { yield 1; } finally { a(); } }\nfor (const a of f()) {}",
      [],
    ],
    [
      "nothing in a yield of another function",
      "function* f() { try {} finally { a(function* () { yield 1; }); } }\nfor (const a of f()) {}",
      [],
    ],
    [
      "nothing in a yield before the finally",
      "function* f() { try { yield 1; } catch { yield 2; } }\nfor (const a of f()) {}",
      [],
    ],
    ["nothing in delegation", `${lossy}function* g() { yield* f(); }`, []],
    ["nothing in an unknown function", "for (const a of f()) {}", []],
    ["nothing in for await", `${lossy}async function g() { for await (const a of f()) {} }`, []],
  ];
  for (const [name, source, expected] of cases) {
    testOn(["deno"], `finds ${name}`, () => {
      assertEquals(findings(source), expected.map((text) => `tendril/no-for-of-op: ${text}`));
    });
  }
});
