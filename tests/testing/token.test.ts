import { assert, assertEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { type Departure, KILL, PASS_TIME } from "../../src/testing/schedules/contract.ts";
import { Random } from "../../src/testing/schedules/random.ts";
import { decode, encode } from "../../src/testing/schedules/token.ts";

/** Departures as a random walk would make them among `ready` greenlets. */
function departures(random: Random, n: number, ready: number): Departure[] {
  const all: Departure[] = [];
  for (let at = 0; all.length < n; at++) {
    const choice = random.chance(0.05)
      ? PASS_TIME
      : random.chance(0.05)
      ? KILL - random.below(4)
      : random.below(ready);
    if (choice !== 0) all.push({ at, choice });
  }
  return all;
}

describe("replay tokens", () => {
  test("say what they were made of", () => {
    const random = new Random(1);
    for (let i = 0; i < 300; i++) {
      const schedule = {
        seed: random.below(2 ** 31),
        steps: random.below(1_000),
        departures: departures(random, random.below(60), 2 + random.below(20)),
        program: random.below(64 ** 4),
      };
      assertEquals(decode(encode(schedule)), schedule);
    }
  });

  test("take at most 120 characters for 50 decisions", () => {
    const random = new Random(2);
    for (let i = 0; i < 100; i++) {
      const token = encode({
        seed: 4_000_000_000,
        steps: 400,
        departures: departures(random, 50, 4),
        program: 1,
      });
      assert(token.length <= 120, `${token.length}: ${token}`);
    }
  });

  test("are short where little departs from FIFO", () => {
    assertEquals(encode({ seed: 0, steps: 9, departures: [], program: 0 }).length, 12);
    assert(
      encode({ seed: 17, steps: 40, departures: [{ at: 9, choice: 1 }, { at: 31, choice: 2 }], program: 5 })
        .length <=
        18,
    );
  });

  test("with a typing error are refused, whatever character it is", () => {
    const token = encode({ seed: 17, steps: 40, departures: [{ at: 9, choice: 1 }], program: 5 });
    for (let i = 4; i < token.length; i++) {
      for (const other of "Ab9_") {
        if (token[i] === other) continue;
        const wrong = token.slice(0, i) + other + token.slice(i + 1);
        assertThrows(() => decode(wrong), Error, "not a replay token");
      }
    }
  });

  test("that are none are refused with what to do", () => {
    for (
      const wrong of [
        "",
        "td1.",
        "td1.AB",
        "hello",
        "td2.AAAAAAAAA",
        7,
        undefined,
        null,
        "td1.A B!",
        "td1.gggggggggg",
      ]
    ) {
      const { message } = assertThrows(() => decode(wrong), Error, "not a replay token");
      assert(message.includes("copy the whole line"), message);
    }
    assertThrows(() => decode("td2.AAAAAAAAA"), Error, "another version of tendril");
  });

  test("may have blanks around them", () => {
    const token = encode({ seed: 3, steps: 1, departures: [], program: 9 });
    assertEquals(decode(`  ${token}\n`).seed, 3);
  });
});
