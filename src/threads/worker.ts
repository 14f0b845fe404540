/** One thread of a pool, with its end of the protocol. */
import { atExit } from "../host/mod.ts";
import { HostThread, type ResourceLimits } from "../host/io.ts";
import { Caller, type CallerClient, ControlBlock, type FromWorker, type ToWorker } from "../wire/mod.ts";
import type { Job } from "./job.ts";
import { threadDied, type ThreadPass, threadPass } from "./shared_seat.ts";

/** What a pool's thread is given; see `pool_thread.ts`. */
export interface PoolThreadData {
  readonly control: SharedArrayBuffer;
  readonly pass: ThreadPass;
  readonly name: string;
  readonly initializer: { url: string; name: string; args: readonly unknown[] } | null;
  /** Milliseconds between two beats of its heart; 0: nobody listens. */
  readonly beat: number;
}

/** The life of a thread. `CLOSING`: it gets nothing more. */
export const STARTING = 0, IDLE = 1, BUSY = 2, CLOSING = 3, GONE = 4;

/** What it is started with. */
export interface WorkerSetup {
  readonly name: string;
  readonly initializer: PoolThreadData["initializer"];
  readonly limits: ResourceLimits | undefined;
  readonly maxTasks: number;
  readonly beat: number;
  /** It keeps no program alive. */
  readonly daemon: boolean;
}

/** This thread's own, which end with it; where what computes cannot be ended, those at least that ask. */
let alive: Set<PoolWorker> | null = null;

function endWithThisThread(worker: PoolWorker): void {
  if (alive === null) {
    alive = new Set();
    atExit(() => alive?.forEach((each) => each.cancel()));
  }
  alive.add(worker);
}

/** See the top of the file. */
export class PoolWorker {
  readonly name: string;
  readonly caller: Caller;
  readonly thread: HostThread<FromWorker, ToWorker>;
  status: number = STARTING;
  /** Tasks until it is replaced. */
  left: number;
  /** Since when it is idle, or its batch runs. */
  since = 0;
  /** It keeps the program alive. */
  isHeld = true;
  /** The last beat that was seen, and when. */
  beats = -1;
  beaten = 0;
  private readonly id: number;
  private readonly daemon: boolean;

  constructor(setup: WorkerSetup, client: CallerClient, zombie: (isOne: boolean) => void) {
    const { name, initializer, limits, beat } = setup;
    this.name = name;
    this.left = setup.maxTasks;
    const pass = threadPass();
    this.id = pass.id;
    const control = new ControlBlock();
    const data: PoolThreadData = { control: control.buffer, pass, name, initializer, beat };
    try {
      this.thread = new HostThread({
        entry: new URL("./pool_thread.ts", import.meta.url),
        name,
        data,
        limits,
      });
    } catch (error) {
      threadDied(pass.id);
      throw error;
    }
    this.thread.onzombie = zombie;
    this.daemon = setup.daemon;
    if (this.daemon) this.release();
    this.caller = new Caller(this.thread, control, {
      ready: () => client.ready(),
      free: (unstarted) => client.free(unstarted),
      ran: (n, ms) => client.ran?.(n, ms),
      closed: (reason, unstarted) => {
        threadDied(this.id);
        alive?.delete(this);
        client.closed(reason, unstarted);
      },
    });
    endWithThisThread(this);
  }

  send(batch: Job<unknown, unknown>[]): void {
    this.left -= batch.length;
    this.hold();
    for (const job of batch) job.worker = this;
    this.caller.send(batch);
  }

  /** Ends it, whatever it does. Where what computes cannot be ended, what asks whether it is cancelled ends by itself. */
  end(reason: unknown): void {
    this.cancel();
    this.thread.close(reason);
  }

  /** Tells what runs that it is to end. */
  cancel(): void {
    const { control } = this.caller;
    control.cancel(control.current);
  }

  hold(): void {
    if (this.isHeld || this.daemon) return;
    this.isHeld = true;
    this.thread.ref();
  }

  release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.thread.unref();
  }
}
