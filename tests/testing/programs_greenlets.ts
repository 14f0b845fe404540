// Statements: greenlets, looked at and changed from outside.

import { getCurrent, type Greenlet, Local, resource, sleep, spawn, spawnLater } from "../../src/mod.ts";
import { park, type Parked, wake } from "../../src/lowlevel.ts";
import { cell } from "../../src/testing/mod.ts";
import { type Family, shown } from "./programs_kit.ts";

export interface Seen {
  readonly own: Local<string>;
  readonly handed: Local<string>;
  /** The greenlet that somebody has spawned last. */
  readonly last: { value: Greenlet<unknown> | undefined };
  readonly signal: { value: AbortSignal | undefined };
  readonly parked: { value: Parked<string> | undefined };
  readonly listener: (greenlet: Greenlet<unknown>) => void;
}

export const greenlets: Family<Seen> = {
  make: () => ({
    own: new Local(() => "fresh"),
    handed: new Local(() => "none", { inherit: true }),
    last: cell<Greenlet<unknown> | undefined>(undefined),
    signal: cell<AbortSignal | undefined>(undefined),
    parked: cell<Parked<string> | undefined>(undefined),
    listener: () => {},
  }),
  blocks: ["spawnBlock", "daemonBlock", "resourceBlock"],
  acts: {
    state: ({ other }) => other.state,
    exception: ({ other }) => shown(other.exception) ?? "none",
    value: ({ other }) => shown(other.value) ?? "none",
    successful: ({ other }) => other.successful,
    ready: ({ other }) => other.ready,
    aborted: ({ other }) => other.signal.aborted,
    holdSignal: ({ other }, { signal }) => void (signal.value = other.signal),
    heldAborted: (_, { signal }) => signal.value?.aborted ?? "no signal",
    onAbort: ({ other, cells }) => other.signal.addEventListener("abort", () => void (cells[1].value += 7)),
    rename: ({ other, me }) => void (other.name = `renamed by ${me}`),
    name: ({ other }) => other.name,
    parentIsDead: ({ other }) => other.parent === undefined,
    linkValue: ({ other, listen, n }) => {
      const log = listen("value");
      other.linkValue(() => void log.push(`value of ${n}`));
    },
    linkException: ({ other, listen, n }) => {
      const log = listen("exception");
      other.linkException(() => void log.push(`exception of ${n}`));
    },
    linkKnown: ({ other }, { listener }) => other.link(listener),
    unlink: ({ other }, { listener }) => other.unlink(listener),
    killError: ({ other }) => void other.kill(new RangeError("killed")),
    killQuick: ({ other }) => void other.kill(undefined, { grace: 1 }),
    *killFor1({ other }) {
      return yield* other.kill(undefined, { timeout: 1 });
    },
    *park({ cells }, { parked }) {
      return yield* park<string>("parked", (handle) => {
        parked.value = handle;
        return () => void (cells[0].value += 100);
      });
    },
    wakeParked: ({ me }, { parked }) =>
      parked.value === undefined ? "nobody" : wake(parked.value, `by ${me}`),
    failParked: (_, { parked }) => parked.value?.fail(new RangeError("parked")) ?? "nobody",
    killSelf: () => void getCurrent().kill(),
    *getOther({ other }) {
      return shown(yield* other.get({ timeout: 2 }));
    },
    later: ({ cells, listen }, { last }) => {
      const log = listen("later");
      last.value = spawnLater(1, function* later() {
        log.push(cells[0].value);
        yield* sleep(0);
        cells[0].value = 3;
      });
    },
    killLast: (_, { last }) => void last.value?.kill(),
    *joinLast(_, { last }) {
      return yield* last.value?.join({ timeout: 2 }) ?? sleep(0);
    },
    lastStarted: (_, { last }) => last.value?.started ?? "none",
    spawnChild: ({ cells, listen }, { own, handed, last }) => {
      const log = listen("child");
      last.value = spawn({ name: "child" }, function* () {
        log.push(own.get(), handed.get(), cells[1].value);
        yield* sleep(0);
        cells[1].value = 2;
      });
    },
    *spawnBlock({ run, listen }, { last }) {
      const log = listen("block");
      const child = last.value = spawn({ name: "block" }, () => run(log));
      yield* child.join();
    },
    *daemonBlock({ run, listen }) {
      const log = listen("daemon");
      const child = spawn({ name: "daemon", daemon: true }, () => run(log));
      yield* child.join({ timeout: 1 });
    },
    setLocals: ({ me }, { own, handed }) => {
      own.set(`own ${me}`);
      handed.set(`handed ${me}`);
    },
    *failLater({ listen }) {
      const log = listen("failing");
      spawn({ name: "failing" }, function* () {
        log.push("runs");
        yield* sleep(0);
        throw new RangeError("later");
      });
      yield* sleep(0);
    },
    *resourceBlock({ run, cells, listen }) {
      const log = listen("resource");
      yield* resource<void>(function* thing(provide) {
        try {
          yield* sleep(0);
          log.push(cells[0].value);
          yield* provide();
        } finally {
          log.push("given back");
          cells[0].value = 8;
        }
      });
      yield* run();
    },
  },
};
