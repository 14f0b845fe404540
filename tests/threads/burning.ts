/** Threads that compute though nobody wants it: whoever was ended and goes on is seen here. On Linux, which tells of each thread's time. */
import fs from "node:fs";
import { assertEquals } from "../assert.ts";
import { test } from "../harness.ts";

const TASKS = "/proc/self/task";
/** Milliseconds in the unit of these files. */
const TICK = 10;
/** Milliseconds of a look, and the part of them in which a thread must have computed. */
const LOOK_MS = 100, MOST = 0.5;
/** Looks until threads that are just ending must be quiet. */
const LOOKS = 50;

interface Thread {
  readonly name: string;
  readonly ms: number;
}

function computed(): Map<string, Thread> {
  const threads = new Map<string, Thread>();
  for (const id of fs.readdirSync(TASKS)) {
    try {
      const line = fs.readFileSync(`${TASKS}/${id}/stat`, "utf8");
      const end = line.lastIndexOf(")");
      const fields = line.slice(end + 2).split(" "); // from the third field on; 14 and 15 are the times
      threads.set(id, {
        name: line.slice(line.indexOf("(") + 1, end),
        ms: (Number(fields[11]) + Number(fields[12])) * TICK,
      });
    } catch {
      // it has ended between the two calls
    }
  }
  return threads;
}

/** Waits until no thread of this process computes. @throws when one goes on and on. */
export async function noneBurns(): Promise<void> {
  if (!fs.existsSync(TASKS)) return;
  let burning: string[] = [];
  for (let look = 0; look < LOOKS; look++) {
    const before = computed();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    burning = [];
    for (const [id, { name, ms }] of computed()) {
      const spent = ms - (before.get(id)?.ms ?? ms);
      if (spent > LOOK_MS * MOST) burning.push(`${name} (${id}): ${spent} ms of ${LOOK_MS}`);
    }
    if (burning.length === 0) return;
  }
  assertEquals(burning, [], "threads that compute when all is over");
}

/** The last test of a file that starts threads. */
export function testNoneBurns(): void {
  test("no thread computes on when all is over", noneBurns);
}
