/**
 * Whose I/O it is.
 *
 * A `Binding` stands for a block of a greenlet's body: the whole of it, and one more for each scope or `Timeout` that is
 * open inside. What the greenlet begins at the host is bound to the innermost one. When a kill, a cancel or a timeout ends a
 * block, what is bound to it is aborted at once (S-87), and whoever still runs in its name, a retry of some library, say,
 * is refused from then on. What the greenlet's own cleanup begins afterwards gets a new binding.
 *
 *     whole body ── scope ── Timeout ── scope          a cancel of the first scope ends the three on the right
 *
 * Inside a resume the running greenlet is known. After an `await` in somebody else's async function it is not: there the
 * binding comes out of an async context, whose frame is entered with each resume and changed where a block opens or
 * closes. A greenlet that ends by itself closes nothing: what it has left going goes on, and is nobody's then.
 */
import { type Bound, current, type Level, type OpenOperation, WHOLE_TASK } from "../core/mod.ts";
import { GreenletTask } from "../greenlet/mod.ts";
import { type AsyncContext, type ContextFrame, isDirect } from "../host/io.ts";
import { reportToStderr, systemHost } from "../host/mod.ts";

/** What is to happen to an operation whose block is ended. */
export interface OperationEnd {
  /** At once: it is aborted, and whoever waits for it gets the reason. */
  abort?(reason: unknown): void;
  /** When the block has been left and its cleanup has not done it: what was opened is closed. */
  release?(): void;
  /** The greenlet has ended by itself: it goes on, and counts for nothing any more. */
  disown?(): void;
}

/** Something that is under way at the host in the name of a greenlet. */
export class Operation implements OpenOperation {
  what: string;
  readonly target: string;
  readonly since: number = systemHost.now();
  readonly binding: Binding;
  private readonly end: OperationEnd;

  constructor(binding: Binding, what: string, target: string, end: OperationEnd) {
    this.binding = binding;
    this.what = what;
    this.target = target;
    this.end = end;
    (binding.open.operations ??= new Set()).add(this);
  }

  /** It is over. May be called more than once. */
  done(): void {
    this.binding.open.operations?.delete(this);
  }

  abort(reason: unknown): void {
    if (this.end.release === undefined) this.done();
    if (this.end.abort !== undefined) guard(() => this.end.abort?.(reason));
  }

  disown(): void {
    if (this.end.disown !== undefined) guard(() => this.end.disown?.());
  }

  release(): void {
    if (this.binding.open.operations?.has(this) !== true) return;
    this.done();
    guard(() => this.end.release?.());
  }
}

/** Code of the host's and of the user's listeners runs in there: it must not end up in the greenlet that kills. */
function guard(f: () => void): void {
  try {
    f();
  } catch (error) {
    reportToStderr(error);
  }
}

/** What is under way in the name of one task, in the order in which it began. Most tasks never have any. */
interface Open {
  operations: Set<Operation> | null;
  /** In which patch its bindings were made. */
  era: number;
}

const NONE: ReadonlySet<Operation> = new Set();

/** See the top of the file. */
export class Binding implements Bound {
  readonly task: GreenletTask<unknown>;
  /** The next one outside that is still open. */
  parent: Binding | null;
  private readonly depth: number;
  private readonly since: number;
  /** All of the task's. */
  readonly open: Open;
  frame: ContextFrame | null = null;
  /** The frame in which its own is to be made. */
  like: ContextFrame | null = null;
  /** It is what follows a `Timeout` that was thrown, which nobody needs to cancel any more. */
  isSpent = false;
  over = false;
  why: unknown = undefined;

  constructor(
    task: GreenletTask<unknown>,
    parent: Binding | null,
    depth: number,
    since: number,
    open: Open,
  ) {
    this.task = task;
    this.parent = parent;
    this.depth = depth;
    this.since = since;
    this.open = open;
  }

  get operations(): ReadonlySet<Operation> {
    return this.open.operations ?? NONE;
  }

  /** Whether the block that begins at this depth and moment contains this one. */
  isInside(depth: number, since: number): boolean {
    return this.depth > depth || (this.depth === depth && this.since >= since);
  }

  /** Whether it is that block's own. */
  isOf(depth: number, since: number): boolean {
    return this.depth === depth && this.since === since;
  }

  finish(reason: unknown): void {
    if (this.over) return;
    this.over = true;
    this.why = reason;
  }

  /** It, or a block around it, was ended from outside. */
  get isOver(): boolean {
    return ended(this) !== null;
  }

  /** Why. */
  get reason(): unknown {
    return ended(this)?.why;
  }
}

/** The innermost one that was ended. No recursion: blocks may be nested as deep as memory allows. */
function ended(binding: Binding): Binding | null {
  let b: Binding | null = binding;
  while (b !== null && !b.over) b = b.parent;
  return b;
}

/** Null while nothing is patched: then a wrapper that somebody else's patch still holds only passes on. */
let context: AsyncContext<Binding> | null = null;
/** Grows with each patch: between two of them nobody has noted which blocks were opened and closed. */
let era = 0;

/** From now on bindings follow awaits by this context; null: nothing is patched any more. */
export function useContext(next: AsyncContext<Binding> | null): void {
  context = next;
  era++;
}

/**
 * What the code that runs here begins is bound to; null outside of greenlets. A binding that `isOver` refuses: whatever is
 * asked for in its name fails with its `reason`.
 */
export function bound(): Binding | null {
  if (context === null || isDirect()) return null; // what tendril/net asks for is bound by its own means
  if (current !== null) return current instanceof GreenletTask ? bindingOf(current) : null;
  const binding = context.get();
  if (binding === undefined || (binding.task.dead && !binding.isOver)) return null;
  return binding;
}

/** The innermost binding of a greenlet. */
export function bindingOf(task: GreenletTask<unknown>): Binding {
  const binding = task.binding as Binding | null;
  return binding === null || binding.open.era !== era ? withScopes(task) : binding;
}

/** The first one of a task, and those of the scopes that are open already: it may have begun before the patch. */
function withScopes(task: GreenletTask<unknown>): Binding {
  const scopes: Level[] = [];
  for (let s: Level | null = task.scope; s !== null && s.owner === task; s = s.parent) scopes.push(s);
  const earlier = task.binding as Binding | null;
  const open: Open = earlier?.open ?? { operations: null, era };
  open.era = era;
  const root = new Binding(task, null, WHOLE_TASK, 0, open);
  // Async functions that were called in an earlier patch still run in its name.
  let old = earlier;
  while (old !== null && old.parent !== null) old = old.parent;
  if (old !== null) old.parent = root;
  let binding = root;
  for (const { depth, since } of scopes.reverse()) binding = new Binding(task, binding, depth, since, open);
  binding.like = earlier?.frame ?? earlier?.like ?? null;
  task.binding = binding;
  return binding;
}
