/** The matrix as it stands in docs/limits.md: what is expected, and matrix.test.ts holds it to be so. */
import type { Runtime } from "../../harness.ts";
import { cannot, reasonFor } from "./cannot.ts";
import type { Library, Moment } from "./library.ts";

const RUNTIMES: readonly Runtime[] = ["deno", "bun", "node"];
const TITLES = { deno: "Deno", bun: "Bun", node: "Node" } as const;

export const START = "<!-- matrix -->";
export const STOP = "<!-- /matrix -->";

function cellText(library: Library, runtime: Runtime): string {
  if (library.runtimes?.includes(runtime) === false) return "";
  const moments = Object.keys(library.moments) as Moment[];
  const good = moments.filter((moment) => reasonFor(runtime, library.name, moment) === undefined);
  if (good.length === moments.length) return "yes";
  return good.length === 0 ? "**no**" : good.join(", ");
}

/** Markdown, from marker to marker. */
export function matrixTable(libraries: readonly Library[]): string {
  const lines = [START, "", "| | killed at | Deno | Bun | Node |", "|---|---|---|---|---|"];
  for (const library of libraries) {
    const cells = RUNTIMES.map((runtime) => cellText(library, runtime));
    lines.push(`| ${library.name} | ${Object.keys(library.moments).join(", ")} | ${cells.join(" | ")} |`);
  }
  if (cannot.length > 0) {
    lines.push("", "What is not stopped, and why:", "");
    for (const { libraries: names, runtimes, moments, why } of cannot) {
      const where = runtimes.map((runtime) => TITLES[runtime]).join(", ");
      const when = moments === undefined ? "" : ` (${moments.join(", ")})`;
      lines.push(`- ${names.join("; ")}${when}, on ${where}: ${why}`);
    }
  }
  return [...lines, "", STOP].join("\n");
}

/** `page` with the matrix of today. */
export function withMatrix(page: string, table: string): string {
  const start = page.indexOf(START);
  const stop = page.indexOf(STOP);
  if (start < 0 || stop < start) throw new Error(`docs/limits.md needs the lines ${START} and ${STOP}`);
  return page.slice(0, start) + table + page.slice(stop + STOP.length);
}
