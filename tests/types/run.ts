// run: the promise has the body's result.
import { type Greenlet, main, run, sleep, spawn } from "../../src/mod.ts";
import { is, same } from "./lib/equal.ts";

same<typeof number, Promise<number>>();
const number = run(function* () {
  yield* sleep(1);
  return 1;
});
is<Promise<string>>()(run(() => "plain"));
is<Promise<string>>()(run(async () => await Promise.resolve("async")));
is<Promise<void>>()(run(() => sleep(1)));
is<Promise<void>>()(run(() => {}));
is<Promise<number>>()(run(() => spawn(() => 1)));
is<Promise<{ a: number } | undefined>>()(run(function* () {
  yield* sleep(1);
  return Math.random() < 2 ? { a: 1 } : undefined;
}));
is<Promise<number[]>>()(run(() => [1, 2]));
is<Promise<[number, string]>>()(run((): [number, string] => [1, "x"]));
is<Promise<Map<string, number>>>()(run(() => new Map<string, number>()));
is<Promise<string>>()(run(function* () {
  yield Promise.resolve();
  return "bare yields are fine, untyped";
}));
is<Promise<void>>()(main(function* () {
  yield* sleep(1);
}));

run(() => 1, {
  grace: 5,
  sliceMs: 5,
  signal: AbortSignal.timeout(1),
  onError: (error, greenlet) => {
    is<unknown>()(error);
    is<Greenlet<unknown>>()(greenlet);
  },
});

// @ts-expect-error: a body is a function
run(5);
// @ts-expect-error: not a generator that runs already
run(function* () {}());
// @ts-expect-error: the main body gets no arguments
run((n: number) => n);
// @ts-expect-error: no such option
run(() => 1, { graec: 5 });
// @ts-expect-error: milliseconds are a number
run(() => 1, { grace: "5" });
// @ts-expect-error: the result is a number
const text: Promise<string> = run(() => 1);
export { text };
