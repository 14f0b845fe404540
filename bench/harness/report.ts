import { type CostResult, type SideName, SIDES } from "./cost.ts";
import { judgeGrowth } from "./goals.ts";
import { show } from "./table.ts";

const PEERS = SIDES.slice(1);

export const HEAD = ["cost", "unit", "tendril", ...PEERS.map((p) => `${p} (×)`), "goal", "reached"];

/** One row a point; a peer's cell is its median and how many times ours it is. */
export function rows(result: CostResult): string[][] {
  const goalsOf = (label: string) => result.verdicts.filter((v) => v.point === label);
  const cell = (own: number | undefined, peer: number | undefined, capped: number | undefined) => {
    if (peer === undefined) return "–";
    const ratio = own === undefined ? "" : ` (${show(peer / own)})`;
    return `${show(peer)}${ratio}${capped === undefined ? "" : ` at ${capped.toLocaleString("en-US")}`}`;
  };
  const lines: string[][] = [];
  for (const point of result.points) {
    const own = point.stats.tendril?.median;
    const peers = PEERS.map((peer: SideName) => cell(own, point.stats[peer]?.median, point.capped[peer]));
    const verdicts = goalsOf(point.label);
    lines.push([
      `${result.title}: ${point.label}`,
      result.unit,
      show(own),
      ...peers,
      verdicts.map((v) => v.goal).join("; ") || "–",
      verdicts.map((v) => (v.reached ? "yes" : `NO (${v.got})`)).join("; ") || "–",
    ]);
  }
  return lines;
}

export const GROWTH_HEAD = [
  "growth",
  "sizes",
  "ours at each size",
  "exponent",
  "goal",
  "reached",
  "peers' exponents",
];

export function growthRows(result: CostResult): string[][] {
  return result.sweeps.map((sweep) => {
    const own = sweep.sides.tendril;
    const judged = own && judgeGrowth(sweep);
    const peers = SIDES.flatMap((side) => {
      const entry = side === "tendril" ? undefined : sweep.sides[side];
      return entry ? [`${side} ${entry.exponent.toFixed(2)}`] : [];
    });
    return [
      `${result.title}, by ${sweep.variable}`,
      sweep.sizes.map((s) => s.toLocaleString("en-US")).join(" "),
      `${own?.values.map(show).join(" ") ?? "–"} ${result.unit}`,
      own?.exponent.toFixed(2) ?? "–",
      judged?.goal ?? "–",
      judged ? (judged.reached ? "yes" : "NO") : "–",
      peers.join(", ") || "–",
    ];
  });
}
