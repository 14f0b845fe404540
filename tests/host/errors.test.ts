/** Rule S-78 and what goes with it: who is told of an error that nobody asked for. */
import { type Greenlet, run, sleep, spawn } from "../../src/mod.ts";
import { settle, VirtualClock } from "../../src/testing/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught } from "../regressions/helpers.ts";
import { occurrences, start } from "./child.ts";

const slow = { timeout: 60_000 };

/** What is printed as an error while `body` runs. */
async function printedBy(body: () => Promise<unknown>): Promise<string> {
  const lines: string[] = [];
  const before = console.error;
  console.error = (...parts: unknown[]) => void lines.push(parts.map(String).join(" "));
  try {
    await body();
  } finally {
    console.error = before;
  }
  return lines.join("\n");
}

/** Runs one greenlet that throws `error`, and gives what the run throws. */
async function thrownBy(
  error: unknown,
  onError?: (error: unknown, g: Greenlet<unknown>) => void,
): Promise<unknown> {
  let thrown: unknown = "nothing";
  let wentOn = false;
  await run(function* () {
    spawn({ name: "worker-seven" }, function* () {
      yield* sleep(1);
      throw error;
    });
    yield* sleep(5);
    wentOn = true;
  }, { clock: new VirtualClock(), onError }).catch((e) => thrown = e);
  assert(wentOn, "the others stopped");
  return thrown;
}

describe("onError", () => {
  test("an error that nobody asked for goes to onError at once, and leaves through the scope", async () => {
    const told: [unknown, string][] = [], boom = new Error("boom");
    assertStrictEquals(await thrownBy(boom, (e, g) => void told.push([e, g.name])), boom);
    assertEquals(told.length, 1);
    assertStrictEquals(told[0]![0], boom);
    assertEquals(told[0]![1], "worker-seven");
  });

  test("one that is asked for before its scope ends is told, but not thrown", async () => {
    const told: unknown[] = [], boom = new Error("boom");
    await run(function* () {
      const g = spawn(() => {
        throw boom;
      });
      yield* settle();
      assertEquals(told.length, 1);
      assertStrictEquals(yield* caught(g), boom);
    }, { clock: new VirtualClock(), onError: (e) => void told.push(e) });
    assertEquals(told.length, 1);
  });

  test("an AggregateError that wraps what was told already is told as well: it says something new", async () => {
    const told: string[] = [], boom = new Error("boom");
    await assertRejects(() =>
      run(function* () {
        const g = spawn(() => {
          throw boom;
        });
        yield* settle();
        spawn(function* () {
          throw new AggregateError([yield* caught(g)], "while doing something");
        });
        yield* settle();
      }, { clock: new VirtualClock(), onError: (e) => void told.push((e as Error).message) })
    );
    assertEquals(told, ["boom", "while doing something"]);
  });

  test("by default it is printed on stderr, with the greenlet's name and the stack", async () => {
    const { code, stdout, stderr } = await start("default onError").ended;
    assertEquals([code, stdout], [0, "others go on\nrun threw: boom in a child\n"]);
    assertMatch(stderr, /worker-seven.*boom in a child/);
    assertMatch(stderr, /programs\.ts:\d+/);
    assertEquals(occurrences(stderr, "Error: boom in a child"), 1);
  }, slow);

  test("a hook that is no function is a TypeError at the call", () => {
    for (const wrong of ["print", {}, null] as unknown as (() => void)[]) {
      assertThrows(() => run(() => {}, { onError: wrong }), TypeError);
    }
  });

  test("S-78: a hook that throws is survived; both errors are printed, the greenlet's is still thrown", async () => {
    const boom = new Error("boom");
    const printed = await printedBy(async () => {
      const thrown = await thrownBy(boom, () => {
        throw new Error("the hook broke");
      });
      assertStrictEquals(thrown, boom);
    });
    assertMatch(printed, /the hook broke/);
    assertMatch(printed, /Error: boom/);
  });

  test("S-78: a broken hook is survived by a whole program", async () => {
    const { code, stdout, stderr } = await start("broken onError").ended;
    assertEquals([code, stdout], [0, "others go on\nrun threw: boom in a child\n"]);
    assertMatch(stderr, /the hook broke/);
    assertMatch(stderr, /boom in a child/);
  }, slow);

  test("S-78: a hook that is async and rejects is survived too", async () => {
    const { code, stdout, stderr } = await start("rejecting onError").ended;
    assertEquals([code, stdout], [0, "others go on\nrun threw: boom in a child\n"], stderr);
    assertMatch(stderr, /the hook broke/);
  }, slow);

  test("S-78: a hook that breaks for links and for several greenlets stops nobody", async () => {
    let calls = 0;
    const log: string[] = [];
    await printedBy(() =>
      assertRejects(() =>
        run(function* () {
          for (const name of ["a", "b"]) {
            const g = spawn({ name }, () => {
              throw new Error(name);
            });
            g.linkValue(() => log.push("not called"));
          }
          const fine = spawn(() => 1);
          fine.link(() => {
            throw new Error("link");
          });
          fine.link(() => log.push("second link"));
          yield* sleep(1);
          log.push("main");
        }, {
          clock: new VirtualClock(),
          onError: () => {
            calls++;
            throw new Error("the hook broke");
          },
        })
      )
    );
    assertEquals(log.toSorted(), ["main", "second link"]);
    assertEquals(calls, 3);
  });
});

describe("the report", () => {
  const cyclic = new Error("cyclic");
  cyclic.cause = cyclic;
  const itself = new AggregateError([], "holds itself");
  itself.errors.push(itself);
  const hollow = new AggregateError([], "has no parts");
  (hollow as { errors: unknown }).errors = undefined;
  const bare = new Error("no stack");
  bare.stack = undefined;
  const odd = new Error("odd stack");
  (odd as { stack: unknown }).stack = 42;
  const thrower = new Error("throws");
  Object.defineProperty(thrower, "stack", {
    get() {
      throw new Error("a getter broke");
    },
  });
  const strange: [name: string, error: unknown, expected: RegExp][] = [
    ["undefined", undefined, /undefined/],
    ["null", null, /null/],
    ["a symbol", Symbol("sign"), /sign/],
    ["text", "just text", /just text/],
    ["an object without a prototype", Object.create(null), /worker-seven/],
    ["an object whose toString throws", {
      toString() {
        throw new Error("toString broke");
      },
    }, /worker-seven/],
    ["an error that is its own cause", cyclic, /cyclic/],
    ["an AggregateError that holds itself", itself, /holds itself/],
    ["an AggregateError without its list", hollow, /has no parts/],
    ["an error without a stack", bare, /no stack/],
    ["an error with a number for a stack", odd, /worker-seven/],
    ["an error whose stack throws", thrower, /worker-seven/],
  ];
  for (const [name, error, expected] of strange) {
    test(`S-78: by default ${name} is reported with the greenlet's name, and the run goes on`, async () => {
      let thrown: unknown;
      const printed = await printedBy(async () => {
        thrown = await thrownBy(error);
      });
      assert(Object.is(thrown, error), "the run throws something else");
      assertMatch(printed, expected);
      assertMatch(printed, /worker-seven/);
    });
  }

  test("causes and the parts of an AggregateError are shown, with their stacks", async () => {
    const error = new AggregateError(
      [new Error("part one"), new Error("part two", { cause: "deep" })],
      "both",
    );
    const printed = await printedBy(() => thrownBy(error));
    assertMatch(printed, /both[^]*part one[^]*part two[^]*deep/);
  });
});
