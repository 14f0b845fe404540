/**
 * The shared primitives under exploration: their own code over a memory whose threads stop before each access, in all
 * orders, up to a number of preemptions where that is too many, and with a thread that dies at each access.
 */
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { joinAll, sleep, spawn } from "tendril";
import { cell, explore, type Explored, type ExploreOptions } from "tendril/testing";
import { ConditionMonitor } from "../../src/threads/shared_condition.ts";
import { EventMonitor } from "../../src/threads/shared_event.ts";
import type { Seat } from "../../src/threads/shared_guard.ts";
import { monitorBytes } from "../../src/threads/shared_lines.ts";
import type { Memory } from "../../src/threads/shared_memory.ts";
import { BROKEN, NOT_YET } from "../../src/threads/shared_monitor.ts";
import { OwnerMonitor, TAKEN } from "../../src/threads/shared_owner.ts";
import { PartyMonitor } from "../../src/threads/shared_parties.ts";
import { PermitMonitor } from "../../src/threads/shared_permits.ts";
import { DONE, GETTERS, getWish, PUTTERS, RingMonitor, roomFor } from "../../src/threads/shared_ring.ts";
import { SimulatedProgram } from "./simulated_memory.ts";

const NODES = 8;
const WORDS = monitorBytes(NODES) / 4 + 16;
const ONE = { payload: 1, task: 0 };

const lock = (memory: Memory, seat: Seat) => new OwnerMonitor(memory, seat, NODES, false);
const permits = (memory: Memory, seat: Seat) => new PermitMonitor(memory, seat, NODES);
const event = (memory: Memory, seat: Seat) => new EventMonitor(memory, seat, NODES);
const parties = (memory: Memory, seat: Seat) => new PartyMonitor(memory, seat, NODES);

/** A seat for setting things up before there are threads. */
const nobody = (program: SimulatedProgram): Seat => program.seatOf(1);

function all<T>(body: () => Generator<unknown, T, unknown>, options: ExploreOptions): Explored<T> {
  const explored = explore(body, { maxSchedules: 60_000, ...options });
  assert(explored.exhausted, `not all schedules: ${explored.schedules}`);
  assert(explored.schedules > 10, `only ${explored.schedules} schedules`);
  return explored;
}

/** Two and three threads that hold a lock one after the other. */
function* lockers(threads: number): Generator<unknown, number, unknown> {
  const program = new SimulatedProgram(WORDS, threads);
  const inside = cell(0);
  let turns = 0;
  yield* joinAll(Array.from({ length: threads }, (_, i) =>
    spawn(function* () {
      const got = yield* program.thread(i + 1, (m, s) =>
        lock(m, s).waitSync(0, ONE, Infinity), program.signals);
      assertEquals([got, ++inside.value], [TAKEN, 1]);
      turns++;
      inside.value--;
      yield* program.thread(i + 1, (m, s) =>
        lock(m, s).giveBack(0, 1), program.signals);
    })));
  return turns;
}

