import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { sleep, spawn } from "../../src/mod.ts";
import { always, explore, replay, simulate, SimulationError, sweep } from "../../src/testing/mod.ts";
import { inversion, leakyPermit, lostUpdate, sound } from "./scenes.ts";

function failureOf(f: () => unknown): SimulationError {
  return assertThrows(f, SimulationError);
}

/** What follows the title, and without the places in files. */
function story(message: string): string {
  return message.slice(message.indexOf(": ")).replace(/ @ .*|^ {2}.*:\d+:\d+$/gm, "");
}

describe("replay", () => {
  test("fails again in the same way, by the same steps", () => {
    for (const find of [() => simulate(lostUpdate), () => explore(lostUpdate), () => explore(inversion)]) {
      const first = failureOf(find);
      const body = first.kind === "deadlock" ? inversion : lostUpdate;
      const again = failureOf(() => replay(first.token, body));
      assertEquals(again.token, first.token);
      assertEquals(again.kind, first.kind);
      const tableOf = ({ message }: Error) => /^ step[^]*?\n\n/m.exec(story(message))?.[0];
      assert(tableOf(first) !== undefined);
      assertEquals(tableOf(again), tableOf(first));
    }
  });

  test("gives the same token on every runtime, and takes the others'", () => {
    assertEquals(failureOf(() => explore(lostUpdate)).token, TOKENS.lostUpdate);
    assertEquals(failureOf(() => explore(inversion)).token, TOKENS.inversion);
    assertEquals(failureOf(() => simulate(leakyPermit, { kills: 1 })).token, TOKENS.leakyPermit);
    assertStringIncludes(
      failureOf(() => replay(TOKENS.lostUpdate, lostUpdate)).message,
      "a deposit was lost",
    );
  });

  test("without a body is for the next simulation", () => {
    const { token } = failureOf(() => simulate(lostUpdate));
    replay(token);
    assertStringIncludes(failureOf(() => simulate(lostUpdate)).message, "replay of simulate");
    assertEquals(simulate(sound, { runs: 2 }).runs, 2); // only the next one
    const { token: kill } = failureOf(() => sweep(leakyPermit));
    replay(kill);
    assertStringIncludes(failureOf(() => sweep(leakyPermit)).message, "replay of sweep");
  });

  test("passes where the body was mended without another step", () => {
    const broken = (wrong: boolean) =>
      function* () {
        let last = "";
        always(() => !wrong || last !== "b", "b is not last");
        for (const name of ["a", "b"]) spawn({ name }, () => void (last = name));
        yield* sleep(1);
        return last;
      };
    const { token } = failureOf(() => simulate(broken(true)));
    assertEquals(replay(token, broken(false)), "b");
  });

  test("of another program, or of one that has changed, is refused", () => {
    const { token } = failureOf(() => simulate(lostUpdate));
    for (const body of [sound, inversion, () => {}]) {
      const { message } = assertThrows(() => replay(token, body), Error, "does not belong to this body");
      assertStringIncludes(message, "run the simulation again without the token");
    }
    replay(token);
    assertThrows(() => explore(sound), Error, "replay of explore: the token does not belong to this body");
  });

  test("of bad input fails at the call", () => {
    assertThrows(() => replay("td1.x"), Error, "not a replay token");
    assertThrows(() => replay(7 as never, sound), Error, "not a replay token: 7");
    assertThrows(() => replay(TOKENS.lostUpdate, 3 as never), TypeError, "replay needs a function");
  });

  test("by TENDRIL_REPLAY repeats only the simulation that the token belongs to", () => {
    const { token } = failureOf(() => explore(lostUpdate));
    const lines = program("lost", token);
    assertEquals(
      lines.stdout.filter((line) => /^(passed|failed)/.test(line)).map((line) => line.slice(0, 6)),
      [
        "passed",
        "failed",
        "passed",
      ],
    );
    assertMatch(lines.stdout[1], /^failed: replay of explore: the body failed: .*a deposit was lost/);
    assertEquals(lines.stderr, "");
  });

  test("by TENDRIL_REPLAY says so where no simulation has that token", () => {
    const { token } = failureOf(() => explore(lostUpdate));
    const { stdout, stderr } = program("mended", token);
    assertEquals(stdout, ["passed", "passed", "passed"]);
    assertStringIncludes(stderr, `TENDRIL_REPLAY=${token} fits none of the 3 simulations`);
  });

  test("by TENDRIL_REPLAY with nonsense fails at once", () => {
    const { stdout } = program("lost", "nonsense");
    assertEquals(stdout.length, 3);
    for (const line of stdout) assertStringIncludes(line, `not a replay token: "nonsense"`);
  });
});

/** Runs replay_program.ts on this runtime. */
function program(what: string, token: string): { stdout: string[]; stderr: string } {
  const before =
    { deno: ["run", "-A", "--no-check"], bun: [], node: ["--conditions=tendril-source"] }[runtime];
  const file = fileURLToPath(new URL("replay_program.ts", import.meta.url));
  const env = {
    ...process.env,
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
    TENDRIL_TEST_LOG: "",
    TENDRIL_REPLAY: token,
  };
  const { stdout, stderr } = spawnSync(process.execPath, [...before, file, what], { env, timeout: 30_000 });
  return { stdout: String(stdout).trim().split("\n"), stderr: String(stderr).trim() };
}

const TOKENS = {
  lostUpdate: "td1.AIEAAv3aNs5",
  inversion: "td1.AIEAAAA8OgoBB",
  leakyPermit: "td1.BELFne-_zR",
};
