/** What the compiler says of a source that it does not take. */
import { compile, KernelCompileError } from "../../src/kernels/build/mod.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { describe, test } from "../harness.ts";

async function refused(source: string, file = "mine.ts"): Promise<KernelCompileError> {
  return await assertRejects(() => compile(source, { file }), KernelCompileError);
}

/** A body of a function, what is marked in it, and what is advised. */
const LACKING: Record<string, [body: string, marked: string, hint: RegExp]> = {
  "closures": ["let k = n;\nconst g = (x: i32): i32 => x + k;\nreturn g(1);", "k", /pass them as arguments/],
  "closures in map": ["return [1].map<i32>((x) => x + n)[0];", "n", /pass them as arguments/],
  "try and catch": ["try { n++; } catch (e) { n = 0; }\nreturn n;", "try {", /no try and catch/],
  "for of": ["for (const x of [1, 2]) n += x;\nreturn n;", "for (", /no for…of/],
  "array destructuring": ["const [a] = [n];\nreturn a;", "const", /name each element/],
  "object destructuring": ["const { a } = x;\nreturn a;", "const", /name each element/],
  "await": ["return await n;", "await", /no async and await/],
  "regular expressions": ['return /a+/.test("a") ? 1 : 0;', "/a+/", /indexOf/],
  "promises": ["Promise.resolve(n);\nreturn n;", "Promise", /nothing asynchronous/],
  "timers": ["setTimeout(() => {}, 3);\nreturn n;", "setTimeout", /nothing asynchronous/],
  "spread": ["return [...[1]][0];", "...", /pass the elements one by one/],
  "JSON": ['return JSON.parse("3");', "JSON", /typed arrays/],
  "object literals": ["const o = { a: 1 };\nreturn n;", "{ a: 1 }", /declare a class/],
  "any": ["const o: any = 1;\nreturn n;", "any", /type of WebAssembly/],
};

