/** Workers without threads: messages, delays, deaths. */
import { AsyncResult, Queue, run, sleep, spawn } from "../../src/mod.ts";
import {
  explore,
  simulate,
  type SimulatedPort,
  type SimulatedWorker,
  simulatedWorker,
  type SimulatedWorkerOptions,
  SimulationError,
  VirtualClock,
  type WorkerEvent,
} from "../../src/testing/mod.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";

type Gen<T = void> = Generator<unknown, T>;

/** Answers each number with its double. */
function* doubling(port: SimulatedPort): Gen {
  for (;;) port.postMessage((yield* port.receive<number>()) * 2);
}

/** Runs a body with a worker, which ends with it. */
function within<T>(
  worker: (port: SimulatedPort) => unknown,
  body: (worker: SimulatedWorker) => Gen<T>,
  options: SimulatedWorkerOptions = {},
  runs = 20,
): readonly T[] {
  return simulate(function* () {
    const made = simulatedWorker(worker as () => Gen, options);
    const result = yield* body(made);
    void made.terminate();
    return result;
  }, { runs }).values;
}

/** A call whose answer is the next message. */
function* ask(worker: SimulatedWorker, message: unknown): Gen<number> {
  const answer = new AsyncResult<number>();
  worker.onmessage = ({ data }) => answer.set(data);
  worker.onerror = ({ error }) => answer.setException(error);
  worker.postMessage(message);
  return yield* answer.get();
}

describe("sim_worker: messages", () => {
  test("go there and back, by receive and by onmessage", () => {
    const plain = (port: SimulatedPort) => {
      port.onmessage = ({ data }) => port.postMessage(data * 2);
    };
    for (const worker of [doubling, plain]) {
      const seen = within(worker, function* (worker) {
        return [yield* ask(worker, 21), yield* ask(worker, 4), performance.now()];
      }, { latency: 5 });
      for (const one of seen) assertEquals(one, [42, 8, 20]);
    }
  });

  test("keep their order, whatever the delay", () => {
    const seen = within(
      doubling,
      function* (worker) {
        const got = new Queue<number>();
        worker.addEventListener("message", ({ data }: MessageEvent) => got.putNowait(data));
        for (const n of [1, 2, 3, 4, 5]) worker.postMessage(n);
        const all: number[] = [];
        while (all.length < 5) all.push(yield* got.get());
        return all.join();
      },
      { latency: [0, 50] },
      100,
    );
    assertEquals(new Set(seen), new Set(["2,4,6,8,10"]));
  });

  test("are cloned, and what cannot be cloned is refused at the call", () => {
    within(function* (port) {
      const given = yield* port.receive<{ list: number[] }>();
      given.list.push(3);
      port.postMessage(given.list.length);
    }, function* (worker) {
      const message = { list: [1, 2] };
      assertEquals(yield* ask(worker, message), 3);
      assertEquals(message.list, [1, 2]);
      const error = assertThrows(() => worker.postMessage(() => {}));
      assertEquals((error as Error).name, "DataCloneError");
      const buffer = new ArrayBuffer(8);
      worker.postMessage(buffer, [buffer]);
      assertEquals(buffer.byteLength, 0);
    });
  });

  test("a listener once, with a signal, as an object, removed", () => {
    within(doubling, function* (worker) {
      const log: string[] = [];
      const controller = new AbortController();
      const removed = () => log.push("removed");
      worker.addEventListener("message", () => log.push("once"), { once: true });
      worker.addEventListener("message", () => log.push("signal"), { signal: controller.signal });
      worker.addEventListener("message", {
        handleEvent: ({ data }: MessageEvent) => log.push(`object ${data}`),
      });
      worker.addEventListener("message", removed);
      worker.removeEventListener("message", removed);
      worker.postMessage(1);
      yield* sleep(1);
      controller.abort();
      worker.postMessage(2);
      yield* sleep(1);
      assertEquals(log, ["once", "signal", "object 2", "object 4"]);
      assertThrows(() => worker.addEventListener("message", 3 as never), TypeError, "a listener for message");
    });
  });

  test("what a listener throws fails the run", () => {
    const failure = assertThrows(
      () =>
        within(doubling, function* (worker) {
          worker.onmessage = () => {
            throw new Error("in a listener");
          };
          worker.postMessage(1);
          yield* sleep(10);
        }),
      SimulationError,
      "in a listener",
    );
    assertEquals(failure.kind, "unhandled");
  });

  test("exploration sees both orders of the answers of two workers", () => {
    const { values, exhausted } = explore(function* () {
      const log: string[] = [];
      const workers = ["a", "b"].map((name) => {
        const worker = simulatedWorker((port) => port.postMessage(name), { name });
        worker.onmessage = ({ data }) => log.push(data);
        return worker;
      });
      yield* sleep(1);
      for (const worker of workers) assertEquals(worker.alive, false);
      return log.join();
    }, { maxSchedules: 3_000 });
    assertEquals(exhausted, true);
    assertEquals(new Set(values), new Set(["a,b", "b,a"]));
  });
});

