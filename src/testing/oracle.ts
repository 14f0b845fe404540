/** What must hold in a run: what the body demands, and that nothing is left over. */
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
  private readonly makings: (() => string | undefined)[] = [];

  demand(kind: Demand["kind"], condition: () => boolean, name: string): void {
    this.demands.push({ kind, condition, name, met: false });
  }

  /** Something came to be that has to be given back. */
  made(left: () => string | undefined): void {
    this.makings.push(left);
  }

  /** After a step: what does not hold. */
  broken(): Fault | null {
    for (const demand of this.demands) {
      const { kind, name } = demand;
      if (demand.met) continue;
      let holds;
      try {
        holds = demand.condition() === true;
      } catch (error) {
        return { kind, error };
      }
      if (kind === "eventually") demand.met = holds;
      else if (!holds) return { kind, error: new Error(`always(${name}) does not hold`) };
    }
    return null;
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
