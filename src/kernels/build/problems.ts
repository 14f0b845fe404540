/** What is wrong with a kernel's source, as people want to read it: place, line, caret, and what to write instead. */

/** One thing that is wrong with a kernel's source. */
export interface KernelProblem {
  readonly message: string;
  /** What to do, where there is something to say. */
  readonly hint?: string;
  /** As it was given to the compiler; `~lib/…` is AssemblyScript's own library. Empty where no place is to blame. */
  readonly file: string;
  /** 1 for the first. */
  readonly line: number;
  /** 1 for the first, in UTF-16 units. */
  readonly column: number;
  /** The text of the line. */
  readonly source: string;
  /** How many characters of the line are meant. */
  readonly length: number;
}

/**
 * A kernel's source does not compile. The message shows each problem with its line; `problems` has them as data.
 *
 * @example
 * ```ts
 * import { compile, KernelCompileError } from "tendril/kernels/build";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() => compile("export function f(): i32 { return x; }"), KernelCompileError);
 * assertEquals(error.problems[0].message, "Cannot find name 'x'.");
 * ```
 */
export class KernelCompileError extends Error {
  override name = "KernelCompileError";
  /** In the order in which the compiler found them. */
  readonly problems: readonly KernelProblem[];

  /** Made by the compiler. */
  constructor(file: string, problems: readonly KernelProblem[], options?: ErrorOptions) {
    const count = problems.length === 1 ? "" : `: ${problems.length} problems`;
    super([`${file} does not compile${count}`, ...problems.map(describeProblem)].join("\n\n"), options);
    this.problems = problems;
  }
}

/** The package `assemblyscript`, which compiling needs, is not installed. */
export class CompilerMissingError extends Error {
  override name = "CompilerMissingError";
}

/** In the form that editors and terminals make a link of. */
export function describeProblem(problem: KernelProblem): string {
  const { file, line, column, message, source, length, hint } = problem;
  const lines = file === "" ? [message] : [`${file}:${line}:${column}: ${message}`];
  if (file !== "") {
    const number = `${line}`;
    // Tabs stay, so that the caret stands where the eye expects it.
    const before = source.slice(0, column - 1).replace(/[^\t]/g, " ");
    lines.push(`  ${number} | ${source}`, `  ${" ".repeat(number.length)} | ${before}${"^".repeat(length)}`);
  }
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  return lines.join("\n");
}

/** A problem at the characters `start` to `end` of a file. */
export function problemAt(
  file: string,
  text: string,
  start: number,
  end: number,
  message: string,
  hint?: string,
): KernelProblem {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const nextLine = text.indexOf("\n", start);
  const lineEnd = nextLine < 0 ? text.length : nextLine;
  const source = text.slice(lineStart, lineEnd).replace(/\r$/, "");
  const line = text.slice(0, lineStart).split("\n").length;
  const column = start - lineStart + 1;
  const length = Math.max(1, Math.min(end, lineEnd) - start);
  return { message, hint, file, line, column, source, length };
}

/** A problem of the whole, not of a line. */
export function problemOfAll(message: string, hint: string | undefined): KernelProblem {
  return { message, hint, file: "", line: 0, column: 0, source: "", length: 0 };
}

/** Types as the author calls them: the compiler puts their files before them. */
export function withoutPaths(text: string): string {
  return text.replace(/[~\w.-]+(?:\/[\w.-]+)*\/(?=[A-Za-z_$])/g, "").replace(/\bString\b/g, "string");
}

/** What TypeScript has and AssemblyScript lacks: how the compiler takes it, in message and source, and what to do. */
const LACKING: readonly { message: RegExp; source?: RegExp; hint: string }[] = [
  {
    message: /Closures/,
    hint:
      "a function in a function cannot use its variables: pass them as arguments, keep them in a class, " +
      "or write the loop out",
  },
  {
    message: /Exceptions/,
    hint: "there is no try and catch: return a value that says what failed; what is thrown ends the call, " +
      "with an error in JavaScript",
  },
  { message: /Iterators/, hint: "there is no for…of: count, for (let i = 0; i < list.length; i++)" },
  { message: /Regular expressions|'RegExp'/, hint: "search with indexOf and charCodeAt" },
  {
    message: /Spread operator/,
    hint: "there is no spread: pass the elements one by one, or the array itself",
  },
  { message: /union types/, hint: "a value has one type; only `T | null` of a class is possible" },
  {
    message: /Identifier expected/,
    source: /\b(?:const|let|var)\s*[[{]/,
    hint: "there is no destructuring: name each element, const a = list[0]",
  },
  {
    message: /Identifier expected/,
    source: /function\s*\*/,
    hint: "there are no generators: fill an array that the caller gives (Out<T>)",
  },
  {
    message: /expected|Cannot find name '(?:async|await)'/,
    source: /\b(?:async|await)\b/,
    hint: "there is no async and await: a kernel computes; `sleep(ms)` is the one wait that it has",
  },
  {
    message: /Cannot find name '(?:Promise|setTimeout|setInterval|fetch|queueMicrotask)'/,
    hint: "a kernel computes and has nothing asynchronous; `sleep(ms)` is the one wait that it has",
  },
  {
    message: /Cannot find name '(?:any|unknown|object|never)'/,
    hint: "each value has a type of WebAssembly: i32, f64, bool, string, a class, In<f32> and so on",
  },
  { message: /Cannot find name 'JSON'/, hint: "there is no JSON: pass typed arrays and numbers" },
  { message: /Cannot find name 'Symbol|Property 'entries'/, hint: "there are no iterators: count" },
  { message: /'<object>'/, hint: "there are no object literals without a class: declare a class" },
  {
    message: /requires an explicit cast/,
    hint: "say the conversion that you want, such as <i32>x or x as f64",
  },
  { message: /^File '.*' not found/, hint: "imports are relative to the file that has them, without .ts" },
];

/** What to say to the author besides the compiler's own words. */
export function hintFor(message: string, source: string): string | undefined {
  return LACKING.find((entry) => entry.message.test(message) && (entry.source?.test(source) ?? true))?.hint;
}
