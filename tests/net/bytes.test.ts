import process from "node:process";
import * as fc from "fast-check";
import { spawn } from "../../src/mod.ts";
import { Bytes } from "../../src/net/bytes.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { sequences } from "../laws/kit.ts";
import { text, withPair } from "./kit.ts";

const small = fc.uint8Array({ min: 0, max: 2, maxLength: 12 });

describe("net: bytes", () => {
  test("whatever the chunks, what is found and taken is what one array gives", () =>
    sequences(
      fc.tuple(
        fc.array(small, { maxLength: 8 }),
        fc.array(fc.uint8Array({ min: 0, max: 2, minLength: 1, maxLength: 4 }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.array(fc.tuple(fc.constantFrom("push", "find", "take", "some"), fc.nat(20)), { maxLength: 40 }),
      ),
      ([chunks, delimiters, actions]) => {
        const bytes = new Bytes();
        let model: number[] = [];
        let next = 0;
        for (const [action, n] of actions) {
          if (action === "push" && next < chunks.length) {
            model.push(...chunks[next]);
            bytes.push(chunks[next++]);
          } else if (action === "take" && n <= model.length) {
            assertEquals([...bytes.take(n)], model.slice(0, n));
            model = model.slice(n);
          } else if (action === "some" && model.length > 0 && n > 0) {
            const got = [...bytes.takeSome(n)];
            assertEquals(got, model.slice(0, got.length));
            assertEquals(got.length > 0 && got.length <= n, true);
            model = model.slice(got.length);
          } else if (action === "find") {
            const wanted = delimiters[n % delimiters.length];
            assertEquals(bytes.find(wanted), indexOf(model, wanted));
          }
          assertEquals(bytes.size, model.length);
        }
      },
    ));

  test("over a real connection, random pieces give the same lines and blocks again", async () => {
    const seed = Number(process.env.TENDRIL_SEED ?? Date.now() % 65_536);
    const messages = fc.sample(
      fc.array(
        fc.oneof(fc.string({ unit: "grapheme", maxLength: 200 }), fc.uint8Array({ maxLength: 3_000 })),
        {
          minLength: 40,
          maxLength: 40,
        },
      ),
      { seed, numRuns: 5 },
    );
    for (const [round, parts] of messages.entries()) {
      const cuts = fc.sample(fc.nat(700), { seed: seed + round, numRuns: 100 });
      await withPair(function* ({ client, server }) {
        const lines = parts.map((part) => typeof part === "string" ? part.replaceAll(/[\r\n]/g, "_") : part);
        const encoder = new TextEncoder();
        const all = lines.flatMap((part) =>
          typeof part === "string"
            ? [...encoder.encode(`${part}${part.length % 2 === 0 ? "\n" : "\r\n"}`)]
            : [...encoder.encode(`#${part.length}\n`), ...part]
        );
        const writer = spawn(function* () {
          for (let at = 0, i = 0; at < all.length; i++) {
            const size = Math.max(1, cuts[i % cuts.length]);
            yield* client.write(Uint8Array.from(all.slice(at, at + size)));
            at += size;
            if (i % 3 === 0) yield* client.flush();
          }
          yield* client.end();
        });
        for (const part of lines) {
          const line = yield* server.readLine();
          if (typeof part === "string") assertEquals(line, part, `seed ${seed}`);
          else {
            assertEquals(line, `#${part.length}`, `seed ${seed}`);
            assertEquals(yield* server.readExactly(part.length), part, `seed ${seed}`);
          }
        }
        assertEquals(text(yield* server.read()), null, `seed ${seed}`);
        yield* writer;
      });
    }
  });
});

function indexOf(all: readonly number[], wanted: Uint8Array): number {
  for (let i = 0; i + wanted.length <= all.length; i++) {
    if (wanted.every((byte, k) => all[i + k] === byte)) return i;
  }
  return -1;
}
