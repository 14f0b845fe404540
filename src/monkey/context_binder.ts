/** The binder: enters the context of each greenlet that is resumed, and ends what belongs to a block that is ended. */
import {
  type Attended,
  type Binder,
  current,
  type Interrupt,
  type Loop,
  outside,
  PENDING,
  setBinder,
  Task,
  WHOLE_TASK,
} from "../core/mod.ts";
import { GreenletTask } from "../greenlet/mod.ts";
import { type AsyncContext, asyncContext, type ContextFrame } from "../host/io.ts";
import { systemHost } from "../host/mod.ts";
import { Binding, bindingOf, bound, type Operation, useContext } from "./binding.ts";

/** Those that were aborted and are released when their block has been left, in case its cleanup has not done it. */
function releaseLater(operations: readonly Operation[]): void {
  // An async function that was left alone closes its own things in the microtasks that follow.
  if (operations.length > 0) {
    systemHost.macrotask(() => outside(() => operations.forEach((o) => o.release())));
  }
}

function over(operations: Iterable<Operation>): Operation[] {
  return [...operations].filter((o) => o.binding.isOver);
}

/** Its methods take any `Attended`, as the core gives them; only greenlets have bindings. */
class ContextBinder implements Binder {
  private readonly context: AsyncContext<Binding>;
  private readonly neutral: ContextFrame;

  constructor(context: AsyncContext<Binding>, neutral: ContextFrame) {
    this.context = context;
    this.neutral = neutral;
  }

  spawned(task: Attended): void {
    if (!(task instanceof GreenletTask)) return;
    const binding = bindingOf(task);
    binding.frame = this.context.frame(binding); // the user's own contexts are inherited as they are here
  }

  resume(task: Attended): void {
    let frame = this.neutral;
    if (task instanceof GreenletTask) {
      const binding = bindingOf(task);
      frame = binding.frame ?? this.makeFrame(binding);
    }
    this.context.enter(frame, Task.prototype.resume, task as Task);
  }

  /** Like the one that its greenlet ran in before: the user's own contexts are inherited. */
  private makeFrame(binding: Binding): ContextFrame {
    const make = () => binding.frame = this.context.frame(binding);
    const { task } = binding;
    const { main } = task.loop as Loop;
    // Made before the patch. The main greenlet begins where `run` was called.
    if (task === main as unknown && binding.like === null) return make();
    this.context.enter(binding.like ?? this.neutral, make, null);
    return binding.frame as ContextFrame;
  }

  here(): Attended | null {
    return bound()?.task ?? null;
  }

  opened(task: Attended, depth: number, since: number): void {
    if (!(task instanceof GreenletTask)) return;
    const before = bindingOf(task);
    if (before.isOf(depth, since)) return this.moveTo(task, before, before); // made in this scope
    const outer = before.isSpent ? before.parent : before;
    const inner = new Binding(task, outer, depth, since, before.open);
    inner.like = before.frame ?? before.like;
    this.moveTo(task, inner, before);
  }

  closed(task: Attended, depth: number, since: number): void {
    const inner = task.binding as Binding | null;
    if (inner === null) return;
    let child: Binding | null = null;
    let it: Binding | null = inner;
    while (it !== null && !it.isOf(depth, since)) {
      child = it;
      it = it.parent;
    }
    if (it !== null && it.parent !== null) {
      // Scopes end from the inside out. A `Timeout` may be cancelled at any time: what was opened since stays open.
      const isInnermost = child === null || Number.isInteger(depth);
      if (isInnermost) this.moveTo(inner.task, it.parent, inner);
      else (child as Binding).parent = it.parent;
    }
    if (inner.operations.size > 0) releaseLater(over(inner.operations));
  }

  private moveTo(task: GreenletTask<unknown>, next: Binding, before: Binding): void {
    task.binding = next;
    if (current !== task) return;
    this.context.change(next);
    if (!this.context.changeSpoilsFrame) return;
    for (const binding of [before, next]) {
      binding.like = binding.frame ?? binding.like;
      binding.frame = null;
    }
  }

  interrupted(task: Attended, interrupt: Interrupt): void {
    const inner = task.binding as Binding | null;
    if (inner === null) return;
    const { depth, since, error } = interrupt;
    let outer: Binding | null = inner;
    for (; outer !== null && outer.isInside(depth, since); outer = outer.parent) outer.finish(error);
    if (outer === inner) return;
    // What its cleanup begins is bound anew.
    const cleanup = new Binding(inner.task, outer, depth, since, inner.open);
    cleanup.like = inner.frame ?? inner.like;
    cleanup.isSpent = interrupt.once;
    task.binding = cleanup;
    this.abort(inner.operations);
  }

  ended(task: Attended): void {
    const binding = task.binding as Binding | null;
    if (binding === null) return;
    const { interrupts, failing, inbox } = task as Task;
    // Thrown, or, where a shield was in the way, what it was given up for.
    const kill = interrupts?.find((i) =>
      i.depth === WHOLE_TASK && (i.phase !== PENDING || (failing && inbox === i.error))
    );
    if (kill === undefined) {
      for (const operation of binding.operations) operation.disown();
      releaseLater(over(binding.operations)); // of a block inside
      return;
    }
    for (let b: Binding | null = binding; b !== null; b = b.parent) b.finish(kill.error);
    this.abort(binding.operations);
    releaseLater([...binding.operations]);
  }

  private abort(operations: ReadonlySet<Operation>): void {
    if (operations.size === 0) return;
    for (const operation of over(operations)) {
      const { binding } = operation;
      // In its own name and not in that of whoever kills: a listener that hears of the end and tries again is refused.
      this.context.enter(
        binding.frame ?? this.makeFrame(binding),
        () => outside(() => operation.abort(binding.reason)),
        null,
      );
    }
  }
}

let storage: AsyncContext<Binding> | undefined;

/** From now on what greenlets begin is bound to them. Gives the way back. */
export function startBinding(): () => void {
  const context = storage ??= asyncContext<Binding>();
  if (context === undefined) {
    throw new Error("patching needs AsyncLocalStorage of node:async_hooks, which this runtime does not have");
  }
  // Where code runs that is no greenlet's: links.
  const neutral = context.frame(undefined);
  const before = setBinder(new ContextBinder(context, neutral));
  useContext(context);
  // The pass that runs now is nobody's but this greenlet's until its next switch, and all others enter their own.
  if (current instanceof GreenletTask) context.change(bindingOf(current));
  return () => {
    setBinder(before);
    useContext(null);
    context.stop();
  };
}
