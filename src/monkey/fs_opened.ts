/**
 * What a greenlet has opened: file handles, descriptors, directories.
 *
 * It is closed when a kill or a timeout has ended the block that opened it and the greenlet's own cleanup has not. Where
 * another greenlet has used it meanwhile, it is a log, say, and the one who opened it just came first: then it passes to
 * that one, or is nobody's when that one has ended by itself.
 */
import { type Binding, Operation } from "./binding.ts";
import type { Place } from "./fs_place.ts";

/** See the top of the file. */
export class Opened {
  private readonly what: string;
  readonly target: string;
  readonly place: Place | null;
  private readonly close: () => void;
  private operation: Operation | null = null;
  /** The last other greenlet that has used it. */
  private heir: Binding | null = null;

  /** `close` is called when nobody else has closed it. Of a block that is over already, whoever opened it closes it. */
  constructor(binding: Binding, what: string, target: string, place: Place | null, close: () => void) {
    this.what = what;
    this.target = target;
    this.place = place;
    this.close = close;
    if (!binding.isOver) this.bind(binding);
  }

  private bind(binding: Binding): void {
    this.operation = new Operation(binding, this.what, this.target, { release: () => this.release() });
  }

  private release(): void {
    const { heir } = this;
    this.heir = this.operation = null;
    if (heir === null || heir.isOver) this.close();
    else if (!heir.task.dead) this.bind(heir);
  }

  /** Something is done to it in the name of `binding`. */
  used(binding: Binding): void {
    if (this.operation !== null && this.operation.binding.task !== binding.task) this.heir = binding;
  }

  /** Somebody closes it. */
  closing(): void {
    this.operation?.done();
    this.operation = this.heir = null;
  }
}

const handles = new WeakMap<object, Opened>();
/** Handles that nobody has closed and nobody has any more. */
const lost = new FinalizationRegistry<Place>((place) => place.leave());

/** What is known of a handle that a greenlet has opened. */
export function openedHandle(handle: object): Opened | undefined {
  return handles.get(handle);
}

/** Something with a `close` that gives a promise. */
export interface Closable {
  close(): Promise<void>;
}

function nothing(): void {}

/** The greenlet has opened it. */
export function opened(
  binding: Binding,
  handle: Closable,
  what: string,
  target: string,
  place: Place | null,
): void {
  const it = new Opened(binding, what, target, place, () => closeQuietly(handle));
  handles.set(handle, it);
  if (place !== null) lost.register(handle, place, it);
}

/** It is being closed: `result` is what its `close` gave. */
export function closing(handle: object, result: unknown): void {
  const it = handles.get(handle);
  if (it === undefined) return;
  it.closing();
  const { place } = it;
  if (place === null) return;
  lost.unregister(it);
  const leave = () => place.leave();
  if (result instanceof Promise) result.then(leave, leave);
  else leave();
}

/** Nobody is left who could hear that it is closed already, or cannot be. */
export function closeQuietly(handle: Closable): void {
  try {
    handle.close()?.then(nothing, nothing);
  } catch {
    // A directory that is closed already says so at once on some runtimes.
  }
}
