import { type CostResult, type SideName, SIDES } from "./cost.ts";
import { judgeGrowth } from "./goals.ts";
import { show } from "./table.ts";

/** A result in a table, with what stands before the title. */
export interface Shown {
  readonly result: CostResult;
  readonly before?: string;
}

/** What {@linkcode table} and {@linkcode markdown} are. */
type Draw = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

function peersOf({ points }: CostResult): SideName[] {
  const isThere = (side: SideName) => points.some((p) => p.stats[side] ?? p.leftOut?.[side]);
  return SIDES.filter((side) => side !== "tendril" && isThere(side));
}

/** Tables of results. Those whose peers are among the peers of another one stand below the same head. */
export function resultTables(all: readonly Shown[], draw: Draw): string[] {
  const peers = all.map(({ result }) => peersOf(result));
  const within = (a: readonly SideName[], b: readonly SideName[]) => a.every((side) => b.includes(side));
  const heads = peers.filter((own, at) =>
    !peers.some((other, i) => within(own, other) && (!within(other, own) || i < at))
  );
  return heads.map((head) => {
    const isFirst = (own: readonly SideName[]) => heads.find((one) => within(own, one)) === head;
    const members = all.filter((_, at) => isFirst(peers[at] ?? []));
    const columns = ["cost", "unit", "tendril", ...head.map((peer) => `${peer} (×)`), "goal", "reached"];
    return draw(columns, members.flatMap((one) => rows(one, head)));
  });
}

/** One row a point; a peer's cell is its median and how many times ours it is. */
function rows({ result, before = "" }: Shown, peers: readonly SideName[]): string[][] {
  const goalsOf = (label: string) => result.verdicts.filter((v) => v.point === label);
  const cell = (own: number | undefined, peer: number | undefined, capped: number | undefined) => {
    if (peer === undefined) return "–";
    const ratio = own === undefined ? "" : ` (${show(peer / own)})`;
    return `${show(peer)}${ratio}${capped === undefined ? "" : ` at ${capped.toLocaleString("en-US")}`}`;
  };
  return result.points.map((point) => {
    const own = point.stats.tendril?.median;
    const cells = peers.map((peer) =>
      point.leftOut?.[peer] === undefined
        ? cell(own, point.stats[peer]?.median, point.capped[peer])
        : "left out"
    );
    const verdicts = goalsOf(point.label);
    return [
      `${before}${result.title}: ${point.label}`,
      result.unit,
      show(own),
      ...cells,
      verdicts.map((v) => v.goal).join("; ") || "–",
      verdicts.map((v) => (v.reached ? "yes" : `NO (${v.got})`)).join("; ") || "–",
    ];
  });
}

/** What the figures of a result say together, and which sides did not work and why. */
export function remarks({ title, points, findings = [] }: CostResult): string[] {
  const whys = points.flatMap(({ leftOut = {} }) =>
    Object.entries(leftOut).map(([side, why]) => `${title}: ${side} is left out, since ${why}.`)
  );
  return [...findings, ...new Set(whys)];
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