describe("sim_worker: ends", () => {
  test("terminate ends it: its greenlet is killed, what is on its way is lost", () => {
    const seen = simulate(function* () {
      const log: unknown[] = [];
      const worker = simulatedWorker(function* (port) {
        try {
          yield* doubling(port);
        } finally {
          log.push("killed");
        }
      }, { latency: 10 });
      worker.onmessage = () => log.push("message");
      worker.onexit = ({ code, error }) => log.push(["exit", code, error]);
      worker.postMessage(1);
      yield* sleep(15);
      assertEquals(worker.alive, true);
      void worker.terminate();
      assertEquals([worker.alive, worker.reason], [false, undefined]);
      worker.postMessage(2);
      yield* sleep(100);
      return log;
    }, { runs: 20 }).values;
    for (const log of seen) {
      assertEquals(log.length, 2);
      assert(log.includes("killed"));
    }
  });

  test("one that returns, or closes, ends well after its last message", () => {
    for (const last of [(_: SimulatedPort) => {}, (port: SimulatedPort) => port.close()]) {
      simulate(function* () {
        const log: unknown[] = [];
        const worker = simulatedWorker(function* (port) {
          port.postMessage("bye");
          last(port);
        }, { latency: 10 });
        worker.onmessage = ({ data }) => log.push(data);
        worker.addEventListener("exit", ({ code }: WorkerEvent) => log.push(code));
        yield* sleep(50);
        assertEquals([log, worker.alive, worker.reason], [["bye", 0], false, undefined]);
      }, { runs: 20 });
    }
  });

  test("what its code throws is its reason: error, then exit", () => {
    for (
      const code of [
        function* (port: SimulatedPort): Gen {
          yield* port.receive();
          throw new Error("a defect");
        },
        (port: SimulatedPort) => {
          port.onmessage = () => {
            throw new Error("a defect");
          };
        },
      ]
    ) {
      within(code, function* (worker) {
        const log: string[] = [];
        worker.addEventListener("error", ({ message }: WorkerEvent) => log.push(message));
        worker.addEventListener("exit", ({ code }: WorkerEvent) => log.push(`${code}`));
        worker.postMessage(1);
        yield* sleep(1);
        assertEquals([log, String(worker.reason)], [["a defect", "1"], "Error: a defect"]);
      });
    }
  });

  test("an error that nobody listens to fails the run", () => {
    const failure = assertThrows(
      () =>
        within(() => {
          throw new Error("unheard");
        }, () => sleep(5) as unknown as Gen),
      SimulationError,
      "unheard",
    );
    assertEquals(failure.kind, "unhandled");
  });

  test("one that lives at the end is a leak, unless it is unref'd", () => {
    const failure = assertThrows(
      () => simulate(() => void simulatedWorker(doubling, { name: "forgotten" })),
      SimulationError,
      "a worker, forgotten",
    );
    assertEquals(failure.kind, "leak");
    assertEquals(simulate(() => void simulatedWorker(doubling).unref(), { runs: 3 }).runs, 3);
  });

  test("bad input fails at the call", () => {
    assertThrows(
      () => simulate(() => void simulatedWorker(3 as never)),
      SimulationError,
      "simulatedWorker needs",
    );
    assertThrows(
      () => within(doubling, (() => {}) as never, { failure: 3 }),
      SimulationError,
      "simulatedWorker's failure",
    );
    assertThrows(() => simulatedWorker(doubling), Error, "needs a running greenlet");
  });
});