describe("shared primitives under exploration", () => {
  test("a lock of two threads, in all orders whatsoever", () => {
    const { values, reduced } = all(() => lockers(2), {});
    assertEquals([reduced, new Set(values)], [true, new Set([2])]);
  }, { timeout: 60_000 });

  test("a lock of three threads", () => {
    assertEquals(new Set(all(() => lockers(3), { preemptions: 2 }).values), new Set([3]));
  }, { timeout: 60_000 });

  test("a waiter that gives up takes nobody's turn", () => {
    all(function* () {
      const program = new SimulatedProgram(WORDS, 3);
      yield* program.thread(1, (m, s) => lock(m, s).tryNow(0, ONE), () => false);
      const quitter = spawn(function* () {
        const node = yield* program.thread(2, (m, s) => lock(m, s).begin(0, ONE), program.signals);
        const got = yield* program.thread(2, (m, s) => lock(m, s).collect(node, 0, ONE), program.signals);
        if (got === NOT_YET) {
          yield* program.thread(2, (m, s) => lock(m, s).withdraw(node, 0), program.signals);
        } else yield* program.thread(2, (m, s) => lock(m, s).giveBack(0, 1), program.signals);
      });
      const waiter = spawn(() =>
        program.thread(3, (m, s) => lock(m, s).waitSync(0, ONE, Infinity), program.signals)
      );
      yield* program.thread(1, (m, s) => lock(m, s).giveBack(0, 1), program.signals);
      assertEquals(yield* waiter, TAKEN); // a lost call would be a deadlock, which fails too
      yield* quitter;
    }, { preemptions: 2 });
  }, { timeout: 60_000 });

  test("a wait that is withdrawn as soon as it began has taken nothing", () => {
    all(function* () {
      const program = new SimulatedProgram(WORDS, 3);
      yield* program.thread(1, (m, s) => lock(m, s).tryNow(0, ONE), () => false);
      const quitter = spawn(function* () {
        // In between it may have become free.
        if ((yield* program.thread(2, (m, s) => lock(m, s).tryNow(0, ONE))) === TAKEN) {
          return yield* program.thread(2, (m, s) => lock(m, s).giveBack(0, 1));
        }
        const node = yield* program.thread(2, (m, s) => lock(m, s).begin(0, ONE));
        return yield* program.thread(2, (m, s) => lock(m, s).withdraw(node, 0));
      });
      yield* program.thread(1, (m, s) => lock(m, s).giveBack(0, 1));
      yield* quitter;
      assertEquals(yield* program.thread(3, (m, s) => lock(m, s).tryNow(0, ONE), () => false), TAKEN);
    }, { preemptions: 1 });
  }, { timeout: 60_000 });

  test("parties that wait without blocking pass as well", () => {
    const { values } = all(function* () {
      const program = new SimulatedProgram(WORDS, 2);
      parties(program.object.direct, nobody(program)).found(2);
      const places = [1, 2].map((id) =>
        spawn(function* () {
          const now = yield* program.thread(id, (m, s) => parties(m, s).tryNow(0, ONE), program.signals);
          if (now !== NOT_YET) return now;
          const node = yield* program.thread(id, (m, s) => parties(m, s).begin(0, ONE), program.signals);
          for (;;) {
            const got = yield* program.thread(id, (m, s) => parties(m, s).collect(node, 0, ONE), () => false);
            if (got !== NOT_YET) return got;
            yield* sleep(1);
          }
        })
      );
      const got: number[] = [];
      for (const place of places) got.push(yield* place);
      return got.sort().join();
    }, { preemptions: 2 });
    assertEquals(new Set(values), new Set(["0,1"]));
  }, { timeout: 60_000 });

  test("an event that is set and cleared at once wakes who waited", () => {
    const { values } = all(function* () {
      const program = new SimulatedProgram(WORDS, 2);
      const waiter = spawn(() => program.thread(1, (m, s) => event(m, s).waitSync(0, ONE, Infinity)));
      const setter = spawn(function* () {
        while (event(program.object.direct, nobody(program)).size(0) === 0) yield* sleep(1); // until it stands there
        yield* program.thread(2, (m, s) => event(m, s).put(true));
        yield* program.thread(2, (m, s) => event(m, s).put(false));
      });
      yield* setter;
      return yield* waiter;
    }, { preemptions: 1 });
    assertEquals(new Set(values), new Set([1]));
  }, { timeout: 60_000 });

  test("permits of a semaphore: never more out than there are, and none is lost", () => {
    all(function* () {
      const program = new SimulatedProgram(WORDS, 3);
      permits(program.object.direct, nobody(program)).found(2);
      const out = cell(0);
      yield* joinAll([1, 2, 2].map((payload, i) =>
        spawn(function* () {
          const wish = { payload, task: 0 };
          yield* program.thread(i + 1, (m, s) => permits(m, s).waitSync(0, wish, Infinity), program.signals);
          out.value += payload;
          assert(out.value <= 2);
          out.value -= payload;
          yield* program.thread(i + 1, (m, s) => permits(m, s).giveBack(payload), program.signals);
        })
      ));
      assertEquals(permits(program.object.direct, nobody(program)).free, 2);
    }, { preemptions: 1 });
  }, { timeout: 60_000 });

  test("all pass a barrier or none, each with a place of its own", () => {
    const { values } = all(function* () {
      const program = new SimulatedProgram(WORDS, 3);
      parties(program.object.direct, nobody(program)).found(3);
      const places = [1, 2, 3].map((id) =>
        spawn(() => program.thread(id, (m, s) => parties(m, s).waitSync(0, ONE, Infinity), program.signals))
      );
      const got: number[] = [];
      for (const place of places) got.push(yield* place);
      return got.sort().join();
    }, { preemptions: 2 });
    assertEquals(new Set(values), new Set(["0,1,2"]));
  }, { timeout: 60_000 });

  test("a notify reaches one of those who wait, also when one gives up", () => {
    const condition = (memory: Memory, seat: Seat) => new ConditionMonitor(memory, seat, NODES, () => false);
    const { values } = all(function* () {
      const program = new SimulatedProgram(WORDS, 3);
      const node = yield* program.thread(1, (m, s) => condition(m, s).begin(0, ONE), () => false);
      const other = yield* program.thread(2, (m, s) => condition(m, s).begin(0, ONE), () => false);
      const heard = spawn(function* () {
        const collect = (m: Memory, s: Seat) => condition(m, s).collect(node, 0, ONE);
        const got = yield* program.thread(1, collect);
        if (got !== NOT_YET) return 1;
        yield* program.thread(1, (m, s) => condition(m, s).withdraw(node, 0));
        return 0;
      });
      yield* program.thread(3, (m, s) => condition(m, s).notify(1));
      const first = yield* heard;
      const got = yield* program.thread(2, (m, s) => condition(m, s).collect(other, 0, ONE), () => false);
      assertEquals(got, first === 1 ? NOT_YET : 1); // handed on by the one that gave up
      return first;
    }, { preemptions: 2 });
    assertEquals(new Set(values), new Set([0, 1]));
  }, { timeout: 60_000 });

  test("a queue with one place: each item comes once, in its order", () => {
    const { values } = all(function* () {
      const program = queueProgram(3, 1);
      const put = (id: number, byte: number) =>
        program.thread(id, (m, s) => putByte(m, s, byte), program.signals);
      const get = (id: number) => program.thread(id, getByte, program.signals);
      const writer = spawn(function* () {
        yield* put(1, 1);
        yield* put(1, 2);
      });
      const other = spawn(() => get(2));
      const own = yield* get(3);
      yield* writer;
      return [own, yield* other].sort().join();
    }, { preemptions: 2 });
    assertEquals(new Set(values), new Set(["1,2"]));
  }, { timeout: 60_000 });
});

