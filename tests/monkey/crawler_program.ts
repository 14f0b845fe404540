/** The crawler of the examples, on a `fetch` that a library brings which knows nothing of greenlets: `… <start URL>`. */
import process from "node:process";
import { Crawler } from "../../examples/crawler/crawl.ts";
import { main } from "../../src/mod.ts";
import { snapshot } from "../../src/inspect/mod.ts";
import { patchAll } from "../../src/monkey/mod.ts";

/** As many do it: a retry, an `await` before and after, and no way to hand in a signal. */
async function helper(url: URL | string): Promise<Response> {
  for (let attempt = 1;; attempt++) {
    await null;
    try {
      return await fetch(url, { redirect: "manual" });
    } catch (error) {
      if (attempt === 3) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

patchAll();
const start = new URL(process.argv[2]);
const crawler = new Crawler({
  maxPages: 1_000,
  maxDepth: 10,
  concurrency: 8,
  perHost: 8,
  timeout: 60_000,
  retries: 3,
  backoff: 10,
  maxBytes: 1_000_000,
  agent: "tendril-test",
  allows: (url) => url.host === start.host,
  fetch: helper,
  onPage: (page) => console.log(`page ${page.url.pathname}`),
});
await main(function* () {
  try {
    yield* crawler.run([start]);
  } finally {
    const left = snapshot()[0].greenlets.flatMap((g) => g.operations);
    console.log(`left open: ${JSON.stringify(left)}`);
  }
});
