/**
 * `node scripts/setup.mjs bench/catalogue.ts [--seeds 20]`
 *
 * Measures how many schedules each way of hunting needs for each bug of the catalogue, and writes the tables into
 * `docs/testing.md`, between the marks.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import * as tendril from "../src/mod.ts";
import * as testing from "../src/testing/mod.ts";
import { mutants } from "../tests/mutants/catalogue.ts";
import { classics } from "../tests/mutants/classics.ts";
import { byChance, byExploring, type Hunted, type Strategy } from "../tests/mutants/hunt.ts";
import type { Gen, Testing } from "../tests/mutants/kit.ts";
import { load } from "../tests/mutants/mutate.ts";
import { bugs } from "../tests/peers/bugs.ts";
import { machine } from "./harness/host.ts";
import { markdown } from "./harness/table.ts";

const { values } = parseArgs({ options: { seeds: { type: "string", default: "20" } } });
const seeds = Number(values.seeds);
if (!Number.isInteger(seeds) || seeds < 1) {
  throw new RangeError(`--seeds must be a whole number from 1, not ${values.seeds}`);
}

/** The most schedules by chance, and by exploring. */
const BY_CHANCE = 2_000, BY_EXPLORING = 20_000;
const FILE = new URL("../docs/testing.md", import.meta.url);
const BEGIN = "<!-- catalogue:begin -->", END = "<!-- catalogue:end -->";

const STRATEGIES: readonly Strategy[] = ["random", "pct", "pos", "urw"];
const CHANCE_HEAD = ["fifo", ...STRATEGIES, "rotation"];
const EXPLORING: readonly (number | "reduced")[] = [0, 1, 2, "reduced"];
const EXPLORING_HEAD = ["explore 0", "explore 1", "explore 2", "reduced"];

/** One row of a table, and what it adds to the sums. */
interface Row {
  readonly cells: readonly string[];
  /** Schedules of the rotation, one for each start seed; `Infinity` where it found nothing. */
  readonly rotation: readonly number[];
  /** The best of all strategies, on average. */
  readonly best: number;
  /** The quickest exploration that found it, in milliseconds. */
  readonly exploringMs: number;
}

function mean(counts: readonly number[]): number {
  return counts.reduce((sum, n) => sum + n, 0) / counts.length;
}

function rounded(n: number): string {
  return n < 10 ? String(Math.round(n * 10) / 10) : String(Math.round(n));
}

/** A mean; where some hunts found nothing, how many did. */
function cell(counts: readonly number[]): string {
  const found = counts.filter((n) => n !== Infinity);
  if (found.length === counts.length) return rounded(mean(counts));
  return found.length === 0 ? "–" : `${found.length} of ${counts.length}`;
}

function explored({ schedules, exhausted, ms }: Hunted): string {
  if (schedules === null) return exhausted ? "–" : `> ${BY_EXPLORING}`;
  return `${schedules} (${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms)`;
}

function hunt(name: string, library: Testing, body: () => Gen<unknown>, tracked: boolean): Row {
  const starts = Array.from({ length: seeds }, (_, i) => i);
  const count = (start: number, strategy?: Strategy): number =>
    byChance(library, body, BY_CHANCE, start, strategy).schedules ?? Infinity;
  const fifo = byChance(library, body, 1, 0, "fifo").schedules ?? Infinity;
  const byStrategy = STRATEGIES.map((strategy) => starts.map((start) => count(start, strategy)));
  const rotation = starts.map((start) => count(start));
  const exploring = EXPLORING.map((how) =>
    how === "reduced" && !tracked ? null : byExploring(library, body, how, BY_EXPLORING)
  );
  console.log(name);
  return {
    cells: [
      name,
      ...[[fifo], ...byStrategy, rotation].map(cell),
      ...exploring.map((one) => one === null ? "" : explored(one)),
    ],
    rotation,
    best: Math.min(fifo, ...byStrategy.map(mean), mean(rotation)),
    exploringMs: Math.min(
      ...exploring.map((one) => one === null || one.schedules === null ? Infinity : one.ms),
    ),
  };
}

function table(rows: readonly Row[]): string {
  return markdown(["bug", ...CHANCE_HEAD, ...EXPLORING_HEAD], rows.map(({ cells }) => cells));
}

const before = performance.now();
const seeded: Row[] = [];
for (const mutant of mutants) {
  const { name, kind, rule, program } = mutant;
  const copy = await load(mutant);
  seeded.push(hunt(`${name} (${kind}, ${rule})`, copy.testing, program(copy.tendril, copy.testing), true));
}
const programs = classics.map(({ name, kind, buggy }) =>
  hunt(`${name} (${kind})`, testing, buggy(tendril, testing), true)
);
const peers = bugs.map(({ name, title, peer }) =>
  hunt(`${name}: ${title.replaceAll("|", "\\|")}`, testing, peer, false)
);

const all = [...seeded, ...programs, ...peers];
const missed = all.filter(({ rotation }) => rotation.includes(Infinity)).length;
const worst = Math.max(...all.map(({ best }) => best));
const slowest = Math.max(...all.map(({ exploringMs }) => exploringMs));
const { cpu, cores, memoryGiB, os } = machine();
const text = [
  BEGIN,
  "## What it finds",
  `A catalogue of ${mutants.length} mistakes seeded into our own sources (\`tests/mutants\`), of ${classics.length} classic mistakes of` +
  ` programs, and of ${bugs.length} known bugs of peers, ported to models of them (\`tests/peers\`). Each has a small program, which is` +
  " run under many schedules. In every test run each of them has to be found by simulation within 2,000 schedules and by exploration" +
  " within two preemptions, on all three runtimes; and the same programs over the sources as they are, the programs without the" +
  " mistake, and the peers' programs over our primitives have to pass 200 simulated schedules and a whole exploration.",
  `A number is how many schedules it took until the first failure: for \`random\`, \`pct\`, \`pos\`, \`urw\` and the rotation of all of` +
  ` them (what \`simulate\` does) the mean over ${seeds} start seeds with at most ${BY_CHANCE} schedules each ("n of ${seeds}": so many of` +
  " them found it), for `fifo` the one schedule that there is. A simulation begins with that one, so what it finds costs one" +
  " schedule everywhere. `explore n` is exploration with at most n preemptions, `reduced` the one" +
  " that leaves out schedules that make no difference; with milliseconds to the failure, its report and the shrinking included." +
  ` "–": it is not there to be found, or was not. The models of peers share plain variables, so they are not reduced.`,
  `${
    all.length - missed
  } of ${all.length} are found by the rotation from every start seed; the best strategy needs at most` +
  ` ${rounded(worst)} schedules on average, the quickest exploration at most ${
    Math.ceil(slowest)
  } ms. No strategy is best everywhere.`,
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}, Node ${process.versions.node}. Written by` +
  " `node scripts/setup.mjs bench/catalogue.ts`.",
  "### Mistakes in our own sources",
  table(seeded),
  "### Classic mistakes of programs",
  table(programs),
  "### Bugs of peers",
  table(peers),
  END,
].join("\n\n");

const old = existsSync(FILE) ? readFileSync(FILE, "utf8") : "";
const from = old.indexOf(BEGIN), to = old.indexOf(END);
const whole = from >= 0 && to > from
  ? old.slice(0, from) + text + old.slice(to + END.length)
  : old === ""
  ? `${text}\n`
  : `${old.trimEnd()}\n\n${text}\n`;
writeFileSync(FILE, whole);
console.log(`docs/testing.md, ${Math.round((performance.now() - before) / 1000)} s`);
