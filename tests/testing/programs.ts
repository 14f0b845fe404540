// Random programs over all primitives, as data: for the comparison of the reduced search with the full one. The
// statements stand in `programs_*.ts`, in families.

import {
  AsyncResult,
  Barrier,
  Channel,
  Condition,
  Event,
  type Greenlet,
  joinAll,
  Lock,
  Queue,
  Semaphore,
  spawn,
} from "../../src/mod.ts";
import { cell } from "../../src/testing/mod.ts";
import { Random } from "../../src/testing/schedules/random.ts";
import { BLOCK_STATEMENTS, FAMILIES, families, partsOf } from "./programs_families.ts";

import { type Logs, statement, type World } from "./programs_common.ts";
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
      log.push(yield* statement(one, world, log, me, (own = log) => block(one.block ?? [], world, own, me)));
    } catch (e) {
      const { name } = e as Error;
      if (name === "GreenletExit" || name === "Fail" || name === "Timeout") throw e;
      log.push(name);
    }
  }
}
