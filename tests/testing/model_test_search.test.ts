/** The search for an order that fits, beside one that tries all orders. */
import {
  BLOCKED,
  KILLED,
  type Kind,
  type Operation,
  PENDING,
  RETURNED,
  Search,
} from "../../src/testing/models/linearizable.ts";
import { tellHistory } from "../../src/testing/models/model_history.ts";
import { copyOf, isEqual, textOf } from "../../src/testing/models/model_state.ts";
import { Random } from "../../src/testing/schedules/random.ts";
import { assert, assertEquals, assertFalse, assertGreater } from "../assert.ts";
import { describe, test } from "../harness.ts";

type State = number[];

const put: Kind<State> = {
  name: "put",
  model: (items, n) => items.length < 2 ? void items.push(n as number) : BLOCKED,
  either: false,
};
const get: Kind<State> = {
  name: "get",
  model: (items) => items.length > 0 ? items.shift() : BLOCKED,
  either: false,
};
const tryGet: Kind<State> = { ...get, name: "tryGet", lapses: () => "nothing" };
const inLine = (kind: Kind<State>, line: string): Kind<State> => ({ ...kind, line });

/** A random history of so many operations in three greenlets. */
function randomHistory(random: Random, size: number, kinds: readonly Kind<State>[]): Operation<State>[] {
  const open: (Operation<State> | undefined)[] = [undefined, undefined, undefined];
  const history: Operation<State>[] = [];
  for (let now = 0; history.length < size || open.some((o) => o !== undefined && random.chance(0.7)); now++) {
    const who = random.below(3), operation = open[who];
    if (operation === undefined) {
      if (history.length === size) continue;
      const kind = random.pick(kinds);
      const args = kind.name === "put" ? [random.below(2)] : [];
      const made = {
        kind,
        args,
        who: `${who}`,
        called: now,
        ended: Infinity,
        how: PENDING,
        value: undefined,
        from: 0,
        to: 0,
      };
      history.push(open[who] = made);
    } else if (operation.how === PENDING) {
      operation.ended = now;
      operation.how = random.chance(0.1) ? KILLED : RETURNED;
      const { name } = operation.kind;
      operation.value = name === "put"
        ? undefined
        : name === "tryGet" && random.chance(0.3)
        ? "nothing"
        : random.below(2);
      open[who] = undefined;
    }
  }
  return history;
}

/** Tries every order. */
function bruteForce(
  history: readonly Operation<State>[],
  state: State,
  restCounts: boolean,
  done: number[] = [],
): boolean {
  const left = history.map((_, i) => i).filter((i) => !done.includes(i));
  const behind = (i: number) =>
    history[i].kind.line !== undefined &&
    left.some((j) => j < i && history[j].kind.line === history[i].kind.line);
  if (left.every((i) => history[i].how === PENDING)) {
    return !restCounts ||
      left.every((i) => behind(i) || history[i].kind.model([...state], ...history[i].args) === BLOCKED);
  }
  return left.some((i) => {
    const { kind, args, called, how, value } = history[i];
    if (how === PENDING || left.some((j) => history[j].ended < called)) return false;
    if (how === KILLED) return bruteForce(history, state, restCounts, [...done, i]);
    const next = [...state];
    const answer = kind.model(next, ...args);
    const happens = !behind(i) && answer !== BLOCKED && answer === value;
    if (happens && bruteForce(history, next, restCounts, [...done, i])) return true;
    const lapses = kind.lapses !== undefined && kind.lapses() === value && (behind(i) || answer === BLOCKED);
    return lapses && bruteForce(history, state, restCounts, [...done, i]);
  });
}

