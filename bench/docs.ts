/** Writes `docs/bench.md` from `bench/results/`: what `npm run bench` printed, and nothing else. */
import { mkdirSync, writeFileSync } from "node:fs";
import { GROWTH_HEAD, growthRows, remarks, resultTables } from "./harness/report.ts";
import { allKept, type Kept } from "./harness/results.ts";
import { markdown } from "./harness/table.ts";

function section({ runtime, machine, versions, costs }: Kept): string {
  const measured = Object.values(costs);
  const results = measured.map((one) => one.result);
  const dates = measured.map((one) => one.date.slice(0, 10)).sort();
  const loads = measured.map((one) => one.load.before[0] ?? 0);
  const commands = [...new Set(measured.map((one) => `\`${one.command}\``))];
  const growth = results.flatMap(growthRows);
  const missed = results.flatMap(({ title, verdicts }) =>
    verdicts.filter((v) => !v.reached).map((v) => `- ${title}, ${v.point}: ${v.goal}, got ${v.got}`)
  );
  return [
    `## ${runtime} ${versions[runtime] ?? ""}`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.os}; load average at the start of a cost ${
      Math.min(...loads)
    } to ${Math.max(...loads)}. ${
      Object.entries(versions).map(([name, v]) => `${name} ${v}`).join(", ")
    }. Measured ${[...new Set([dates[0], dates.at(-1)])].join(" to ")} by ${commands.join(", ")}.`,
    ...resultTables(results.map((result) => ({ result })), markdown),
    ...results.flatMap(remarks),
    "How the cost of one operation grows with size (0 does not grow):",
    markdown(GROWTH_HEAD, growth),
    missed.length > 0 ? `Goals not reached:\n\n${missed.join("\n")}` : "All goals are reached.",
  ].join("\n\n");
}

const kept = allKept();
const notes = new Map(
  kept.flatMap((one) => Object.values(one.costs).map(({ result }) => [result.title, result.notes])),
);
const text = [
  "<!-- Written by bench/docs.ts from bench/results: change those, not this. -->",
  "# Benchmarks",
  "All sides of a row run in one process and take turns (A B C A B C …) after a warm-up; a cell is the median. In brackets: how many times ours it is. `at N`: a peer that was measured at a smaller size, since the full one would take minutes. `–`: the peer has no such thing. `left out`: it does not work there, see below the tables.",
  "A run of your own: `npm run bench`, with `-- --quick`, `-- --only switch,queue`, `-- --runtime bun`.",
  ...kept.map(section),
  "## What the rows are",
  [...notes].map(([title, lines]) => `**${title}.** ${lines.join(" ")}`).join("\n\n"),
].join("\n\n");

mkdirSync(new URL("../docs/", import.meta.url), { recursive: true });
writeFileSync(new URL("../docs/bench.md", import.meta.url), `${text}\n`);
console.log("docs/bench.md");
