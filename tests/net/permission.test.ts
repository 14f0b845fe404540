import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assertEquals } from "../assert.ts";
import { testOn } from "../harness.ts";

// Only Deno has permissions of this kind.
testOn(["deno"], "net: without permission > every attempt is an error that can be caught", async () => {
  const program = fileURLToPath(new URL("permission_program.ts", import.meta.url));
  const child = spawn(process.execPath, ["run", "--no-check", "--no-prompt", "--allow-read", program], {
    env: { ...process.env, NO_COLOR: "1", TENDRIL_TEST_LOG: "" },
  });
  let output = "";
  child.stdout.on("data", (data) => output += data);
  child.stderr.on("data", (data) => output += data);
  await new Promise((done) => child.on("close", done));
  assertEquals(output, "EACCES\n".repeat(5));
});
