/** The command `tendril`, on the runtime that this is. */
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "./assert.ts";
import { describe, runtime, test, testOn } from "./harness.ts";
import { execute, inWorld, type Seen } from "./monkey/loader_world.ts";

/** A program's start may take seconds on a busy machine. */
const slow = { timeout: 60_000 };
const command = fileURLToPath(new URL("../src/cli.ts", import.meta.url));
const monkey = JSON.stringify(new URL("../src/monkey/mod.ts", import.meta.url).href);
const host = JSON.stringify(new URL("../src/host/io.ts", import.meta.url).href);

const files = {
  "app.ts": `
    import { createRequire } from "node:module";
    import process from "node:process";
    const answer: string = "typed";
    const { Deno, Bun } = globalThis as { Deno?: { args: string[]; mainModule: string }; Bun?: { main: string } };
    console.log(JSON.stringify({
      answer, argv: process.argv.slice(1), main: import.meta.main,
      args: Deno?.args, mainModule: Deno?.mainModule ?? Bun?.main,
    }));
  `,
  "app.cjs": "console.log(JSON.stringify({ main: require.main === module, argv: process.argv.slice(1) }));",
  "fails.ts": 'console.log("begins");\nthrow new RangeError("the program broke");\n',
  "fails_later.mjs": 'setTimeout(() => { throw new RangeError("broke later"); }, 1);',
  "wrong_usage.mjs":
    'import { parseArgs } from "node:util"; parseArgs({ args: ["--its-own"], options: {} });',
  "code.mjs": "process.exitCode = 7;",
  "patched.mjs": `
    import { isPatched, unpatch } from ${monkey};
    const was = isPatched("globalThis", "fetch");
    const changed = globalThis.fetch;
    unpatch();
    console.log(JSON.stringify({ was, undone: changed !== globalThis.fetch }));
  `,
  "reaches.mjs": `
    import { reach } from ${host};
    import { coverage } from ${monkey};
    import * as fs from "node:fs";
    import * as http from "node:http";
    import * as timers from "node:timers/promises";
    import * as childProcess from "node:child_process";
    import * as threads from "node:worker_threads";
    import * as dns from "node:dns/promises";
    import * as files from "node:fs/promises";
    const modules = { "fs": fs, "http": http, "timers/promises": timers, "child_process": childProcess,
      "worker_threads": threads, "dns/promises": dns, "fs/promises": files };
    const wrong = [];
    for (const name of coverage().patched) {
      const [, module, property] = /^(.*)\\.(\\w+)$/.exec(name);
      if (!(module in modules)) continue;
      const isReached = modules[module][property] === process.getBuiltinModule(module)[property];
      if (isReached !== (reach(module).imports !== "none")) wrong.push(name);
    }
    console.log(JSON.stringify({ wrong }));
  `,
  "own/node_modules/tendril/package.json": JSON.stringify({
    name: "tendril",
    type: "module",
    exports: { "./monkey/register": { import: "./register.js" }, "./package.json": "./package.json" },
  }),
  "own/node_modules/tendril/register.js": 'globalThis.by = "the copy of the program";',
  "own/app.mjs": "console.log(JSON.stringify({ by: globalThis.by }));",
  "with space/ä.mjs": "console.log(JSON.stringify({ here: true }));",
};

const tendril = (...args: string[]): Promise<Seen> =>
  inWorld((world) => execute([command, ...args], world.folder), files);

interface App {
  readonly answer: string;
  readonly argv: string[];
  readonly main: boolean;
  readonly args?: string[];
  readonly mainModule?: string;
}

