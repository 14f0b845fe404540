/** SHA-256 of many messages. */
import { createHash } from "node:crypto";
import { kernels } from "../../src/kernels/mod.ts";
import type { KernelCase } from "./types.ts";

const messages = Array.from(
  { length: 4_096 },
  (_, i) => Uint8Array.from({ length: 20 + i % 80 }, (_, k) => i * k),
);

function native(): Uint8Array {
  const out = new Uint8Array(32 * messages.length);
  messages.forEach((message, i) => out.set(createHash("sha256").update(message).digest(), 32 * i));
  return out;
}

const { Bun } = globalThis as { Bun?: { SHA256: { hash(data: Uint8Array, out: Uint8Array): unknown } } };

/** What Bun has besides. */
function ofBun(sha256: NonNullable<typeof Bun>["SHA256"]): Uint8Array {
  const out = new Uint8Array(32 * messages.length);
  messages.forEach((message, i) => sha256.hash(message, out.subarray(32 * i, 32 * i + 32)));
  return out;
}

/** Short ones. */
export const cases: readonly KernelCase[] = [{
  title: "SHA-256 of 4,096 messages of 20 to 99 bytes",
  sides: {
    tendril: () => kernels.sha256.sync(messages),
    "node:crypto": native,
    ...Bun && { "Bun.SHA256": () => ofBun(Bun.SHA256) },
  },
}];
