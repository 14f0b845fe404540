// spawn: results, arguments and options.
import { call, type Greenlet, type Op, sleep, spawn, spawnLater, suspend } from "../../src/mod.ts";
import { is } from "./lib/equal.ts";

export function* program() {
  is<Greenlet<number>>()(spawn(function* () {
    yield* sleep(1);
    return 1;
  }));
  is<Greenlet<string>>()(spawn(() => "plain"));
  is<Greenlet<string>>()(spawn(async () => await Promise.resolve("async")));
  is<Greenlet<void>>()(spawn(() => sleep(1)));
  is<Greenlet<void>>()(spawn(() => {}));
  is<Greenlet<never>>()(spawn(() => suspend()));
  is<Greenlet<number>>()(spawn(() => spawn(() => 1)));
  is<Greenlet<boolean>>()(spawn({ name: "x", daemon: true }, () => true));
  is<Greenlet<number[]>>()(spawn(() => [1]));
  is<Greenlet<number | undefined>>()(spawn((): number | undefined => 1));

  function* add(a: number, b: number) {
    yield* sleep(1);
    return a + b;
  }
  is<Greenlet<number>>()(spawn(add, 1, 2));
  is<Greenlet<number>>()(spawn({ name: "add" }, add, 1, 2));
  is<Greenlet<number>>()(spawn(add(1, 2)));
  is<Greenlet<number>>()(spawnLater(5, add, 1, 2));
  is<Greenlet<string>>()(spawn((a: string, b?: number) => a + b, "x"));
  is<Greenlet<number>>()(spawn((...all: number[]) => all.length, 1, 2, 3));

  // @ts-expect-error: an argument is missing
  spawn(add, 1);
  // @ts-expect-error: one too many
  spawn(add, 1, 2, 3);
  // @ts-expect-error: of the wrong type
  spawn(add, 1, "2");
  // @ts-expect-error: the same with options
  spawn({ name: "add" }, add, 1, "2");
  // @ts-expect-error: nothing to run
  spawn(5);
  // @ts-expect-error: an operation is no body
  spawn(sleep(1));
  // @ts-expect-error: options without a body
  spawn({ name: "x" });
  // @ts-expect-error: no such option
  spawn({ nmae: "x" }, () => 1);
  // @ts-expect-error: the delay comes first
  spawnLater(() => 1);
  // @ts-expect-error: the result is a number
  const text: Greenlet<string> = spawn(() => 1);
  return text;
}

export function* called() {
  function* add(a: number, b: number) {
    yield* sleep(1);
    return a + b;
  }
  is<Op<number>>()(call(add, 1, 2));
  is<Op<string>>()(call(() => "plain"));
  is<Op<string>>()(call(async () => await Promise.resolve("async")));
  is<Op<void>>()(call(() => sleep(1)));
  is<number>()(yield* call(add, 1, 2));
  // @ts-expect-error: an argument is missing
  call(add, 1);
  // @ts-expect-error: of the wrong type
  call(add, 1, "2");
  // @ts-expect-error: a generator is no function
  call(add(1, 2));
}
