/** What a failure says: what failed, the schedule as a table, where everybody stood, and the line that repeats it. */
import type { Fault } from "./contract.ts";
import { placesOf, shortPlace } from "./stacks.ts";
import { briefOf, firstLine, stackOf, textOf } from "./thrown.ts";
import type { Row } from "./witness.ts";

/** What there is to tell. */
export interface Story {
  /** `simulate`, with the schedule's number and the like. */
  readonly title: string;
  readonly fault: Fault;
  readonly rows: readonly Row[];
  /** Who was parked at the end. */
  readonly parked: readonly { name: string; waitsOn: string }[];
  /** It departs from FIFO, for whatever reasons. */
  readonly departs: boolean;
  /** By which orders FIFO fails. */
  readonly reasons: readonly string[];
  readonly token: string;
  /** What else must be said. */
  readonly note: string | undefined;
  /** What is left over, with the stack of its making. */
  readonly leaks?: readonly { what: string; stack: string }[];
  /** Errors besides the main one that went to `onError`. */
  readonly reported: readonly unknown[];
  /** Values that a property was tried with. */
  readonly data: string | undefined;
}

/** Characters of a column, and of the whole table. */
const LEAST = 16, MOST = 34, WIDTH = 150;
/** Steps that are shown at most: the beginning tells less than the end. */
export const MAX_ROWS: number = 120;
/** The end of a loop says nothing new after these. */
const MAX_ENDLESS_ROWS = 12;
/** More rows in a row that say the same become one. */
const MOST_SAME = 4;
const MAX_FRAMES = 6;

const KINDS: Record<Fault["kind"], string> = {
  error: "the body failed",
  unhandled: "an error that nobody handled",
  deadlock: "a deadlock",
  always: "an invariant does not hold",
  eventually: "something never came to hold",
  leak: "a leak",
  endless: "it does not end",
  host: "the host was waited for",
};

/** The whole text. */
export function tell(story: Story): string {
  const { fault, rows } = story;
  const names = [...new Set(rows.map(({ name }) => name))];
  const text = textOf(fault.error);
  const whole = fault.kind === "deadlock" || !text.includes("\n");
  const parts = [`${story.title}: ${kindOf(fault)}: ${whole ? text : firstLine(text)}`];
  if (!whole) parts.push(indented(text.slice(text.indexOf("\n"))));
  if (story.note !== undefined) parts.push(story.note);
  if (story.data !== undefined) parts.push(`With ${story.data}`);
  parts.push(table(rows, names, fault.kind === "endless" ? MAX_ENDLESS_ROWS : MAX_ROWS));
  const { reasons } = story;
  if (reasons.length === 0) {
    parts.push(story.departs || story.note !== undefined ? "" : "It fails in plain FIFO order.");
  } else {
    const all = reasons.length === 1 ? "as soon as" : `when all of these ${reasons.length} hold:`;
    parts.push(`It fails in FIFO order ${all}\n${reasons.map((r) => `  ${r}`).join("\n")}`);
  }
  if (story.parked.length > 0 && fault.kind !== "deadlock") {
    const lines = story.parked.map(({ name, waitsOn }) => `  ${name} waits on ${waitsOn}`);
    parts.push(`At the end\n${lines.join("\n")}`);
  }
  const made = (story.leaks ?? []).flatMap(({ what, stack }) =>
    placesOf(stack).slice(0, 1).map((place) => `${what}: made at ${place}`)
  );
  if (fault.kind === "leak" && made.length > 0) parts.push(`Left over\n${indented(made.join("\n"))}`);
  if (story.reported.length > 0) {
    parts.push(
      `Also reported, since nobody had asked\n${
        indented(story.reported.map((error) => textOf(error)).join("\n"))
      }`,
    );
  }
  const stacks = lastStacks(rows);
  if (stacks.length > 0) parts.push(`Where each parked last\n${stacks.join("\n")}`);
  if (story.token !== "") {
    parts.push(`To repeat it: replay("${story.token}"), or TENDRIL_REPLAY=${story.token} before the command`);
  }
  return parts.filter((part) => part !== "").join("\n\n");
}

