/** The command line: what may be asked for, and what is said about what may not. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cpuCount } from "tendril/threads";

export const HELP = `Crawls a web site breadth first and writes its pages and a word index.

  crawler [options] [URL...]

Without a URL it visits a site of its own on this machine, made of the documentation
of the installed packages, with a few corners that are slow, broken or endless.

  --max-pages N     visit no more than N pages            (default 1000)
  --max-depth N     follow links no deeper than N         (default 6)
  --concurrency N   visits at once                        (default 16)
  --per-host N      requests at once to one host          (default 4; own site: 12)
  --timeout MS      for one request with its body         (default 10000; own site: 800)
  --retries N       further tries after a failure         (default 2)
  --threads N       threads that parse pages; 0: none     (default: one per processor)
  --all-hosts       follow links to other hosts too
  --duplicates      write duplicates.ndjson too: pages that say nearly the same
  --out DIR         where pages.ndjson and words.ndjson go (default: a temporary folder)
  --help            show this

Ctrl-C stops it and keeps what it has.
`;

export interface Settings {
  readonly help: boolean;
  /** Empty: the own site. */
  readonly start: readonly URL[];
  readonly maxPages: number;
  readonly maxDepth: number;
  readonly concurrency: number;
  readonly perHost: number;
  readonly timeout: number;
  readonly retries: number;
  readonly threads: number;
  readonly allHosts: boolean;
  readonly duplicates: boolean;
  readonly out: string;
}

/** Not a mistake of the program: to be told without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function parseCommandLine(args: readonly string[]): Settings {
  const { values, positionals } = parse(args);
  const start = positionals.map(httpUrl);
  const local = start.length === 0;
  const number = (name: Numeric, otherwise: number, min = 1): number => {
    const text = values[name];
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < min) {
      throw new UsageError(`--${name} takes a whole number of at least ${min}, not "${text}"`);
    }
    return value;
  };
  return {
    start,
    help: values.help,
    maxPages: number("max-pages", 1_000),
    maxDepth: number("max-depth", 6, 0),
    concurrency: number("concurrency", 16),
    perHost: number("per-host", local ? 12 : 4),
    timeout: number("timeout", local ? 800 : 10_000),
    retries: number("retries", 2, 0),
    threads: number("threads", cpuCount(), 0),
    allHosts: values["all-hosts"],
    duplicates: values.duplicates,
    out: values.out ?? join(tmpdir(), "tendril-crawl"),
  };
}

type Numeric = "max-pages" | "max-depth" | "concurrency" | "per-host" | "timeout" | "retries" | "threads";

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        "max-pages": { type: "string" },
        "max-depth": { type: "string" },
        concurrency: { type: "string" },
        "per-host": { type: "string" },
        timeout: { type: "string" },
        retries: { type: "string" },
        threads: { type: "string" },
        "all-hosts": { type: "boolean", default: false },
        duplicates: { type: "boolean", default: false },
        out: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function httpUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new UsageError(`"${text}" is not an http or https URL`);
  }
  url.hash = "";
  return url;
}
