/** However a program ends, its children end with it, with patched I/O and without. */
import { run, sleep, spawn } from "../../src/mod.ts";
import { patchAll, unpatch } from "../../src/monkey/mod.ts";
import { Popen, subprocess } from "../../src/processes/mod.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { describe, type Runtime, test, testOn } from "../harness.ts";
import { eventually, isAlive, program, testNobodyIsLeft } from "./kit.ts";

/** Runs the program, and signals it if told to; gives what came of it when it had gone. */
async function lifeOf(how: string, signal?: "SIGINT" | "SIGTERM" | "SIGKILL", patched = "") {
  await using it = new Popen(program("lifetime_program.ts", how, patched));
  const pids: number[] = [];
  const hear = async () => {
    const line = await it.stdout.readLine();
    pids.push(...(line ?? "").split(" ").filter((word) => word !== "").map(Number));
  };
  await hear();
  if (signal !== undefined) assert(it.sendSignal(signal));
  for (;;) {
    if (it.stdout.atEnd) break;
    await hear();
  }
  const stderr = await it.stderr.readText();
  return { code: await it.wait(), pids, stderr };
}

describe("children end with the program", () => {
  const ends: [how: string, signal: "SIGINT" | "SIGTERM" | undefined, code: number, cleansUp: boolean][] = [
    ["end", undefined, 0, true],
    ["scope", undefined, 0, true],
    ["wait", "SIGINT", 130, true],
    ["wait", "SIGTERM", 143, true],
    ["exit", undefined, 3, false],
    ["throw", undefined, 1, false],
    ["outside", undefined, 0, false],
  ];
  for (const patched of ["", "patched"]) {
    for (const [how, signal, code, cleansUp] of ends) {
      if (patched !== "" && (how === "end" || how === "throw" || signal === "SIGTERM")) continue; // as the others
      // Bun goes on after an error that nobody catches, while the main module awaits something.
      const where: Runtime[] = how === "throw" ? ["deno", "node"] : ["deno", "bun", "node"];
      testOn(
        where,
        `${how}${signal === undefined ? "" : ` by ${signal}`}${patched && `, ${patched}`}`,
        async () => {
          const life = await lifeOf(how, signal, patched);
          assertEquals(life.code, code, life.stderr);
          assert(life.pids.length >= 2, `${life.pids}`);
          if (cleansUp) assertMatch(life.stderr, /cleaned/);
          await run(() => eventually("its children are gone", () => !life.pids.some(isAlive)));
        },
      );
    }
  }
});

describe("with patched I/O", () => {
  test("a child is driven, ended once, and belongs to its scope alone", async () => {
    patchAll();
    try {
      await run(function* () {
        let child: Popen | undefined;
        const greenlet = spawn(function* () {
          child = new Popen({ shell: "trap 'echo got TERM' TERM; while read line; do echo got $line; done" });
          yield* child.stdin.write("a\n");
          assertEquals(yield* child.stdout.readLine(), "got a");
          return child;
        });
        const it = yield* greenlet;
        yield* it.stdin.write("b\n");
        assertEquals(yield* it.stdout.readLine({ timeout: 5_000 }), "got b");
        it.stdin.close();
        assertEquals([yield* it.stdout.readText(), yield* it.wait()], ["", 0]);

        const stubborn = new Popen({
          shell: "trap 'echo TERM' TERM; echo up; while :; do sleep 0.01; done",
        }, { grace: 150 });
        yield* stubborn.stdout.readLine();
        const reader = spawn(() => stubborn.stdout.readText());
        yield* sleep(5);
        assertEquals([yield* stubborn.kill(), stubborn.returncode], [true, -9]);
        assertEquals(yield* reader, "TERM\n", "one SIGTERM, and its output is not cut off");
        assertEquals(yield* subprocess.checkOutput(["echo", "x"]), "x\n");
      });
    } finally {
      unpatch();
    }
  });
});

testNobodyIsLeft();
