/** Contexts that follow awaits: every kind keeps the same promises. */
import { AsyncLocalStorage } from "node:async_hooks";
import { asyncContext, asyncContexts } from "../../src/host/io.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";

describe("async context", () => {
  test("there is one", () => {
    assert(asyncContext() !== undefined);
  });

  for (const [i] of asyncContexts<string>().entries()) {
    const make = () => asyncContexts<string>()[i];
    const { name } = make().constructor;

    test(`${name}: a frame can be entered again and again, with its value also after awaits`, async () => {
      const context = make();
      const a = context.frame("a"), b = context.frame("b");
      const seen: unknown[] = [];
      const body = function (this: { tag: string }): void {
        seen.push(`${this.tag} ${context.get()}`);
        const after = (async () => {
          await null;
          seen.push(`later ${this.tag} ${context.get()}`);
        })();
        pending.push(after);
      };
      const pending: Promise<void>[] = [];
      context.enter(a, body, { tag: "1" });
      context.enter(b, body, { tag: "2" });
      context.enter(a, body, { tag: "3" });
      assertStrictEquals(context.get(), undefined);
      await Promise.all(pending);
      assertEquals(seen, ["1 a", "2 b", "3 a", "later 1 a", "later 2 b", "later 3 a"]);
      context.stop();
    });

    test(`${name}: a change holds until the end of its enter, and for the awaits that begin there`, async () => {
      const context = make();
      const frame = context.frame("outer");
      let later: Promise<unknown> | undefined;
      context.enter(frame, () => {
        context.change("inner");
        assertStrictEquals(context.get(), "inner");
        later = (async () => {
          await null;
          return context.get();
        })();
      }, null);
      assertStrictEquals(context.get(), undefined);
      assertStrictEquals(await later, "inner");
      let again: unknown;
      context.enter(
        context.changeSpoilsFrame ? context.frame("outer") : frame,
        () => again = context.get(),
        null,
      );
      assertStrictEquals(again, "outer");
      context.stop();
    });

    test(`${name}: enters nest, and one that throws leaves nothing behind`, () => {
      const context = make();
      const a = context.frame("a"), b = context.frame("b");
      const seen: unknown[] = [];
      context.enter(a, () => {
        context.enter(b, () => seen.push(context.get()), null);
        seen.push(context.get());
        assertThrows(
          () =>
            context.enter(b, () => {
              throw new Error("inside");
            }, null),
          Error,
          "inside",
        );
        seen.push(context.get());
      }, null);
      assertEquals(seen, ["b", "a", "a"]);
      assertStrictEquals(context.get(), undefined);
      context.stop();
    });

    test(`${name}: a frame takes other people's contexts with it`, () => {
      const context = make();
      const theirs = new AsyncLocalStorage<number>();
      const frame = theirs.run(7, () => context.frame("ours"));
      let seen: unknown;
      context.enter(frame, () => seen = theirs.getStore(), null);
      assertEquals(seen, name === "RunContext" ? undefined : 7);
      context.stop();
    });
  }
});
