/** What greenlets are called in a report. */
import type { Task } from "../../core/mod.ts";
import { GreenletTask } from "../../greenlet/mod.ts";

/** Gives each greenlet of a run a name of its own. */
export class Labels {
  /** By number. */
  private readonly labels: string[] = [];
  private readonly taken: Map<string, number> = new Map();

  /** Two of one name are told apart. */
  of(task: Task): string {
    const { id, name } = task;
    if (!(task instanceof GreenletTask)) return name; // callbacks of one kind are one actor
    const known = this.labels[id];
    if (known !== undefined) return known;
    const n = (this.taken.get(name) ?? 0) + 1;
    this.taken.set(name, n);
    return this.labels[id] = n === 1 ? name : `${name} (${n})`;
  }
}