describe("the search for an order", () => {
  const suites: [string, Kind<State>[]][] = [
    ["without lines", [put, get]],
    ["with what lapses", [put, get, tryGet]],
    ["with lines", [inLine(put, "put"), inLine(get, "get"), inLine(tryGet, "get")]],
    ["with a line as a function", [put, { ...get, line: (items) => items.length > 1 ? undefined : "get" }]],
  ];
  for (const [name, kinds] of suites.slice(0, 3)) {
    for (const restCounts of [false, true]) {
      test(`finds one if there is one, ${name}${restCounts ? ", where the rest counts" : ""}`, () => {
        let fitting = 0;
        for (let seed = 0; seed < 3_000; seed++) {
          const history = randomHistory(new Random(seed), 2 + seed % 5, kinds);
          const expected = bruteForce(history, [], restCounts);
          assertEquals(
            new Search(history, restCounts).fits([]),
            expected,
            `seed ${seed}: ${textOf(history)}`,
          );
          if (expected) fitting++;
        }
        assertGreater(fitting, 100);
        assertGreater(2_900, fitting);
      });
    }
  }

  test("asks a line's function in each state", () => {
    const [, kinds] = suites[3];
    const at = (kind: Kind<State>, called: number, ended: number, value?: unknown): Operation<State> => ({
      kind,
      args: kind === put ? [called] : [],
      who: "a",
      called,
      ended,
      how: ended === Infinity ? PENDING : RETURNED,
      value,
      from: 0,
      to: 0,
    });
    const early = (puts: number) => [
      ...Array.from({ length: puts }, (_, i) => at(put, i, i + 0.5)),
      at(kinds[1], 3, Infinity),
      at(kinds[1], 4, 5, 0),
    ];
    assert(new Search(early(2), false).fits([]), "with two items nobody stands in a line");
    assertFalse(new Search(early(1), false).fits([]), "with one the first comes first");
  });

  test("remembers dead ends: forty operations at a time that do not fit are soon told", () => {
    const history: Operation<State>[] = Array.from({ length: 20 }, (_, i) => ({
      kind: { ...put, model: (items: State) => void items.push(1) },
      args: [1],
      who: `${i}`,
      called: i,
      ended: 100 + i,
      how: RETURNED,
      value: undefined,
      from: 0,
      to: 0,
    }));
    history[19] = { ...history[19], kind: get, value: 2 };
    let asked = 0;
    const counted = history.map((operation) => ({
      ...operation,
      kind: {
        ...operation.kind,
        model: (items: State, ...args: readonly unknown[]) => (asked++, operation.kind.model(items, ...args)),
      },
    }));
    // All are the same, but the search does not know that: 2^19 sets of them, not 20! orders.
    const few = [...counted.slice(0, 10), counted[19]];
    assertFalse(new Search(few, false).fits([]));
    assertGreater(2 ** 10 * 12, asked);
  });
});

test("a history says who stands before whom, who was killed and who waits", () => {
  const kinds = [inLine(put, "put"), inLine(get, "get")];
  const at = (i: number, who: string, called: number, ended: number, how: number, value?: unknown) => ({
    kind: kinds[i],
    args: i === 0 ? [7] : [],
    who,
    called,
    ended,
    how,
    value,
    from: called,
    to: ended,
  });
  const history: Operation<State>[] = [
    at(1, "a", 1, Infinity, PENDING),
    at(1, "b", 2, 9, KILLED),
    at(0, "c", 3, 4, RETURNED),
    at(1, "d", 5, 6, RETURNED, 7),
  ];
  const search = new Search(history, true);
  assertFalse(search.fits([]));
  assertEquals(
    tellHistory(history, search.best).split("\n").map((line) => line.trim()),
    [
      "steps  greenlet  operation  outcome       order",
      "1–     a         get()      waits         -",
      "2–9    b         get()      killed in it  2",
      "3–4    c         put(7)     undefined     1",
      "5–6    d         get()      7             -",
      "In the order of the last column they fit the model, up to the state [7]. Then:",
      "get() of d gave 7, though somebody stands before it in its line",
    ],
  );
});

test("states are copied as deep as they go, and told apart by what is in them", () => {
  class Counter {
    n = 1;
    readonly log: string[] = ["a"];
  }
  class Own {
    cloned = 0;
    clone(): Own {
      const copy = new Own();
      copy.cloned = this.cloned + 1;
      return copy;
    }
  }
  const state = {
    list: [1, { deep: [2] }],
    map: new Map([["a", [1]]]),
    set: new Set(["x", "y"]),
    counter: new Counter(),
    own: new Own(),
    when: new Date(5),
    none: null,
    missing: undefined,
  };
  const copy = copyOf(state);
  assertEquals(copy.own.cloned, 1);
  copy.own.cloned = 0;
  assert(isEqual(copy, state));
  assert(copy.counter instanceof Counter && copy.when.getTime() === 5);
  copy.map.get("a")?.push(2);
  copy.counter.log.push("b");
  (copy.list[1] as { deep: number[] }).deep.push(3);
  assertEquals([state.map.get("a"), state.counter.log, state.list], [[1], ["a"], [1, { deep: [2] }]]);
  assertFalse(isEqual(copy, state));
  const pairs: [unknown, unknown][] = [[0, -0], [1, "1"], [[], {}], [null, undefined], [1n, 1], [
    new Map(),
    new Set(),
  ]];
  for (const [a, b] of pairs) assertFalse(isEqual(a, b), `${textOf(a)} and ${textOf(b)}`);
  const [f, g] = [() => 1, () => 1];
  assert(isEqual([f, Symbol.iterator], [f, Symbol.iterator]));
  assertFalse(isEqual([f], [g]), "functions are told apart by what they are");
  function named() {}
  assertEquals(textOf({ f: named, s: Symbol("x") }), "{f:function named,s:Symbol(x)}");
  assert(isEqual({ a: 1, b: 2 }, { b: 2, a: 1 }));
  assert(isEqual(new Set([1, 2]), new Set([2, 1])));
});
