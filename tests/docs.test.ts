// Runs the examples of README.md, of docs and of the doc comments; see scripts/lib/docs.ts for what makes one.

import { pathToFileURL } from "node:url";
import {
  allBlocks,
  type Block,
  blocksOfMarkdown,
  blocksOfSource,
  clearBlocks,
  expectedOutput,
  shows,
  writeBlock,
} from "../scripts/lib/docs.ts";
import { assert, assertArrayIncludes, assertEquals, assertRejects } from "./assert.ts";
import { describe, runtime, test } from "./harness.ts";

const folder = `.tmp/docs-${runtime}`;

async function runBlock(block: Block): Promise<void> {
  assert(
    shows(block.code),
    `${block.place}: this example shows nothing: assert, or say what it \`// prints\``,
  );
  const printed: string[] = [];
  const log = console.log;
  console.log = (...values: unknown[]) => void printed.push(values.map(String).join(" "));
  try {
    await import(pathToFileURL(writeBlock(block, folder)).href);
  } catch (error) {
    throw new Error(`${block.place}: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    console.log = log;
  }
  const lines = printed.flatMap((text) => text.split("\n"));
  assertArrayIncludes(lines, expectedOutput(block.code), `${block.place}: printed ${JSON.stringify(lines)}`);
}

clearBlocks(folder);
describe("docs", () => {
  for (const block of allBlocks().filter(({ run }) => run)) test(block.place, () => runBlock(block));

  const wrong: [name: string, code: string][] = [
    ["throws", 'import { assertEquals } from "@std/assert";\nassertEquals(1, 2);\n'],
    ["prints something else", "console.log(1); // prints 2\n"],
    ["shows nothing", "const a = 1;\n"],
    ["fails later", "await Promise.resolve();\nconsole.log(1); // prints 1\nthrow new Error();\n"],
  ];
  for (const [name, code] of wrong) {
    test(`an example that ${name} fails`, async () => {
      await assertRejects(
        () => runBlock({ place: `wrong/${name}:1`, code, run: true }),
        Error,
        `wrong/${name}:1`,
      );
    });
  }

  test("an example that prints what it says passes", () =>
    runBlock({ place: "right:1", code: "console.log('a', 1); // prints a 1\nconsole.log(2);\n", run: true }));

  test("finds the blocks of a page and their lines", () => {
    const page =
      "# A\n\n```ts\na();\n```\n\n```sh\nno\n```\n- b\n  ```ts no-run\n  b();\n  ```\n```ts continue\nc();\n```\n";
    assertEquals(blocksOfMarkdown("p.md", page), [
      { place: "p.md:4", code: "a();\n", run: true },
      { place: "p.md:12", code: "b();\n\nc();\n", run: false },
    ]);
    assertEquals(expectedOutput("f(); // prints: x y\n// prints z\n'// prints no'"), ["x y", "z"]);
  });

  test("finds the examples of doc comments", () => {
    const source =
      "a;\n/**\n * What.\n * ```ts\n * no();\n * ```\n * @example Name\n * ```ts\n * yes();\n * ```\n */\nb;\n";
    assertEquals(blocksOfSource("s.ts", source), [{ place: "s.ts:9", code: "yes();\n", run: true }]);
  });
});
