/** One cell of the matrix: a client is brought to a moment and killed there, and the observer says what it saw of that. */
import { type Greenlet, GreenletExit, sleep, spawn, TimeoutError, until, withTimeout } from "tendril";
import type { Library, Moment } from "./library.ts";
import { LateError, type Observed, type Observer } from "./observer.ts";

/** Whether the client is used in a generator or in an async function. */
export type Form = "generator" | "async";
/** What ends it. */
export type End = "kill" | "timeout";

export interface Cell {
  readonly library: string;
  readonly moment: Moment;
  readonly form: Form;
  readonly end: End;
}

export interface CellResult extends Cell {
  /** Milliseconds from the end until the server saw it. */
  ms: number;
  /** What is not as it should be. */
  problem?: string;
  /** It was only late. */
  isLate: boolean;
  /** What the client's promise was rejected with; empty if it never was settled. */
  seen: string;
}

/** Milliseconds in which the server has to see it. */
export const CLOSED_WITHIN = 200;
/** Milliseconds in which no retry may come: every client here tries again after 100. */
export const NOTHING_FOR = 300;
/** Milliseconds until the client's own promise has to be settled. */
const SETTLED_WITHIN = 8000;
/** Milliseconds to wait for what is known not to come. */
const SHORT = 100;
/** How long a timeout is; the next one, if the moment was not reached by then. */
const TIMEOUTS = [250, 1000, 4000];

const { setTimeout } = globalThis; // those from before the patch
/** Where it can be asked for. What is only reachable by a weak way must not be needed for a kill. */
const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(isForced: boolean): void } };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let lastMark = 0;

/** The observer, and PostgreSQL's URL where a query of its should have ended. */
export interface World {
  readonly observer: Observer;
  readonly postgres: string;
  /** Whether it is known of a cell that it does not stop. */
  isKnown(cell: Cell): boolean;
  /** What has been opened. It stays so until the client has let go by itself. */
  readonly opened: Observed[];
}

/** Runs in a greenlet. It throws nothing: what goes wrong is in the result. */
export function* runCell(world: World, library: Library, cell: Cell): Generator<unknown, CellResult> {
  const result: CellResult = { ...cell, ms: 0, seen: "", isLate: false };
  try {
    for (const [i, ms] of TIMEOUTS.entries()) {
      if (yield* attempt(world, library, result, ms, i === TIMEOUTS.length - 1)) break;
    }
  } catch (error) {
    result.problem ??= (error as Error).message ?? String(error);
    result.isLate = error instanceof LateError;
  }
  return result;
}

/** False if the timeout came before the moment. */
function* attempt(
  world: World,
  library: Library,
  result: CellResult,
  ms: number,
  isLast: boolean,
): Generator<unknown, boolean> {
  const mark = `86400.${++lastMark}`;
  const place = library.moments[result.moment]?.(mark) ?? null;
  const observed = place === null ? null : yield* until(world.observer.open(place));
  if (observed !== null) world.opened.push(observed);
  const target = { host: "127.0.0.1", port: observed?.port ?? 0, url: `${observed?.origin}/cell`, mark };
  let started = false;
  const use = () => {
    started = true;
    const promise = library.use(target);
    promise.then(() => result.seen = "its result", (error) => result.seen = nameOf(error));
    return promise;
  };
  const body = result.form === "async" ? async () => void await use() : function* () {
    yield* until(use());
  };
  const since = result.end === "kill"
    ? yield* killed(body, observed, result)
    : yield* timedOut(body, ms, observed, result);
  if (!started) throw new Error("the client was not even started");
  if (observed === null) return true;
  if (observed.count("reached") === 0) {
    if (!isLast && result.end === "timeout") return false;
    throw new LateError(`the moment was not reached: ${observed.story()}`);
  }
  yield* until(assertions(world, result, observed, since, mark));
  if (library.isSilent !== true) yield* until(settled(result, observed, since));
  return true;
}

async function assertions(world: World, result: CellResult, observed: Observed, since: number, mark: string) {
  // A name server knows of questions only, and one that tries again later has no connection meanwhile.
  const patience = world.isKnown(result) ? SHORT : undefined;
  if (observed.count("connected") > 0) {
    result.ms = await observed.closedWithin(CLOSED_WITHIN, since, patience);
  }
  if (result.library.startsWith("pg") && result.moment === "query") {
    const running = () => world.observer.queries(world.postgres, `'${mark}'`);
    while (await running() > 0) {
      if (Date.now() > since + CLOSED_WITHIN) throw new LateError("PostgreSQL is still at the query");
    }
  }
  await observed.nothingFurther(NOTHING_FOR, since);
}

/** A library that is refused its tries gives up only after the last one. */
async function settled(result: CellResult, observed: Observed, since: number) {
  for (const end = since + SETTLED_WITHIN; result.seen === "" && Date.now() < end;) await pause(20);
  if (result.seen === "") throw new Error("the client's promise is still pending");
  await observed.nothingFurther(0, since);
}

function* killed(
  body: () => unknown,
  observed: Observed | null,
  result: CellResult,
): Generator<unknown, number> {
  const g = spawn(body as () => Generator<unknown, void>);
  g.linkException(() => {}); // a failure is told below
  let since = 0;
  try {
    if (observed === null) yield* sleep(20);
    else yield* until(Promise.race([reached(observed), failure(g, result)]));
  } finally {
    since = Date.now();
    yield* g.kill(); // also when the moment never came, or nobody would end it
  }
  if (!g.dead || !(g.value instanceof GreenletExit)) {
    throw new Error(`the greenlet did not end by the kill, but with ${nameOf(g.exception ?? g.value)}`);
  }
  return since;
}

/** The moment, and no garbage left from the way to it. */
async function reached(observed: Observed, patience?: number): Promise<void> {
  await observed.reached(1, patience);
  if (Bun !== undefined) Bun.gc(true);
  else gc?.();
  await pause(0); // finalizers run in a turn of their own
}

/** Rejects when the greenlet ends by itself. */
function failure(g: Greenlet<unknown>, result: CellResult): Promise<never> {
  return new Promise((_, reject) => {
    g.link(() => {
      if (result.seen !== "") reject(new Error(`it ended before the moment, with ${nameOf(g.exception)}`));
    });
  });
}

function* timedOut(
  body: () => unknown,
  ms: number,
  observed: Observed | null,
  result: CellResult,
): Generator<unknown, number> {
  if (observed !== null) reached(observed, ms).catch(() => {}); // if it never comes, that is told below
  try {
    yield* withTimeout(ms, body as () => Generator<unknown, void>);
  } catch (error) {
    if (error instanceof TimeoutError) return Date.now();
    result.problem = `it ended before the timeout, with ${nameOf(error)}`;
    throw error;
  }
  throw new Error("it ended before the timeout");
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` because of ${error.cause.name}` : "";
  return `${error.name}${
    error.message === "" ? "" : `: ${error.message.split("\n")[0].slice(0, 80)}`
  }${cause}`;
}
