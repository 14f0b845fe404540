/** Rule S-36: links. */
import { Event, getCurrent, type Greenlet, joinAll, run, sleep, spawn, suspend } from "../../src/mod.ts";
import { eventually, explore, simulate, VirtualClock } from "../../src/testing/mod.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "../assert.ts";
import type { Gen } from "../greenlet/kit.ts";
import { test } from "../harness.ts";
import { complete, rule } from "./kit.ts";

/** How a greenlet may end. */
const ENDS: Record<string, () => Gen<string>> = {
  "returns": function* () {
    yield* sleep(0);
    return "value";
  },
  "fails": function* () {
    yield* sleep(0);
    throw new Error("its own");
  },
  "is killed": function* () {
    getCurrent().kill();
    yield* suspend();
    return "";
  },
};

for (const [end, body] of Object.entries(ENDS)) {
  rule("S-36", `links run in the order added, each once, of one that ${end}`, function* () {
    const log: unknown[] = [];
    const target = spawn(body);
    let linked = 0;
    const add = () => {
      const n = linked++;
      target.link(() => log.push(n));
    };
    add();
    for (const name of ["a", "b"]) {
      spawn({ name }, function* () {
        add();
        yield* sleep(0);
        add();
      });
    }
    eventually(() => log.length === 5, "all five have run");
    yield* sleep(1);
    assertEquals(log, [0, 1, 2, 3, 4]);
  });
}

rule(
  "S-36",
  "they run outside of the dying greenlet: its stack is gone, and nobody is inside of another",
  function* () {
    let inside = 0, heard = 0;
    const target: Greenlet<void> = spawn(function* () {
      inside++;
      try {
        yield* sleep(0);
      } finally {
        inside--;
      }
    });
    const hears = () => {
      assertEquals([inside, target.dead], [0, true]);
      heard++;
    };
    target.link(hears);
    target.link(hears);
    spawn(function* () {
      yield* target.join();
      inside++; // a link that ran inside of this step would see it
      target.link(hears);
      inside--;
    });
    yield* sleep(1);
    assertEquals(heard, 3);
  },
);

rule("S-36", "a link that is added after death still runs, later", function* () {
  const log: string[] = [];
  const target = spawn(() => sleep(0));
  const linkers = ["a", "b"].map((name) =>
    spawn({ name }, function* () {
      yield* target.join();
      const before = log.length;
      target.link(() => log.push(name));
      assertEquals(log.length, before); // not in the call
      yield* sleep(0);
    })
  );
  yield* joinAll(linkers);
  yield* sleep(1);
  assertEquals(log.sort(), ["a", "b"]);
});

rule("S-36", "linkValue and linkException hear of their own ends only, in the common order", function* () {
  const log: string[] = [];
  const fails = spawn(function* () {
    yield* sleep(0);
    throw new Error("its own");
  });
  const gives = spawn(() => sleep(0));
  for (const [name, target] of [["fails", fails], ["gives", gives]] as const) {
    target.linkValue(() => log.push(`${name}: value`));
    target.link(() => log.push(`${name}: end`));
    target.linkException(() => log.push(`${name}: exception`));
  }
  yield* joinAll([fails, gives]);
  yield* sleep(1);
  assertEquals(log.filter((line) => line.startsWith("fails")), ["fails: end", "fails: exception"]);
  assertEquals(log.filter((line) => line.startsWith("gives")), ["gives: value", "gives: end"]);
});

rule("S-36", "unlink holds, also during the notification", function* () {
  const log: string[] = [];
  const target = spawn(() => sleep(0));
  const second = () => log.push("second"), fourth = () => log.push("fourth");
  target.link(() => {
    log.push("first");
    target.unlink(second);
  });
  target.link(second);
  target.link(() => log.push("third"));
  target.link(fourth);
  let unlinked = false;
  spawn(function* () {
    yield* sleep(0);
    unlinked = !log.includes("third");
    target.unlink(fourth);
  });
  yield* target.join();
  yield* sleep(1);
  assertEquals(log, unlinked ? ["first", "third"] : ["first", "third", "fourth"]);
  return unlinked;
}, { reached: [true, false] });

rule("S-36", "a link added by a link runs behind the others; its scope waits for all of them", function* () {
  const log: string[] = [];
  const release = new Event();
  const outer = spawn(function* () {
    const inner = spawn(() => release.wait());
    inner.link(() => {
      log.push("first");
      inner.link(() => log.push("third"));
    });
    inner.link(() => log.push("second"));
    yield* inner.join();
  });
  spawn(() => release.set());
  yield* outer.join();
  yield* sleep(1);
  assertEquals(log, ["first", "second", "third"]);
});

// A link that throws goes to `onError`, which a simulation takes for a failure of the program: so each run must fail, with
// that error, when all that had to follow has followed.
for (
  const [how, each] of Object.entries({
    "200 seeds": (body: () => Gen, look: (error: unknown) => void) => {
      for (let seed = 0; seed < 200; seed++) look(assertThrows(() => simulate(body, { seed, runs: 1 })));
    },
    "the first schedule of an exploration": (body: () => Gen, look: (error: unknown) => void) => {
      look(assertThrows(() => explore(body, { preemptions: 2 })));
    },
  })
) {
  test(`S-36 > a link that throws is reported, and the others still run > ${how}`, () => {
    const error = new Error("thrown by a link");
    const logs: string[][] = [];
    each(function* () {
      const log: string[] = [];
      logs.push(log);
      const target = spawn(() => sleep(0));
      target.link(() => log.push("first"));
      target.link(() => {
        log.push("second");
        throw error;
      });
      target.link(() => log.push("third"));
      yield* spawn(() => target.join());
      yield* sleep(1);
    }, (thrown) => assertStrictEquals((thrown as Error).cause, error));
    for (const log of logs) assertEquals(log, ["first", "second", "third"]);
  });
}

test("S-36 > a link that throws goes to onError", async () => {
  const reports: unknown[] = [];
  const error = new Error("thrown by a link");
  let others = 0;
  await run(function* () {
    const target = spawn(() => sleep(1));
    target.link(() => {
      throw error;
    });
    target.link(() => others++);
    yield* sleep(2);
  }, { clock: new VirtualClock(), onError: (e) => void reports.push(e) });
  assertEquals([reports, others], [[error], 1]);
});

complete("links");
