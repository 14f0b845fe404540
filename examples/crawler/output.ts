/**
 * The files of a crawl: `pages.ndjson`, a line per page as it comes; written at the end, `words.ndjson`, the index, and, if that is asked
 * for, `duplicates.ndjson`, the pages that say nearly the same.
 */
import { access, constants, mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Lock, type Op, resource, until } from "tendril";
import type { Page } from "./crawl.ts";
import { nearDuplicates } from "./duplicates.ts";

export interface Output {
  /** Adds a page; returns when its line is with the system. */
  add(page: Page): Op<void>;
}

/** Makes sure that there is such a folder and that one may write to it. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await access(folder, constants.W_OK);
}

/**
 * Opens the files in `folder` for the scope around. When that ends, in whatever way, the index of what there is by then is
 * written and the files are closed: after Ctrl-C as well, for cleanup may wait.
 */
export const openOutput = (folder: string, duplicates = false) =>
  resource<Output>(function* (provide) {
    const file = yield* until(open(join(folder, "pages.ndjson"), "w"));
    const lock = new Lock(); // lines of two pages must not mix
    const index = new Map<string, Map<number, number>>();
    const pages: { url: URL; words: Page["words"] }[] = [];

    function* write(page: Page): Op<void> {
      const { url, words } = page;
      const number = pages.push({ url, words });
      for (const [word, count] of page.words) {
        let places = index.get(word);
        if (places === undefined) index.set(word, places = new Map());
        places.set(number, count);
      }
      const record = { number, ...page, links: page.links.length, words: page.words.size };
      yield* until(file.appendFile(JSON.stringify(record) + "\n"));
    }

    const add = (page: Page) => lock.withLock(() => write(page));

    try {
      yield* provide({ add });
    } finally {
      yield* until(file.close());
      yield* until(writeFile(join(folder, "words.ndjson"), indexText(index)));
      if (duplicates) {
        const pairs = yield* nearDuplicates(pages.map(({ words }) => words));
        const lines = pairs.map(({ first, second, bits }) =>
          JSON.stringify({
            pages: [first + 1, second + 1],
            urls: [pages[first].url, pages[second].url],
            bits,
          }) + "\n"
        );
        yield* until(writeFile(join(folder, "duplicates.ndjson"), lines.join("")));
      }
    }
  });

/** A line per word: `{"word":"greenlet","pages":{"12":3}}` says three times on the page with number 12. Common words first. */
function indexText(index: ReadonlyMap<string, ReadonlyMap<number, number>>): string {
  const byPages = [...index].sort(([a, inA], [b, inB]) => inB.size - inA.size || (a < b ? -1 : 1));
  return byPages.map(([word, places]) => JSON.stringify({ word, pages: Object.fromEntries(places) }) + "\n")
    .join("");
}
