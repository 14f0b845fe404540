/** What the crawl counts. Greenlets share plain fields: between two parks nobody else runs. */
export class Stats {
  pages = 0;
  bytes = 0;
  retries = 0;
  redirects = 0;
  /** Requests under way, and the most there ever were. */
  active = 0;
  peak = 0;
  readonly errors = new Map<string, number>();
  readonly #start = performance.now();

  began(): void {
    this.active++;
    this.peak = Math.max(this.peak, this.active);
  }

  ended(): void {
    this.active--;
  }

  failed(kind: string): void {
    this.errors.set(kind, (this.errors.get(kind) ?? 0) + 1);
  }

  get failures(): number {
    return [...this.errors.values()].reduce((sum, n) => sum + n, 0);
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1_000;
  }
}