describe("kernels > build > errors", () => {
  for (const [what, [body, marked, hint]] of Object.entries(LACKING)) {
    test(`${what}: the place and what to do instead`, async () => {
      const { problems: [problem] } = await refused(`export function f(n: i32): i32 {\n${body}\n}`);
      const text = problem.source.slice(problem.column - 1, problem.column - 1 + problem.length);
      assert(text.startsWith(marked), `${problem.message} marks ${JSON.stringify(text)}`);
      assertMatch(problem.hint ?? "", hint);
    });
  }

  test("async functions, generators and RegExp by its name", async () => {
    const [asynchronous, generator, regExp] = [
      await refused("export async function f(): i32 { return 1; }"),
      await refused("export function* f(): i32 { yield 1; }"),
      await refused('export function f(): bool { return new RegExp("a").test("a"); }'),
    ];
    assertMatch(asynchronous.message, /no async and await/);
    assertMatch(generator.message, /no generators/);
    assertMatch(regExp.message, /there is no RegExp\n {2}hint: search with indexOf/);
  });

  test("several at once, with lines and carets", async () => {
    const error = await refused(
      "export function f(n: f64): i32 {\n  const x: i32 = n;\n\tlet y: string = 3;\n  return zz;\n}",
      "asm/mine.ts",
    );
    assertEquals(
      error.message,
      [
        "asm/mine.ts does not compile: 3 problems",
        "",
        "asm/mine.ts:2:18: Conversion from type 'f64' to 'i32' requires an explicit cast.",
        "  2 |   const x: i32 = n;",
        "    |                  ^",
        "  hint: say the conversion that you want, such as <i32>x or x as f64",
        "",
        "asm/mine.ts:3:18: Type 'i32' is not assignable to type 'string'.",
        "  3 | \tlet y: string = 3;",
        "    | \t                ^",
        "",
        "asm/mine.ts:4:10: Cannot find name 'zz'.",
        "  4 |   return zz;",
        "    |          ^^",
      ].join("\n"),
    );
    assertEquals(error.problems.map(({ file, line, column }) => [file, line, column]), [
      ["asm/mine.ts", 2, 18],
      ["asm/mine.ts", 3, 18],
      ["asm/mine.ts", 4, 10],
    ]);
  });

  test("types that JavaScript cannot pass, all at once", async () => {
    const { problems } = await refused(
      "class P {}\nexport function f(a: Array<f32>, b: Float32Array, c: P, d: In<bool>, e: string | null, g: v128): P " +
        "{ return c; }\nexport function ok(a: In<f32>): void {}",
    );
    assertEquals(problems.map(({ message }) => /type (.*), which/.exec(message)?.[1]), [
      "Array<f32>",
      "Float32Array",
      "P",
      "StaticArray<bool>",
      "string | null",
      "v128",
      "P",
    ]);
    assertEquals(problems[3].source.slice(problems[3].column - 1).slice(0, problems[3].length), "In<bool>");
  });

  test("what is exported and cannot be called", async () => {
    const { problems } = await refused(
      "export class A {}\nexport const q: i32 = 3;\nexport function g<T>(n: T): T { return n; }\n" +
        "export function o(n: i32 = 3): i32 { return n; }",
    );
    assertEquals(problems.map(({ line, message }) => `${line} ${message}`), [
      "1 'A' is exported and is no function",
      "2 'q' is exported and is no function",
      "3 'g' is exported and has type parameters",
      "4 parameter 'n' of the exported function 'o' is optional",
    ]);
    assertMatch((await refused("function f(): void {}")).message, /no function is exported/);
  });

  test("what a host does not give", async () => {
    const { message } = await refused(
      '@external("env", "x") declare function x(s: string): void;\n@external("env", "c") declare const c: i32;\n' +
        'export function f(): i32 { x("a"); process.exit(1); trace("a"); return c; }',
    );
    for (
      const part of [
        "the imported function 'env.x' takes or gives more than numbers",
        "a kernel has no process.exit",
        "a kernel has no trace",
        "the constant 'env.c' is declared as one of the host's",
      ]
    ) assert(message.includes(part), message);
  });

  test("an error in an imported file, and a file that is not there", async () => {
    const read = (path: string): string | undefined =>
      path === "asm/other.ts" ? "export function bad(): i32 {\n  return true + nothing;\n}" : undefined;
    const source = 'import { bad } from "./other";\nexport function f(): i32 { return bad(); }';
    const error = await assertRejects(
      () => compile(source, { file: "asm/mine.ts", read }),
      KernelCompileError,
    );
    assertEquals([error.problems[0].file, error.problems[0].line], ["asm/other.ts", 2]);
    const missing = await assertRejects(() => compile(source, { file: "asm/mine.ts" }), KernelCompileError);
    assertMatch(missing.message, /asm\/mine\.ts:1:21: File 'asm\/other\.ts' not found\./);
  });

  test("an error inside of the compiler is an error of the source, not the end of the process", async () => {
    const endless = await refused(
      "function g<T>(x: i32): i32 { return x ? g<StaticArray<T>>(x - 1) : 0; }\n" +
        "export function f(): i32 { return g<i32>(3); }",
    );
    assertMatch(
      endless.message,
      /AssemblyScript's compiler failed: RangeError: .*\n {2}hint: this is an error in the compiler/,
    );
    const nested = await refused(
      `export function f(): i32 { return ${"(".repeat(50_000)}1${")".repeat(50_000)}; }`,
    );
    assertMatch(nested.message, /AssemblyScript's compiler failed: RangeError/);
    const { problems } = await refused("class A extends A {}\nexport function f(): void { new A(); }");
    assertEquals(problems.map(({ message }) => message), [
      "'A' is referenced directly or indirectly in its own base expression.",
    ]);
  });

  test("after a source that does not compile comes one that does", async () => {
    await refused("export function f(: i32 {");
    const { manifest } = await compile("export function f(): void {}");
    assertEquals(manifest.functions.map(({ name }) => name), ["f"]);
  });

  test("a global that holds memory is warned of; numbers, text and tables that stay are not", async () => {
    const { warnings } = await compile(`
const list: i32[] = [1, 2];
const table = StaticArray.fromArray<i32>([1, 2, 3]);
const name = "x";
let text = "y";
let n = 0;
const map = new Map<i32, i32>();
export function f(): i32 {
  list.push(1);
  text = text + name;
  map.set(n++, 1);
  return table[0] + list.length;
}
`);
    assertEquals(warnings.map(({ line, column }) => [line, column]), [[2, 7], [5, 5], [7, 7]]);
    assertMatch(warnings[2].message, /the global 'map' holds memory \(Map<i32,\s?i32>\)/);
    assertMatch(warnings[0].hint ?? "", /fill it where it is declared/);
  });
});
