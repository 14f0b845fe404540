/** Pages that say nearly the same, by signatures of their words: see `kernels.simhash`. */
import type { Op } from "tendril";
import { kernels } from "tendril/kernels";

export interface Pair {
  /** Places in the list of pages. */
  readonly first: number;
  readonly second: number;
  /** In how many of 64 bits the signatures differ. */
  readonly bits: number;
}

/** The same words, but for some in a hundred. */
const DISTANCE = 3;
/** Words below which pages are alike by their menus alone. */
const MIN_WORDS = 20;

/** @param pages the words of each page. How often they occur does not matter: one that is everywhere would be all that counts. */
export function* nearDuplicates(pages: readonly ReadonlyMap<string, unknown>[]): Op<Pair[]> {
  const long = pages.flatMap((words, i) => words.size < MIN_WORDS ? [] : [i]);
  const sets = kernels.wordHashes(long.map((i) => [...pages[i].keys()].join(" ")));
  const signatures = yield* kernels.simhash(sets);
  const { pairs, distances } = yield* kernels.nearDuplicates(signatures, DISTANCE);
  return Array.from(distances, (bits: number, i) => {
    return { first: long[pairs[2 * i]], second: long[pairs[2 * i + 1]], bits };
  });
}
