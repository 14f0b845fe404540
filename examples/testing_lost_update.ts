// A race that no ordinary test sees: chance finds it, its token repeats it, and what is mended passes.
import assert from "node:assert/strict";
import { joinAll, run, sleep, spawn } from "tendril";
import { always, replay, simulate, SimulationError, VirtualClock } from "tendril/testing";

class Tickets {
  left = 1;
  sold = 0;
  readonly isMended: boolean;

  constructor(isMended: boolean) {
    this.isMended = isMended;
  }

  *buy() {
    if (this.left === 0) return;
    if (this.isMended) this.left--; // ours, before anybody else can look
    yield* sleep(1); // the bank
    if (!this.isMended) this.left--;
    this.sold++;
  }
}

function* evening(tickets: Tickets) {
  const ann = spawn({ name: "ann" }, () => tickets.buy());
  const ben = spawn({ name: "ben" }, function* () {
    yield* sleep(1);
    yield* tickets.buy();
  });
  yield* joinAll([ann, ben]);
}

const watched = (isMended: boolean) => () => {
  const tickets = new Tickets(isMended); // anew for each run
  always(() => tickets.sold <= 1, "the ticket is sold once");
  return evening(tickets);
};

function failureOf(simulation: () => unknown): SimulationError {
  try {
    simulation();
  } catch (error) {
    if (error instanceof SimulationError) return error;
    throw error;
  }
  throw new Error("it has passed");
}

const tickets = new Tickets(false);
await run(() => evening(tickets), { clock: new VirtualClock() });
assert.equal(tickets.sold, 1);
console.log("run: sold once, as in every other run of this test");

const failure = failureOf(() => simulate(watched(false)));
console.log(failure.message);
assert.equal(failure.kind, "always");
assert.equal(failureOf(() => replay(failure.token, watched(false))).token, failure.token);

console.log(`mended: sold once in each of ${simulate(watched(true)).runs} schedules`);
