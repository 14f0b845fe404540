/** The main thread's side of the monitor: the worker that watches, the beat that it watches for, and what it has seen. */
import process from "node:process";
import type { Worker } from "node:worker_threads";
import { atExit, inBackground, unref } from "./host.ts";
import { builtin } from "./modules.ts";
import type { MonitorData } from "./monitor_worker.ts";
import { WatchTable } from "./watch_table.ts";

// The system's own, also where a simulation or a patch replaces them later.
const { setInterval, clearInterval, performance } = globalThis;

/** What held the loop. */
export interface Block {
  /** 0: code outside greenlets. */
  readonly id: number;
  readonly name: string;
  /** Milliseconds, to a `period`. */
  readonly ms: number;
  readonly stack: string | undefined;
  /** False: the program ends, and nobody knows how much longer it would have taken. */
  readonly ended: boolean;
}

/** What a {@linkcode Watchdog} is made of. */
export interface WatchdogOptions {
  /** How late the event loop may be. */
  blockedMs: number;
  /** From how many milliseconds on the worker says so on stderr. */
  sayAfter: number;
  /** Called when the loop runs again, or the program ends. */
  onBlock(block: Block): void;
  /** The worker cannot be started, or has died. */
  onFailure(error: unknown): void;
}

/** Beats in `blockedMs`: how exact the lengths are. With 5, an idle program takes 1 % of a core for 100 ms, twice that for 50. */
const BEATS = 5;
/** Milliseconds: the shortest and the longest period. */
const SHORTEST = 2, LONGEST = 100;

/** Loaded by those who watch, and not by everybody who imports the library. */
type Threads = Pick<typeof import("node:worker_threads"), "Worker" | "isMainThread">;

/** Those that have not been stopped. */
const running = new Set<Watchdog>();
let isAtExit = false;

/** See the top of the file. It keeps no program alive. */
export class Watchdog {
  readonly table: WatchTable = new WatchTable();
  private readonly onBlock: (block: Block) => void;
  private readonly period: number;
  private readonly worker: Worker;
  private readonly timer: ReturnType<typeof setInterval>;
  private beaten: number = performance.now();
  private readonly stopCounting: () => void;
  private reported = 0;
  private lateBefore = 0;

  constructor(options: WatchdogOptions) {
    const { blockedMs, sayAfter, onFailure } = options;
    this.onBlock = options.onBlock;
    this.period = Math.min(Math.max(blockedMs / BEATS, SHORTEST), LONGEST);
    const { Worker, isMainThread } = builtin("worker_threads") as Threads;
    const stacks = isMainThread && givesStacks();
    const data: MonitorData = {
      buffer: this.table.buffer,
      blockedMs,
      period: this.period,
      sayAfter,
      stacks,
    };
    this.worker = new Worker(new URL("./monitor_worker.ts", import.meta.url), {
      workerData: data,
      execArgv: [], // no preload of the program's
      name: "tendril monitor",
    });
    this.worker.on("error", (error) => onFailure(error));
    this.worker.unref();
    this.timer = setInterval(() => this.beat(), this.period);
    unref(this.timer as ReturnType<typeof setTimeout>);
    this.stopCounting = inBackground();
    running.add(this);
    if (!isAtExit) {
      atExit(() => {
        for (const each of running) each.endOfProgram();
      });
    }
    isAtExit = true;
  }

  private beat(): void {
    const now = performance.now();
    const late = now - this.beaten - this.period;
    this.beaten = now;
    this.table.beat();
    // What the worker said a moment too late is about the beat before.
    const ms = Math.max(late, this.lateBefore);
    this.lateBefore = late;
    this.report(ms, true);
  }

  private report(ms: number, ended: boolean): void {
    const blocks = this.table.blocks;
    if (blocks === this.reported) return;
    this.reported = blocks;
    this.onBlock({ ...this.table.seen, ms, ended });
  }

  private endOfProgram(): void {
    this.report(Math.max(performance.now() - this.beaten - this.period, this.lateBefore), false);
  }

  stop(): void {
    if (!running.delete(this)) return;
    clearInterval(this.timer);
    this.stopCounting();
    this.table.stop();
    void this.worker.terminate();
  }
}

/** The main thread's stack can be had on Node, where no debugger of the user's stops it already. */
function givesStacks(): boolean {
  const { versions } = process;
  if (versions.deno !== undefined || versions.bun !== undefined) return false;
  return (builtin("inspector") as typeof import("node:inspector")).url() === undefined;
}
