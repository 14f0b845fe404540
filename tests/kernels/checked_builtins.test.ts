/**
 * The library's kernels run without checks, in pieces. Here all their tests run with checks in them: the same results. One runtime is enough,
 * since the pass gives the same bytes on all.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "../assert.ts";
import { describe, testOn } from "../harness.ts";

const folder = new URL("./builtin/", import.meta.url);

describe("the library's kernels with checks", () => {
  testOn(["node"], "give the same", () => {
    const files = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
    assert(files.length > 0);
    const preload = new URL("./checked_preload.ts", import.meta.url).href;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        ...["--conditions=tendril-source", "--import", preload, "--test", "--test-reporter=tap"],
        ...files.map((name) => fileURLToPath(new URL(name, folder))),
      ],
      {
        encoding: "utf8",
        env: { ...process.env, TENDRIL_TEST_LOG: "", NODE_TEST_CONTEXT: undefined },
        timeout: 170_000,
      },
    );
    assertEquals(
      [status, /^# fail 0$/m.test(stdout)],
      [0, true],
      `${stdout.slice(-3_000)}${stderr.slice(-1_000)}`,
    );
    const counts = [...stdout.matchAll(/kernels with checks: (\d+)/g)].map(([, count]) => Number(count));
    assert(counts.filter((count) => count > 0).length >= files.length, `${counts}`); // threads compile nothing
  }, { timeout: 180_000 });
});
