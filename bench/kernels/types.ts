/** One use of a kernel, done by several. */
export interface KernelCase {
  /** What is done, how much of it. */
  readonly title: string;
  /** Who does it; `tendril` is ours. Each call does all of the work and gives the result. */
  readonly sides: Readonly<Record<string, () => unknown>>;
  /** What the sides that are not ours give must be the same as ours: says so, or throws. Without it all results are compared as they are. */
  readonly same?: (ours: unknown, theirs: unknown) => boolean;
}
