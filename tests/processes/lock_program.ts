/** Enters a lock or semaphore again and again, and writes into a ledger when it is inside. */
import { appendFileSync } from "node:fs";
import process from "node:process";
import { main, sleep } from "../../src/mod.ts";
import { ProcessLock, ProcessSemaphore } from "../../src/processes/mod.ts";

const [path, ledger, n, rounds, hold] = process.argv.slice(2);
const note = (what: string) => appendFileSync(ledger, `${process.pid} ${what}\n`); // O_APPEND, one write

await main(function* () {
  const lock = n === "1" ? new ProcessLock(path) : new ProcessSemaphore(path, Number(n));
  note("ready");
  for (let i = 0; i < Number(rounds); i++) {
    yield* lock.withLock(function* () {
      note("in");
      yield* sleep(Number(hold));
      note("out");
    });
  }
  note("done");
});
