// Several at once: all, race, gather, asCompleted, wait, joinAll.
import {
  all,
  asCompleted,
  call,
  Event,
  gather,
  type Greenlet,
  iwait,
  joinAll,
  killAll,
  type Op,
  race,
  shield,
  sleep,
  type Stream,
  suspend,
  wait,
} from "../../src/mod.ts";
import { is } from "./lib/equal.ts";

declare const n: Op<number>;
declare const s: Greenlet<string>;
declare const p: Promise<boolean>;
function* gen() {
  yield* sleep(1);
  return { a: 1 };
}

export function* program() {
  is<[number, string, boolean]>()(yield* all([n, s, p]));
  is<[{ a: number }, void]>()(yield* all([gen(), sleep(1)]));
  is<number[]>()(yield* all(new Set([n, n])));
  is<[]>()(yield* all([]));
  const list: Op<number>[] = [n];
  is<number[]>()(yield* all(list));
  is<number[]>()(yield* all([1, 2].map((i) => call(() => i))));

  is<number | string | boolean>()(yield* race([n, s, p]));
  is<number>()(yield* race([n, suspend()]));
  is<number>()(yield* race(list));

  is<[number, string, boolean]>()(yield* gather([n, s, p]));
  is<number[]>()(yield* gather(list));

  const stream = asCompleted(list);
  is<Stream<number>>()(stream);
  is<IteratorResult<number, undefined>>()(yield* stream.next());
  is<Stream<number | string>>()(asCompleted<number | string>([n, s]));

  const event = new Event();
  is<Event[]>()(yield* wait([event], { timeout: 5, count: 1 }));
  is<(Event | Greenlet<string>)[]>()(yield* wait([event, s]));
  is<Stream<Greenlet<string>>>()(iwait([s]));
  is<Greenlet<string>[]>()(yield* joinAll([s], { raiseError: true, count: 1, timeout: 1 }));
  is<Greenlet<string>[]>()(yield* killAll([s], "reason", { grace: 1, timeout: 1 }));

  is<number>()(yield* shield(n));
  is<{ a: number }>()(yield* shield(gen));
  is<string>()(yield* shield(() => "body", { timeout: 5 }));

  // @ts-expect-error: a number is nothing to wait for
  all([1]);
  // @ts-expect-error: nor is a function, whose call would be
  race([() => n]);
  // @ts-expect-error: a promise is no object of ours: until(promise) is one for all and race
  wait([p]);
  // @ts-expect-error: the results are a number and a string
  const wrong: [string, string] = yield* all([n, s]);
  // @ts-expect-error: an array is wanted, not its members
  gather(n, s);
  return wrong;
}

// Errors among the results: they are there, so the type says so.
export function* withErrors() {
  const results = yield* gather([n, s], { returnExceptions: true });
  // @ts-expect-error: it may be an error
  const first: number = results[0];
  return first;
}
