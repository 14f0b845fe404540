/**
 * The control block: a few words of shared memory between a worker and whoever gives it work. What must be seen while the
 * worker computes, and reads no messages, stands here.
 *
 *     0 CURRENT   worker writes: the id of the call that has begun last
 *     1 STOP      main writes: begin no more calls of this batch
 *     2 CANCEL    main writes: the id of the call that is to end (ids are not used twice, so it is never cleared)
 *     3 BEAT      worker writes: grows as long as its event loop turns
 *     4 PROGRESS  worker writes: how far the current call is, in millionths
 *     5 LISTENS   worker writes: the id of the call that has asked whether it is cancelled, or can be told
 *
 * Taking calls back is a handshake without a lock. The worker stores CURRENT, then loads STOP; main stores STOP, then
 * loads CURRENT. The four are sequentially consistent, so a call above the CURRENT that main sees has not begun, and
 * the worker, when it comes to it, sees STOP and leaves it alone. Of the one at CURRENT main does not know: the worker may have
 * stored it, and then have seen STOP. Who has no outcome when the batch is over has not begun.
 */
const CURRENT = 0, STOP = 1, CANCEL = 2, BEAT = 3, PROGRESS = 4, LISTENS = 5, WORDS = 8;
const MILLION = 1_000_000;

/** See the top of the file. */
export class ControlBlock {
  readonly buffer: SharedArrayBuffer;
  private readonly words: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
  }

  // ---- the worker's side

  /** Notes that `id` begins; false: it must not. */
  begin(id: number): boolean {
    Atomics.store(this.words, CURRENT, id);
    return Atomics.load(this.words, STOP) === 0;
  }

  /** `id` would notice a cancel. */
  listens(id: number): void {
    Atomics.store(this.words, LISTENS, id);
  }

  isCancelled(id: number): boolean {
    return Atomics.load(this.words, CANCEL) === id;
  }

  beat(): void {
    Atomics.add(this.words, BEAT, 1);
  }

  // ---- main's side

  /** Before a batch is posted. */
  open(): void {
    Atomics.store(this.words, STOP, 0);
  }

  /** Nothing more of the batch in flight begins; gives the id of the last call that has, or may have. */
  stop(): number {
    Atomics.store(this.words, STOP, 1);
    return Atomics.load(this.words, CURRENT);
  }

  get current(): number {
    return Atomics.load(this.words, CURRENT);
  }

  cancel(id: number): void {
    Atomics.store(this.words, CANCEL, id);
  }

  /** The id of the last call that would notice a cancel. */
  get listener(): number {
    return Atomics.load(this.words, LISTENS);
  }

  get beats(): number {
    return Atomics.load(this.words, BEAT);
  }

  /** From 0 to 1. */
  get progress(): number {
    return Atomics.load(this.words, PROGRESS) / MILLION;
  }

  set progress(part: number) {
    Atomics.store(this.words, PROGRESS, Math.round(Math.min(Math.max(part, 0), 1) * MILLION));
  }
}