function kindOf({ kind, of }: Fault): string {
  return of === undefined ? KINDS[kind] : KINDS[kind].replace("an error", `an error of ${of}`);
}

function indented(text: string): string {
  return text.split("\n").filter((line) => line.trim() !== "").map((line) => `  ${line}`).join("\n");
}

function table(all: readonly Row[], names: readonly string[], most: number): string {
  const rows = all.slice(-most);
  const width = Math.max(LEAST, Math.min(MOST, Math.floor(WIDTH / names.length) - 2));
  const narrow = names.length * (LEAST + 2) > WIDTH;
  const lines: string[] = [];
  const line = (step: string, cells: readonly string[]): void => {
    lines.push(`${step.padStart(5)}  ${cells.join("  ")}`.trimEnd());
  };
  if (!narrow) line("step", names.map((name) => clip(name, width).padEnd(width)));
  const before = (rows.at(0)?.step ?? 1) - 1;
  if (before > 0) lines.push(`       (${before} steps before)`);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const same = runLength(rows, i);
    if (same > MOST_SAME) {
      i += same - 1;
      lines.push(`       (${row.name}: ${what(row)}, ${same} times)`);
      continue;
    }
    for (const event of row.before) lines.push(`       - ${event} -`);
    const text = what(row);
    if (narrow) {
      line(String(row.step), [`${row.name}: ${text}`]);
      continue;
    }
    const column = names.indexOf(row.name);
    wrap(text, width).forEach((part, i) => {
      line(i === 0 ? String(row.step) : "", names.map((_, k) => (k === column ? part : "").padEnd(width)));
    });
  }
  return lines.join("\n");
}

/** How many rows from the `from`-th on say the same. */
function runLength(rows: readonly Row[], from: number): number {
  const text = (row: Row | undefined) => row && `${row.name} ${row.before} ${what(row)}`;
  let n = 1;
  while (text(rows[from + n]) === text(rows[from])) n++;
  return n;
}

function what(row: Row): string {
  const parts: string[] = [];
  if (row.thrown !== undefined) parts.push(`gets ${briefOf(row.thrown)}`);
  if (row.spawned.length > 0) parts.push(`spawns ${row.spawned.join(", ")}`);
  if (row.woke.length > 0) parts.push(`wakes ${row.woke.join(", ")}`);
  if (row.threw !== undefined && row.error === undefined) {
    const [place] = placesOf(stackOf(row.threw));
    parts.push(
      `throws ${briefOf(row.threw)}${place === undefined ? "" : ` @ ${shortPlace(place)}`}`,
    );
  }
  const place = placesOf(row.error instanceof Error ? stackOf(row.error) : row.stack)[0];
  parts.push(
    row.end === "" ? "is interrupted" : row.end + (place === undefined ? "" : ` @ ${shortPlace(place)}`),
  );
  return parts.join("; ");
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line];
}

/** By place: a crowd that stands at one is told in one line. */
function lastStacks(rows: readonly Row[]): string[] {
  const last = new Map<string, Row>();
  for (const row of rows) if (row.stack !== "") last.set(row.name, row);
  const crowds = new Map<string, string[]>();
  for (const [name, row] of last) {
    const places = placesOf(row.stack).slice(0, MAX_FRAMES);
    const where = places.length > 0 ? places.join("\n    from ") : waitOf(row);
    const crowd = crowds.get(where) ?? [];
    crowd.push(`${name}, step ${row.step}`);
    crowds.set(where, crowd);
  }
  return [...crowds].flatMap(([where, crowd]) => {
    if (crowd.length <= MOST_SAME) return crowd.map((who) => `  ${who}: ${where}`);
    return [`  ${crowd.slice(0, MOST_SAME).join("; ")} and ${crowd.length - MOST_SAME} more: ${where}`];
  });
}

/** What a row says that it waits on. */
function waitOf({ end }: Row): string {
  return end.replace(/^waits: the end of .* of its scope$/, "the end of its body").replace("waits: ", "in ");
}
