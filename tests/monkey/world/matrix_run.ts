/** Runs matrix_main.ts on a runtime, and hands out what it says as it comes. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Runtime } from "../../harness.ts";
import type { CellResult } from "./cell.ts";
import type { Moment } from "./library.ts";
import type { MatrixLine } from "./matrix_main.ts";
import { environment, FLAGS } from "./program.ts";

export type LibraryLine = Extract<MatrixLine, { left: string }>;

/** Milliseconds for all of it. */
const BOUND = 120_000;
/** Milliseconds in which the program has to end after it has said that it is finished. */
export const END_WITHIN = 3000;

const mainPath = fileURLToPath(new URL("matrix_main.ts", import.meta.url));

/** A matrix that is being made. */
export class MatrixRun {
  readonly cells: CellResult[] = [];
  private readonly lines = new Map<string, LibraryLine>();
  private readonly ended = Promise.withResolvers<string>();
  private waiting: (() => void)[] = [];
  private output = "";
  private isOver = false;

  constructor(command: string, runtime: Runtime) {
    const child = spawn(command, [...FLAGS[runtime], mainPath], {
      stdio: ["ignore", "pipe", "pipe"],
      env: environment(),
    });
    const bound = setTimeout(() => child.kill("SIGKILL"), BOUND);
    let endBound: ReturnType<typeof setTimeout> | undefined;
    let rest = "";
    const decoder = new TextDecoder();
    child.stdout.on("data", (chunk: Uint8Array) => {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() as string;
      for (const line of lines) {
        if (!line.startsWith("{")) this.output += `${line}\n`;
        else if (this.take(JSON.parse(line) as MatrixLine)) {
          endBound = setTimeout(() => child.kill("SIGKILL"), END_WITHIN);
        }
      }
    });
    child.stderr.on("data", (chunk: Uint8Array) => void (this.output += new TextDecoder().decode(chunk)));
    child.on("error", this.ended.reject).on("close", (code, signal) => {
      clearTimeout(bound);
      clearTimeout(endBound);
      this.isOver = true;
      this.ended.resolve(`${signal ?? code}`);
      for (const check of this.waiting) check();
    });
  }

  /** True for the last line. */
  private take(line: MatrixLine): boolean {
    if ("cell" in line) this.cells.push(line.cell);
    else if ("library" in line) this.lines.set(line.library, line);
    for (const check of this.waiting) check();
    return "finished" in line;
  }

  /** What is said after all cells of `library`. */
  library(name: string): Promise<LibraryLine> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const line = this.lines.get(name);
        if (line !== undefined) resolve(line);
        else if (this.isOver) {
          reject(new Error(`the program ended before it came to ${name}:\n${this.last()}`));
        }
      };
      this.waiting.push(check);
      check();
    });
  }

  /** The cells of a library at a moment, one for each form and end. */
  async at(library: string, moment: Moment): Promise<CellResult[]> {
    await this.library(library);
    return this.cells.filter((cell) => cell.library === library && cell.moment === moment);
  }

  /** Its exit code or signal, and what it printed besides. */
  async end(): Promise<{ code: string; output: string }> {
    return { code: await this.ended.promise, output: this.last() };
  }

  private last(): string {
    return this.output.slice(-3000);
  }
}
