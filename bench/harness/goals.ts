import type { Cost, Goal, PeerName, PointResult, SweepResult, Verdict } from "./cost.ts";
import { show } from "./table.ts";

/** Holds each point and sweep of a measured cost against its goals. What was not measured gives no verdict. */
export function judge(cost: Cost, points: readonly PointResult[], sweeps: readonly SweepResult[]): Verdict[] {
  const verdicts: Verdict[] = [];
  const ours = (label: string) => points.find((p) => p.label === label)?.stats.tendril?.median;
  for (const point of cost.points) {
    const result = points.find((p) => p.label === point.label);
    const own = ours(point.label);
    if (!result || own === undefined) continue;
    for (const goal of point.goals ?? []) {
      const verdict = judgeOne(goal, own, cost.unit, (peer) => result.stats[peer]?.median, ours);
      if (verdict) verdicts.push({ point: point.label, ...verdict });
    }
  }
  for (const sweep of sweeps) {
    const own = sweep.sides.tendril;
    if (!own) continue;
    verdicts.push({ point: `growth with ${sweep.variable}`, ...judgeGrowth(sweep) });
  }
  return verdicts;
}

/** What memory alone costs: caches and collectors make everything grow, and a native promise shows by how much. */
const SLACK = 0.05;

/** An exponent within the limit, or within what promises show at the same sizes. */
export function judgeGrowth({ limit, sides }: SweepResult): Omit<Verdict, "point"> {
  const own = sides.tendril?.exponent ?? NaN;
  const native = sides.promise?.exponent;
  const bound = Math.max(limit, native === undefined ? limit : native + SLACK);
  return {
    goal: `exponent ≤ ${limit}${native === undefined ? "" : `, or ≤ promise + ${SLACK}`}`,
    got: own.toFixed(2),
    reached: own <= bound,
  };
}

function judgeOne(
  goal: Goal,
  own: number,
  unit: Cost["unit"],
  peerAt: (peer: PeerName) => number | undefined,
  oursAt: (label: string) => number | undefined,
): Omit<Verdict, "point"> | undefined {
  switch (goal.kind) {
    case "atMost":
      return {
        goal: `≤ ${show(goal.value)} ${unit}`,
        got: `${show(own)} ${unit}`,
        reached: own <= goal.value,
      };
    case "timesPeer": {
      const peer = peerAt(goal.peer);
      if (peer === undefined) return undefined;
      const got = own / peer;
      return {
        goal: `≤ ${goal.times} × ${goal.peer}`,
        got: `${got.toFixed(2)} ×`,
        reached: got <= goal.times,
      };
    }
    case "fasterThan": {
      const peer = peerAt(goal.peer);
      if (peer === undefined) return undefined;
      const got = peer / own;
      return {
        goal: `≥ ${goal.times} × faster than ${goal.peer}`,
        got: `${got.toFixed(1)} ×`,
        reached: got >= goal.times,
      };
    }
    case "timesPoint": {
      const other = oursAt(goal.point);
      if (other === undefined) return undefined;
      const got = own / other;
      return {
        goal: `≤ ${goal.times} × ours at ${goal.point}`,
        got: `${got.toFixed(2)} ×`,
        reached: got <= goal.times,
      };
    }
  }
}
