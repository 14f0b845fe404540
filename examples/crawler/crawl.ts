/**
 * The crawler. One greenlet chooses the next link, a pool of greenlets visits them; each is written top to bottom, as if it
 * were alone. A kill (Ctrl-C, an error of a sibling) can arrive at any `yield*`; `using` and `finally` are all it takes.
 */
import {
  type Body,
  call,
  type Greenlet,
  type Op,
  Pool,
  Semaphore,
  sleep,
  spawn,
  taskGroup,
  TimeoutError,
  until,
  withTimeout,
} from "tendril";
import { type Download, download, type Fetch, PageError } from "./download.ts";
import { Frontier, type Link } from "./frontier.ts";
import { type Parsed, parsePage } from "./parse.ts";
import { Robots } from "./robots.ts";
import { Stats } from "./stats.ts";

export interface CrawlOptions {
  readonly maxPages: number;
  readonly maxDepth: number;
  /** Visits at once, and requests at once to one host. */
  readonly concurrency: number;
  readonly perHost: number;
  /** For one request with its body, in milliseconds. */
  readonly timeout: number;
  /** Further tries after a failure that may pass, and the pause before the first of them, which then doubles. */
  readonly retries: number;
  readonly backoff: number;
  readonly maxBytes: number;
  readonly agent: string;
  readonly allows: (url: URL) => boolean;
  readonly fetch: Fetch;
  /** Reads a page; by default here, in this thread. The same function of a thread pool's module does it in the pool. */
  readonly parse?: Body<[html: string, address: string], Parsed>;
  /** Gets each page as it comes. While it waits, so does the visit: a slow disk slows the crawl instead of filling memory. */
  readonly onPage: (page: Page) => ReturnType<Body<[], void>>;
}

/** What was found where a link led, at the end of its redirects. */
export interface Page extends Link, Parsed {
  readonly redirects: number;
  readonly type: string;
  readonly bytes: number;
}

const MAX_REDIRECTS = 10;

export class Crawler {
  readonly stats = new Stats();
  readonly frontier: Frontier;
  readonly #options: CrawlOptions;
  readonly #pool: Pool;
  readonly #hosts = new Map<string, Host>();

  constructor(options: CrawlOptions) {
    this.#options = options;
    this.#pool = new Pool(options.concurrency);
    this.frontier = new Frontier(options);
  }

  /** Ends when all visits have ended. If one of them breaks, or the crawl is killed, the group takes the others down first. */
  *run(start: Iterable<URL>): Op<void> {
    for (const url of start) this.frontier.add({ url, depth: 0, from: undefined });
    yield* taskGroup(() => this.#dispatch());
  }

  *#dispatch(): Op<void> {
    spawn({ name: "end of the line", daemon: true }, () => this.frontier.closeWhenDone());
    for (;;) {
      yield* this.#pool.waitAvailable(); // first a free hand, then a link: which one is best may change while all are busy
      const link = yield* this.frontier.take();
      if (link === undefined) return;
      yield* this.#pool.spawn({ name: link.url.href }, () => this.#visit(link));
    }
  }

  *#visit(link: Link): Op<void> {
    try {
      const { url, redirects, page } = yield* this.#follow(link.url);
      if (redirects > 0 && !this.frontier.claim(url)) return; // somebody came here on the direct way
      const parsed = yield* call(this.#options.parse ?? parsePage, page.text, url.href);
      for (const to of parsed.links) {
        this.frontier.add({ url: new URL(to), depth: link.depth + 1, from: url.href });
      }
      const { type, bytes } = page;
      this.stats.pages++;
      this.stats.bytes += bytes;
      yield* call(this.#options.onPage, { ...link, ...parsed, url, redirects, type, bytes });
    } catch (error) {
      if (!(error instanceof PageError)) throw error; // a kill, a full disk, a mistake of ours: not the page's fault
      this.stats.failed(error.kind);
    } finally {
      this.frontier.settle();
    }
  }

  /** Follows redirects by hand: `fetch` would neither ask robots.txt on the way nor tell a loop from a long chain. */
  *#follow(start: URL): Op<{ url: URL; redirects: number; page: Download }> {
    const passed = new Set<string>();
    for (let url = start; passed.size <= MAX_REDIRECTS;) {
      const robots = yield* this.#host(url).robots;
      if (!robots.allows(url)) throw new PageError("forbidden by robots.txt");
      const page = yield* this.#request(url);
      if (page.location === undefined) return { url, redirects: passed.size, page };
      this.stats.redirects++;
      passed.add(url.href);
      url = page.location;
      if (passed.has(url.href)) throw new PageError("redirect loop");
      if (!this.#options.allows(url)) throw new PageError("redirect off site");
    }
    throw new PageError("too many redirects");
  }

  /** A request, again after a while if it failed in a way that may pass. The pause is spent outside the host's line. */
  *#request(url: URL): Op<Download> {
    const { retries, backoff } = this.#options;
    for (let attempt = 0;; attempt++) {
      try {
        return yield* this.#requestOnce(url);
      } catch (error) {
        if (!(error instanceof PageError) || !error.transient || attempt === retries) throw error;
        this.stats.retries++;
        const pause = backoff * 2 ** attempt * (0.5 + Math.random()); // spread, or they all come back at once
        yield* sleep(Math.max(error.pause, pause));
      }
    }
  }

  *#requestOnce(url: URL): Op<Download> {
    const { fetch, agent, maxBytes, timeout } = this.#options;
    using _slot = yield* this.#host(url).slots.hold();
    this.stats.began();
    try {
      return yield* withTimeout(timeout, until((signal) => download(fetch, url, agent, maxBytes, signal)));
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      throw new PageError("timeout", { transient: true, cause: error });
    } finally {
      this.stats.ended();
    }
  }

  /** What is shared by all visits to a host. A greenlet is its own future: the first visit starts robots.txt, all wait for it. */
  #host(url: URL): Host {
    let host = this.#hosts.get(url.host);
    if (host === undefined) {
      const robots = spawn({ name: `robots.txt of ${url.host}` }, () => this.#robots(url));
      host = { slots: new Semaphore(this.#options.perHost), robots };
      this.#hosts.set(url.host, host);
    }
    return host;
  }

  *#robots(url: URL): Op<Robots> {
    const { agent } = this.#options;
    try {
      return new Robots((yield* this.#request(new URL("/robots.txt", url))).text, agent);
    } catch (error) {
      if (!(error instanceof PageError)) throw error;
      return new Robots("", agent); // no rules to be had: everything is allowed
    }
  }
}

interface Host {
  readonly slots: Semaphore;
  readonly robots: Greenlet<Robots>;
}
