/** The programs that the tests of this folder start: `programs.ts <name>`. */
import process from "node:process";
import {
  AsyncResult,
  Event,
  main,
  type Op,
  run,
  shield,
  sleep,
  spawn,
  suspend,
  taskGroup,
  until,
} from "../../src/mod.ts";

const print = (text: string) => console.log(text);

/** Prints that it is killed, after a cleanup of `ms`. */
function* tidy(name: string, ms: number): Generator<unknown, void> {
  try {
    yield* suspend();
  } finally {
    yield* sleep(ms);
    print(`${name} cleaned up`);
  }
}

/** A body that prints "ready" once everybody waits. */
function ready(body: () => Op<unknown> | Generator<unknown, unknown>): () => Generator<unknown, unknown> {
  return function* () {
    spawn({ daemon: true }, function* () {
      yield* sleep(20);
      print("ready");
      yield* sleep(60_000); // keeps the program alive
    });
    return yield* body() as Op<unknown>;
  };
}

function* failing(message: string): Generator<unknown, void> {
  yield* sleep(1);
  throw new Error(message);
}

const programs: Record<string, () => Promise<unknown>> = {
  // ---- signals
  async cleanup() {
    await main(ready(() =>
      taskGroup(function* (group) {
        group.spawn(tidy, "child", 10);
        spawn(tidy, "nested", 5);
        yield* tidy("main", 15);
      })
    ));
    print("after main");
  },
  async "async body"() {
    await main(async () => {
      process.stdout.write("ready\n");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });
  },
  async stubborn() {
    await main(ready(function* () {
      try {
        yield* suspend();
      } finally {
        print("cleaning");
        yield* sleep(60_000);
        print("never printed");
      }
    }));
  },
  async shielded() {
    await main(ready(function* () {
      yield* shield(function* () {
        yield* sleep(60);
        print("shielded work done");
      });
      yield* sleep(60_000);
      print("never printed");
    }));
  },
  async swallow() {
    await main(ready(function* () {
      try {
        yield* suspend();
      } catch {
        print("swallowed");
      }
    }));
  },
  async "broken cleanup"() {
    await main(ready(function* () {
      try {
        yield* suspend();
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new Error("the cleanup broke");
      }
    }));
  },
  async "after main"() {
    await main(() => sleep(1));
    setInterval(() => {}, 60_000);
    print("ready");
  },
  // ---- ends
  async fine() {
    await main(function* () {
      yield* sleep(1);
      print("body");
    });
    print("after main");
  },
  async "plain body"() {
    await main(() => print("body"));
  },
  async "failing main"() {
    await main(() => failing("boom in the body"));
    print("never printed");
  },
  async "failing child"() {
    await main(function* () {
      spawn({ name: "worker-seven" }, failing, "boom in a child");
      yield* sleep(20);
    });
  },
  async "failing child that is asked"() {
    await main(function* () {
      const g = spawn({ name: "worker-seven" }, failing, "boom in a child");
      try {
        yield* g;
      } catch {
        print("caught");
      }
    });
  },
  async "failing child that is joined"() {
    await main(function* () {
      yield* spawn({ name: "worker-seven" }, failing, "boom in a child");
    });
  },
  async "group of failures"() {
    await main(() =>
      taskGroup(function* (group) {
        for (const name of ["first", "second"]) {
          group.spawn({ name: `worker-${name}` }, failing, `boom ${name}`);
        }
        yield* suspend();
      })
    );
  },
  async cause() {
    await main(() => {
      throw new Error("outside", { cause: new Error("inside") });
    });
  },
  async "no error"() {
    await main(() => {
      throw "just text";
    });
  },
  async deadlock() {
    await main(function* () {
      spawn({ name: "waiter" }, () => new Event().wait());
      yield* new AsyncResult<number>().get();
    });
  },
  async "stuck inside"() {
    const hangs = setTimeout(() => process.exit(3), 5_000);
    await run(function* () {
      try {
        yield* until(run(() => new Event().wait()));
      } catch (e) {
        print(`inside: ${(e as Error).name}`);
      }
      print("outside goes on");
    });
    clearTimeout(hangs);
  },
  async "much output"() {
    await main(() => {
      print("x".repeat(1_000_000));
      throw new Error("the end");
    });
  },
  // ---- onError
  async "default onError"() {
    await run(function* () {
      spawn({ name: "worker-seven" }, failing, "boom in a child");
      yield* sleep(20);
      print("others go on");
    }).catch((e: Error) => print(`run threw: ${e.message}`));
  },
  async "broken onError"() {
    await run(function* () {
      spawn({ name: "worker-seven" }, failing, "boom in a child");
      yield* sleep(20);
      print("others go on");
    }, {
      onError: () => {
        throw new Error("the hook broke");
      },
    }).catch((e: Error) => print(`run threw: ${e.message}`));
  },
  async "rejecting onError"() {
    await run(function* () {
      spawn({ name: "worker-seven" }, failing, "boom in a child");
      yield* sleep(20);
      print("others go on");
    }, {
      onError: async () => {
        await Promise.resolve();
        throw new Error("the hook broke");
      },
    }).catch((e: Error) => print(`run threw: ${e.message}`));
  },
  async "background only"() {
    await run(function* () {
      spawn({ daemon: true }, () => sleep(60_000, { ref: false }));
      yield* sleep(5);
    });
    print("over");
  },
};

await programs[process.argv[2] ?? ""]?.();
