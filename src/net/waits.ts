/**
 * Waiting for the host: the line and the promise of the library, outstanding while somebody waits, so that nobody takes
 * a greenlet that waits for a peer for one in a deadlock.
 */
import { type NotYet, type Task, TimeoutError, Waiter, WaitLine } from "../core/mod.ts";
import { Until } from "../sync/mod.ts";

type PromiseMaker<T> = (signal: AbortSignal) => Promise<T>;

/** A {@linkcode WaitLine} that the host serves. */
export class HostLine<T, P = undefined> extends WaitLine<T, P> {
  override wait(payload: P, timeout: number = Infinity): Waiter<T, P> {
    return new HostWaiter(this, payload, timeout);
  }
}

class HostWaiter<T, P> extends Waiter<T, P> {
  override enter(task: Task): void {
    super.enter(task);
    if (task !== null) task.loop.outstanding++; // null: an async iterator, outside of all greenlets
  }

  override leave(): void {
    if (this.task !== null) this.task.loop.outstanding--;
    super.leave();
  }

  override copy(): HostWaiter<T, P> {
    return new HostWaiter(this.line, this.payload, this.timeout);
  }
}

/** See {@linkcode hostCall}. */
class HostCall<T> extends Until<T> {
  private readonly name: string;
  private readonly begin: PromiseMaker<T>;
  private readonly timeout: number;

  constructor(name: string, timeout: number, begin: PromiseMaker<T>) {
    super(begin);
    this.name = name;
    this.begin = begin;
    this.timeout = timeout;
  }

  override attempt(): T | NotYet {
    if (this.timeout <= 0) throw this.tooLate(); // S-34: nothing was begun
    return super.attempt();
  }

  override enter(task: Task): void {
    super.enter(task);
    if (this.timeout !== Infinity) task.loop.timers.add(this, task.loop.now() + this.timeout);
  }

  override leave(): void {
    if (this.slot >= 0) (this.task as Task).loop.timers.remove(this);
    super.leave();
  }

  override fire(): void {
    this.abandon();
    this.end(this.tooLate(), true);
  }

  override copy(): HostCall<T> {
    return new HostCall(this.name, this.timeout, this.begin);
  }

  override describe(): string {
    return this.name;
  }

  private tooLate(): TimeoutError {
    return new TimeoutError(`${this.name} did not end within ${this.timeout} ms`);
  }
}

/** Waits for what `begin` promises. A kill or the timeout (milliseconds) aborts the signal, which must undo it. */
export function hostCall<T>(name: string, timeout: number, begin: PromiseMaker<T>): HostCall<T> {
  return new HostCall(name, timeout, begin);
}
