import fc from "fast-check";
import { createXXHash64 } from "hash-wasm";
import { kernels } from "../../../src/kernels/mod.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { referenceCommand } from "../reference_command.ts";
import { xxh64 as twin } from "../twins/xxhash.ts";
import { everywhere } from "./everywhere.ts";

const { xxh64 } = kernels;

const bytesOf = (message: Uint8Array | string): Uint8Array =>
  typeof message === "string" ? new TextEncoder().encode(message) : message;

describe("xxh64", () => {
  test("is what the specification says, with any seed", () => {
    const message = fc.oneof(fc.uint8Array({ maxLength: 150 }), fc.string({ unit: "binary", maxLength: 60 }));
    const seeds = fc.bigInt(0n, 2n ** 64n - 1n);
    fc.assert(fc.property(fc.array(message, { maxLength: 8 }), seeds, (messages, seed) => {
      assertEquals([...xxh64.sync(messages, { seed })], messages.map((each) => twin(bytesOf(each), seed)));
    }));
  });

  test("is what the reference gives (hash-wasm is compiled from it), of every length", async () => {
    const all = Uint8Array.from({ length: 5_000 }, (_, i) => i * i >>> 3);
    const messages = [...Array(140).keys(), 4_999].map((n) => all.subarray(1, 1 + n));
    const hasher = await createXXHash64();
    const wanted = messages.map((message) => BigInt(`0x${hasher.init().update(message).digest()}`));
    assertEquals([...xxh64.sync(messages)], wanted);
  });

  test("is what the command xxhsum says", () => {
    for (const length of [0, 1, 3, 4, 8, 31, 32, 33, 100, 1_000_003]) {
      const message = Uint8Array.from({ length }, (_, i) => i * 7 >>> 2);
      const line = new TextDecoder().decode(referenceCommand("xxhsum", ["-H64"], message));
      assertEquals([...xxh64.sync([message])], [BigInt(`0x${line.slice(0, 16)}`)]);
    }
  });

  test("gives the same here, in slices and on threads", async () => {
    const messages = Array.from(
      { length: 5_000 },
      (_, i) => i % 3 === 0 ? new Uint8Array(i % 90).fill(i) : `ä${i}`,
    );
    assertEquals([...await everywhere(xxh64, messages)], messages.map((each) => twin(bytesOf(each))));
    assertEquals((await everywhere(xxh64, [])).length, 0);
  });

  test("strings are UTF-8, and half of a pair is what the encoder makes of it", () => {
    const texts = ["", "abc", "aé", "日本語", "😀", "a\ud800b", "x".repeat(300) + "é"];
    assertEquals([...xxh64.sync(texts)], texts.map((text) => twin(bytesOf(text))));
  });

  test("says what is wrong", () => {
    assertThrows(() => xxh64.sync("abc" as never), TypeError, "messages must be an array");
    assertThrows(
      () => xxh64.sync(["a", 5] as never),
      TypeError,
      "messages[1] must be a Uint8Array or a string",
    );
    for (const seed of [-1n, 2n ** 64n, 5 as never]) {
      assertThrows(() => xxh64.sync([], { seed }), RangeError, "seed must be a bigint from 0");
    }
  });
});
