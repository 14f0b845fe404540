// A kill must harm nobody else: not the next user of a connection, not a timer, a pool, a line or a module that several share.
import { assertEquals } from "../assert.ts";
import { describe, runtime, test } from "../harness.ts";
import { postgresUrl, redisUrl } from "./world/databases.ts";
import { scenes } from "./world/harm.ts";
import { runToEnd } from "./world/program.ts";

let played: Promise<Map<string, string>> | undefined;

/** What went wrong, by scene; one program plays them all. */
function outcomes(): Promise<Map<string, string>> {
  return played ??= (async () => {
    postgresUrl(); // fail here, and say what to do
    redisUrl();
    const output = await runToEnd("harm_main.ts", [], 100_000);
    const lines = output.split("\n").filter((line) => line.startsWith("{"));
    return new Map(lines.map((line) => {
      const { name, error } = JSON.parse(line) as { name: string; error: string };
      return [name, error];
    }));
  })();
}

describe("a kill does not harm", () => {
  for (const { name, runtimes } of scenes) {
    if (runtimes?.includes(runtime) === false) continue;
    test(name, async () => assertEquals((await outcomes()).get(name), ""), { timeout: 110_000 });
  }
});