describe("shared primitives under exploration, with a thread that dies at each access", () => {
  test("a lock is free, or broken, and its state is whole", () => {
    const values = atEachAccess(function* (accesses) {
      const program = new SimulatedProgram(WORDS, 2);
      const victim = spawn(() =>
        program.mortal(accesses, [
          (m, s) => lock(m, s).waitSync(0, ONE, Infinity),
          (m, s) => lock(m, s).giveBack(0, 1),
        ])
      );
      const other = spawn(function* () {
        const got = yield* program.thread(
          2,
          (m, s) => lock(m, s).waitSync(0, ONE, Infinity),
          program.signals,
        );
        if (got === TAKEN) yield* program.thread(2, (m, s) => lock(m, s).giveBack(0, 1), program.signals);
        return got;
      });
      return [yield* victim, yield* other];
    });
    assertEquals(values, new Set([TAKEN, BROKEN]));
  }, { timeout: 60_000 });

  test("a waiter that dies is passed over", () => {
    const values = atEachAccess(function* (accesses) {
      const program = new SimulatedProgram(WORDS, 3);
      yield* program.thread(3, (m, s) => lock(m, s).tryNow(0, ONE), () => false);
      const victim = spawn(() =>
        program.mortal(accesses, [
          (m, s) => lock(m, s).waitSync(0, ONE, Infinity),
          (m, s) => lock(m, s).giveBack(0, 1),
        ])
      );
      const other = spawn(() =>
        program.thread(2, (m, s) => lock(m, s).waitSync(0, ONE, Infinity), program.signals)
      );
      yield* sleep(1); // until both wait, or one has died
      yield* program.thread(3, (m, s) => lock(m, s).giveBack(0, 1), program.signals);
      const got = yield* other;
      if (got === TAKEN) yield* program.thread(2, (m, s) => lock(m, s).giveBack(0, 1), program.signals);
      return [yield* victim, got];
    }, 0);
    // Broken: it had got it already.
    assertEquals(values, new Set([TAKEN, BROKEN]));
  }, { timeout: 120_000 });

  test("a putter puts its item or does not; none is lost or doubled", () => {
    const values = atEachAccess(function* (accesses) {
      const program = queueProgram(2, 3);
      yield* program.thread(2, (m, s) => putByte(m, s, 7), () => false);
      const victim = spawn(() => program.mortal(accesses, [(m, s) => putByte(m, s, 8)]));
      const first = yield* program.thread(2, getByte, program.signals);
      const died = yield* victim;
      yield* program.thread(2, (m, s) => putByte(m, s, 9), () => false); // where the next one is to stand
      return [died, [first, ...yield* drained(program)].join()];
    });
    assertEquals(values, new Set(["7,9", "7,8,9"]));
  }, { timeout: 60_000 });

  test("a getter takes the first item or leaves it", () => {
    const values = atEachAccess(function* (accesses) {
      const program = queueProgram(2, 3);
      yield* program.thread(2, (m, s) => putByte(m, s, 7), () => false);
      const victim = spawn(() => program.mortal(accesses, [getByte]));
      yield* program.thread(2, (m, s) => putByte(m, s, 8), program.signals);
      const died = yield* victim;
      yield* program.thread(2, (m, s) => putByte(m, s, 9), () => false);
      return [died, (yield* drained(program)).join()];
    });
    assertEquals(values, new Set(["7,8,9", "8,9"]));
  }, { timeout: 60_000 });

  test("a getter that was called and dies leaves the item to the next", () => {
    const values = atEachAccess(function* (accesses) {
      const program = queueProgram(3, 2);
      const victim = spawn(() => program.mortal(accesses, [getByte]));
      const other = spawn(() => program.thread(2, getByte, program.signals));
      yield* program.thread(3, (m, s) => putByte(m, s, 7), program.signals);
      yield* program.thread(3, (m, s) => putByte(m, s, 8), program.signals);
      return [yield* victim, yield* other];
    }, 0);
    assertEquals(values, new Set([7, 8]));
  }, { timeout: 120_000 });

  test("permits that a thread took along break the semaphore, and no others are lost", () => {
    const values = atEachAccess(function* (accesses) {
      const program = new SimulatedProgram(WORDS, 2);
      permits(program.object.direct, nobody(program)).found(2);
      const victim = spawn(() =>
        program.mortal(accesses, [
          (m, s) => permits(m, s).waitSync(0, ONE, Infinity),
          (m, s) => permits(m, s).giveBack(1),
        ])
      );
      const tried = yield* program.thread(2, (m, s) => permits(m, s).tryNow(0, ONE), program.signals);
      const died = yield* victim;
      const got = yield* program.thread(2, (m, s) => permits(m, s).tryNow(0, ONE), () => false);
      yield* program.thread(2, (m, s) => permits(m, s).mend(), () => false);
      const taken = [tried, got].filter((result) => result === 1).length;
      assertEquals(permits(program.object.direct, nobody(program)).free, 2 - taken);
      return [died, got];
    });
    assertEquals(values, new Set([BROKEN, 1]));
  }, { timeout: 60_000 });

  test("a barrier: whoever waits is told", () => {
    const values = atEachAccess(function* (accesses) {
      const program = new SimulatedProgram(WORDS, 3);
      parties(program.object.direct, nobody(program)).found(2);
      const wait = (m: Memory, s: Seat) => parties(m, s).waitSync(0, ONE, Infinity);
      const victim = spawn(() => program.mortal(accesses, [wait]));
      const other = spawn(() => program.thread(2, wait, program.signals));
      const died = yield* victim;
      // It may never have come at all, and nobody knew of it: then a third one comes.
      if (died) yield* settleOrCome(program, other, wait);
      return [died, (yield* other) === BROKEN ? "told" : "passed"];
    }, 0);
    assertEquals(values, new Set(["told", "passed"]));
  }, { timeout: 120_000 });
});

