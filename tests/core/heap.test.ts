import fc from "fast-check";
import { Heap, type Slotted } from "../../src/core/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { sequences, upTo } from "../laws/kit.ts";

class Member implements Slotted {
  slot = -1;
  readonly key: number;
  readonly seq: number;

  constructor(key: number, seq: number) {
    this.key = key;
    this.seq = seq;
  }
}

const before = (a: Member, b: Member) => a.key < b.key || (a.key === b.key && a.seq < b.seq);
const inOrder = (a: Member, b: Member) => before(a, b) ? -1 : 1;

type Step = readonly ["push" | "pop" | "remove", number];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constant("push" as const), fc.nat({ max: 12 })) },
    {
      weight: 4,
      arbitrary: fc.tuple(fc.constantFrom("pop" as const, "remove" as const), fc.nat({ max: 99 })),
    },
  ),
  { maxLength: 150, size: "max" },
);

/** Every member knows its slot, and nobody stands above one that comes out before it. */
function assertSound(heap: Heap<Member>): void {
  const all = heap.toArray();
  all.forEach((member, i) => {
    assertEquals(member.slot, i);
    if (i > 0) assert(!before(member, all[(i - 1) >> 1]), `${i} stands wrong`);
  });
}

describe("Heap", () => {
  test("behaves as a sorted array, also where members leave from the middle", () =>
    sequences(steps, (program) => {
      const heap = new Heap<Member>(before), sorted: Member[] = [];
      let seq = 0;
      for (const [what, n] of program) {
        if (what === "push") {
          const member = new Member(n, seq++);
          heap.push(member);
          sorted.push(member);
          sorted.sort(inOrder);
        } else if (what === "pop") {
          const top = heap.pop();
          assertStrictEquals(top, sorted.shift());
          if (top !== undefined) assertEquals(top.slot, -1);
        } else if (sorted.length > 0) {
          const [member] = sorted.splice(n % sorted.length, 1);
          heap.remove(member);
          assertEquals(member.slot, -1);
        }
        assertStrictEquals(heap.peek(), sorted[0]);
        assertEquals(heap.size, sorted.length);
        assertSound(heap);
      }
      for (const member of sorted) assertStrictEquals(heap.pop(), member);
      assertEquals(heap.pop(), undefined);
    }));

  test("a member that has left may come again", () => {
    const heap = new Heap<Member>(before), member = new Member(1, 0), other = new Member(2, 1);
    heap.push(member);
    heap.push(other);
    heap.remove(member);
    heap.push(member);
    assertEquals([heap.pop(), heap.pop(), heap.size], [member, other, 0]);
  });

  test("an order that throws leaves it as it was", () =>
    sequences(
      fc.tuple(fc.array(fc.nat({ max: 20 }), { maxLength: 20 }), fc.nat({ max: 12 })),
      ([keys, after]) => {
        let left = Infinity;
        const heap = new Heap<Member>((a, b) => {
          if (--left < 0) throw new Error("not today");
          return before(a, b);
        });
        const members = keys.map((key, i) => new Member(key, i));
        for (const m of members) heap.push(m);
        const top = heap.peek();
        left = after;
        let broke = false;
        try {
          heap.pop();
        } catch {
          broke = true;
        }
        left = Infinity;
        const rest = members.filter((m) => broke || m !== top);
        assertEquals(heap.size, rest.length);
        left = after;
        const late = new Member(10, 99);
        try {
          heap.push(late);
          rest.push(late);
        } catch {
          assertEquals(late.slot, -1);
        }
        left = Infinity;
        assertSound(heap);
        assertEquals(upTo(rest.length).map(() => heap.pop()), rest.sort(inOrder));
      },
    ));

  test("the error of the order reaches the caller", () => {
    const heap = new Heap<Member>(() => {
      throw new Error("mine");
    });
    heap.push(new Member(1, 0));
    assertThrows(() => heap.push(new Member(2, 1)), Error, "mine");
    assertEquals(heap.size, 1);
  });
});
