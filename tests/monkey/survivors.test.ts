// Kills at random among greenlets that share a pool of connections: whoever is not killed gets its whole, right body. A
// failure prints the seed; `survivors_main.ts <client> <seed> <path>` in world plays it again.
import { assert } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { runToEnd } from "./world/program.ts";

interface Outcome {
  survived: number;
  killed: number;
  connections: number;
}

describe("survivors of random kills", () => {
  for (const client of ["http.Agent", "fetch", "undici.Agent"]) {
    test(client, async () => {
      const output = await runToEnd("survivors_main.ts", [client], 60_000);
      const outcome = JSON.parse(output.trim().split("\n").at(-1) as string) as Outcome;
      // It was no test if nobody was killed in the middle.
      assert(outcome.killed > 20 && outcome.survived > 200, output);
    }, { timeout: 70_000 });
  }
});
