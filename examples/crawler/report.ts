/** What the user sees: progress while the crawl runs, and a table at its end. */
import cliProgress from "cli-progress";
import process from "node:process";
import { type Op, sleep } from "tendril";
import type { PoolStats } from "tendril/threads";
import type { Crawler } from "./crawl.ts";
import type { Stats } from "./stats.ts";

/** Runs until it is killed. A bar on a terminal; a line now and then where the output goes into a file or a log. */
export function progress(crawler: Crawler): Op<never> {
  return process.stdout.isTTY ? bar(crawler) : lines(crawler);
}

function* bar(crawler: Crawler): Op<never> {
  const bar = new cliProgress.SingleBar({
    format: "{bar} {value}/{total} pages | {active} requests | {errors} errors | {rate} pages/s",
    stream: process.stdout,
    hideCursor: true,
    gracefulExit: false, // Ctrl-C is a kill here, and ends in `finally` below
  }, cliProgress.Presets.shades_classic);
  const payload = () => ({
    active: crawler.stats.active,
    errors: crawler.stats.failures,
    rate: rate(crawler.stats),
  });
  bar.start(crawler.frontier.expected, 0, payload());
  try {
    for (;;) {
      yield* sleep(100);
      bar.setTotal(crawler.frontier.expected);
      bar.update(crawler.frontier.taken, payload());
    }
  } finally {
    bar.setTotal(crawler.frontier.expected);
    bar.update(crawler.frontier.taken, payload());
    bar.stop();
  }
}

function* lines(crawler: Crawler): Op<never> {
  for (;;) {
    yield* sleep(1_000);
    const { stats, frontier } = crawler;
    console.log(
      `${frontier.taken}/${frontier.expected} pages, ${stats.active} requests, ${stats.failures} errors, ${
        rate(stats)
      } pages/s`,
    );
  }
}

/** @param parsers of the pool that parsed, if one did. */
export function summary(stats: Stats, parsers?: PoolStats): string {
  const rows: [name: string, value: string | number][] = [
    ["pages", stats.pages],
    ["bytes", stats.bytes.toLocaleString("en")],
    ["redirects", stats.redirects],
    ["retries", stats.retries],
    ["requests at once, at most", stats.peak],
    ...threads(parsers),
    ["seconds", stats.seconds.toFixed(1)],
    ["pages/s", rate(stats)],
    ["errors", stats.failures],
    ...[...stats.errors].sort(([, a], [, b]) => b - a).map(([kind, n]): [string, number] => [`  ${kind}`, n]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = "─".repeat(width + 14);
  return [line, ...rows.map(([name, value]) => `${name.padEnd(width)}${String(value).padStart(14)}`), line]
    .join("\n");
}

function threads(parsers: PoolStats | undefined): [name: string, value: string | number][] {
  if (parsers === undefined) return [];
  return [
    ["threads that parsed", parsers.started],
    ["  pages", parsers.completed],
    ["  ms for a page", parsers.runMs.mean.toFixed(2)],
  ];
}

function rate(stats: Stats): string {
  return (stats.pages / stats.seconds).toFixed(0);
}
