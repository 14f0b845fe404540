/** What a deadlock report says. */
import { NEW, type Task, WAITING } from "./task.ts";

/** Who waits on what, and the cycle where there is one. */
export function whoWaits(tasks: readonly Task[]): string {
  const parked = tasks.filter((t) => t.status === WAITING || t.status === NEW);
  const lines = parked.map((t) =>
    `  ${t.name} waits on ${t.waiting?.describe() ?? "its start, which never comes"}`
  );
  const cycle = findCycle(parked);
  return `no greenlet can go on: ${parked.length} parked, no timer, nothing outstanding at the host\n` +
    lines.join("\n") +
    (cycle.length > 0 ? `\n  cycle: ${[...cycle, cycle[0]].map((t) => t.name).join(" → ")}` : "");
}

/** The same as a message for whoever runs into it. */
export function deadlockReport(tasks: readonly Task[]): string {
  return whoWaits(tasks) +
    `\nIf a callback of the host is to wake one of them, let that one wait with until(promise)`;
}

function findCycle(tasks: readonly Task[]): Task[] {
  for (const start of tasks) {
    const path: Task[] = [];
    for (let t: Task | null = start; t !== null && !t.isDone; t = t.waiting?.blocker() ?? null) {
      const at = path.indexOf(t);
      if (at >= 0) return path.slice(at);
      path.push(t);
    }
  }
  return [];
}
