// Random programs over all primitives, as data: for the comparison of the reduced search with the full one. Here those of
// which every program has some; `programs_*.ts` have the rest, in families.

import {
  AsyncResult,
  Barrier,
  cancelScope,
  Channel,
  Condition,
  Event,
  type Greenlet,
  joinAll,
  Lock,
  moveOnAfter,
  Queue,
  select,
  Semaphore,
  shield,
  sleep,
  spawn,
  taskGroup,
  Timeout,
} from "../../src/mod.ts";
import { cell } from "../../src/testing/mod.ts";
import { Random } from "../../src/testing/random.ts";
import type { Context } from "./programs_kit.ts";
import { BLOCK_STATEMENTS, FAMILIES, families, partsOf, perform } from "./programs_families.ts";

/** One statement: its name, which object or greenlet, and a block where it has one. */
export interface Statement {
  readonly op: string;
  readonly n: number;
  readonly block?: readonly Statement[];
}

/** The bodies of the greenlets. */
export type Program = readonly (readonly Statement[])[];

/** How often each statement comes up. */
const SIMPLE: readonly string[] = [
  ...["read", "read", "write", "increment", "turn", "turn", "sleep1", "sleep2"],
  ...["put", "put", "get", "get", "getNowait", "qsize", "shutdown"],
  ...["acquire", "release", "tryAcquire", "acquireFor1", "available"],
  ...["set", "clear", "wait", "waitFor1", "isSet"],
  ...["kill", "kill", "join", "joinFor1", "dead", "started", "result", "killJoin", "joinAll", "link"],
  ...["send", "receive", "selectQueueEvent", "selectChannelSleep", "meet", "settle", "awaitSettled", "fail"],
];
const BLOCKS: readonly string[] = [
  ...[
    "lock",
    "lock",
    "try",
    "moveOn1",
    "moveOn2",
    "scope",
    "group",
    "timeout1",
    "shield",
    "condWait",
    "condNotify",
  ],
];

/** A random program of `greenlets` bodies with about `length` statements each, with statements of some families. */
export function randomProgram(seed: number, greenlets: number, length: number): Program {
  const random = new Random(seed, 7);
  // A few statements of one or two families, so that they meet: among all of them they rarely would.
  const themes = [[], [random.pick(FAMILIES)], [random.pick(FAMILIES)], [
    random.pick(FAMILIES),
    random.pick(FAMILIES),
  ]];
  const known = themes[seed % 4].flatMap((family) => Object.keys(families[family].acts));
  const special = known.length === 0 ? [] : Array.from({ length: 6 }, () => random.pick(known));
  const specialBlocks = special.filter((op) => BLOCK_STATEMENTS.has(op));
  const specialSimple = special.filter((op) => !BLOCK_STATEMENTS.has(op));
  const among = (own: readonly string[], common: readonly string[]) =>
    random.pick(own.length > 0 && random.chance(0.7) ? own : common);
  const statement = (depth: number): Statement => {
    if (depth > 0 && random.chance(0.3)) {
      const op = among(specialBlocks, BLOCKS);
      return { op, n: random.below(2), block: block(depth - 1, 1 + random.below(2)) };
    }
    return { op: among(specialSimple, SIMPLE), n: random.below(greenlets) };
  };
  const block = (depth: number, size: number): Statement[] =>
    Array.from({ length: size }, () => statement(depth));
  return Array.from({ length: greenlets }, () => block(1, 1 + random.below(length)));
}

/** What the greenlets saw, each for itself: the order between them is no outcome. */
export type Logs = Record<string, unknown[]>;

/** The program as a body; `logs` is filled as it runs. */
export function bodyOf(program: Program, logs: Logs): () => Generator<unknown, void, unknown> {
  return function* () {
    const world = {
      cells: [cell(0), cell(0)],
      queue: new Queue<string>({ maxsize: 1 }),
      semaphore: new Semaphore(1),
      event: new Event(),
      lock: new Lock(),
      channel: new Channel<string>(),
      barrier: new Barrier(2),
      result: new AsyncResult<string>(),
      greenlets: [] as Greenlet<unknown>[],
      condition: undefined as Condition | undefined,
      linked: logs,
      parts: partsOf(program),
    };
    world.condition = new Condition(world.lock);
    program.forEach((statements, i) => {
      const name = `g${i}`;
      const log: unknown[] = logs[name] = [];
      world.greenlets.push(spawn({ name }, () => guarded(statements, world, log, i)));
    });
    const all = yield* joinAll(world.greenlets);
    logs.main = [...all.map((g) => g.name).sort(), ...world.cells.map((c) => c.value), world.queue.qsize];
  };
}

type World = {
  cells: { value: number }[];
  queue: Queue<string>;
  semaphore: Semaphore;
  event: Event;
  lock: Lock;
  channel: Channel<string>;
  barrier: Barrier;
  result: AsyncResult<string>;
  greenlets: Greenlet<unknown>[];
  condition: Condition | undefined;
  linked: Logs;
  parts: Record<string, unknown>;
};

function* guarded(statements: readonly Statement[], world: World, log: unknown[], me: number) {
  try {
    yield* block(statements, world, log, me);
    log.push("end");
  } catch (e) {
    log.push(`! ${(e as Error).name}`);
    throw e;
  }
}

