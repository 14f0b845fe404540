import { assertEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { ConditionMonitor } from "../../src/threads/shared_condition.ts";
import type { Seat } from "../../src/threads/shared_guard.ts";
import { monitorBytes } from "../../src/threads/shared_lines.ts";
import { SharedMemory } from "../../src/threads/shared_memory.ts";
import { BROKEN, NOT_YET } from "../../src/threads/shared_monitor.ts";
import { OwnerMonitor, TAKEN } from "../../src/threads/shared_owner.ts";
import { PermitMonitor } from "../../src/threads/shared_permits.ts";
import { TABLE_BYTES, ThreadTable } from "../../src/threads/shared_table.ts";

const ONE = { payload: 1, task: 0 };
const NODES = 4;

/** Several threads' views of one memory, in this thread: nothing blocks. */
function world(): { table: ThreadTable; memory: SharedMemory; seat(id?: number): Seat } {
  const table = new ThreadTable(new SharedMemory(new SharedArrayBuffer(TABLE_BYTES)), 4).found([1, 2]);
  const memory = new SharedMemory(new SharedArrayBuffer(monitorBytes(NODES)));
  return {
    table,
    memory,
    seat: (id = table.enlist()) => ({ table, id, inside: 0, ring: (other) => table.ring(other) }),
  };
}

describe("the table of threads", () => {
  test("ids are never used again, rows are", () => {
    const { table } = world();
    const first = [table.enlist(), table.enlist(), table.enlist(), table.enlist()];
    assertThrows(() => table.enlist(), RangeError, "more than 4 threads live at once");
    assertEquals(table.isDead(first[1]), false);
    assertEquals([table.died(first[1]), table.died(first[1])], [true, false]);
    assertEquals([table.isDead(first[1]), table.hasCrashed(first[1]), table.deaths], [true, true, 1]);
    const next = table.enlist();
    assertEquals([first.includes(next), table.isDead(next), table.isDead(first[1])], [false, false, true]);
    assertEquals([table.died(next, true), table.hasCrashed(next), table.isDead(12_345)], [true, false, true]);
  });
});

describe("what shared primitives are made of", () => {
  test("the places of the dead are used again", () => {
    const { table, memory, seat } = world();
    const holder = new OwnerMonitor(memory, seat(), NODES, false);
    assertEquals(holder.tryNow(0, ONE), TAKEN);
    for (let i = 0; i < 20; i++) {
      const waiter = new OwnerMonitor(memory, seat(), NODES, false);
      for (let n = 0; n < NODES; n++) waiter.begin(0, ONE);
      assertThrows(() => waiter.begin(0, ONE), RangeError, "more than 4 waits at once");
      table.died(waiter.seat.id);
    }
    assertEquals(holder.tryNow(0, ONE) !== NOT_YET, true); // buries, and is told that it holds it
    assertEquals(holder.size(0), 0);
  });

  test("a notify that a dead waiter did not hear is another one's", () => {
    const { table, memory, seat } = world();
    const monitors = [0, 1, 2].map(() => new ConditionMonitor(memory, seat(), NODES, () => false));
    const [dying, staying, notifier] = monitors;
    dying.begin(0, ONE);
    const node = staying.begin(0, ONE);
    notifier.notify(1);
    assertEquals(staying.collect(node, 0, ONE), NOT_YET);
    table.died(dying.seat.id);
    assertEquals(staying.collect(node, 0, ONE), 1);
  });

  test("a thread that was declared dead and lives on is stopped", () => {
    const { table, memory, seat } = world();
    const ghost = new OwnerMonitor(memory, seat(), NODES, false),
      other = new OwnerMonitor(memory, seat(), NODES, false);
    assertEquals(ghost.tryNow(0, ONE), TAKEN);
    const node = other.begin(0, ONE);
    table.died(ghost.seat.id);
    assertThrows(() => ghost.giveBack(0, 1), Error, "was declared dead");
    assertThrows(() => ghost.collect(node, 0, ONE), Error, "was declared dead");
    assertEquals(other.collect(node, 0, ONE), BROKEN);
    other.mend();
    assertEquals(other.tryNow(0, ONE), TAKEN);
  });

  test("a thread that is declared dead while it is inside does not bury itself and go on", () => {
    const { table, memory, seat } = world();
    const ghost = new PermitMonitor(memory, seat(), NODES), other = new PermitMonitor(memory, seat(), NODES);
    ghost.found(2);
    assertEquals(ghost.tryNow(0, ONE), 1);
    // Between the look at its own life and the one at the deaths.
    const isDead = table.isDead.bind(table);
    let looks = 0;
    table.isDead = (id) => {
      const dead = isDead(id);
      if (looks++ === 0) table.died(ghost.seat.id);
      return dead;
    };
    assertThrows(() => ghost.giveBack(1), Error, "was declared dead");
    assertEquals(other.tryNow(0, ONE), BROKEN);
    other.mend();
    assertEquals(other.free, 2);
  });

  test("what a rule throws changes nothing", () => {
    const { memory, seat } = world();
    const lock = new OwnerMonitor(memory, seat(), NODES, false);
    assertThrows(
      () =>
        lock.inside(() => {
          lock.guard.set(100, 7);
          throw new Error("no");
        }),
      Error,
      "no",
    );
    assertEquals(lock.guard.get(100), 0);
    assertEquals(lock.tryNow(0, ONE), TAKEN); // the guard is free
  });
});
