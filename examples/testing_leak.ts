// Cleanup that a kill goes past: a kill at every moment at which one can come.
import assert from "node:assert/strict";
import { moveOnAfter, type Op, Semaphore, sleep, spawn } from "tendril";
import { simulate, SimulationError, sweep } from "tendril/testing";

class Database {
  readonly connections = new Semaphore(2);

  /** Looks right: it is released in `finally`. But the handshake waits before the `try` begins. */
  *careless(ms: number) {
    yield* this.connections.acquire();
    yield* sleep(1); // the handshake
    try {
      yield* sleep(ms); // the answer
    } finally {
      this.connections.release();
    }
  }

  careful(ms: number): Op<void> {
    return this.connections.withLock(function* () {
      yield* sleep(1);
      yield* sleep(ms);
    });
  }
}

const twoQueries = (query: (database: Database, ms: number) => Op<void> | Generator<unknown, void>) =>
  function* () {
    const database = new Database();
    spawn({ name: "slow" }, () => query(database, 20));
    // A timeout comes in at the same places as a kill.
    yield* moveOnAfter(10, () => query(database, 5));
  };

try {
  sweep(twoQueries((database, ms) => database.careless(ms)));
  assert.fail();
} catch (error) {
  assert.ok(error instanceof SimulationError);
  assert.equal(error.kind, "leak");
  console.log(`careless: ${error.message}`);
}

const careful = twoQueries((database, ms) => database.careful(ms));
console.log(`careful: nothing is left over after any of ${sweep(careful).runs} kills`);
const { runs } = simulate(careful, { kills: 2, timeouts: 2 });
console.log(`careful: nor in ${runs} schedules with up to two kills, and timeouts that come early`);
