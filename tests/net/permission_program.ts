/** What a program that may use no network gets, one line each: errors that can be caught. */
import process from "node:process";
import { run } from "../../src/mod.ts";
import { bindUdp, connect, listen } from "../../src/net/mod.ts";
import { codeOf } from "./kit.ts";

await run(function* () {
  const attempts = [
    connect("127.0.0.1:1"),
    listen("127.0.0.1:0"),
    listen(0),
    bindUdp(),
    listen("unix:/tmp/no.sock"),
  ];
  for (const attempt of attempts) console.log(yield* codeOf(attempt));
});
process.exit(0);
