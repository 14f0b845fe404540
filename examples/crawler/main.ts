/** `npm run demo [-- options] [URL...]`: crawls a site, or the one that it brings along. See README.md. */
import process from "node:process";
import { main, type Op, resource, spawn, until } from "tendril";
import { ThreadPool } from "tendril/threads";
import { HELP, parseCommandLine, type Settings, UsageError } from "./cli.ts";
import { Crawler } from "./crawl.ts";
import { makeFolder, openOutput } from "./output.ts";
import { progress, summary } from "./report.ts";
import { type Site, startSite } from "./site/server.ts";

function* program(settings: Settings): Op<void> {
  const output = yield* openOutput(settings.out, settings.duplicates);
  const start = [...settings.start];
  const hosts = new Set(start.map((url) => url.host));
  if (start.length === 0) {
    const { guides, modules } = yield* ownSite;
    start.push(guides);
    hosts.add(guides.host).add(modules.host);
  }
  const pool = settings.threads === 0 ? undefined : yield* parsers(settings.threads);
  const crawler = new Crawler({
    ...settings,
    parse: pool?.module<typeof import("./parse.ts")>(new URL("./parse.ts", import.meta.url)).parsePage,
    backoff: 100,
    maxBytes: 2_000_000,
    agent: "tendril-crawler/1.0",
    allows: (url) => settings.allHosts || hosts.has(url.host),
    fetch,
    onPage: (page) => output.add(page),
  });
  console.log(`Crawling ${start.join(" and ")}`);
  const display = spawn({ name: "progress", daemon: true }, progress, crawler);
  try {
    yield* crawler.run(start);
  } finally { // Ctrl-C comes through here as well, after the last visit has ended
    yield* display.kill();
    console.log(`${summary(crawler.stats, pool?.stats())}\nPages and word index are in ${settings.out}`);
    if (crawler.stats.pages === 0) process.exitCode = 1;
  }
}

/** Threads that parse, while the visits wait for other pages. They end with the scope that asked for them, Ctrl-C or not. */
const parsers = (size: number) =>
  resource<ThreadPool>(function* (provide) {
    const pool = new ThreadPool({ size, name: "parser" });
    try {
      yield* provide(pool);
    } finally {
      yield* pool.terminate();
    }
  });

/** The site runs for as long as the scope that asked for it. */
const ownSite = resource<Site>(function* (provide) {
  const site = yield* until(startSite());
  try {
    yield* provide(site);
  } finally {
    yield* until(site.close());
  }
});

try {
  const settings = parseCommandLine(process.argv.slice(2));
  if (settings.help) console.log(HELP);
  else {
    await makeFolder(settings.out).catch((error) => {
      throw new UsageError(`cannot write to ${settings.out}: ${error.message}`);
    });
    await main(() => program(settings));
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\nTry --help.`);
  process.exitCode = 2;
}
