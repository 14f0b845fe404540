/** A callback that runs in the loop: in a turn of its own, inside a scope that waits for it, and nothing kills it. */
import type { Scope } from "./scope.ts";
import { type Frame, notYieldable, type Scheduler, Task } from "./task.ts";

class Callback extends Task {
  readonly name: string;
  private readonly home: Scope;
  private readonly run: () => void;

  constructor(loop: Scheduler, home: Scope, name: string, run: () => void) {
    super(loop, home);
    this.name = name;
    this.home = home;
    this.run = run;
  }

  protected begin(): null {
    this.run();
    return null;
  }

  protected rest(): null {
    return null;
  }

  protected yielded(value: unknown): Frame {
    throw notYieldable(value);
  }

  protected told(): void {}

  protected settleOutcome(): void {}

  protected announce(): void {}

  protected ended(): void {
    this.home.letGo();
  }
}

/** See the top of the file. `run` must not throw; `home` is open. */
export function runLater(loop: Scheduler, home: Scope, name: string, run: () => void): void {
  home.hold();
  loop.enqueue(new Callback(loop, home, name, run));
}
