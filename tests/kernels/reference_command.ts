/** The reference of a format: Debian's own command, which `npm test` installs. */
import { spawnSync } from "node:child_process";
import { assertEquals } from "../assert.ts";

/** What `name` writes for this input. @throws where it fails, or is not there. */
export function referenceCommand(
  name: "lz4" | "xxhsum",
  args: readonly string[],
  input: Uint8Array,
): Uint8Array {
  const { error, status, stdout, stderr } = spawnSync(name, args, { input, maxBuffer: 1 << 26 });
  if (error !== undefined) {
    throw new Error(`the command ${name} cannot be run: install it, apt-get install lz4 xxhash`, {
      cause: error,
    });
  }
  assertEquals([status, name === "lz4" ? String(stderr) : ""], [0, ""]);
  return new Uint8Array(stdout);
}
