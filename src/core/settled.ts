/** Waiting for everybody else. */
import type { Linked, List } from "./list.ts";
import type { Scheduler, Task } from "./task.ts";
import { type NotYet, WAIT, Wait } from "./wait.ts";

/** A loop, as far as those who wait for its rest know it. */
interface Settling extends Scheduler {
  readonly settlers: List<Settled>;
}

/** Waiting until every other greenlet is parked. Wins over a clock that jumps. */
export class Settled extends Wait<void> implements Linked<Settled> {
  before: Settled | null = null;
  after: Settled | null = null;

  attempt(): void | NotYet {
    return WAIT;
  }

  enter(task: Task): void {
    this.task = task;
    (task.loop as Settling).settlers.push(this);
  }

  leave(): void {
    ((this.task as Task).loop as Settling).settlers.remove(this);
  }

  copy(): Settled {
    return new Settled();
  }

  describe(): string {
    return "settle()";
  }
}
