/**
 * The links still to visit: a priority queue that never hands out an address twice. It ends by itself: once every link
 * taken has been settled and none is left, nothing can add another.
 */
import { type Op, PriorityQueue } from "tendril";

export interface Link {
  readonly url: URL;
  readonly depth: number;
  /** The page that linked here. */
  readonly from: string | undefined;
}

export interface FrontierOptions {
  readonly maxPages: number;
  readonly maxDepth: number;
  /** Whether this host is to be visited at all. */
  readonly allows: (url: URL) => boolean;
}

export class Frontier {
  readonly #options: FrontierOptions;
  readonly #seen = new Set<string>();
  readonly #queue = new PriorityQueue<Link>({ compare: byDepth });
  #taken = 0;

  constructor(options: FrontierOptions) {
    this.#options = options;
  }

  /** Puts a link in line, unless it is known, too deep or elsewhere. */
  add(link: Link): void {
    const { maxDepth, allows } = this.#options;
    if (link.depth <= maxDepth && allows(link.url) && this.claim(link.url)) this.#queue.putNowait(link);
  }

  /** Whether this is the first time that the address comes up. */
  claim(url: URL): boolean {
    if (this.#seen.has(url.href)) return false;
    this.#seen.add(url.href);
    return true;
  }

  /** The best link of the moment, once there is one; `undefined` at the end of the crawl. */
  *take(): Op<Link | undefined> {
    if (this.#taken === this.#options.maxPages) return undefined;
    const next = yield* this.#queue.next();
    if (next.done) return undefined;
    this.#taken++;
    return next.value;
  }

  /** Every link taken must be settled, whatever became of it, after the links found there were added. */
  settle(): void {
    this.#queue.taskDone();
  }

  /** To be run beside the crawl: ends the line when all that was ever put in has been settled. */
  *closeWhenDone(): Op<void> {
    yield* this.#queue.join();
    this.#queue.shutdown();
  }

  get taken(): number {
    return this.#taken;
  }

  /** How many pages the crawl comes to, as far as one can see now. */
  get expected(): number {
    return Math.min(this.#options.maxPages, this.#taken + this.#queue.qsize);
  }
}

/** Breadth first; among equals the addresses without a query first, for queries are where the endless pages are. */
function byDepth(a: Link, b: Link): number {
  return a.depth - b.depth || a.url.search.length - b.url.search.length;
}