/** Runs `body` with a thread that dies after no access, after one, and so on until it lives; gives what came of it. */
function atEachAccess(
  body: (accesses: number) => Generator<unknown, [boolean, unknown], unknown>,
  preemptions: number = 1,
): Set<unknown> {
  const values = new Set<unknown>();
  let schedules = 0;
  for (let accesses = 0, died = true; died; accesses++) {
    assert(accesses < 1_000);
    const explored = explore(() => body(accesses), { preemptions, maxSchedules: 60_000 });
    assert(explored.exhausted);
    died = explored.values.some(([died]) => died);
    schedules += explored.schedules;
    for (const [, value] of explored.values) values.add(value);
  }
  assert(schedules > 100, `only ${schedules} schedules`);
  return values;
}

/** Comes to a barrier in place of one that never did, if somebody still waits there. */
function* settleOrCome(
  program: SimulatedProgram,
  other: { readonly ready: boolean },
  wait: (m: Memory, s: Seat) => number,
): Generator<unknown, void, unknown> {
  for (let i = 0; i < 3 && !other.ready; i++) {
    yield* sleep(1); // the others have gone as far as they can
    if (!other.ready) yield* program.thread(3, wait, () => false);
  }
}

function queueProgram(threads: number, maxsize: number): SimulatedProgram {
  const program = new SimulatedProgram(WORDS * 2, threads, monitorBytes(NODES));
  RingMonitor.at(program.object.direct, nobody(program), { maxsize, capacity: 32, waiters: NODES });
  return program;
}

function putByte(memory: Memory, seat: Seat, byte: number): number {
  const bytes = Uint8Array.of(byte);
  const wish = { payload: roomFor(1), task: 0, bytes };
  return RingMonitor.at(memory, seat).waitSync(PUTTERS, wish, Infinity);
}

function getByte(memory: Memory, seat: Seat): number {
  const wish = getWish(0);
  assertEquals(RingMonitor.at(memory, seat).waitSync(GETTERS, wish, Infinity), DONE);
  assertEquals(wish.bytes.length, 1);
  return wish.bytes[0];
}

/** What is left, taken by thread 2. */
function* drained(program: SimulatedProgram): Generator<unknown, number[], unknown> {
  const left: number[] = [];
  for (;;) {
    const wish = getWish(0);
    const got = yield* program.thread(2, (m, s) => {
      const result = RingMonitor.at(m, s).tryNow(GETTERS, wish);
      return result === DONE ? wish.bytes[0] : -1;
    }, () => false);
    if (got < 0) return left;
    left.push(got);
  }
}
