// Statements: scopes, shields and timeouts that greenlets share.

import {
  CancelScope,
  failAfter,
  moveOnAfter,
  shield,
  sleep,
  type TaskGroup,
  taskGroup,
  Timeout,
  withTimeout,
} from "../../src/mod.ts";
import { cell } from "../../src/testing/mod.ts";
import type { Family } from "./programs_kit.ts";

export interface Scopes {
  readonly scopes: readonly CancelScope[];
  readonly timeouts: readonly Timeout[];
  readonly group: { value: TaskGroup | undefined };
}

export const scopes: Family<Scopes> = {
  make: () => ({
    scopes: [new CancelScope({ grace: 2 }), new CancelScope({ shield: true })],
    timeouts: [new Timeout(1), new Timeout(0)],
    group: cell<TaskGroup | undefined>(undefined),
  }),
  blocks: ["scopeRun", "scopeRun2", "failAfter1", "within1", "withinValue", "shieldFor1", "groupRun", "slow"],
  acts: {
    *scopeRun({ run }, { scopes }) {
      yield* scopes[0].run(() => run());
      return scopes[0].cancelledCaught;
    },
    *scopeRun2({ run, n }, { scopes }) {
      yield* scopes[n % 2].run(function* () {
        yield* sleep(0);
        yield* run();
      });
    },
    scopeCancel: ({ n }, { scopes }) => scopes[n % 2].cancel(),
    scopeCalled: ({ n }, { scopes }) => scopes[n % 2].cancelCalled,
    scopeCaught: ({ n }, { scopes }) => scopes[n % 2].cancelledCaught,
    scopeSoon: ({ n }, { scopes }) => void (scopes[n % 2].deadline = performance.now() + 1),
    scopeNow: ({ n }, { scopes }) => void (scopes[n % 2].deadline = performance.now()),
    scopeNever: ({ n }, { scopes }) => void (scopes[n % 2].deadline = Infinity),
    scopeDeadline: ({ n }, { scopes }) => scopes[n % 2].deadline,
    shieldOn: ({ n }, { scopes }) => void (scopes[n % 2].shield = true),
    shieldOff: ({ n }, { scopes }) => void (scopes[n % 2].shield = false),
    shieldIs: ({ n }, { scopes }) => scopes[n % 2].shield,
    *failAfter1({ run }) {
      yield* failAfter(1, () => run());
    },
    *within1({ run }) {
      yield* withTimeout(1, () => run());
    },
    *withinValue({ run }) {
      return yield* withTimeout(1, () => run(), { value: "late" });
    },
    *shieldFor1({ run }) {
      yield* shield(() => run(), { timeout: 1 });
    },
    *shieldOp({ cells }) {
      yield* shield(function* () {
        yield* sleep(1);
        cells[0].value = 4;
      }());
    },
    *slow({ run }) {
      try {
        yield* run();
      } finally {
        yield* sleep(3);
      }
    },
    *moveOnNow({ cells }) {
      yield* moveOnAfter(0, function* () {
        cells[0].value = 6;
        yield* sleep(0);
        cells[0].value = 7;
      });
    },
    timeoutStart: ({ n }, { timeouts }) => timeouts[n % 2].start(),
    timeoutCancel: ({ n }, { timeouts }) => timeouts[n % 2].cancel(),
    timeoutPending: ({ n }, { timeouts }) => timeouts[n % 2].pending,
    *groupRun({ run }, { group }) {
      yield* taskGroup(function* (made) {
        group.value = made;
        yield* sleep(0);
        yield* run();
      });
    },
    groupMember: ({ listen, cells }, { group }) => {
      const log = listen("member");
      group.value?.spawn({ name: "member" }, function* () {
        log.push(cells[1].value);
        yield* sleep(0);
        cells[1].value = 9;
      });
    },
    *groupStart({ listen, cells }, { group }) {
      const log = listen("started");
      return yield* group.value?.start(function* starting(started) {
        yield* sleep(0);
        log.push(cells[1].value);
        started("started");
        yield* sleep(0);
        cells[1].value = 1;
      }) ?? sleep(0);
    },
    groupCancel: (_, { group }) => group.value?.cancel(),
    groupLives: (_, { group }) => group.value?.size ?? "no group",
  },
};
