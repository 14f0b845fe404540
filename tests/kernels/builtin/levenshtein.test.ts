import fc from "fast-check";
import { commonHeap } from "../../../src/kernels/heap.ts";
import { kernels } from "../../../src/kernels/mod.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { describe, test } from "../../harness.ts";
import { levenshtein as twin } from "../twins/levenshtein.ts";
import { everywhere } from "./everywhere.ts";

const { levenshtein, levenshteinClosest, levenshteinMany, packWords } = kernels;

/** Texts of few letters, which have much in common, and of any units. */
const texts = (maxLength: number) =>
  fc.oneof(
    fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength }),
    fc.string({ unit: "binary", maxLength }),
  );

/** A repeatable text. */
function text(length: number, seed: number, letters = "abcdefgh"): string {
  return Array.from({ length }, () => {
    seed = Math.imul(seed, 1_103_515_245) + 12_345;
    return letters[(seed >>> 16) % letters.length];
  }).join("");
}

describe("levenshtein", () => {
  test("is the textbook's", () => {
    fc.assert(
      fc.property(texts(300), texts(300), (a, b) => assertEquals(levenshtein.sync(a, b), twin(a, b))),
      { numRuns: 300 },
    );
  });

  test("over several tiles both ways", async () => {
    const a = text(2_500, 1), b = text(4_700, 2);
    assertEquals(await everywhere(levenshtein, a, b), twin(a, b));
    const long = text(9_000, 3) + "x", longer = "y" + text(9_000, 3).replaceAll("aa", "b");
    assertEquals(await everywhere(levenshtein, long, longer), twin(long, longer));
    assertEquals(levenshtein.sync("a".repeat(4_096), "b".repeat(2_048)), 4_096);
  });

  test("counts units: half of a pair is a change, any unit is one of its own", () => {
    assertEquals(levenshtein.sync("😀", "😁"), 1);
    assertEquals(levenshtein.sync("\ud800\0", "\0"), 1);
    const all = String.fromCharCode(...Array(40_000).keys());
    const most = all + String.fromCharCode(...Array.from({ length: 25_536 }, (_, i) => 40_000 + i));
    assertEquals([levenshtein.sync(`x${most}`, `${most}y`), levenshtein.sync("", most)], [2, 65_536]);
  });

  test("says what is wrong", () => {
    assertThrows(
      () => levenshtein.sync("a", 1 as never),
      TypeError,
      "levenshtein: b must be a string, not 1",
    );
  });
});

describe("levenshteinMany", () => {
  test("is the textbook's, for short and long queries", () => {
    fc.assert(
      fc.property(texts(150), fc.array(texts(90), { maxLength: 12 }), (query, words) => {
        assertEquals([...levenshteinMany.sync(query, words)], words.map((word) => twin(query, word)));
      }),
      { numRuns: 200 },
    );
    for (const length of [63, 64, 65, 127, 128, 129]) {
      const words = [0, 1, 63, 64, 65, 200].map((n) => text(n, n + 1));
      const query = text(length, 9);
      assertEquals([...levenshteinMany.sync(query, words)], words.map((word) => twin(query, word)));
    }
  });

  test("gives the same here, in slices and on threads", async () => {
    const words = Array.from({ length: 5_000 }, (_, i) => text(i % 13, i, "aeiourst"));
    for (const query of ["roast", text(70, 3)]) {
      const got = await everywhere(levenshteinMany, query, words);
      assertEquals([...got], words.map((word) => twin(query, word)));
    }
  });

  test("packed words stay, and their memory is given back", () => {
    const before = commonHeap().used;
    {
      using words = packWords(["kitten", "", "sitting"]);
      assertEquals(words.length, 3);
      assertEquals([...levenshteinMany.sync("kitten", words)], [0, 6, 3]);
      assertEquals([...levenshteinMany.sync("", words)], [6, 0, 7]);
      assertEquals([...levenshteinMany.sync("ööö", words)], [6, 3, 7]);
    }
    assertEquals(commonHeap().used, before);
  });

  test("says what is wrong", () => {
    assertThrows(() => levenshteinMany.sync(1 as never, []), TypeError, "query must be a string");
    assertThrows(() => levenshteinMany.sync("", "x" as never), TypeError, "words must be an array");
    assertThrows(
      () => packWords(["a", 2] as never),
      TypeError,
      "packWords: words[1] must be a string, not 2",
    );
  });
});

describe("levenshteinClosest", () => {
  test("is a stable sort's beginning", () => {
    const words = fc.array(texts(8), { maxLength: 30 });
    fc.assert(fc.property(texts(8), words, fc.integer({ min: 1, max: 12 }), (query, words, k) => {
      const all = words.map((word, index) => ({ index, word, distance: twin(query, word) }));
      const wanted = all.sort((a, b) => a.distance - b.distance).slice(0, k);
      assertEquals(levenshteinClosest.sync(query, words, k), wanted);
    }));
  });

  test("gives the same here, in slices and on threads", async () => {
    const words = Array.from({ length: 3_000 }, (_, i) => text(3 + i % 9, i));
    const found = await everywhere(levenshteinClosest, "abcde", words, 5);
    assertEquals(found.length, 5);
    assertThrows(() => levenshteinClosest.sync("a", words, 0), RangeError, "levenshteinClosest's k");
  });
});
