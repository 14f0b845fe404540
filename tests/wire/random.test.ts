import fc from "fast-check";
import { sleep } from "../../src/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { Link, type TestCall } from "./kit.ts";

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      names: fc.array(
        fc.constantFrom("quick", "fail", "later", "greenlet", "stream", "uncloned", "missing"),
        {
          minLength: 1,
          maxLength: 6,
        },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("takeBack" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("turn" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("die" as const) }) },
);

describe("wire, at random", () => {
  test(
    "whatever is sent, taken back, cancelled and broken off: each call ends once, and runs at most once",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
          const runs = new Map<number, number>();
          const ran = (id: number) => runs.set(id, (runs.get(id) ?? 0) + 1);
          const link = new Link({
            quick: (id: number) => (ran(id), id),
            fail: (id: number) => {
              ran(id);
              throw new RangeError(`${id}`);
            },
            later: async (id: number) => {
              ran(id);
              await new Promise((resolve) => setTimeout(resolve, 1));
              return id;
            },
            greenlet: function* (id: number) {
              ran(id);
              yield* sleep(1);
              return id;
            },
            stream: function* (id: number) {
              ran(id);
              for (let i = 0; i < 100; i++) yield i;
              return id;
            },
            uncloned: (id: number) => (ran(id), () => id),
          });
          const all: TestCall[] = [];
          const waiting: TestCall[] = [];
          let dead = false;
          const go = () => {
            if (!dead && !link.caller.busy) link.caller.send(waiting.splice(0));
          };
          link.whenFree = () => {
            waiting.push(...link.refused.splice(0) as TestCall[]);
            go();
          };
          for (const each of steps) {
            if (each.do === "send") {
              for (const name of each.names) {
                const call = link.call(name, all.length);
                all.push(call);
                waiting.push(call);
              }
              go();
            } else if (each.do === "takeBack") waiting.push(...link.caller.takeBack() as TestCall[]);
            else if (each.do === "cancel" && all.length > 0) {
              const call = all[each.which % all.length];
              if (call.endings.length === 0 && link.caller.hasBegun(call)) link.caller.cancel(call);
            } else if (each.do === "turn") await new Promise((resolve) => setTimeout(resolve, 0));
            else if (each.do === "die" && !dead) {
              dead = true;
              link.there.close(new Error("dead"));
            }
          }
          for (let i = 0; i < 2_000; i++) {
            const open = all.filter((call) => call.endings.length === 0 && !waiting.includes(call));
            if (open.length === 0 || (dead && link.log.some((line) => line.startsWith("closed")))) break;
            for (const call of open) link.caller.more(call, 100);
            await new Promise((resolve) => setTimeout(resolve, 0));
          }
          for (const [id, call] of all.entries()) {
            const given = waiting.includes(call) || link.unstarted.includes(call);
            assertEquals(call.endings.length, given ? 0 : 1, `call ${id}, ${call.target.name}`);
            if (!dead && given) assert((runs.get(id) ?? 0) === 0, "what was taken back did not run");
            assert((runs.get(id) ?? 0) <= 1, "at most once");
            const [end] = call.endings;
            if (end !== undefined && "value" in end && end.value !== undefined) assertEquals(end.value, id);
          }
        }),
        { numRuns: 100 },
      );
    },
    { timeout: 60_000 },
  );
});
