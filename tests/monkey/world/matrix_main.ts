/**
 * The matrix as a program: a process of its own, because what is asked here is also whether it crashes, whether a
 * rejection is left over, and whether it ends by itself. One line of JSON for each thing that is known.
 *
 *   matrix_main.ts [--unpatched] [library …]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { joinAll, run, spawn } from "tendril";
import { runtime } from "../../harness.ts";
import { reasonFor, reasonsFor } from "./cannot.ts";
import { type Cell, type CellResult, runCell, type World } from "./cell.ts";
import { postgresUrl } from "./databases.ts";
import { held, leftSince } from "./held.ts";
import type { Library, Moment } from "./library.ts";
import { Observer } from "./observer.ts";
import { catchStrays } from "./strays.ts";

/** What the program says. */
export type MatrixLine =
  | { readonly cell: CellResult }
  /** After all cells of a library: what it has left behind, and what nobody caught meanwhile. */
  | {
    readonly library: string;
    readonly left: string;
    readonly strays: readonly string[];
    readonly ms: number;
  }
  | { readonly finished: true };

/** Milliseconds until a library has to have let go of everything. */
const LET_GO = 1500;

const { log } = console;
const say = (line: MatrixLine): void => log(JSON.stringify(line));

async function runLibrary(library: Library, observer: Observer, strays: string[]): Promise<void> {
  const start = performance.now();
  const before = await held();
  const isKnown = reasonsFor(runtime, library.name).length > 0; // then nobody asks what is left
  const world: World = {
    observer,
    postgres: postgresUrl(),
    isKnown: ({ library: name, moment }) => reasonFor(runtime, name, moment) !== undefined,
    opened: [],
  };
  await run(function* () {
    const cells = (Object.keys(library.moments) as Moment[]).flatMap((moment): Cell[] =>
      (["generator", "async"] as const).flatMap((form) =>
        (["kill", "timeout"] as const).map((end) => ({ library: library.name, moment, form, end }))
      )
    );
    const late: Cell[] = [];
    yield* joinAll(cells.map((cell) =>
      spawn(function* () {
        const result = yield* runCell(world, library, cell);
        if (result.isLate) late.push(cell);
        else say({ cell: result });
      })
    ));
    // The machine may have been busy with all of them, and with others: once more, one by one.
    for (const cell of late) say({ cell: yield* runCell(world, library, cell) });
  });
  const spares = () => world.opened.reduce((sum, observed) => sum + observed.spareCount, 0);
  const left = await leftSince(before, isKnown ? 0 : LET_GO, spares);
  await Promise.all(world.opened.map((observed) => observed.close()));
  const ms = Math.round(performance.now() - start);
  say({ library: library.name, left, strays: strays.splice(0), ms });
}

/** What a runtime makes once for itself, at the first request, is there before anything is counted. */
async function warmUp(observer: Observer): Promise<void> {
  const place = await observer.open({ at: "echo" });
  await (await fetch(`${place.origin}/1/100`)).text();
  await place.close();
  await new Promise((resolve) => setTimeout(resolve, 300));
}

async function main(args: string[], observer: Observer): Promise<void> {
  const strays = catchStrays();
  await warmUp(observer);
  if (args[0] === "--unpatched") args.shift();
  else await (await import("./patched.ts")).patchEverything();
  const { libraries } = await import("./libraries.ts");
  for (const library of libraries) {
    if (library.runtimes?.includes(runtime) === false) continue;
    if (args.length === 0 || args.includes(library.name)) await runLibrary(library, observer, strays);
  }
  say({ finished: true });
}

const folder = mkdtempSync(join(tmpdir(), "tendril-matrix-"));
process.chdir(folder); // named pipes get relative names
const observer = new Observer();
try {
  await main(process.argv.slice(2), observer);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await observer.stop();
  process.chdir("/");
  rmSync(folder, { recursive: true });
}