describe("sim_worker: deaths", () => {
  test("one that dies fails its waiter, by seed, with a reason; a waiter who does not listen hangs", () => {
    const outcome = (options: SimulatedWorkerOptions, runs: number) =>
      within(
        doubling,
        function* (worker) {
          try {
            return `${yield* ask(worker, 21)}`;
          } catch (error) {
            assertEquals([worker.alive, worker.reason], [false, error]);
            return (error as Error).message.replace(/:.*/, "");
          }
        },
        { ...options, name: "w" },
        runs,
      );
    const seen = outcome({ failure: 0.5, latency: [1, 9] }, 100);
    assertEquals(new Set(seen), new Set(["42", "worker w died"]));
    assertEquals(new Set(outcome({}, 50)), new Set(["42"]));
    const failure = assertThrows(
      () =>
        within(
          doubling,
          function* (worker) {
            const answer = new AsyncResult<number>();
            worker.onmessage = ({ data }) => answer.set(data);
            worker.addEventListener("error", () => {});
            worker.postMessage(1);
            yield* answer.get();
          },
          { failure: 0.3 },
          100,
        ),
      SimulationError,
    );
    assertEquals(failure.kind, "deadlock");
  });

  test("die is a death at a moment of the test's choice", () => {
    within(doubling, function* (worker) {
      spawn(function* () {
        yield* sleep(3);
        worker.die(new Error("pulled the plug"));
      });
      try {
        yield* ask(worker, 1);
      } catch (error) {
        assertStringIncludes(String(error), "pulled the plug");
        return;
      }
      throw new Error("it should have died");
    }, { latency: 5 });
  });

  test("silence: nobody is told of the death", () => {
    const failure = assertThrows(
      () => within(doubling, (worker) => ask(worker, 1), { failure: 1, silence: 1, latency: 1 }),
      SimulationError,
    );
    assertEquals(failure.kind, "deadlock");
  });

  test("a naive pool that forgets the job of a dead worker is caught, one that gives it to another passes", () => {
    const body = (mends: boolean) =>
      function* (): Gen {
        const jobs = new Queue<number>(), results = new Queue<number>();
        for (const n of [1, 2, 3]) jobs.putNowait(n);
        const feed = function* (): Gen {
          let worker = simulatedWorker(doubling, { failure: 0.3, latency: [1, 5] });
          while (!jobs.empty) {
            const job = yield* jobs.get();
            try {
              results.putNowait(yield* ask(worker, job));
            } catch {
              worker = simulatedWorker(doubling, { failure: 0.3, latency: [1, 5] });
              if (mends) jobs.putNowait(job);
            }
          }
          void worker.terminate();
        };
        yield* spawn(feed);
        let sum = 0;
        while (!results.empty) sum += yield* results.get();
        if (sum !== 12) throw new Error(`a job was lost: ${sum}`);
      };
    assertEquals(simulate(body(true)).runs, 200);
    assertThrows(() => simulate(body(false)), SimulationError, "a job was lost");
  });

  test("the same seeds give the same deaths, on every runtime", () => {
    const one = () =>
      simulate(function* () {
        const workers = ["a", "b"].map((name) =>
          simulatedWorker(doubling, { name, failure: 0.2, latency: [1, 20] })
        );
        const all = workers.map((worker) =>
          spawn(function* () {
            const log: (number | string)[] = [];
            try {
              for (const n of [1, 2, 3]) log.push(yield* ask(worker, n));
            } catch (error) {
              log.push((error as Error).message);
            }
            return [...log, performance.now()].join();
          })
        );
        const seen: string[] = [];
        for (const greenlet of all) seen.push(yield* greenlet);
        for (const worker of workers) void worker.terminate();
        return seen.join("; ");
      }, { runs: 30 });
    const { fingerprint, steps, values } = one();
    assertEquals(one().values, values);
    assertEquals([fingerprint, steps, values[1]], DEATHS);
  });

  test("works in a plain run on a virtual clock", async () => {
    const clock = new VirtualClock();
    const seen = await run(function* () {
      const worker = simulatedWorker(doubling, { failure: 0.2, latency: 10, seed: 6 });
      const log: (number | string)[] = [];
      try {
        for (let n = 1; n < 20; n++) log.push(yield* ask(worker, n));
      } catch (error) {
        log.push((error as Error).message);
      }
      void worker.terminate();
      return log.join();
    }, { clock });
    assertEquals(seen, PLAIN);
    assertEquals(clock.now() % 10, 0);
  });
});

const DEATHS = [
  "1d60c815",
  929,
  "2,worker a died: a defect of the runtime,48; 2,4,worker b died: out of memory,52",
];
const PLAIN = "2,4,6,8,10,worker doubling died: a defect of the runtime";
