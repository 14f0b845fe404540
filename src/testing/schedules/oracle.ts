/** What must hold in a run: what the body demands, and that nothing is left over. */
import { type Loop, whoWaits } from "../../core/mod.ts";
import type { Fault } from "./contract.ts";

/** Something that must hold. */
interface Demand {
  readonly kind: "always" | "eventually";
  readonly condition: () => boolean;
  readonly name: string;
  met: boolean;
}

/** See the top of the file. */
export class Oracle {
  private readonly demands: Demand[] = [];
  private readonly reported: { error: unknown; name: string }[] = [];
  /** A condition is asked. */
  private asking = false;
  private readonly makings: (() => string | undefined)[] = [];

  demand(kind: Demand["kind"], condition: () => boolean, name: string): void {
    if (this.asking) throw new Error(`${kind}() was called in a condition: a condition only looks`);
    this.demands.push({ kind, condition, name, met: false });
  }

  /** Something came to be that has to be given back. */
  made(left: () => string | undefined): void {
    this.makings.push(left);
  }

  /** An error that nobody asked for. */
  report(error: unknown, name: string): void {
    this.reported.push({ error, name });
  }

  /** The first error that nobody asked for. */
  unhandled(): Fault | null {
    const first = this.reported.at(0);
    return first === undefined ? null : { kind: "unhandled", error: first.error, of: first.name };
  }

  /** Whose error has ended the run: main's, or that of a greenlet which nobody asked. */
  blame(error: unknown): Fault {
    const of = this.reported.find((one) => one.error === error)?.name;
    return of === undefined ? { kind: "error", error } : { kind: "unhandled", error, of };
  }

  /** The errors that nobody asked for besides `main` and its parts. */
  besides(main: unknown): unknown[] {
    const known: readonly unknown[] = main instanceof AggregateError ? [main, ...main.errors] : [main];
    return this.reported.map(({ error }) => error).filter((error) => !known.includes(error));
  }

  /** After a step: what does not hold. */
  broken(): Fault | null {
    for (const demand of this.demands) {
      const { kind, name } = demand;
      if (demand.met) continue;
      let holds;
      try {
        this.asking = true;
        holds = demand.condition() === true;
      } catch (error) {
        return { kind, error };
      } finally {
        this.asking = false;
      }
      if (kind === "eventually") demand.met = holds;
      else if (!holds) return { kind, error: new Error(`always(${name}) does not hold`) };
    }
    return null;
  }

  /** A condition did something. */
  meddled(): Fault {
    const error = new Error(
      "a condition of always() or eventually() has woken or killed somebody: it must only look",
    );
    return { kind: "always", error };
  }

  /** At the end: what never came to hold. */
  unmet(): Fault | null {
    const demand = this.demands.find(({ kind, met }) => kind === "eventually" && !met);
    return demand === undefined
      ? null
      : { kind: "eventually", error: new Error(`eventually(${demand.name}) never came to hold`) };
  }

  /** At the end: what is left over. */
  leak(): Fault | null {
    const left = this.makings.map((what) => what()).filter((what) => what !== undefined);
    return left.length === 0
      ? null
      : { kind: "leak", error: new Error(`left over at the end: ${left.join(", ")}`) };
  }
}

/** Nobody can go on, and no time is left to pass. */
export function stuckFault(loop: Loop): Fault {
  const report = whoWaits(loop.tasks());
  if (loop.outstanding === 0) return { kind: "deadlock", error: new Error(report) };
  const error = new Error(
    "the body waits for a promise that does not end: one of the host's, and a simulation never gives the host a turn," +
      ` or a simulated one that nobody settles, as of a server that does not answer:\n${report}\n` +
      "Use the simulated fetch, files, timers and workers, put a timeout on the wait, or end the promise from inside" +
      " the body. What async functions give is of the host: for these there is simulateAsync",
  );
  return { kind: "host", error };
}
