// property, arbitraries, commands: fast-check's types in, fast-check's types out, without importing them.
import fc, { type Arbitrary } from "fast-check";
import * as everything from "fast-check";
import { type Op, type Queue, sleep, spawn } from "../../src/mod.ts";
import {
  arbitraries,
  BLOCKED,
  type Checked,
  type Command,
  type Commands,
  commands,
  killAt,
  type KillPoint,
  property,
  type QueueMaker,
  type ScopeShape,
} from "../../src/testing/mod.ts";
import { is } from "./lib/equal.ts";

// The body gets what the arbitraries draw, by position; it may take fewer.
is<Checked>()(
  property(
    fc,
    [fc.array(fc.integer()), fc.nat(3), fc.constantFrom("a" as const, "b" as const)],
    function* (items, n, c) {
      is<number[]>()(items);
      is<number>()(n);
      is<"a" | "b">()(c);
      yield* sleep(n);
    },
  ),
);
property(fc, [fc.nat(), fc.string()], (n) => is<number>()(n));
property(fc, [fc.nat()], () => {});
property(everything, [fc.nat()], () => {});
property(fc, [fc.tuple(fc.nat(), fc.boolean())], ([n, b]) => {
  is<number>()(n);
  is<boolean>()(b);
}, {
  numRuns: 5,
  seed: 1,
  path: "0",
  endOnFailure: true,
  examples: [[[1, true]]],
  explore: { preemptions: 2 },
});
const drawn: Arbitrary<Map<string, number>> = fc.constant(new Map());
property(fc, [drawn], (map) => is<Map<string, number>>()(map));

// @ts-expect-error: the module comes first
property([fc.nat()], () => {});
// @ts-expect-error: not an arbitrary
property(fc, [5], () => {});
// @ts-expect-error: a body cannot ask for more than is drawn
property(fc, [fc.nat()], (a: number, b: number) => a + b);
// @ts-expect-error: nor for something else
property(fc, [fc.nat()], (a: string) => a);
// @ts-expect-error: examples are data
property(fc, [fc.nat()], () => {}, { examples: [["a"]] });
// @ts-expect-error: no body
property(fc, [fc.nat()]);

// What arbitraries() gives is fast-check's to use.
const { queue, scope, killPoint, delay, delays, lock } = arbitraries(fc);
const asTheirs: Arbitrary<QueueMaker> = queue;
const pairs: Arbitrary<[number, ScopeShape]> = fc.tuple(delay, scope);
const lists: Arbitrary<KillPoint[]> = fc.array(killPoint);
const either: Arbitrary<number | number[]> = fc.oneof(delay, delays);
const record: Arbitrary<{ ms: number; when: KillPoint }> = fc.record({ ms: delay, when: killPoint });
const mapped: Arbitrary<string> = delay.filter((ms) => ms > 1).map((ms) => `${ms}`);
const chained: Arbitrary<number> = delay.chain((ms) => fc.nat(ms));
const chainedBy: Arbitrary<number> = fc.nat().chain(() => delay);
property(fc, [asTheirs, pairs, lists, either, record, mapped, chained, chainedBy, lock], () => {});
is<number[]>()(fc.sample(delay));

property(fc, [queue, scope, killPoint], function* (make, within, point) {
  is<QueueMaker>()(make);
  is<number>()(make.maxsize);
  const jobs = make<string>();
  is<Op<string>>()(jobs.get());
  killAt(point, [spawn(() => jobs.get()), spawn(() => 1)]);
  is<number | undefined>()(yield* within(() => 7));
});

// Commands: the model and the real thing come from the commands.
const put = fc.nat().map((n): Command<number[], Queue<number>> => ({
  run: (queue) => queue.put(n),
  model: (items) => items.length < 2 ? items.push(n) : BLOCKED,
  line: (items) => items.length > 1 ? "putters" : undefined,
}));
const all = commands(fc, [put], { greenlets: 2 });
const theirs: Arbitrary<Commands<number[], Queue<number>>> = all;
property(fc, [theirs, killPoint], (all, kill) => {
  is<Commands<number[], Queue<number>>>()(all);
  return (real: Queue<number>) => is<Op<void>>()(all.run(real, [], { kill }));
});
class Read {
  run(real: { n: number }): number {
    return real.n;
  }

  model(state: { m: number }): number {
    return state.m;
  }
}
property(fc, [commands(fc, [fc.constant(new Read())])], (all) => all.run({ n: 1 }, { m: 1 }));
// @ts-expect-error: a command has a model
commands(fc, [fc.constant({ run: () => 1 })]);
// @ts-expect-error: the model's state is of another kind
property(fc, [commands(fc, [fc.constant(new Read())])], (all) => all.run({ n: 1 }, { n: 1 }));
