// docs/testing.md teaches with test files, and says what they print. Here they are run as a reader would run them: by this
// runtime's own test command, first as they stand, then with the replay, then mended.
//
// In the page, a file is a block that begins with its name in a comment; the block of text behind it is the report; the
// blocks of differences behind that are what the reader changes. When reports look different from now on,
// `TENDRIL_WRITE_DOCS=1 npm test -- tutorial --runtime node` writes them into the page.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { readText, root } from "../../scripts/lib/repo.ts";
import { assert, assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";

const page = join(root, "docs/testing.md");
const folder = join(root, `.tmp/tutorial-${runtime}`);
/** Stands in the page for wherever the reader keeps his files. */
const HOME = "/home/ann/shop";

interface Lesson {
  readonly file: string;
  readonly code: string;
  readonly report: string;
  readonly changes: readonly string[];
}

/** The files of a page, each with what belongs to it up to the next. */
function lessonsOf(text: string): Lesson[] {
  const fence = /^```(\w+)[^\n]*\n([^]*?)^```$/gm;
  const lessons: { file: string; code: string; report: string; changes: string[] }[] = [];
  for (const [, kind, body] of text.matchAll(fence)) {
    const file = kind === "ts" ? /^\/\/ (\w+\.test\.ts)\n/.exec(body)?.[1] : undefined;
    const last = lessons.at(-1);
    if (file !== undefined) lessons.push({ file, code: body, report: "", changes: [] });
    else if (kind === "text" && last?.report === "") last.report = body;
    else if (kind === "diff") last?.changes.push(body);
  }
  return lessons;
}

/** A change as `diff` shows it, without places: each run of lines between blank ones is found by its text. */
function change(code: string, difference: string): string {
  let text = code;
  for (const part of difference.split(/^ ?\.\.\.\n/m)) {
    const side = (mark: string) =>
      part.split("\n").slice(0, -1).filter((line) => line[0] !== mark).map((line) => `${line.slice(1)}\n`)
        .join("");
    const before = side("+");
    assertEquals(text.split(before).length, 2, `these lines stand in the file once:\n${before}`);
    text = text.replace(before, () => side("-"));
  }
  return text;
}

function runTest(
  file: string,
  code: string,
  env: Record<string, string> = {},
): { output: string; code: number | null } {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), code);
  const command = {
    deno: ["test", "-A", "--no-check", file],
    bun: ["test", `./${file}`],
    node: ["--conditions=tendril-source", "--test", file],
  }[runtime];
  const { NODE_TEST_CONTEXT: _, TENDRIL_REPLAY: __, ...outer } = process.env;
  const quiet = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", TENDRIL_TEST_LOG: "" };
  const ended = spawnSync(process.execPath, command, {
    cwd: folder,
    env: { ...outer, ...quiet, ...env },
    timeout: 60_000,
  });
  return { output: `${ended.stdout}${ended.stderr}`, code: ended.status };
}

/** The report in a runner's output, without the runner's indent. */
function reportIn(output: string): string {
  const lines = output.split("\n");
  const first = lines.findIndex((line) => line.includes("SimulationError") && line.includes(": "));
  const last = lines.findIndex((line, i) => i > first && line.includes("To repeat it: "));
  assert(first >= 0 && last > first, `no report in\n${output}`);
  const indent = /^ */.exec(lines[last])?.[0].length ?? 0;
  const head = lines[first].replace(/^.*?SimulationError\]?: /, "SimulationError: ");
  return [head, ...lines.slice(first + 1, last + 1).map((line) => line.slice(indent))].join("\n") + "\n";
}

/** Without what differs between machines and engines: folders, and columns. */
function stable(report: string): string {
  return report.replace(/\S*\/(\w+\.test\.ts:\d+):\d+/g, "$1");
}

const PROGRAM = `import { sleep, spawn } from "tendril";
export function* program() {
  spawn(() => sleep(1));
  yield* sleep(1);
}
`;

rmSync(folder, { recursive: true, force: true });
describe("the lessons of docs/testing.md", () => {
  const text = readText("docs/testing.md");
  const lessons = lessonsOf(text);

  test("are three", () => {
    assertEquals(lessons.map(({ file }) => file), ["bank.test.ts", "shop.test.ts", "query.test.ts"]);
  });

  for (const { file, code, report, changes } of lessons) {
    const token = /replay\("(.*?)"\)/.exec(report)?.[1] ?? "";
    const isReplay = (difference: string) => difference.includes("replay(");

    test(`${file} fails with the report that the page shows`, () => {
      const ended = runTest(file, code);
      assertEquals(ended.code === 0, false);
      const printed = reportIn(ended.output).replaceAll(/\S+(?=\/\w+\.test\.ts:\d+:\d+)/g, HOME);
      if (process.env.TENDRIL_WRITE_DOCS === "1" && stable(printed) !== stable(report)) {
        const now = /replay\("(.*?)"\)/.exec(printed)?.[1] ?? token;
        const text = readFileSync(page, "utf8").replace(report, () => printed);
        writeFileSync(page, token === "" ? text : text.replaceAll(token, now));
      }
      assertEquals(stable(printed), stable(report));
    }, { timeout: 60_000 });

    for (const difference of changes.filter(isReplay)) {
      test(`${file} is repeated by the line that it printed`, () => {
        const { output } = runTest(`replayed_${file}`, change(code, difference));
        assertStringIncludes(difference, token);
        assertMatch(output, /replay of \w+: /);
        assertStringIncludes(output, token);
      }, { timeout: 60_000 });

      test(`${file} is repeated by the variable of the environment`, () => {
        const { output } = runTest(file, code, { TENDRIL_REPLAY: token });
        assertMatch(output, /replay of \w+: /);
        assertStringIncludes(output, token);
      }, { timeout: 60_000 });
    }

    test(`${file} passes when it is mended`, () => {
      const mends = changes.filter((one) => !isReplay(one));
      assertEquals(mends.length, 1);
      const { output, code: status } = runTest(`mended_${file}`, change(code, mends[0]));
      assertEquals(status, 0, output);
      assertNotMatch(output, /SimulationError/);
    }, { timeout: 60_000 });
  }

  test("the test for this runtime's own runner passes", () => {
    const block = new RegExp(`^\`\`\`js\\n(// ${runtime}\\.test\\.js\\n[^]*?)^\`\`\`$`, "m").exec(text)?.[1];
    assert(block !== undefined, `no block for ${runtime}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "program.js"), PROGRAM);
    const { output, code } = runTest(`${runtime}.test.js`, block);
    assertEquals(code, 0, output);
    assertMatch(output, /in any order/);
  }, { timeout: 60_000 });
});
