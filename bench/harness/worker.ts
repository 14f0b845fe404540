/**
 * The process that measures: `worker.ts --costs switch,queue [--quick] [--without gevent]` prints one result a cost;
 * `worker.ts --costs first --point "…" --side effect --ops 1` prints one reading, for a point that needs a new process.
 * Results are lines that begin with {@link MARK}, since a library may print too.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Cost, LeftOut, type SideName, SIDES } from "./cost.ts";
import { runtime, RUNTIME_ARGS } from "./host.ts";
import { measure } from "./measure.ts";
import { MARK } from "./protocol.ts";

const { values } = parseArgs({
  options: {
    costs: { type: "string" },
    quick: { type: "boolean", default: false },
    without: { type: "string", default: "" },
    point: { type: "string" },
    side: { type: "string" },
    ops: { type: "string" },
  },
});

const answer = (value: object) => console.log(MARK + JSON.stringify(value));

async function load(name: string): Promise<Cost> {
  const module = (await import(new URL(`../costs/${name}.ts`, import.meta.url).href)) as { cost: Cost };
  return module.cost;
}

async function readFresh(
  cost: Cost,
  label: string,
  side: SideName,
  n: number,
): Promise<{ count: number; total: number }> {
  const args = ["--costs", cost.name, "--point", label, "--side", side, "--ops", String(n)];
  const child = spawn(process.execPath, [...RUNTIME_ARGS[runtime], fileURLToPath(import.meta.url), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8");
  for await (const chunk of child.stdout) text += String(chunk);
  const line = text.split("\n").find((l) => l.startsWith(MARK));
  if (!line) throw new Error(`${cost.name}, ${label}, ${side}: the fresh process gave no reading`);
  const answer = JSON.parse(line.slice(MARK.length)) as { count: number; total: number } | {
    leftOut: string;
  };
  if ("leftOut" in answer) throw new LeftOut(answer.leftOut);
  return answer;
}

const names = (values.costs ?? "").split(",").filter(Boolean);
if (values.point !== undefined) {
  const cost = await load(names[0] ?? "");
  const side = cost.points.find((p) => p.label === values.point)?.sides[
    SIDES.find((s) => s === values.side) ?? "tendril"
  ];
  if (!side) throw new Error(`no side ${values.side} at ${cost.name}, ${values.point}`);
  const n = Number(values.ops);
  try {
    const reading = await side(n);
    if (reading.count !== n) {
      throw new Error(`${values.side}: ${n} operations were asked for and ${reading.count} counted`);
    }
    if (reading.total === undefined) throw new Error(`${cost.name}: a side of a fresh point measures itself`);
    answer(reading);
  } catch (error) {
    if (!(error instanceof LeftOut)) throw error;
    answer({ leftOut: error.message });
  }
} else {
  const without = new Set(SIDES.filter((side) => values.without.split(",").includes(side)));
  const progress = (line: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${runtime}: ${line}`);
  };
  for (const name of names) {
    try {
      const result = await measure(await load(name), {
        quick: values.quick,
        without,
        progress,
        fresh: readFresh,
      });
      answer({ result });
    } catch (error) {
      // One broken cost does not hide the others; the command fails at the end.
      answer({
        failed: name,
        reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  }
}
// What a peer leaves behind (timers, a Python child) ends with the process.
process.exit(0);
