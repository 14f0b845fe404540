/** Programs around semaphores, limiters and the line that all of them stand in. */
import { expect, type Program } from "../kit.ts";

/** The head wants more than there is and is killed: whoever stands behind it could have had his all the time. */
export const headKilled: Program = ({ Semaphore, spawn }) =>
  function* () {
    const permits = new Semaphore(1);
    const head = spawn({ name: "head" }, function* () {
      yield* permits.acquire({ permits: 2 });
    });
    spawn({ name: "killer" }, () => void head.kill());
    spawn({ name: "behind" }, () => permits.withLock(() => {}));
    yield* head.join();
  };

/** The same, but the head gives up by itself. */
export const headGivesUp: Program = ({ Semaphore, spawn }) =>
  function* () {
    const permits = new Semaphore(1);
    spawn({ name: "behind" }, () => permits.withLock(() => {}));
    spawn({ name: "head" }, function* () {
      expect(!(yield* permits.acquire({ permits: 2, timeout: 10 })), "the head gives up");
    });
  };

/** Who comes first is served first, though the second wants less. */
export const inOrder: Program = ({ Semaphore, sleep, spawn }, { track }) =>
  function* () {
    const permits = new Semaphore(2);
    const came: string[] = track([]), served: string[] = track([]);
    const visitor = (name: string, wants: number) =>
      spawn({ name }, function* () {
        came.push(name);
        yield* permits.acquire({ permits: wants });
        served.push(name);
        permits.release(wants);
      });
    yield* permits.acquire();
    const all = [visitor("one", 1), visitor("two", 2)];
    yield* sleep(1);
    permits.release();
    for (const each of all) yield* each;
    expect(served.join() === came.join(), `${came.join()} are served in this order, not as ${served.join()}`);
  };

/** One release for two. */
export const releaseForTwo: Program = ({ Semaphore, spawn }) =>
  function* () {
    const permits = new Semaphore(0);
    spawn({ name: "giver" }, () => permits.release(2));
    for (const name of ["a", "b"]) spawn({ name }, () => permits.acquire());
    yield* spawn({ name: "last" }, function* () {});
  };

/** Served within its time, a wait is over. */
export const servedInTime: Program = ({ Semaphore, sleep, spawn }) =>
  function* () {
    const permits = new Semaphore(0);
    spawn({ name: "giver" }, () => permits.release());
    const taker = spawn({ name: "taker" }, () => permits.acquire({ timeout: 10 }));
    expect(yield* taker, "it gets the permit");
    yield* sleep(20);
    permits.release();
    expect(permits.available === 1 && !permits.locked, "the permit is there again, and nobody waits");
  };

/** Two releases for one. */
export const twoReleases: Program = ({ Semaphore, spawn }) =>
  function* () {
    const permits = new Semaphore(0);
    for (const name of ["a", "b"]) spawn({ name }, () => permits.release());
    yield* spawn({ name: "wants both" }, () => permits.acquire({ permits: 2 }));
  };

/** Without waiting, only where nobody waits. */
export const trying: Program = ({ Semaphore, spawn }) =>
  function* () {
    const permits = new Semaphore(1);
    spawn({ name: "newcomer" }, () => {
      const busy = permits.locked;
      const got = permits.tryAcquire();
      expect(!(busy && got), "nobody overtakes the line");
      if (got) permits.release();
    });
    const large = spawn({ name: "large" }, () => permits.acquire({ permits: 2 }));
    yield* spawn({ name: "giver" }, () => permits.release());
    yield* large;
    permits.release(2);
  };

/** A holder that dies gives back what it held. */
export const holderDies: Program = ({ CapacityLimiter, sleep, spawn }) =>
  function* () {
    const limiter = new CapacityLimiter(1);
    const other = spawn({ name: "other" }, () => limiter.withLock(() => {}));
    spawn({ name: "holder" }, function* () {
      yield* limiter.acquire();
      yield* sleep(0);
    });
    yield* other;
  };

/** Killed inside of the block, one has left it. */
export const killedInside: Program = ({ Semaphore, sleep, spawn }) =>
  function* () {
    const permits = new Semaphore(1);
    const victim = spawn({ name: "victim" }, () => permits.withLock(() => sleep(0)));
    spawn({ name: "killer" }, () => void victim.kill());
    const other = spawn({ name: "other" }, () => permits.withLock(() => sleep(0)));
    yield* victim.join();
    yield* other;
  };
