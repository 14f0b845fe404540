// One customer of the flash sale: a program of its own, which shares nothing with the others but two files.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { main, sleep } from "tendril";
import { ProcessLock } from "tendril/processes";

const [product, name] = process.argv.slice(2);

await main(() =>
  new ProcessLock(`${product}.lock`).withLock(function* () {
    const left = Number(readFileSync(product, "utf8"));
    yield* sleep(5); // the payment: without the lock everybody would read the same number meanwhile
    if (left === 0) return;
    writeFileSync(product, String(left - 1));
    console.log(`${name} got one, ${left - 1} left`);
  })
);
