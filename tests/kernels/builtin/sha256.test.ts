import { createHash } from "node:crypto";
import fc from "fast-check";
import { kernels } from "../../../src/kernels/mod.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { everywhere } from "./everywhere.ts";

const { sha256 } = kernels;

/** By the runtime. */
function native(messages: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(messages.flatMap((message) => [...createHash("sha256").update(message).digest()]));
}

const ofLength = (n: number) => Uint8Array.from({ length: n }, (_, i) => i * i + n);

describe("sha256", () => {
  test("is what the runtime gives, for any messages", () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 13 });
    fc.assert(fc.property(messages, (messages) => assertEquals(sha256.sync(messages), native(messages))));
  });

  test("of every length near the ends of blocks, together and each alone", () => {
    const messages = Array.from({ length: 200 }, (_, n) => ofLength(n));
    assertEquals(sha256.sync(messages), native(messages));
    for (const n of [0, 55, 56, 63, 64, 119, 120, 128]) {
      assertEquals(sha256.sync([messages[n]]), native([messages[n]]));
    }
  });

  test("a long one among short ones, and parts of a buffer", () => {
    const all = ofLength(100_000);
    const messages = [all.subarray(0, 3), all, all.subarray(7, 7), all.subarray(1, 999)];
    assertEquals(sha256.sync(messages), native(messages));
  });

  test("gives the same here, in slices and on threads", async () => {
    const messages = Array.from({ length: 5_000 }, (_, i) => ofLength(i % 150));
    assertEquals(await everywhere(sha256, messages), native(messages));
    assertEquals(await everywhere(sha256, []), new Uint8Array(0));
  });

  test("says what is wrong", () => {
    assertThrows(() => sha256.sync(new Uint8Array(1) as never), TypeError, "messages must be an array");
    assertThrows(
      () => sha256.sync([new Uint8Array(1), "a"] as never),
      TypeError,
      "messages[1] must be a Uint8Array",
    );
  });
});
