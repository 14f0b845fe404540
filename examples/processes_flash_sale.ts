// The flash sale of the tutorials: ten programs want three pieces, whose number stands in a file. A lock between them sees
// to it that three win, and no more.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { all, run } from "tendril";
import { subprocess } from "tendril/processes";

// How this runtime runs a program; Node needs the condition only in the repository of this library.
const options = "Deno" in globalThis
  ? ["run", "-A"]
  : "Bun" in globalThis
  ? []
  : ["--conditions=tendril-source"];
const buyer = [process.execPath, ...options, fileURLToPath(new URL("processes/buyer.ts", import.meta.url))];

const folder = mkdtempSync(join(tmpdir(), "flash-sale-"));
try {
  const product = join(folder, "product");
  writeFileSync(product, "3");
  await run(function* () {
    const customers = Array.from({ length: 10 }, (_, i) => `customer ${i + 1}`);
    const lines = yield* all(
      customers.map((name) => subprocess.checkOutput([...buyer, product, name], { timeout: 60_000 })),
    );
    const winners = lines.filter((line) => line !== "");
    console.log(winners.join("").trim());
    assert.equal(winners.length, 3);
    assert.equal(readFileSync(product, "utf8"), "0");
    console.log(`${winners.length} of ${customers.length} customers got one`);
  });
} finally {
  rmSync(folder, { recursive: true });
}
