// Philosophers at a round table: every schedule is run, so a deadlock is found, or there is none.
import assert from "node:assert/strict";
import { Lock, sleep, spawn } from "tendril";
import { explore, SimulationError } from "tendril/testing";

/** Each takes two forks, waits, and eats. The order in which they are taken is what matters. */
const dinner = (guests: number, order: (left: number, right: number) => [number, number]) =>
  function* () {
    const forks = Array.from({ length: guests }, () => new Lock());
    for (let i = 0; i < guests; i++) {
      const [first, second] = order(i, (i + 1) % guests);
      spawn({ name: `guest ${i}` }, () =>
        forks[first].withLock(function* () {
          yield* sleep(0); // says grace
          yield* forks[second].withLock(() => {});
        }));
    }
  };

try {
  explore(dinner(3, (left, right) => [left, right]));
  assert.fail();
} catch (error) {
  assert.ok(error instanceof SimulationError);
  assert.equal(error.kind, "deadlock");
  console.log(`left first: ${error.message}`);
}

const inOrder = dinner(3, (left, right) => [Math.min(left, right), Math.max(left, right)]);
for (const preemptions of [0, 1, 2]) {
  const { schedules, exhausted } = explore(inOrder, { preemptions });
  assert.ok(exhausted);
  console.log(`lower number first: none in the ${schedules} schedules with up to ${preemptions} preemptions`);
}

// Nothing is shared but locks, which `explore` knows: so it may leave out what makes no difference.
const { schedules, exhausted } = explore(inOrder, { reduce: true });
assert.ok(exhausted);
console.log(`lower number first: none at all, by ${schedules} schedules that stand for the rest`);
