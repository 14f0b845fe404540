// select: the key says which value it is.
import { call, Event, Queue, select, sleep, spawn } from "../../src/mod.ts";
import { is } from "./lib/equal.ts";

declare const a: Queue<number>;
declare const b: Queue<string>;
declare const done: Event;

export function* program() {
  const won = yield* select({ a: a.get(), b: b.get(), late: sleep(5) });
  is<"a" | "b" | "late">()(won.key);
  is<number>()(won.index);
  is<number | string | void>()(won.value);
  switch (won.key) {
    case "a":
      is<number>()(won.value);
      break;
    case "b":
      is<string>()(won.value);
      break;
    case "late":
      is<void>()(won.value);
  }

  // Queues stand for their get, events for their wait, promises and greenlets for their result.
  const other = yield* select({ a, done, p: Promise.resolve({ x: 1 }), g: spawn(() => "g") });
  if (other.key === "a") is<number>()(other.value);
  else if (other.key === "done") is<boolean>()(other.value);
  else if (other.key === "p") is<{ x: number }>()(other.value);
  else is<string>()(other.value);

  const maybe = yield* select({ u: call(() => undefined as number | undefined), b: b.get() });
  if (maybe.key === "b") is<string>()(maybe.value);

  const listed = yield* select([a.get(), b.get()]);
  is<number | string>()(listed.value);
  is<number>()(listed.index);
  if (listed.key === 0) is<number>()(listed.value);
  const many = yield* select([a, a].map((queue) => queue.get()));
  is<number>()(many.key);
  is<number>()(many.value);

  // @ts-expect-error: nothing to wait for
  select({ a: 5 });
  // @ts-expect-error: a function is no case
  select({ a: () => a.get() });
  // @ts-expect-error: no such key
  if (won.key === "c") return 1;
  // @ts-expect-error: cases are a record or an array
  select(a.get(), b.get());
  return 0;
}