function* block(
  statements: readonly Statement[],
  world: World,
  log: unknown[],
  me: number,
): Generator<unknown, void, unknown> {
  for (const one of statements) {
    try {
      log.push(yield* statement(one, world, log, me));
    } catch (e) {
      const { name } = e as Error;
      if (name === "GreenletExit" || name === "Fail" || name === "Timeout") throw e;
      log.push(name);
    }
  }
}

class Fail extends Error {
  override name = "Fail";
}

function* statement(
  { op, n, block: inner = [] }: Statement,
  world: World,
  log: unknown[],
  me: number,
): Generator<unknown, unknown, unknown> {
  const { cells, queue, semaphore, event, lock, channel, greenlets } = world;
  const other = greenlets[n % greenlets.length];
  const run = (own = log) => block(inner, world, own, me);
  switch (op) {
    case "read":
      return cells[n % 2].value;
    case "write":
      cells[n % 2].value = me + 1;
      return op;
    case "increment": {
      const value = cells[n % 2].value;
      yield* sleep(0);
      cells[n % 2].value = value + 1;
      return value;
    }
    case "turn":
      yield* sleep(0);
      return op;
    case "sleep1":
      yield* sleep(1);
      return op;
    case "sleep2":
      yield* sleep(2);
      return op;
    case "put":
      yield* queue.put(`from ${me}`);
      return op;
    case "get":
      return yield* queue.get();
    case "getNowait":
      return queue.getNowait();
    case "qsize":
      return queue.qsize;
    case "shutdown":
      queue.shutdown();
      return op;
    case "acquire":
      return yield* semaphore.acquire();
    case "release":
      semaphore.release();
      return op;
    case "tryAcquire":
      return semaphore.tryAcquire();
    case "acquireFor1":
      return yield* semaphore.acquire({ timeout: 1 });
    case "available":
      return semaphore.available;
    case "set":
      event.set();
      return op;
    case "clear":
      event.clear();
      return op;
    case "wait":
      return yield* event.wait();
    case "waitFor1":
      return yield* event.wait({ timeout: 1 });
    case "isSet":
      return event.isSet;
    case "kill":
      other.kill();
      return op;
    case "killJoin":
      return yield* other.kill();
    case "join":
      return yield* other.join();
    case "joinFor1":
      return yield* other.join({ timeout: 1 });
    case "dead":
      return other.dead;
    case "started":
      return other.started;
    case "result":
      yield* other;
      return op;
    case "joinAll":
      return (yield* joinAll(greenlets.filter((_, i) => i !== me), { timeout: 2 })).map((g) => g.name).join();
    case "link":
      {
        const name = `link${me}.${log.length}`; // a log of its own: a link runs by itself
        other.link(() => void (world.linked[name] = [`linked to ${n}`]));
      }
      return op;
    case "send":
      yield* channel.put(`sent ${me}`);
      return op;
    case "receive":
      return yield* channel.get();
    case "selectQueueEvent":
      return (yield* select({ item: queue.get(), event: event.wait() })).key;
    case "selectChannelSleep":
      return (yield* select({ sent: channel.get(), late: sleep(1) })).key;
    case "meet":
      return yield* world.barrier.wait({ timeout: 2 });
    case "settle":
      if (!world.result.ready) world.result.set(`by ${me}`);
      return op;
    case "awaitSettled":
      return yield* world.result.get({ timeout: 2 });
    case "fail":
      throw new Fail();
    case "lock":
      yield* lock.withLock(() => run());
      return op;
    case "try":
      try {
        yield* run();
      } finally {
        log.push("finally");
        yield* sleep(0);
        log.push("cleaned");
      }
      return op;
    case "moveOn1":
    case "moveOn2":
      yield* moveOnAfter(op === "moveOn1" ? 1 : 2, () => run());
      return op;
    case "scope":
      return yield* cancelScope({ timeout: 2 }, function* (s) {
        spawn({ name: "canceller" }, () => s.cancel());
        yield* run();
        return s.cancelCalled;
      });
    case "group":
      yield* taskGroup(function* (tg) {
        tg.spawn({ name: "member" }, () => run());
        yield* sleep(0);
        tg.spawn({ name: "member2" }, () => void (cells[0].value += 10));
      });
      return op;
    case "timeout1": {
      const timeout = Timeout.start(1);
      try {
        yield* run();
      } catch (e) {
        if (e !== timeout) throw e;
        return "timed out";
      } finally {
        timeout.cancel();
      }
      return op;
    }
    case "shield":
      yield* shield(() => run());
      return op;
    case "condWait":
      yield* lock.withLock(() => world.condition!.wait({ timeout: 2 }));
      return op;
    case "condNotify":
      yield* lock.withLock(() => world.condition!.notify());
      return op;
    default:
      return yield* perform(op, contextOf(n, me, log, world, run), world.parts);
  }
}

/** What the statements of the families see. */
function contextOf(n: number, me: number, log: unknown[], world: World, run: Context["run"]): Context {
  const { cells, greenlets, linked } = world;
  return {
    n,
    me,
    log,
    cells,
    greenlets,
    run,
    other: greenlets[n % greenlets.length],
    listen: (what) => {
      const name = `${what} of g${me}.${log.length}`;
      return linked[name] = [];
    },
  };
}
