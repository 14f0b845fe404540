import { codeOnly, exportsOf, importsOf, tokenize } from "../../scripts/lib/source.ts";
import { list, readText } from "../../scripts/lib/repo.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";

const squeeze = (text: string): string => codeOnly(text).replace(/\s+/g, " ").trim();

describe("source", () => {
  test("blanks comments, strings, templates and regular expressions", () => {
    assertEquals(squeeze('a(); // Deno\n/* Bun */ b(\'Deno\', "Bun\\"");'), "a(); b( , );");
    assertEquals(squeeze("const r = /[/\"'`]\\/Deno/g; x = a / b / c;"), "const r = ; x = a / b / c;");
    assertEquals(squeeze("f(`Deno ${ a({ b: `Bun ${c}` }) } Bun`); d()"), "f( a({ b: c }) ); d()");
    assertEquals(
      squeeze("return /Deno/.test(x) ? (a) / 2 : b[0] / 3"),
      "return .test(x) ? (a) / 2 : b[0] / 3",
    );
  });

  test("keeps every character and every line", () => {
    for (const path of list("scripts/**/*.ts", "tests/*.ts", "src/**/*.ts")) {
      const text = readText(path);
      assertEquals(tokenize(text).map((token) => token.text).join(""), text);
      assertEquals(codeOnly(text).split("\n").length, text.split("\n").length);
      assertEquals(codeOnly(text).includes("`"), false, path);
    }
  });

  test("finds imports of every form", () => {
    const text = [
      'import a, { b } from "./a.ts";',
      "import type { C } from './c.ts';",
      'import "./d.ts"; // import "./no.ts"',
      'export { e } from /* here */ "./e.ts";',
      'type F = import("./f.ts").F; const g = await import(',
      '  "./g.ts",',
      ");",
      'const text = \'import "./no.ts"\'; x.from("./no.ts"); Array.from("abc");',
    ].join("\n");
    assertEquals(importsOf(text).map(({ specifier, line }) => `${specifier}:${line}`), [
      "./a.ts:1",
      "./c.ts:2",
      "./d.ts:3",
      "./e.ts:4",
      "./f.ts:5",
      "./g.ts:6",
    ]);
  });

  test("finds exports of every form", () => {
    const text = [
      "export class A {} export abstract class B {}",
      "export function* gen() {} export async function later() {} export const c = 1;",
      "export interface I {} export type T = 1; export type { U, V as W } from './u.ts';",
      "export { x, y as z, type P, type Q as R } from './x.ts';",
      "// export class No {}",
      "export * from './all.ts';",
    ].join("\n");
    assertEquals(exportsOf(text), {
      values: ["A", "B", "c", "gen", "later", "x", "z"],
      types: ["I", "P", "R", "T", "U", "W"],
      stars: [6],
    });
  });
});
