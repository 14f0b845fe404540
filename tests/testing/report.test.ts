import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { sleep, spawn } from "../../src/mod.ts";
import { explore, simulate, SimulationError } from "../../src/testing/mod.ts";
import { inversion, lostUpdate } from "./scenes.ts";

function messageOf(f: () => unknown): string {
  return assertThrows(f, SimulationError).message;
}

describe("the failure report", () => {
  test("has a column for each greenlet and a row for each step", () => {
    const lines = messageOf(() => explore(lostUpdate)).split("\n");
    const head = lines.findIndex((line) => line.startsWith(" step"));
    assertMatch(lines[head], /^ step {2}main +late +early$/);
    const steps = lines.slice(head).map((line) => /^ *(\d+) {2}/.exec(line)?.[1]).filter((n) =>
      n !== undefined
    );
    assertEquals(steps, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    const column = lines[head].indexOf("early");
    assertEquals(lines.find((line) => line.startsWith("    5"))?.indexOf("gives a turn"), column);
  });

  test("is reduced to the least schedule: one order makes it fail", () => {
    for (const strategy of ["random", "pct", "pos", "urw"] as const) {
      const message = messageOf(() => simulate(lostUpdate, { strategy, seed: 1000 }));
      assertMatch(
        message,
        /It fails in FIFO order as soon as\n {2}step \d of late comes before step \d of early\n\n/,
      );
    }
  });

  test("says what each waits on, who holds it, and where it parked", () => {
    const message = messageOf(() => explore(inversion));
    assertStringIncludes(message, "ab waits on Lock.acquire (held by ba)");
    assertStringIncludes(message, "cycle: ");
    assertMatch(message, /Where each parked last\n(.*\n)*? {2}ba, step \d: .*scenes\.ts:\d+:\d+/);
    assert(!/src\/(core|sync|testing)\//.test(message), "frames of the library tell a user nothing");
  });

  test("ends with the line that repeats it", () => {
    const { message, token } = assertThrows(() => explore(lostUpdate), SimulationError);
    assert(
      message.endsWith(`To repeat it: replay("${token}"), or TENDRIL_REPLAY=${token} before the command`),
      message,
    );
    assert(token.length <= 120);
  });

  test("says where FIFO alone fails", () => {
    assertStringIncludes(
      messageOf(() =>
        explore(function* () {
          yield* sleep(0);
          throw new Error("x");
        })
      ),
      "FIFO",
    );
  });

  test("does not repeat rows that say the same", () => {
    const message = messageOf(() =>
      simulate(function* () {
        for (;;) yield* sleep(0);
      }, { maxSteps: 1_000 })
    );
    assertStringIncludes(message, " times)");
    assert(message.length < 2_000, `${message.length} characters`);
  });

  test("stays readable with many greenlets", () => {
    const message = messageOf(() =>
      explore(function* () {
        for (let i = 0; i < 30; i++) spawn({ name: `worker ${i}` }, () => sleep(1));
        yield* sleep(2);
        throw new Error("at the end");
      })
    );
    assertStringIncludes(message, "worker 29: waits: sleep(1)");
    for (const line of message.split("\n")) assert(line.length < 1_000, line);
  });
});
