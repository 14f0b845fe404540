/** The laws of what a queue may have besides: shutdown, peek, join, iteration. */
import { QueueShutDown } from "../../core/mod.ts";
import type { Greenlet } from "../../greenlet/mod.ts";
import { ended, logging, outcome, outcomeOf, parked, same, upTo } from "./law_kit.ts";
import {
  EMPTY,
  fill,
  inOrder,
  type QueueLawOptions,
  type QueueLike,
  type QueueSay,
  takeAll,
} from "./law_queue_kit.ts";
import type { Law } from "./law_suite.ts";
import { settle } from "../settle.ts";

const DOWN = `!${QueueShutDown.name}`;

/** The laws for the members that there are. */
export function queueExtras(say: QueueSay, options: QueueLawOptions, has: ReadonlySet<string>): Law[] {
  return [
    ...(has.has("shutdown") ? shutdownLaws(say, options) : []),
    ...(has.has("shutdown") && options.maxsize !== undefined && options.maxsize < Infinity
      ? [puttersLaw(say, options.maxsize)]
      : []),
    ...(has.has("putNowait") ? [wakeLaw(say)] : []),
    ...(has.has("peek") ? [peekLaw(say)] : []),
    ...(has.has("taskDone") && has.has("join") ? [joinLaw(say)] : []),
    ...(has.has("next") ? [stepLaw(say)] : []),
  ];
}

type Whole =
  & QueueLike
  & Required<Pick<QueueLike, "putNowait" | "shutdown" | "peek" | "taskDone" | "join" | "next">>;

function shutdownLaws(say: QueueSay, { maxsize = Infinity, order = "fifo" }: QueueLawOptions): Law[] {
  return [
    say("S-63 shutdown: puts fail at once, gets drain what is left and then fail", function* (queue) {
      const items = yield* fill(queue, maxsize);
      (queue as Whole).shutdown();
      same(yield* outcome(queue.put(9)), DOWN, "a put");
      same(yield* outcome(queue.put(9, { timeout: 0 })), DOWN, "a put that cannot wait");
      const got: number[] = [];
      for (const _ of items) got.push(yield* queue.get());
      if (order === "none") got.sort((a, b) => a - b);
      same(got, order === "none" ? items : inOrder(items, order), "what was left");
      same(yield* outcome(queue.get()), DOWN, "a get");
      same(yield* outcome(queue.get({ timeout: 0 })), DOWN, "a get that cannot wait");
      same(outcomeOf(() => (queue as Whole).shutdown()), "ok", "a second shutdown");
    }),

    say("S-63 shutdown wakes all who wait", function* (queue) {
      const log: string[] = [];
      const getters: Greenlet<void>[] = [];
      for (const i of upTo(2)) getters.push(yield* logging(log, `getter ${i}`, () => queue.get()));
      (queue as Whole).shutdown();
      yield* ended(getters);
      same(log.toSorted(), [`getter 0 ${DOWN}`, `getter 1 ${DOWN}`], "what getters got");
    }),
  ];
}

function puttersLaw(say: QueueSay, maxsize: number): Law {
  return say("S-63 shutdown fails the putters that wait; their items are gone", function* (queue) {
    const items = yield* fill(queue, maxsize);
    const log: string[] = [];
    const putters: Greenlet<void>[] = [];
    for (const i of upTo(2)) putters.push(yield* logging(log, `putter ${i}`, () => queue.put(90 + i)));
    (queue as Whole).shutdown();
    yield* ended(putters);
    same(log.toSorted(), [`putter 0 ${DOWN}`, `putter 1 ${DOWN}`], "what putters got");
    const got: number[] = [];
    for (const _ of items) got.push(yield* queue.get());
    same(got.toSorted(), items.toSorted(), "what was left");
    same(yield* outcome(queue.get()), DOWN, "a get");
  });
}

function wakeLaw(say: QueueSay): Law {
  return say("S-46 a put runs no getter", function* (queue) {
    const log: string[] = [];
    const getter = yield* logging(log, "getter", () => queue.get());
    (queue as Whole).putNowait(1);
    log.push("put");
    yield* ended([getter]);
    same(log, ["put", "getter 1"], "what happened");
  });
}

function peekLaw(say: QueueSay): Law {
  return say("S-62 peek takes nothing, and no wake from a getter", function* (queue) {
    const log: string[] = [];
    const all = [
      yield* logging(log, "peek", () => (queue as Whole).peek()),
      yield* logging(log, "get", () => queue.get()),
    ];
    yield* queue.put(1);
    yield* ended(all);
    same(log.toSorted(), ["get 1", "peek 1"], "what they gave");
    same(yield* outcome((queue as Whole).peek({ timeout: 0 })), EMPTY, "a peek into an empty queue");
    yield* queue.put(2);
    same(yield* (queue as Whole).peek(), 2, "a peek");
    same(yield* takeAll(queue, 0), [2], "what is left after a peek");
  });
}

function joinLaw(say: QueueSay): Law {
  return say("S-64 join waits for as many taskDone as there were puts", function* (some) {
    const queue = some as Whole;
    same(yield* queue.join({ timeout: 0 }), true, "join of a fresh queue");
    yield* queue.put(1);
    const joiner = yield* parked("joiner", () => queue.join());
    yield* queue.get();
    yield* settle();
    same(joiner.dead, false, "whether join ends before taskDone");
    queue.taskDone();
    same(yield* joiner, true, "join");
    same(outcomeOf(() => queue.taskDone()) === "ok", false, "whether one taskDone too many is accepted");
  });
}

function stepLaw(say: QueueSay): Law {
  return say("S-66 an iteration that is left loses no item", function* (some) {
    const queue = some as Whole;
    const killed = yield* parked("killed", () => queue.next());
    const next = yield* parked("next", () => queue.next());
    killed.kill();
    yield* queue.put(1);
    yield* ended([killed]);
    same(yield* next, { done: false, value: 1 }, "the step of the one that is left");
  });
}
