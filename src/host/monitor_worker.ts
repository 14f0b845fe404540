/**
 * The monitor's thread: looks whether the main thread's event loop still comes round, and says who holds it when not.
 *
 * The main thread beats once a period. A beat that is late by more than `blockedMs` is a block, and the one to blame is whoever
 * was seen running most often since the last beat. What is said of a block's length is its lower bound: it began up to
 * a period after the last beat.
 *
 * It writes to stderr by itself, and synchronously: `console` in a worker goes through the main thread.
 */
import * as fs from "node:fs";
import { workerData } from "node:worker_threads";
import { askStack, type Inspector, loadInspector } from "./live_stack.ts";
import { WatchTable } from "./watch_table.ts";

/** What the main thread tells it. */
export interface MonitorData {
  readonly buffer: SharedArrayBuffer;
  readonly blockedMs: number;
  /** Milliseconds between two beats, and two looks. */
  readonly period: number;
  /** Milliseconds after which a block is worth a line. */
  readonly sayAfter: number;
  /** Whether the main thread's stack can be had. */
  readonly stacks: boolean;
}

const { buffer, blockedMs, period, sayAfter, stacks } = workerData as MonitorData;
const table = new WatchTable(buffer);
let inspector: Inspector | null = null;
/** A block is mentioned again when it is so many times as long. */
const AGAIN = 10;
/** Milliseconds that a line waits for the stack that goes with it: the first one takes 40, the others 10. */
const PATIENCE = 100;
/** Milliseconds that this thread may itself be late: beyond, the machine slept, or had no time for anybody. */
const LATE = Math.max(blockedMs / 2, 50);

interface Block {
  id: number;
  /** How long it must be for the next line. */
  next: number;
  isSaid: boolean;
  stack: string | undefined;
  isStackSaid: boolean;
  /** Until when to wait for the stack. */
  patience: number;
  takeBack: () => void;
}

let block: Block | null = null;
let beats = table.beats, since = performance.now(), looked = since;
/** How often each greenlet was seen since the last beat. */
const sightings = new Map<number, number>();

function look(): void {
  if (table.isStopped) return clearInterval(timer);
  const now = performance.now();
  const isLate = now - looked > period + LATE;
  looked = now;
  const beaten = table.beats !== beats;
  if (beaten || (isLate && block === null)) {
    if (block !== null) over(block, now - since - period);
    block = null;
    beats = table.beats;
    since = now;
    sightings.clear();
    return;
  }
  sightings.set(table.current, (sightings.get(table.current) ?? 0) + 1);
  const held = now - since - period;
  if (held < blockedMs) return;
  const [id] = [...sightings].reduce((most, one) => one[1] > most[1] ? one : most);
  if (block === null) block = begin(id);
  else if (block.id !== id) {
    block.id = id;
    table.blame(id);
  }
  if (held < block.next || (block.stack === undefined && now < block.patience)) return;
  say(block, `has held the loop for ${Math.round(held)} ms`);
  block.next = held * AGAIN;
}

function begin(id: number): Block {
  const begun: Block = {
    id,
    next: sayAfter,
    isSaid: false,
    stack: undefined,
    isStackSaid: false,
    patience: inspector === null ? 0 : performance.now() + PATIENCE,
    takeBack: () => {},
  };
  table.blame(id);
  table.explain("");
  table.publish();
  if (inspector !== null) explain(begun, inspector);
  return begun;
}

/** Only a stack of the block itself counts: not one from after it. */
function explain(of: Block, inspector: Inspector): void {
  const then = table.beats;
  try {
    of.takeBack = askStack(inspector, (stack) => {
      if (block !== of || table.beats !== then || table.current !== of.id) return;
      of.stack = stack;
      table.explain(stack);
    });
  } catch (error) {
    of.patience = 0;
    write(`tendril: the monitor cannot get the main thread's stack: ${error}\n`);
  }
}

function over(ended: Block, ms: number): void {
  ended.takeBack();
  if (ended.isSaid) say(ended, `held the loop for ${Math.round(ms)} ms in all`);
  else if (ms >= sayAfter) say(ended, `held the loop for ${Math.round(ms)} ms`);
}

function say(about: Block, what: string): void {
  const who = about.id === 0 ? table.nameOf(0) : `greenlet ${table.nameOf(about.id)}`;
  let text = `tendril: ${who} ${what}\n`;
  if (about.stack !== undefined && !about.isStackSaid) {
    text += `${about.stack}\n`;
    about.isStackSaid = true;
  }
  about.isSaid = true;
  write(text);
}

function write(text: string): void {
  try {
    fs.writeSync(2, text);
  } catch {
    // Nobody reads stderr, or it is full: there is no other way to say so.
  }
}

const timer = setInterval(look, period);
if (stacks) inspector = await loadInspector();
