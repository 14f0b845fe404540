/** Writes to the console where blocking calls are forbidden, for blocking.test.ts. */
import fs from "node:fs";
import { run } from "../../src/mod.ts";
import { current } from "../../src/core/mod.ts";
import { blockingWrapper } from "../../src/monkey/blocking.ts";
import { blockingCalls } from "../../src/monkey/blocking_calls.ts";

const files = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
for (const call of blockingCalls) {
  if (call.module !== "fs" || files[call.name] === undefined) continue;
  files[call.name] = blockingWrapper(files[call.name], call, {
    mode: () => "throw",
    inGreenlet: () => current?.name ?? null,
  }) as (typeof files)[string];
}

await run(function* () {
  console.log("a line");
  console.error("another line");
});
