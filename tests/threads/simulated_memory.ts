/**
 * Shared memory whose threads are greenlets, so that `explore` can run the very code of the shared primitives in all
 * orders of their accesses. The code is plain: it cannot park in the middle. So it is run up to its next access and thrown
 * out; when the access has been done, in a step of its own, it is run again from its beginning with the same answers, up
 * to the one after.
 */
import { Event, sleep } from "tendril";
import { type Cell, cell } from "tendril/testing";
import type { Seat } from "../../src/threads/shared_guard.ts";
import type { Memory } from "../../src/threads/shared_memory.ts";
import { ThreadTable } from "../../src/threads/shared_table.ts";

/** Words that all threads see. */
export class SimulatedMemory {
  readonly cells: Cell<number>[];
  readonly waiters: { readonly at: number; readonly woken: Event }[] = [];

  /**
   * Whether a wait with a time limit ends by it, when nobody can go on. Only where threads die: else it would hide that a
   * wake-up was lost.
   */
  hasTime = false;
  private readonly words: number;
  private readonly firstByte: number;

  /** @param firstByte from where on there are bytes, up to the end of the words. */
  constructor(words: number, firstByte: number = words * 4) {
    this.words = words;
    this.firstByte = firstByte;
    this.cells = Array.from({ length: words + words * 4 - firstByte }, () => cell(0));
  }

  byteCell(at: number): number {
    return this.words + at - this.firstByte;
  }

  /** For building it up, before there are threads. */
  get direct(): Memory {
    return viewOf(this, (access) => access());
  }

  wake(at: number, n: number): void {
    this.cells[at].value += 0; // who waits is part of the word
    const all = this.waiters.filter((waiter) => waiter.at === at).slice(0, n);
    for (const one of all) {
      this.waiters.splice(this.waiters.indexOf(one), 1);
      one.woken.set();
    }
  }
}

/** What a thread waits on. */
interface Block {
  readonly value: number;
  readonly ms: number;
}

type Do = (access: () => number, memory: SimulatedMemory, at: number, blocks?: Block) => number;

function viewOf(memory: SimulatedMemory, act: Do): Memory {
  const { cells } = memory;
  const word = (at: number, access: (word: Cell<number>) => number) =>
    act(() => access(cells[at]), memory, at);
  return {
    load: (at) => word(at, (word) => word.value),
    store: (at, value) => void word(at, (word) => word.value = value | 0),
    add: (at, by) =>
      word(at, (word) => {
        const before = word.value;
        word.value = (before + by) | 0;
        return before;
      }),
    compareExchange: (at, expected, value) =>
      word(at, (word) => {
        const before = word.value;
        if (before === expected) word.value = value | 0;
        return before;
      }),
    wait: (at, value, ms) => void act(() => 0, memory, at, { value, ms }),
    notify: (at, n) => void act(() => (memory.wake(at, n), 0), memory, at),
    // A byte has a cell of its own, behind the words: nobody uses the same place as both.
    write: (at, bytes) =>
      bytes.forEach((byte, i) => word(memory.byteCell(at + i), (word) => word.value = byte)),
    read: (at, into) => into.forEach((_, i) => into[i] = word(memory.byteCell(at + i), (word) => word.value)),
    now: () => 0,
  };
}

/** Which accesses are steps; the others happen with the one before. */
export type Visible = (memory: SimulatedMemory, at: number) => boolean;

/** What a thread is about to do. */
interface Access {
  access(): number;
  readonly memory: SimulatedMemory;
  readonly at: number;
  readonly blocks?: Block;
}

/** How many accesses a thread does before it dies; counted down. */
export interface Life {
  accesses: number;
}

/** It died, before it did what it was about to do. */
export class Died extends Error {}

const SUSPENDED = new Error("the code of a simulated thread must not catch this");

/** Runs `code`, which has no state but the memory, as a thread whose accesses are steps. */
export function* steps<T>(
  code: (view: (memory: SimulatedMemory) => Memory) => T,
  visible: Visible = () => true,
  life: Life = { accesses: Infinity },
): Generator<unknown, T, unknown> {
  const answers: number[] = [];
  for (;;) {
    let next: Access | null = null;
    let cursor = 0;
    const act: Do = (access, memory, at, blocks) => {
      if (next !== null) throw SUSPENDED; // on its way out, through a finally
      if (cursor < answers.length) return answers[cursor++];
      if (blocks === undefined && !visible(memory, at)) {
        answers.push(access());
        return answers[cursor++];
      }
      next = { access, memory, at, blocks };
      throw SUSPENDED;
    };
    let result: T;
    try {
      result = code((memory) => viewOf(memory, act));
    } catch (error) {
      if (error !== SUSPENDED) throw error;
      const { access, memory, at, blocks } = next as unknown as Access;
      if (--life.accesses < 0) throw new Died();
      yield* sleep(0);
      if (blocks !== undefined) yield* block(memory, at, blocks);
      answers.push(access());
      continue;
    }
    return result;
  }
}

function* block(
  memory: SimulatedMemory,
  at: number,
  { value, ms }: Block,
): Generator<unknown, void, unknown> {
  if (memory.cells[at].value !== value) return;
  const waiter = { at, woken: new Event() };
  memory.waiters.push(waiter);
  try {
    yield* waiter.woken.wait({ timeout: memory.hasTime ? ms : Infinity });
  } finally {
    const index = memory.waiters.indexOf(waiter);
    if (index >= 0) memory.waiters.splice(index, 1);
  }
}

/** Rows of the table: few, for each death goes through all. */
export const ROWS = 4;

/** A program of simulated threads: a table, and one primitive. */
export class SimulatedProgram {
  readonly table: SimulatedMemory = new SimulatedMemory(16 + ROWS * 16);
  readonly object: SimulatedMemory;

  constructor(words: number, threads: number, firstByte?: number) {
    this.object = new SimulatedMemory(words, firstByte);
    const table = new ThreadTable(this.table.direct, ROWS).found([1, 2]);
    for (let i = 0; i < threads; i++) table.enlist();
  }

  /** What thread `id` does, from 1. `code` gets the primitive's memory and its seat. */
  thread<T>(
    id: number,
    code: (memory: Memory, seat: Seat) => T,
    visible?: Visible,
    life?: Life,
  ): Generator<unknown, T, unknown> {
    return steps(
      (view) => {
        const table = new ThreadTable(view(this.table), ROWS);
        const seat: Seat = { table, id, inside: 0, ring: (other) => table.ring(other) };
        return code(view(this.object), seat);
      },
      visible,
      life,
    );
  }

  /** A seat of no simulated thread, for what is set up before there are any and looked at in between. */
  seatOf(id: number): Seat {
    return { table: new ThreadTable(this.table.direct, ROWS), id, inside: 0, ring: () => {} };
  }

  /** Only what threads tell each other by: for programs in which nobody dies. */
  readonly signals: Visible = (memory, at) => memory === this.table ? (at - 16) % 16 === 2 : at === 0;

  /** Thread 1, which dies after so many accesses, and is said to have died at some time after. True if it did. */
  *mortal(
    accesses: number,
    codes: readonly ((memory: Memory, seat: Seat) => unknown)[],
  ): Generator<unknown, boolean, unknown> {
    const life = { accesses };
    this.object.hasTime = true;
    try {
      for (const code of codes) yield* this.thread(1, code, undefined, life);
      return false;
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      yield* sleep(0);
      new ThreadTable(this.table.direct, ROWS).died(1);
      return true;
    }
  }
}
