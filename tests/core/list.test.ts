import fc from "fast-check";
import { type Linked, List } from "../../src/core/mod.ts";
import { assertEquals, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { sequences } from "../laws/kit.ts";

class Node implements Linked<Node> {
  before: Node | null = null;
  after: Node | null = null;
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }
}

type Step = readonly ["push" | "remove", number];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(fc.constantFrom("push" as const, "push" as const, "remove" as const), fc.nat({ max: 99 })),
  { maxLength: 80, size: "max" },
);

const ids = (nodes: readonly Node[]) => nodes.map((n) => n.id);

/** The same from behind. */
function backwards(list: List<Node>): number[] {
  const all: number[] = [];
  for (let n = list.tail; n !== null; n = n.before) all.unshift(n.id);
  return all;
}

describe("List", () => {
  test("behaves as an array from which members leave in any order, and may come again", () =>
    sequences(steps, (program) => {
      const list = new List<Node>(), array: Node[] = [], gone: Node[] = [];
      for (const [what, n] of program) {
        if (what === "push") {
          const node = n % 3 === 0 ? gone.pop() ?? new Node(n) : new Node(n);
          list.push(node);
          array.push(node);
        } else if (array.length > 0) {
          const [node] = array.splice(n % array.length, 1);
          list.remove(node);
          assertEquals([node.before, node.after], [null, null]);
          gone.push(node);
        }
        assertEquals(ids(list.toArray()), ids(array));
        assertEquals(backwards(list), ids(array));
        assertEquals(list.size, array.length);
        assertStrictEquals(list.head, array[0] ?? null);
        assertStrictEquals(list.tail, array.at(-1) ?? null);
      }
    }));

  test("toArray is a picture: members may leave while the caller goes on", () => {
    const list = new List<Node>();
    for (let i = 0; i < 5; i++) list.push(new Node(i));
    const seen: number[] = [];
    for (const node of list.toArray()) {
      seen.push(node.id);
      list.remove(node);
    }
    assertEquals([seen, list.size, list.head, list.tail], [[0, 1, 2, 3, 4], 0, null, null]);
  });
});
