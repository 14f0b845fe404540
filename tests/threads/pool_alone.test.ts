import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { eventually, failure, withPool } from "./pool_kit.ts";

/** Calls by one who waits for each of them go out at the call, from the third on. */
describe("calls one after the other", () => {
  test("S-79: carry the caller's stack", () =>
    withPool({ size: 1 }, async (work) => {
      for (let i = 0; i < 5; i++) {
        const error = await failure(work.fail("boom"));
        assertStringIncludes(error.stack ?? "", "called in another thread, by");
        assertStringIncludes(error.stack ?? "", "pool_alone.test.ts");
      }
    }));

  test("are followed by a crowd in the same turn, in order", () =>
    withPool({ size: 2 }, async (work, pool) => {
      for (let i = 0; i < 3; i++) assertEquals(await work.add(i, 1), i + 1);
      const crowd = Array.from({ length: 100 }, (_, i) => work.add(i, i));
      assertEquals(await Promise.all(crowd), Array.from({ length: 100 }, (_, i) => 2 * i));
      assertEquals(pool.stats().completed, 103);
    }));

  test("what cannot be sent fails as a rejection, not at the call", () =>
    withPool({ size: 1 }, async (work) => {
      for (let i = 0; i < 3; i++) await work.echo(i);
      for (const odd of [() => {}, Symbol("odd"), { f() {} }]) {
        assertStringIncludes((await failure(work.echo(odd))).message, "cannot be");
        assertEquals(await work.echo(1), 1);
      }
    }));

  test("one that is killed in its turn ends once, and the thread goes on", () =>
    withPool({ size: 1 }, async (work, pool) => {
      for (let i = 0; i < 5; i++) {
        for (let k = 0; k < 3; k++) await work.add(k, k);
        let ends = 0;
        const job = pool.submit(work.add, 1, 2);
        job.link(() => ends++);
        void job.kill();
        await eventually(() => ends > 0);
        assert(job.dead);
        assertEquals([ends, await work.add(2, 2)], [1, 4]);
      }
    }));
});
