/** The command `tendril build`, on the runtime that this is, and the kernels that are checked in. */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { staleOutputs } from "../../scripts/build_asm.ts";
import { manifestOf } from "../../src/kernels/manifest.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { execute, inWorld, type Seen } from "../monkey/loader_world.ts";
import { Host } from "./build_kit.ts";

/** A program's start may take seconds on a busy machine. */
const slow = { timeout: 60_000 };
const source = fileURLToPath(new URL("../../src", import.meta.url));
const command = join(source, "cli.ts");

const files = {
  "asm/mix-two.ts": 'import { HALF } from "./more/numbers";\n\n/** Between two numbers. */\n' +
    "export function mix(a: f64, b: f64): f64 { return (a + b) * HALF; }\n",
  "asm/more/numbers.ts": "export const HALF: f64 = 0.5;\n",
  "asm/wrong.ts": 'import { bad } from "./more/bad";\n' +
    "export function f(n: i32): i32 {\n  for (const x of [n]) n += x;\n  return bad(n);\n}\n",
  "asm/more/bad.ts": "export function bad(n: i32): i32 { return nothing; }\n",
  "asm/1.ts": "export function f(): void {}\n",
  "asm/kernel.js": "export function f() {}\n",
};

type Work = (build: (...args: string[]) => Promise<Seen>, folder: string) => Promise<void>;

const building = (work: Work): Promise<void> =>
  inWorld(
    (world) => work((...args) => execute([command, "build", ...args], world.folder), world.folder),
    files,
  );

describe("tendril build", () => {
  test(
    "writes a .wasm and a typed module beside the source, and says their sizes",
    () =>
      building(async (build, folder) => {
        const ended = await build("asm/mix-two.ts");
        assertEquals([ended.code, ended.stderr], [0, ""]);
        assertMatch(
          ended.stdout,
          /^asm\/mix-two\.wasm {2}\d+ bytes\nasm\/mix-two\.kernel\.ts {2}(\d+ bytes|[\d.]+ KiB)\n$/,
        );
        const bytes = new Uint8Array(readFileSync(join(folder, "asm/mix-two.wasm")));
        assertEquals(manifestOf(bytes).functions[0].doc, "Between two numbers.");
        assertEquals(new Host(bytes).call("mix", 1, 2), 1.5);
        const module = readFileSync(join(folder, "asm/mix-two.kernel.ts"), "utf8");
        assertStringIncludes(module, "export const mixTwo: Kernel<MixTwo> =");
        assertStringIncludes(module, `"${bytes.toBase64?.() ?? btoa(String.fromCharCode(...bytes))}"`);
      }),
    slow,
  );

  test(
    "options stand before the file or after it; the bytes do not depend on where they are written from",
    () =>
      building(async (build, folder) => {
        const [plain, renamed] = [
          await build("asm/mix-two.ts"),
          await build(join(folder, "asm/mix-two.ts"), "-o", "out/deep", "--name=other"),
        ];
        assertEquals([plain.code, renamed.code], [0, 0], plain.stderr + renamed.stderr);
        assertStringIncludes(
          readFileSync(join(folder, "out/deep/mix-two.kernel.ts"), "utf8"),
          "export const other: Kernel<Other> =",
        );
        assertEquals(
          readFileSync(join(folder, "out/deep/mix-two.wasm")),
          readFileSync(join(folder, "asm/mix-two.wasm")),
        );
      }),
    slow,
  );

  test(
    "errors of the source are shown with their lines, and nothing is written",
    () =>
      building(async (build, folder) => {
        const ended = await build("asm/wrong.ts");
        assertEquals([ended.code, ended.stdout], [1, ""]);
        assertEquals(
          ended.stderr,
          [
            "tendril build: asm/wrong.ts does not compile: 2 problems",
            "",
            "asm/wrong.ts:3:3: Not implemented: Iterators",
            "  3 |   for (const x of [n]) n += x;",
            "    |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
            "  hint: there is no for…of: count, for (let i = 0; i < list.length; i++)",
            "",
            "asm/more/bad.ts:1:43: Cannot find name 'nothing'.",
            "  1 | export function bad(n: i32): i32 { return nothing; }",
            "    |                                           ^^^^^^^",
            "",
          ].join("\n"),
        );
        assert(!existsSync(join(folder, "asm/wrong.wasm")));
      }),
    slow,
  );

  test("files that are not there or have no name for a constant", () =>
    building(async (build) => {
      const ended = await Promise.all(
        [["asm/none.ts"], ["asm"], ["asm/kernel.js"], ["asm/1.ts"], ["asm/1.ts", "--name", "class"]].map((
          args,
        ) => build(...args)),
      );
      assertEquals(ended.map(({ code, stdout }) => [code, stdout]), Array(5).fill([1, ""]));
      assertEquals(ended.map(({ stderr }) => stderr), [
        "tendril build: there is no file asm/none.ts\n",
        "tendril build: there is no file asm\n",
        "tendril build: asm/kernel.js is no file of AssemblyScript: its name ends in .ts\n",
        'tendril build: "1" is no name for a variable: choose one with --name\n',
        'tendril build: "class" is no name for a variable: choose one with --name\n',
      ]);
    }), slow);

  test("wrong usage is reported with the usage", () =>
    building(async (build) => {
      const [nothing, unknown, valueless, two, help] = await Promise.all([
        build(),
        build("--watch", "asm/mix-two.ts"),
        build("asm/mix-two.ts", "--out"),
        build("asm/mix-two.ts", "asm/wrong.ts", "--name", "x"),
        build("--help"),
      ]);
      assertEquals([nothing, unknown, valueless, two].map(({ code }) => code), [2, 2, 2, 2]);
      assertMatch(
        nothing.stderr,
        /^tendril build: say which file to compile\nUsage:\n {2}tendril build \[options\]/,
      );
      assertMatch(unknown.stderr, /--watch/);
      assertMatch(valueless.stderr, /--out/);
      assertMatch(two.stderr, /--name is for one file/);
      assertEquals(help.code, 0);
      assertMatch(help.stdout, /\n {6}-o, --out <folder> where to write to/);
    }), slow);

  test("without the package assemblyscript it says what to install", () =>
    inWorld(async ({ folder }) => {
      cpSync(source, join(folder, "src"), { recursive: true });
      writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
      const ended = await execute([join(folder, "src/cli.ts"), "build", "asm/mix-two.ts"], folder);
      assertEquals([ended.code, ended.stdout], [1, ""], ended.stderr);
      assertEquals(
        ended.stderr,
        "tendril build: compiling a kernel needs the package assemblyscript, which is not there: " +
          "npm install --save-dev assemblyscript\n",
      );
    }, files), slow);
});

describe("kernels > build", () => {
  test("what is checked in is what the sources in asm give (npm run build:asm)", async () => {
    assertEquals(await staleOutputs(), []);
  }, slow);
});
