// `yield*` gives the operation's result with its type.
import { call, type Op, sleep, spawn, suspend, until } from "../../src/mod.ts";
import { type Gives, is, same } from "./lib/equal.ts";

export function* program() {
  is<void>()(yield* sleep(1));
  is<never>()(yield* suspend());
  is<number>()(yield* until(Promise.resolve(1)));
  is<string>()(
    yield* until((signal) => {
      is<AbortSignal>()(signal);
      return Promise.resolve("x");
    }),
  );
  is<number[]>()(yield* call(() => [1]));

  const greenlet = spawn(function* () {
    yield* sleep(1);
    return { a: 1 };
  });
  is<{ a: number }>()(yield* greenlet);
  is<{ a: number }>()(yield* greenlet.get());
  is<boolean>()(yield* greenlet.join());
  is<boolean>()(yield* greenlet.kill());

  // A variable in between, a condition, an operation of a union.
  const op: Op<number> | Op<string> = Math.random() < 2 ? call(() => 1) : call(() => "x");
  is<number | string>()(yield* op);
  const { length } = yield* call(() => "abc");
  is<number>()(length);
  return "done" as const;
}
same<Gives<ReturnType<typeof program>>, "done">();

// A generator function is an operation for the next one.
export function* outer() {
  const done = yield* program();
  is<"done">()(done);
  return done.length;
}
same<Gives<ReturnType<typeof outer>>, number>();

declare const number: Op<number>;
export function* wrong() {
  // @ts-expect-error: the result is a number
  const text: string = yield* number;
  // A promise needs until or a bare yield, but where `tendril/monkey` is part of the program, as it is here.
  is<number>()(yield* Promise.resolve(1));
  // @ts-expect-error: a number is no operation
  yield* 5;
  return text;
}

// An operation of a narrower result is one of a wider, not the other way round.
const wider: Op<number | string> = number;
// @ts-expect-error: a string may come
const narrower: Op<number> = wider;
// @ts-expect-error: an array is no operation
const array: Op<number> = [1, 2];
export { array, narrower, wider };
