// A primitive of one's own: a read-write lock. It is a line and a rule, like the ones that come with the library, and gets
// what they have: fairness, timeouts, kills that leave no trace, a name in dumps and in the report of a deadlock.
import assert from "node:assert/strict";
import { joinAll, run, sleep, spawn } from "tendril";
import { WAIT, WaitLine } from "tendril/lowlevel";

type Mode = "read" | "write";

class ReadWriteLock {
  #readers = 0;
  #writing = false;
  // The rule is asked for the head of the line only: readers who come after a waiting writer wait behind it.
  readonly #line = new WaitLine<boolean, Mode>({
    name: () => `ReadWriteLock with ${this.#writing ? "a writer" : `${this.#readers} readers`}`,
    rule: ({ payload: mode }) => {
      if (this.#writing || (mode === "write" && this.#readers > 0)) return WAIT;
      if (mode === "write") this.#writing = true;
      else this.#readers++;
      return true; // from here on it is theirs, even if they are killed before they run
    },
    lapse: () => false,
  });

  acquire(mode: Mode, options: { timeout?: number } = {}) {
    return this.#line.wait(mode, options.timeout);
  }

  release(mode: Mode): void {
    if (mode === "write") this.#writing = false;
    else this.#readers--;
    this.#line.serve(); // first our own state, then the line
  }
}

await run(function* () {
  const lock = new ReadWriteLock();
  const log: string[] = [];
  const visit = (name: string, mode: Mode) =>
    spawn(function* () {
      yield* lock.acquire(mode);
      try {
        log.push(`${name} in`);
        yield* sleep(5);
      } finally {
        log.push(`${name} out`);
        lock.release(mode);
      }
    });
  const visits = [visit("R1", "read"), visit("R2", "read"), visit("W", "write"), visit("R3", "read")];
  const impatient = visit("never", "write");
  yield* sleep(1);
  assert.equal(yield* lock.acquire("write", { timeout: 0 }), false);
  yield* impatient.kill(); // it stood in the line and is gone
  yield* joinAll(visits, { raiseError: true });
  console.log(log.join(", "));
  assert.deepEqual(log.slice(0, 4).toSorted(), ["R1 in", "R1 out", "R2 in", "R2 out"]);
  assert.deepEqual(log.slice(4), ["W in", "W out", "R3 in", "R3 out"]);
});
