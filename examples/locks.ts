// Between two `yield*`s nobody else runs, so most code needs no lock. These are for what spans a `yield*`.
import assert from "node:assert/strict";
import { Condition, joinAll, RLock, run, Semaphore, sleep, spawn } from "tendril";

await run(function* () {
  // Semaphore: no more than two at the counter.
  const counter = new Semaphore(2);
  let at = 0;
  let most = 0;
  const customers = [1, 2, 3, 4, 5].map(() =>
    spawn(function* () {
      using _place = yield* counter.hold(); // given back at the end of the block, in every way of leaving it
      most = Math.max(most, ++at);
      yield* sleep(2);
      at--;
    })
  );
  yield* joinAll(customers, { raiseError: true });
  assert.deepEqual([most, counter.available], [2, 2]);
  console.log(`Semaphore: never more than ${most} at the counter`);

  // RLock: who holds it may take it again, so that locked methods can call each other.
  const lock = new RLock();
  let balance = 100;
  const withdraw = (amount: number) =>
    lock.withLock(function* () {
      const before = balance;
      yield* sleep(1); // without the lock somebody would come in here
      balance = before - amount;
    });
  const withdrawTwice = (amount: number) =>
    lock.withLock(function* () {
      yield* withdraw(amount);
      yield* withdraw(amount);
    });
  yield* joinAll([spawn(() => withdrawTwice(10)), spawn(() => withdraw(5)), spawn(() => withdrawTwice(1))]);
  assert.equal(balance, 73);
  console.log(`RLock: ${balance} left`);

  // Condition: wait, with the lock given up, until what one waits for is so.
  const changed = new Condition();
  const basket: string[] = [];
  const eater = spawn(() =>
    changed.withLock(function* () {
      yield* changed.waitFor(() => basket.length === 3);
      return basket.join(" and ");
    })
  );
  for (const fruit of ["apple", "pear", "plum"]) {
    yield* changed.withLock(() => {
      basket.push(fruit);
      changed.notifyAll();
    });
  }
  assert.equal(yield* eater, "apple and pear and plum");
  console.log(`Condition: ate ${eater.value}`);
});