describe("tendril run", () => {
  test(
    "the program finds its arguments, and itself as the main module where the runtime lets us",
    async () => {
      const ended = await tendril("run", "app.ts", "--its-own", "x", "--", "y z");
      assertEquals(ended.code, 0, ended.stderr);
      const app = ended.lines[0] as unknown as App;
      assertEquals(app.answer, "typed");
      assertEquals(app.argv.slice(1), ["--its-own", "x", "--", "y z"]);
      assertMatch(app.argv[0], /^\/.*\/app\.ts$/);
      assertEquals(app.main, runtime !== "deno", "import.meta.main");
      if (runtime === "deno") {
        assertEquals(app.args, app.argv.slice(1));
        assertMatch(String(app.mainModule), /^file:\/\/\/.*\/app\.ts$/);
      } else if (runtime === "bun") assertEquals(app.mainModule, app.argv[0]);
      assertEquals(ended.stderr, "");
    },
    slow,
  );

  test("CommonJS, and a path that is no plain word", async () => {
    const common = await tendril("run", "app.cjs", "a");
    assertEquals(common.code, 0, common.stderr);
    assertEquals((common.lines[0] as unknown as App).main, true);
    assertEquals((common.lines[0] as unknown as App).argv.slice(1), ["a"]);
    const odd = await tendril("run", "with space/ä.mjs");
    assertEquals([odd.code, odd.lines as unknown], [0, [{ here: true }]], odd.stderr);
  }, slow);

  test("S-88: the program's named imports get what is patched, as far as is claimed", async () => {
    const ended = await tendril("run", "reaches.mjs");
    assertEquals(ended.code, 0, ended.stderr);
    assertEquals(ended.lines as unknown, [{ wrong: [] }]);
  }, slow);

  test("patches unless told not to, and says what is reached if told to", async () => {
    const [on, off, report] = await Promise.all([
      tendril("run", "patched.mjs"),
      tendril("run", "--no-patch", "patched.mjs"),
      tendril("run", "--coverage", "code.mjs"),
    ]);
    assertEquals(on.lines as unknown, [{ was: true, undone: true }], on.stderr);
    assertEquals(off.lines as unknown, [{ was: false, undone: false }], off.stderr);
    assertStringIncludes(report.stderr, "tendril: patched on ");
    assertEquals(report.stdout, "");
  }, slow);

  test("patches in the copy of the library that the program imports", async () => {
    const ended = await tendril("run", "own/app.mjs");
    assertEquals(ended.lines as unknown, [{ by: "the copy of the program" }], ended.stderr);
  }, slow);

  test("errors of the program are the runtime's to report, with its exit code", async () => {
    const [now, later, code, usage] = await Promise.all([
      tendril("run", "fails.ts"),
      tendril("run", "fails_later.mjs"),
      tendril("run", "code.mjs"),
      tendril("run", "wrong_usage.mjs"),
    ]);
    assertEquals([now.code, later.code, code.code, usage.code], [1, 1, 7, 1]);
    assertStringIncludes(now.stdout, "begins");
    assertMatch(now.stderr, /fails\.ts:2/);
    assertMatch(now.stderr, /the program broke/);
    assertMatch(later.stderr, /broke later/);
    for (const { stderr } of [now, later, code, usage]) assert(!stderr.includes("Usage:"), stderr);
  }, slow);

  test("wrong usage is said, with 2", async () => {
    const cases: [args: string[], text: RegExp][] = [
      [[], /^tendril: say what to do\n/],
      [["frobnicate"], /^tendril: there is no command "frobnicate"\n/],
      [["toString"], /there is no command "toString"/],
      [["run"], /^tendril run: say which program to run\n/],
      [["run", "--nope", "app.ts"], /^tendril run: Unknown option '--nope'/],
    ];
    const ends = await Promise.all(cases.map(([args]) => tendril(...args)));
    cases.forEach(([args, text], i) => {
      assertMatch(ends[i].stderr, text, args.join(" "));
      assertStringIncludes(ends[i].stderr, "Usage:\n  tendril run ");
      assertEquals([ends[i].code, ends[i].stdout], [2, ""]);
    });
  }, slow);

  test("a file that cannot be run is an error that names it, with 2", async () => {
    const [missing, folder] = await Promise.all([tendril("run", "nowhere.ts"), tendril("run", "with space")]);
    assertMatch(missing.stderr, /^tendril run: there is no file \/.*\/nowhere\.ts\n$/);
    assertMatch(folder.stderr, /^tendril run: this is no file: \/.*\/with space\n$/);
    assertEquals([missing.code, folder.code], [2, 2]);
  }, slow);

  test("help is on stdout, with 0", async () => {
    for (const args of [["--help"], ["run", "-h"]]) {
      const { code, stdout, stderr } = await tendril(...args);
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, "--no-patch");
    }
  }, slow);

  testOn(["node"], "Node that does not run TypeScript says so", async () => {
    // The command itself is TypeScript here, so what is run without it is the part that starts programs.
    const start = fileURLToPath(new URL("../src/host/program.ts", import.meta.url));
    const script = `
      import { findProgram } from ${JSON.stringify(start)};
      Object.defineProperty(process.features, "typescript", { value: false });
      try {
        findProgram("app.ts");
      } catch (error) {
        console.log(JSON.stringify({ message: error.message }));
      }
      findProgram("code.mjs");
    `;
    const ended = await inWorld((world) => execute(["start.mjs"], world.folder), {
      ...files,
      "start.mjs": script,
    });
    assertEquals(ended.code, 0, ended.stderr);
    assertMatch(String(ended.lines[0].message), /^this Node \(v\d+.*\) does not run TypeScript: \/.*app\.ts/);
  }, slow);
});

describe("tendril/monkey/register", () => {
  test("started before the program, it patches", async () => {
    const entry = fileURLToPath(new URL("../src/monkey/register.ts", import.meta.url));
    const [patched, reaches] = await inWorld(
      (world) => Promise.all([world.start("patched.mjs", entry), world.start("reaches.mjs", entry)]),
      files,
    );
    assertEquals(patched.lines as unknown, [{ was: true, undone: true }], patched.stderr);
    assertEquals(reaches.lines as unknown, [{ wrong: [] }], reaches.stderr);
  }, slow);
});
