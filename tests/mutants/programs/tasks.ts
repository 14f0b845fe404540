/** Programs around kills, scopes, timeouts, joiners and links. */
import { expect, type Program } from "../kit.ts";

/** Killed before its first switch, a body never runs. */
export const killedUnborn: Program = ({ sleep, spawn }, { cell }) =>
  function* () {
    const began = cell(false), unborn = cell(false);
    const victim = spawn({ name: "victim" }, function* () {
      began.value = true;
      yield* sleep(0);
    });
    spawn({ name: "killer" }, () => {
      unborn.value = !began.value;
      victim.kill();
    });
    yield* victim.join();
    expect(!(began.value && unborn.value), "its body never runs");
  };

/** A kill that comes during cleanup skips none of its steps. */
export const killedInCleanup: Program = ({ CancelScope, sleep, spawn, suspend }, { cell }) =>
  function* () {
    const scope = new CancelScope(), steps = cell(0);
    const victim = spawn({ name: "victim" }, () =>
      scope.run(function* () {
        try {
          yield* suspend();
        } finally {
          steps.value = 1;
          yield* sleep(0);
          steps.value = 2;
        }
      }));
    spawn({ name: "canceller" }, () => scope.cancel());
    spawn({ name: "killer" }, () => void victim.kill());
    yield* victim.join();
    expect(steps.value !== 1, "the cleanup went to its end");
  };

/** One who was woken and then killed is thrown at the next park, be it a turn. */
export const killedInItsTurn: Program = ({ Event, sleep, spawn }, { cell }) =>
  function* () {
    const go = new Event(), killed = cell(false), through = cell(false);
    const victim = spawn({ name: "victim" }, function* () {
      yield* go.wait();
      for (let i = 0; i < 2; i++) yield* sleep(0);
      through.value = !killed.value;
      expect(!killed.value, "it does not go on");
    });
    spawn({ name: "killer" }, () => {
      killed.value = !victim.dead;
      victim.kill();
    });
    spawn({ name: "setter" }, () => go.set());
    yield* victim.join();
    expect(through.value || killed.value, "it ended one way or the other");
  };

/** What a shield held back comes as soon as it has gone. */
export const shieldGone: Program = ({ CancelScope, spawn, suspend }) =>
  function* () {
    const scope = new CancelScope({ shield: true });
    let victim = spawn({ name: "nobody" }, function* () {});
    spawn({ name: "unshielder" }, () => {
      scope.shield = false;
    });
    spawn({ name: "killer" }, () => void victim.kill());
    victim = spawn({ name: "victim" }, () => scope.run(() => suspend())) as typeof victim;
    yield* victim.join();
  };

/** A cancel that nobody noticed ends with its scope. */
export const cancelledTooLate: Program = ({ CancelScope, Event, sleep, spawn }) =>
  function* () {
    const scope = new CancelScope(), go = new Event();
    const victim = spawn({ name: "victim" }, function* () {
      yield* scope.run(() => go.wait());
      yield* sleep(0);
      return "through";
    });
    spawn({ name: "canceller" }, () => scope.cancel());
    spawn({ name: "setter" }, () => go.set());
    expect((yield* victim) === "through", "what comes after the scope is not cancelled");
  };

/** A cancelled scope ends those who live in it, whenever the cancel came. */
export const cancelledWithChild: Program = ({ CancelScope, spawn, suspend }) =>
  function* () {
    const scope = new CancelScope();
    const owner = spawn({ name: "owner" }, () =>
      scope.run(function* () {
        spawn({ name: "child" }, () => suspend());
        yield* suspend();
      }));
    spawn({ name: "canceller" }, () => scope.cancel());
    yield* owner;
  };

/** A scope waits for the links of those who lived in it. */
export const linksOfTheDead: Program = ({ cancelScope, spawn }, { cell }) =>
  function* () {
    const told = cell(false);
    yield* cancelScope({}, function* () {
      spawn({ name: "child" }, function* () {}).link(() => {
        told.value = true;
      });
    });
    expect(told.value, "the link has run");
  };

/** A link that comes after the death still runs. */
export const lateLink: Program = ({ cancelScope, spawn }, { cell }) =>
  function* () {
    const told = cell(false);
    yield* cancelScope({}, function* () {
      let child = spawn({ name: "nobody" }, function* () {});
      spawn({ name: "linker" }, () =>
        child.link(() => {
          told.value = true;
        }));
      child = spawn({ name: "child" }, function* () {});
    });
    expect(told.value, "the link has run");
  };

