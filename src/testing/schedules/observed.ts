/** Telling a witness what happens. */
import { Loop, type LoopOptions, type Probe, type Task } from "../../core/mod.ts";
import type { Witness } from "./contract.ts";

/** A loop that says who becomes ready. */
export class ObservedLoop extends Loop {
  private readonly witness: Witness | null;

  constructor(witness: Witness | null, options: LoopOptions) {
    super(options);
    this.witness = witness;
  }

  override enqueue(task: Task): void {
    if (this.witness !== null) this.witness.queued(task);
    super.enqueue(task);
  }
}

/** Leaks are the run's business, the rest the witness's. */
export class Both implements Probe {
  private readonly run: Probe;
  private readonly witness: Witness;

  constructor(run: Probe, witness: Witness) {
    this.run = run;
    this.witness = witness;
  }

  touched(subject: object, how: number): void {
    this.witness.touched(subject, how);
  }

  born(subject: object): void {
    this.witness.born(subject);
  }

  stirred(task: object): void {
    this.witness.stirred(task);
  }

  timed(deadline: number, alone: boolean): void {
    this.witness.timed(deadline, alone);
  }

  threw(error: unknown): void {
    this.witness.threw?.(error);
  }

  idle(): void {
    this.run.idle(); // tells the witness, where time does pass
  }

  made(left: () => string | undefined): void {
    this.run.made(left);
    this.witness.made(left);
  }
}
