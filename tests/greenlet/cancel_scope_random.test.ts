/** Cancel scopes at random, against a model of the rules in a few lines. */
import fc from "fast-check";
import { CancelScope, sleep, spawn } from "../../src/mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals } from "../assert.ts";
import { test } from "../harness.ts";
import { virtual } from "../regressions/helpers.ts";

/** When everybody who still sleeps wakes up by himself. */
const END = 500;

type Move =
  & { readonly scope: number }
  & (
    | { readonly kind: "cancel" }
    | { readonly kind: "shield"; readonly on: boolean }
    | { readonly kind: "deadline"; readonly at: number }
  );

const scope = fc.nat({ max: 3 });
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ scope, kind: fc.constant("cancel" as const) }),
  fc.record({ scope, kind: fc.constant("shield" as const), on: fc.boolean() }),
  // Between two moves, so that only deadlines meet each other.
  fc.record({
    scope,
    kind: fc.constant("deadline" as const),
    at: fc.nat({ max: 12 }).map((n) => n * 10 + 5),
  }),
);

interface End {
  /** For each scope, outermost first. */
  readonly caught: boolean[];
  readonly left: number[];
}

/** What the rules say: moves come at 10, 20, …; scope `i` is inside of all scopes before it. */
function expected(depth: number, shields: readonly boolean[], moves: readonly Move[]): End {
  const shielded = [...shields];
  const cancelled = shielded.map(() => false);
  const deadline = shielded.map(() => Infinity);
  const end: End = { caught: shielded.map(() => false), left: shielded.map(() => END) };
  let inner = depth - 1;
  /** The outermost scope that is cancelled, with no shield further in, ends: at a park (S-39, S-73). */
  const park = (now: number) => {
    for (let i = 0; i <= inner; i++) {
      if (!cancelled[i] || shielded.slice(i + 1, inner + 1).includes(true)) continue;
      end.caught[i] = true;
      for (let k = i; k <= inner; k++) end.left[k] = now;
      inner = i - 1;
      i = -1; // the body around goes on, to its next park
    }
  };
  for (let now = 5; now < END; now += 5) {
    const next = now % 10 === 0 ? moves[now / 10 - 1] : undefined;
    if (next !== undefined && next.scope <= inner) {
      if (next.kind === "cancel") cancelled[next.scope] = true;
      else if (next.kind === "shield") shielded[next.scope] = next.on;
      else deadline[next.scope] = next.at;
    }
    for (let i = 0; i <= inner; i++) cancelled[i] ||= deadline[i] <= now;
    park(now);
  }
  for (; inner >= 0; park(END)) inner--;
  return end;
}

/** What happens. */
function* played(
  clock: VirtualClock,
  depth: number,
  shields: readonly boolean[],
  moves: readonly Move[],
): Generator<unknown, End> {
  const scopes = shields.map((shield) => new CancelScope({ shield }));
  const left: number[] = [];
  spawn({ daemon: true }, function* () {
    for (const next of moves) {
      yield* sleep(10);
      const target = scopes[next.scope];
      if (next.scope >= depth || left[next.scope] !== undefined) continue;
      if (next.kind === "cancel") target.cancel();
      else if (next.kind === "shield") target.shield = next.on;
      else target.deadline = next.at;
    }
  });
  const level = function* (i: number): Generator<unknown, void> {
    yield* scopes[i].run(function* () {
      if (i + 1 < depth) yield* level(i + 1);
      yield* sleep(END - clock.now());
    });
    left[i] = clock.now();
  };
  yield* level(0);
  return { caught: scopes.map((s) => s.cancelledCaught), left: scopes.map((_, i) => left[i] ?? 0) };
}

test("S-73: random nests of scopes end where and when the rules say, with shields and deadlines moved all the time", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
      fc.array(move, { maxLength: 12 }),
      async (shields, moves) => {
        const clock = new VirtualClock();
        const depth = shields.length;
        const end = await virtual(() => played(clock, depth, shields, moves), clock);
        const model = expected(depth, shields, moves);
        // A scope that an outer one ended was not left by itself: its own moment is that one's.
        const left = end.left.map((at, i) => at === 0 ? model.left[i] : at);
        assertEquals({ caught: end.caught, left }, model);
      },
    ),
    { numRuns: 500 },
  ));