/** A deadline that was moved is no deadline any more. */
export const deadlineMoved: Program = ({ CancelScope, Event, sleep, spawn }) =>
  function* () {
    const scope = new CancelScope({ timeout: 10 }), open = new Event();
    spawn({ name: "mover" }, function* () {
      yield* open.wait();
      scope.deadline = 100;
    });
    const late = yield* scope.run(function* () {
      open.set();
      yield* sleep(50);
      return "through";
    });
    expect(late === "through", "there is time until 100");
  };

/** All timers of one instant fire before anybody runs. */
export const oneInstant: Program = ({ Event, sleep, spawn }) =>
  function* () {
    const go = new Event();
    const waiter = spawn({ name: "waiter" }, () => go.wait({ timeout: 10 }));
    spawn({ name: "setter" }, function* () {
      yield* sleep(10);
      go.set();
    });
    expect(!(yield* waiter), "its time is over when it is set");
  };

/** A timeout that was cancelled throws no more. */
export const timeoutCancelled: Program = ({ Event, sleep, spawn, Timeout }) =>
  function* () {
    const go = new Event();
    spawn({ name: "setter" }, function* () {
      yield* sleep(10);
      go.set();
    });
    const waiter = spawn({ name: "waiter" }, function* () {
      const limit = Timeout.start(20);
      yield* go.wait();
      limit.cancel();
      yield* sleep(20);
      return "through";
    });
    expect((yield* waiter) === "through", "it is not disturbed later");
  };

/** Every one who waits for an end hears of it. */
export const twoJoiners: Program = ({ spawn }) =>
  function* () {
    const target = spawn({ name: "target" }, function* () {
      return 1;
    });
    const joiners = ["a", "b"].map((name) => spawn({ name }, () => target.get()));
    for (const one of joiners) expect((yield* one) === 1, "it gets the result");
  };

/** A joiner that is killed has left nothing behind. */
export const joinerKilled: Program = ({ Event, sleep, spawn }) =>
  function* () {
    const go = new Event();
    let joiner = spawn({ name: "nobody" }, function* () {});
    spawn({ name: "killer" }, () => void joiner.kill());
    const target = spawn({ name: "target" }, () => go.wait());
    joiner = spawn({ name: "joiner" }, function* () {
      try {
        yield* target.join();
      } finally {
        yield* sleep(1);
      }
    });
    spawn({ name: "setter" }, () => go.set());
    yield* joiner.join();
    expect(yield* target, "the target ends as it would have");
  };

/** Some have ended already, some not. */
export const someEnded: Program = ({ joinAll, sleep, spawn }) =>
  function* () {
    let all = [spawn({ name: "nobody" }, function* () {})];
    const joiner = spawn({ name: "joiner" }, () => joinAll(all));
    all = ["a", "b"].map((name) => spawn({ name }, () => sleep(0)));
    yield* joiner;
  };

/** Who loses a race does not go on. */
export const losers: Program = ({ race, sleep }, { cell }) =>
  function* () {
    const late = cell(false);
    yield* race([
      sleep(1),
      function* () {
        yield* sleep(5);
        late.value = true;
      }(),
    ]);
    expect(!late.value, "the loser is ended");
  };

/** The first of several. */
export const firstOfSeveral: Program = ({ Event, spawn, wait }) =>
  function* () {
    const a = new Event(), b = new Event();
    spawn({ name: "setter" }, () => a.set());
    const [first] = yield* spawn({ name: "waiter" }, () => wait([a, b], { count: 1 }));
    expect(first === a, "it is the one that was set");
  };

/** A result wakes those who want it and those who only wait. */
export const resultForAll: Program = ({ AsyncResult, spawn }) =>
  function* () {
    const result = new AsyncResult<number>();
    spawn({ name: "setter" }, () => result.set(1));
    spawn({ name: "waiter" }, () => result.wait());
    expect((yield* result.get()) === 1, "it gets the result");
  };

/** The first failure ends the siblings. */
export const siblings: Program = ({ sleep, spawn, suspend, taskGroup }) =>
  function* () {
    let error: unknown;
    try {
      yield* taskGroup(function* () {
        spawn({ name: "sibling" }, () => suspend());
        spawn({ name: "failing" }, function* () {
          yield* sleep(0);
          throw new Error("boom");
        });
      });
    } catch (e) {
      error = e;
    }
    expect(error instanceof Error && error.message === "boom", "the failure leaves");
  };
